//! Blocks in a short notation, to be compared at a glance.

use crate::print::rich::model::{Align, Block, Inline, Marker, Math, Picture, PictureWidth, TextStyle};

pub fn blocks(blocks: &[Block]) -> String {
    let all: Vec<String> = blocks.iter().map(block).collect();
    all.join(" ¶ ")
}

fn block(block: &Block) -> String {
    let aligned = |align: &Align, text: String| match align {
        Align::Natural => text,
        Align::Left => format!("<{text}"),
        Align::Center => format!(">{text}<"),
        Align::Right => format!("{text}>"),
    };
    match block {
        Block::Paragraph { align, inlines } => aligned(align, self::inlines(inlines)),
        Block::Heading { level, inlines } => format!("h{level} {}", self::inlines(inlines)),
        Block::List { marker, items } => {
            let marker = match marker {
                Marker::Bullet => "•".to_owned(),
                Marker::Number { start, style } => format!("{start}{style}"),
            };
            let items: Vec<String> = items.iter().map(|item| blocks(item)).collect();
            format!("{marker}[{}]", items.join(" | "))
        }
        Block::Table(table) => {
            let cell = |c: &crate::print::rich::model::Cell| {
                let span = if (c.row_span, c.column_span) == (1, 1) {
                    String::new()
                } else {
                    format!("({}×{})", c.row_span, c.column_span)
                };
                let head = if c.header { "*" } else { "" };
                format!("{},{}{head}{span} {}", c.row, c.column, blocks(&c.blocks))
            };
            let cells: Vec<String> = table.cells.iter().map(cell).collect();
            let border = if table.borders { "▦" } else { "□" };
            format!("{border}{}×{} {{{}}}", table.rows, table.columns, cells.join("; "))
        }
        Block::Figure { picture, align, caption } => {
            let caption = if caption.is_empty() { String::new() } else { format!(": {}", self::inlines(caption)) };
            aligned(align, format!("({}{caption})", self::picture(picture)))
        }
        Block::Quote { blocks: inner } => format!("“{}”", blocks(inner)),
        Block::Code { text } => format!("```{text}```"),
        Block::Equation { math } => format!("[[{}]]", self::math(math)),
        Block::Rule => "---".to_owned(),
    }
}

fn inlines(inlines: &[Inline]) -> String {
    inlines.iter().map(inline).collect()
}

fn inline(inline: &Inline) -> String {
    match inline {
        Inline::Text { text } => text.replace('\u{a0}', "~"),
        Inline::Break => "⏎".to_owned(),
        Inline::Styled { style, inlines } => {
            let mark = match style {
                TextStyle::Bold => "b",
                TextStyle::Italic => "i",
                TextStyle::Underline => "u",
                TextStyle::Strike => "s",
                TextStyle::Subscript => "_",
                TextStyle::Superscript => "^",
                TextStyle::Small => "small",
            };
            format!("{mark}({})", self::inlines(inlines))
        }
        Inline::Code { text } => format!("`{text}`"),
        Inline::Math { math } => format!("[{}]", self::math(math)),
        Inline::Picture(picture) => self::picture(picture),
        Inline::Gap { width } => format!("gap{width}"),
        Inline::Placeholder { text } => format!("⟦{text}⟧"),
    }
}

fn math(math: &Math) -> String {
    let opt =
        |m: &Option<Box<Math>>, mark: &str| m.as_ref().map_or_else(String::new, |m| format!("{mark}{}", self::math(m)));
    let all = |items: &[Math], sep: &str| items.iter().map(self::math).collect::<Vec<_>>().join(sep);
    match math {
        Math::Row { items } => format!("⟨{}⟩", all(items, " ")),
        Math::Identifier { text, .. } | Math::Number { text, .. } | Math::Operator { text, .. } => text.clone(),
        Math::Text { text, .. } => format!("“{}”", text.replace('\u{a0}', "~")),
        Math::Space { .. } => "␣".to_owned(),
        Math::Fraction { above, below, line, .. } => {
            format!("{}{}{}", self::math(above), if *line { "/" } else { "//" }, self::math(below))
        }
        Math::Root { body, index } => format!("√{}{}", opt(index, "^"), self::math(body)),
        Math::Scripts { base, sub, sup, before_sub, before_sup } => {
            let (before_sub, before_sup) = (opt(before_sub, "_"), opt(before_sup, "^"));
            format!("{before_sub}{before_sup}{}{}{}", self::math(base), opt(sub, "_"), opt(sup, "^"))
        }
        Math::UnderOver { base, under, over, .. } => {
            format!("{}{}{}", self::math(base), opt(under, "↓"), opt(over, "↑"))
        }
        Math::Fenced { open, close, items, separators } => {
            assert!(separators.is_empty() || separators.len() + 1 == items.len());
            format!("{{{open} {} {close}}}", all(items, ","))
        }
        Math::Table { rows, .. } => {
            let rows: Vec<String> = rows.iter().map(|row| all(row, " & ")).collect();
            format!("▦({})", rows.join(" ; "))
        }
        Math::Enclosed { notation, body } => format!("{}({})", notation.join("+"), self::math(body)),
        Math::Phantom { body, width, height } => {
            let name = match (width, height) {
                (true, false) => "hphantom",
                (false, true) => "vphantom",
                _ => "phantom",
            };
            format!("{name}({})", self::math(body))
        }
        Math::Styled { body, .. } => self::math(body),
        Math::Placeholder { text } => format!("⟦{text}⟧"),
    }
}

fn picture(picture: &Picture) -> String {
    match picture.width {
        PictureWidth::Points(points) => format!("pic{}@{points:.1}pt", picture.index),
        PictureWidth::Column(part) => format!("pic{}@{:.0}%", picture.index, part * 100.0),
    }
}
