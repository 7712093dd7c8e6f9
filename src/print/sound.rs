//! Is a file a sound PDF 1.7 (ISO 32000-1)? Nothing is mended on the way: what another reader would have to guess is a
//! fault.

use super::merge::pages::{INHERITED, SourcePage, walk};
use super::merge::source::{get, get_array};
use crate::contain::contain;
use crate::json::{Fault, Faults};
use crate::limits::Limits;
use flate2::read::ZlibDecoder;
use lopdf::content::Content;
use lopdf::xref::XrefEntry;
use lopdf::{Document, Error, LoadOptions, Object, Stream};
use memchr::memmem;
use std::io::{self, Read};

/// More are not told.
const MOST_FAULTS: usize = 20;

/// Everything that is wrong with the file. Of one that can't be opened, why.
pub fn faults(bytes: &[u8], limits: &Limits) -> Vec<Fault> {
    let mut faults = Faults::default();
    match contain(|| open(bytes, limits)) {
        Ok(Ok(doc)) => {
            version(&doc, &mut faults);
            objects(&doc, limits, &mut faults);
            pages(&doc, limits, &mut faults);
        }
        Ok(Err(message)) => faults.add("", message),
        Err(_) => faults.add("", "damaged: it can't be read"),
    }
    faults.0.truncate(MOST_FAULTS);
    faults.0
}

fn open(bytes: &[u8], limits: &Limits) -> Result<Document, String> {
    // 7.5.2: the header is the file's first line.
    if !bytes.starts_with(b"%PDF-") {
        return Err("no PDF: %PDF- is expected at its begin (7.5.2)".to_owned());
    }
    let max_decompressed_size = Some(limits.max_pdf_stream_bytes as usize);
    let options = LoadOptions { strict: true, max_decompressed_size, ..LoadOptions::default() };
    match Document::load_mem_with_options(bytes, options) {
        Ok(doc) if doc.was_encrypted() || doc.trailer.has(b"Encrypt") => {
            Err("encrypted: it can't be looked into".into())
        }
        Ok(doc) if doc.xref_recovery.is_some() => Err("its cross-reference table is damaged (7.5.4)".to_owned()),
        Ok(doc) => Ok(doc),
        Err(Error::InvalidPassword | Error::Decryption(_)) => Err("encrypted: it can't be looked into".to_owned()),
        Err(Error::Xref(e)) => Err(format!("its cross-reference table is damaged (7.5.4): {e}")),
        Err(e) => Err(format!("damaged: {e}")),
    }
}

/// 7.5.2: the header's version, or a later one in the catalog.
fn version(doc: &Document, faults: &mut Faults) {
    let catalog = doc.catalog().and_then(|c| c.get(b"Version")).and_then(Object::as_name);
    let stated = [Some(doc.version.as_bytes()), catalog.ok()];
    for version in stated.into_iter().flatten() {
        if !matches!(version, [b'1', b'.', b'0'..=b'7']) {
            faults.add("", format!("version {}; 1.0 to 1.7 are expected", String::from_utf8_lossy(version)));
        }
    }
}

/// Every object that the cross-reference table promises is there, and every stream is what its filter says.
fn objects(doc: &Document, limits: &Limits, faults: &mut Faults) {
    for (number, entry) in &doc.reference_table.entries {
        let id = match entry {
            XrefEntry::Normal { generation, .. } => (*number, *generation),
            XrefEntry::Compressed { .. } => (*number, 0),
            _ => continue,
        };
        if !doc.objects.contains_key(&id) {
            faults.add(format!("object {number}"), "it is not where the cross-reference table says");
        }
    }
    for ((number, _), object) in &doc.objects {
        if let Object::Stream(stream) = object
            && let Err(message) = inflates(stream, limits)
        {
            faults.add(format!("object {number}"), message);
        }
    }
}

