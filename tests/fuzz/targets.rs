//! What foreign bytes may reach, one function for each parser. Each must return: a panic, a hang, a swollen memory or a
//! broken promise (an assertion) is a find. The fuzzer runs these, and `tests/regressions.rs` with all earlier finds.

use gabarito::json::Fault;
use gabarito::limits::Limits;
use gabarito::print::Package;
use gabarito::print::merge::{self, Input};
use gabarito::print::rich::{Context, NoSource, Pictures, html, latex, mathml};
use gabarito::raster::jpeg::{self, Index};
use gabarito::raster::{Gray, Partial, Window};
use gabarito::read::batch::{Printed, Roster};
use gabarito::read::marks;
use gabarito::read::pages::{Placement, open_bytes};
use gabarito::read::refine::refine;
use gabarito::read::register::Registration;
use gabarito::read::template::{self, Template};
use gabarito::sheet::code::{Modules, datamatrix, qr};
use gabarito::sheet::frame::{Frame, PageFormat};
use gabarito::sheet::layout::LayoutContent;
use gabarito::sheet::{Identity, Layout, LayoutId, SheetKey};
use gabarito::units::Homography;
use serde_json::json;
use std::cell::Cell;
use std::sync::Once;

#[path = "../pages/make.rs"]
#[allow(dead_code)]
mod make;

type Target = fn(&[u8]);

/// By name; files of several kinds go through one function, and differ in where the fuzzer begins.
pub const TARGETS: [(&str, Target); 14] = [
    ("archive", pages),
    ("pdf", pages),
    ("tiff", pages),
    ("still", pages),
    ("jpeg", jpeg),
    ("fax", fax),
    ("jbig2", jbig2),
    ("codes", codes),
    ("layout", layout),
    ("template", template),
    ("package", package),
    ("roster", roster),
    ("rich", rich),
    ("merge", merge),
];

pub fn run(target: &str, bytes: &[u8]) {
    let (_, run) = TARGETS.iter().find(|(name, _)| *name == target).expect("the name of a target");
    watch_the_wall();
    run(bytes);
    assert!(!OUR_PANIC.replace(false), "our own code panicked behind the wall: see above");
}

thread_local! {
    static OUR_PANIC: Cell<bool> = const { Cell::new(false) };
}

/// A panic in a foreign decoder is contained by design; one of our own in the same place would be hidden with it.
fn watch_the_wall() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        // The wall puts its own hook around the one that it finds, at the first page that it sees.
        let limits = limits();
        open_bytes("page.pdf", b"%PDF-1.7".to_vec(), &limits).for_each(|p| drop(p.decode(&limits)));
        let walled = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let foreign = |file: &str| file.contains("/registry/") || file.contains("/rustc/");
            if info.location().is_some_and(|l| !foreign(l.file())) {
                OUR_PANIC.set(true);
                eprintln!("{info}");
            }
            walled(info);
        }));
    });
}

/// Lower than the defaults, so that what is claimed by chance is cheap.
fn limits() -> Limits {
    Limits {
        max_pixels: 1_000_000,
        max_pages: 20,
        max_pdf_stream_bytes: 1 << 20,
        max_pdf_drawings: 10_000,
        max_unzipped_bytes: 4 << 20,
        ..Limits::default()
    }
}

fn pages(bytes: &[u8]) {
    let limits = limits();
    for page in open_bytes("file", bytes.to_vec(), &limits).take(20) {
        if let Ok(picture) = page.decode(&limits) {
            assert_eq!(picture.gray.data.len(), picture.gray.width * picture.gray.height);
            assert!(picture.gray.data.len() as u64 <= limits.max_pixels);
        }
    }
}

