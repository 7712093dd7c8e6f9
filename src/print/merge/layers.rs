//! Optional content (8.11): the layers of all inputs, each shown or hidden as it was.

use super::copy::Copier;
use super::source::{get, get_array, get_dict};
use crate::print::pdf::object::Target;
use lopdf::ObjectId;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Lists of the configuration that can be joined end to end.
const JOINED: [&[u8]; 4] = [b"Order", b"AS", b"RBGroups", b"Locked"];

#[derive(Default)]
pub struct Layers {
    groups: Vec<i64>,
    hidden: Vec<i64>,
    joined: [Vec<u8>; 4],
}

impl Layers {
    pub fn add<W: Write>(&mut self, copier: &mut Copier<W>) -> io::Result<()> {
        let doc = copier.doc;
        let catalog = doc.catalog().ok();
        let Some(layers) = catalog.and_then(|catalog| get_dict(doc, catalog, b"OCProperties")) else { return Ok(()) };
        let usual = get_dict(doc, layers, b"D");
        let list = |key: &[u8]| -> BTreeSet<ObjectId> {
            let items = usual.and_then(|usual| get_array(doc, usual, key)).unwrap_or_default();
            items.iter().filter_map(|item| item.as_reference().ok()).collect()
        };
        let (on, off) = (list(b"ON"), list(b"OFF"));
        let base = usual.and_then(|usual| get(doc, usual, b"BaseState")).and_then(|base| base.as_name().ok());
        let all_off = base == Some(b"OFF");
        for group in get_array(doc, layers, b"OCGs").unwrap_or_default() {
            let Ok(id) = group.as_reference() else { continue };
            let Some(number) = copier.number(id) else { continue };
            self.groups.push(number);
            if off.contains(&id) || (all_off && !on.contains(&id)) {
                self.hidden.push(number);
            }
        }
        for (joined, key) in self.joined.iter_mut().zip(JOINED) {
            for item in usual.and_then(|usual| get_array(doc, usual, key)).unwrap_or_default() {
                joined.extend(copier.bytes(item)?);
                joined.push(b' ');
            }
        }
        Ok(())
    }

    pub fn write(&self, catalog: &mut Vec<u8>) {
        if self.groups.is_empty() {
            return;
        }
        let refer = |numbers: &[i64]| numbers.iter().map(|n| format!("{n} 0 R ")).collect::<String>();
        let (groups, hidden) = (refer(&self.groups), refer(&self.hidden));
        catalog.extend_from_slice(format!("/OCProperties<</OCGs[{groups}]/D<</OFF[{hidden}]").as_bytes());
        for (joined, key) in self.joined.iter().zip(JOINED).filter(|(joined, _)| !joined.is_empty()) {
            catalog.push(b'/');
            catalog.extend_from_slice(key);
            catalog.push(b'[');
            catalog.extend_from_slice(joined);
            catalog.push(b']');
        }
        catalog.extend_from_slice(b">>>>");
    }
}
