//! Text that flows: inline runs gather in a line until a block ends it. White space collapses here as CSS has it.

use crate::print::rich::model::{Align, Block, Inline, Math, Picture, TextStyle};
use crate::print::rich::symbol;
use unicode_normalization::UnicodeNormalization;

/// What the elements around a text say of it.
#[derive(Clone, Default)]
pub struct State {
    pub styles: Vec<TextStyle>,
    pub align: Align,
    pub heading: Option<u8>,
    pub keeps_space: bool,
}

struct Run {
    styles: Vec<TextStyle>,
    inline: Inline,
}

#[derive(Default)]
pub struct Flow {
    blocks: Vec<Block>,
    line: Vec<Run>,
    /// What the line's last picture says of its own place.
    place: Option<Align>,
}

const NO_BREAK_SPACE: &str = "\u{a0}";

impl Flow {
    pub fn text(&mut self, text: &str, state: &State) {
        for c in text.nfc().map(symbol::plain).map(plain_space).filter(|c| is_visible(*c)) {
            match c {
                '\n' if state.keeps_space => self.inline(Inline::Break, state),
                '\t' if state.keeps_space => (0..4).for_each(|_| self.letter(' ', state)),
                ' ' | '\n' | '\t' if !state.keeps_space => {
                    if !self.ends_in_space() {
                        self.letter(' ', state);
                    }
                }
                c => self.letter(c, state),
            }
        }
    }

    fn letter(&mut self, c: char, state: &State) {
        match self.line.last_mut() {
            Some(Run { styles, inline: Inline::Text { text } }) if *styles == state.styles => text.push(c),
            _ => self.inline(Inline::Text { text: c.to_string() }, state),
        }
    }

    fn ends_in_space(&self) -> bool {
        match self.line.last().map(|run| &run.inline) {
            None | Some(Inline::Break) => true,
            Some(Inline::Text { text }) => text.ends_with(' '),
            Some(_) => false,
        }
    }

    pub fn inline(&mut self, inline: Inline, state: &State) {
        self.line.push(Run { styles: state.styles.clone(), inline });
    }

    pub fn picture(&mut self, picture: Picture, place: Option<Align>, state: &State) {
        self.place = place;
        self.inline(Inline::Picture(picture), state);
    }

    /// In a line, or on one of its own.
    pub fn math(&mut self, math: Math, display: bool, state: &State) {
        if display && state.heading.is_none() {
            self.block(Block::Equation { math }, state);
        } else {
            self.inline(Inline::Math { math }, state);
        }
    }

    /// Ends the line, by the state that it stood in, and adds a block.
    pub fn block(&mut self, block: Block, state: &State) {
        self.end_line(state);
        self.blocks.push(block);
    }

    pub fn last_block(&mut self) -> Option<&mut Block> {
        if self.line.is_empty() { self.blocks.last_mut() } else { None }
    }

    pub fn end_line(&mut self, state: &State) {
        let mut line = std::mem::take(&mut self.line);
        let place = self.place.take();
        let was_empty = line.is_empty();
        trim_end(&mut line);
        if line.is_empty() {
            // A line break alone makes an empty line.
            if !was_empty && state.heading.is_none() {
                self.blocks.push(blank());
            }
            return;
        }
        let align = state.align;
        let mut inlines = nest(line, 0);
        self.blocks.push(match (state.heading, inlines.as_mut_slice()) {
            (Some(level), _) => Block::Heading { level, inlines },
            (None, [Inline::Picture(_)]) => {
                let Some(Inline::Picture(picture)) = inlines.pop() else { return };
                Block::Figure { picture, align: place.unwrap_or(align), caption: Vec::new() }
            }
            _ => Block::Paragraph { align, inlines },
        });
    }

    /// All blocks, without the empty paragraphs at the ends.
    pub fn finish(mut self, state: &State) -> Vec<Block> {
        self.end_line(state);
        let mut blocks = self.blocks;
        while blocks.last().is_some_and(is_blank) {
            blocks.pop();
        }
        let blanks = blocks.iter().take_while(|b| is_blank(b)).count();
        blocks.drain(..blanks);
        blocks
    }
}

/// What Word ends lines with is no more than a space in HTML.
fn plain_space(c: char) -> char {
    if matches!(c, '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}') { ' ' } else { c }
}

/// Controls, and the marks that editors leave where the caret was, are no text.
fn is_visible(c: char) -> bool {
    matches!(c, ' ' | '\n' | '\t') || !(c.is_control() || matches!(c, '\u{200b}' | '\u{feff}'))
}

fn blank() -> Block {
    let text = NO_BREAK_SPACE.to_owned();
    Block::Paragraph { align: Align::Natural, inlines: vec![Inline::Text { text }] }
}

fn is_blank(block: &Block) -> bool {
    fn empty(inlines: &[Inline]) -> bool {
        inlines.iter().all(|inline| match inline {
            Inline::Text { text } => text.chars().all(char::is_whitespace),
            Inline::Styled { inlines, .. } => empty(inlines),
            Inline::Break => true,
            _ => false,
        })
    }
    matches!(block, Block::Paragraph { inlines, .. } if empty(inlines))
}

/// Spaces and breaks that nothing follows.
fn trim_end(line: &mut Vec<Run>) {
    while let Some(run) = line.last_mut() {
        match &mut run.inline {
            Inline::Break => {}
            Inline::Text { text } => {
                text.truncate(text.trim_end_matches(' ').len());
                if !text.is_empty() {
                    return;
                }
            }
            _ => return,
        }
        line.pop();
    }
}

/// Neighbours that share a style stand in it together.
fn nest(runs: Vec<Run>, level: usize) -> Vec<Inline> {
    let mut inlines = Vec::new();
    let mut runs = runs.into_iter().peekable();
    while let Some(run) = runs.next() {
        let Some(&style) = run.styles.get(level) else {
            inlines.push(run.inline);
            continue;
        };
        let mut together = vec![run];
        while let Some(run) = runs.next_if(|run| run.styles.get(level) == Some(&style)) {
            together.push(run);
        }
        inlines.push(Inline::Styled { style, inlines: nest(together, level + 1) });
    }
    inlines
}

/// What blocks say, on one line: for captions. A table or a list has no place there, and is none of the result.
pub fn flatten(blocks: Vec<Block>) -> (Vec<Inline>, bool) {
    let mut inlines = Vec::new();
    let mut whole = true;
    for block in blocks {
        if !inlines.is_empty() {
            inlines.push(Inline::Break);
        }
        match block {
            Block::Paragraph { inlines: more, .. } | Block::Heading { inlines: more, .. } => inlines.extend(more),
            Block::Equation { math } => inlines.push(Inline::Math { math }),
            Block::Figure { picture, .. } => inlines.push(Inline::Picture(picture)),
            Block::Code { text } => inlines.push(Inline::Code { text }),
            Block::Rule => {}
            Block::List { .. } | Block::Table(_) | Block::Quote { .. } => whole = false,
        }
    }
    (inlines, whole)
}
