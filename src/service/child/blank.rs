//! Taking what is on some pages out of a PDF for good, and leaving blank pages so that the others keep their numbers.

use lopdf::{Dictionary, Document, Error, Object, ObjectId};
use std::collections::BTreeSet;

/// What a page's look hangs on, beside its size.
const KEPT: [&[u8]; 6] = [b"Type", b"Parent", b"MediaBox", b"CropBox", b"Rotate", b"UserUnit"];

/// The PDF with these pages blank, from 1. None where what was on them can't be told from the rest for sure: a page of
/// another shows the same picture, a page is not there, or the file is encrypted.
///
/// # Errors
/// It is no PDF.
pub fn blank(pdf: &[u8], pages: &[u32]) -> Result<Option<Vec<u8>>, Error> {
    let mut document = Document::load_mem(pdf)?;
    if document.is_encrypted() {
        return Ok(None);
    }
    let all = document.get_pages();
    let mut shown = BTreeSet::new();
    for number in pages {
        let Some(id) = all.get(number) else { return Ok(None) };
        shown.extend(pictures(&document, *id));
        let page = document.get_dictionary_mut(*id)?;
        let keys: Vec<Vec<u8>> = page.iter().map(|(key, _)| key.clone()).collect();
        for key in keys.iter().filter(|key| !KEPT.contains(&key.as_slice())) {
            page.remove(key);
        }
        // Or the pages' tree would lend it its own.
        page.set("Resources", Dictionary::new());
    }
    // Texts that an OCR found, attachments and outlines hang on the catalogue.
    let catalog = document.catalog_mut()?;
    let keys: Vec<Vec<u8>> = catalog.iter().map(|(key, _)| key.clone()).collect();
    for key in keys.iter().filter(|key| ![&b"Type"[..], b"Pages", b"Version"].contains(&key.as_slice())) {
        catalog.remove(key);
    }
    document.trailer.remove(b"Info");
    document.prune_objects();
    if shown.iter().any(|id| document.objects.contains_key(id)) {
        return Ok(None);
    }
    let mut out = Vec::new();
    document.save_to(&mut out)?;
    Ok(Some(out))
}

/// Streams that a page draws from, those that its ancestors lend it among them.
fn pictures(document: &Document, page: ObjectId) -> BTreeSet<ObjectId> {
    let (mut seen, mut streams) = (BTreeSet::new(), BTreeSet::new());
    let mut open: Vec<&Object> = Vec::new();
    let mut node = document.get_dictionary(page).ok();
    while let Some(dictionary) = node {
        open.extend(
            [b"Contents".as_slice(), b"Resources", b"Annots"].into_iter().filter_map(|k| dictionary.get(k).ok()),
        );
        let above = dictionary.get(b"Parent").and_then(Object::as_reference).ok().filter(|id| seen.insert(*id));
        node = above.and_then(|id| document.get_dictionary(id).ok());
    }
    // An annotation leads back to its page.
    seen.insert(page);
    while let Some(object) = open.pop() {
        match object {
            Object::Reference(id) if seen.insert(*id) => {
                if let Ok(object) = document.get_object(*id) {
                    if matches!(object, Object::Stream(_)) {
                        streams.insert(*id);
                    }
                    open.push(object);
                }
            }
            Object::Array(items) => open.extend(items),
            Object::Dictionary(entries) => open.extend(telling(entries)),
            Object::Stream(stream) => open.extend(telling(&stream.dict)),
            _ => {}
        }
    }
    streams
}

/// Values that may show something of what was scanned: pages share fonts (an OCR's is invisible) and colours.
fn telling(entries: &Dictionary) -> impl Iterator<Item = &Object> {
    let silent = [b"Parent".as_slice(), b"Font", b"ColorSpace", b"ExtGState"];
    entries.iter().filter(move |(key, _)| !silent.contains(&key.as_slice())).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopdf::{Stream, dictionary};

    /// A page a picture; those of the same number are one object.
    fn scan(pictures: &[u8]) -> Vec<u8> {
        let mut document = Document::with_version("1.7");
        let tree = document.new_object_id();
        let mut made = std::collections::BTreeMap::new();
        let mut kids = Vec::new();
        for n in pictures {
            let image = *made.entry(*n).or_insert_with(|| {
                let dict = dictionary! {"Type" => "XObject", "Subtype" => "Image", "Width" => 9, "Height" => 1};
                document.add_object(Stream::new(dict, format!("picture {n}").into_bytes()))
            });
            let contents = document.add_object(Stream::new(Dictionary::new(), b"/I Do".to_vec()));
            let page = dictionary! {
                "Type" => "Page", "Parent" => tree, "Contents" => contents,
                "Resources" => dictionary! {"XObject" => dictionary! {"I" => image}},
            };
            kids.push(document.add_object(page).into());
        }
        let count = kids.len() as i64;
        let boxed = vec![0.into(), 0.into(), 595.into(), 842.into()];
        let pages = dictionary! {"Type" => "Pages", "Kids" => kids, "Count" => count, "MediaBox" => boxed};
        document.objects.insert(tree, Object::Dictionary(pages));
        let root = document.add_object(dictionary! {"Type" => "Catalog", "Pages" => tree});
        document.trailer.set("Root", root);
        let mut out = Vec::new();
        document.save_to(&mut out).unwrap();
        out
    }

    fn holds(pdf: &[u8], text: &str) -> bool {
        pdf.windows(text.len()).any(|w| w == text.as_bytes())
    }

    #[test]
    fn what_was_on_the_page_is_gone_and_the_others_keep_their_numbers() {
        let out = blank(&scan(&[1, 2, 3]), &[2]).unwrap().unwrap();
        assert!(holds(&out, "picture 1") && !holds(&out, "picture 2") && holds(&out, "picture 3"));
        assert_eq!(Document::load_mem(&out).unwrap().get_pages().len(), 3);
    }

    #[test]
    fn what_another_page_shows_too_can_not_be_taken_out() {
        assert_eq!(blank(&scan(&[1, 2, 2]), &[2]).unwrap(), None);
        assert_eq!(blank(&scan(&[1]), &[2]).unwrap(), None);
        assert!(blank(b"no PDF", &[1]).is_err());
    }
}