/// What is decoded in windows is what is decoded whole.
fn jpeg(bytes: &[u8]) {
    const MAX_PIXELS: usize = 1 << 18;
    let whole = jpeg::decode_luma(bytes, MAX_PIXELS);
    let Ok(index) = Index::scan(bytes, MAX_PIXELS) else { return };
    let Ok(whole) = whole else { return };
    let (w, h) = (whole.width, whole.height);
    assert_eq!((index.width(), index.height()), (w, h));
    let mut rng = fastrand::Rng::with_seed(bytes.len() as u64);
    let mut span = |n: usize| {
        let (a, b) = (rng.usize(..=n), rng.usize(..=n + 40));
        a.min(b)..a.max(b)
    };
    let windows: Vec<_> = (0..4).map(|_| (span(w), span(h))).collect();
    for (x, y) in &windows {
        assert_eq!(index.window(x.clone(), y.clone()), crop(&whole, x.clone(), y.clone()));
    }
    let mut partial = Partial::of(index);
    for (x, y) in &windows {
        let edge = |n: usize| n as f64;
        partial.need(Window { x0: edge(x.start), x1: edge(x.end), y0: edge(y.start), y1: edge(y.end) });
        assert_eq!(crop(partial.gray(), x.clone(), y.clone()), crop(&whole, x.clone(), y.clone()));
    }
    assert_eq!(partial.into_whole(), whole);
}

fn crop(gray: &Gray, x: std::ops::Range<usize>, y: std::ops::Range<usize>) -> Gray {
    let clamped = |r: std::ops::Range<usize>, n: usize| r.start.min(n)..r.end.min(n);
    let (x, y) = (clamped(x, gray.width), clamped(y, gray.height));
    let data = y.clone().flat_map(|row| &gray.row(row)[x.clone()]).copied().collect();
    Gray::from_vec(x.len(), y.len(), data)
}

/// Width, height and options, then a fax strip, as TIFF and as PDF.
fn fax(bytes: &[u8]) {
    let [w, h, compression, options, strip @ ..] = bytes else { return };
    let size = Gray::new(1 + 8 * usize::from(*w), 1 + usize::from(*h), 255);
    let kind = [2, 3, 4][usize::from(compression % 3)];
    let options = u32::from(*options);
    let t4 = (292, 4, options & 7);
    pages(&make::tiff(&[(&size, strip, &[(258, 3, 1), (259, 3, kind), (262, 3, options >> 3 & 1), t4])]));
    let k = [0, 1, -1][usize::from(compression % 3)];
    let on = |bit: u32| options >> bit & 1 == 1;
    let parameters = format!(
        "/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K {k}/Columns {}/Rows {}/\
         BlackIs1 {}/EncodedByteAlign {}/EndOfLine {}>>",
        size.width,
        size.height,
        on(3),
        on(4),
        on(5)
    );
    pages(&make::scan_pdf(&size, Placement::Upright, &parameters, strip));
}

/// Width and height, then the segments as they are embedded in a PDF.
fn jbig2(bytes: &[u8]) {
    let [w, h, segments @ ..] = bytes else { return };
    let size = Gray::new(1 + usize::from(*w), 1 + usize::from(*h), 255);
    let one_bit = "/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/JBIG2Decode";
    pages(&make::scan_pdf(&size, Placement::Upright, one_bit, segments));
}

/// Texts of codes, and samples of symbols (a byte a module).
fn codes(bytes: &[u8]) {
    let key = SheetKey::new("fuzz");
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(identity) = Identity::from_code(text, &key) {
            assert_eq!(identity.to_code(&key), text);
        }
        let _ = Identity::from_printed(text, &key);
    }
    let samples: Vec<f32> = bytes.iter().map(|&b| (f32::from(b) - 127.5) / 127.5).collect();
    for decoded in [qr::decode(&samples), datamatrix::decode(&samples)].into_iter().flatten() {
        assert_eq!(decoded.text.len(), 45);
        let _ = Identity::from_code(&decoded.text, &key);
    }
}

