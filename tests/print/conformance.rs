//! What PDF/A-2b and PDF/X-4 ask of a file, as far as its objects, qpdf and poppler show it. veraPDF was not run.

use super::{Scratch, texts, tool};
use gabarito::print::package::Reading;
use gabarito::print::pdf::Conformance;
use gabarito::print::pdf::conformance::Breaches;
use gabarito::print::rich::Source;
use gabarito::print::{Package, print};
use gabarito::sheet::SheetKey;
use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction;
use hayro_syntax::object::Object as HayroObject;
use lopdf::{Dictionary, Document, Object};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn package(pdf: &str) -> Value {
    let students = ["Ana Conceição", "João 李"].map(|name| json!({"id": name, "name": name, "enrollment": "2026"}));
    let stem = json!([{"html": "<p>Se <b>x</b> é <i>positivo</i>, quanto vale \\(\\frac{x^2}{x}\\)?</p>"}]);
    // Two pixels a side, red.
    let picture = "<p>Observe: <img src='data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=='></p>";
    let alternatives = ["a", "b", "c"].map(|html| json!({"html": html}));
    json!({
        "application": {"id": "a", "title": "2º simulado <A & B>", "date": "2026-11-20"},
        "exam": {"sections": [{"title": "Matemática", "questions": [
            {"id": "q1", "kind": "choice", "stem": stem, "alternatives": alternatives},
            {"id": "q2", "kind": "choice", "stem": [{"html": picture}], "alternatives": alternatives}
        ]}]},
        "sheet": {"fields": [{"type": "choice", "id": "q{n}", "count": 2}]},
        "units": [{"id": "u", "name": "Unidade", "rooms": [{"id": "r", "name": "Sala", "students": students}]}],
        "contents": ["cover", "door", "attendance", "booklet", "sheet"],
        "options": {"pdf": pdf}
    })
}

fn printed(scratch: &Scratch, pdf: &str) -> (String, Vec<u8>) {
    let package = Package::from_json(&package(pdf)).unwrap();
    let report = print(&package, &SheetKey::new("test"), &scratch.0, &|_, _| {}).unwrap();
    let path = scratch.0.join(report.files.iter().find(|f| f.ends_with(".pdf")).unwrap());
    let bytes = std::fs::read(&path).unwrap();
    (path.to_str().unwrap().to_owned(), bytes)
}

fn get<'d>(doc: &'d Document, dict: &'d Dictionary, key: &str) -> &'d Object {
    doc.dereference(dict.get(key.as_bytes()).unwrap_or_else(|_| panic!("no /{key}"))).unwrap().1
}

/// Checks what both standards ask, and returns the packet and the output intent.
fn checked(bytes: &[u8], conformance: Conformance) -> (Document, String, Dictionary) {
    let doc = Document::load_mem(bytes).unwrap();
    let mut breaches = Breaches::new(conformance);
    let get_object = |object| doc.dereference(object).map_or(object, |(_, object)| object);
    doc.objects.values().for_each(|object| breaches.object(object, &get_object));
    for page in doc.page_iter() {
        breaches.operators(&doc.get_page_content(page));
    }
    assert_eq!(breaches.found(), BTreeSet::new());
    let catalog = doc.catalog().unwrap();
    let metadata = get(&doc, catalog, "Metadata").as_stream().unwrap();
    assert!(!metadata.dict.has(b"Filter"));
    let xmp = String::from_utf8(metadata.content.clone()).unwrap();
    assert!(xmp.contains("2º simulado &lt;A &amp; B&gt;"), "{xmp}");
    let ids = doc.trailer.get(b"ID").unwrap().as_array().unwrap();
    assert!(ids.len() == 2 && !doc.trailer.has(b"Encrypt"));
    for object in doc.objects.values() {
        let Ok(dict) = object.as_dict().or_else(|_| object.as_stream().map(|s| &s.dict)) else { continue };
        assert!(
            ["AA", "JS", "OpenAction", "SMask", "Interpolate"].iter().all(|key| !dict.has(key.as_bytes())),
            "{dict:?}"
        );
        if dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|s| s == b"CIDFontType2") {
            assert_eq!(get(&doc, dict, "CIDToGIDMap").as_name().unwrap(), b"Identity");
        }
    }
    let intents = get(&doc, catalog, "OutputIntents").as_array().unwrap();
    let intent = doc.get_dictionary(intents[0].as_reference().unwrap()).unwrap().clone();
    // Each `obj` ends its line (ISO 19005-2, 6.1.9).
    assert!(!bytes.windows(6).any(|w| w == b"obj<</"));
    (doc, xmp, intent)
}

