//! The reader's reasoning drawn over the page: where it looked, what it measured there, and what it made of it.

use super::canvas::*;
use super::rows;
use super::words::{self, number};
use crate::raster::Rgb;
use crate::raster::draw::Pen;
use crate::raster::rgb::Color;
use crate::raster::text::Anchor;
use crate::read::result::{FieldStatus, MarkState};
use crate::units::{Point, Px};

const HEIGHT_PX: usize = 2800;
/// Small scans are enlarged, so that numbers fit between the bubbles.
const ENLARGE: f64 = 3.0;
/// Residuals and shifts are tenths of a millimetre: they are drawn ten times as long.
const EXAGGERATION: f64 = 10.0;
const MAX_ISSUES: usize = 12;

pub fn explain(seen: &Seen<'_>) -> Rgb {
    let issues = &seen.reading.issues;
    let said = issues.len().min(MAX_ISSUES + 1);
    let mut canvas = Canvas::new(seen, HEIGHT_PX, ENLARGE, 0.35, 3 + said);
    fields(&mut canvas, seen);
    registration(&mut canvas, seen);
    codes(&mut canvas, seen);
    legend(&mut canvas);
    for (i, issue) in issues.iter().enumerate().take(said) {
        let text = if i == MAX_ISSUES {
            format!("… e mais {}", issues.len() - MAX_ISSUES)
        } else {
            format!("• {} [{}: {}]", words::issue_line(issue), issue.code, issue.detail)
        };
        let (x, y, size) = (canvas.text * 0.8, canvas.below(3 + i), canvas.text * 0.9);
        let text = canvas.font.fitted(&text, size, canvas.rgb.width as f64 - 2.0 * x);
        canvas.write(&text, x, y, Anchor::Left, size, RED);
    }
    canvas.rgb
}

/// Every bubble's sampled window in its state's colour, its ink under it, and every field's verdict.
fn fields(canvas: &mut Canvas, seen: &Seen<'_>) {
    let Some(warp) = seen.warp else { return };
    let window = seen.trace.map(|t| t.window).filter(|w| *w > 0.0).unwrap_or(1.0);
    // All boxes first: a row's box would strike through the numbers of the row above.
    for (field, reading) in placed(seen) {
        let corners = canvas.field_box(warp, field, 0.0);
        let color = status_color(reading.status);
        let strong = reading.status != FieldStatus::Answered && reading.status != FieldStatus::Blank;
        let pen = if strong { Pen::new(color, 2.5) } else { Pen::new(color, 1.0).alpha(0.5) };
        canvas.rgb.polygon(&corners, pen);
    }
    for (field, reading) in placed(seen) {
        let scale = canvas.view.px_per_mm(warp, Point::new(field.area.x, field.area.y));
        let small = (1.15 * scale).clamp(7.0, 14.0);
        for (bubble, mark) in bubbles(field, reading) {
            let state = state_color(mark.state);
            let wide = if mark.state == MarkState::Empty { 1.0 } else { 2.2 };
            canvas.rgb.ring(canvas.view.bubble(warp, bubble, window), Pen::new(state, wide));
            if counts(reading, mark) {
                canvas.rgb.ring(canvas.view.bubble(warp, bubble, 1.0).grown(2.0), Pen::new(GREEN, 1.6));
            }
            let under = canvas.view.on_paper(warp, bubble.x, bubble.y + bubble.ry);
            canvas.note(&number(mark.ink, 2), under.x, under.y + small * 1.05, small, state);
        }
        let corners = canvas.field_box(warp, field, 0.0);
        let answer = rows::answer(reading);
        let verdict = if answer.is_empty() { "–" } else { &answer };
        let text = format!("{verdict} {}", number(reading.confidence, 3));
        // In the lower left corner, under the printed number, no bubble stands; in a large box an anchor does.
        let aside = if field.area.h > 15.0 { 3.0 * scale } else { 3.0 };
        canvas.write(
            &text,
            corners[3].x + aside,
            corners[3].y - 3.0,
            Anchor::Left,
            small,
            status_color(reading.status),
        );
    }
}

