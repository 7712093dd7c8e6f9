//! What a PDF claims to be, and what of a foreign page would make that claim false.
//!
//! Our own pages keep both standards by how they are made: fonts embedded, no transparency, and colours that the file's
//! output condition knows. What is checked here is what comes from elsewhere, as far as its objects show it: the widths in
//! a foreign font program, for one, are not compared.

use crate::limits::Limits;
use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction as Operation;
use hayro_syntax::object::Name;
use lopdf::{Dictionary, Object};
use std::collections::BTreeSet;

/// What a PDF claims to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conformance {
    #[default]
    Plain,
    /// PDF/A-2b, ISO 19005-2: to be kept. Colours are sRGB.
    A2b,
    /// PDF/X-4, ISO 15930-7: to be printed, in black ink alone.
    X4,
}

impl Conformance {
    /// PDF/X-4 is a subset of PDF 1.6, PDF/A-2 of PDF 1.7.
    pub(super) fn header(self) -> &'static [u8] {
        match self {
            // Four bytes above 127 tell transfer programs that this is no text (7.5.2).
            Conformance::X4 => b"%PDF-1.6\n%\xE2\xE3\xCF\xD3\n",
            Conformance::Plain | Conformance::A2b => b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Conformance::Plain => "PDF",
            Conformance::A2b => "PDF/A-2b",
            Conformance::X4 => "PDF/X-4",
        }
    }

    fn takes_rgb(self) -> bool {
        self != Conformance::X4
    }
}

/// What speaks against a conformance, each once.
#[derive(Debug)]
pub struct Breaches {
    conformance: Conformance,
    found: BTreeSet<String>,
}

impl Breaches {
    pub fn new(conformance: Conformance) -> Self {
        Breaches { conformance, found: BTreeSet::new() }
    }

    pub fn found(self) -> BTreeSet<String> {
        self.found
    }

    fn add(&mut self, what: impl std::fmt::Display, expected: &str) {
        self.found.insert(format!("{what}; {} expects {expected}", self.conformance.name()));
    }

    /// An object, and all within it. `get` follows a reference.
    pub fn object<'o>(&mut self, object: &'o Object, get: &impl Fn(&'o Object) -> &'o Object) {
        if self.conformance == Conformance::Plain {
            return;
        }
        match object {
            Object::Name(name) => self.name(name),
            Object::Array(items) => items.iter().for_each(|item| self.object(item, get)),
            Object::Dictionary(dict) => self.dictionary(dict, get),
            Object::Stream(stream) => {
                self.dictionary(&stream.dict, get);
                if is(&stream.dict, b"Subtype", b"Form") {
                    match stream.get_plain_content_with_limit(Limits::default().max_pdf_stream_bytes as usize) {
                        Ok(operators) => self.operators(&operators),
                        Err(_) => self.add("a form that can't be decoded", "one that can"),
                    }
                }
            }
            _ => {}
        }
    }

    fn name(&mut self, name: &[u8]) {
        match name {
            b"DeviceCMYK" | b"CMYK" => self.add("colours in CMYK", "none"),
            b"DeviceRGB" | b"RGB" | b"CalRGB" if !self.conformance.takes_rgb() => self.add("colours in RGB", "gray"),
            b"LZWDecode" | b"LZW" => self.add("a stream packed by LZW", "Flate"),
            _ => {}
        }
    }

    fn dictionary<'o>(&mut self, dict: &'o Dictionary, get: &impl Fn(&'o Object) -> &'o Object) {
        for (_, value) in dict.iter() {
            self.object(value, get);
        }
        if is(dict, b"Type", b"Font") && !is(dict, b"Subtype", b"Type0") && !is(dict, b"Subtype", b"Type3") {
            let descriptor = dict.get(b"FontDescriptor").map(get).and_then(Object::as_dict);
            let files: [&[u8]; 3] = [b"FontFile", b"FontFile2", b"FontFile3"];
            if !descriptor.is_ok_and(|d| files.iter().any(|file| d.has(file))) {
                let name = dict.get(b"BaseFont").and_then(Object::as_name).unwrap_or_default();
                self.add(format!("the font {} is not in the file", String::from_utf8_lossy(name)), "it embedded");
            }
        }
        if matches!(dict.get(b"Interpolate").map(get), Ok(Object::Boolean(true)))
            && self.conformance == Conformance::A2b
        {
            self.add("a picture with /Interpolate", "none");
        }
        if is(dict, b"Subtype", b"PS") {
            self.add("PostScript", "none");
        }
        if dict.has(b"OPI") || dict.has(b"Alternates") {
            self.add("a picture that stands for another", "the picture itself");
        }
    }

    /// The operators of a page or a form.
    pub fn operators(&mut self, content: &[u8]) {
        if self.conformance == Conformance::Plain {
            return;
        }
        let mut operations = TypedIter::new(content);
        while let Some(operation) = operations.next() {
            match operation {
                Operation::StrokeColorCmyk(_) | Operation::NonStrokeColorCmyk(_) => self.name(b"DeviceCMYK"),
                Operation::StrokeColorDeviceRgb(_) | Operation::NonStrokeColorDeviceRgb(_) => self.name(b"DeviceRGB"),
                Operation::ColorSpaceStroke(space) => self.name(space.0),
                Operation::ColorSpaceNonStroke(space) => self.name(space.0),
                Operation::InlineImage(picture) => {
                    let named = ["CS", "ColorSpace", "F", "Filter"].map(|key| picture.0.dict().get::<Name>(key));
                    named.iter().flatten().for_each(|name| self.name(name));
                }
                _ => {}
            }
        }
    }
}

fn is(dict: &Dictionary, key: &[u8], name: &[u8]) -> bool {
    dict.get(key).and_then(Object::as_name).is_ok_and(|found| found == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lopdf::dictionary;

    #[test]
    fn what_a_foreign_page_brings_along_is_told() {
        let helvetica =
            Object::Dictionary(dictionary! {"Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica"});
        let picture = Object::Dictionary(dictionary! {"ColorSpace" => "DeviceRGB", "Filter" => "LZWDecode"});
        let said = |conformance| {
            let mut breaches = Breaches::new(conformance);
            breaches.object(&helvetica, &|o| o);
            breaches.object(&picture, &|o| o);
            breaches.operators(b"0 0 0 1 k 1 0 0 rg 0 0 9 9 re f");
            breaches.found().into_iter().collect::<Vec<_>>()
        };
        assert!(said(Conformance::Plain).is_empty());
        assert_eq!(
            said(Conformance::A2b),
            [
                "a stream packed by LZW; PDF/A-2b expects Flate",
                "colours in CMYK; PDF/A-2b expects none",
                "the font Helvetica is not in the file; PDF/A-2b expects it embedded",
            ]
        );
        assert_eq!(said(Conformance::X4).len(), 4);
    }
}
