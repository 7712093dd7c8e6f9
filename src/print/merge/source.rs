//! A file's bytes as a document that can be copied from, or the reason why it can't.

use crate::contain::contain;
use crate::limits::Limits;
use lopdf::{Dictionary, Document, Error, LoadOptions, Object};

const EXPECTED: &str = "a PDF is expected";
const ENCRYPTED: &str = "encrypted; a PDF without a password is expected";

pub fn open(bytes: &[u8], limits: &Limits) -> Result<Document, String> {
    /// A PDF may have something before its first line (Annex H of PDF 1.7).
    const HEAD: usize = 1024;
    if bytes.is_empty() {
        return Err(format!("an empty file; {EXPECTED}"));
    }
    if bytes.len() as u64 > limits.max_file_bytes {
        return Err(format!("more than {} MiB", limits.max_file_bytes >> 20));
    }
    let head = &bytes[..bytes.len().min(HEAD)];
    if !head.windows(5).any(|w| w == b"%PDF-") {
        return Err(format!("no PDF; {EXPECTED}"));
    }
    let options = LoadOptions::with_max_decompressed_size(limits.max_pdf_stream_bytes as usize);
    let loaded = contain(|| Document::load_mem_with_options(bytes, options));
    match loaded {
        // Without a password some can be opened: their author did not want that they be changed.
        Ok(Ok(doc)) if doc.was_encrypted() || doc.trailer.has(b"Encrypt") => Err(ENCRYPTED.to_owned()),
        Ok(Ok(doc)) => Ok(doc),
        Ok(Err(Error::InvalidPassword | Error::Decryption(_))) => Err(ENCRYPTED.to_owned()),
        Ok(Err(error)) => Err(format!("damaged: {error}")),
        Err(_) => Err("damaged: it can't be read".to_owned()),
    }
}

/// An entry, with a reference in it followed.
pub fn get<'d>(doc: &'d Document, dict: &'d Dictionary, key: &[u8]) -> Option<&'d Object> {
    doc.dereference(dict.get(key).ok()?).ok().map(|(_, object)| object)
}

pub fn get_dict<'d>(doc: &'d Document, dict: &'d Dictionary, key: &[u8]) -> Option<&'d Dictionary> {
    get(doc, dict, key)?.as_dict().ok()
}

pub fn get_array<'d>(doc: &'d Document, dict: &'d Dictionary, key: &[u8]) -> Option<&'d [Object]> {
    Some(get(doc, dict, key)?.as_array().ok()?)
}

/// The leaves of a name or number tree (7.9.6, 7.9.7), each once however the tree is tied together.
pub fn leaves<'d>(doc: &'d Document, root: &'d Dictionary, key: &[u8]) -> Vec<(&'d Object, &'d Object)> {
    let mut pairs = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut waiting = vec![root];
    while let Some(node) = waiting.pop() {
        let entries = get_array(doc, node, key).unwrap_or_default();
        pairs.extend(entries.chunks_exact(2).map(|pair| (&pair[0], &pair[1])));
        let kids = get_array(doc, node, b"Kids").unwrap_or_default().iter().rev();
        let new = kids.filter_map(|kid| kid.as_reference().ok()).filter(|id| seen.insert(*id));
        waiting.extend(new.filter_map(|id| doc.get_dictionary(id).ok()));
    }
    pairs
}

/// What a document has that a merged one can't have.
pub fn left_behind(doc: &Document) -> Vec<String> {
    let Ok(catalog) = doc.catalog() else { return Vec::new() };
    let names = get_dict(doc, catalog, b"Names");
    let named = |key: &[u8]| names.is_some_and(|names| names.has(key));
    let script = get_dict(doc, catalog, b"OpenAction").is_some_and(|action| action.has(b"JS"));
    let has_xfa = get_dict(doc, catalog, b"AcroForm").is_some_and(|form| form.has(b"XFA"));
    let found = [
        (named(b"JavaScript") || script || catalog.has(b"AA"), "its scripts were left out"),
        (named(b"EmbeddedFiles"), "the files attached to it were left out"),
        (catalog.has(b"Collection"), "a portfolio: the files in it were left out"),
        (has_xfa, "its XFA form was left out"),
        (catalog.has(b"StructTreeRoot"), "its tags for screen readers were left out"),
    ];
    found.into_iter().filter(|(is, _)| *is).map(|(_, note)| note.to_owned()).collect()
}
