//! Objects to bytes, as they come: streams at once, small dictionaries gathered into object streams (7.5.7), and at the
//! end a cross-reference stream (7.5.8).

use super::conformance::Conformance;
use super::metadata::{self, About};
use super::pages::Tree;
use super::{intent, number};
use flate2::read::ZlibDecoder;
use libdeflater::{CompressionLvl, Compressor};
use pdf_writer::{Chunk, Ref};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::io::{self, Read, Write};

/// Small objects in one object stream.
const OBJECTS_PER_STREAM: usize = 200;
/// How hard a stream is compressed, as libdeflate counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// 6: pages of sheets of 900 bytes.
    #[default]
    Usual,
    /// 1: a tenth larger, in half the time.
    Quick,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    pub bytes: u64,
    pub pages: usize,
    pub sha256: [u8; 32],
}

/// Where an object lies.
#[derive(Clone, Copy, Debug)]
enum Place {
    Free,
    At(u64),
    /// Object stream, and index in it.
    Within(u32, u16),
}

pub struct Writer<W: Write> {
    out: W,
    at: u64,
    hash: Sha256,
    places: Vec<Place>,
    small: Vec<u8>,
    /// Number and offset within `small`.
    small_index: Vec<(i32, usize)>,
    deflate: Deflate,
    line: Vec<u8>,
    pub(super) conformance: Conformance,
    pub(super) tree: Tree,
}

impl<W: Write> Writer<W> {
    pub fn new(out: W, conformance: Conformance) -> io::Result<Self> {
        let mut writer = Writer {
            out,
            at: 0,
            hash: Sha256::new(),
            places: vec![Place::Free],
            small: Vec::new(),
            small_index: Vec::new(),
            deflate: Deflate::default(),
            line: Vec::new(),
            conformance,
            tree: Tree::default(),
        };
        writer.put(conformance.header())?;
        Ok(writer)
    }

    /// Written so far.
    pub fn bytes(&self) -> u64 {
        self.at
    }

    /// A number for an object that will be written later, or now.
    pub fn alloc(&mut self) -> Ref {
        self.places.push(Place::Free);
        Ref::new(self.places.len() as i32 - 1)
    }

    /// Numbers for so many objects, in a row: the first of them.
    pub fn alloc_row(&mut self, count: usize) -> Ref {
        let first = Ref::new(self.places.len() as i32);
        self.places.resize(self.places.len() + count, Place::Free);
        first
    }

    /// One object that pdf-writer has laid out.
    pub fn chunk(&mut self, chunk: &Chunk) -> io::Result<()> {
        for id in chunk.refs() {
            self.places[id.get() as usize] = Place::At(self.at);
        }
        debug_assert_eq!(chunk.refs().len(), 1, "the others would have no place");
        self.put(chunk.as_bytes())
    }

    /// A stream, compressed here. `entries` are its dictionary's but for length and filter.
    pub fn stream(&mut self, id: Ref, entries: &[u8], data: &[u8]) -> io::Result<()> {
        self.compressed(id, entries, data, Effort::Usual)
    }

    pub fn compressed(&mut self, id: Ref, entries: &[u8], data: &[u8], effort: Effort) -> io::Result<()> {
        let mut deflate = std::mem::take(&mut self.deflate);
        let result = self.filtered(id, entries, Packed::FILTER, deflate.run(data, effort));
        self.deflate = deflate;
        result
    }

    /// A stream whose data are already as its dictionary says.
    pub fn filtered(&mut self, id: Ref, entries: &[u8], filter: &[u8], data: &[u8]) -> io::Result<()> {
        self.places[id.get() as usize] = Place::At(self.at);
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        number::int(&mut line, i64::from(id.get()));
        // PDF/A wants the line to end here.
        line.extend_from_slice(b" 0 obj\n<<");
        line.extend_from_slice(entries);
        line.extend_from_slice(filter);
        line.extend_from_slice(b"/Length ");
        number::int(&mut line, data.len() as i64);
        line.extend_from_slice(b">>stream\n");
        self.put(&line)?;
        self.line = line;
        self.put(data)?;
        self.put(b"\nendstream\nendobj\n")
    }

    /// A small object that is no stream.
    pub fn small(&mut self, id: Ref, body: &[u8]) -> io::Result<()> {
        self.small_index.push((id.get(), self.small.len()));
        self.small.extend_from_slice(body);
        self.small.push(b'\n');
        if self.small_index.len() == OBJECTS_PER_STREAM { self.flush_small() } else { Ok(()) }
    }

    fn flush_small(&mut self) -> io::Result<()> {
        if self.small_index.is_empty() {
            return Ok(());
        }
        let id = self.alloc();
        let mut data = Vec::with_capacity(self.small.len() + 12 * self.small_index.len());
        for (i, &(number, offset)) in self.small_index.iter().enumerate() {
            self.places[number as usize] = Place::Within(id.get() as u32, i as u16);
            number::int(&mut data, i64::from(number));
            data.push(b' ');
            number::int(&mut data, offset as i64);
            data.push(b' ');
        }
        let entries = format!("/Type/ObjStm/N {}/First {}", self.small_index.len(), data.len());
        data.append(&mut self.small);
        self.small_index.clear();
        self.stream(id, entries.as_bytes(), &data)
    }

