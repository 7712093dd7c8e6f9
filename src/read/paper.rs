//! A page drawn straight into pixels, for the reader's own tests: no PDF, no fonts.

use crate::raster::Gray;
use crate::sheet::code::{Modules, datamatrix, qr};
use crate::sheet::frame::{Area, TAG_MODULES, TAGS};
use crate::sheet::{Identity, LayoutPage, SheetKey};
use crate::units::{Homography, Mm, Point, Px};

/// Draws a page; `marked` says how full each bubble of each field is filled, 0 to 1.
pub fn draw(
    page: &LayoutPage,
    identity: &Identity,
    key: &SheetKey,
    (width, height): (usize, usize),
    map: &Homography<Mm, Px>,
    marked: &dyn Fn(usize, usize) -> f64,
) -> Gray {
    let code = identity.to_code(key);
    let (qr, backup) = (qr::encode(&code), datamatrix::encode(&code));
    let ink = |x: f64, y: f64| -> f64 {
        for f in &page.fiducials {
            let (u, v) = ((x - f.x) / f.size + 0.5, (y - f.y) / f.size + 0.5);
            if (0.0..1.0).contains(&u) && (0.0..1.0).contains(&v) {
                let (c, r) = ((u * TAG_MODULES as f64) as usize, (v * TAG_MODULES as f64) as usize);
                let inner = (1..4).contains(&c) && (1..4).contains(&r);
                return if inner && TAGS[f.tag][(r - 1) * 3 + c - 1] { 0.0 } else { 1.0 };
            }
        }
        for (area, modules) in [(page.code, &qr), (page.backup.unwrap(), &backup)] {
            if let Some(dark) = module(&area, modules, x, y) {
                return if dark { 1.0 } else { 0.0 };
            }
        }
        for a in &page.anchors {
            if (x - a.x).abs() < a.size / 2.0 && (y - a.y).abs() < a.size / 2.0 {
                return 1.0;
            }
        }
        for (i, field) in page.fields.iter().enumerate() {
            let a = &field.area;
            if x < a.x || x > a.right() || y < a.y || y > a.bottom() {
                continue;
            }
            for (j, b) in field.bubbles.iter().enumerate() {
                let d = ((x - b.x) / b.rx).hypot((y - b.y) / b.ry);
                if d < 1.06 {
                    let outline = if (d - 1.0).abs() < 0.06 { 0.5 } else { 0.0 };
                    return f64::max(
                        outline,
                        if d < 0.95 && (y - b.y) / b.ry < 2.0 * marked(i, j) - 1.0 { 0.85 } else { 0.0 },
                    );
                }
            }
        }
        0.0
    };
    let back = map.inverse().unwrap();
    let mut g = Gray::new(width, height, 0);
    for y in 0..height {
        for (x, v) in g.row_mut(y).iter_mut().enumerate() {
            let sum: f64 = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]
                .into_iter()
                .map(|(dx, dy)| back.apply(Point::new(x as f64 + dx, y as f64 + dy)))
                .map(|p| ink(p.x, p.y))
                .sum();
            *v = (235.0 - 200.0 * sum / 4.0) as u8;
        }
    }
    g
}

fn module(area: &Area, modules: &Modules, x: f64, y: f64) -> Option<bool> {
    let n = modules.size as f64;
    let (c, r) = ((x - area.x) / area.w * n, (y - area.y) / area.h * n);
    ((0.0..n).contains(&c) && (0.0..n).contains(&r)).then(|| modules.get(r as usize, c as usize))
}
