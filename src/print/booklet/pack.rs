//! Groups into columns, and columns onto pages.

use super::balance::balance;
use super::flow::{Atom, Flow, Group};
use super::look::Look;

/// What stands on a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Packed {
    Columns(Vec<PlacedAtom>),
    /// With the instructions, as wide as the page.
    Cover(Vec<PlacedAtom>),
    Essay {
        number: u32,
        lines: u32,
    },
}

/// An atom's top-left corner, in points from the page's.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedAtom {
    pub x: f64,
    pub y: f64,
    pub atom: Atom,
}

/// `headed`: the first page says whose booklet it is, and its columns begin lower.
pub fn pack(flows: Vec<Flow>, look: &Look, headed: bool) -> Vec<Packed> {
    let (pages, essays, units) = (Vec::new(), Vec::new(), Vec::new());
    let mut packer = Packer { look, headed, pages, units, essays, column: 0, y: 0.0, top: 0.0 };
    for flow in flows {
        match flow {
            Flow::Group(group) => packer.group(group),
            Flow::Essay { number, lines } => packer.essays.push(Packed::Essay { number, lines }),
        }
    }
    let Packer { mut pages, units, essays, top, .. } = packer;
    if let Some(last) = pages.last_mut() {
        balance(last, &units, look, top);
    }
    pages.into_iter().map(Packed::Columns).chain(essays).collect()
}

/// The instructions on a cover; what it has no room for goes on pages of its own.
pub fn cover(atoms: Vec<Atom>, look: &Look, top: f64) -> Vec<Packed> {
    let bottom = look.bottom - COVER_FOOT;
    let mut pages = vec![Vec::new()];
    let mut y = top;
    for atom in atoms {
        if y + atom.before + atom.height > bottom && !pages.last().is_some_and(Vec::is_empty) {
            pages.push(Vec::new());
            y = look.top;
        }
        y += atom.before;
        let height = atom.height;
        pages.last_mut().expect("there is one").push(PlacedAtom { x: look.left, y, atom });
        y += height;
    }
    let first = pages.remove(0);
    std::iter::once(Packed::Cover(first)).chain(pages.into_iter().map(Packed::Columns)).collect()
}

/// A line to sign stands there, in points.
const COVER_FOOT: f64 = 45.0;

struct Packer<'l> {
    look: &'l Look,
    headed: bool,
    pages: Vec<Vec<PlacedAtom>>,
    /// Where on the last page a column may begin, as indices of its atoms.
    units: Vec<usize>,
    /// At the end, so that they can be taken out.
    essays: Vec<Packed>,
    column: usize,
    y: f64,
    /// Of the column being filled.
    top: f64,
}

fn height(atoms: &[Atom]) -> f64 {
    atoms.iter().enumerate().map(|(i, a)| a.height + if i > 0 { a.before } else { 0.0 }).sum()
}

impl Packer<'_> {
    fn group(&mut self, mut group: Group) {
        let whole = height(&group.atoms);
        let fits_somewhere = whole <= self.look.column_height(false);
        if fits_somewhere && !self.fits(&group.atoms) {
            self.next_column();
            // A first page's columns are lower.
            while !self.fits(&group.atoms) {
                self.next_column();
            }
        }
        let all = group.atoms.len();
        let mut rest = &mut group.atoms[..];
        while !rest.is_empty() {
            let bound = rest.iter().take_while(|a| a.keep).count() + 1;
            let is_first = rest.len() == all;
            let (run, after) = rest.split_at_mut(bound.min(rest.len()));
            if !self.fits(run) && !self.is_at_top() {
                self.next_column();
            }
            if !fits_somewhere || is_first {
                let at = self.pages.last().map_or(0, Vec::len);
                self.units.extend((self.units.last() != Some(&at)).then_some(at));
            }
            run.iter_mut().for_each(|atom| self.put(std::mem::take(atom)));
            rest = after;
        }
    }

    fn is_at_top(&self) -> bool {
        !self.pages.is_empty() && self.y == self.top
    }

    fn fits(&self, atoms: &[Atom]) -> bool {
        if self.pages.is_empty() {
            return false;
        }
        let before = if self.is_at_top() { 0.0 } else { atoms.first().map_or(0.0, |a| a.before) };
        self.y + before + height(atoms) <= self.look.bottom + 0.01
    }

    fn next_column(&mut self) {
        self.column += 1;
        if self.pages.is_empty() || self.column == self.look.columns {
            self.column = 0;
            self.pages.push(Vec::new());
            // What is not done with on the page before goes on here.
            self.units = vec![0];
        }
        self.top = if self.headed && self.pages.len() == 1 { self.look.first_top } else { self.look.top };
        self.y = self.top;
    }

    fn put(&mut self, atom: Atom) {
        if self.pages.is_empty() {
            self.next_column();
        }
        let before = if self.is_at_top() { 0.0 } else { atom.before };
        // An atom higher than a column stands at its top and is cut by the paper's edge.
        if self.y + before + atom.height > self.look.bottom + 0.01 && !self.is_at_top() {
            self.next_column();
            return self.put(atom);
        }
        let y = self.y + before;
        let x = self.look.column_x(self.column);
        self.y = y + atom.height;
        self.pages.last_mut().expect("there is a page").push(PlacedAtom { x, y, atom });
    }
}
