//! What was in the inputs is in the whole.

use super::make::{bytes, document, rich};
use super::{Scratch, texts, tool};
use gabarito::limits::Limits;
use gabarito::print::merge::{Input, MergeReport, merge};
use gabarito::print::{Package, print};
use gabarito::sheet::SheetKey;
use lopdf::{Dictionary, Document, Object};
use serde_json::json;

fn merged(inputs: &[(&str, &[u8])]) -> (Vec<u8>, MergeReport) {
    let mut out = Vec::new();
    let inputs = inputs.iter().map(|(name, bytes)| Input { name: (*name).to_owned(), bytes: Ok(bytes.to_vec()) });
    let report = merge(inputs, &mut out, "Whole", &Limits::default()).unwrap();
    (out, report)
}

fn sheets(scratch: &Scratch) -> Vec<u8> {
    let students = ["Ana Conceição", "João Gonçalves"].map(|name| json!({"id": name, "name": name}));
    let package = Package::from_json(&json!({
        "application": {"id": "a", "title": "Simulado"},
        "sheet": {"fields": [{"type": "choice", "id": "q{n}", "count": 20}]},
        "units": [{"id": "u", "name": "Unidade", "rooms": [{"id": "r", "name": "Sala", "students": students}]}],
    }));
    let report = print(&package.unwrap(), &SheetKey::new("test"), &scratch.0, &|_, _| {}).unwrap();
    let pdf = report.files.iter().find(|f| f.ends_with(".pdf")).unwrap();
    std::fs::read(scratch.0.join(pdf)).unwrap()
}

#[test]
fn every_page_is_as_it_was() {
    let scratch = Scratch::new("merge");
    let (sheets, rich, plain) = (sheets(&scratch), rich("rich"), bytes(document("plain", 130).0));
    let inputs = [("sheets.pdf", &sheets[..]), ("rich.pdf", &rich), ("plain.pdf", &plain), ("again.pdf", &sheets)];
    let (out, report) = merged(&inputs);
    assert_eq!((report.files, report.pages, report.bytes), (4, 138, out.len() as u64));
    let whole = scratch.write("whole.pdf", &out);
    tool("qpdf", &["--check", &whole]);
    let said: Vec<String> = inputs.iter().flat_map(|(name, bytes)| texts(&scratch.write(name, bytes))).collect();
    assert_eq!(texts(&whole), said);
    assert!(said[0].contains("Ana Conceição"), "{}", said[0]);
    let sizes = tool("pdfinfo", &["-f", "1", "-l", "4", &whole]);
    assert!(sizes.contains("Page    3 size:  300 x 200 pts") && sizes.contains("Page    3 rot:   90"), "{sizes}");
    // What both have is there once.
    assert!(out.len() < sheets.len() + rich.len() + plain.len() + sheets.len() / 2, "{}", out.len());
    assert_eq!(merged(&inputs).0, out);
}

fn get<'d>(doc: &'d Document, dict: &'d Dictionary, path: &[&str]) -> &'d Object {
    let (key, rest) = path.split_first().unwrap();
    let value = doc.dereference(dict.get(key.as_bytes()).unwrap_or_else(|_| panic!("no {key} in {dict:?}"))).unwrap().1;
    if rest.is_empty() { value } else { get(doc, value.as_dict().unwrap(), rest) }
}

fn string(object: &Object) -> String {
    String::from_utf8_lossy(object.as_str().unwrap()).into_owned()
}

#[test]
fn outlines_labels_names_fields_and_layers_are_kept_apart() {
    let (out, report) = merged(&[("first.pdf", &rich("first")), ("folder/second.pdf", &rich("second"))]);
    let doc = Document::load_mem(&out).unwrap();
    let catalog = doc.catalog().unwrap();
    let pages: Vec<_> = doc.page_iter().collect();

    let title = |path: &[&str]| string(get(&doc, catalog, path));
    assert_eq!(title(&["Outlines", "First", "Title"]), "first");
    assert_eq!(title(&["Outlines", "Last", "Title"]), "second");
    assert_eq!(title(&["Outlines", "Last", "First", "Title"]), "Chapter");
    assert_eq!(title(&["Outlines", "Last", "First", "Parent", "Title"]), "second");
    assert_eq!(title(&["Outlines", "Last", "First", "First", "Dest"]), "place-2");
    let dest = get(&doc, catalog, &["Outlines", "Last", "Last", "Dest"]).as_array().unwrap();
    assert_eq!(dest[0].as_reference().unwrap(), pages[7]);

    let nums = get(&doc, catalog, &["PageLabels", "Nums"]).as_array().unwrap();
    let starts: Vec<i64> = nums.iter().step_by(2).map(|n| n.as_i64().unwrap()).collect();
    assert_eq!(starts, [0, 2, 4, 6]);

    let leaf = get(&doc, catalog, &["Names", "Dests", "Kids"]).as_array().unwrap()[0].as_reference().unwrap();
    let names = doc.get_dictionary(leaf).unwrap().get(b"Names").unwrap().as_array().unwrap();
    assert_eq!((string(&names[0]), string(&names[2])), ("place".to_owned(), "place-2".to_owned()));
    assert_eq!(names[3].as_array().unwrap()[0].as_reference().unwrap(), pages[6]);

    let fields = get(&doc, catalog, &["AcroForm", "Fields"]).as_array().unwrap();
    let field = |i: usize| doc.get_dictionary(fields[i].as_reference().unwrap()).unwrap();
    assert_eq!(
        (string(get(&doc, field(0), &["T"])), string(get(&doc, field(1), &["T"]))),
        ("nome".into(), "nome-2".into())
    );
    assert_eq!(field(1).get(b"P").unwrap().as_reference().unwrap(), pages[5]);
    assert_eq!(string(get(&doc, field(1), &["DA"])), "/Helv 0 Tf 0 g");
    assert_eq!(get(&doc, catalog, &["OCProperties", "D", "OFF"]).as_array().unwrap().len(), 2);

    let has_script = doc.objects.values().any(|o| format!("{o:?}").contains("JavaScript"));
    assert!(!has_script && !catalog.has(b"OpenAction"));
    assert!(report.notes.iter().any(|n| n.starts_with("first.pdf: its scripts")), "{:?}", report.notes);

    // Alone, an outline stays as it was.
    let doc = Document::load_mem(&merged(&[("one.pdf", &rich("one"))]).0).unwrap();
    assert_eq!(string(get(&doc, doc.catalog().unwrap(), &["Outlines", "First", "Title"])), "Chapter");
}

#[test]
fn what_no_page_needs_is_not_copied() {
    let (mut doc, pages) = document("few", 2);
    let unused = doc.add_object(lopdf::Stream::new(Dictionary::new(), vec![7; 100_000]));
    let (mut large, _) = document("few", 2);
    large.get_dictionary_mut(pages[0]).unwrap().set("Kept", Object::Null);
    assert!(doc.has_object(unused));
    let small = merged(&[("a.pdf", &bytes(large))]).0.len();
    assert!(merged(&[("a.pdf", &bytes(doc))]).0.len() < small + 100);
}
