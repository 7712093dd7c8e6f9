//! What differs from page to page: the codes, and the student's own lines. Every byte here is paid for on every page.

use super::draw::{Slot, Slots};
use super::fit::{self, Fitted};
use super::pdf::font::Subset;
use super::pdf::number::{int, real};
use super::typeface::Style;
use crate::sheet::code::{Modules, datamatrix, qr, qr_any};
use crate::sheet::frame::Area;
use crate::sheet::{Identity, SheetKey, lize};
use crate::units::MM_PER_POINT;

/// The texts of one student.
#[derive(Clone, Copy, Debug, Default)]
pub struct Person<'a> {
    pub name: &'a str,
    pub enrollment: &'a str,
    pub version: &'a str,
}

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

/// Where things go on one page of a layout, in millimetres.
#[derive(Clone, Debug)]
pub struct Places {
    pub height: f64,
    pub code: Area,
    /// None on a sheet without one.
    pub backup: Option<Area>,
    pub slots: Slots,
    /// The codes of a discursive sheet's boxes, each with its question.
    pub boxes: Vec<(u32, Area)>,
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

    /// The content stream of a page that shows its base and, over it, this.
    pub fn page(&mut self, places: &Places, said: &Said, person: &Person) -> &[u8] {
        self.begin();
        self.out.extend_from_slice(b"/S Do BT ");
        let slots = &places.slots;
        let [regular, bold, _] = self.fonts;
        let name = fit::name(bold, slots.name.size_pt, slots.name.w, person.name);
        self.write(Style::Bold, &slots.name, places.height, &name);
        for (slot, text) in [(&slots.enrollment, person.enrollment), (&slots.version, person.version)] {
            if slot.w > 0.0 {
                let line = fit::line(regular, slot.size_pt, slot.w, text);
                self.write(Style::Regular, slot, places.height, &line);
            }
        }
        match said {
            Said::Native(identity) => self.native(places, identity),
            Said::Lize(code) => self.lize(places, code),
        }
        &self.out
    }

    fn native(&mut self, places: &Places, identity: &Identity) {
        let printed = identity.to_printed(self.key);
        let (first, second) = printed.split_at(printed.len() / 2);
        for (slot, text) in places.slots.printed.iter().zip([first, second]) {
            let line = Fitted { text: text.trim().to_owned(), condense: 1.0 };
            self.write(Style::Mono, slot, places.height, &line);
        }
        self.out.extend_from_slice(b"ET ");
        let code = identity.to_code(self.key);
        let unit = self.path(&qr::encode(&code), &places.code, places.height);
        if let Some(backup) = &places.backup {
            self.mask(&datamatrix::encode(&code), backup, &places.code, unit);
        }
    }

    fn lize(&mut self, places: &Places, code: &lize::Code) {
        let [printed, _] = places.slots.printed;
        let text = code.to_string();
        let width = fit::width_mm(&self.fonts[Style::Mono as usize], printed.size_pt, &text);
        let slot = Slot { x: printed.x - width / 2.0, ..printed };
        self.write(Style::Mono, &slot, places.height, &Fitted { text: text.clone(), condense: 1.0 });
        self.out.extend_from_slice(b"ET ");
        let boxes = places.boxes.iter().map(|&(question, area)| {
            let code = lize::BoxCode { question, id: code.id.clone() };
            (code.to_string(), area)
        });
        for (text, area) in std::iter::once((text, places.code)).chain(boxes) {
            let modules = qr_any::encode(&text).expect("a sheet's code has at most 53 characters");
            self.out.extend_from_slice(b"q ");
            self.path(&modules, &area, places.height);
            self.out.extend_from_slice(b"Q ");
        }
    }

    /// What all pages of a room show over their base.
    pub fn room(&mut self, places: &Places, unit: &str, room: &str) -> &[u8] {
        self.begin();
        self.out.extend_from_slice(b"BT ");
        for (slot, text) in [(&places.slots.unit, unit), (&places.slots.room, room)] {
            let line = fit::line(&self.fonts[Style::Regular as usize], slot.size_pt, slot.w, text);
            self.write(Style::Regular, slot, places.height, &line);
        }
        self.out.extend_from_slice(b"ET ");
        &self.out
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

    fn write(&mut self, style: Style, slot: &Slot, height: f64, line: &Fitted) {
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
        // To whole points, at most 0.18 mm off: a decimal less in each number is five bytes less a page.
        let whole = |mm: f64| (mm / MM_PER_POINT).round();
        let (x, y) = (whole(slot.x), whole(height - slot.y));
        let from = std::mem::replace(&mut self.text.at, (x, y));
        for value in [x - from.0, y - from.1] {
            real(&mut self.out, value, 0);
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
