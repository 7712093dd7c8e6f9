//! Objects of one document into the file, each once, when something that is written refers to it.

use super::pages::{INHERITED, SourcePage};
use crate::print::pdf::Writer;
use crate::print::pdf::object::{self, Target};
use lopdf::xref::{XrefEntry, XrefRecovery};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat};
use pdf_writer::Ref;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::io::{self, Write};

/// Of a page's entries: written anew, inherited, or about structures that a merged file does not have.
const NOT_OF_A_PAGE: [&[u8]; 10] = [
    b"Type",
    b"Parent",
    b"AA",
    b"B",
    b"StructParents",
    b"DPart",
    INHERITED[0],
    INHERITED[1],
    INHERITED[2],
    INHERITED[3],
];
/// What would act by itself, or reach out of the file (12.6.4).
const ACTING: [&[u8]; 8] =
    [b"JavaScript", b"Launch", b"SubmitForm", b"ImportData", b"Rendition", b"Sound", b"Movie", b"GoToE"];
/// Of which a merged file has its own.
const STRUCTURE: [&[u8]; 4] = [b"Catalog", b"Pages", b"Page", b"StructTreeRoot"];
/// A smaller stream hardly shrinks.
const WORTH_PACKING: usize = 64;

/// Fonts, pictures and profiles that several inputs have, by their SHA-256: written once.
pub type Shared = HashMap<[u8; 32], Ref>;
/// In bytes: less is not worth a place in [`Shared`].
const WORTH_SHARING: usize = 1024;

pub struct Copier<'d, 'w, W: Write> {
    pub doc: &'d Document,
    pub writer: &'w mut Writer<W>,
    shared: &'w mut Shared,
    /// None for what is left behind.
    numbers: HashMap<ObjectId, Option<Ref>>,
    waiting: VecDeque<ObjectId>,
    /// Of a dictionary, the entries that are written in place of its own under these keys.
    changed: HashMap<ObjectId, Changed>,
    /// Names of destinations, as they are called in the whole.
    pub destinations: HashMap<Vec<u8>, Vec<u8>>,
    unreadable: Option<ObjectId>,
    acting: bool,
    signed: bool,
}

#[derive(Default)]
pub struct Changed {
    pub but: Vec<&'static [u8]>,
    pub entries: Vec<u8>,
}

impl<'d, 'w, W: Write> Copier<'d, 'w, W> {
    pub fn new(doc: &'d Document, writer: &'w mut Writer<W>, shared: &'w mut Shared) -> Self {
        Copier {
            doc,
            writer,
            shared,
            numbers: HashMap::new(),
            waiting: VecDeque::new(),
            changed: HashMap::new(),
            destinations: HashMap::new(),
            unreadable: None,
            acting: false,
            signed: false,
        }
    }

    /// Numbers for all pages: links may lead to any of them. A page that is there twice is copied twice.
    pub fn take_pages(&mut self, pages: &[SourcePage]) -> Vec<Ref> {
        let first = self.writer.alloc_row(pages.len()).get();
        let numbers: Vec<Ref> = (first..).take(pages.len()).map(Ref::new).collect();
        for (page, &number) in pages.iter().zip(&numbers) {
            self.numbers.entry(page.id).or_insert(Some(number));
        }
        numbers
    }

    /// References to an object lead to this one.
    pub fn put_for(&mut self, id: ObjectId, number: Ref) {
        self.numbers.insert(id, Some(number));
    }

    pub fn change(&mut self, id: ObjectId, changed: Changed) {
        self.changed.insert(id, changed);
    }