/// Most streams are deflated, and a checksum says whether what comes out is what went in.
fn inflates(stream: &Stream, limits: &Limits) -> Result<(), String> {
    let filter = stream.dict.get(b"Filter").ok();
    let first = filter.and_then(|f| f.as_array().ok().and_then(|a| a.first()).or(Some(f)));
    if first.and_then(|f| f.as_name().ok()) != Some(b"FlateDecode") {
        return Ok(());
    }
    let picture = stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|s| s == b"Image");
    let most = if picture { limits.max_picture_bytes() } else { limits.max_pdf_stream_bytes };
    let mut inflated = ZlibDecoder::new(stream.content.as_slice()).take(most + 1);
    match io::copy(&mut inflated, &mut io::sink()) {
        Ok(bytes) if bytes > most => Err(format!("a stream of more than {} MiB", most >> 20)),
        Ok(_) => Ok(()),
        Err(_) => Err("a stream that can't be decompressed".to_owned()),
    }
}

fn pages(doc: &Document, limits: &Limits, faults: &mut Faults) {
    let pages = match walk(doc, limits) {
        Ok(pages) => pages,
        Err(message) => return faults.add("", message),
    };
    let root = doc.catalog().ok().and_then(|c| get(doc, c, b"Pages")).and_then(|p| p.as_dict().ok());
    let count = root.and_then(|r| get(doc, r, b"Count")).and_then(|c| c.as_i64().ok());
    if count != i64::try_from(pages.len()).ok() {
        faults.add("", format!("its page tree says another count than its {} pages", pages.len()));
    }
    for (number, page) in (1..).zip(&pages) {
        if faults.0.len() >= MOST_FAULTS {
            return;
        }
        for message in page_faults(doc, page, limits) {
            faults.add(format!("page {number}"), message);
        }
    }
}

/// 7.7.3.3, Table 30: what a page must have.
fn page_faults(doc: &Document, page: &SourcePage, limits: &Limits) -> Vec<String> {
    let mut found = Vec::new();
    let inherited = |key: &[u8]| {
        let at = INHERITED.iter().position(|k| *k == key)?;
        doc.dereference(page.inherited[at]?).ok().map(|(_, object)| object)
    };
    let sides = inherited(b"MediaBox").and_then(|b| b.as_array().ok());
    let numbers: Option<Vec<f32>> =
        sides.and_then(|s| s.iter().map(|n| doc.dereference(n).ok().and_then(|(_, n)| n.as_float().ok())).collect());
    if !numbers.is_some_and(|n| n.len() == 4 && n[0] != n[2] && n[1] != n[3]) {
        found.push("it has no MediaBox with an area".to_owned());
    }
    if inherited(b"Resources").is_none_or(|r| r.as_dict().is_err()) {
        found.push("it has no Resources".to_owned());
    }
    match content(doc, page, limits) {
        Ok(content) if breaks_off(&content) => found.push("its content breaks off".to_owned()),
        Ok(_) => {}
        Err(message) => found.push(message),
    }
    found
}

/// lopdf does not know all filters of inline pictures (8.9.7): a page with one is not judged by its operators.
fn breaks_off(content: &[u8]) -> bool {
    let has = |operator: &[u8]| memmem::find(content, operator).is_some();
    Content::decode_strict(content).is_err() && !(has(b"BI") && has(b"ID") && has(b"EI"))
}

/// 7.8.2: the streams of a page as one.
fn content(doc: &Document, page: &SourcePage, limits: &Limits) -> Result<Vec<u8>, String> {
    let most = limits.max_pdf_stream_bytes as usize;
    let mut whole = Vec::new();
    let streams: Vec<&Object> = match get(doc, page.dict, b"Contents") {
        None | Some(Object::Null) => return Ok(whole),
        Some(Object::Array(_)) => get_array(doc, page.dict, b"Contents").unwrap_or_default().iter().collect(),
        Some(stream) => vec![stream],
    };
    for object in streams {
        let stream =
            doc.dereference(object).ok().and_then(|(_, o)| o.as_stream().ok()).ok_or("its content is missing")?;
        let plain = stream.get_plain_content_with_limit(most.saturating_sub(whole.len()));
        whole.extend(plain.map_err(|_| "its content can't be decoded, or is too long")?);
        whole.push(b'\n');
    }
    Ok(whole)
}
