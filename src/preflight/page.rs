//! One coded page: what its content stream paints, laid over its ground, copied, and read back.

use super::fault::{Code, What};
use super::ground::{Ground, Place};
use super::name;
use super::operators::{Painted, Run, Strange};
use super::window::Window;
use crate::print::Package;
use crate::print::bag::barcode;
use crate::print::package::LizeOrder;
use crate::sheet::code::Decoded;
use crate::sheet::frame::Area;
use crate::sheet::lize::{self, BoxCode, Operation};
use crate::sheet::{Identity, SheetKey};
use std::collections::HashMap;

/// Of what is meant to be on a page, what its codes can be held against.
pub struct Meant<'a> {
    pub sheet_id: &'a str,
    /// Whose sheet it is, by id.
    pub student: Option<&'a str>,
    pub version: Option<u64>,
    pub barcode: Option<Area>,
}

/// What all pages are held against.
pub struct Rules {
    pub key: SheetKey,
    /// Where sheets are Lize's.
    pub lize: Option<LizeOrder>,
    /// By id.
    names: HashMap<String, String>,
}

impl Rules {
    pub fn new(package: &Package, key: &SheetKey) -> Self {
        let names = package.students().map(|s| (s.id.clone(), s.name.clone())).collect();
        Rules { key: key.clone(), lize: package.sheets.lize.clone(), names }
    }
}

/// How far off its place ink may lie: what it is rounded to.
const ROUNDED_MM: f64 = 0.05;
/// Ink nearer than this to a code's place is that code's.
const NEAR_MM: f64 = 3.0;

/// All that is wrong. `streams` are the room's operators and the page's own.
pub fn check(meant: &Meant, ground: &Ground, streams: [&[u8]; 2], rules: &Rules) -> Vec<What> {
    let mut painted = Painted::default();
    for stream in streams {
        if let Err(Strange(operator)) = painted.read(stream, ground.height_mm(), &ground.letters) {
            return vec![What::Strange(operator)];
        }
    }
    let mut faults = Vec::new();
    displaced(&painted, ground, meant, &mut faults);
    let page = Page { meant, ground, painted: &painted, rules };
    match &ground.frame {
        Some(_) => page.native(&mut faults),
        None => page.lize(&mut faults),
    }
    if let Some(area) = &meant.barcode {
        faults.extend(page.barcode(area));
    }
    faults.extend(page.name());
    let own = |run: &&Run| ground.frame.as_ref().is_some_and(|f| f.printed.grown(ROUNDED_MM).holds(&run.ink));
    let covering = painted.texts.iter().filter(|run| !own(run)).find_map(|run| ground.covered(&run.ink));
    faults.extend(covering.map(|area| What::Covers(area.x, area.y)));
    faults
}

/// Ink beside the place of its code: the worst of each code, and the first that belongs to none.
fn displaced(painted: &Painted, ground: &Ground, meant: &Meant, faults: &mut Vec<What>) {
    let symbols = ground.places.iter().map(|p| (Code::Symbol(p.symbol), p.area));
    let places: Vec<(Code, Area)> = symbols.chain(meant.barcode.map(|area| (Code::Barcode, area))).collect();
    let mut worst = vec![0.0_f64; places.len()];
    let mut stray = None;
    for ink in &painted.boxes {
        let beyond = |a: &Area| [a.x - ink.x, a.y - ink.y, ink.right() - a.right(), ink.bottom() - a.bottom()];
        let by = |(i, (_, area)): (usize, &(Code, Area))| (i, beyond(area).into_iter().fold(0.0, f64::max));
        match places.iter().enumerate().map(by).min_by(|a, b| a.1.total_cmp(&b.1)) {
            Some((i, by)) if by < NEAR_MM => worst[i] = worst[i].max(by),
            _ => stray = Some(What::Stray(ink.x, ink.y)),
        }
    }
    let off = places.iter().zip(worst).filter(|(_, by)| *by > ROUNDED_MM);
    faults.extend(off.map(|((code, _), by)| What::Displaced(*code, by)));
    faults.extend(stray);
}

struct Page<'a> {
    meant: &'a Meant<'a>,
    ground: &'a Ground,
    painted: &'a Painted,
    rules: &'a Rules,
}

