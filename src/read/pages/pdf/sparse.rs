//! A large PDF without the data of its pictures, which are read from the disk for a few pages at a time: a school's
//! scans in one file may be larger than the memory that reading them should take.
//!
//! All bytes keep their places, and those of pictures are zeros that were never touched, which take no memory (where
//! the system does not hand out huge pages for them: then no more than the whole file would).

use super::super::error::PageError;
use super::guard::{self, dictionary_before, is_picture};
use hayro_syntax::object::{Array, Dict, MaybeRef, Object, ObjectIdentifier, Stream};
use hayro_syntax::page::Page;
use memchr::memmem;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Files from this size on are worth it.
pub const LARGE: u64 = 48 << 20;

const BLOCK: u64 = 1 << 20;
/// After a picture that was passed over: the next one's dictionary is near.
const FIRST_BLOCK: u64 = 1 << 14;
/// How far before a stream its dictionary is looked for.
const LOOKBACK: usize = 8192;
/// Objects that a page may lead to.
const MOST_OBJECTS: usize = 10_000;

pub struct Sparse {
    path: PathBuf,
    state: (u64, Option<SystemTime>),
    /// The file, zero where a picture is.
    pub bytes: Arc<Vec<u8>>,
    holes: Vec<Range<usize>>,
}

/// Which of the pictures a page needs.
pub type Pictures = BTreeSet<usize>;

impl Sparse {
    pub fn load(path: &Path, max_bytes: u64) -> Result<Self, PageError> {
        let mut file = File::open(path).map_err(|e| PageError::io(&e))?;
        let state = state(&file)?;
        if state.0 > max_bytes {
            return Err(PageError::FileTooLarge { bytes: state.0, limit: max_bytes });
        }
        let mut bytes = vec![0; state.0 as usize];
        let holes = copy(&mut file, &mut bytes).map_err(|e| PageError::io(&e))?;
        Ok(Sparse { path: path.to_owned(), state, bytes: Arc::new(bytes), holes })
    }

    /// Pictures of an encrypted file can't be told from where their data are.
    pub fn is_encrypted(&self) -> bool {
        self.between().any(|part| memmem::find(&self.bytes[part], b"/Encrypt").is_some())
    }

    /// Where the pictures are, in order.
    pub fn holes(&self) -> &[Range<usize>] {
        &self.holes
    }

    fn between(&self) -> impl Iterator<Item = Range<usize>> {
        guard::between(&self.bytes, &self.holes)
    }

    pub fn size_of(&self, pictures: &Pictures) -> usize {
        pictures.iter().map(|&i| self.holes[i].len()).sum()
    }

    pub fn size_of_all(&self) -> usize {
        self.holes.iter().map(Range::len).sum()
    }

    /// The file, as it was when it was loaded.
    fn file(&self) -> Result<File, PageError> {
        let file = File::open(&self.path).map_err(|e| PageError::io(&e))?;
        match state(&file)? == self.state {
            true => Ok(file),
            false => Err(PageError::Unreadable("it was changed while it was read".to_owned())),
        }
    }

    /// The data of one picture. None where they can't be told from where the parser sees them.
    pub fn data(&self, picture: &Stream<'_>) -> Result<Option<Vec<u8>>, PageError> {
        let io = |e: std::io::Error| PageError::io(&e);
        let Some(range) = self.range(picture) else { return Ok(None) };
        let mut file = self.file()?;
        let mut data = vec![0; range.len()];
        file.seek(SeekFrom::Start(range.start as u64)).map_err(io)?;
        file.read_exact(&mut data).map_err(io)?;
        Ok(Some(data))
    }

    /// The file with these of its pictures.
    pub fn with(&self, pictures: &Pictures) -> Result<Vec<u8>, PageError> {
        let io = |e: std::io::Error| PageError::io(&e);
        let mut file = self.file()?;
        let mut bytes = vec![0; self.bytes.len()];
        for part in self.between() {
            bytes[part.clone()].copy_from_slice(&self.bytes[part]);
        }
        for hole in pictures.iter().map(|&i| self.holes[i].clone()) {
            file.seek(SeekFrom::Start(hole.start as u64)).map_err(io)?;
            file.read_exact(&mut bytes[hole]).map_err(io)?;
        }
        Ok(bytes)
    }