/// A layout's content under its right name, measured on an empty page.
fn layout(bytes: &[u8]) {
    let Ok(content) = serde_json::from_slice::<LayoutContent>(bytes) else { return };
    let layout = Layout::new(content);
    let value = serde_json::to_value(&layout).expect("a layout is JSON");
    assert!(Layout::from_json(value).is_ok_and(|again| again == layout));
    for page in &layout.content.pages {
        let mut picture = Partial::whole(Gray::new(210, 297, 255));
        let registration = Registration {
            format: PageFormat::A4,
            frame: Frame::of(PageFormat::A4),
            sheet_to_picture: Homography::new([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]),
            mirrored: false,
            marks: Vec::new(),
            residual_mm: 0.0,
            black: 0.1,
        };
        let warp = refine(&mut picture, &registration, page).warp;
        let measured = marks::measure(&mut picture, &warp, &page.fields, 0.1);
        assert_eq!(measured.len(), page.fields.len());
        for field in &page.fields {
            marks::writing(&mut picture, &warp, field, layout.content.text.caption_mm(), 0.1);
        }
    }
}

fn template(bytes: &[u8]) {
    let marker = |_: &str| Ok(make::jpeg(&make::page()));
    let Ok(template) = Template::parse(bytes, marker) else { return };
    template::read(&make::page(), &template);
}

fn package(bytes: &[u8]) {
    let paths = |faults: Vec<Fault>| assert!(faults.iter().all(|f| !f.message.is_empty()) && !faults.is_empty());
    let _ = Package::from_slice(bytes).map_err(paths);
}

fn roster(bytes: &[u8]) {
    if let Ok(roster) = Roster::parse(bytes) {
        assert!(!roster.is_empty());
        let digits: Vec<Option<char>> =
            bytes.iter().take(11).map(|b| char::from_digit(u32::from(b % 12), 10)).collect();
        roster.find(&digits, true);
    }
    let _ = Printed::from_json(bytes);
}

/// A question's text as HTML, and as a formula in each way.
fn rich(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut context = Context::new(&NoSource, Pictures::new(false));
    html::read(text, &mut context);
    latex::read(text, true, &mut context);
    mathml::parse(&mathml::wiris::decode(text), &mut context);
    assert!(context.warnings.iter().all(|w| !w.message.is_empty()));
}

/// What can be merged once can be merged again, with as many pages.
fn merge(bytes: &[u8]) {
    let twice = |bytes: &[u8], max_pages: u32| {
        let inputs = ["a", "b"].map(|name| Input { name: name.to_owned(), bytes: Ok(bytes.to_vec()) });
        let mut out = Vec::new();
        let limits = Limits { max_pages, ..limits() };
        merge::merge(inputs.into_iter(), &mut out, "", &limits).map(|report| (out, report.pages))
    };
    if let Ok((out, pages)) = twice(bytes, 20) {
        assert!(twice(&out, 40).is_ok_and(|(_, again)| again == 2 * pages));
    }
}

