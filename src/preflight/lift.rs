//! The pages of a finished file in their order, and one of them as a PDF of its own.

use super::objects::{Damage, Objects};
use hayro_syntax::object::{Array, Dict, FromBytes, Name};
use std::collections::{BTreeMap, BTreeSet};

/// Walks the page tree, which is read node by node.
pub struct Pages {
    /// Numbers of what is still to be looked at, the next last.
    waiting: Vec<u32>,
    looked_at: usize,
}

/// A page's object.
pub struct Page {
    pub number: u32,
    body: Vec<u8>,
}

impl Pages {
    pub fn of(objects: &mut Objects) -> Result<Self, Damage> {
        let catalog = objects.body(objects.root)?;
        let root = reference(&catalog, "Pages").ok_or("o arquivo não tem páginas")?;
        Ok(Pages { waiting: vec![root], looked_at: 0 })
    }

    pub fn next(&mut self, objects: &mut Objects) -> Result<Option<Page>, Damage> {
        while let Some(number) = self.waiting.pop() {
            self.looked_at += 1;
            if self.looked_at > objects.len() {
                return Err("a árvore de páginas anda em círculo".to_owned());
            }
            let body = objects.body(number)?;
            match kids(&body) {
                Some(kids) => self.waiting.extend(kids.into_iter().rev()),
                None => return Ok(Some(Page { number, body })),
            }
        }
        Ok(None)
    }
}

/// Of a node that is no page.
fn kids(body: &[u8]) -> Option<Vec<u32>> {
    let dict = Dict::from_bytes(body)?;
    dict.get::<Name>("Type").filter(|name| name.as_ref() == b"Pages")?;
    let kids = dict.get::<Array>("Kids")?;
    Some(kids.raw_iter().filter_map(|kid| kid.as_obj_ref()).map(|kid| kid.obj_number).collect())
}

fn reference(body: &[u8], key: &str) -> Option<u32> {
    Some(Dict::from_bytes(body)?.get_ref(key)?.obj_number)
}

impl Page {
    pub fn contents(&self) -> Option<u32> {
        reference(&self.body, "Contents")
    }

    /// A PDF with this page alone: its objects as they are and under their numbers, and in its parent's place a node that
    /// has no other page.
    pub fn alone(&self, objects: &mut Objects) -> Result<Vec<u8>, Damage> {
        let parent = reference(&self.body, "Parent").ok_or("a página não está na árvore de páginas")?;
        let mut pdf = Pdf::default();
        pdf.object(parent, format!("<</Type/Pages/Count 1/Kids[{} 0 R]>>", self.number).as_bytes());
        let mut known = BTreeSet::from([parent, self.number]);
        let mut waiting = vec![self.number];
        while let Some(number) = waiting.pop() {
            let body = objects.body(number)?;
            waiting.extend(references(&body).filter(|number| known.insert(*number)));
            pdf.object(number, &body);
        }
        let catalog = objects.len() as u32;
        pdf.object(catalog, format!("<</Type/Catalog/Pages {parent} 0 R>>").as_bytes());
        Ok(pdf.finish(catalog))
    }
}

/// What an object refers to.
fn references(body: &[u8]) -> impl Iterator<Item = u32> {
    let end = memchr::memmem::find(body, b"stream\n").unwrap_or(body.len());
    let words = body[..end].split(|b| !b.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<&[u8]> = words.collect();
    let found = words.windows(3).filter(|w| w[1] == b"0" && w[2] == b"R");
    let numbers: Vec<u32> = found.filter_map(|w| str::from_utf8(w[0]).ok()?.parse().ok()).collect();
    numbers.into_iter()
}

/// A PDF while it is written, with a cross-reference table (7.5.4).
struct Pdf {
    bytes: Vec<u8>,
    places: BTreeMap<u32, usize>,
}

impl Default for Pdf {
    fn default() -> Self {
        Pdf { bytes: b"%PDF-1.7\n".to_vec(), places: BTreeMap::new() }
    }
}

impl Pdf {
    fn object(&mut self, number: u32, body: &[u8]) {
        self.places.insert(number, self.bytes.len());
        self.bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        self.bytes.extend_from_slice(body);
        self.bytes.extend_from_slice(b"\nendobj\n");
    }

    fn finish(mut self, catalog: u32) -> Vec<u8> {
        let start = self.bytes.len();
        let mut table = "xref\n0 1\n0000000000 65535 f \n".to_owned();
        for (number, place) in &self.places {
            table += &format!("{number} 1\n{place:010} 00000 n \n");
        }
        table += &format!("trailer\n<</Size {}/Root {catalog} 0 R>>\nstartxref\n{start}\n%%EOF\n", catalog + 1);
        self.bytes.extend_from_slice(table.as_bytes());
        self.bytes
    }
}
