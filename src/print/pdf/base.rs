//! A page of any PDF as a form (8.10): drawn once, written once, and shown on every page that is made from it.

use super::conformance::{Breaches, Conformance};
use super::writer::{Packed, Writer};
use super::{number, object};
use crate::contain::contain;
use crate::limits::Limits;
use lopdf::{Dictionary, Document, Object, ObjectId};
use pdf_writer::Ref;
use std::collections::{BTreeMap, BTreeSet};
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
    #[error("the PDF is damaged: it can't be read")]
    Unreadable,
    #[error("the base has {has} pages; there is no page {asked}")]
    NoPage { asked: u32, has: usize },
    #[error("the PDF is encrypted; one without a password is expected")]
    Encrypted,
    #[error("the base's page has no usable /{0}")]
    Missing(&'static str),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A page of a PDF, taken over with all that it needs: parsed and compressed once, written into any number of files.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What the form refers to; a reference in it is an index here.
    objects: Vec<Object>,
    /// Of the streams among them that were not compressed.
    packed: BTreeMap<usize, Packed>,
    resources: Object,
    group: Option<Object>,
    content: Packed,
    bbox: [f64; 4],
    matrix: [f64; 6],
    pub width_pt: f64,
    pub height_pt: f64,
}

impl Imported {
    /// Page `page` (from 1) of a PDF.
    pub fn page(pdf: &[u8], page: u32) -> Result<Self, BaseError> {
        Self::of(&Document::load_mem(pdf)?, page)
    }

    /// All pages of a PDF, which may be anybody's.
    pub fn pages(pdf: &[u8]) -> Result<Vec<Self>, BaseError> {
        contain(|| Self::all(pdf)).unwrap_or(Err(BaseError::Unreadable))
    }

    fn all(pdf: &[u8]) -> Result<Vec<Self>, BaseError> {
        let doc = Document::load_mem(pdf)?;
        if doc.is_encrypted() {
            return Err(BaseError::Encrypted);
        }
        let count = doc.get_pages().len() as u32;
        (1..=count).map(|page| Self::of(&doc, page)).collect()
    }

    fn of(doc: &Document, page: u32) -> Result<Self, BaseError> {
        let pages = doc.get_pages();
        let id = *pages.get(&page).ok_or(BaseError::NoPage { asked: page, has: pages.len() })?;
        let bbox = rectangle(doc, inherited(doc, id, b"CropBox").or_else(|| inherited(doc, id, b"MediaBox")))?;
        let turns = match inherited(doc, id, b"Rotate") {
            Some(Object::Integer(degrees)) => degrees.rem_euclid(360) / 90,
            _ => 0,
        };
        let mut found = Found::default();
        let resources = match inherited(doc, id, b"Resources") {
            Some(object) => found.renumber(object),
            None => Object::Dictionary(Dictionary::new()),
        };
        let group = doc.get_dictionary(id)?.get(b"Group").ok().map(|g| found.renumber(g));
        let mut objects = Vec::new();
        // What an object refers to is found while the list is walked.
        while let Some(&id) = found.order.get(objects.len()) {
            // A reference to nothing means null (7.3.10).
            let object = doc.get_object(id).unwrap_or(&Object::Null);
            objects.push(found.renumber(object));
        }
        let plain = |object: &Object| match object {
            Object::Stream(stream) if !stream.dict.has(b"Filter") => Some(Packed::new(&stream.content)),
            _ => None,
        };
        let packed = objects.iter().enumerate().filter_map(|(i, o)| Some((i, plain(o)?))).collect();
        let most = Limits::default().max_pdf_stream_bytes as usize;
        let content = Packed::new(&doc.get_page_content_with_limit(id, most)?);
        let (matrix, width_pt, height_pt) = upright(bbox, turns);
        Ok(Imported { objects, packed, resources, group, content, bbox, matrix, width_pt, height_pt })
    }

    /// What of it speaks against a conformance.
    pub fn breaches(&self, conformance: Conformance) -> BTreeSet<String> {
        let mut breaches = Breaches::new(conformance);
        let null = &Object::Null;
        let get = |object| match object {
            &Object::Reference((index, _)) => self.objects.get(index as usize).unwrap_or(null),
            other => other,
        };
        for object in self.objects.iter().chain([&self.resources]).chain(&self.group) {
            breaches.object(object, &get);
        }
        breaches.operators(&self.content.unpacked());
        breaches.found()
    }

    /// Writes it into a file as a form.
    pub fn write<W: Write>(&self, writer: &mut Writer<W>) -> io::Result<Base> {
        let first = writer.alloc_row(self.objects.len()).get();
        let target = &mut object::InARow(first.into());
        for (i, object) in self.objects.iter().enumerate() {
            let to = Ref::new(first + i as i32);
            let mut bytes = Vec::new();
            match object {
                Object::Stream(stream) => {
                    object::entries(&mut bytes, &stream.dict, &[b"Length"], target)?;
                    match self.packed.get(&i) {
                        Some(packed) => writer.filtered(to, &bytes, Packed::FILTER, packed.bytes())?,
                        None => writer.filtered(to, &bytes, b"", &stream.content)?,
                    }
                }
                other => {
                    object::write(&mut bytes, other, target)?;
                    writer.small(to, &bytes)?;
                }
            }
        }
        let mut entries = b"/Type/XObject/Subtype/Form/BBox[".to_vec();
        self.bbox.iter().for_each(|&v| number::op(&mut entries, &[v], ""));
        entries.extend_from_slice(b"]/Matrix[");
        number::op(&mut entries, &self.matrix, "");
        entries.extend_from_slice(b"]/Resources ");
        object::write(&mut entries, &self.resources, target)?;
        if let Some(group) = &self.group {
            entries.extend_from_slice(b"/Group ");
            object::write(&mut entries, group, target)?;
        }
        let form = writer.alloc();
        writer.filtered(form, &entries, Packed::FILTER, self.content.bytes())?;
        Ok(Base { form, width_pt: self.width_pt, height_pt: self.height_pt })
    }
}

impl Base {
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

/// The objects that were referred to, in the order that they were found.
#[derive(Default)]
struct Found {
    index: BTreeMap<ObjectId, u32>,
    order: Vec<ObjectId>,
}

impl Found {
    /// The object with every reference in it changed to its index.
    fn renumber(&mut self, object: &Object) -> Object {
        with_references(object, &mut |id| {
            *self.index.entry(id).or_insert_with(|| {
                self.order.push(id);
                self.order.len() as u32 - 1
            })
        })
    }
}

fn with_references(object: &Object, to: &mut impl FnMut(ObjectId) -> u32) -> Object {
    let all = |dict: &Dictionary, to: &mut _| -> Dictionary {
        dict.iter().map(|(key, value)| (key.clone(), with_references(value, to))).collect()
    };
    match object {
        Object::Reference(id) => Object::Reference((to(*id), 0)),
        Object::Array(items) => Object::Array(items.iter().map(|o| with_references(o, to)).collect()),
        Object::Dictionary(dict) => Object::Dictionary(all(dict, to)),
        Object::Stream(stream) => {
            let mut stream = stream.clone();
            stream.dict = all(&stream.dict, to);
            Object::Stream(stream)
        }
        other => other.clone(),
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
