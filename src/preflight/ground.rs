//! A static layer as a picture, drawn once: what its pages' codes are laid over, and what they must leave free.

use super::copier::{DPI, PX_PER_MM, copy};
use super::letters::Letters;
use super::symbol::Symbol;
use crate::limits::Limits;
use crate::print::inspect;
use crate::raster::{Gray, Partial};
use crate::read::{pages, register};
use crate::sheet::frame::{Area, Frame};
use crate::sheet::{Layout, LayoutPage, lize};
use crate::units::Point;

pub struct Ground {
    pub layout: Layout,
    pub page: LayoutPage,
    /// None on a Lize sheet.
    pub frame: Option<Frame>,
    pub places: Vec<Place>,
    pub picture: Gray,
    /// What the reader looks at beside the codes.
    read: Vec<Area>,
    pub letters: Letters,
}

/// Where a symbol is.
pub struct Place {
    pub symbol: Symbol,
    pub area: Area,
    /// The question of a discursive sheet's box.
    pub question: Option<u32>,
}

/// Modules around a symbol that stay light: what a decoder wants at the least.
const QUIET_MODULES: f64 = 2.0;
/// How far the reader may see a mark from where it is drawn: a third of a pixel.
const OFF_MM: f64 = 0.06;

/// Why a static layer can't be printed on.
pub type Spoiled = String;

impl Ground {
    pub fn new(ground: &inspect::Ground) -> Result<Self, Spoiled> {
        let (layout, page) = (ground.layout.clone(), ground.page.clone());
        let letters = Letters::of(&ground.pdf).ok_or("as fontes do PDF não se leem")?;
        let limits = Limits { render_dpi: DPI, ..Limits::default() };
        let drawn = pages::open_bytes("ground", ground.pdf.clone(), &limits).next().ok_or("a página base falta")?;
        let picture = drawn.decode(&limits).map_err(|e| e.to_string())?.gray;
        let native = layout.content.edition != lize::EDITION;
        if native {
            registers(&picture)?;
        }
        let one = |symbol, area, question| Place { symbol, area, question };
        let code = one(if native { Symbol::Qr } else { Symbol::Foreign }, page.code, None);
        let backup = page.backup.map(|area| one(Symbol::Backup, area, None));
        let boxes = ground.boxes.iter().map(|&(question, area)| one(Symbol::Foreign, area, Some(question)));
        let places = std::iter::once(code).chain(backup).chain(boxes).collect();
        let frame = native.then(|| Frame::of(layout.content.format));
        Ok(Ground { read: read(&page), layout, page, frame, places, picture, letters })
    }

    pub fn height_mm(&self) -> f64 {
        self.layout.content.page.height
    }

    /// What a text may not cover: the first thing under it that the reader looks at.
    pub fn covered(&self, ink: &Area) -> Option<&Area> {
        self.read.iter().find(|area| area.overlaps(ink))
    }
}

/// Codes with their quiet zones, registration marks, anchors and fields.
fn read(page: &LayoutPage) -> Vec<Area> {
    let square = |x: f64, y: f64, size: f64| Area::new(x - size / 2.0, y - size / 2.0, size, size);
    let quiet = |area: &Area, symbol: Symbol| area.grown(QUIET_MODULES * area.w / symbol.size() as f64);
    let codes =
        std::iter::once(quiet(&page.code, Symbol::Qr)).chain(page.backup.map(|area| quiet(&area, Symbol::Backup)));
    let marks = page.fiducials.iter().map(|f| square(f.x, f.y, f.size));
    let anchors = page.anchors.iter().map(|a| square(a.x, a.y, a.size));
    codes.chain(marks).chain(anchors).chain(page.fields.iter().map(|f| f.area)).collect()
}

/// Whether the reader, of a copy, sees all marks where they are.
fn registers(picture: &Gray) -> Result<(), Spoiled> {
    let found =
        register::register(&mut Partial::whole(copy(picture))).map_err(|_| "as marcas de registro não se veem")?;
    let seen = found.frame.fiducials.iter().map(|mark| {
        let at = found.sheet_to_picture.apply(Point::new(mark.x, mark.y));
        at.distance(&Point::new(mark.x * PX_PER_MM, mark.y * PX_PER_MM)) / PX_PER_MM
    });
    let off = seen.fold(0.0, f64::max);
    if off > OFF_MM { Err(format!("as marcas de registro estão {off:.2} mm fora do lugar")) } else { Ok(()) }
}
