//! A bomb in a PDF is found before hayro unpacks it: hayro inflates page contents, object streams and the
//! cross-reference stream without a bound.
//!
//! Streams can't lie inside object streams (ISO 32000-1, 7.5.7), so all of them stand in the file's plain bytes.

use super::super::error::PageError;
use super::filters::{self, expands_beyond};
use crate::limits::Limits;
use hayro_syntax::Filter;
use hayro_syntax::object::{Array, Stream};
use hayro_syntax::page::Page;
use memchr::memmem;
use std::ops::Range;

/// Looks through the bytes of a file, before it is parsed, for streams other than pictures that unpack beyond the
/// limit. `holes`, in order, are pictures whose bytes are not there.
pub fn check_file(file: &[u8], holes: &[Range<usize>], limits: &Limits) -> Result<(), PageError> {
    let limit = limits.max_pdf_stream_bytes;
    let bomb = || PageError::DecompressionBomb { format: "PDF", limit };
    let end_of = memmem::Finder::new(b"endstream");
    let mut done = 0;
    for at in between(file, holes)
        .flat_map(|part| memmem::find_iter(&file[part.clone()], b"stream").map(move |at| part.start + at))
    {
        if at < done {
            continue;
        }
        let Some(dict) = dictionary_before(file, at) else { continue };
        let start = at + b"stream".len();
        let skip = file[start..].iter().take(2).take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let data = &file[start + skip..];
        let is_picture = is_picture(dict);
        if is_picture && holes.binary_search_by_key(&(start + skip), |hole| hole.start).is_ok() {
            continue;
        }
        let length = end_of.find(data).unwrap_or(data.len());
        done = start + skip + length;
        // Pictures are bounded where they are decoded.
        if is_picture {
            continue;
        }
        let holds = |name: &[u8]| memmem::find(dict, name).is_some();
        let escaped = dict.contains(&b'#');
        let flate = holds(b"/Fl") || escaped;
        let lzw = holds(b"/LZW") || escaped;
        let expanding = [&b"/Fl"[..], b"/LZW", b"/RunLength", b"/RL"];
        let stages: usize = expanding.iter().map(|n| memmem::find_iter(dict, n).count()).sum();
        let data = &data[..length];
        let most = (length as u64).saturating_mul(if lzw { 4096 } else { 1032 });
        // A font's /Flags also begins with /Fl: two such names are no proof, so a small stream may have them.
        if stages > 1 && most.saturating_mul(1032) > limit && twice(data, limit) {
            return Err(bomb());
        }
        if most > limit
            && (flate && expands_beyond(data, Filter::FlateDecode, limit)
                || lzw && expands_beyond(data, Filter::LzwDecode, limit))
        {
            return Err(bomb());
        }
    }
    Ok(())
}

/// The parts of a file that are between holes.
pub fn between(file: &[u8], holes: &[Range<usize>]) -> impl Iterator<Item = Range<usize>> {
    let starts = std::iter::once(0).chain(holes.iter().map(|hole| hole.end));
    let ends = holes.iter().map(|hole| hole.start).chain([file.len()]);
    starts.zip(ends).map(|(from, to)| from..to)
}

/// Whether data packed by Flate twice unpack beyond the limit.
fn twice(data: &[u8], limit: u64) -> bool {
    use std::io::Read;
    let mut once = Vec::new();
    let _ = flate2::read::ZlibDecoder::new(data).take(limit).read_to_end(&mut once);
    !once.is_empty() && expands_beyond(&once, Filter::FlateDecode, limit)
}

/// Whether a stream's dictionary is that of a picture. Escaped names could hide anything.
pub fn is_picture(dict: &[u8]) -> bool {
    let holds = |name: &[u8]| memmem::find(dict, name).is_some();
    holds(b"/Image") && !holds(b"ObjStm") && !holds(b"XRef") && !dict.contains(&b'#')
}

/// The text between the last `obj` and the keyword at `at`, if that looks like a stream's dictionary.
pub fn dictionary_before(file: &[u8], at: usize) -> Option<&[u8]> {
    let before = &file[at.saturating_sub(8192)..at];
    let trimmed = before.trim_ascii_end();
    let start = memmem::rfind(trimmed, b"obj").map_or(0, |i| i + 3);
    trimmed.ends_with(b">>").then(|| &trimmed[start..])
}

/// The content streams of one page; an encrypted file could hide them from [`check_file`], and an array may name one
/// stream a thousand times.
pub fn check_contents(page: &Page<'_>, limits: &Limits) -> Result<(), PageError> {
    let limit = limits.max_pdf_stream_bytes;
    let dict = page.raw();
    let streams: Vec<Stream<'_>> = match dict.get::<Stream<'_>>("Contents") {
        Some(stream) => vec![stream],
        None => dict.get::<Array<'_>>("Contents").map(|a| a.iter::<Stream<'_>>().collect()).unwrap_or_default(),
    };
    let mut total = 0u64;
    for stream in &streams {
        let data = stream.raw_data();
        let chain = filters::filters(stream);
        let expanding = chain.iter().filter(|(f, _)| !matches!(f, Filter::AsciiHexDecode | Filter::Crypt)).count();
        let most = (data.len() as u64).saturating_mul(4096u64.saturating_pow(expanding as u32));
        total = total.saturating_add(match chain.as_slice() {
            _ if most <= limit / 64 => most,
            [] => data.len() as u64,
            chain => {
                let cap = usize::try_from(limit.saturating_add(1)).unwrap_or(usize::MAX);
                filters::decode(data, chain, cap, cap)?.map_or(0, |d| d.len() as u64)
            }
        });
        if total > limit {
            return Err(PageError::DecompressionBomb { format: "PDF", limit });
        }
    }
    Ok(())
}
