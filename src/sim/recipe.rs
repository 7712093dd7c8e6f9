//! A recipe is all that befalls one page, as plain parameters; a shot is the picture that it gives, with the truth.

use fastrand::Rng;

use super::encode::Format;
use super::paper::Paper;
use super::phone::Phone;
use super::printer::{Copier, Printer};
use super::resample::Sheet;
use super::scanner::Scanner;
use super::warp::{Fit, Warp};
use crate::raster::Gray;
use crate::units::{Mm, Point, Px};

#[derive(Clone, Debug, PartialEq)]
pub enum Capture {
    Scanner(Scanner),
    Phone(Phone),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    pub printer: Printer,
    /// Copies of the empty sheet, before it was filled in.
    pub copies_before: Vec<Copier>,
    /// Copies of the filled sheet, before it was scanned.
    pub copies_after: Vec<Copier>,
    pub paper: Paper,
    pub capture: Capture,
    pub format: Format,
}

/// A picture of a page as a scanner or camera hands it over.
#[derive(Clone, Debug)]
pub struct Shot {
    pub picture: Gray,
    /// Only 0 and 255 occur.
    pub bilevel: bool,
    pub format: Format,
    /// Declared resolution; None for a camera.
    pub dpi: Option<f64>,
    pub truth: Truth,
}

/// Where everything really is.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    pub warp: Warp,
    /// Clockwise turn of the page in the picture, to the nearest quarter.
    pub rotation_deg: u32,
    pub mirrored: bool,
    /// Torn off at the top-left, top-right, bottom-right, bottom-left corner.
    pub torn_mm: [f64; 4],
}

impl Truth {
    pub fn to_picture(&self, page: Point<Mm>) -> Point<Px> {
        self.warp.to_picture(page)
    }

    pub fn to_page(&self, picture: Point<Px>) -> Point<Mm> {
        self.warp.to_design(picture)
    }

    /// Whether a place of the page is on the picture (a torn corner is not looked at).
    pub fn is_seen(&self, page: Point<Mm>) -> bool {
        let p = self.to_picture(page);
        p.x >= 0.0 && p.y >= 0.0 && p.x < self.warp.width as f64 && p.y < self.warp.height as f64
    }
}

impl Recipe {
    /// A good printer, good paper and a good scanner.
    pub fn office(dpi: f64, rng: &mut Rng) -> Self {
        Recipe {
            printer: Printer::good(rng),
            copies_before: Vec::new(),
            copies_after: Vec::new(),
            paper: Paper::good(rng),
            capture: Capture::Scanner(Scanner::good(dpi, rng)),
            format: Format::Jpeg { quality: rng.u8(70..=92), colour: false },
        }
    }

    pub fn photo(rng: &mut Rng) -> Self {
        let capture = Capture::Phone(Phone::good(rng));
        Recipe {
            capture,
            format: Format::Jpeg { quality: rng.u8(70..=92), colour: true },
            ..Recipe::office(300.0, rng)
        }
    }

    /// The empty sheet, ready for the pen: as printed and, where the recipe says so, photocopied. Places are still
    /// those of the design: "fit to page" comes with [`Recipe::shoot`].
    pub fn print(&self, master: &Gray, px_per_mm: f64, rng: &mut Rng) -> Gray {
        let mut page = self.printer.print(master, px_per_mm, rng);
        for copier in &self.copies_before {
            copier.copy(&mut page, px_per_mm, rng);
        }
        page
    }

    /// Scans or photographs the filled page. `back` is the print of its other side, for show-through.
    pub fn shoot(&self, page: &Gray, px_per_mm: f64, back: Option<&Gray>, rng: &mut Rng) -> Shot {
        let paper_mm = (page.width as f64 / px_per_mm, page.height as f64 / px_per_mm);
        let fit = Fit { scale: self.printer.scale, shift_mm: self.printer.shift_mm, paper_mm };
        let mut sheet = mount(page, px_per_mm, &fit);
        for copier in &self.copies_after {
            copier.copy(&mut sheet.gray, px_per_mm, rng);
        }
        self.paper.age(&mut sheet, back, rng);
        let contours = self.paper.contours(paper_mm, rng);
        let surface = self.paper.surface.clone();
        let (warp, picture, bilevel, dpi) = match &self.capture {
            Capture::Scanner(scanner) => {
                let warp = scanner.warp(fit, surface, rng);
                let picture = scanner.scan(&mut sheet, &warp, &contours, rng);
                (warp, picture, scanner.bilevel.is_some(), Some(scanner.dpi))
            }
            Capture::Phone(phone) => {
                let warp = phone.warp(fit, surface, rng);
                let picture = phone.photograph(&sheet, &warp, &contours, self.paper.white, rng);
                (warp, picture, false, None)
            }
        };
        let (rotation_deg, mirrored) = match &self.capture {
            Capture::Scanner(s) => (s.quarter_turns % 4 * 90, s.mirrored),
            Capture::Phone(p) => ((p.roll_deg / 90.0).round().rem_euclid(4.0) as u32 * 90, false),
        };
        let truth = Truth { warp, rotation_deg, mirrored, torn_mm: self.paper.torn_mm };
        Shot { picture, bilevel, format: self.format, dpi, truth }
    }
}

/// The printed page on its paper: "fit to page" leaves a wider white border, or cuts the design's edge.
fn mount(page: &Gray, px_per_mm: f64, fit: &Fit) -> Sheet {
    let origin = fit.to_design((0.0, 0.0));
    let end = fit.to_design(fit.paper_mm);
    let px = |mm: f64| (mm * px_per_mm).round() as isize;
    let (left, top) = (px(origin.0), px(origin.1));
    let (width, height) = ((px(end.0) - left) as usize, (px(end.1) - top) as usize);
    let origin_mm = (left as f64 / px_per_mm, top as f64 / px_per_mm);
    if (left, top, width, height) == (0, 0, page.width, page.height) {
        return Sheet { gray: page.clone(), px_per_mm, origin_mm };
    }
    let mut gray = Gray::new(width, height, 255);
    let from = left.max(0) as usize;
    let to = (left + width as isize).clamp(0, page.width as isize) as usize;
    let at = (-left).max(0) as usize;
    for y in 0..height {
        let source = y as isize + top;
        if source >= 0 && (source as usize) < page.height && to > from {
            gray.row_mut(y)[at..at + to - from].copy_from_slice(&page.row(source as usize)[from..to]);
        }
    }
    Sheet { gray, px_per_mm, origin_mm }
}