/// Where the fuzzer begins: a few good files for each target.
#[allow(dead_code, reason = "the fuzzer takes them from files")]
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let samples = |ends: &[&str]| {
        let wanted = |(name, _): &(&str, Vec<u8>)| ends.iter().any(|end| name.ends_with(end));
        make::samples().into_iter().filter(wanted).map(|(_, bytes)| bytes).collect()
    };
    let page = make::page();
    let identity = || {
        let key = SheetKey::new("fuzz");
        let layout = LayoutId::of_content(b"fuzz");
        let identity = Identity { sheet: key.sheet_id("application", "student", 0), page: 1, layout };
        (identity.to_code(&key), identity.to_printed(&key))
    };
    match target {
        "archive" => samples(&["zip"]),
        "pdf" | "merge" => samples(&["pdf"]),
        "tiff" => samples(&["tif"]),
        "still" => samples(&["jpg", "png", "webp"]),
        "jpeg" => {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/jpeg");
            let folder = std::path::Path::new(folder);
            let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
            files.filter_map(|f| std::fs::read(f.path()).ok()).collect()
        }
        "fax" => (0..3).map(|kind| [&[11, 127, kind, 0][..], &make::g4(&page)].concat()).collect(),
        "jbig2" => vec![[&[95, 127][..], &make::jbig2(&page)].concat()],
        "codes" => {
            let (code, printed) = identity();
            let symbol = |m: Modules| m.dark.iter().map(|&d| 255 * u8::from(d)).collect();
            let symbols = [qr::encode(&code), datamatrix::encode(&code)].map(symbol);
            [code.into_bytes(), printed.into_bytes()].into_iter().chain(symbols).collect()
        }
        "layout" => {
            let specs = [
                json!({"type": "choice", "id": "q{n}", "count": 3, "labels": "ABC"}),
                json!({"type": "id_grid", "id": "matricula", "digits": 4}),
                json!({"type": "region", "id": "redacao", "lines": 2}),
            ];
            let package = json!({
                "application": {"id": "a", "title": "Prova"},
                "sheet": {"fields": specs},
                "units": [{"id": "u", "name": "U", "rooms": [{"id": "s", "name": "S",
                    "students": [{"id": "1", "name": "Ana"}]}]}],
                "contents": ["sheet"]
            });
            let package = Package::from_json(&package).expect("a package that can be printed");
            vec![serde_json::to_vec(&package.sheets.normal.content).expect("a layout is JSON")]
        }
        "template" => vec![
            serde_json::to_vec(&json!({
                "pageDimensions": [96, 128],
                "bubbleDimensions": [8, 8],
                "preProcessors": [{"name": "CropPage", "options": {}},
                    {"name": "CropOnMarkers", "options": {"relativePath": "m.jpg", "sheetToMarkerWidthRatio": 17}}],
                "customLabels": {"Roll": ["r1..2"]},
                "fieldBlocks": {
                    "Q": {"fieldType": "QTYPE_MCQ4", "origin": [10, 20], "fieldLabels": ["q1..4"], "bubblesGap": 15,
                        "labelsGap": 14},
                    "R": {"fieldType": "QTYPE_INT", "origin": [70, 5], "fieldLabels": ["r1..2"], "bubblesGap": 11,
                        "labelsGap": 12}}
            }))
            .expect("JSON"),
        ],
        "roster" => {
            let manifest = json!({"pages": [{"sheet_id": "X", "student": null, "unit": "u", "room": "r", "page": 1}]});
            let tables = ["\u{feff}Nome;Matrícula;ID\r\nAna;00123;a\r\n", "ra,name\n\"12\",\"J\"\n"];
            tables.iter().map(|t| t.as_bytes().to_vec()).chain([manifest.to_string().into_bytes()]).collect()
        }
        "package" => vec![include_bytes!("../../samples/escola/PACKAGE.json").to_vec()],
        "rich" => {
            let texts = [
                "<p style='text-align:center'>a<b>b<i>c</b>&nbsp;</i><br></p><ul><li>x<ol start=2><li>y</ol></ul><hr>",
                "<table border=1><tr><th rowspan=2>a<td colspan=3 width='20%'>b<tr><td>c</table><img src='data:,x'>",
                "<math><mfenced open='{' close=''><mtable><mtr><mtd><msup><mi>x</mi><mn>2</mn></msup></mtd></mtr></mtable>",
                "«math»«mfrac»«mn»1«/mn»«mo»§plusmn;«/mo»«/mfrac»«/math»",
                r"\(\frac{1}{2}\) $x^2$ R$ 5,00 \[\begin{cases}x&1\\y&2\end{cases}\]",
                r"\ce{2H2 + O2 ->[\Delta][k] 2H2O} \ce{^{227}_{90}Th+} \ce{SO4^2-(aq)}",
            ];
            texts.map(|text| text.as_bytes().to_vec()).to_vec()
        }
        other => panic!("no seeds for {other}"),
    }
}
