//! Blank pages into a finished PDF, so that what is printed on both sides begins where it must.

use crate::limits::Limits;
use crate::print::merge::{pages, source};
use lopdf::{Dictionary, Document, Object, ObjectId, dictionary};
use serde::{Deserialize, Serialize};

/// Where blank pages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blank {
    /// One at the end of an odd number of pages.
    Odd,
    /// One after each page.
    Between,
}

/// A PDF with its blank pages, and how many pages it has with them.
///
/// # Errors
/// It can't be read, or has more pages than `limits` allow.
pub fn add(bytes: Vec<u8>, blank: Option<Blank>, limits: &Limits) -> Result<(Vec<u8>, usize), String> {
    let mut doc = source::open(&bytes, limits)?;
    let pages = pages::walk(&doc, limits)?;
    let count = pages.len();
    let followed = match blank {
        Some(Blank::Between) => pages.as_slice(),
        Some(Blank::Odd) if count % 2 == 1 => &pages[count - 1..],
        _ => return Ok((bytes, count)),
    };
    let blanks: Vec<_> = followed.iter().map(|page| (page.id, blank_like(&doc, page))).collect();
    let added = blanks.len();
    for (page, blank) in blanks {
        insert_after(&mut doc, page, blank).ok_or("damaged: its page tree can't be changed")?;
    }
    let mut out = Vec::new();
    doc.save_to(&mut out).map_err(|e| e.to_string())?;
    Ok((out, count + added))
}

/// As large as the page before it, and turned as that is.
fn blank_like(doc: &Document, page: &pages::SourcePage) -> Dictionary {
    let mut blank = dictionary! {"Type" => "Page", "Resources" => Dictionary::new()};
    for (key, value) in pages::INHERITED.iter().zip(page.inherited).skip(1) {
        if let Some((_, value)) = value.and_then(|v| doc.dereference(v).ok()) {
            blank.set(*key, value.clone());
        }
    }
    blank
}

fn insert_after(doc: &mut Document, page: ObjectId, mut blank: Dictionary) -> Option<()> {
    let parent = doc.get_dictionary(page).ok()?.get(b"Parent").ok()?.as_reference().ok()?;
    blank.set("Parent", parent);
    let blank = doc.add_object(blank);
    let kids = doc.get_dictionary(parent).ok()?.get(b"Kids").ok()?.clone();
    // The list may be an object of its own.
    let list = match kids {
        Object::Reference(id) => doc.get_object_mut(id).ok()?.as_array_mut().ok()?,
        _ => doc.get_dictionary_mut(parent).ok()?.get_mut(b"Kids").ok()?.as_array_mut().ok()?,
    };
    let at = list.iter().position(|kid| kid.as_reference().is_ok_and(|id| id == page))?;
    list.insert(at + 1, Object::Reference(blank));
    let mut node = Some(parent);
    // A tree that runs in a circle was refused when it was walked.
    while let Some(id) = node {
        let dict = doc.get_dictionary_mut(id).ok()?;
        let count = dict.get(b"Count").ok()?.as_i64().ok()?;
        dict.set("Count", count + 1);
        node = dict.get(b"Parent").ok().and_then(|p| p.as_reference().ok());
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three pages below two nodes, with sizes of their own and inherited.
    fn pdf() -> Vec<u8> {
        let mut doc = Document::with_version("1.7");
        let (root, node) = (doc.new_object_id(), doc.new_object_id());
        let size = |width: i64| vec![0.into(), 0.into(), width.into(), Object::from(842)];
        let page = |parent: ObjectId| dictionary! {"Type" => "Page", "Parent" => parent};
        let first = doc.add_object(page(node));
        let mut own = page(node);
        own.set("MediaBox", size(200));
        own.set("Rotate", 90);
        let second = doc.add_object(own);
        let third = doc.add_object(page(root));
        let kids: Vec<Object> = vec![first.into(), second.into()];
        doc.set_object(node, dictionary! {"Type" => "Pages", "Parent" => root, "Kids" => kids, "Count" => 2});
        let kids = doc.add_object(vec![Object::from(node), third.into()]);
        let tree = dictionary! {"Type" => "Pages", "Kids" => kids, "Count" => 3, "MediaBox" => size(100)};
        doc.set_object(root, tree);
        let catalog = doc.add_object(dictionary! {"Type" => "Catalog", "Pages" => root});
        doc.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        doc.save_to(&mut bytes).unwrap();
        bytes
    }

    /// Of each page its width, its rotation, and whether it is blank.
    fn seen(bytes: &[u8]) -> Vec<(f32, i64, bool)> {
        let limits = Limits::default();
        let doc = source::open(bytes, &limits).unwrap();
        let pages = pages::walk(&doc, &limits).unwrap();
        let seen = pages.iter().map(|page| {
            let value = |at: usize| page.inherited[at].and_then(|v| doc.dereference(v).ok()).map(|(_, v)| v.clone());
            let width = value(1).unwrap().as_array().unwrap()[2].as_float().unwrap();
            (width, value(3).map_or(0, |r| r.as_i64().unwrap()), page.dict.has(b"Resources"))
        });
        seen.collect()
    }

    #[test]
    fn blank_pages_are_as_those_before_them() {
        let add = |blank| add(pdf(), blank, &Limits::default()).unwrap();
        let (first, second, third) = ((100.0, 0, false), (200.0, 90, false), (100.0, 0, false));
        let blank = |page: (f32, i64, bool)| (page.0, page.1, true);
        assert_eq!(add(None).1, 3);
        let (bytes, count) = add(Some(Blank::Odd));
        assert_eq!((seen(&bytes), count), (vec![first, second, third, blank(third)], 4));
        let (bytes, count) = add(Some(Blank::Between));
        let between = vec![first, blank(first), second, blank(second), third, blank(third)];
        assert_eq!((seen(&bytes), count), (between, 6));
    }

    #[test]
    fn an_even_number_of_pages_stays_as_it_is() {
        let (even, _) = add(pdf(), Some(Blank::Odd), &Limits::default()).unwrap();
        assert_eq!(add(even.clone(), Some(Blank::Odd), &Limits::default()), Ok((even, 4)));
        let few = Limits { max_pages: 2, ..Limits::default() };
        assert_eq!(add(pdf(), None, &few), Err("more than 2 pages".to_owned()));
    }
}
