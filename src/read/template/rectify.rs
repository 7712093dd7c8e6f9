//! The picture seen through a homography: a page of the template, a few pixels to each bubble, and how dark every pixel
//! is against the paper around it.

use crate::raster::gray::Gray;
use crate::units::{Homography, Mm, Point, Px};

/// A picture and its halves, so that a reduced view averages over pixels instead of skipping them.
pub struct Pyramid<'p> {
    full: &'p Gray,
    /// Each level is half of the one before; the first is half of `full`.
    halves: Vec<Gray>,
}

const SMALLEST_SIDE_PX: usize = 32;

impl<'p> Pyramid<'p> {
    pub fn new(full: &'p Gray) -> Self {
        let mut halves: Vec<Gray> = Vec::new();
        loop {
            let last = halves.last().unwrap_or(full);
            if last.width.min(last.height) < 2 * SMALLEST_SIDE_PX {
                return Pyramid { full, halves };
            }
            let next = half(last);
            halves.push(next);
        }
    }

    pub fn level(&self, n: usize) -> &Gray {
        if n == 0 { self.full } else { self.halves.get(n - 1).or(self.halves.last()).unwrap_or(self.full) }
    }

    pub fn levels(&self) -> usize {
        self.halves.len() + 1
    }

    /// The smallest level whose longer side has at least `side_px`, and how many pixels of the picture one of its is.
    pub fn at_least(&self, side_px: usize) -> (&Gray, f64) {
        let n = (0..self.levels()).rev().find(|&n| {
            let g = self.level(n);
            g.width.max(g.height) >= side_px
        });
        let n = n.unwrap_or(0);
        (self.level(n), (1u64 << n) as f64)
    }
}

fn half(g: &Gray) -> Gray {
    let (w, h) = (g.width / 2, g.height / 2);
    let mut out = Gray::new(w, h, 0);
    for y in 0..h {
        let (a, b) = (&g.row(2 * y)[..2 * w], &g.row(2 * y + 1)[..2 * w]);
        for ((o, a), b) in out.row_mut(y).iter_mut().zip(a.chunks_exact(2)).zip(b.chunks_exact(2)) {
            *o = ((u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]) + 2) / 4) as u8;
        }
    }
    out
}

/// A view of `width` × `height` template units at `scale` pixels a unit. Places beyond the picture count as paper.
pub fn rectify(pyramid: &Pyramid, map: &Homography<Mm, Px>, (width, height): (f64, f64), scale: f64) -> Gray {
    let (w, h) = (((width * scale) as usize).max(1), ((height * scale) as usize).max(1));
    // Source pixels to one of the view, at the middle of the page.
    let j = map.jacobian(Point::new(width / 2.0, height / 2.0));
    let step = (j[0][0] * j[1][1] - j[0][1] * j[1][0]).abs().sqrt() / scale;
    let level = if step.is_finite() { step.max(1.0).log2().round() as usize } else { 0 }.min(pyramid.levels() - 1);
    let shrink = (1u64 << level) as f64;
    let source = pyramid.level(level);
    let m = map.m;
    let row = |r: usize| [m[3 * r] / scale, m[3 * r + 1] / scale, m[3 * r + 2]].map(|v| v as f32);
    let (a, b, c) = (row(0), row(1), row(2));
    let (max_x, max_y) = ((source.width - 1) as f32, (source.height - 1) as f32);
    let inverse = 1.0 / shrink as f32;
    let mut out = Gray::new(w, h, 255);
    for y in 0..h {
        let v = y as f32 + 0.5;
        let start = [a[1] * v + a[2], b[1] * v + b[2], c[1] * v + c[2]];
        for (x, pixel) in out.row_mut(y).iter_mut().enumerate() {
            let u = x as f32 + 0.5;
            let k = inverse / (c[0] * u + start[2]);
            let (px, py) = ((a[0] * u + start[0]) * k - 0.5, (b[0] * u + start[1]) * k - 0.5);
            if !(px >= -0.5 && py >= -0.5 && px <= max_x + 0.5 && py <= max_y + 0.5) {
                continue;
            }
            let (px, py) = (px.clamp(0.0, max_x), py.clamp(0.0, max_y));
            let (x0, y0) = (px as usize, py as usize);
            let (fx, fy) = (px - x0 as f32, py - y0 as f32);
            let x1 = (x0 + 1).min(source.width - 1);
            let (r0, r1) = (source.row(y0), source.row((y0 + 1).min(source.height - 1)));
            let mix = |r: &[u8]| f32::from(r[x0]) * (1.0 - fx) + f32::from(r[x1]) * fx;
            *pixel = (mix(r0) * (1.0 - fy) + mix(r1) * fy + 0.5) as u8;
        }
    }
    out
}

