//! The papers of the exam bag beside booklets and sheets: covers, labels, lists, minutes.
//!
//! ```text
//! Paper, Heading -> forms (static layers, drawn once) ─┐
//! Room or unit -> pages (texts for their slots) ───────┴-> stamped as the sheets are
//! ```

use super::draw::{Align, Drawing, Slot};
use super::typeface::Style;
use crate::sheet::Layout;
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
    /// A Code 128 of the page's sheet id is printed here, where there is one (millimetres).
    pub barcode: Option<crate::sheet::frame::Area>,
    /// On an attendance list: index of the student in `RoomFacts::students` for each of the layout's rows.
    pub rows: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Filled<'a> {
    pub slot: Slot,
    pub style: Style,
    pub align: Align,
    /// A person's name is abbreviated where it is too long, anything else is cut.
    pub name: bool,
    pub text: Cow<'a, str>,
}

#[derive(Clone, Debug, Default)]
pub struct RoomFacts<'a> {
    pub unit: &'a str,
    pub room: &'a str,
    /// By name, as a Brazilian register has them: accents and case do not matter.
    pub students: Vec<StudentFacts<'a>>,
    pub spares: u32,
    /// What is in the bag, in order: `("Cadernos de prova", 43)`.
    pub contents: Vec<(String, u32)>,
    /// Which bag of how many of the unit.
    pub bag: (u32, u32),
}

#[derive(Clone, Copy, Debug, Default)]
pub struct StudentFacts<'a> {
    pub name: &'a str,
    pub enrollment: &'a str,
    pub class: &'a str,
    pub seat: &'a str,
    pub room: &'a str,
    pub version: Option<u64>,
    pub large_print: bool,
}
