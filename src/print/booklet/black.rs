//! Booklets in black alone: pictures of one bit, and no tints.

use super::look::Look;
use super::piece::{Piece, What};
use super::set::Set;
use crate::print::rich::model::PictureData;
use crate::print::rich::picture::bilevel;

/// A thinner line does not come out of an office printer, in points.
const THINNEST: f64 = 0.23;
const POINTS_PER_INCH: f64 = 72.0;

fn dots(points: f64) -> u32 {
    bilevel::dots(points / POINTS_PER_INCH)
}

/// Each picture as large as it is shown at most; one that no form shows is as it was.
pub fn pictures(pictures: &[PictureData], sets: &[(Look, Set)]) -> Vec<PictureData> {
    let mut largest = vec![None; pictures.len()];
    for drawn in sets.iter().flat_map(|(_, set)| &set.forms).flat_map(|form| &form.drawn) {
        let What::Picture { index, width, height } = drawn.what else { continue };
        let shown = (width * drawn.at.a, height * drawn.at.d);
        if let Some(most) = largest.get_mut(index)
            && most.is_none_or(|(width, _)| width < shown.0)
        {
            *most = Some(shown);
        }
    }
    let black = |(data, size): (&PictureData, Option<(f64, f64)>)| match size {
        Some((width, height)) => bilevel::of(data, dots(width), dots(height)),
        None => data.clone(),
    };
    pictures.iter().zip(largest).map(black).collect()
}

/// A picture under whole pages.
pub fn background(data: &PictureData, look: &Look) -> PictureData {
    bilevel::of(data, dots(look.width), dots(look.height))
}

/// A line of a tint, in black with as much ink.
pub fn weight(weight: f64, lightness: f64) -> f64 {
    (weight * (1.0 - lightness)).max(THINNEST.min(weight))
}

impl Piece {
    /// Text and lines in black; a ground that is more paper than ink is left out.
    pub fn blacken(&mut self) {
        self.drawn.retain(|d| !matches!(d.what, What::Fill { lightness, .. } if lightness > 0.5));
        for drawn in &mut self.drawn {
            match &mut drawn.what {
                What::Stroke { width, lightness, .. } => {
                    *width = weight(*width, *lightness);
                    *lightness = 0.0;
                }
                What::Text { lightness, .. } | What::Fill { lightness, .. } => *lightness = 0.0,
                What::Picture { .. } => {}
            }
        }
    }
}