    /// The pictures that a page leads to, whether it shows them or not. None where that is not worth finding out.
    pub fn pictures(&self, page: &Page<'_>) -> Option<Pictures> {
        let mut found = Pictures::new();
        let mut seen: HashSet<ObjectIdentifier> = HashSet::new();
        let mut todo: Vec<Dict<'_>> = vec![page.raw().clone()];
        // Resources are inherited.
        let mut above = page.raw().get::<Dict<'_>>("Parent");
        while let Some(parent) = above.filter(|_| todo.len() < 64) {
            todo.extend(parent.get::<Dict<'_>>("Resources"));
            above = parent.get("Parent");
        }
        let mut objects: Vec<MaybeRef<Object<'_>>> = todo.iter().flat_map(children).collect();
        while let Some(object) = objects.pop() {
            let object = match object {
                MaybeRef::NotRef(object) => object,
                MaybeRef::Ref(reference) => {
                    let id = ObjectIdentifier::from(reference);
                    if !seen.insert(id) {
                        continue;
                    }
                    if seen.len() > MOST_OBJECTS {
                        return None;
                    }
                    let Some(object) = page.xref().get::<Object<'_>>(id) else { continue };
                    object
                }
            };
            match object {
                Object::Dict(dict) => objects.extend(children(&dict)),
                Object::Array(array) => objects.extend(elements(&array)),
                Object::Stream(stream) => {
                    found.extend(self.hole(&stream));
                    objects.extend(children(stream.dict()));
                }
                _ => {}
            }
        }
        Some(found)
    }

    /// Where a stream's data are in the file.
    fn range(&self, stream: &Stream<'_>) -> Option<Range<usize>> {
        let Cow::Borrowed(data) = stream.raw_data() else { return None };
        let start = (data.as_ptr() as usize).checked_sub(self.bytes.as_ptr() as usize)?;
        Some(start..start + data.len()).filter(|range| range.end <= self.bytes.len())
    }

    fn hole(&self, stream: &Stream<'_>) -> Option<usize> {
        let Range { start: at, end } = self.range(stream)?;
        // An empty line may stand between the keyword and where one parser or the other sees the data begin.
        let near = self.holes.partition_point(|h| h.end <= at);
        self.holes.get(near).filter(|h| h.start < end.max(at + 1)).map(|_| near)
    }
}

/// What a dictionary holds, but for the way to other pages.
fn children<'a>(dict: &Dict<'a>) -> Vec<MaybeRef<Object<'a>>> {
    let kind = dict.get::<hayro_syntax::object::Name<'_>>("Type");
    let tree = kind.as_ref().is_some_and(|k| matches!(k.as_ref(), b"Pages" | b"Catalog"));
    let up = |key: &[u8]| matches!(key, b"Parent" | b"P" | b"Dest" | b"A" | b"AA" | b"B" | b"StructParent");
    let entries = dict.entries().filter(|(key, _)| !tree && !up(key.as_ref()));
    entries.map(|(_, value)| value).collect()
}

fn elements<'a>(array: &Array<'a>) -> Vec<MaybeRef<Object<'a>>> {
    array.raw_iter().collect()
}

fn state(file: &File) -> Result<(u64, Option<SystemTime>), PageError> {
    let metadata = file.metadata().map_err(|e| PageError::io(&e))?;
    Ok((metadata.len(), metadata.modified().ok()))
}

