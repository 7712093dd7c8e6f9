//! What can't be merged is named, all of it at once, and nothing hangs or falls over.

use super::make::{bytes, document, numbers, text};
use gabarito::cli;
use gabarito::limits::Limits;
use gabarito::print::merge::{Input, MergeError, MergeReport, merge};
use lopdf::{Object, dictionary};

fn tried(inputs: &[(&str, Vec<u8>)], limits: &Limits) -> Result<MergeReport, MergeError> {
    let inputs = inputs.iter().map(|(name, bytes)| Input { name: (*name).to_owned(), bytes: Ok(bytes.clone()) });
    merge(inputs, std::io::sink(), "", limits)
}

fn said(input: Vec<u8>) -> String {
    match tried(&[("it", input)], &Limits::default()) {
        Err(MergeError::Inputs(faults)) => faults[0].to_string(),
        Err(e) => panic!("{e}"),
        Ok(report) => format!("{} pages {:?}", report.pages, report.notes),
    }
}

#[test]
fn every_input_that_cannot_be_taken_is_named() {
    let good = bytes(document("good", 3).0);
    let cut = good[..good.len() / 2].to_vec();
    let inputs = [
        ("empty.pdf", Vec::new()),
        ("good.pdf", good.clone()),
        ("text.pdf", b"no PDF at all".to_vec()),
        ("cut.pdf", cut),
        ("none.pdf", bytes(document("none", 0).0)),
    ];
    let Err(MergeError::Inputs(faults)) = tried(&inputs, &Limits::default()) else { panic!("it was merged") };
    let said: Vec<String> = faults.iter().map(|f| f.to_string()).collect();
    let starts = ["empty.pdf: an empty file", "text.pdf: no PDF", "cut.pdf: damaged", "none.pdf: it has no pages"];
    assert_eq!(said.len(), starts.len(), "{said:#?}");
    assert!(said.iter().zip(starts).all(|(said, start)| said.starts_with(start)), "{said:#?}");
    let few = Limits { max_pages: 2, ..Limits::default() };
    assert!(matches!(tried(&[("a", good)], &few), Err(MergeError::Inputs(f)) if f[0].message == "more than 2 pages"));
}

#[test]
fn circles_and_depths_end() {
    let (mut doc, pages) = document("tree", 2);
    let parent = doc.get_dictionary(pages[0]).unwrap().get(b"Parent").unwrap().clone();
    doc.get_dictionary_mut(pages[1]).unwrap().set("Kids", vec![parent]);
    assert_eq!(said(bytes(doc)), "it: damaged: its page tree runs in a circle");

    let (mut doc, _) = document("outline", 2);
    let [root, a, b] = std::array::from_fn(|_| doc.new_object_id());
    doc.set_object(root, dictionary! {"First" => a, "Last" => b});
    doc.set_object(a, dictionary! {"Title" => text("a"), "Parent" => root, "Next" => b});
    doc.set_object(b, dictionary! {"Title" => text("b"), "Parent" => root, "Next" => a});
    doc.catalog_mut().unwrap().set("Outlines", root);
    assert!(said(bytes(doc)).contains("its outline runs in a circle"));

    // A chain of objects, a page tree and a name tree, each 100,000 deep.
    let (mut doc, pages) = document("chain", 1);
    let mut below = Object::Null;
    for _ in 0..100_000 {
        below = doc.add_object(dictionary! {"Next" => below}).into();
    }
    doc.get_dictionary_mut(pages[0]).unwrap().set("Deep", below);
    let mut names = doc.add_object(dictionary! {"Names" => vec![text("a"), Object::Array(vec![pages[0].into()])]});
    for _ in 0..100_000 {
        names = doc.add_object(dictionary! {"Kids" => vec![names.into()]});
    }
    let mut node = doc.catalog().unwrap().get(b"Pages").unwrap().clone();
    for _ in 0..100_000 {
        node = doc.add_object(dictionary! {"Type" => "Pages", "Kids" => vec![node]}).into();
    }
    let catalog = doc.catalog_mut().unwrap();
    catalog.set("Pages", node);
    catalog.set("Names", dictionary! {"Dests" => names});
    assert_eq!(said(bytes(doc)), "1 pages []");

    // Arrays within arrays.
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let pdf = format!(
        "%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Count 1/Kids[3 0 R]>>\nendobj\n\
         3 0 obj\n<</Type/Page/Parent 2 0 R/Deep 4 0 R>>\nendobj\n4 0 obj\n{deep}\nendobj\ntrailer\n<</Root 1 0 R/Size 5>>\n"
    );
    assert!(said(pdf.into_bytes()).starts_with("it: damaged"));
}

#[test]
fn references_to_nothing_and_to_oneself_are_no_harm() {
    let (mut doc, pages) = document("loop", 2);
    let itself = doc.new_object_id();
    doc.set_object(itself, dictionary! {"Me" => itself, "Nothing" => (9999, 0), "Page" => pages[1]});
    let page = doc.get_dictionary_mut(pages[0]).unwrap();
    page.set("PieceInfo", itself);
    page.set("CropBox", numbers([0, 0, 10, 10]));
    assert_eq!(said(bytes(doc)), "2 pages []");
}

#[test]
fn a_signature_is_of_another_file() {
    let (mut doc, _) = document("signed", 1);
    let value = dictionary! {"Type" => "Sig", "ByteRange" => numbers([0, 1, 2, 3]), "Contents" => text("x")};
    let field = doc.add_object(dictionary! {"FT" => "Sig", "T" => text("s"), "V" => value});
    doc.catalog_mut().unwrap().set("AcroForm", dictionary! {"Fields" => vec![field.into()]});
    assert!(said(bytes(doc)).contains("its signature was left out"));
}

#[test]
fn a_password_is_asked_of_nobody() {
    let scratch = super::Scratch::new("locked");
    let plain = scratch.write("plain.pdf", &bytes(document("locked", 1).0));
    for password in ["", "secret"] {
        let locked = scratch.0.join("locked.pdf");
        let locked = locked.to_str().unwrap();
        super::tool("qpdf", &["--encrypt", password, "owner", "256", "--", &plain, locked]);
        assert!(said(std::fs::read(locked).unwrap()).starts_with("it: encrypted"));
    }
    // As the program says it: nothing is left behind.
    let out = scratch.0.join("out.pdf");
    let locked = scratch.0.join("locked.pdf");
    let args = ["gabarito", "merge", &plain, locked.to_str().unwrap(), "none.pdf", "--out", out.to_str().unwrap()];
    let args = args.iter().map(Into::into);
    assert_eq!(format!("{:?}", cli::run(args)), format!("{:?}", std::process::ExitCode::from(2)));
    assert!(!out.exists() && std::fs::read_dir(&scratch.0).unwrap().count() == 2);
}
