//! Changes of the words of a text, wherever they stand in it.

use super::model::{Align, Block, Inline, Math};

/// Longer words are given places to break where a column is too narrow for them, at every so many characters.
const LONG: usize = 16;
const EVERY: usize = 8;
const SOFT_HYPHEN: char = '\u{ad}';

/// Words that no column is too narrow for.
pub fn with_soft_hyphens(blocks: Vec<Block>) -> Vec<Block> {
    map_text(blocks, &|text| vec![Inline::Text { text: hyphenated(text) }])
}

fn hyphenated(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let long = word.chars().count() > LONG;
        for (i, c) in word.chars().enumerate() {
            if long && i > 0 && i % EVERY == 0 {
                out.push(SOFT_HYPHEN);
            }
            out.push(c);
        }
    }
    out
}

/// As an option stands beside its label: what would be centred in a column begins at its left, and a formula has the
/// label's baseline.
pub fn beside_label(blocks: Vec<Block>) -> Vec<Block> {
    let beside = |block| match block {
        Block::Equation { math } => {
            let math = Math::Styled { display: true, body: Box::new(math) };
            Block::Paragraph { align: Align::Natural, inlines: vec![Inline::Math { math }] }
        }
        Block::Figure { picture, align: Align::Natural, caption } => {
            Block::Figure { picture, align: Align::Left, caption }
        }
        other => other,
    };
    blocks.into_iter().map(beside).collect()
}

/// Every run of text replaced by what `change` makes of it.
pub fn map_text(blocks: Vec<Block>, change: &dyn Fn(&str) -> Vec<Inline>) -> Vec<Block> {
    blocks.into_iter().map(|b| block(b, change)).collect()
}

fn block(block: Block, change: &dyn Fn(&str) -> Vec<Inline>) -> Block {
    match block {
        Block::Paragraph { align, inlines } => Block::Paragraph { align, inlines: all(inlines, change) },
        Block::Heading { level, inlines } => Block::Heading { level, inlines: all(inlines, change) },
        Block::List { marker, items } => {
            Block::List { marker, items: items.into_iter().map(|item| map_text(item, change)).collect() }
        }
        Block::Quote { blocks } => Block::Quote { blocks: map_text(blocks, change) },
        Block::Table(mut table) => {
            for cell in &mut table.cells {
                cell.blocks = map_text(std::mem::take(&mut cell.blocks), change);
            }
            Block::Table(table)
        }
        other => other,
    }
}

fn all(inlines: Vec<Inline>, change: &dyn Fn(&str) -> Vec<Inline>) -> Vec<Inline> {
    let changed = |inline| match inline {
        Inline::Text { text } => change(&text),
        Inline::Styled { style, inlines } => vec![Inline::Styled { style, inlines: all(inlines, change) }],
        other => vec![other],
    };
    inlines.into_iter().flat_map(changed).collect()
}
