//! Outlines (12.3.3). Of several inputs each has its own under an entry with the file's name, closed: chapters of the
//! same name stay apart, and who opens the file sees what it was made of. A single input's stays as it was.

use super::copy::Copier;
use crate::print::pdf::Writer;
use crate::print::pdf::object::Target;
use lopdf::{Document, Object, ObjectId};
use pdf_writer::{Chunk, Ref, TextStr};
use std::collections::HashSet;
use std::io::{self, Write};

#[derive(Default)]
pub struct Outline {
    /// Whether each input has an entry of its own.
    parted: bool,
    root: Option<Ref>,
    parts: Vec<Part>,
}

/// An input's outline.
struct Part {
    id: Ref,
    title: String,
    page: Option<Ref>,
    first: i64,
    last: i64,
    /// Entries that are seen when it is open.
    count: i64,
}

impl Outline {
    pub fn new(parted: bool) -> Self {
        Outline { parted, ..Outline::default() }
    }

    /// The error is a note: the outline stays behind.
    pub fn add<W: Write>(&mut self, title: &str, page: Option<Ref>, copier: &mut Copier<W>) -> Result<(), String> {
        let doc = copier.doc;
        let root = doc.catalog().and_then(|catalog| catalog.get(b"Outlines")).and_then(Object::as_reference);
        let Ok(root) = root else { return Ok(()) };
        let first_level = first_level(doc, root)?;
        let (Some(&first), Some(&last)) = (first_level.first(), first_level.last()) else { return Ok(()) };
        let whole = *self.root.get_or_insert_with(|| copier.writer.alloc());
        let id = if self.parted { copier.writer.alloc() } else { whole };
        // So the entries' parent is this one.
        copier.put_for(root, id);
        let said = doc.get_dictionary(root).and_then(|root| root.get(b"Count")?.as_i64()).unwrap_or_default();
        let count = said.max(first_level.len() as i64);
        if let (Some(first), Some(last)) = (copier.number(first), copier.number(last)) {
            self.parts.push(Part { id, title: title.to_owned(), page, first, last, count });
        }
        Ok(())
    }

    pub fn write<W: Write>(&self, writer: &mut Writer<W>, catalog: &mut Vec<u8>) -> io::Result<()> {
        let (Some(root), [first, ..]) = (self.root, &self.parts[..]) else { return Ok(()) };
        let last = &self.parts[self.parts.len() - 1];
        let ends = match self.parted {
            true => (i64::from(first.id.get()), i64::from(last.id.get()), self.parts.len() as i64),
            false => (first.first, first.last, first.count),
        };
        let body = format!("<</Type/Outlines/First {} 0 R/Last {} 0 R/Count {}>>", ends.0, ends.1, ends.2);
        writer.small(root, body.as_bytes())?;
        catalog.extend_from_slice(format!("/Outlines {} 0 R", root.get()).as_bytes());
        for (i, part) in self.parts.iter().enumerate().filter(|_| self.parted) {
            let mut body = b"<</Title".to_vec();
            body.extend_from_slice(&text(&part.title));
            let mut refer = |key: &str, number: i64| body.extend_from_slice(format!("/{key} {number} 0 R").as_bytes());
            refer("Parent", root.get().into());
            refer("First", part.first);
            refer("Last", part.last);
            if let Some(before) = i.checked_sub(1).and_then(|i| self.parts.get(i)) {
                refer("Prev", before.id.get().into());
            }
            if let Some(after) = self.parts.get(i + 1) {
                refer("Next", after.id.get().into());
            }
            if let Some(page) = part.page {
                body.extend_from_slice(format!("/Dest[{} 0 R/Fit]", page.get()).as_bytes());
            }
            body.extend_from_slice(format!("/Count -{}>>", part.count).as_bytes());
            writer.small(part.id, &body)?;
        }
        Ok(())
    }
}

/// A text as a string object.
fn text(text: &str) -> Vec<u8> {
    let mut chunk = Chunk::new();
    chunk.indirect(Ref::new(1)).array().item(TextStr(text));
    let bytes = chunk.as_bytes();
    let start = bytes.iter().position(|&b| b == b'[').map_or(0, |i| i + 1);
    let end = bytes.iter().rposition(|&b| b == b']').unwrap_or(bytes.len());
    bytes[start..end].to_vec()
}

/// The entries on the first level, once all of the outline was walked and came to an end.
fn first_level(doc: &Document, root: ObjectId) -> Result<Vec<ObjectId>, String> {
    let next = |id: ObjectId, key: &[u8]| doc.get_dictionary(id).and_then(|d| d.get(key)?.as_reference()).ok();
    let mut seen = HashSet::from([root]);
    let mut first_level = Vec::new();
    let mut waiting: Vec<(ObjectId, bool)> = next(root, b"First").map(|id| (id, true)).into_iter().collect();
    while let Some((id, on_first)) = waiting.pop() {
        if !seen.insert(id) {
            return Err("its outline runs in a circle and was left out".to_owned());
        }
        if doc.get_dictionary(id).is_err() {
            return Err("its outline is damaged and was left out".to_owned());
        }
        if on_first {
            first_level.push(id);
        }
        waiting.extend(next(id, b"Next").map(|id| (id, on_first)));
        waiting.extend(next(id, b"First").map(|id| (id, false)));
    }
    Ok(first_level)
}
