//! Office scanners: flatbeds and sheet feeders.

use fastrand::Rng;

use super::backdrop::{Backdrop, lay};
use super::chance::{between, chance, jitter};
use super::noise::Wobble;
use super::outline;
use super::resample::{Sheet, resample};
use super::surface::Surface;
use super::tone::{self, Bilevel};
use super::warp::{Feed, Fit, View, Warp};
use crate::raster::Gray;
use crate::units::{Homography, MM_PER_INCH};

#[derive(Clone, Debug, PartialEq)]
pub struct Scanner {
    pub dpi: f64,
    /// Clockwise turns of the page in the picture.
    pub quarter_turns: u32,
    pub skew_deg: f64,
    pub mirrored: bool,
    pub shift_mm: (f64, f64),
    /// Scale across and along the feed: 1 ± 0.01.
    pub stretch: (f64, f64),
    /// Largest local change of speed, 0 to 0.01.
    pub uneven: f64,
    /// Slips of the paper, each of 0.15–0.6 mm.
    pub slips: usize,
    /// Millimetres seen beyond the paper's left, top, right and bottom edge (below 0: cut off).
    pub margins_mm: [f64; 4],
    pub background: f64,
    pub blur_px: f64,
    pub noise: f64,
    pub streaks: usize,
    /// Paper white and solid black become these, and the curve between bends by gamma.
    pub brightness: f64,
    pub contrast: f64,
    pub gamma: f64,
    pub bilevel: Option<Bilevel>,
}

impl Scanner {
    /// A sound scanner with its page laid in by hand: any of four rotations, skew within ±1.5°.
    pub fn good(dpi: f64, rng: &mut Rng) -> Self {
        let over = chance(rng, 0.3);
        Scanner {
            dpi,
            quarter_turns: rng.u32(..4),
            skew_deg: jitter(rng, 0.5).clamp(-1.5, 1.5),
            mirrored: false,
            shift_mm: (jitter(rng, 0.8), jitter(rng, 0.8)),
            stretch: (1.0 + jitter(rng, 0.001), 1.0 + jitter(rng, 0.0015)),
            uneven: between(rng, 0.0, 0.001),
            slips: 0,
            margins_mm: std::array::from_fn(|_| if over { between(rng, 0.0, 6.0) } else { 0.0 }),
            background: if chance(rng, 0.25) { between(rng, 5.0, 50.0) } else { between(rng, 225.0, 255.0) },
            blur_px: between(rng, 0.35, 0.75) * dpi / 250.0,
            noise: between(rng, 1.0, 3.0),
            streaks: 0,
            brightness: between(rng, -6.0, 10.0),
            contrast: between(rng, 0.95, 1.12),
            gamma: between(rng, 0.85, 1.15),
            bilevel: None,
        }
    }

    pub fn warp(&self, fit: Fit, surface: Option<Surface>, rng: &mut Rng) -> Warp {
        let (w, h) = fit.paper_mm;
        let (bed_w, bed_h) = if self.quarter_turns % 2 == 1 { (h, w) } else { (w, h) };
        let [left, top, right, bottom] = self.margins_mm;
        let px_per_mm = (self.dpi / MM_PER_INCH, self.dpi / MM_PER_INCH);
        let size = ((bed_w + left + right).max(20.0), (bed_h + top + bottom).max(20.0));
        // About the paper's centre: turn, skew, mirror, stretch; then into the frame.
        let angle = (f64::from(self.quarter_turns) * 90.0 + self.skew_deg).to_radians();
        let (sin, cos) = angle.sin_cos();
        let (sx, sy) = (self.stretch.0 * if self.mirrored { -1.0 } else { 1.0 }, self.stretch.1);
        let m = [sx * cos, -sx * sin, 0.0, sy * sin, sy * cos, 0.0, 0.0, 0.0, 1.0];
        let to = (left + bed_w / 2.0 + self.shift_mm.0, top + bed_h / 2.0 + self.shift_mm.1);
        let mut whole = Homography::new(m);
        whole.m[2] = to.0 - m[0] * w / 2.0 - m[1] * h / 2.0;
        whole.m[5] = to.1 - m[3] * w / 2.0 - m[4] * h / 2.0;
        let feed = Feed {
            stretch: Wobble::with_slope(rng, self.uneven, (30.0, 200.0)),
            jumps: (0..self.slips)
                .map(|_| (between(rng, 20.0, size.1 - 20.0), jitter(rng, 0.25).clamp(-0.5, 0.6)))
                .collect(),
            wander: Wobble::with_slope(rng, self.uneven * 0.3, (80.0, 300.0)),
        };
        // A turn and a stretch can always be undone.
        let unbed = whole.inverse().unwrap_or(Homography::identity());
        let (width, height) = ((size.0 * px_per_mm.0).round() as usize, (size.1 * px_per_mm.1).round() as usize);
        Warp { fit, surface, view: View::Scanner { bed: whole, unbed, feed, px_per_mm }, width, height }
    }

    pub fn scan(&self, sheet: &mut Sheet, warp: &Warp, contours: &[Vec<(f64, f64)>], rng: &mut Rng) -> Gray {
        // Where the reduction is slight and even, softening the paper first and taking one sample a pixel averages as
        // well as several samples do, in half the time. A box of r pixels has the variance r²/12.
        let reduction = sheet.px_per_mm * MM_PER_INCH / self.dpi / warp.fit.scale;
        if (1.15..1.75).contains(&reduction) {
            tone::blur(&mut sheet.gray, ((reduction * reduction - 1.0) / 12.0).sqrt());
        }
        let mut picture = resample(sheet, warp, if reduction < 1.75 { 1.75 } else { 1.15 });
        let placed: Vec<_> = contours.iter().map(|c| c.iter().map(|&p| warp.paper_to_picture(p)).collect()).collect();
        let cover = outline::coverage(warp.width, warp.height, &placed);
        let shadow = (self.dpi / MM_PER_INCH * 0.25).round() as usize;
        lay(&mut picture, &cover, Backdrop::Plain(self.background), shadow, rng);
        drop(cover);
        tone::blur(&mut picture, self.blur_px);
        if self.streaks > 0 {
            tone::streaks(&mut picture, self.streaks, self.dpi / MM_PER_INCH, rng);
        }
        tone::noise(&mut picture, self.noise, rng);
        tone::table(&mut picture, |v| {
            let bent = 255.0 * (v / 255.0).powf(self.gamma);
            (bent - 128.0) * self.contrast + 128.0 + self.brightness
        });
        if let Some(how) = self.bilevel {
            tone::to_bilevel(&mut picture, how);
        }
        picture
    }
}
