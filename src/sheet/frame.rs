//! The frame: what is at the same place on every native sheet of a page format, so that a page can be registered and
//! its code found before anything else is known of it. Frozen as edition [`EDITION`].
//!
//! Eight registration tags stand at the corners and at the middles of the four edges. A tag is a square of 5 × 5
//! modules: a black ring around a 3 × 3 pattern, in the manner of ArUco (Garrido-Jurado et al., *Pattern Recognition*
//! 47, 2014). The eight patterns and all their turned and mirrored images differ from each other in at least two
//! modules, so one tag alone tells which mark it is, how the page is turned and whether it is mirrored; and with any two
//! lost, six remain for a homography's eight unknowns, so the residual still means something. No pattern has the dark
//! centre ringed by white that a QR finder pattern has.

use crate::units::MM_PER_POINT;
use serde::{Deserialize, Serialize};

/// The name of this geometry. Moving anything needs another edition.
pub const EDITION: &str = "native-1";

/// A rectangle in millimetres; x and y are its top-left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Area {
    pub x: f64,
    pub y: f64,
    pub w: f64,
    pub h: f64,
}

/// Places are rounded to a thousandth of a millimetre.
const ROUNDING: f64 = 0.002;

impl Area {
    pub const fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Area { x, y, w, h }
    }

    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    /// With a margin around.
    pub fn grown(&self, by: f64) -> Area {
        Area::new(self.x - by, self.y - by, self.w + 2.0 * by, self.h + 2.0 * by)
    }

    /// Whether they share more than an edge.
    pub fn overlaps(&self, other: &Area) -> bool {
        let w = self.right().min(other.right()) - self.x.max(other.x);
        let h = self.bottom().min(other.bottom()) - self.y.max(other.y);
        w > ROUNDING && h > ROUNDING
    }

    pub fn holds(&self, other: &Area) -> bool {
        self.x <= other.x + ROUNDING
            && self.y <= other.y + ROUNDING
            && other.right() <= self.right() + ROUNDING
            && other.bottom() <= self.bottom() + ROUNDING
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PageFormat {
    A3,
    A4,
    A5,
    Letter,
}

impl PageFormat {
    pub const ALL: [PageFormat; 4] = [PageFormat::A4, PageFormat::A5, PageFormat::Letter, PageFormat::A3];

    /// Width and height, upright, in millimetres (ISO 216; ANSI/ASME Y14.1 for Letter).
    pub fn size_mm(self) -> (f64, f64) {
        match self {
            PageFormat::A3 => (297.0, 420.0),
            PageFormat::A4 => (210.0, 297.0),
            PageFormat::A5 => (148.0, 210.0),
            PageFormat::Letter => (215.9, 279.4),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            PageFormat::A3 => "A3",
            PageFormat::A4 => "A4",
            PageFormat::A5 => "A5",
            PageFormat::Letter => "Letter",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.name() == name)
    }
}

/// How large a sheet is printed for its reader: bubbles and text grow together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TextSize {
    #[default]
    #[serde(rename = "normal")]
    Normal,
    #[serde(rename = "18pt")]
    Large18,
    #[serde(rename = "24pt")]
    Large24,
}

impl TextSize {
    pub const ALL: [TextSize; 3] = [TextSize::Normal, TextSize::Large18, TextSize::Large24];

