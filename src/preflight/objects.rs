//! A finished file's objects, read from the disk one by one: so a file of any length is checked in little memory.
//!
//! It reads what `print::pdf` writes, and refuses any other PDF: objects side by side, each ending where the next begins,
//! and one cross-reference stream after all of them.

use flate2::read::ZlibDecoder;
use hayro_syntax::object::{Dict, FromBytes};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// What is wrong, in Portuguese.
pub type Damage = String;

#[derive(Clone, Copy)]
enum Place {
    Free,
    At(u64),
    /// Object stream, and index in it.
    Within(u32, usize),
}

pub struct Objects {
    file: BufReader<File>,
    /// Where the next byte is read from.
    at: u64,
    places: Vec<Place>,
    /// Of the objects that are in no stream, ascending; the last are the cross-references.
    starts: Vec<u64>,
    pub root: u32,
    /// The object stream that was read last.
    unpacked: Option<(u32, Unpacked)>,
}

struct Unpacked {
    data: Vec<u8>,
    /// Number and offset of each object.
    index: Vec<(u32, usize)>,
}

/// Read from the disk at once.
const BUFFER: usize = 1 << 17;
/// No stream here is longer without its compression; cross-references of seven million objects are not.
const MOST_BYTES: u64 = 1 << 26;

impl Objects {
    pub fn open(path: &Path) -> Result<Self, Damage> {
        let file = File::open(path).map_err(|e| e.to_string())?;
        let length = file.metadata().map_err(|e| e.to_string())?.len();
        let file = BufReader::with_capacity(BUFFER, file);
        let mut objects = Objects { file, at: 0, places: vec![], starts: vec![], root: 0, unpacked: None };
        let cut = || "falta o fim do arquivo".to_owned();
        let tail = objects.read(length.saturating_sub(40), length)?;
        let said =
            tail.rsplit(|b| *b == b'x').next().and_then(|t| t.strip_prefix(b"ref\n")?.strip_suffix(b"\n%%EOF\n"));
        let start: u64 = said.and_then(|n| str::from_utf8(n).ok()?.parse().ok()).ok_or_else(cut)?;
        let end = length - (said.map_or(0, <[u8]>::len) + "startxref\n\n%%EOF\n".len()) as u64;
        let body = objects.read(start, end)?;
        objects.cross_references(&body).ok_or("o índice do arquivo está danificado")?;
        objects.starts.sort_unstable();
        Ok(objects)
    }

    fn cross_references(&mut self, body: &[u8]) -> Option<()> {
        const ROW: usize = 8;
        let (_, body) = body.split_at(body.iter().position(|b| *b == b'<')?);
        let (dict, data) = stream(body.strip_suffix(b"\nendobj\n")?)?;
        self.root = dict.get_ref("Root")?.obj_number;
        let data = inflate(data)?;
        let mut above = [0_u8; ROW];
        for row in data.chunks_exact(ROW + 1) {
            // Filter 2 (Up): each row less the one above.
            let (2, row) = row.split_first().map(|(filter, row)| (*filter, row))? else { return None };
            above.iter_mut().zip(row).for_each(|(a, r)| *a = a.wrapping_add(*r));
            let [kind, place @ .., high, low] = above;
            let place = place.iter().fold(0, |n, b| n << 8 | u64::from(*b));
            self.places.push(match kind {
                0 => Place::Free,
                1 => Place::At(place),
                _ => Place::Within(place as u32, usize::from(u16::from_be_bytes([high, low]))),
            });
        }
        let at = |place: &Place| if let Place::At(at) = place { Some(*at) } else { None };
        self.starts = self.places.iter().filter_map(at).collect();
        (dict.get::<i32>("Size")? as usize == self.places.len()).then_some(())
    }

    /// How many objects there are at most.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Where an object that is in no stream begins.
    pub fn place(&self, number: u32) -> Option<u64> {
        match self.places.get(number as usize) {
            Some(Place::At(at)) => Some(*at),
            _ => None,
        }
    }

