//! Destinations by name (12.3.2.3). A name that another input has already gets a number: `capitulo-2`.

use super::copy::Copier;
use super::source::{get, get_dict, leaves};
use crate::print::pdf::Writer;
use lopdf::{Object, StringFormat};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// In a leaf of the tree.
const PER_LEAF: usize = 64;

#[derive(Default)]
pub struct Names {
    /// With the destination's bytes.
    all: BTreeMap<Vec<u8>, Vec<u8>>,
    /// How often a name was asked for.
    asked: BTreeMap<Vec<u8>, u64>,
}

impl Names {
    pub fn add<W: Write>(&mut self, copier: &mut Copier<W>) -> io::Result<()> {
        let doc = copier.doc;
        let Ok(catalog) = doc.catalog() else { return Ok(()) };
        // In PDF 1.1 they were names in a dictionary; since, strings in a tree.
        let old = get_dict(doc, catalog, b"Dests").into_iter().flat_map(|dests| dests.iter());
        let tree = get_dict(doc, catalog, b"Names").and_then(|names| get_dict(doc, names, b"Dests"));
        let new = tree.map(|tree| leaves(doc, tree, b"Names")).unwrap_or_default();
        let new = new.into_iter().filter_map(|(name, value)| Some((name.as_str().ok()?, value)));
        for (name, value) in old.map(|(name, value)| (name.as_slice(), value)).chain(new) {
            let Ok((_, value)) = doc.dereference(value) else { continue };
            let place = match value {
                Object::Dictionary(dict) => get(doc, dict, b"D"),
                other => Some(other),
            };
            let Some(place @ Object::Array(items)) = place else { continue };
            if items.iter().any(|item| matches!(item, Object::Array(_) | Object::Dictionary(_))) {
                continue;
            }
            if copier.destinations.contains_key(name) {
                continue;
            }
            let bytes = copier.bytes(place)?;
            let unique = self.unique(name);
            self.all.insert(unique.clone(), bytes);
            copier.destinations.insert(name.to_vec(), unique);
        }
        Ok(())
    }

    fn unique(&mut self, name: &[u8]) -> Vec<u8> {
        let asked = self.asked.entry(name.to_vec()).or_default();
        let mut unique = name.to_vec();
        loop {
            *asked += 1;
            if *asked > 1 {
                unique = [name, format!("-{asked}").as_bytes()].concat();
            }
            if !self.all.contains_key(&unique) {
                return unique;
            }
        }
    }

    pub fn write<W: Write>(&self, writer: &mut Writer<W>, catalog: &mut Vec<u8>) -> io::Result<()> {
        if self.all.is_empty() {
            return Ok(());
        }
        let string = |out: &mut Vec<u8>, name: &[u8]| {
            lopdf::Writer::write_object(out, &Object::String(name.to_vec(), StringFormat::Hexadecimal))
        };
        let entries: Vec<_> = self.all.iter().collect();
        let mut kids = String::new();
        for leaf in entries.chunks(PER_LEAF) {
            let mut body = b"<</Limits[".to_vec();
            string(&mut body, leaf[0].0)?;
            string(&mut body, leaf[leaf.len() - 1].0)?;
            body.extend_from_slice(b"]/Names[");
            for (name, place) in leaf {
                string(&mut body, name)?;
                body.extend_from_slice(place);
            }
            body.extend_from_slice(b"]>>");
            let id = writer.alloc();
            writer.small(id, &body)?;
            kids += &format!("{} 0 R ", id.get());
        }
        catalog.extend_from_slice(format!("/Names<</Dests<</Kids[{kids}]>>>>").as_bytes());
        Ok(())
    }
}
