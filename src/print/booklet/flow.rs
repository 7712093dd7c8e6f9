//! From an order of questions to what flows through the columns: atoms, which are never parted, in groups, which are
//! parted only where they must be.

use super::look::{Look, NUMBER_SIZE, pt};
use super::order::{Order, Placed, letter};
use super::set::Set;
use crate::print::fit::{self, Measure};
use crate::print::package::{Exam, Kind, Question, Space};
use crate::print::typeface::Style;
use std::borrow::Cow;
use std::ops::Range;

/// Something at a place in its atom, in points from the atom's top-left corner; texts stand on their baseline.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    Form {
        form: usize,
        x: f64,
        y: f64,
        height: f64,
    },
    Text {
        style: Style,
        size: f64,
        x: f64,
        y: f64,
        text: Cow<'static, str>,
    },
    /// A letter in a circle around a place.
    Letter {
        letter: char,
        x: f64,
        y: f64,
    },
    /// A level line.
    Rule {
        x0: f64,
        x1: f64,
        y: f64,
        weight: f64,
        lightness: f64,
    },
    /// An outline: left, top, width, height.
    Frame([f64; 4]),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Atom {
    /// Space above it, but at a column's top.
    pub before: f64,
    pub height: f64,
    pub marks: Vec<Mark>,
    /// Whether it stays in one column with what follows.
    pub keep: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    pub atoms: Vec<Atom>,
}

impl Atom {
    /// With a label before its first line. A circle of this radius around the label's middle may reach above that, or below
    /// all of it: where no circle is drawn there is as much space, so that all options have one rhythm. Returns how far the
    /// texts went down.
    fn labelled(&mut self, mut label: Mark, middle: f64, radius: f64) -> f64 {
        let down = (radius - middle).max(0.0);
        if let Mark::Letter { y, .. } | Mark::Text { y, .. } = &mut label {
            *y += down;
        }
        for mark in &mut self.marks {
            if let Mark::Form { y, .. } = mark {
                *y += down;
            }
        }
        self.height = (self.height + down).max(middle + down + radius);
        self.marks.push(label);
        down
    }
}

/// Numbered lines for an essay have a page of their own.
#[derive(Clone, Debug, PartialEq)]
pub enum Flow {
    Group(Group),
    Essay { number: u32, lines: u32 },
}

/// Radius of the circle around an alternative's letter, in parts of the type's size.
pub const LETTER_RADIUS: f64 = 0.62;

pub struct Flowing<'b> {
    pub exam: &'b Exam,
    pub set: &'b Set,
    pub look: &'b Look,
}

