//! How the paper went through the copier: measured on each page from what the reader has of it anyway, and summed up to
//! what a person should change there.

use super::summary::Hint;
use crate::raster::{Gray, Partial, Streaks};
use crate::read::PageTrace;
use crate::read::identify::Attempt;
use crate::read::register::Registration;
use crate::read::result::PageReading;
use crate::units::{MM_PER_INCH, Point};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What is known of a page besides its reading.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Observed {
    /// The way that identified it.
    pub stage: Option<Cow<'static, str>>,
    /// All ways that were tried.
    pub attempts: Vec<Attempt>,
    pub scan: Option<Scan>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scan {
    /// Along the paper's width and height.
    pub dpi: (f64, f64),
    /// The paper's size in the picture over its true size, where the file says how large a pixel is.
    pub scale: Option<f64>,
    /// Gray of solid ink as a part of the gray of paper.
    pub black: f64,
    /// Only black and white.
    pub bitonal: bool,
    /// A registration mark lies beyond the picture's edge.
    pub cut: bool,
    /// Lines from top to bottom: millimetres from the picture's left edge. None where they were not looked for.
    pub streaks: Option<Vec<u16>>,
}

impl Observed {
    /// `page` counts in its file.
    pub fn of(seen: &mut PageTrace, page: u32) -> Self {
        let attempts = seen.attempts().to_vec();
        let stage = attempts.iter().rfind(|a| a.decoded).map(|a| a.stage.clone());
        let scan = seen.picture.as_mut().zip(seen.trace.registration.as_ref()).map(|(picture, r)| {
            let mut scan = Scan::of(&picture.gray, picture.dpi, r);
            if page % STREAKS_EVERY == 1 {
                let px_per_mm = r.dpi() / MM_PER_INCH;
                let mm = |column: usize| (column as f64 / px_per_mm).round() as u16;
                scan.streaks = Some(Streaks::find(&mut picture.gray).down().map(mm).collect());
            }
            scan
        });
        Observed { stage, attempts, scan }
    }
}

/// Dirt lies where it lies: a page in so many shows it, and looking costs a millisecond.
const STREAKS_EVERY: u32 = 4;

/// A scan's claim of its size is believed if it is about right: photos claim 72 dpi, whatever they show.
const BELIEVED_SCALE: std::ops::Range<f64> = 0.85..1.18;

impl Scan {
    fn of(picture: &Partial, claimed_dpi: Option<f64>, r: &Registration) -> Self {
        let j = r.sheet_to_picture.jacobian(Point::new(r.frame.width / 2.0, r.frame.height / 2.0));
        let dpi = |column: usize| j[0][column].hypot(j[1][column]) * MM_PER_INCH;
        let scale = claimed_dpi.map(|claimed| r.dpi() / claimed).filter(|s| BELIEVED_SCALE.contains(s));
        let beyond = |f: &crate::sheet::frame::Fiducial| {
            let half = f.size / 2.0;
            let corners = [(-half, -half), (half, -half), (-half, half), (half, half)];
            let inside = |(dx, dy)| picture.gray().contains(r.sheet_to_picture.apply(Point::new(f.x + dx, f.y + dy)));
            !corners.into_iter().all(inside)
        };
        Scan {
            dpi: (dpi(0), dpi(1)),
            scale,
            black: r.black,
            bitonal: picture.is_whole() && is_bitonal(picture.gray()),
            cut: r.frame.fiducials.iter().any(beyond),
            streaks: None,
        }
    }
}

fn is_bitonal(picture: &Gray) -> bool {
    // A prime step meets all columns.
    picture.data.iter().step_by(97).all(|v| matches!(v, 0 | 255))
}

/// Pages of a batch, as far as they were registered.
#[derive(Clone, Debug, Default)]
pub struct Scans {
    dpi: Vec<f64>,
    observed: usize,
    uneven: usize,
    scales: Vec<f64>,
    light: usize,
    bitonal: usize,
    cut: usize,
    /// Pages on which streaks were looked for.
    looked: usize,
    /// Pages with a streak there, by millimetre.
    streaks: BTreeMap<u16, usize>,
}

/// Under this resolution pencil and small bubbles become doubtful.
const ADVISED_DPI: f64 = 150.0;
/// Black that is no darker than this part of the paper.
const LIGHT: f64 = 0.55;
/// Vertical over horizontal resolution that is still even.
const EVEN: f64 = 0.03;
/// From this difference on a printer has shrunk or enlarged the sheet: drivers' “fit to page” takes 3 to 7 %.
const RESIZED: f64 = 0.015;
/// What happens on fewer pages, or on a smaller part of them, is an accident and no setting.
const FEWEST_PAGES: usize = 3;
const SMALLEST_PART: f64 = 0.1;

impl Scans {
    pub fn add(&mut self, reading: &PageReading, observed: &Observed) {
        self.dpi.extend(reading.registration.as_ref().map(|r| r.dpi));
        let Some(scan) = &observed.scan else { return };
        self.observed += 1;
        self.uneven += usize::from((scan.dpi.0 / scan.dpi.1 - 1.0).abs() > EVEN);
        self.scales.extend(scan.scale);
        self.light += usize::from(scan.black > LIGHT);
        self.bitonal += usize::from(scan.bitonal);
        self.cut += usize::from(scan.cut);
        self.looked += usize::from(scan.streaks.is_some());
        for &mm in scan.streaks.iter().flatten() {
            *self.streaks.entry(mm).or_default() += 1;
        }
    }

    /// What a person should change, and on how many pages it shows.
    pub fn hints(&self) -> Vec<Hint> {
        let low = self.dpi.iter().filter(|d| **d < ADVISED_DPI).copied().collect::<Vec<_>>();
        // A sheet lies a little askew, so its streak wanders by a millimetre.
        let around = |mm: u16| (mm.saturating_sub(1)..=mm + 1).filter_map(|m| self.streaks.get(&m)).sum::<usize>();
        let streak = self.streaks.keys().map(|&mm| (around(mm).min(self.looked), mm)).rev().max_by_key(|s| s.0);
        let (resized, scale) = self.resized();
        let seen = self.observed;
        let all = [
            ("low_dpi", low.len(), self.dpi.len(), median(low).map(f64::round)),
            ("uneven_dpi", self.uneven, seen, None),
            ("streak", streak.map_or(0, |s| s.0), self.looked, streak.map(|s| f64::from(s.1))),
            ("resized", resized, self.scales.len(), scale.map(|s| (1000.0 * s).round() / 10.0)),
            ("light", self.light, seen, None),
            ("bitonal", self.bitonal, seen, None),
            ("cut", self.cut, seen, None),
        ];
        all.into_iter()
            .filter(|(_, pages, of, _)| *pages >= FEWEST_PAGES && *pages as f64 >= SMALLEST_PART * *of as f64)
            .map(|(code, pages, of, value)| Hint { code, pages, of, value })
            .collect()
    }

    /// How many pages are of another size than printed, all by the same factor.
    fn resized(&self) -> (usize, Option<f64>) {
        let other = self.scales.iter().copied().filter(|s| (s - 1.0).abs() > RESIZED).collect::<Vec<_>>();
        let Some(usual) = median(other.clone()) else { return (0, None) };
        (other.iter().filter(|s| (*s / usual - 1.0).abs() < 0.01).count(), Some(usual))
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_and_white_is_told_from_gray() {
        let mut page = Gray::new(600, 800, 255);
        page.row_mut(400).fill(0);
        assert!(is_bitonal(&page));
        page.row_mut(401).fill(200);
        assert!(!is_bitonal(&page));
    }

    fn scan() -> Scan {
        Scan { dpi: (200.0, 200.0), scale: Some(1.001), black: 0.2, bitonal: false, cut: false, streaks: None }
    }

    fn hints(change: impl Fn(usize, &mut Scan)) -> Vec<(&'static str, usize, Option<f64>)> {
        let mut scans = Scans::default();
        for i in 0..10 {
            let mut scan = scan();
            change(i, &mut scan);
            let mut reading = crate::output::samples::page("a.pdf", 1, &[]);
            reading.registration.iter_mut().for_each(|r| r.dpi = scan.dpi.0);
            scans.add(&reading, &Observed { scan: Some(scan), ..Observed::default() });
        }
        scans.hints().into_iter().map(|h| (h.code, h.pages, h.value)).collect()
    }

    #[test]
    fn what_a_setting_causes_is_said_and_an_accident_is_not() {
        assert_eq!(hints(|_, _| ()), []);
        assert_eq!(hints(|i, s| s.cut = i < 2), []);
        assert_eq!(hints(|i, s| s.cut = i < 4), [("cut", 4, None)]);
        assert_eq!(hints(|_, s| s.dpi = (100.0, 101.0)), [("low_dpi", 10, Some(100.0))]);
        assert_eq!(hints(|_, s| s.dpi = (204.0, 196.0)), [("uneven_dpi", 10, None)]);
        assert_eq!(hints(|i, s| s.streaks = Some(vec![80 + (i % 2) as u16])), [("streak", 10, Some(80.0))]);
        assert_eq!(hints(|i, s| s.streaks = Some(vec![10 * i as u16])), []);
        assert_eq!(hints(|_, s| s.scale = Some(0.942)), [("resized", 10, Some(94.2))]);
        // Photos are of all sizes.
        assert_eq!(hints(|i, s| s.scale = Some(0.88 + 0.02 * i as f64)), []);
        assert_eq!(hints(|_, s| s.bitonal = true), [("bitonal", 10, None)]);
        assert_eq!(hints(|_, s| s.black = 0.7), [("light", 10, None)]);
    }
}
