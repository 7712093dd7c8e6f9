//! All texts of an exam, typeset once: the forms that every version and every student's booklet is put together from.

use super::look::Look;
use super::piece::Piece;
use super::rows;
use crate::json::Fault;
use crate::print::package::{Alternatives, Exam, Kind};
use crate::print::rich::model::{Align, Block};
use crate::print::rich::text::with_soft_hyphens;
use crate::print::typeset::{Budget, Item, Setting, TypesetError, typeset};
use std::ops::Range;
use std::time::Duration;

/// For all texts of an exam; a question takes a millisecond.
const LIMIT: Duration = Duration::from_secs(60);
/// A piece lower than so many lines is never parted, and so many stay together where one is.
const LINES_TOGETHER: f64 = 2.0;
/// Text that is too wide is set anew in smaller type, down to this part of its size; what is wider yet is scaled as it is.
const SMALLEST: f64 = 0.25;

const WIDER: f64 = 1.2;

/// Forms by number, and which of them show what.
#[derive(Default)]
pub struct Set {
    pub forms: Vec<Piece>,
    pub instructions: Range<usize>,
    pub texts: Vec<Range<usize>>,
    pub sections: Vec<Range<usize>>,
    pub stems: Vec<Range<usize>>,
    /// By question and option.
    pub options: Vec<Vec<Range<usize>>>,
    /// By question: how many options stand side by side, where they do.
    pub rows: Vec<Option<usize>>,
    pub notes: Vec<Fault>,
}

struct Part<'e> {
    path: String,
    blocks: &'e [Block],
    width: f64,
    justify: bool,
}

impl<'e> Part<'e> {
    fn item(&self) -> Item<'e> {
        Item { width: self.width, align: Align::Natural, justify: self.justify, blocks: self.blocks }
    }
}

impl Set {
    pub fn new(exam: &Exam, look: &Look) -> Self {
        let mut parts = Vec::new();
        let part = |path: String, blocks, width| Part { path, blocks, width, justify: true };
        let measure = look.width - 2.0 * look.left;
        let column = look.column_width;
        let instructions = if exam.look.cover { measure } else { column };
        parts.push(part("exam.instructions".into(), &exam.look.instructions[..], instructions));
        for (i, text) in exam.texts.iter().enumerate() {
            parts.push(part(format!("exam.texts[{i}].content"), &text.blocks, column));
        }
        for (i, section) in exam.sections.iter().enumerate() {
            parts.push(part(format!("exam.sections[{i}].content"), &section.blocks, column));
        }
        for question in &exam.questions {
            parts.push(part(format!("{}.stem", question.path), &question.stem, column));
            for (i, option) in question.options.iter().enumerate() {
                let key = question.kind.options_key();
                let path = format!("{}.{key}[{i}]", question.path);
                parts.push(Part { path, blocks: &option.blocks, width: column - look.option_indent, justify: false });
            }
        }
        let mut set = Set::default();
        let mut ranges = set.typeset(&parts, look).into_iter();
        let mut next = || ranges.next().unwrap_or(0..0);
        set.instructions = next();
        set.texts = exam.texts.iter().map(|_| next()).collect();
        set.sections = exam.sections.iter().map(|_| next()).collect();
        for question in &exam.questions {
            set.stems.push(next());
            let options: Vec<Range<usize>> = question.options.iter().map(|_| next()).collect();
            let lettered = matches!(question.kind, Kind::Choice | Kind::Multiple);
            let asked = lettered && exam.look.alternatives == Alternatives::Rows;
            set.rows.push(asked.then(|| rows::columns(&options, &set.forms, look)).flatten());
            set.options.push(options);
        }
        set
    }

    /// The forms of each part.
    fn typeset(&mut self, parts: &[Part], look: &Look) -> Vec<Range<usize>> {
        let full: Vec<&Part> = parts.iter().filter(|p| !p.blocks.is_empty()).collect();
        let items: Vec<Item> = full.iter().map(|p| p.item()).collect();
        let mut budget = Budget::new(LIMIT);
        let mut pieces = typeset(&items, &look.setting, &mut budget).into_iter();
        parts
            .iter()
            .map(|part| {
                let first = self.forms.len();
                if !part.blocks.is_empty() {
                    let piece = pieces.next().unwrap_or(Err(TypesetError::TooLong(LIMIT)));
                    self.part(part, piece, look, &mut budget);
                }
                first..self.forms.len()
            })
            .collect()
    }

