//! Which dark blobs are worth looking at, the likeliest first.

use super::tag::{Sighting, Suspect};
use crate::raster::Gray;
use crate::raster::blobs::Blob;
use crate::sheet::frame::TAG_SIZE;

pub struct Ranked {
    pub place: Suspect,
    /// Near to where a page that fills its picture has a tag.
    pub expected: bool,
}

/// A photo of a printed page in a cluttered room has some hundreds of blobs of a tag's shape at most.
const MOST: usize = 400;

/// Blobs about as wide as high, in full-size pixels. On a page that fills the picture the tags are at the corners and
/// the middles of the edges whichever way it is turned, so blobs near those places come first.
pub fn by_likelihood(coarse: &Gray, blobs: &[Blob], factor: usize) -> Vec<Ranked> {
    let (w, h) = (coarse.width as f64, coarse.height as f64);
    let mm = w.min(h) / 210.0;
    let near = |v: f64, n: f64| (v - 10.0 * mm).abs().min((v - n / 2.0).abs()).min((v - n + 10.0 * mm).abs());
    let mut ranked: Vec<(f64, &Blob)> = blobs
        .iter()
        .filter(|b| {
            let (w, h) = (b.width(), b.height());
            let square = w * 3 >= h * 2 && h * 3 >= w * 2;
            (4..=60).contains(&w) && (4..=60).contains(&h) && square && b.area * 3 >= w * h
        })
        .map(|b| {
            let (x, y) = ((b.x0 + b.x1 + 1) as f64 / 2.0, (b.y0 + b.y1 + 1) as f64 / 2.0);
            let middle = (x - w / 2.0).hypot(y - h / 2.0);
            // The centre of the picture is the middle of both axes, and no tag's place.
            // Nor is what has not a tag's size.
            let size = b.width().max(b.height()) as f64 / (TAG_SIZE * mm);
            let no_tag = middle < 30.0 * mm || !(0.6..1.8).contains(&size);
            let distance = near(x, w).hypot(near(y, h)) + if no_tag { w } else { 0.0 };
            (distance / mm, b)
        })
        .collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    ranked.truncate(MOST);
    let f = factor as f64;
    ranked
        .into_iter()
        .map(|(distance_mm, b)| Ranked {
            place: Suspect {
                x0: b.x0 as f64 * f,
                y0: b.y0 as f64 * f,
                x1: (b.x1 + 1) as f64 * f,
                y1: (b.y1 + 1) as f64 * f,
            },
            expected: distance_mm < 12.0,
        })
        .collect()
}

/// Adds a sighting unless that tag was seen there before.
pub fn keep(seen: &mut Vec<Sighting>, s: Sighting) {
    if seen.iter().all(|o| o.centre().distance(&s.centre()) > s.side() / 2.0) {
        seen.push(s);
    }
}

/// The part of the picture under dark blobs, those along its border left out (a desk, a scanner's lid).
pub fn darkness(coarse: &Gray, blobs: &[Blob]) -> f64 {
    let inside = |b: &&Blob| b.x0 > 1 && b.y0 > 1 && b.x1 + 2 < coarse.width && b.y1 + 2 < coarse.height && b.area > 1;
    let area: usize = blobs.iter().filter(inside).map(|b| b.area).sum();
    area as f64 / (coarse.width * coarse.height).max(1) as f64
}
