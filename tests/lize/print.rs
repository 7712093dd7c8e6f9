//! Lize sheets of our own printer, read back.

use super::paper::ID;
use super::school::{png, read};
use gabarito::accuracy::{PX_PER_MM, rasterise};
use gabarito::print::{Output, Package, print_to};
use gabarito::raster::Gray;
use gabarito::read::result::{FieldStatus, Outcome, PageReading};
use gabarito::sheet::{Layout, SheetKey};
use gabarito::sim::mark::{self, Bubble, Mark};
use gabarito::sim::{Hand, Pen};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

type Files = Rc<RefCell<BTreeMap<String, Vec<u8>>>>;

struct Memory(Files);
struct File(Files, String);

impl Output for Memory {
    type File = File;

    fn create(&mut self, name: &str) -> std::io::Result<File> {
        Ok(File(self.0.clone(), name.to_owned()))
    }
}

impl std::io::Write for File {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.borrow_mut().entry(self.1.clone()).or_default().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn package(sheet: Value) -> Value {
    json!({
        "application": {"id": "sim2", "title": "2º simulado", "date": "2026-11-20", "institution": {"name": "Escola"}},
        "sheet": sheet,
        "units": [{"id": "u", "name": "Centro", "rooms": [{"id": "r", "name": "Sala 1", "students": [
            {"id": ID, "name": "Íris Guimarães", "enrollment": "1234", "version": 3},
            {"id": "s2", "name": "João", "version": 1}]}]}]
    })
}

fn print(sheet: Value) -> (Vec<Value>, Vec<Layout>, Vec<u8>) {
    let files = Files::default();
    let package = Package::from_json(&package(sheet)).unwrap();
    print_to(&package, &SheetKey::new("k"), &mut Memory(files.clone()), &|_, _| ()).unwrap();
    let files = files.borrow();
    let geometry: Value = serde_json::from_slice(&files["geometry.json"]).unwrap();
    let layouts = geometry["layouts"].as_array().unwrap().iter().map(|l| Layout::from_json(l.clone()).unwrap());
    (geometry["sheets"].as_array().unwrap().clone(), layouts.collect(), files["sheets.pdf"].clone())
}

/// Prints, fills bubble `marks(field, bubble)` of the first sheet, and reads it.
fn round(sheet: Value, marks: impl Fn(&str, usize) -> bool) -> (PageReading, Value, Layout) {
    let (sheets, layouts, pdf) = print(sheet);
    let master = rasterise(pdf, &sheets[0], &layouts).unwrap();
    let mut page: Gray = master.picture;
    let mut rng = fastrand::Rng::with_seed(1);
    let hand = Hand::new(Pen::BlackBallpoint, &mut rng);
    for field in &master.page.fields {
        for (_, b) in field.bubbles.iter().enumerate().filter(|(i, _)| marks(&field.id, *i)) {
            let place = Bubble { x: b.x, y: b.y, rx: b.rx, ry: b.ry };
            mark::draw(&mut page, PX_PER_MM, place, Mark::Full, &hand, &mut rng);
        }
    }
    (read(png(&page)), sheets[0].clone(), layouts[0].clone())
}

#[test]
fn an_objective_sheet_is_printed_and_read() {
    let fields = json!([{"type": "choice", "id": "q{n}", "count": 45, "labels": "ABCD"}]);
    let number = |field: &str| field.trim_start_matches('q').parse().unwrap_or(0_usize);
    let marked = |field: &str, i: usize| {
        if field == "matricula" { i % 10 == i / 10 && i < 80 } else { i == number(field) % 4 }
    };
    let (reading, sheet, layout) = round(json!({"edition": "lize", "fields": fields}), marked);
    assert_eq!((sheet["sheet_id"].as_str(), sheet["student"].as_str()), (Some(ID), Some(ID)));
    assert_eq!(reading.outcome, Outcome::Read, "{:?}", reading.issues);
    let said = reading.sheet.unwrap();
    assert_eq!((said.id.as_deref(), said.layout.as_deref()), (Some(ID), Some(layout.id.as_str())));
    for field in &reading.fields {
        let value = if field.id == "matricula" { "01234567" } else { ["A", "B", "C", "D"][number(&field.id) % 4] };
        assert_eq!((field.status, field.value.as_deref()), (FieldStatus::Answered, Some(value)), "{}", field.id);
    }
    let page = serde_json::to_value(&layout).unwrap()["pages"][0].clone();
    assert!(page["backup"].is_null() && page["fiducials"].as_array().unwrap().len() == 4);
}

#[test]
fn a_discursive_sheet_says_the_score_of_each_question() {
    let fields = json!([{"type": "score", "id": "q{n}", "count": 3, "max": 10, "step": 0.25}]);
    let sheet = json!({"edition": "lize", "model": 8, "operation": "R", "fields": fields});
    // Whole points 7, and a quarter; nothing in the third box.
    let (reading, ..) = round(sheet, |field, i| field != "q3" && (i == 7 || i == 12));
    assert_eq!(reading.outcome, Outcome::Read, "{:?}", reading.issues);
    let said = reading.sheet.unwrap();
    assert_eq!((said.operation.as_deref(), said.model, said.version), (Some("R"), Some(8), Some(3)));
    let values: Vec<_> = reading.fields.iter().map(|f| (f.id.as_str(), f.value.as_deref())).collect();
    assert_eq!(values, [("q1", Some("7,25")), ("q2", Some("7,25")), ("q3", None)]);
}

#[test]
fn an_enem_sheet_has_a_language() {
    let fields = json!([{"type": "choice", "id": "q{n}", "count": 90}]);
    let (reading, ..) = round(json!({"edition": "lize", "model": 2, "fields": fields}), |field, i| {
        let number = field.trim_start_matches('q').parse().unwrap_or(1_usize);
        i == number % 5
    });
    assert_eq!((reading.outcome, reading.fields.len()), (Outcome::Read, 91), "{:?}", reading.issues);
    assert_eq!(reading.fields[0].value.as_deref(), Some("espanhol"));
}

#[test]
fn a_loose_sheet_names_nobody_and_all_have_the_applications_uuid() {
    let fields = json!([{"type": "choice", "id": "q{n}", "count": 10}]);
    let (sheets, ..) = print(json!({"edition": "lize", "operation": "A", "fields": fields}));
    assert_eq!(sheets[0]["sheet_id"], sheets[1]["sheet_id"]);
    assert!(sheets.iter().all(|s| s["student"].is_null()));
    let (pupils, ..) = print(json!({"edition": "lize", "fields": fields}));
    assert_ne!(pupils[0]["sheet_id"], pupils[1]["sheet_id"]);
}

#[test]
fn what_a_model_has_not_is_a_fault() {
    let faults = |sheet: Value| -> String {
        let said = Package::from_json(&package(sheet)).unwrap_err();
        said.iter().map(|f| f.to_string() + "\n").collect()
    };
    let choices =
        |count: u32, labels: &str| json!([{"type": "choice", "id": "q{n}", "count": count, "labels": labels}]);
    for (sheet, said) in [
        (json!({"edition": "lize", "fields": choices(151, "ABCDE")}), "sheet.fields: “q151” is not a field of model 1"),
        (
            json!({"edition": "lize", "fields": choices(9, "VF")}),
            "“q1”: a field of type choice with the first of ABCDE",
        ),
        (json!({"edition": "lize", "model": 5, "fields": choices(9, "ABCD")}), "sheet.model: 5 is not in the table"),
        (
            json!({"edition": "lize", "model": 2, "operation": "A", "fields": choices(9, "ABCD")}),
            "sheet.operation: a loose",
        ),
        (json!({"edition": "lize", "page": "A3", "fields": choices(9, "ABCD")}), "sheet.page: “A3” is not known"),
        (json!({"edition": "lize", "fields": [{"type": "signature", "id": "s"}]}), "“s” is not a field of model 1"),
    ] {
        let all = faults(sheet.clone());
        assert!(all.contains(said), "{sheet}: {all}");
    }
}