    pub fn name(self) -> &'static str {
        match self {
            TextSize::Normal => "normal",
            TextSize::Large18 => "18pt",
            TextSize::Large24 => "24pt",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Height of a caption over a block.
    pub fn caption_mm(self) -> f64 {
        5.0 * self.points() / 9.0
    }

    /// Type size of labels and numbers, in points.
    pub fn points(self) -> f64 {
        match self {
            TextSize::Normal => 9.0,
            TextSize::Large18 => 18.0,
            TextSize::Large24 => 24.0,
        }
    }
}

/// Modules along a registration tag's side, its black ring included.
pub const TAG_MODULES: usize = 5;

/// The inner 3 × 3 modules of each tag, row by row, `true` for white. In the frame's order: top left, top middle, top
/// right, right middle, bottom right, bottom middle, bottom left, left middle.
pub const TAGS: [[bool; 9]; 8] = [
    tag(0b000_001_111),
    tag(0b000_011_101),
    tag(0b000_011_110),
    tag(0b000_101_011),
    tag(0b000_111_001),
    tag(0b001_010_110),
    tag(0b001_100_011),
    tag(0b001_101_010),
];

const fn tag(bits: u16) -> [bool; 9] {
    let mut modules = [false; 9];
    let mut i = 0;
    while i < 9 {
        modules[i] = bits >> (8 - i) & 1 == 1;
        i += 1;
    }
    modules
}

/// A registration mark: x and y are its centre, all in millimetres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fiducial {
    pub x: f64,
    pub y: f64,
    pub size: f64,
    /// Which of [`TAGS`] it shows; on a Lize sheet, which of its rings it is.
    pub tag: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub width: f64,
    pub height: f64,
    pub fiducials: [Fiducial; 8],
    /// The QR, without its quiet zone.
    pub code: Area,
    /// The Data Matrix, without its quiet zone.
    pub backup: Area,
    /// Two lines of text under the QR.
    pub printed: Area,
    /// Title, names and date.
    pub header: Area,
    /// How to fill the sheet in; on the first page only.
    pub instructions: Area,
    pub calibration: Calibration,
    /// Page number and edition.
    pub footer: Area,
}

/// What tells the reader how this printer and this scanner show ink: a bubble printed solid, an empty one, and a grey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub filled: Spot,
    pub empty: Spot,
    pub gray: Spot,
    /// Coverage of the grey: 0 is paper, 1 is solid ink.
    pub gray_level: f64,
}

/// A disc: centre and radius, in millimetres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    pub x: f64,
    pub y: f64,
    pub r: f64,
}

/// A line of the printed code: where its first character begins on the baseline, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrintedLine {
    pub x: f64,
    pub y: f64,
    pub size_pt: f64,
}

/// What every character of the codes' typeface advances, and the height of a capital, in ems.
pub const MONO_ADVANCE: f64 = 0.6;
pub const MONO_CAP: f64 = 0.698;

/// Characters in a line of the printed code: three groups of four, and the spaces between them.
pub const PRINTED_LINE: usize = 14;

/// Centre of a tag from the paper's edge: its outer edge stays 7 mm inside, clear of unprintable margins (5 mm).
const TAG_INSET: f64 = 10.0;
pub const TAG_SIZE: f64 = 6.0;
const MARGIN: f64 = 17.0;
const CODE_SIZE: f64 = 25.0;
const BACKUP_SIZE: f64 = 18.0;

impl Frame {
    pub fn of(format: PageFormat) -> Self {
        let (w, h) = format.size_mm();
        let (near, right, low) = (TAG_INSET, w - TAG_INSET, h - TAG_INSET);
        let places = [
            (near, near),
            (w / 2.0, near),
            (right, near),
            (right, h / 2.0),
            (right, low),
            (w / 2.0, low),
            (near, low),
            (near, h / 2.0),
        ];
        let mut fiducials = [Fiducial { x: 0.0, y: 0.0, size: TAG_SIZE, tag: 0 }; 8];
        for (tag, (x, y)) in places.into_iter().enumerate() {
            fiducials[tag] = Fiducial { x, y, size: TAG_SIZE, tag };
        }
        let spot = |n: f64| Spot { x: MARGIN + BACKUP_SIZE + 9.0 + 6.5 * n, y: h - 15.0, r: 2.0 };
        Frame {
            width: w,
            height: h,
            fiducials,
            code: Area::new(w - 18.0 - CODE_SIZE, 16.0, CODE_SIZE, CODE_SIZE),
            backup: Area::new(MARGIN, h - 12.0 - BACKUP_SIZE, BACKUP_SIZE, BACKUP_SIZE),
            printed: Area::new(w - 47.0, 44.0, 30.0, 8.0),
            header: Area::new(MARGIN, 16.0, w - MARGIN - 50.0, 36.0),
            instructions: Area::new(MARGIN, 55.0, w - 2.0 * MARGIN, 16.0),
            calibration: Calibration { filled: spot(0.0), empty: spot(1.0), gray: spot(2.0), gray_level: 0.5 },
            footer: Area::new(w / 2.0 + 6.0, h - 19.0, w / 2.0 - 6.0 - MARGIN, 7.0),
        }
    }

