//! What differs from page to page: the codes, and the student's own lines. Every byte here is paid for on every page.

use super::bag::{Filled, barcode};
use super::draw::Slot;
use super::fit::{self, Fitted, Measure};
use super::pdf::font::Subset;
use super::pdf::number::{int, real};
use super::typeface::Style;
use crate::sheet::code::{Modules, datamatrix, qr, qr_any};
use crate::sheet::frame::Area;
use crate::sheet::{Identity, SheetKey, lize};
use crate::units::MM_PER_POINT;

/// What a sheet says of itself.
#[derive(Clone, Debug)]
pub enum Said {
    Native(Identity),
    Lize(lize::Code),
}

impl Said {
    pub fn sheet_id(&self) -> &str {
        match self {
            Said::Native(identity) => identity.sheet.as_str(),
            Said::Lize(code) => code.id.as_str(),
        }
    }

    pub fn is_loose(&self) -> bool {
        matches!(self, Said::Lize(code) if code.operation == lize::Operation::Loose)
    }
}

/// Where a coded page's codes go, in millimetres.
#[derive(Clone, Debug)]
pub struct Places {
    pub code: Area,
    /// None on a sheet without one.
    pub backup: Option<Area>,
    /// The lines of the printed code.
    pub printed: [Slot; 2],
    /// The codes of a discursive sheet's boxes, each with its question.
    pub boxes: Vec<(u32, Area)>,
}

/// One page: what is shown under it, what is written on it, and its codes.
pub struct Stamped<'a> {
    /// Operators.
    pub ground: &'a [u8],
    /// Of the page, in millimetres.
    pub height: f64,
    pub texts: &'a [Filled<'a>],
    pub code: Option<(&'a Places, &'a Said)>,
    /// Where a Code 128 of the sheet's id goes.
    pub barcode: Option<Area>,
    /// Of places in points. Without any a text is at most 0.18 mm off, and a page of a sheet five bytes smaller for each.
    pub decimals: u32,
}

pub struct Stamp<'a> {
    fonts: &'a [Subset; 3],
    key: &'a SheetKey,
    out: Vec<u8>,
    rectangles: Vec<u32>,
    text: TextState,
}

/// What the last text left set, so that it is said only where it changes.
#[derive(Default)]
struct TextState {
    font: Option<(Style, f64)>,
    condense: f64,
    at: (f64, f64),
}

impl<'a> Stamp<'a> {
    pub fn new(fonts: &'a [Subset; 3], key: &'a SheetKey) -> Self {
        Stamp { fonts, key, out: Vec::new(), rectangles: Vec::new(), text: TextState::default() }
    }

    /// The content stream of a page that shows its ground and, over it, this.
    pub fn page(&mut self, page: &Stamped) -> &[u8] {
        self.begin();
        self.out.extend_from_slice(page.ground);
        self.out.extend_from_slice(b"BT ");
        for filled in page.texts {
            self.fill(filled, page);
        }
        match page.code {
            Some((places, Said::Native(identity))) => self.native(places, page, identity),
            Some((places, Said::Lize(code))) => self.lize(places, page, code),
            None => self.out.extend_from_slice(b"ET "),
        }
        &self.out
    }

    /// A page on purpose without content says so.
    pub fn blank(&mut self, width_pt: f64, height_pt: f64) -> &[u8] {
        self.begin();
        let (face, size) = (&self.fonts[Style::Regular as usize], 9.0);
        let said = "em branco";
        self.out.extend_from_slice(b".55 g BT /F0 9 Tf ");
        for value in [(width_pt - face.width(said) * size) / 2.0, height_pt / 2.0] {
            real(&mut self.out, value, 0);
            self.out.push(b' ');
        }
        self.out.extend_from_slice(b"Td");
        face.show(&mut self.out, said);
        self.out.extend_from_slice(b"ET");
        &self.out
    }

    fn fill(&mut self, filled: &Filled, page: &Stamped) {
        if filled.slot.w <= 0.0 || filled.text.is_empty() {
            return;
        }
        let (x, line) = filled.fitted(&self.fonts[filled.style as usize]);
        let slot = Slot { x, ..filled.slot };
        self.write(filled.style, &slot, page, &line);
    }