/// How dark every pixel is: 0 is the paper around it, 1 is black.
pub struct Darkness {
    pub width: usize,
    pub height: usize,
    pub data: Vec<f32>,
}

impl Darkness {
    /// The paper around a pixel is the 80th percentile of `tile_px` wide tiles, each taken with its eight neighbours, and
    /// bilinear between their centres: wide enough to see past filled bubbles, narrow enough to follow a shadow.
    pub fn of(view: &Gray, tile_px: f64) -> Self {
        let tile = (tile_px as usize).clamp(4, view.width.min(view.height).max(4));
        let (nx, ny) = (view.width.div_ceil(tile), view.height.div_ceil(tile));
        let mut histograms = vec![[0u16; 64]; nx * ny];
        for y in 0..view.height {
            let row = &mut histograms[y / tile * nx..][..nx];
            for (pixels, histogram) in view.row(y).chunks(tile).zip(row) {
                for &v in pixels {
                    histogram[usize::from(v >> 2)] = histogram[usize::from(v >> 2)].saturating_add(1);
                }
            }
        }
        let paper: Vec<f32> = (0..nx * ny)
            .map(|i| {
                let (x, y) = (i % nx, i / nx);
                let mut sum = [0u32; 64];
                for ty in y.saturating_sub(1)..(y + 2).min(ny) {
                    for tx in x.saturating_sub(1)..(x + 2).min(nx) {
                        sum.iter_mut().zip(&histograms[ty * nx + tx]).for_each(|(s, &h)| *s += u32::from(h));
                    }
                }
                let wanted = sum.iter().sum::<u32>() / 5;
                let mut above = 0;
                let bin = (0..64).rev().find(|&b| {
                    above += sum[b];
                    above > wanted
                });
                (bin.unwrap_or(63) * 4 + 2) as f32
            })
            .collect();
        let mut data = Vec::with_capacity(view.data.len());
        let spot = |p: usize, n: usize| {
            let t = ((p as f32 + 0.5) / tile as f32 - 0.5).clamp(0.0, (n - 1) as f32);
            (t as usize, (t as usize + 1).min(n - 1), t.fract())
        };
        let columns: Vec<_> = (0..view.width).map(|x| spot(x, nx)).collect();
        for y in 0..view.height {
            let (y0, y1, fy) = spot(y, ny);
            let line: Vec<f32> = (0..nx).map(|x| paper[y0 * nx + x] * (1.0 - fy) + paper[y1 * nx + x] * fy).collect();
            data.extend(view.row(y).iter().zip(&columns).map(|(&v, &(x0, x1, fx))| {
                let paper = line[x0] * (1.0 - fx) + line[x1] * fx;
                ((paper - f32::from(v)) / paper).max(0.0)
            }));
        }
        Darkness { width: view.width, height: view.height, data }
    }
}

/// Sums over rectangles in four look-ups (Crow, "Summed-area tables", 1984), of values clipped at `most`.
pub struct Sums {
    width: usize,
    height: usize,
    data: Vec<f32>,
}

impl Sums {
    pub fn of(d: &Darkness, most: f32) -> Self {
        let w = d.width + 1;
        let mut data = vec![0.0f32; w * (d.height + 1)];
        for y in 0..d.height {
            let mut run = 0.0;
            for x in 0..d.width {
                run += d.data[y * d.width + x].min(most);
                data[(y + 1) * w + x + 1] = data[y * w + x + 1] + run;
            }
        }
        Sums { width: d.width, height: d.height, data }
    }

    /// Sum and area of the pixels within half sides (hx, hy) of (x, y).
    pub fn around(&self, x: f64, y: f64, hx: f64, hy: f64) -> (f32, f32) {
        let edge = |v: f64, n: usize| (v.round().max(0.0) as usize).min(n);
        let (x0, x1) = (edge(x - hx, self.width), edge(x + hx, self.width));
        let (y0, y1) = (edge(y - hy, self.height), edge(y + hy, self.height));
        let at = |x: usize, y: usize| self.data[y * (self.width + 1) + x];
        let sum = at(x1, y1) - at(x0, y1) - at(x1, y0) + at(x0, y0);
        (sum, ((x1 - x0) * (y1 - y0)) as f32)
    }
}
