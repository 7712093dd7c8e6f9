//! Answer sheets: qpdf, poppler and hayro see them alike, and everything is where its layout says.

use super::{Scratch, key, tool};
use gabarito::print::{Discard, Package, print, print_to};
use gabarito::raster::Gray;
use gabarito::sheet::code::{datamatrix, qr};
use gabarito::sheet::frame::Area;
use gabarito::sheet::{Identity, Layout};
use gabarito::units::{MM_PER_INCH, Point};
use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings, render};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const DPI: f64 = 300.0;

fn sample() -> Package {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/escola/PACKAGE.json");
    let value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    Package::from_json(&value).unwrap()
}

fn questions(questions: usize, students: usize) -> Package {
    let names = ["Ana Conceição", "João Gonçalves", "Íris Müller de Araújo", "José Antônio da Assunção"];
    let students: Vec<Value> = (0..students)
        .map(|i| json!({"id": format!("s{i}"), "name": names[i % 4], "enrollment": format!("2026{i:06}"), "version": 1 + i % 4}))
        .collect();
    Package::from_json(&json!({
        "application": {"id": "a", "title": "2º simulado", "date": "2026-11-20"},
        "sheet": {"fields": [{"type": "choice", "id": "q{n}", "count": questions}]},
        "units": [{"id": "u", "name": "Unidade Centro", "rooms": [{"id": "r", "name": "Sala 12", "students": students}]}],
    }))
    .unwrap()
}

fn by_hayro(pdf: &Path, page: usize) -> Gray {
    let pdf = Pdf::new(std::fs::read(pdf).unwrap()).unwrap();
    let scale = (DPI / 72.0) as f32;
    let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let pixmap = render(
        &pdf.pages()[page],
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &settings,
    );
    let data = pixmap.data().iter().map(|p| ((u32::from(p.r) + u32::from(p.g) + u32::from(p.b)) / 3) as u8).collect();
    Gray::from_vec(pixmap.width().into(), pixmap.height().into(), data)
}

fn by_poppler(scratch: &Scratch, pdf: &Path, page: usize) -> Gray {
    let (root, number) = (scratch.path("poppler"), (page + 1).to_string());
    let pdf = pdf.to_str().unwrap();
    tool("pdftoppm", &["-r", "300", "-gray", "-png", "-singlefile", "-f", &number, "-l", &number, pdf, &root]);
    let picture = image::open(root + ".png").unwrap().into_luma8();
    Gray::from_vec(picture.width() as usize, picture.height() as usize, picture.into_raw())
}

/// Paper 0, ink 1, at a place in millimetres.
fn ink(picture: &Gray, x_mm: f64, y_mm: f64) -> f64 {
    let px = DPI / MM_PER_INCH;
    1.0 - picture.sample(Point::new(x_mm * px, y_mm * px)) / 255.0
}

fn modules(picture: &Gray, area: &Area, size: usize) -> Vec<f32> {
    let step = area.w / size as f64;
    let at = |i: usize| (area.x + step * (0.5 + (i % size) as f64), area.y + step * (0.5 + (i / size) as f64));
    (0..size * size).map(at).map(|(x, y)| (2.0 * ink(picture, x, y) - 1.0) as f32).collect()
}

fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_reprint_has_the_same_bytes() {
    let scratch = Scratch::new("same");
    let package = sample();
    let report = print(&package, &key(), &scratch.0, &|_, _| {}).unwrap();
    let first = files(&scratch.0);
    assert_eq!(first.len(), report.files.len(), "no temporary file is left");
    print(&package, &key(), &scratch.0, &|_, _| {}).unwrap();
    assert!(first == files(&scratch.0));
}

#[test]
fn qpdf_finds_no_fault_and_names_can_be_copied() {
    let scratch = Scratch::new("qpdf");
    let package = sample();
    print(&package, &key(), &scratch.0, &|_, _| {}).unwrap();
    let pdf = scratch.path("sheets.pdf");
    tool("qpdf", &["--check", &pdf]);
    let text = tool("pdftotext", &["-layout", &pdf, "-"]);
    for student in package.students() {
        assert!(text.contains(&student.name), "{} is not in the text", student.name);
    }
    assert!(text.contains("2º Simulado ENEM – 3ª série"));
}

#[test]
fn the_page_tree_holds_when_it_is_deep() {
    let scratch = Scratch::new("tree");
    print(&questions(20, 64 * 64 + 3), &key(), &scratch.0, &|_, _| {}).unwrap();
    let pdf = scratch.path("sheets.pdf");
    assert_eq!(tool("qpdf", &["--show-npages", &pdf]).trim(), "4099");
    tool("qpdf", &["--check", &pdf]);
}

#[test]
fn manifest_and_geometry_agree_and_name_nobody() {
    let scratch = Scratch::new("manifest");
    let package = sample();
    let report = print(&package, &key(), &scratch.0, &|_, _| {}).unwrap();
    let read = |name: &str| std::fs::read_to_string(scratch.0.join(name)).unwrap();
    let (manifest, geometry) = (read("manifest.json"), read("geometry.json"));
    for student in package.students() {
        let first = student.name.split(' ').next().unwrap();
        assert!(!manifest.contains(first) && !geometry.contains(first));
    }
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let geometry: Value = serde_json::from_str(&geometry).unwrap();
    let pages = manifest["pages"].as_array().unwrap();
    assert_eq!(pages.len() as u64, report.pages);
    for (page, sheet) in pages.iter().zip(geometry["sheets"].as_array().unwrap()) {
        for name in ["sheet_id", "student", "layout", "page", "pdf", "pdf_page"] {
            assert_eq!(page[name], sheet[name]);
        }
    }
    use sha2::Digest;
    let hash: String = sha2::Sha256::digest(std::fs::read(scratch.0.join("sheets.pdf")).unwrap())
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(manifest["files"][0]["sha256"], hash.as_str());
    for layout in geometry["layouts"].as_array().unwrap() {
        let layout = Layout::from_json(layout.clone()).unwrap();
        let file: Value = serde_json::from_str(&read(&format!("layouts/{}.json", layout.id))).unwrap();
        assert_eq!(Layout::from_json(file).unwrap(), layout);
    }
}