    fn native(&mut self, places: &Places, page: &Stamped, identity: &Identity) {
        let printed = identity.to_printed(self.key);
        let (first, second) = printed.split_at(printed.len() / 2);
        for (slot, text) in places.printed.iter().zip([first, second]) {
            let line = Fitted { text: text.trim().to_owned(), condense: 1.0 };
            self.write(Style::Mono, slot, page, &line);
        }
        self.out.extend_from_slice(b"ET ");
        if let Some(area) = &page.barcode {
            self.barcode(area, page.height, identity.sheet.as_str());
        }
        let code = identity.to_code(self.key);
        let unit = self.path(&qr::encode(&code), &places.code, page.height);
        if let Some(backup) = &places.backup {
            self.mask(&datamatrix::encode(&code), backup, &places.code, unit);
        }
    }

    /// A Code 128, as wide as its area: one path with one fill.
    fn barcode(&mut self, area: &Area, height: f64, text: &str) {
        let Some(modules) = barcode::modules(text) else { return };
        let unit = area.w / modules.len() as f64 / MM_PER_POINT;
        self.out.extend_from_slice(b"q ");
        let (x, y) = (area.x / MM_PER_POINT, (height - area.bottom()) / MM_PER_POINT);
        self.matrix([unit, 0.0, 0.0, area.h / MM_PER_POINT, x, y]);
        let mut at = 0;
        for bar in modules.chunk_by(|a, b| a == b) {
            if bar[0] {
                int(&mut self.out, at);
                self.out.extend_from_slice(b" 0 ");
                int(&mut self.out, bar.len() as i64);
                self.out.extend_from_slice(b" 1 re ");
            }
            at += bar.len() as i64;
        }
        self.out.extend_from_slice(b"f Q ");
    }

    fn lize(&mut self, places: &Places, page: &Stamped, code: &lize::Code) {
        let [printed, _] = places.printed;
        let text = code.to_string();
        let width = fit::width_mm(&self.fonts[Style::Mono as usize], printed.size_pt, &text);
        let slot = Slot { x: printed.x - width / 2.0, ..printed };
        self.write(Style::Mono, &slot, page, &Fitted { text: text.clone(), condense: 1.0 });
        self.out.extend_from_slice(b"ET ");
        let boxes = places.boxes.iter().map(|&(question, area)| {
            let code = lize::BoxCode { question, id: code.id.clone() };
            (code.to_string(), area)
        });
        for (text, area) in std::iter::once((text, places.code)).chain(boxes) {
            let modules = qr_any::encode(&text).expect("a sheet's code has at most 53 characters");
            self.out.extend_from_slice(b"q ");
            self.path(&modules, &area, page.height);
            self.out.extend_from_slice(b"Q ");
        }
    }

    /// What all pages of a room show over their base.
    pub fn room(&mut self, height: f64, texts: &[Filled]) -> &[u8] {
        self.page(&Stamped { ground: b"", height, texts, code: None, barcode: None, decimals: 0 })
    }

    fn begin(&mut self) {
        self.out.clear();
        self.text = TextState { condense: 1.0, ..TextState::default() };
    }

    /// The dark modules but those of the finder patterns, which are in the static layer: one path with one fill, so
    /// there are no seams. A module is a unit square, rows downwards; says how many points that is.
    fn path(&mut self, modules: &Modules, area: &Area, height: f64) -> f64 {
        // To a thousandth, which is 0.005 mm over the whole symbol.
        let unit = (area.w / modules.size as f64 / MM_PER_POINT * 1000.0).round() / 1000.0;
        let (x, y) = (area.x / MM_PER_POINT, (height - area.y) / MM_PER_POINT);
        self.matrix([unit, 0.0, 0.0, -unit, x, y]);
        rectangles(modules, &mut self.rectangles);
        // Sorted by shape they compress better.
        self.rectangles.sort_unstable();
        for &r in &self.rectangles {
            let [w, h, x, y] = r.to_be_bytes();
            for value in [x, y, w, h] {
                int(&mut self.out, value.into());
                self.out.push(b' ');
            }
            self.out.extend_from_slice(b"re ");
        }
        self.out.extend_from_slice(b"f ");
        unit
    }

    /// As an image mask of one bit a module: a second path would take a page past 900 bytes. Placed from where the
    /// path's matrix has its origin.
    fn mask(&mut self, modules: &Modules, area: &Area, origin: &Area, unit: f64) {
        let units = |mm: f64| mm / MM_PER_POINT / unit;
        let side = units(area.w);
        // An image stands on its lower left corner.
        self.matrix([side, 0.0, 0.0, -side, units(area.x - origin.x), units(area.bottom() - origin.y)]);
        self.out.extend_from_slice(b"BI/W ");
        int(&mut self.out, modules.size as i64);
        self.out.extend_from_slice(b"/H ");
        int(&mut self.out, modules.size as i64);
        // In hexadecimal, so that no parser finds the image's end within it.
        self.out.extend_from_slice(b"/IM true/F/AHx ID ");
        for row in modules.dark.chunks(modules.size) {
            for nibble in row.chunks(4) {
                // A 0 is painted.
                let bits = nibble.iter().fold(0, |bits, &dark| bits << 1 | u8::from(!dark)) << (4 - nibble.len());
                self.out.push(b"0123456789ABCDEF"[usize::from(bits)]);
            }
        }
        self.out.extend_from_slice(b">EI");
    }