    /// Where one block of several is too wide, the others keep their size.
    fn part(&mut self, part: &Part, piece: Result<Piece, TypesetError>, look: &Look, budget: &mut Budget) {
        match piece {
            Ok(piece) if part.blocks.len() > 1 && over(&piece, part, &look.setting) > part.width => {
                for (i, block) in part.blocks.iter().enumerate() {
                    let alone = Part { path: part.path.clone(), blocks: std::slice::from_ref(block), ..*part };
                    let piece = typeset(&[alone.item()], &look.setting, budget).pop();
                    let mut piece = self.checked(&alone, piece.unwrap_or(Ok(Piece::default())), &look.setting, budget);
                    piece.height += if i + 1 < part.blocks.len() { look.paragraph } else { 0.0 };
                    self.slices(&alone, piece, look);
                }
            }
            piece => {
                let piece = self.checked(part, piece, &look.setting, budget);
                self.slices(part, piece, look);
            }
        }
    }

    fn slices(&mut self, part: &Part, piece: Piece, look: &Look) {
        let line = look.size * (1.0 + look.setting.leading);
        for slice in piece.slices(LINES_TOGETHER * line) {
            let slice = self.lowered(part, slice, look);
            self.forms.push(slice);
        }
    }

    fn note(&mut self, part: &Part, message: String) {
        self.notes.push(Fault { path: part.path.clone(), message });
    }

    /// The piece as it can be printed, or what stands for it.
    fn checked(
        &mut self,
        part: &Part,
        piece: Result<Piece, TypesetError>,
        setting: &Setting,
        budget: &mut Budget,
    ) -> Piece {
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) => {
                self.note(part, format!("{error}; a box is printed for it"));
                return placeholder(part, setting);
            }
        };
        let mut missing: Vec<char> = piece.missing().collect();
        missing.sort_unstable();
        missing.dedup();
        for c in missing {
            self.note(part, format!("no typeface here has “{c}” (U+{:04X}): “�” is printed for it", u32::from(c)));
        }
        self.narrowed(part, piece, setting, budget)
    }

    /// What is wider than its column has its long words broken, and else is set smaller.
    fn narrowed(&mut self, part: &Part, piece: Piece, setting: &Setting, budget: &mut Budget) -> Piece {
        let mut piece = piece;
        let mut wide = over(&piece, part, setting);
        if wide <= part.width {
            return piece;
        }
        let mut set = |blocks: &[Block], width: f64| {
            typeset(&[Item { width, blocks, ..part.item() }], setting, budget).pop().and_then(Result::ok)
        };
        let blocks = with_soft_hyphens(part.blocks.to_vec());
        if let Some(hyphenated) = set(&blocks, part.width) {
            wide = over(&hyphenated, part, setting);
            piece = hyphenated;
        }
        let mut factor = 1.0;
        // Typeset wider, a text may still find something that does not fit.
        while wide > part.width / factor && factor > SMALLEST {
            let smaller = (part.width / wide).min(0.98 * factor).max(SMALLEST);
            let Some(again) = set(&blocks, part.width / smaller) else { break };
            factor = smaller;
            wide = over(&again, &Part { path: String::new(), width: part.width / factor, ..*part }, setting);
            piece = again;
        }
        // Nothing is cut by the paper's edge.
        if wide > part.width / factor {
            factor = part.width / wide;
        }
        if factor == 1.0 {
            return piece;
        }
        self.note(part, format!("wider than its column: set at {:.0} % of its size", factor * 100.0));
        piece.scaled(factor)
    }

    /// What can't be parted and is higher than a column is set smaller: it would be cut by the paper's edge.
    fn lowered(&mut self, part: &Part, slice: Piece, look: &Look) -> Piece {
        let factor = look.column_height(true) / slice.height;
        if factor >= 1.0 {
            return slice;
        }
        self.note(part, format!("higher than its column: set at {:.0} % of its size", factor * 100.0));
        slice.scaled(factor)
    }
}

/// How wide a column has to be for the piece. Punctuation hangs in the margin. A table that is too wide is squeezed until its
/// words run into one another; how wide it has to be shows only when it is set wider.
fn over(piece: &Piece, part: &Part, setting: &Setting) -> f64 {
    let (left, right) = piece.extent();
    let hang = 0.6 * setting.size;
    if left < -hang || right > part.width + hang {
        right - left
    } else if part.blocks.iter().any(|b| matches!(b, Block::Table(_))) && piece.collides() {
        WIDER * part.width
    } else {
        0.0
    }
}

/// A visible box for what can't be typeset.
fn placeholder(part: &Part, setting: &Setting) -> Piece {
    use crate::print::rich::model::Inline;
    let text = "conteúdo que não pôde ser composto".to_owned();
    let blocks = [Block::Paragraph { align: Align::Left, inlines: vec![Inline::Placeholder { text }] }];
    let item = Item { blocks: &blocks, ..part.item() };
    // Our own words: no text has used up their time.
    let piece = typeset(&[item], setting, &mut Budget::new(LIMIT)).into_iter().next();
    piece.and_then(Result::ok).unwrap_or(Piece { width: part.width, height: setting.size, ..Piece::default() })
}
