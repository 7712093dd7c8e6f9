//! Page labels (12.4.2). Once one input has them, the pages of each keep the numbers that they had.

use super::copy::Copier;
use super::source::{get, get_dict, leaves};
use lopdf::Object;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What viewers show where nothing is said: 1, 2, 3.
const USUAL: &[u8] = b"<</S/D>>";
/// What a label may say: style, prefix, first number.
const KNOWN: [&[u8]; 3] = [b"S", b"P", b"St"];

#[derive(Default)]
pub struct Labels {
    any: bool,
    /// By page from 0, where a new range begins.
    ranges: BTreeMap<u64, Vec<u8>>,
}

impl Labels {
    pub fn add<W: Write>(&mut self, before: u64, pages: usize, copier: &mut Copier<W>) -> io::Result<()> {
        let doc = copier.doc;
        self.ranges.insert(before, USUAL.to_vec());
        let tree = doc.catalog().ok().and_then(|catalog| get_dict(doc, catalog, b"PageLabels"));
        let Some(tree) = tree else { return Ok(()) };
        for (page, label) in leaves(doc, tree, b"Nums") {
            let page = page.as_i64().ok().and_then(|page| usize::try_from(page).ok());
            let label = doc.dereference(label).ok().map(|(_, label)| label);
            if let (Some(page), Some(Object::Dictionary(label))) = (page.filter(|&page| page < pages), label) {
                let known = KNOWN.iter().filter_map(|key| Some((key.to_vec(), get(doc, label, key)?.clone())));
                let plain = known
                    .filter(|(_, value)| matches!(value, Object::Name(_) | Object::String(..) | Object::Integer(_)));
                let label = Object::Dictionary(plain.collect());
                self.any = true;
                self.ranges.insert(before + page as u64, copier.bytes(&label)?);
            }
        }
        Ok(())
    }

    pub fn write(&self, catalog: &mut Vec<u8>) {
        if !self.any {
            return;
        }
        catalog.extend_from_slice(b"/PageLabels<</Nums[");
        for (page, label) in &self.ranges {
            catalog.extend_from_slice(format!("{page} ").as_bytes());
            catalog.extend_from_slice(label);
        }
        catalog.extend_from_slice(b"]>>");
    }
}
