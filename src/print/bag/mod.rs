//! The papers of the exam bag beside booklets and sheets: covers, labels, lists, minutes.
//!
//! ```text
//! Paper, Heading -> forms (static layers, drawn once) ─┐
//! Room or unit -> pages (texts for their slots) ───────┴-> stamped as the sheets are
//! ```

mod attendance;
pub mod barcode;
mod checklist;
mod contents;
mod cover;
mod door;
mod framed;
mod grid;
mod headline;
mod instructions;
mod label;
mod minutes;
pub mod order;
mod yard;

pub use order::by_name;

use super::draw::{Align, Drawing, Heading, Slot};
use super::fit::{self, Fitted, Measure};
use super::typeface::Style;
use crate::sheet::Layout;
use crate::sheet::frame::Area;
use std::borrow::Cow;

/// A kind of paper. `contents` names and orders them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Paper {
    /// `cover`: what is in the room's bag, with counts and codes.
    Cover,
    /// `label`: for the envelope.
    Label,
    /// `door`: who sits in this room.
    Door,
    /// `attendance`: to be signed, with bubbles for the absent that the reader reads.
    Attendance,
    /// `yard`: all of a unit, and in which room each is.
    Yard,
    /// `minutes`: the ata.
    Minutes,
    /// `instructions`: for who applies the exam.
    Instructions,
    /// `return`: what comes back in the bag, to be ticked off.
    Return,
}

impl Paper {
    pub const ALL: [Paper; 8] = [
        Paper::Cover,
        Paper::Label,
        Paper::Door,
        Paper::Attendance,
        Paper::Yard,
        Paper::Minutes,
        Paper::Instructions,
        Paper::Return,
    ];

    /// What a package calls it.
    pub fn word(self) -> &'static str {
        match self {
            Paper::Cover => "cover",
            Paper::Label => "label",
            Paper::Door => "door",
            Paper::Attendance => "attendance",
            Paper::Yard => "yard",
            Paper::Minutes => "minutes",
            Paper::Instructions => "instructions",
            Paper::Return => "return",
        }
    }

    /// What stands on it.
    pub fn title(self) -> &'static str {
        match self {
            Paper::Cover => "Capa do malote",
            Paper::Label => "Etiqueta do envelope",
            Paper::Door => "Lista de porta",
            Paper::Attendance => "Lista de presença",
            Paper::Yard => "Lista de pátio",
            Paper::Minutes => "Ata de sala",
            Paper::Instructions => "Instruções ao aplicador",
            Paper::Return => "Conferência da devolução",
        }
    }

    /// What is the same on all pages of this paper. `instructions` are the package's own, in place of ours.
    pub fn forms(self, heading: &Heading, instructions: &[String]) -> Vec<Form> {
        match self {
            Paper::Cover => vec![cover::form(heading)],
            Paper::Label => vec![label::form(heading)],
            Paper::Door => door::forms(heading),
            Paper::Attendance => vec![attendance::form(heading)],
            Paper::Yard => yard::forms(heading),
            Paper::Minutes => vec![minutes::form(heading)],
            Paper::Instructions => instructions::forms(heading, instructions),
            Paper::Return => vec![checklist::form(heading)],
        }
    }

    /// The pages of one room; of a yard list, of one unit.
    pub fn pages<'a>(self, facts: &'a RoomFacts<'a>, forms: &[Form]) -> Vec<Page<'a>> {
        match self {
            Paper::Cover => vec![cover::page(facts)],
            Paper::Label => vec![label::page(facts)],
            Paper::Door => door::pages(facts),
            Paper::Attendance => attendance::pages(facts),
            Paper::Yard => yard::pages(facts),
            Paper::Minutes => vec![minutes::page(facts)],
            Paper::Instructions => instructions::pages(forms.len()),
            Paper::Return => vec![checklist::page(facts)],
        }
    }
}

/// The static layer of pages of one kind.
#[derive(Clone, Debug)]
pub struct Form {
    /// Where the reader can read the page: its frame is drawn, and its code is stamped.
    pub layout: Option<Layout>,
    pub drawing: Drawing,
}

/// One page: the texts that go into the slots of a form.
#[derive(Clone, Debug, Default)]
pub struct Page<'a> {
    /// Index in the paper's forms.
    pub form: usize,
    pub texts: Vec<Filled<'a>>,
    /// A Code 128 of the page's sheet id is printed here, with its quiet zones, where there is one (millimetres).
    pub barcode: Option<Area>,
    /// On an attendance list: index of the student in `RoomFacts::students` for each of the layout's rows.
    pub rows: Vec<usize>,
}

/// A text for a slot: it stands at the left, in the middle or at the right of the slot's width.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled<'a> {
    pub slot: Slot,
    pub style: Style,
    pub align: Align,
    /// A person's name is abbreviated where it is too long, anything else is cut.
    pub name: bool,
    pub text: Cow<'a, str>,
}

impl Filled<'_> {
    /// The text as it is set, and where it begins.
    pub fn fitted(&self, face: &impl Measure) -> (f64, Fitted) {
        let Slot { x, w, size_pt, .. } = self.slot;
        let set = if self.name { fit::name } else { fit::line };
        let fitted = set(face, size_pt, w, &self.text);
        let free = w - fit::width_mm(face, size_pt, &fitted.text) * fitted.condense;
        let x = match self.align {
            Align::Left => x,
            Align::Center => x + free / 2.0,
            Align::Right => x + free,
        };
        (x, fitted)
    }
}

/// What is known of a room's bag. A yard list takes a unit's, with its students in all rooms.
#[derive(Clone, Debug, Default)]
pub struct RoomFacts<'a> {
    pub unit: &'a str,
    pub room: &'a str,
    /// In the order of the lists: see [`by_name`].
    pub students: Vec<StudentFacts<'a>>,
    pub spares: u32,
    /// What is in the bag, in order: `("Cadernos de prova", 43)`.
    pub contents: Vec<(String, u32)>,
    /// Which bag of how many of the unit.
    pub bag: (u32, u32),
}

#[derive(Clone, Copy, Debug, Default)]
pub struct StudentFacts<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub enrollment: &'a str,
    pub class: &'a str,
    pub seat: &'a str,
    pub room: &'a str,
    pub version: Option<u64>,
    pub large_print: bool,
}

#[cfg(test)]
mod tests;
