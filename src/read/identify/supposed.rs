//! A symbol of which more is gone than its checks can mend, read by supposing each known layout in turn: prefix, page
//! and layout are two fifths of the code text. Whatever is supposed, the MAC must hold, and nothing is concluded from
//! one that does not.

use super::Known;
use crate::sheet::code::{Decoded, Modules};
use crate::sheet::frame::PageFormat;
use crate::sheet::{Identity, LayoutId, SheetKey};

/// Most pages of layouts that are supposed.
const MOST: usize = 16;
/// Surer than any module that is sampled.
const SURE: f32 = 10.0;

/// Whose page the sampled modules can be.
pub fn read(
    modules: &[f32],
    format: PageFormat,
    known: Known,
    encode: fn(&str) -> Modules,
    decode: fn(&[f32]) -> Option<Decoded>,
) -> Option<Identity> {
    let layouts = known.layouts.ids().filter_map(|id| known.layouts.get(id)).filter(|l| l.content.format == format);
    let pages = layouts.flat_map(|l| l.content.pages.iter().map(move |p| (&l.id, p.number)));
    pages.take(MOST).find_map(|(layout, page)| {
        let mut modules = modules.to_vec();
        for (module, dark) in certain(layout, page, encode) {
            modules[module] = if dark { SURE } else { -SURE };
        }
        Identity::from_code(&decode(&modules)?.text, known.key).ok()
    })
}

/// The modules that are alike on all sheets of a page, whatever its sheet and its MAC.
fn certain(layout: &LayoutId, page: u16, encode: fn(&str) -> Modules) -> Vec<(usize, bool)> {
    /// A module that differs is alike on so many sheets once in eight million times.
    const SHEETS: u32 = 24;
    let key = SheetKey::new("any");
    let sheet = |n| Identity { sheet: key.sheet_id("", "", n), page, layout: layout.clone() };
    let mut sheets = (0..SHEETS).map(|n| encode(&sheet(n).to_code(&key)).dark);
    let first = sheets.next().unwrap_or_default();
    let mut alike = vec![true; first.len()];
    for other in sheets {
        alike.iter_mut().zip(first.iter().zip(&other)).for_each(|(alike, (a, b))| *alike &= a == b);
    }
    first.into_iter().enumerate().filter(|(i, _)| alike[*i]).collect()
}
