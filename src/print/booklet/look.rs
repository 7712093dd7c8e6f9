//! How a booklet's pages look: their geometry in points, and the typography of what stands in the columns.

use crate::print::fit::Measure;
use crate::print::package::{ExamLook, Family};
use crate::print::typeface::Style;
use crate::print::typeset::Setting;
use crate::sheet::{PageFormat, TextSize};
use crate::units::MM_PER_POINT;

pub fn pt(mm: f64) -> f64 {
    mm / MM_PER_POINT
}

/// Lengths in points, y from the page's top.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    pub format: PageFormat,
    pub text: TextSize,
    pub width: f64,
    pub height: f64,
    pub columns: usize,
    pub column_width: f64,
    pub gutter: f64,
    pub left: f64,
    /// Where columns begin and end; on the first page without a cover they begin lower.
    pub top: f64,
    pub first_top: f64,
    pub bottom: f64,
    /// Of the text's type.
    pub size: f64,
    /// Between paragraphs.
    pub paragraph: f64,
    /// Before a question.
    pub question_gap: f64,
    /// Before an alternative, and how far its text stands from the column's edge.
    pub option_gap: f64,
    pub option_indent: f64,
    /// Of a question's number, as wide as two figures make it.
    pub number_width: f64,
    /// From one ruled line to the next.
    pub ruling: f64,
    /// Whether nothing is gray.
    pub black: bool,
    pub setting: Setting,
}

/// Of a question's number, in parts of the text's type.
pub const NUMBER_SIZE: f64 = 0.95;
/// Of a page, in millimetres.
const SIDE: f64 = 15.0;
const HEAD: f64 = 19.0;
const FIRST_HEAD: f64 = 50.0;
const FOOT: f64 = 16.0;
const GUTTER: f64 = 8.0;
/// A column narrower than so many times its type's size is hard to read: there are fewer of them then.
const NARROWEST_EMS: f64 = 17.0;

impl Look {
    pub fn new(exam: &ExamLook, format: PageFormat, text: TextSize) -> Self {
        let (w, h) = format.size_mm();
        let size = match text {
            TextSize::Normal => 10.0,
            TextSize::Large18 => 18.0,
            TextSize::Large24 => 24.0,
        };
        let measure = pt(w - 2.0 * SIDE);
        let gutter = pt(GUTTER);
        let width_of = |columns: usize| (measure - gutter * (columns - 1) as f64) / columns as f64;
        let mut columns = exam.columns;
        while columns > 1 && width_of(columns) < NARROWEST_EMS * size {
            columns -= 1;
        }
        let column_width = width_of(columns);
        let (top, bottom) = (pt(HEAD), pt(h - FOOT));
        let leading = exam.line_spacing - 1.0;
        let family = match exam.family {
            Family::Serif => "IBM Plex Serif",
            Family::Sans => "IBM Plex Sans",
        };
        Look {
            format,
            text,
            width: pt(w),
            height: pt(h),
            columns,
            column_width,
            gutter,
            left: pt(SIDE),
            top,
            first_top: pt(FIRST_HEAD),
            bottom,
            size,
            paragraph: (leading + 0.25) * size,
            question_gap: 1.5 * size,
            option_gap: 0.42 * size,
            option_indent: 1.9 * size,
            number_width: Style::Bold.face().width("QUESTÃO 00") * NUMBER_SIZE * size,
            ruling: pt(8.5).max(1.6 * size),
            black: false,
            setting: Setting {
                fonts: vec![family, "IBM Plex Sans", "IBM Plex Math"],
                size,
                leading,
                spacing: leading + 0.25,
                justify: exam.justify,
                widest: column_width,
                tallest: 0.6 * (bottom - top),
            },
        }
    }

    pub fn column_x(&self, column: usize) -> f64 {
        self.left + column as f64 * (self.column_width + self.gutter)
    }

    /// Whether it is the first page that says whose booklet this is.
    pub fn column_height(&self, first: bool) -> f64 {
        self.bottom - if first { self.first_top } else { self.top }
    }
}