impl Page<'_> {
    fn native(&self, faults: &mut Vec<What>) {
        let (layout, page) = (&self.ground.layout.id, self.ground.page.number);
        let Ok(sheet) = self.meant.sheet_id.parse() else {
            return faults.push(What::Count(format!("{} não é um código de folha", self.meant.sheet_id)));
        };
        let identity = Identity { sheet, page, layout: layout.clone() };
        let code = identity.to_code(&self.rules.key);
        for place in &self.ground.places {
            self.symbol(place, faults, |text| {
                let said = || Identity::from_code(text, &self.rules.key).map(|i| format!("{} ({})", i.sheet, i.page));
                (text != code).then(|| said().unwrap_or_else(|_| text.to_owned()))
            });
        }
        let printed = self.printed();
        let meant = identity.to_printed(&self.rules.key).replace(' ', "");
        if printed != meant {
            faults.push(What::Says { code: Code::Printed, said: printed, meant });
        }
    }

    fn lize(&self, faults: &mut Vec<What>) {
        let Some(order) = &self.rules.lize else { return };
        let shuffled = order.operation == Operation::Shuffled;
        let version = self.meant.version.filter(|_| shuffled);
        let is_meant = |code: &lize::Code| {
            code.id.as_str() == self.meant.sheet_id
                && (code.operation, code.model) == (order.operation, order.model.number)
                && code.version.map(u64::from) == version
        };
        let mut text_of_code = String::new();
        for place in &self.ground.places {
            self.symbol(place, faults, |text| {
                let meant = match place.question {
                    None => {
                        text_of_code = text.to_owned();
                        text.parse().is_ok_and(|code| is_meant(&code))
                    }
                    Some(question) => text.parse().is_ok_and(|code: BoxCode| {
                        code.question == question && code.id.as_str() == self.meant.sheet_id
                    }),
                };
                (!meant).then(|| text.to_owned())
            });
        }
        let is_code = |run: &Run| self.painted.text(run, &self.ground.letters) == text_of_code;
        if !text_of_code.is_empty() && !self.painted.texts.iter().any(is_code) {
            faults.push(What::Unreadable(Code::Printed));
        }
    }

    fn name(&self) -> Option<What> {
        let name = self.rules.names.get(self.meant.student?)?;
        let texts: Vec<String> =
            self.painted.texts.iter().map(|run| self.painted.text(run, &self.ground.letters)).collect();
        (!name::is_among(name, &texts)).then_some(What::OtherName)
    }

    /// Decodes a symbol from a copy. `other` is what its text says, where that is not what it should.
    fn symbol(&self, place: &Place, faults: &mut Vec<What>, other: impl FnOnce(&str) -> Option<String>) {
        let code = Code::Symbol(place.symbol);
        let window = self.window(&place.area);
        match place.symbol.decode(&window, &place.area) {
            None => faults.push(What::Unreadable(code)),
            Some(Decoded { text, corrected }) => {
                if corrected > 0 {
                    faults.push(What::Mended(code, corrected));
                }
                let meant = self.meant.sheet_id.to_owned();
                faults.extend(other(&text).map(|said| What::Says { code, said, meant }));
            }
        }
    }

    /// A copy of a code's place.
    fn window(&self, area: &Area) -> Window {
        Window::of(&self.ground.picture, area).lay(self.boxes(area)).copied()
    }

    /// Boxes of one symbol were painted one after the other: from the first that is in the area to the last.
    fn boxes(&self, area: &Area) -> &[Area] {
        let near = area.grown(NEAR_MM);
        let all = &self.painted.boxes;
        let first = all.iter().position(|b| near.overlaps(b)).unwrap_or(0);
        let last = all.iter().rposition(|b| near.overlaps(b)).map_or(first, |i| i + 1);
        &all[first..last]
    }

    /// What stands in the printed code's place, without blanks.
    fn printed(&self) -> String {
        let Some(frame) = &self.ground.frame else { return String::new() };
        let inside = self.painted.texts.iter().filter(|run| frame.printed.grown(ROUNDED_MM).holds(&run.ink));
        let text: String = inside.map(|run| self.painted.text(run, &self.ground.letters)).collect();
        text.replace(' ', "")
    }

    /// Every module of a Code 128, sampled.
    fn barcode(&self, area: &Area) -> Option<What> {
        let modules = barcode::modules(self.meant.sheet_id)?;
        let window = self.window(area);
        let module = area.w / modules.len() as f64;
        let row = window.gray.row(window.row(area.y + area.h / 2.0));
        let is_dark = |i: usize| row[window.column(area.x + (i as f64 + 0.5) * module)] < 128;
        let wrong = modules.iter().enumerate().any(|(i, &dark)| is_dark(i) != dark);
        wrong.then_some(What::Unreadable(Code::Barcode))
    }
}
