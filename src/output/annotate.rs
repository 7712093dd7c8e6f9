//! The page with what was read drawn on it, for a person who checks it.

use super::canvas::*;
use super::view::View;
use crate::raster::Rgb;
use crate::raster::draw::Pen;
use crate::read::result::{FieldStatus, Outcome};

const HEIGHT_PX: usize = 1600;
/// Of a page without answers: to see at a glance that nothing is lost.
const EMPTY_PX: usize = 600;
/// Of a page among many.
const THUMBNAIL_PX: usize = 420;

/// The page upright, as it was scanned, at most 1600 pixels high.
pub fn plain(seen: &Seen<'_>) -> Rgb {
    upright(seen, HEIGHT_PX)
}

/// The page upright, to be known again among others.
pub fn thumbnail(seen: &Seen<'_>) -> Rgb {
    upright(seen, THUMBNAIL_PX)
}

fn upright(seen: &Seen<'_>, height: usize) -> Rgb {
    let view = View::new(seen.picture, seen.warp, height, 1.0);
    let mut rgb = Rgb::new(view.width, view.height, [0xFF; 3]);
    rgb.put_gray(&view.picture(seen.picture), 0, 0, |v| v);
    rgb
}

/// The page upright, at most 1700 pixels high: a ring around every mark that counts, a box around what a person must
/// see, a header with the outcome.
pub fn annotate(seen: &Seen<'_>) -> Rgb {
    let height = match seen.reading.outcome {
        Outcome::Blank | Outcome::Foreign => EMPTY_PX,
        _ => HEIGHT_PX,
    };
    let mut canvas = Canvas::new(seen, height, 1.0, 0.0, 1);
    canvas.marks(seen);
    if let Some(warp) = seen.warp {
        for (field, reading) in placed(seen) {
            let color = status_color(reading.status);
            let scale = canvas.view.px_per_mm(warp, crate::units::Point::new(field.area.x, field.area.y));
            let pen = Pen::new(color, (0.35 * scale).clamp(1.5, 4.0));
            for (bubble, mark) in bubbles(field, reading) {
                if counts(reading, mark) {
                    let ring = canvas.view.bubble(warp, bubble, 1.0).grown(pen.width_px * 0.9);
                    canvas.rgb.ring(ring, pen);
                }
            }
            let corners = canvas.field_box(warp, field, 0.0);
            match reading.status {
                FieldStatus::Answered => {}
                FieldStatus::Blank => canvas.rgb.polygon(&corners, Pen::new(color, 1.6)),
                _ => {
                    canvas.rgb.polygon(&corners, pen);
                    let sign = if reading.status == FieldStatus::Doubtful { "?" } else { "!" };
                    let (a, b) = (corners[1], corners[2]);
                    let size = (3.2 * scale).clamp(11.0, 26.0);
                    // Beside the box: inside it would cover the last bubble.
                    canvas.badge(sign, (a.x + b.x) / 2.0 + size * 0.65, (a.y + b.y) / 2.0, size, color);
                }
            }
        }
    }
    canvas.legend(
        0,
        &[
            (Symbol::Ring, GREEN, "marca que conta"),
            (Symbol::Box, AMBER, "? em dúvida: confira"),
            (Symbol::Box, RED, "! mais de uma marca, ou inválido"),
            (Symbol::Box, GRAY, "em branco"),
            (Symbol::Cross, BLUE, "marca de registro"),
        ],
    );
    canvas.rgb
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::made_up::Sheet;

    fn near(rgb: &Rgb, x: f64, y: f64, r: usize, color: [u8; 3]) -> bool {
        let (x, y) = (x as usize, y as usize);
        (y - r..=y + r)
            .any(|y| (x - r..=x + r).any(|x| rgb.get(x, y).iter().zip(color).all(|(a, b)| a.abs_diff(b) < 60)))
    }

    #[test]
    fn every_status_has_its_colour_at_its_place() {
        for turn in [0, 90, 180, 270] {
            let sheet = Sheet::scanned(turn);
            let seen = sheet.seen();
            let rgb = annotate(&seen);
            assert!(rgb.height <= 1800 && rgb.width < rgb.height);
            let canvas = Canvas::new(&seen, HEIGHT_PX, 1.0, 0.0, 1);
            for (field, reading) in placed(&seen).take(8) {
                // Neighbours share their upper and lower edges.
                let [from, .., to] = canvas.field_box(&sheet.warp, field, 0.0);
                let (x, y) = ((from.x + to.x) / 2.0, (from.y + to.y) / 2.0);
                let box_drawn = near(&rgb, x, y, 2, status_color(reading.status));
                assert_eq!(box_drawn, reading.status != FieldStatus::Answered, "{} turned by {turn}", field.id);
                for (bubble, mark) in bubbles(field, reading) {
                    let e = canvas.view.bubble(&sheet.warp, bubble, 1.0).grown(2.0);
                    let ringed = (0..12).map(|i| f64::from(i) * std::f64::consts::TAU / 12.0).all(|t| {
                        let (x, y) = (e.a.0 * t.cos() + e.b.0 * t.sin(), e.a.1 * t.cos() + e.b.1 * t.sin());
                        near(&rgb, e.centre.x + x, e.centre.y + y, 2, status_color(reading.status))
                    });
                    assert_eq!(ringed, counts(reading, mark), "{} {} turned by {turn}", field.id, bubble.label);
                }
            }
        }
    }

    #[test]
    fn a_page_of_which_nothing_is_known_is_shown_all_the_same() {
        let mut reading = crate::output::samples::error("x.pdf", "damaged_file");
        for outcome in Outcome::ALL {
            reading.outcome = outcome;
            let picture = crate::raster::Gray::new(40, 900, 90);
            let rgb = annotate(&Seen { picture: &picture, warp: None, page: None, reading: &reading, trace: None });
            let thumbnail = matches!(outcome, Outcome::Blank | Outcome::Foreign);
            assert!(rgb.width >= 640 && (rgb.height > 900) != thumbnail);
        }
    }

    /// `GABARITO_SHOW=DIR cargo test --lib shown` leaves pictures to look at.
    #[test]
    fn shown() {
        let sheet = Sheet::scanned(90);
        let png = annotate(&sheet.seen()).to_png().unwrap();
        if let Some(dir) = std::env::var_os("GABARITO_SHOW") {
            std::fs::write(std::path::Path::new(&dir).join("annotated.png"), &png).unwrap();
        }
        assert!(png.len() > 10_000);
    }
}