    /// What stands between `obj` and `endobj`.
    pub fn body(&mut self, number: u32) -> Result<Vec<u8>, Damage> {
        let missing = || format!("o objeto {number} não está onde devia");
        match self.places.get(number as usize) {
            Some(&Place::At(at)) => {
                let next = self.starts.partition_point(|start| *start <= at);
                let end = *self.starts.get(next).ok_or_else(missing)?;
                let bytes = self.read(at, end)?;
                let head = format!("{number} 0 obj\n");
                let body =
                    bytes.strip_prefix(head.as_bytes()).and_then(|b| b.trim_ascii_end().strip_suffix(b"\nendobj"));
                Ok(body.ok_or_else(missing)?.to_vec())
            }
            Some(&Place::Within(stream, index)) => {
                let unpacked = self.unpacked(stream)?;
                let (found, from) = *unpacked.index.get(index).ok_or_else(missing)?;
                let to = unpacked.index.get(index + 1).map_or(unpacked.data.len(), |next| next.1);
                let body = unpacked.data.get(from..to).filter(|_| found == number).ok_or_else(missing)?;
                Ok(body.trim_ascii_end().to_vec())
            }
            Some(Place::Free) | None => Err(missing()),
        }
    }

    /// A stream's data as they were before they were compressed.
    pub fn content(&mut self, number: u32) -> Result<Vec<u8>, Damage> {
        let body = self.body(number)?;
        stream(&body).and_then(|(_, data)| inflate(data)).ok_or_else(|| format!("o objeto {number} está danificado"))
    }

    fn unpacked(&mut self, stream: u32) -> Result<&Unpacked, Damage> {
        if self.unpacked.as_ref().is_none_or(|(number, _)| *number != stream) {
            let unpacked = Unpacked::new(&self.body(stream)?);
            let unpacked = unpacked.ok_or_else(|| format!("o objeto {stream} está danificado"))?;
            self.unpacked = Some((stream, unpacked));
        }
        Ok(&self.unpacked.as_ref().expect("it was just read").1)
    }

    fn read(&mut self, from: u64, to: u64) -> Result<Vec<u8>, Damage> {
        let cut = |_| "falta uma parte do arquivo".to_owned();
        let length = to.checked_sub(from).filter(|n| *n <= MOST_BYTES).ok_or("o índice do arquivo está danificado")?;
        // What is near is in the buffer already.
        self.file.seek_relative(from as i64 - self.at as i64).map_err(cut)?;
        let mut bytes = vec![0; length as usize];
        self.at = to;
        self.file.read_exact(&mut bytes).map_err(cut)?;
        Ok(bytes)
    }
}

impl Unpacked {
    fn new(body: &[u8]) -> Option<Self> {
        let (dict, data) = stream(body)?;
        let data = inflate(data)?;
        let first = dict.get::<i32>("First")? as usize;
        let head = str::from_utf8(data.get(..first)?).ok()?;
        let mut numbers = head.split_ascii_whitespace().map(|n| n.parse::<u32>().ok());
        let mut index = Vec::new();
        while let Some(number) = numbers.next() {
            index.push((number?, first + numbers.next()?? as usize));
        }
        (index.len() == dict.get::<i32>("N")? as usize).then_some(Unpacked { data, index })
    }
}

/// The parts of a stream, whose length must be what its dictionary says.
fn stream(body: &[u8]) -> Option<(Dict<'_>, &[u8])> {
    let dict = Dict::from_bytes(body)?;
    let begins = memchr::memmem::find(body, b"stream\n")? + "stream\n".len();
    let data = body[begins..].strip_suffix(b"\nendstream")?;
    (dict.get::<i32>("Length")? as usize == data.len()).then_some((dict, data))
}

/// zlib's checksum is held against the data.
fn inflate(data: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    ZlibDecoder::new(data).take(MOST_BYTES).read_to_end(&mut out).ok()?;
    Some(out)
}
