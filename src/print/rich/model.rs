//! Rich text as the typesetter takes it: blocks, inlines and formulas, as plain data. A question's text is only ever a
//! string in it, never markup.

use serde::Serialize;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Block {
    Paragraph {
        align: Align,
        inlines: Vec<Inline>,
    },
    /// Of a heading's level 1 to 3.
    Heading {
        level: u8,
        inlines: Vec<Inline>,
    },
    List {
        marker: Marker,
        items: Vec<Vec<Block>>,
    },
    Table(Table),
    Figure {
        picture: Picture,
        align: Align,
        caption: Vec<Inline>,
    },
    Quote {
        blocks: Vec<Block>,
    },
    /// Lines are kept.
    Code {
        text: String,
    },
    /// A formula on a line of its own.
    Equation {
        math: Math,
    },
    Rule,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Inline {
    Text {
        text: String,
    },
    /// A line's end within a paragraph.
    Break,
    Styled {
        style: TextStyle,
        inlines: Vec<Inline>,
    },
    Code {
        text: String,
    },
    Math {
        math: Math,
    },
    Picture(Picture),
    /// A blank to fill in, of a cloze: its width in millimetres.
    Gap {
        width: f64,
    },
    /// Stands for what can't be printed: a visible box that says so.
    Placeholder {
        text: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TextStyle {
    Bold,
    Italic,
    Underline,
    Strike,
    Subscript,
    Superscript,
    Small,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// As paragraphs of the booklet are: justified.
    #[default]
    Natural,
    Left,
    Center,
    Right,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Marker {
    Bullet,
    /// `style` is `1`, `a`, `A`, `i` or `I`.
    Number {
        start: u32,
        style: char,
    },
}

/// A grid of `columns`; a cell's row and column are its top left place, from 0, with every span resolved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    pub columns: usize,
    pub rows: usize,
    pub borders: bool,
    /// Of each column: a part of the text's width where the source says one.
    pub widths: Vec<Option<f64>>,
    pub align: Align,
    pub cells: Vec<Cell>,
    pub caption: Vec<Inline>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    pub row: usize,
    pub column: usize,
    pub row_span: usize,
    pub column_span: usize,
    pub header: bool,
    pub align: Align,
    pub blocks: Vec<Block>,
}

/// A picture to be shown: which one, and how large.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Picture {
    /// Index in the package's pictures.
    pub index: usize,
    /// In points, before it is held against the column; its height follows from the picture.
    pub width: PictureWidth,
    /// Height by width.
    pub aspect: f64,
    /// What it shows, in words, where the source says so.
    pub alt: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "t", content = "v", rename_all = "snake_case")]
pub enum PictureWidth {
    Points(f64),
    /// A part of the column, 0 to 1.
    Column(f64),
}

/// MathML Core's elements, reduced to what is drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Math {
    Row {
        items: Vec<Math>,
    },
    /// Of one letter it is set italic, of several upright, unless a variant is named.
    Identifier {
        text: String,
        variant: Variant,
    },
    Number {
        text: String,
        variant: Variant,
    },
    Operator {
        text: String,
        form: OperatorForm,
        stretchy: bool,
        large: bool,
    },
    /// Words within a formula.
    Text {
        text: String,
        variant: Variant,
    },
    Space {
        em: f64,
    },
    Fraction {
        above: Box<Math>,
        below: Box<Math>,
        line: bool,
        bevelled: bool,
    },
    Root {
        body: Box<Math>,
        index: Option<Box<Math>>,
    },
    /// Of mmultiscripts too: `before` are the scripts to the left.
    Scripts {
        base: Box<Math>,
        sub: Option<Box<Math>>,
        sup: Option<Box<Math>>,
        before_sub: Option<Box<Math>>,
        before_sup: Option<Box<Math>>,
    },
    /// `accent`: the mark above is drawn close, as a hat or a bar.
    UnderOver {
        base: Box<Math>,
        under: Option<Box<Math>>,
        over: Option<Box<Math>>,
        accent: bool,
        accent_under: bool,
    },
    /// Either fence may be empty: one-sided, as in cases.
    Fenced {
        open: String,
        close: String,
        separators: Vec<String>,
        items: Vec<Math>,
    },
    Table {
        rows: Vec<Vec<Math>>,
        align: Vec<Align>,
        column_lines: Vec<usize>,
        row_lines: Vec<usize>,
    },
    /// `box`, `circle`, `strike`, `strike_up`, `strike_x`, `top`, `bottom`, `left`, `right`, `long_division`.
    Enclosed {
        notation: Vec<String>,
        body: Box<Math>,
    },
    /// The room that `body` takes, across, along or both, and nothing in it.
    Phantom {
        body: Box<Math>,
        width: bool,
        height: bool,
    },
    /// Set as in a display (true) or as in running text (false).
    Styled {
        display: bool,
        body: Box<Math>,
    },
    Placeholder {
        text: String,
    },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    #[default]
    Natural,
    Upright,
    Italic,
    Bold,
    BoldItalic,
    DoubleStruck,
    Script,
    Fraktur,
    SansSerif,
    Monospace,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorForm {
    Prefix,
    #[default]
    Infix,
    Postfix,
}

/// A picture's data as it is embedded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureData {
    pub width: u32,
    pub height: u32,
    pub gray: bool,
    pub pixels: Pixels,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pixels {
    /// Rows of gray or RGB, on white.
    Raw(Arc<[u8]>),
    /// Rows of bits, each padded to whole bytes: 0 is ink.
    Bits(Arc<[u8]>),
    /// A baseline JPEG of one or three components, embedded as it is.
    Jpeg(Arc<[u8]>),
}

impl Pixels {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Pixels::Raw(bytes) | Pixels::Bits(bytes) | Pixels::Jpeg(bytes) => bytes,
        }
    }
}