#[test]
fn two_renderers_agree_and_what_they_show_is_where_the_layout_says() {
    let scratch = Scratch::new("render");
    let package = sample();
    print(&package, &key(), &scratch.0, &|_, _| {}).unwrap();
    let geometry: Value = serde_json::from_slice(&std::fs::read(scratch.0.join("geometry.json")).unwrap()).unwrap();
    let layouts: Vec<Layout> =
        geometry["layouts"].as_array().unwrap().iter().map(|l| Layout::from_json(l.clone()).unwrap()).collect();
    let pdf = scratch.0.join("sheets.pdf");
    let large = geometry["sheets"].as_array().unwrap().iter().position(|s| s["layout"] != layouts[0].id.as_str());
    for index in [0, 1, large.unwrap()] {
        let sheet = &geometry["sheets"][index];
        let layout = layouts.iter().find(|l| sheet["layout"] == l.id.as_str()).unwrap();
        let page = layout.page(sheet["page"].as_u64().unwrap() as u16).unwrap();
        let (hayro, poppler) = (by_hayro(&pdf, index), by_poppler(&scratch, &pdf, index));

        // The two round the page's size to pixels differently.
        let (w, h) = (hayro.width.min(poppler.width), hayro.height.min(poppler.height));
        assert!(hayro.width.abs_diff(poppler.width) <= 1 && hayro.height.abs_diff(poppler.height) <= 1);
        let differences: u64 = (0..h)
            .flat_map(|y| hayro.row(y)[..w].iter().zip(&poppler.row(y)[..w]))
            .map(|(a, b)| u64::from(a.abs_diff(*b)))
            .sum();
        let mean = differences as f64 / (w * h) as f64;
        assert!(mean < 2.0, "page {index}: {mean:.2} gray levels apart on average");

        for picture in [&hayro, &poppler] {
            let code = qr::decode(&modules(picture, &page.code, qr::SIZE)).unwrap();
            let backup = datamatrix::decode(&modules(picture, &page.backup.unwrap(), datamatrix::SIZE)).unwrap();
            assert_eq!((code.corrected, backup.corrected), (0, 0));
            assert_eq!(code.text, backup.text);
            let identity = Identity::from_code(&code.text, &key()).unwrap();
            assert_eq!(identity.sheet.as_str(), sheet["sheet_id"].as_str().unwrap());
            assert_eq!((identity.page, &identity.layout), (page.number, &layout.id));
            for field in &page.fields {
                for b in &field.bubbles {
                    let (dx, dy, dark) = outline(picture, b.x, b.y, b.rx);
                    assert!(dx.hypot(dy) < 0.1, "{} {}: off by {dx:.3}, {dy:.3} mm", field.id, b.label);
                    assert!(dark < 0.2, "{} {}: {dark:.2} dark when empty", field.id, b.label);
                }
            }
        }
    }
}

/// Where the middle of a bubble's outline is, from where it should be, and the mean darkness within.
fn outline(picture: &Gray, x: f64, y: f64, r: f64) -> (f64, f64, f64) {
    let step = 0.05;
    let n = ((r + 0.3) / step).ceil() as i32;
    let (mut sx, mut sy, mut sum, mut dark, mut count) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (i, j) in (-n..=n).flat_map(|i| (-n..=n).map(move |j| (i, j))) {
        let (dx, dy) = (f64::from(i) * step, f64::from(j) * step);
        let (distance, ink) = (dx.hypot(dy), ink(picture, x + dx, y + dy));
        if distance <= r {
            dark += ink;
            count += 1.0;
        }
        if (r - 0.4..r + 0.2).contains(&distance) {
            sx += ink * dx;
            sy += ink * dy;
            sum += ink;
        }
    }
    assert!(sum > 0.0, "no outline at {x}, {y}");
    (sx / sum, sy / sum, dark / count)
}

#[test]
fn a_page_costs_at_most_900_bytes() {
    let print = |students| print_to(&questions(100, students), &key(), &mut Discard, &|_, _| {}).unwrap();
    let (few, many) = (print(100), print(1100));
    let bytes = (many.bytes - few.bytes) as f64 / (many.pages - few.pages) as f64;
    assert!(bytes <= 900.0, "{bytes:.0} bytes a page");
}

#[test]
fn nothing_is_left_of_a_print_that_failed() {
    let scratch = Scratch::new("failed");
    // A folder stands where the PDF should go.
    std::fs::create_dir_all(scratch.0.join(".sheets.pdf.part")).unwrap();
    assert!(print(&questions(20, 3), &key(), &scratch.0, &|_, _| {}).is_err());
    assert!(files(&scratch.0).is_empty(), "{:?}", files(&scratch.0).keys());
}