    /// Writes what is left: page tree, catalog, information and cross-references.
    pub fn finish(mut self, about: &About) -> io::Result<(W, Finished)> {
        let pages = self.tree.pages();
        let root = self.close_tree()?;
        let (catalog, info) = (self.alloc(), self.alloc());
        // A sheet that a printer scales has its bubbles in other places: registration mends that, but why invite it.
        let mut body = format!(
            "<</Type/Catalog/Pages {} 0 R/ViewerPreferences<</PrintScaling/None/DisplayDocTitle true>>",
            root.get()
        )
        .into_bytes();
        if let Some(intent) = intent::write(self.conformance, &mut self)? {
            body.extend_from_slice(format!("/OutputIntents[{} 0 R]", intent.get()).as_bytes());
        }
        if let Some(packet) = metadata::xmp(self.conformance, about, &self.name()) {
            let id = self.alloc();
            self.filtered(id, b"/Type/Metadata/Subtype/XML", b"", packet.as_bytes())?;
            body.extend_from_slice(format!("/Metadata {} 0 R", id.get()).as_bytes());
        }
        body.extend_from_slice(about.catalog);
        body.extend_from_slice(b">>");
        self.small(catalog, &body)?;
        self.small(info, &metadata::information(self.conformance, about))?;
        self.flush_small()?;
        self.cross_references(catalog, info)?;
        self.out.flush()?;
        let finished = Finished { bytes: self.at, pages, sha256: self.hash.finalize().into() };
        Ok((self.out, finished))
    }

    /// The file's name is its content so far: 32 hexadecimal digits.
    fn name(&self) -> String {
        let digest = self.hash.clone().finalize();
        digest[..16].iter().map(|b| format!("{b:02X}")).collect()
    }

    fn cross_references(&mut self, catalog: Ref, info: Ref) -> io::Result<()> {
        let id = self.alloc();
        let start = self.at;
        self.places[id.get() as usize] = Place::At(start);
        // Rows of type, place and index, each row less the one above (PNG's filter 2, Up): neighbours hardly differ.
        const ROW: usize = 8;
        let mut data = Vec::with_capacity(self.places.len() * (ROW + 1));
        let mut above = [0; ROW];
        for place in &self.places {
            let (kind, at, index) = match *place {
                Place::Free => (0, 0, 0),
                Place::At(offset) => (1, offset, 0),
                Place::Within(stream, index) => (2, u64::from(stream), index),
            };
            let mut row = [kind; ROW];
            row[1..6].copy_from_slice(&at.to_be_bytes()[3..]);
            row[6..].copy_from_slice(&index.to_be_bytes());
            data.push(2);
            data.extend((0..ROW).map(|i| row[i].wrapping_sub(above[i])));
            above = row;
        }
        let name = self.name();
        let entries = format!(
            "/Type/XRef/Size {}/W[1 5 2]/Root {} 0 R/Info {} 0 R/ID[<{name}><{name}>]\
             /DecodeParms<</Predictor 12/Columns {ROW}>>",
            self.places.len(),
            catalog.get(),
            info.get()
        );
        self.stream(id, entries.as_bytes(), &data)?;
        self.put(format!("startxref\n{start}\n%%EOF\n").as_bytes())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// A stream's data, compressed once for all the files that it goes into.
#[derive(Clone, Debug)]
pub struct Packed(std::sync::Arc<[u8]>);

impl Packed {
    /// What its dictionary says of it.
    pub const FILTER: &[u8] = b"/Filter/FlateDecode";

    pub fn new(data: &[u8]) -> Self {
        // A compressor's tables take longer to make than a form to compress.
        thread_local!(static DEFLATE: RefCell<Deflate> = RefCell::default());
        DEFLATE.with_borrow_mut(|deflate| Packed(deflate.run(data, Effort::Usual).into()))
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn unpacked(&self) -> Vec<u8> {
        let mut data = Vec::new();
        let read = ZlibDecoder::new(&*self.0).read_to_end(&mut data);
        read.expect("it was packed here");
        data
    }
}

/// Compressors with their output kept for the next time.
#[derive(Default)]
struct Deflate {
    usual: Option<Compressor>,
    quick: Option<Compressor>,
    out: Vec<u8>,
}

impl Deflate {
    fn run(&mut self, data: &[u8], effort: Effort) -> &[u8] {
        let (compressor, level) = match effort {
            Effort::Usual => (&mut self.usual, 6),
            Effort::Quick => (&mut self.quick, 1),
        };
        let compressor =
            compressor.get_or_insert_with(|| Compressor::new(CompressionLvl::new(level).unwrap_or_default()));
        let bound = compressor.zlib_compress_bound(data.len());
        if self.out.len() < bound {
            self.out.resize(bound, 0);
        }
        let n = compressor.zlib_compress(data, &mut self.out).expect("the bound is always enough");
        &self.out[..n]
    }
}