    fn matrix(&mut self, values: [f64; 6]) {
        for value in values {
            real(&mut self.out, value, 3);
            self.out.push(b' ');
        }
        self.out.extend_from_slice(b"cm ");
    }

    fn write(&mut self, style: Style, slot: &Slot, page: &Stamped, line: &Fitted) {
        if line.text.is_empty() {
            return;
        }
        if self.text.font.replace((style, slot.size_pt)) != Some((style, slot.size_pt)) {
            self.out.push(b'/');
            self.out.extend_from_slice(style.resource().as_bytes());
            self.out.push(b' ');
            real(&mut self.out, slot.size_pt, 2);
            self.out.extend_from_slice(b" Tf ");
        }
        if std::mem::replace(&mut self.text.condense, line.condense) != line.condense {
            real(&mut self.out, line.condense * 100.0, 0);
            self.out.extend_from_slice(b" Tz ");
        }
        let unit = 10_f64.powi(page.decimals as i32);
        let whole = |mm: f64| (mm / MM_PER_POINT * unit).round() / unit;
        let (x, y) = (whole(slot.x), whole(page.height - slot.y));
        let from = std::mem::replace(&mut self.text.at, (x, y));
        for value in [x - from.0, y - from.1] {
            real(&mut self.out, value, page.decimals);
            self.out.push(b' ');
        }
        self.out.extend_from_slice(b"Td");
        self.fonts[style as usize].show(&mut self.out, &line.text);
    }
}

/// Runs of dark modules, joined with the same run in the row above: width, height, x, y in the bytes of a number.
/// Finder patterns are left out.
fn rectangles(modules: &Modules, out: &mut Vec<u32>) {
    out.clear();
    // By column: the rectangle that begins there, and the row below it.
    let mut open = [(usize::MAX, usize::MAX); u32::BITS as usize];
    for (row, dark) in modules.dark.chunks_exact(modules.size).enumerate() {
        let bits = dark.iter().rev().fold(0, |bits: u32, &d| bits << 1 | u32::from(d));
        let mut bits = bits & !FINDER_COLUMNS[row];
        while bits != 0 {
            let x = bits.trailing_zeros();
            let w = (bits >> x).trailing_ones();
            bits &= !(((1 << w) - 1) << x);
            let place = &mut open[x as usize];
            match out.get_mut(place.0) {
                Some(above) if place.1 == row && *above >> 24 == w => *above += 1 << 16,
                _ => {
                    place.0 = out.len();
                    out.push(w << 24 | 1 << 16 | x << 8 | row as u32);
                }
            }
            place.1 = row + 1;
        }
    }
}

/// Columns of the QR's finder patterns in each row, as bits.
const FINDER_COLUMNS: [u32; qr::SIZE] = {
    let mut columns = [0; qr::SIZE];
    let mut i = 0;
    while i < qr::FINDERS.len() {
        let (row, column) = qr::FINDERS[i];
        let mut r = row;
        while r < row + qr::FINDER {
            columns[r] |= ((1 << qr::FINDER) - 1) << column;
            r += 1;
        }
        i += 1;
    }
    columns
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rectangles_cover_the_dark_modules_once(text in "GB1[0-9A-HJKMNP-TV-Z]{42}") {
            let modules = qr::encode(&text);
            let mut found = Vec::new();
            rectangles(&modules, &mut found);
            let mut covered = vec![0; 29 * 29];
            for r in found {
                let [w, h, x, y] = r.to_be_bytes().map(usize::from);
                for row in y..y + h {
                    for column in x..x + w {
                        covered[row * 29 + column] += 1;
                    }
                }
            }
            let wanted: Vec<i32> = (0..29 * 29)
                .map(|i| i32::from(modules.dark[i] && FINDER_COLUMNS[i / 29] >> (i % 29) & 1 == 0))
                .collect();
            prop_assert_eq!(covered, wanted);
        }
    }
}
