//! Forms (12.7). A field whose name another input has gets a number, so that filling in one does not fill in both.

use super::copy::{Changed, Copier};
use super::source::{get, get_array, get_dict};
use crate::print::pdf::object::Target;
use lopdf::Object;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

#[derive(Default)]
pub struct Form {
    fields: Vec<i64>,
    names: BTreeSet<Vec<u8>>,
    /// Fonts that fields are filled in with, by name: the first input's of each name.
    fonts: BTreeMap<Vec<u8>, Vec<u8>>,
    needs_appearances: bool,
}

impl Form {
    pub fn add<W: Write>(&mut self, copier: &mut Copier<W>) -> io::Result<()> {
        let doc = copier.doc;
        let Some(form) = doc.catalog().ok().and_then(|catalog| get_dict(doc, catalog, b"AcroForm")) else {
            return Ok(());
        };
        for field in get_array(doc, form, b"Fields").unwrap_or_default() {
            let Ok(id) = field.as_reference() else { continue };
            let Ok(dict) = doc.get_dictionary(id) else { continue };
            let mut changed = Changed::default();
            if let Some(Object::String(name, format)) = get(doc, dict, b"T") {
                let unique = self.unique(name);
                if unique != *name {
                    changed.but.push(b"T");
                    changed.entries = b"/T".to_vec();
                    lopdf::Writer::write_object(&mut changed.entries, &Object::String(unique, *format))?;
                }
            }
            // What the form says for all its fields.
            for key in ["DA", "Q"] {
                if let (Some(value), false) = (get(doc, form, key.as_bytes()), dict.has(key.as_bytes())) {
                    changed.entries.extend_from_slice(format!("/{key} ").as_bytes());
                    changed.entries.extend(copier.bytes(value)?);
                }
            }
            copier.change(id, changed);
            self.fields.extend(copier.number(id));
        }
        let fonts = get_dict(doc, form, b"DR").and_then(|resources| get_dict(doc, resources, b"Font"));
        for (name, font) in fonts.into_iter().flat_map(|fonts| fonts.iter()) {
            if !self.fonts.contains_key(name) {
                self.fonts.insert(name.clone(), copier.bytes(font)?);
            }
        }
        self.needs_appearances |= matches!(get(doc, form, b"NeedAppearances"), Some(Object::Boolean(true)));
        Ok(())
    }

    fn unique(&mut self, name: &[u8]) -> Vec<u8> {
        // UTF-16, by its byte order mark.
        let wide = name.starts_with(b"\xFE\xFF");
        let mut unique = name.to_vec();
        let mut n = 1;
        while !self.names.insert(unique.clone()) {
            n += 1;
            let end = format!("-{n}");
            let end: Vec<u8> = if wide { end.bytes().flat_map(|b| [0, b]).collect() } else { end.into_bytes() };
            unique = [name, &end].concat();
        }
        unique
    }

    pub fn write(&self, catalog: &mut Vec<u8>) {
        if self.fields.is_empty() {
            return;
        }
        catalog.extend_from_slice(b"/AcroForm<</Fields[");
        for field in &self.fields {
            catalog.extend_from_slice(format!("{field} 0 R ").as_bytes());
        }
        catalog.extend_from_slice(b"]/DR<</Font<<");
        for (name, font) in &self.fonts {
            let name = Object::Name(name.clone());
            // Into memory, that can't fail.
            let _ = lopdf::Writer::write_object(catalog, &name);
            catalog.push(b' ');
            catalog.extend_from_slice(font);
        }
        catalog.extend_from_slice(b">>>>");
        if self.needs_appearances {
            catalog.extend_from_slice(b"/NeedAppearances true");
        }
        catalog.extend_from_slice(b">>");
    }
}