/// Marks with their residuals, anchors with their shifts.
fn registration(canvas: &mut Canvas, seen: &Seen<'_>) {
    let size = canvas.text * 0.7;
    let longer = |from: Point<Px>, to: Point<Px>| {
        Point::new(from.x + EXAGGERATION * (to.x - from.x), from.y + EXAGGERATION * (to.y - from.y))
    };
    let Some(trace) = seen.trace else {
        canvas.marks(seen);
        return;
    };
    for mark in &trace.marks {
        let expected = seen.warp.map(|w| canvas.view.place(w.base.apply(mark.expected)));
        let found = mark.found.map(|p| canvas.view.place(p));
        let color = if mark.ok { BLUE } else { RED };
        if let Some(at) = found.or(expected) {
            canvas.cross(at, size, Pen::new(color, 2.0));
        }
        match (expected, found) {
            (Some(from), Some(to)) => canvas.rgb.arrow(from, longer(from, to), Pen::new(color, 2.0)),
            (Some(at), None) => canvas.badge("perdida", at.x, at.y + 1.8 * size, size, RED),
            _ => {}
        }
    }
    let Some(warp) = seen.warp else { return };
    for anchor in &trace.anchors {
        let at = canvas.view.on_paper(warp, anchor.expected.x, anchor.expected.y);
        let color = if anchor.found.is_some() { VIOLET } else { RED };
        let half = size * 0.5;
        canvas.boxed(at.x - half, at.y - half, at.x + half, at.y + half, Pen::new(color, 1.5));
    }
    for shift in warp.shifts() {
        let base = warp.base.apply(shift.at);
        let from = canvas.view.place(base);
        let to = canvas.view.place(Point::new(base.x + shift.dx_px, base.y + shift.dy_px));
        canvas.rgb.arrow(from, longer(from, to), Pen::new(VIOLET, 2.0));
    }
}

fn codes(canvas: &mut Canvas, seen: &Seen<'_>) {
    for code in seen.trace.map_or(&[][..], |t| &t.codes) {
        let corners = code.corners.map(|p| canvas.view.place(p));
        let (color, verdict) = if code.decoded { (GREEN, "lido") } else { (RED, "não lido") };
        canvas.rgb.polygon(&corners, Pen::new(color, 3.0));
        let x = corners.iter().map(|p| p.x).sum::<f64>() / 4.0;
        let y = corners.iter().map(|p| p.y).fold(f64::INFINITY, f64::min);
        canvas.badge(&format!("{}: {verdict}", code.name), x, y, canvas.text * 0.8, color);
    }
}

fn legend(canvas: &mut Canvas) {
    use MarkState::*;
    let states = [Empty, Filled, Faint, Erased, Crossed, Checked, Cancelled, Outside, Ambiguous];
    canvas.legend(0, &states.map(|s| (Symbol::Ring, state_color(s), words::mark(s))));
    canvas.legend(
        1,
        &[
            (Symbol::Ring, GREEN, "anel de fora: a marca conta"),
            (Symbol::Box, AMBER, "em dúvida"),
            (Symbol::Box, RED, "múltiplo ou inválido"),
            (Symbol::Box, GRAY, "em branco"),
        ],
    );
    canvas.legend(
        2,
        &[
            (Symbol::Cross, BLUE, "marca de registro, resíduo × 10"),
            (Symbol::Cross, RED, "marca descartada ou perdida"),
            (Symbol::Arrow, VIOLET, "âncora, deslocamento × 10"),
        ],
    );
}

fn state_color(s: MarkState) -> Color {
    match s {
        MarkState::Empty => GRAY,
        MarkState::Filled => [0x0A, 0x6B, 0x2D],
        MarkState::Faint => [0x2B, 0xA8, 0x8C],
        MarkState::Erased => [0xB0, 0x7D, 0x4F],
        MarkState::Crossed => [0x1F, 0x5F, 0xD0],
        MarkState::Checked => [0x00, 0x8F, 0xC4],
        MarkState::Cancelled => [0x8A, 0x3F, 0xC0],
        MarkState::Outside => [0xC2, 0x3B, 0x8E],
        MarkState::Ambiguous => AMBER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::made_up::Sheet;
    use crate::output::trace::Trace;
    use crate::read::result::Issue;

    #[test]
    fn a_trace_without_a_warp_and_a_warp_without_a_trace_are_drawn() {
        let sheet = Sheet::scanned(270);
        let whole = explain(&sheet.seen());
        assert!(whole.height > 2800);
        let unregistered = explain(&Seen { warp: None, ..sheet.seen() });
        assert!(unregistered.width > 640);
        let untraced = explain(&Seen { trace: None, ..sheet.seen() });
        assert_eq!((untraced.width, untraced.height), (whole.width, whole.height));
        assert!(untraced != whole);
        let empty = Trace::default();
        explain(&Seen { page: None, trace: Some(&empty), ..sheet.seen() });
    }

    #[test]
    fn many_issues_do_not_make_a_picture_without_end() {
        let mut sheet = Sheet::scanned(0);
        sheet.reading.issues = (0..5000).map(|i| Issue::new("strange", format!("the {i}th"))).collect();
        assert!(explain(&sheet.seen()).height < 3800);
    }

    /// `GABARITO_SHOW=DIR cargo test --lib shown` leaves pictures to look at.
    #[test]
    fn shown() {
        let sheet = Sheet::scanned(90);
        let png = explain(&sheet.seen()).to_png().unwrap();
        if let Some(dir) = std::env::var_os("GABARITO_SHOW") {
            std::fs::write(std::path::Path::new(&dir).join("explained.png"), &png).unwrap();
        }
        assert!(png.len() > 10_000);
    }
}