/// The length of a stream, where its dictionary says it and does not name an object that does.
fn length(dict: &[u8]) -> Option<usize> {
    let said = dict[memmem::rfind(dict, b"/Length")? + b"/Length".len()..].trim_ascii_start();
    let (digits, after) = said.split_at(said.iter().take_while(|b| b.is_ascii_digit()).count());
    let is_reference = after.trim_ascii_start().first().is_some_and(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok()?.parse().ok().filter(|_| !is_reference)
}

/// Whether a stream ends at this place of the file; what is there, so as not to read it once more.
fn ends_at(file: &mut (impl Read + Seek), at: usize, size: usize) -> std::io::Result<Option<Vec<u8>>> {
    let mut there = Vec::new();
    file.seek(SeekFrom::Start(at as u64))?;
    file.by_ref().take(FIRST_BLOCK.min((size - at) as u64)).read_to_end(&mut there)?;
    let line = there.iter().take(2).take_while(|b| matches!(b, b'\r' | b'\n')).count();
    Ok(there[line..].starts_with(b"endstream").then_some(there))
}

/// Copies all but the data of pictures to where it belongs in `out`, which has the file's size. Gives where they are. Data
/// that end where their dictionary says are not read.
fn copy(file: &mut (impl Read + Seek), out: &mut [u8]) -> std::io::Result<Vec<Range<usize>>> {
    const KEYWORD: usize = b"endstream".len();
    let (size, mut block) = (out.len(), BLOCK);
    let mut holes = Vec::new();
    // `buffer` is the file from `start` on; before `done`, all is copied or in a hole.
    let (mut buffer, mut start, mut done) = (Vec::new(), 0, 0);
    let mut picture: Option<usize> = None;
    'blocks: loop {
        let room = (size - start - buffer.len()) as u64;
        let last = file.by_ref().take(block.min(room)).read_to_end(&mut buffer)? == 0;
        block = BLOCK.min(4 * block);
        let mut place = |from: usize, to: usize, buffer: &[u8]| {
            out[start + from..start + to].copy_from_slice(&buffer[from..to]);
        };
        // What may be the beginning of a keyword waits for the next block.
        let sure = if last { buffer.len() } else { buffer.len().saturating_sub(KEYWORD).max(done) };
        while done < sure {
            if let Some(begin) = picture {
                let end = memmem::find(&buffer[done..], b"endstream").map(|i| done + i);
                if let Some(end) = end {
                    holes.push(begin..start + end);
                    picture = None;
                }
                done = end.unwrap_or(sure);
                continue;
            }
            let Some(at) = memmem::find(&buffer[done..sure], b"stream").map(|i| done + i) else {
                place(done, sure, &buffer);
                done = sure;
                break;
            };
            let data = at + b"stream".len();
            let data = data + buffer[data..].iter().take(2).take_while(|b| matches!(b, b'\r' | b'\n')).count();
            place(done, data, &buffer);
            done = data;
            let Some(dict) = dictionary_before(&buffer, at).filter(|d| is_picture(d)) else { continue };
            picture = Some(start + data);
            let said = length(dict).and_then(|length| (start + data).checked_add(length));
            let read = start + buffer.len();
            if let Some(end) = said.filter(|end| (read..size).contains(end)) {
                if let Some(there) = ends_at(file, end, size)? {
                    holes.push(start + data..end);
                    (picture, buffer, start, done, block) = (None, there, end, 0, FIRST_BLOCK);
                    continue 'blocks;
                }
                file.seek(SeekFrom::Start(read as u64))?;
            }
        }
        if last {
            holes.extend(picture.map(|begin| begin..size));
            return Ok(holes);
        }
        let passed = done.saturating_sub(LOOKBACK);
        buffer.drain(..passed);
        (start, done) = (start + passed, done - passed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_are_left_out_wherever_a_block_ends() {
        let data = |n: usize| (0..n).map(|i| b"endstrea\nstream obj"[i % 19]).collect::<Vec<u8>>();
        let of_length = |n: usize, said: &str| {
            let dict = format!("7 0 obj\n<</Subtype/Image/Length {said}>>\nstream\r\n");
            [dict.as_bytes(), &data(n), b"\nendstream\nendobj\n"].concat()
        };
        let text = b"8 0 obj\n<</Length 20>>\nstream\n0 g BT (stream) Tj ET \nendstream\nendobj\n".to_vec();
        for size in [0, 1, 500, (1 << 20) - 60, (1 << 20) - 52, 1 << 20, 3 << 20] {
            // Lengths that are right, wrong, beyond the file, and said elsewhere.
            for said in [size.to_string(), "9".to_owned(), "99999999".to_owned(), format!("{size} 0 R")] {
                let picture = of_length(size, &said);
                let file = [&text[..], &picture, &text, &of_length(40, "40"), &picture, &text].concat();
                let mut out = vec![0; file.len()];
                let holes = copy(&mut std::io::Cursor::new(&file), &mut out).unwrap();
                let found: Vec<usize> = holes.iter().map(Range::len).collect();
                let passed = |n: &usize| [size, size + 1].contains(n);
                assert!(found.len() == 3 && passed(&found[0]) && passed(&found[2]), "{size}: {said}: {found:?}");
                for (i, (&copied, &byte)) in out.iter().zip(&file).enumerate() {
                    let left_out = holes.iter().any(|h| h.contains(&i));
                    assert_eq!(copied, if left_out { 0 } else { byte }, "{size}: {said}: at {i}");
                }
            }
        }
        // The end is missing.
        for said in ["3000", "1900"] {
            let file = &of_length(3000, said)[..2000];
            let mut out = vec![0; file.len()];
            assert_eq!(copy(&mut std::io::Cursor::new(file), &mut out).unwrap().last().unwrap().end, 2000);
        }
    }
}