#[test]
fn a_2b_says_so_and_keeps_to_it() {
    let scratch = Scratch::new("a2b");
    let (path, bytes) = printed(&scratch, "a-2b");
    let (doc, xmp, intent) = checked(&bytes, Conformance::A2b);
    assert!(xmp.contains("<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>"));
    assert_eq!(intent.get(b"S").unwrap().as_name().unwrap(), b"GTS_PDFA1");
    let profile = get(&doc, &intent, "DestOutputProfile").as_stream().unwrap();
    assert_eq!(profile.dict.get(b"N").unwrap().as_i64().unwrap(), 3);
    tool("qpdf", &["--check", &path]);
    for line in tool("pdffonts", &[&path]).lines().skip(2) {
        assert!(line.contains("Identity-H") && line.contains("yes yes yes"), "{line}");
    }
    let said = texts(&path).join("\n");
    // What the font lacks is shown as that, and extracted as that.
    for text in ["Ana Conceição", "João \u{FFFD}", "Matemática", "positivo"] {
        assert!(said.contains(text), "{text}: {said}");
    }
    assert_no_glyph_0(&doc);
    assert_eq!(printed(&Scratch::new("a2b-again"), "a-2b").1, bytes);
}

/// No text shows the glyph that stands for a missing one (6.2.11.8).
fn assert_no_glyph_0(doc: &Document) {
    let mut shown = 0;
    let forms = doc.objects.values().filter_map(|o| o.as_stream().ok()).filter(|s| !s.dict.has(b"Length1"));
    for content in forms.filter_map(|s| s.get_plain_content().ok()) {
        let mut operations = TypedIter::new(&content);
        while let Some(operation) = operations.next() {
            let TypedInstruction::ShowTexts(texts) = operation else { continue };
            for text in texts.0.iter::<HayroObject>().filter_map(HayroObject::into_string) {
                assert!(text.chunks(2).all(|glyph| glyph != [0, 0]), "{text:?}");
                shown += 1;
            }
        }
    }
    assert!(shown > 100);
}

#[test]
fn x_4_says_so_and_keeps_to_it() {
    let scratch = Scratch::new("x4");
    let (path, bytes) = printed(&scratch, "x-4");
    assert!(bytes.starts_with(b"%PDF-1.6"));
    let (doc, xmp, intent) = checked(&bytes, Conformance::X4);
    assert!(xmp.contains("<pdfxid:GTS_PDFXVersion>PDF/X-4<") && xmp.contains("<xmp:CreateDate>2026-11-20T00:00:00Z<"));
    assert_eq!(intent.get(b"S").unwrap().as_name().unwrap(), b"GTS_PDFX");
    let profile = get(&doc, &intent, "DestOutputProfile").as_stream().unwrap();
    assert_eq!(profile.dict.get(b"N").unwrap().as_i64().unwrap(), 1);
    assert_eq!(&profile.get_plain_content().unwrap()[12..16], b"prtr");
    for page in doc.page_iter() {
        let page = doc.get_dictionary(page).unwrap();
        assert_eq!(page.get(b"TrimBox").unwrap(), page.get(b"MediaBox").unwrap());
    }
    let info = get(&doc, &doc.trailer, "Info").as_dict().unwrap();
    assert_eq!(info.get(b"Trapped").unwrap().as_name().unwrap(), b"False");
    assert_eq!(info.get(b"CreationDate").unwrap().as_str().unwrap(), b"D:20261120000000Z");
    tool("qpdf", &["--check", &path]);
    tool("pdftoppm", &["-r", "40", "-gray", &path, scratch.0.join("page").to_str().unwrap()]);
}

struct Cover(Vec<u8>);

impl Source for Cover {
    fn fetch(&self, _: &str) -> Result<Vec<u8>, String> {
        Ok(self.0.clone())
    }
}

#[test]
fn a_custom_page_that_would_break_it_is_a_fault_with_its_path() {
    let source = Cover(super::make::bytes(super::make::document("cover", 1).0));
    let models = Default::default();
    let open = |pdf: &str| {
        let mut package = package(pdf);
        package["exam"]["before"] = json!(["cover.pdf"]);
        Package::open(package.to_string().as_bytes(), &Reading { models: &models, source: &source })
    };
    assert!(open("plain").is_ok());
    let faults: Vec<String> = open("a-2b").err().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(faults, ["exam.before[0]: the font Helvetica is not in the file; PDF/A-2b expects it embedded"]);
}
