//! lopdf: a form for the static layer, a `Content` for each page, all in one `Document`.

use crate::sheet::{HEIGHT_PT, Sheet, Stamp, WIDTH_PT, latin1, operators};
use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, dictionary};

pub fn print(sheet: &Sheet, students: usize) -> Vec<u8> {
    let mut doc = Document::with_version("1.7");
    let tree = doc.new_object_id();
    let font = doc.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
    });
    let bounds: Vec<Object> = vec![0.into(), 0.into(), (WIDTH_PT as f32).into(), (HEIGHT_PT as f32).into()];
    let form = doc.add_object(Stream::new(
        dictionary! {
            "Type" => "XObject", "Subtype" => "Form", "BBox" => bounds.clone(),
            "Resources" => dictionary! { "Font" => dictionary! { "F0" => font } },
        },
        operators(&sheet.drawing),
    ));
    let resources = doc.add_object(dictionary! {
        "Font" => dictionary! { "F0" => font }, "XObject" => dictionary! { "S" => form },
    });
    let mut kids: Vec<Object> = Vec::with_capacity(students);
    for i in 0..students {
        let content = page(&sheet.stamp(i)).encode().expect("operations are encoded");
        let content = doc.add_object(Stream::new(dictionary! {}, content));
        let page = doc.add_object(dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content });
        kids.push(page.into());
    }
    let count = students as i64;
    doc.set_object(
        tree,
        dictionary! {
            "Type" => "Pages", "Kids" => kids, "Count" => count, "MediaBox" => bounds, "Resources" => resources,
        },
    );
    let catalog = doc.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    doc.trailer.set("Root", catalog);
    doc.compress();
    let mut out = Vec::new();
    doc.save_to(&mut out).expect("written to memory");
    out
}

fn page(stamp: &Stamp) -> Content<Vec<Operation>> {
    let real = |v: f64| Object::Real(((v * 100.0).round() / 100.0) as f32);
    let mut operations = vec![Operation::new("Do", vec!["S".into()]), Operation::new("BT", vec![])];
    for (x, y, size, text) in &stamp.texts {
        operations.push(Operation::new("Tf", vec!["F0".into(), real(*size)]));
        let at = vec![1.into(), 0.into(), 0.into(), 1.into(), real(*x), real(*y)];
        operations.push(Operation::new("Tm", at));
        operations.push(Operation::new("Tj", vec![Object::string_literal(latin1(text))]));
    }
    operations.push(Operation::new("ET", vec![]));
    for rectangle in &stamp.modules {
        operations.push(Operation::new("re", rectangle.iter().map(|&v| real(v)).collect()));
    }
    operations.push(Operation::new("f", vec![]));
    Content { operations }
}
