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
pub fn add(bytes: &[u8], blank: Option<Blank>, limits: &Limits) -> Result<(Vec<u8>, usize), String> {
    let mut doc = source::open(bytes, limits)?;
    let pages = pages::walk(&doc, limits)?;
    let count = pages.len();
    let after: Vec<ObjectId> = match blank {
        Some(Blank::Between) => pages.iter().map(|p| p.id).collect(),
        Some(Blank::Odd) if count % 2 == 1 => pages.last().map(|p| p.id).into_iter().collect(),
        _ => return Ok((bytes.to_vec(), count)),
    };
    let blanks: Vec<(ObjectId, Dictionary)> =
        pages.iter().filter(|p| after.contains(&p.id)).map(|p| (p.id, blank_of(&doc, p))).collect();
    for (page, blank) in blanks {
        insert_after(&mut doc, page, blank).ok_or("damaged: its page tree can't be changed")?;
    }
    let mut out = Vec::new();
    doc.save_to(&mut out).map_err(|e| e.to_string())?;
    Ok((out, count + after.len()))
}

/// As large as the page before it, and turned as that is.
fn blank_of(doc: &Document, page: &pages::SourcePage) -> Dictionary {
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
