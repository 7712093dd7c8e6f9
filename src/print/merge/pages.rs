//! A document's pages in order, each with what it inherits (7.7.3.4).

use super::source::{get, get_array};
use crate::limits::Limits;
use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::HashSet;

pub const INHERITED: [&[u8]; 4] = [b"Resources", b"MediaBox", b"CropBox", b"Rotate"];

pub struct SourcePage<'d> {
    pub id: ObjectId,
    pub dict: &'d Dictionary,
    /// By place in [`INHERITED`]: the page's own, or that of the nearest node above.
    pub inherited: [Option<&'d Object>; 4],
}

/// Walks the page tree without recursion: it may be as deep as it likes.
pub fn walk<'d>(doc: &'d Document, limits: &Limits) -> Result<Vec<SourcePage<'d>>, String> {
    let catalog = doc.catalog().map_err(|_| "damaged: it has no catalog")?;
    let root = catalog.get(b"Pages").and_then(Object::as_reference).map_err(|_| "damaged: it has no page tree")?;
    let mut pages = Vec::new();
    let mut nodes = HashSet::new();
    let mut waiting = vec![(root, [None; 4])];
    while let Some((id, above)) = waiting.pop() {
        let missing = || format!("damaged: page {} is missing", pages.len() + 1);
        let dict = doc.get_dictionary(id).map_err(|_| missing())?;
        let mut inherited = above;
        for (slot, key) in inherited.iter_mut().zip(INHERITED) {
            // What is not followed stays a reference: resources that pages share are written once.
            if get(doc, dict, key).is_some_and(|value| !value.is_null()) {
                *slot = dict.get(key).ok();
            }
        }
        if !dict.has(b"Kids") {
            if id == root {
                break;
            }
            if pages.len() as u64 >= u64::from(limits.max_pages) {
                return Err(format!("more than {} pages", limits.max_pages));
            }
            pages.push(SourcePage { id, dict, inherited });
            continue;
        }
        if !nodes.insert(id) {
            return Err("damaged: its page tree runs in a circle".to_owned());
        }
        let kids = get_array(doc, dict, b"Kids").unwrap_or_default();
        for kid in kids.iter().rev() {
            waiting.push((kid.as_reference().map_err(|_| missing())?, inherited));
        }
    }
    if pages.is_empty() { Err("it has no pages".to_owned()) } else { Ok(pages) }
}
