//! A bubble's place in the picture.

use crate::raster::{Gray, Streaks, Window};
use crate::read::warp::Warp;
use crate::sheet::layout::Bubble;
use crate::units::Point;

/// How far from its middle a bubble's surroundings are looked at, in half-axes.
pub const FAR: f64 = 1.55;

/// A bubble's local map: its centre in the picture and the pixels per half-axis.
#[derive(Clone, Copy)]
pub struct Local<'a> {
    pub x: f64,
    pub y: f64,
    pub j: [[f64; 2]; 2],
    fine: bool,
    /// Whether all that is looked at is inside the picture.
    pub whole: bool,
    /// What must not be looked at.
    pub streaks: Option<&'a Streaks>,
}

impl Local<'_> {
    pub fn of(picture: &Gray, warp: &Warp, b: &Bubble) -> Self {
        let at = Point::new(b.x, b.y);
        let centre = warp.to_picture(at);
        let j = warp.base.jacobian(at);
        let j = [[j[0][0] * b.rx, j[0][1] * b.ry], [j[1][0] * b.rx, j[1][1] * b.ry]];
        // With few pixels a bubble, which pixel is nearest matters.
        let fine = j[0][0].hypot(j[1][0]) < 16.0;
        let mut local = Local { x: centre.x, y: centre.y, j, fine, whole: false, streaks: None };
        let Window { x0, y0, x1, y1 } = local.window(FAR);
        local.whole = x0 > 0.0 && y0 > 0.0 && x1 < picture.width as f64 && y1 < picture.height as f64;
        local
    }

    /// All within `half_axes` of the middle.
    pub fn window(&self, half_axes: f64) -> Window {
        // Of an ellipse, not of the box around its axes.
        let reach = |row: [f64; 2]| half_axes * row[0].hypot(row[1]) + 1.0;
        let (rx, ry) = (reach(self.j[0]), reach(self.j[1]));
        Window { x0: self.x - rx, y0: self.y - ry, x1: self.x + rx, y1: self.y + ry }
    }

    pub fn gray(&self, picture: &Gray, u: f64, v: f64) -> Option<f64> {
        let x = self.x + self.j[0][0] * u + self.j[0][1] * v;
        let y = self.y + self.j[1][0] * u + self.j[1][1] * v;
        let seen = self.whole || (x >= 0.0 && y >= 0.0 && x < picture.width as f64 && y < picture.height as f64);
        if !seen || self.streaks.is_some_and(|s| s.at(x, y)) {
            return None;
        }
        Some(if self.fine { picture.sample(Point::new(x, y)) } else { f64::from(picture.get(x as usize, y as usize)) })
    }
}