    /// The two lines of the printed code, in whole points from the page's lower left corner.
    pub fn printed_lines(&self) -> [PrintedLine; 2] {
        let advances = PRINTED_LINE as f64 * MONO_ADVANCE * MM_PER_POINT;
        let size_pt = ((self.printed.w - 1.0) / advances * 2.0).floor() / 2.0;
        let cap = MONO_CAP * size_pt * MM_PER_POINT;
        let whole = |mm: f64| (mm / MM_PER_POINT).round() * MM_PER_POINT;
        let x = whole(self.printed.x + (self.printed.w - advances * size_pt) / 2.0);
        let line = |y: f64| PrintedLine { x, y: self.height - whole(self.height - y), size_pt };
        [line(self.printed.y + cap + 0.6), line(self.printed.y + 2.0 * cap + 2.2)]
    }

    /// Where the fields of a page go.
    pub fn content(&self, page: u16) -> Area {
        let top = if page == 1 { self.instructions.bottom() + 3.0 } else { self.printed.bottom() + 3.0 };
        Area::new(MARGIN, top, self.width - 2.0 * MARGIN, self.backup.y - 3.0 - top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(p: [bool; 9]) -> [bool; 9] {
        std::array::from_fn(|i| p[(2 - i % 3) * 3 + i / 3])
    }

    fn mirrored(p: [bool; 9]) -> [bool; 9] {
        std::array::from_fn(|i| p[i / 3 * 3 + 2 - i % 3])
    }

    #[test]
    fn every_tag_differs_from_every_image_of_every_tag() {
        let mut images = Vec::new();
        for tag in TAGS {
            let mut p = tag;
            for _ in 0..4 {
                images.extend([p, mirrored(p)]);
                p = turned(p);
            }
        }
        for (i, a) in images.iter().enumerate() {
            for b in &images[i + 1..] {
                assert!(a.iter().zip(b).filter(|(x, y)| x != y).count() >= 2);
            }
        }
    }

    #[test]
    fn nothing_of_the_frame_overlaps_or_leaves_the_printable_page() {
        for format in PageFormat::ALL {
            let f = Frame::of(format);
            let printable = Area::new(5.0, 5.0, f.width - 10.0, f.height - 10.0);
            let quiet = |a: Area, q: f64| Area::new(a.x - q, a.y - q, a.w + 2.0 * q, a.h + 2.0 * q);
            let mut areas = vec![
                quiet(f.code, 4.0 * f.code.w / 29.0),
                quiet(f.backup, f.backup.w / 24.0),
                f.header,
                f.instructions,
                f.footer,
                f.content(1),
            ];
            areas.extend(f.fiducials.iter().map(|m| Area::new(m.x - 3.0, m.y - 3.0, 6.0, 6.0)));
            for s in [f.calibration.filled, f.calibration.empty, f.calibration.gray] {
                areas.push(Area::new(s.x - s.r, s.y - s.r, 2.0 * s.r, 2.0 * s.r));
            }
            for (i, a) in areas.iter().enumerate() {
                assert!(printable.holds(a), "{format:?}: {a:?}");
                for b in &areas[i + 1..] {
                    assert!(!a.overlaps(b), "{format:?}: {a:?} and {b:?}");
                }
            }
            assert!(f.printed.overlaps(&Area::new(0.0, f.code.bottom(), f.width, 20.0)));
        }
    }
}