    /// An object's bytes here.
    pub fn bytes(&mut self, object: &Object) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        object::write(&mut bytes, object, self)?;
        Ok(bytes)
    }

    /// A page, and what it needs.
    pub fn page(&mut self, page: &SourcePage, number: Ref) -> io::Result<()> {
        /// US Letter: what viewers take where the box is missing.
        const NO_BOX: &[u8] = b"/MediaBox[0 0 612 792]";
        let mut entries = Vec::new();
        object::entries(&mut entries, page.dict, &NOT_OF_A_PAGE, self)?;
        for (key, value) in INHERITED.iter().zip(page.inherited) {
            match value {
                Some(value) => {
                    entries.push(b'/');
                    entries.extend_from_slice(key);
                    entries.push(b' ');
                    object::write(&mut entries, value, self)?;
                }
                None if *key == b"MediaBox" => entries.extend_from_slice(NO_BOX),
                None if *key == b"Resources" => entries.extend_from_slice(b"/Resources<<>>"),
                None => {}
            }
        }
        self.writer.own_page(number, &entries)?;
        self.rest()
    }

    /// What was referred to and is not written yet.
    pub fn rest(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        while let Some(id) = self.waiting.pop_front() {
            let (Some(object), Some(&Some(number))) = (self.doc.objects.get(&id), self.numbers.get(&id)) else {
                continue;
            };
            bytes.clear();
            match object {
                Object::Stream(stream) => {
                    object::entries(&mut bytes, &stream.dict, &[b"Length"], self)?;
                    if stream.dict.has(b"Filter") || stream.content.len() < WORTH_PACKING {
                        self.writer.filtered(number, &bytes, b"", &stream.content)?;
                    } else {
                        self.writer.stream(number, &bytes, &stream.content)?;
                    }
                }
                Object::Dictionary(dict) if self.changed.contains_key(&id) => {
                    let changed = self.changed.remove(&id).unwrap_or_default();
                    bytes.extend_from_slice(b"<<");
                    object::entries(&mut bytes, dict, &changed.but, self)?;
                    bytes.extend_from_slice(&changed.entries);
                    bytes.extend_from_slice(b">>");
                    self.writer.small(number, &bytes)?;
                }
                other => {
                    object::write(&mut bytes, other, self)?;
                    self.writer.small(number, &bytes)?;
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, id: ObjectId) -> Ref {
        self.waiting.push_back(id);
        self.writer.alloc()
    }

    /// A stream's number: that of another input's, if it is the same to the last byte.
    fn stream(&mut self, id: ObjectId, stream: &Stream) -> Ref {
        if stream.content.len() < WORTH_SHARING {
            return self.take(id);
        }
        let mut alone = Alone(true);
        let mut entries = Vec::new();
        let written = object::entries(&mut entries, &stream.dict, &[b"Length"], &mut alone);
        if written.is_err() || !alone.0 {
            return self.take(id);
        }
        let hash = Sha256::new().chain_update(&entries).chain_update(&stream.content).finalize().into();
        if let Some(&number) = self.shared.get(&hash) {
            return number;
        }
        let number = self.take(id);
        self.shared.insert(hash, number);
        number
    }

    /// Says whether all was there, and what was left behind on the way.
    pub fn finish(self, notes: &mut Vec<String>) -> Result<(), String> {
        if let Some((number, _)) = self.unreadable {
            return Err(format!("damaged: object {number} can't be read"));
        }
        if self.acting {
            notes.push("what would act by itself (scripts, programs, forms to be sent) was left out".to_owned());
        }
        if self.signed {
            notes.push("its signature was left out: it is of another file".to_owned());
        }
        Ok(())
    }
}

impl<W: Write> Target for Copier<'_, '_, W> {
    fn number(&mut self, id: ObjectId) -> Option<i64> {
        let number = match self.numbers.get(&id) {
            Some(number) => *number,
            None => {
                let number = match self.doc.objects.get(&id) {
                    // A reference to nothing means null (7.3.10), unless the file says that something is there.
                    None => {
                        // In a file that was cut short, nobody can say.
                        if listed(self.doc, id) || self.doc.xref_recovery == Some(XrefRecovery::Reconstructed) {
                            self.unreadable.get_or_insert(id);
                        }
                        None
                    }
                    Some(object) if is_structure(object) => None,
                    Some(Object::Stream(stream)) => Some(self.stream(id, stream)),
                    Some(_) => Some(self.take(id)),
                };
                self.numbers.insert(id, number);
                number
            }
        };
        number.map(|n| n.get().into())
    }

    fn is_left_out(&mut self, dict: &Dictionary) -> bool {
        let acts = name(dict, b"S").is_some_and(|s| ACTING.contains(&s));
        let signs = dict.has(b"ByteRange") && dict.has(b"Contents");
        self.acting |= acts;
        self.signed |= signs;
        acts || signs
    }

    /// Destinations by name are called as they are in the whole.
    fn entry(&mut self, dict: &Dictionary, key: &[u8], value: &Object) -> Option<Object> {
        // Of an outline's entry: an element of the structure that stays behind.
        if key == b"SE" && dict.has(b"Title") {
            return Some(Object::Null);
        }
        let leads = key == b"Dest" || (key == b"D" && name(dict, b"S") == Some(b"GoTo"));
        let (true, Object::Name(old) | Object::String(old, _)) = (leads, value) else { return None };
        let new = self.destinations.get(old)?;
        Some(Object::String(new.clone(), StringFormat::Literal))
    }
}

/// Whether what is written refers to nothing else.
struct Alone(bool);

impl Target for Alone {
    fn number(&mut self, _id: ObjectId) -> Option<i64> {
        self.0 = false;
        None
    }
}

/// Whether the file says that an object is there.
fn listed(doc: &Document, (number, _): ObjectId) -> bool {
    matches!(doc.reference_table.get(number), Some(XrefEntry::Normal { .. } | XrefEntry::Compressed { .. }))
}

fn is_structure(object: &Object) -> bool {
    object.as_dict().ok().and_then(|dict| name(dict, b"Type")).is_some_and(|kind| STRUCTURE.contains(&kind))
}

fn name<'d>(dict: &'d Dictionary, key: &[u8]) -> Option<&'d [u8]> {
    dict.get(key).and_then(Object::as_name).ok()
}