impl Flowing<'_> {
    /// `language`: where it is known which one the student chose, the other languages' sections are left out.
    pub fn flow(&self, order: &Order, language: Option<&str>) -> Vec<Flow> {
        let mut flows = Vec::new();
        if !self.exam.look.cover {
            let atoms = self.instructions();
            flows.extend((!atoms.is_empty()).then_some(Flow::Group(Group { atoms })));
        }
        let mut section = None;
        let mut pending = Vec::new();
        let mut text = None;
        for (i, placed) in order.questions.iter().enumerate() {
            let gate = &self.exam.sections[placed.section].language;
            if let (Some(gate), Some(language)) = (gate, language)
                && !gate.eq_ignore_ascii_case(language)
            {
                continue;
            }
            if section.replace(placed.section) != Some(placed.section) {
                pending.append(&mut self.section(placed.section));
            }
            let question = &self.exam.questions[placed.question];
            if question.text.is_some() && question.text != text {
                let same = |p: &&Placed| self.exam.questions[p.question].text == question.text;
                let last = order.questions[i..].iter().take_while(same).last().map_or(placed.number, |p| p.number);
                let mut group = self.text(question.text.unwrap_or(0), placed.number, last);
                group.atoms.splice(0..0, std::mem::take(&mut pending));
                flows.push(Flow::Group(group));
            }
            text = question.text;
            let mut group = self.question(placed, question);
            group.atoms.splice(0..0, std::mem::take(&mut pending));
            flows.push(Flow::Group(group));
            if let (Kind::Essay, Space::Lines(lines)) = (question.kind, question.space) {
                flows.push(Flow::Essay { number: placed.number, lines });
            }
        }
        flows
    }

    pub fn instructions(&self) -> Vec<Atom> {
        let mut atoms = Vec::new();
        self.forms(self.set.instructions.clone(), 0.0, 0.0, &mut atoms);
        atoms
    }

    /// Forms one under another. Between slices of one piece there is no space: it is in them.
    fn forms(&self, forms: Range<usize>, x: f64, before: f64, atoms: &mut Vec<Atom>) {
        for (i, form) in forms.enumerate() {
            let height = self.set.forms[form].height;
            let before = if i == 0 { before } else { 0.0 };
            // With room for a label.
            let mut marks = Vec::with_capacity(2);
            marks.push(Mark::Form { form, x, y: 0.0, height });
            atoms.push(Atom { before, height, marks, keep: false });
        }
    }

    fn section(&self, index: usize) -> Vec<Atom> {
        let section = &self.exam.sections[index];
        let look = self.look;
        let mut atoms = Vec::new();
        let gate = section.language.as_ref().map(|l| format!(" (opção {l})")).unwrap_or_default();
        let title = format!("{}{gate}", section.title);
        if !title.is_empty() {
            let size = look.size * 1.25;
            let room = look.column_width * crate::units::MM_PER_POINT;
            let lines = fit::paragraph(Style::Bold.face(), size, room, &title);
            let line_height = size * 1.2;
            let height = line_height * lines.len() as f64 + 0.35 * size;
            let text = |(i, text): (usize, String)| {
                let y = line_height * i as f64 + 0.95 * size;
                Mark::Text { style: Style::Bold, size, x: 0.0, y, text: text.into() }
            };
            let mut marks: Vec<Mark> = lines.into_iter().enumerate().map(text).collect();
            marks.push(Mark::Rule { x0: 0.0, x1: look.column_width, y: height - 0.6, weight: 1.2, lightness: 0.0 });
            atoms.push(Atom { before: look.question_gap * 1.3, height, marks, keep: true });
        }
        self.forms(self.set.sections[index].clone(), 0.0, look.paragraph, &mut atoms);
        if let Some(last) = atoms.last_mut() {
            last.keep = true;
        }
        atoms
    }

    fn text(&self, index: usize, first: u32, last: u32) -> Group {
        let which = match last - first {
            0 => format!("Texto para a questão {first}"),
            1 => format!("Texto para as questões {first} e {last}"),
            _ => format!("Texto para as questões de {first} a {last}"),
        };
        let size = self.look.size * 0.95;
        let marks = vec![Mark::Text { style: Style::Bold, size, x: 0.0, y: 0.9 * size, text: which.into() }];
        let mut atoms = vec![Atom { before: self.look.question_gap, height: 1.2 * size, marks, keep: true }];
        self.forms(self.set.texts[index].clone(), 0.0, 0.4 * size, &mut atoms);
        Group { atoms }
    }

    fn question(&self, placed: &Placed, question: &Question) -> Group {
        let look = self.look;
        let stem = self.set.stems[placed.question].clone();
        let mut atoms = Vec::with_capacity(stem.len() + placed.options.len() + 4);
        atoms.push(self.heading(placed.number, question.points));
        self.forms(stem, 0.0, 0.35 * look.size, &mut atoms);
        if !placed.options.is_empty() {
            // The question is not alone at a column's foot, nor the last alternative at the next one's head.
            atoms.last_mut().expect("its heading").keep = true;
        }
        match self.set.rows[placed.question] {
            Some(columns) => self.rows(placed, question.kind, columns, &mut atoms),
            None => {
                for (place, &option) in placed.options.iter().enumerate() {
                    let before = if place == 0 { look.paragraph.max(look.option_gap) } else { look.option_gap };
                    self.option(placed.question, option, question.kind, place, before, &mut atoms);
                }
            }
        }
        self.space(question, &mut atoms);
        Group { atoms }
    }

    /// One alternative or statement with its label; returns its first line's baseline.
    pub(super) fn option(
        &self,
        question: usize,
        option: usize,
        kind: Kind,
        place: usize,
        before: f64,
        atoms: &mut Vec<Atom>,
    ) -> f64 {
        let look = self.look;
        let forms = &self.set.options[question][option];
        let begins = atoms.len();
        self.forms(forms.clone(), look.option_indent, before, atoms);
        if begins == atoms.len() {
            atoms.push(Atom { before, height: look.size, ..Atom::default() });
        }
        let baseline = forms.clone().next().and_then(|form| self.set.forms[form].baseline).unwrap_or(look.size);
        let middle = baseline - Style::Bold.face().cap_height() * look.size * 0.92 / 2.0;
        let label = self.label(kind, place, baseline, middle);
        baseline + atoms[begins].labelled(label, middle, LETTER_RADIUS * look.size)
    }

    fn heading(&self, number: u32, points: Option<f64>) -> Atom {
        let look = self.look;
        let size = look.size * NUMBER_SIZE;
        let text = format!("QUESTÃO {number:02}");
        let more = if number > 99 { 0.6 } else { 0.0 };
        let begins = look.number_width + (0.6 + more) * size;
        let mut marks = Vec::with_capacity(3);
        let mut ends = look.column_width;
        if let Some(points) = points {
            let unit = if points == 1.0 { "ponto" } else { "pontos" };
            let said = format!("{} {unit}", format!("{points}").replace('.', ","));
            let x = ends - Style::Regular.face().width(&said) * size * 0.9;
            ends = x - 0.6 * size;
            marks.push(Mark::Text { style: Style::Regular, size: size * 0.9, x, y: 0.92 * size, text: said.into() });
        }
        marks.push(Mark::Text { style: Style::Bold, size, x: 0.0, y: 0.92 * size, text: text.into() });
        marks.push(Mark::Rule { x0: begins, x1: ends, y: 0.6 * size, weight: 0.5, lightness: 0.0 });
        Atom { before: look.question_gap, height: 1.25 * size, marks, keep: true }
    }

    fn label(&self, kind: Kind, place: usize, baseline: f64, middle: f64) -> Mark {
        let size = self.look.size;
        let text = |text: String| Mark::Text { style: Style::Bold, size, x: 0.0, y: baseline, text: text.into() };
        match kind {
            Kind::Sum => text(format!("{:02}", 1_u64 << place.min(40))),
            Kind::Matrix => Mark::Text { style: Style::Regular, size, x: 0.0, y: baseline, text: "(    )".into() },
            _ => Mark::Letter { letter: letter(place), x: LETTER_RADIUS * size + 0.4, y: middle },
        }
    }

    fn space(&self, question: &Question, atoms: &mut Vec<Atom>) {
        let look = self.look;
        let whole = look.column_height(false);
        match question.space {
            Space::Lines(_) if question.kind == Kind::Essay => {}
            Space::Lines(lines) => {
                for i in 0..lines {
                    let marks = vec![Mark::Rule {
                        x0: 0.0,
                        x1: look.column_width,
                        y: look.ruling - 0.3,
                        weight: 0.4,
                        lightness: 0.5,
                    }];
                    // The first line is not alone.
                    atoms.push(Atom { before: 0.0, height: look.ruling, marks, keep: i == 0 && lines > 1 });
                }
            }
            Space::Box(mm) | Space::Blank(mm) => {
                let height = pt(mm).min(whole - look.question_gap);
                let frame = Mark::Frame([0.3, 0.0, look.column_width - 0.6, height]);
                let marks = if matches!(question.space, Space::Box(_)) { vec![frame] } else { Vec::new() };
                atoms.push(Atom { before: look.paragraph, height, marks, keep: false });
            }
            Space::None => {}
        }
    }
}
