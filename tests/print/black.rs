//! `options.black`: what is printed asks for black ink alone.

use super::{Scratch, key};
use gabarito::print::package::Reading;
use gabarito::print::rich::Folder;
use gabarito::print::{Package, print};
use gabarito::sheet::lize::Models;
use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction as Op;
use image::{GrayImage, Luma, RgbImage};
use lopdf::{Document, Object};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The grays that are asked for, in hundredths, and the width of each picture in pixels and its bits.
fn printed(name: &str, contents: Value) -> (BTreeSet<i64>, BTreeSet<(i64, i64)>) {
    let scratch = Scratch::new(name);
    let photo = RgbImage::from_fn(60, 40, |x, y| image::Rgb([4 * x as u8, 6 * y as u8, 90]));
    photo.save(scratch.path("foto.png")).unwrap();
    photo.save(scratch.path("foto.jpg")).unwrap();
    GrayImage::from_pixel(30, 30, Luma([100])).save(scratch.path("logo.png")).unwrap();
    let table = "<table border=1><tr><th>a</th><td>b</td></tr></table><hr><pre>x</pre>";
    let question = |id: &str, stem: Value| json!({"id": id, "kind": "open", "stem": stem, "space": {"lines": 2}});
    let value = json!({
        "application": {"id": "a", "title": "Prova", "date": "2026-11-20",
            "institution": {"name": "Escola", "logo": "logo.png"}},
        "exam": {"cover": true, "draft_pages": 1, "sections": [{"title": "Artes", "questions": [
            question("a", json!([{"image": "foto.png", "width": 50.8}, {"html": table}])),
            question("b", json!([{"image": "foto.jpg", "width": 25.4}])),
            {"id": "c", "kind": "essay", "stem": [{"text": "Escreva."}]},
            {"id": "d", "kind": "choice", "stem": [{"text": "?"}], "alternatives": [{"text": "1"}, {"text": "2"}]}]}]},
        "contents": contents, "options": {"black": true},
        "units": [{"id": "u", "name": "Centro", "rooms": [{"id": "r", "name": "Sala", "students": [
            {"id": "s", "name": "Aluno"}]}]}]
    });
    let reading = Reading { models: &Models::default(), source: &Folder::new(&scratch.0) };
    let package = Package::open(&serde_json::to_vec(&value).unwrap(), &reading).unwrap();
    print(&package, &key(), &scratch.0, &|_, _| {}).unwrap();
    let doc = Document::load(scratch.0.join("sheets.pdf")).unwrap();
    let (mut grays, mut pictures) = (BTreeSet::new(), BTreeSet::new());
    let mut operators = |content: &[u8]| {
        let mut operations = TypedIter::new(content);
        while let Some(operation) = operations.next() {
            let gray = match operation {
                Op::NonStrokeColorDeviceGray(gray) => gray.0,
                Op::StrokeColorDeviceGray(gray) => gray.0,
                Op::NonStrokeColorDeviceRgb(_)
                | Op::StrokeColorDeviceRgb(_)
                | Op::NonStrokeColorCmyk(_)
                | Op::StrokeColorCmyk(_)
                | Op::ColorSpaceNonStroke(_)
                | Op::ColorSpaceStroke(_) => panic!("a colour"),
                _ => continue,
            };
            grays.insert((gray.as_f64() * 100.0).round() as i64);
        }
    };
    for page in doc.page_iter() {
        operators(&doc.get_page_content(page));
    }
    for stream in doc.objects.values().filter_map(|object| object.as_stream().ok()) {
        let number = |key: &[u8]| stream.dict.get(key).and_then(Object::as_i64).unwrap();
        match stream.dict.get(b"Subtype").and_then(Object::as_name) {
            Ok(b"Form") => operators(&stream.get_plain_content().unwrap()),
            Ok(b"Image") => {
                assert_eq!(stream.dict.get(b"ColorSpace").and_then(Object::as_name).unwrap(), b"DeviceGray");
                if number(b"BitsPerComponent") == 8 {
                    // The logo, which printpdf writes.
                    let pixels = stream.get_plain_content().unwrap();
                    assert!(pixels.iter().all(|v| [0, 255].contains(v)));
                }
                pictures.insert((number(b"Width"), number(b"BitsPerComponent")));
            }
            _ => {}
        }
    }
    (grays, pictures)
}

#[test]
fn booklets_have_neither_tints_nor_grays() {
    let (grays, pictures) = printed("black", json!(["booklet"]));
    assert!(grays.contains(&0) && grays.is_subset(&[0, 100].into()), "{grays:?}");
    // 50.8 and 25.4 mm at 300 dpi.
    assert!(pictures.is_superset(&[(600, 1), (300, 1)].into()), "{pictures:?}");
}

#[test]
fn of_sheets_and_lists_only_what_is_measured_is_gray() {
    let contents = ["cover", "label", "door", "attendance", "yard", "minutes", "instructions", "sheet", "return"];
    let (grays, _) = printed("black-sheet", json!(contents));
    assert!(grays.is_subset(&[0, 50, 60, 100].into()), "{grays:?}");
    assert!(grays.is_superset(&[50, 60].into()), "{grays:?}");
}
