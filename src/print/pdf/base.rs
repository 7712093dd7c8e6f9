//! A page of any PDF as a form (8.10): drawn once, written once, and shown on every page that is made from it.

use super::number;
use super::writer::Writer;
use lopdf::{Dictionary, Document, Object, ObjectId};
use pdf_writer::Ref;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// A form, and the page size that it was made for, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Base {
    pub form: Ref,
    pub width_pt: f64,
    pub height_pt: f64,
}

#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    #[error("the base is not a PDF that can be taken over: {0}")]
    Pdf(#[from] lopdf::Error),
    #[error("the base has {has} pages; there is no page {asked}")]
    NoPage { asked: u32, has: usize },
    #[error("the base's page has no usable /{0}")]
    Missing(&'static str),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Base {
    /// Takes over page `page` (from 1) of a PDF with all that it needs, renumbered.
    pub fn import<W: Write>(pdf: &[u8], page: u32, writer: &mut Writer<W>) -> Result<Self, BaseError> {
        let doc = Document::load_mem(pdf)?;
        let pages = doc.get_pages();
        let id = *pages.get(&page).ok_or(BaseError::NoPage { asked: page, has: pages.len() })?;
        let bbox = rectangle(&doc, inherited(&doc, id, b"CropBox").or_else(|| inherited(&doc, id, b"MediaBox")))?;
        let turns = match inherited(&doc, id, b"Rotate") {
            Some(Object::Integer(degrees)) => degrees.rem_euclid(360) / 90,
            _ => 0,
        };
        let mut import = Import { doc: &doc, writer, renumbered: BTreeMap::new(), waiting: Vec::new() };
        let resources = match inherited(&doc, id, b"Resources") {
            Some(object) => import.renumber(object),
            None => Object::Dictionary(Dictionary::new()),
        };
        let mut entries = Vec::new();
        entries.extend_from_slice(b"/Type/XObject/Subtype/Form/BBox[");
        bbox.iter().for_each(|&v| number::op(&mut entries, &[v], ""));
        entries.extend_from_slice(b"]/Matrix[");
        let (matrix, width_pt, height_pt) = upright(bbox, turns);
        number::op(&mut entries, &matrix, "");
        entries.extend_from_slice(b"]/Resources ");
        lopdf::Writer::write_object(&mut entries, &resources)?;
        if let Some(group) = doc.get_dictionary(id)?.get(b"Group").ok().map(|g| import.renumber(g)) {
            entries.extend_from_slice(b"/Group ");
            lopdf::Writer::write_object(&mut entries, &group)?;
        }
        import.all_waiting()?;
        let form = writer.alloc();
        writer.stream(form, &entries, &doc.get_page_content(id))?;
        Ok(Base { form, width_pt, height_pt })
    }

    /// A form that shows the base and, over it, further operators. `fonts` are the entries of its font dictionary.
    pub fn with<W: Write>(self, writer: &mut Writer<W>, fonts: &str, over: &[u8]) -> io::Result<Self> {
        let mut entries = b"/Type/XObject/Subtype/Form/BBox[0 0 ".to_vec();
        number::op(&mut entries, &[self.width_pt, self.height_pt], "");
        let resources = format!("]/Resources<</XObject<</B {} 0 R>>/Font<<{fonts}>>>>", self.form.get());
        entries.extend_from_slice(resources.as_bytes());
        let form = writer.alloc();
        writer.stream(form, &entries, &[b"/B Do\n", over].concat())?;
        Ok(Base { form, ..self })
    }

    /// What the pages made from this base need; there it is shown by `/S Do`.
    pub fn resources<W: Write>(&self, writer: &mut Writer<W>, fonts: &str) -> io::Result<Ref> {
        let id = writer.alloc();
        writer.small(id, format!("<</XObject<</S {} 0 R>>/Font<<{fonts}>>>>", self.form.get()).as_bytes())?;
        Ok(id)
    }
}

struct Import<'a, W: Write> {
    doc: &'a Document,
    writer: &'a mut Writer<W>,
    renumbered: BTreeMap<ObjectId, Ref>,
    waiting: Vec<ObjectId>,
}

