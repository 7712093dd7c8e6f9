//! Where the page is in the picture, from its registration tags alone.

mod fit;
mod suspects;
pub mod tag;

use crate::raster::reduce::coarse_factor;
use crate::raster::{Gray, Partial, blobs};
use crate::sheet::frame::{Fiducial, Frame, PageFormat, TAG_SIZE};
use crate::units::{Homography, Mm, Point, Px};
use tag::Sighting;

/// A page found in a picture.
#[derive(Clone, Debug)]
pub struct Registration {
    pub format: PageFormat,
    pub frame: Frame,
    pub sheet_to_picture: Homography<Mm, Px>,
    pub mirrored: bool,
    pub marks: Vec<Mark>,
    /// Root mean square over the marks' centres.
    pub residual_mm: f64,
    /// Gray of this page's solid ink as a part of the gray of its paper, from the tags.
    pub black: f64,
}

#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub fiducial: Fiducial,
    pub found: Point<Px>,
    pub residual_mm: f64,
}

impl Registration {
    pub fn dpi(&self) -> f64 {
        let centre = Point::new(self.frame.width / 2.0, self.frame.height / 2.0);
        let j = self.sheet_to_picture.jacobian(centre);
        (j[0][0] * j[1][1] - j[0][1] * j[1][0]).abs().sqrt() * crate::units::MM_PER_INCH
    }

    /// Degrees clockwise by which the picture shows the page turned: 0, 90, 180 or 270.
    pub fn rotation(&self) -> u16 {
        let centre = Point::new(self.frame.width / 2.0, self.frame.height / 2.0);
        let j = self.sheet_to_picture.jacobian(centre);
        // Where the page's downward direction points.
        let (x, y) = (j[0][1], j[1][1]);
        if y.abs() >= x.abs() {
            if y > 0.0 { 0 } else { 180 }
        } else if x < 0.0 {
            90
        } else {
            270
        }
    }
}

/// What was seen of tags in a picture that could not be registered.
#[derive(Clone, Debug, PartialEq)]
pub struct Unregistered {
    pub tags_seen: usize,
    /// The part of the picture that is dark: nearly nothing on an empty page.
    pub dark: f64,
}

impl Unregistered {
    /// Whether there is nothing on the page.
    pub fn is_empty(&self) -> bool {
        const BLANK_DARK: f64 = 0.002;
        self.tags_seen == 0 && self.dark < BLANK_DARK
    }
}

/// Fewest tags that fix a page.
const ENOUGH: usize = 3;
/// Tags after which no more are looked for in unlikely places, where the page is flat.
const ENOUGH_FLAT: usize = 6;
/// Residual of a page that is not: every tag tells how it bends.
const BENT_MM: f64 = 0.5;

/// A picture is at most so many times as long as the page in it; what looks like a tag of a smaller one is a letter.
const SMALLEST_PAGE: f64 = 3.0;

/// Parts of the ground's brightness under which a pixel is dark: that of black toner, then that of toner running out.
const DARK_LEVELS: [f32; 2] = [0.62, 0.82];

/// Finds the page. Coarse pictures come first: on a scan that the page fills, a tag is 9 pixels there, and they are
/// made in a millisecond; a page small within a photo needs a finer one.
pub fn register(picture: &mut Partial) -> Result<Registration, Unregistered> {
    register_among(picture, &PageFormat::ALL)
}

/// Finds a page that fills its picture: in a finer one than the coarsest nothing is looked for, which can take a hundred
/// times as long.
pub fn register_filling(picture: &mut Partial) -> Result<Registration, Unregistered> {
    search(picture, &PageFormat::ALL, true)
}

/// Finds a page of one of some formats. Curled paper can look like a page of another format to whom all are open.
pub fn register_among(picture: &mut Partial, formats: &[PageFormat]) -> Result<Registration, Unregistered> {
    search(picture, formats, false)
}

fn search(picture: &mut Partial, formats: &[PageFormat], coarse: bool) -> Result<Registration, Unregistered> {
    let mut seen: Vec<Sighting> = Vec::new();
    let mut dark = 0.0;
    let longest = picture.gray().width.max(picture.gray().height);
    let mut factor = coarse_factor(picture.gray().width, picture.gray().height);
    loop {
        let reduced = match factor {
            8 => picture.eighth().clone(),
            _ => crate::raster::reduce(picture.all(), factor),
        };
        dark = f64::max(dark, look(picture, &reduced, factor, ENOUGH_FLAT, &mut seen));
        if let Some(registration) = fit::fit(picture, &seen, formats) {
            if registration.residual_mm < BENT_MM || registration.marks.len() == registration.frame.fiducials.len() {
                return Ok(registration);
            }
            look(picture, &reduced, factor, usize::MAX, &mut seen);
            return Ok(fit::fit(picture, &seen, formats).unwrap_or(registration));
        }
        if coarse || factor == 1 || longest / factor > 1800 {
            let like_a_page =
                |s: &&Sighting| s.side() * SMALLEST_PAGE > TAG_SIZE / PageFormat::A4.size_mm().1 * longest as f64;
            return Err(Unregistered { tags_seen: seen.iter().filter(like_a_page).count(), dark });
        }
        factor = (factor / 2).max(1);
    }
}

/// Looks for tags among the dark spots of a reduced picture, until `enough` are seen; how dark the picture is.
fn look(picture: &mut Partial, coarse: &Gray, factor: usize, enough: usize, seen: &mut Vec<Sighting>) -> f64 {
    let ground = blobs::Ground::of(coarse);
    let mut dark = 0.0;
    for level in DARK_LEVELS {
        let found = blobs::dark_blobs(coarse, &ground, level);
        dark = f64::max(dark, suspects::darkness(coarse, &found));
        for suspect in suspects::by_likelihood(coarse, &found, factor) {
            if let Some(s) = tag::look(picture, &suspect.place) {
                suspects::keep(seen, s);
            }
            if seen.len() >= enough && !suspect.expected {
                break;
            }
        }
        if seen.len() >= ENOUGH {
            break;
        }
    }
    dark
}

/// Registers with a rough map known from elsewhere (the corners of a code, say).
pub fn register_near(picture: &mut Partial, rough: &Homography<Mm, Px>, format: PageFormat) -> Option<Registration> {
    fit::from_rough(picture, rough, format)
}