impl<W: Write> Import<'_, W> {
    /// The object with every reference in it changed to this file's number for it.
    fn renumber(&mut self, object: &Object) -> Object {
        match object {
            Object::Reference(id) => {
                let to = match self.renumbered.get(id) {
                    Some(to) => *to,
                    None => {
                        let to = self.writer.alloc();
                        self.renumbered.insert(*id, to);
                        self.waiting.push(*id);
                        to
                    }
                };
                Object::Reference((to.get() as u32, 0))
            }
            Object::Array(items) => Object::Array(items.iter().map(|o| self.renumber(o)).collect()),
            Object::Dictionary(dict) => Object::Dictionary(self.renumber_all(dict)),
            other => other.clone(),
        }
    }

    fn renumber_all(&mut self, dict: &Dictionary) -> Dictionary {
        dict.iter().map(|(key, value)| (key.clone(), self.renumber(value))).collect()
    }

    fn all_waiting(&mut self) -> Result<(), BaseError> {
        while let Some(id) = self.waiting.pop() {
            let to = self.renumbered[&id];
            // A reference to nothing means null (7.3.10).
            match self.doc.get_object(id).unwrap_or(&Object::Null) {
                Object::Stream(stream) => {
                    let mut dict = self.renumber_all(&stream.dict);
                    dict.remove(b"Length");
                    let plain = !dict.has(b"Filter");
                    let mut entries = Vec::new();
                    for (key, value) in dict.iter() {
                        lopdf::Writer::write_object(&mut entries, &Object::Name(key.clone()))?;
                        entries.push(b' ');
                        lopdf::Writer::write_object(&mut entries, value)?;
                    }
                    if plain {
                        self.writer.stream(to, &entries, &stream.content)?;
                    } else {
                        self.writer.filtered(to, &entries, b"", &stream.content)?;
                    }
                }
                other => {
                    let mut body = Vec::new();
                    let renumbered = self.renumber(other);
                    lopdf::Writer::write_object(&mut body, &renumbered)?;
                    self.writer.small(to, &body)?;
                }
            }
        }
        Ok(())
    }
}

/// An attribute of a page, or of the nodes above it (7.7.3.4).
fn inherited<'d>(doc: &'d Document, page: ObjectId, key: &[u8]) -> Option<&'d Object> {
    const DEEPEST: usize = 64;
    let mut node = doc.get_dictionary(page).ok()?;
    for _ in 0..DEEPEST {
        if let Ok(value) = node.get(key) {
            return doc.dereference(value).ok().map(|(_, object)| object);
        }
        node = doc.get_dictionary(node.get(b"Parent").ok()?.as_reference().ok()?).ok()?;
    }
    None
}

fn rectangle(doc: &Document, found: Option<&Object>) -> Result<[f64; 4], BaseError> {
    let missing = || BaseError::Missing("MediaBox");
    let items = found.and_then(|o| o.as_array().ok()).ok_or_else(missing)?;
    let mut values = [0.0_f64; 4];
    if items.len() != 4 {
        return Err(missing());
    }
    for (value, item) in values.iter_mut().zip(items) {
        *value = doc.dereference(item)?.1.as_float().map_err(|_| missing())?.into();
    }
    let [a, b, c, d] = values;
    let ordered = [a.min(c), b.min(d), a.max(c), b.max(d)];
    if ordered[2] - ordered[0] > 1.0 && ordered[3] - ordered[1] > 1.0 { Ok(ordered) } else { Err(missing()) }
}

/// The matrix that brings the box to the origin, upright after `turns` quarter turns clockwise, and its size then.
fn upright([x0, y0, x1, y1]: [f64; 4], turns: i64) -> ([f64; 6], f64, f64) {
    let (w, h) = (x1 - x0, y1 - y0);
    match turns {
        1 => ([0.0, -1.0, 1.0, 0.0, -y0, x1], h, w),
        2 => ([-1.0, 0.0, 0.0, -1.0, x1, y1], w, h),
        3 => ([0.0, 1.0, -1.0, 0.0, y1, -x0], h, w),
        _ => ([1.0, 0.0, 0.0, 1.0, -x0, -y0], w, h),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_page_is_brought_upright() {
        for turns in 0..4 {
            let ([a, b, c, d, e, f], w, h) = upright([10.0, 20.0, 110.0, 220.0], turns);
            let at = |x: f64, y: f64| (a * x + c * y + e, b * x + d * y + f);
            let corners = [at(10.0, 20.0), at(110.0, 20.0), at(110.0, 220.0), at(10.0, 220.0)];
            for (x, y) in corners {
                assert!([0.0, w].contains(&x) && [0.0, h].contains(&y), "{turns}: {x}, {y}");
            }
            // The corner that was top left is, after a quarter turn clockwise, top right.
            let top_left = corners[3];
            assert_eq!(top_left, [(0.0, h), (w, h), (w, 0.0), (0.0, 0.0)][turns as usize]);
        }
    }
}
