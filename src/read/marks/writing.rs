//! Whether anything is written in an area.

use super::measure::DARK;
use crate::raster::{Partial, Window};
use crate::read::warp::Warp;
use crate::sheet::layout::Field;
use crate::units::{Point, Px};

/// What of a field's area is covered, as parts of it: handwriting is looked for, with printed lines, the border and the
/// caption left out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Writing {
    /// In strokes: dark together with places beside, as the dots of a black and white scan seldom are.
    pub strokes: f64,
    /// Dark.
    pub dark: f64,
    /// Darker than paper at all: a light pencil.
    pub darkened: f64,
}

/// Ink of a thin stroke of light pencil.
const LIGHT: f64 = 0.20;
const STEP_MM: f64 = 0.4;
const BORDER_MM: f64 = 1.5;
/// Wider than any stroke.
const STROKE_MM: f64 = 3.2;

/// `caption_mm` at the top is the caption's. None where a part of the area is not in the picture.
pub fn writing(picture: &mut Partial, warp: &Warp, field: &Field, caption_mm: f64, black: f64) -> Option<Writing> {
    let area = &field.area;
    let columns = ((area.w - 2.0 * BORDER_MM).max(0.0) / STEP_MM) as usize;
    let rows = ((area.h - BORDER_MM - caption_mm).max(0.0) / STEP_MM) as usize;
    if columns == 0 || rows == 0 {
        return Some(Writing::default());
    }
    let at = |i: usize| {
        let (r, c) = ((i / columns) as f64, (i % columns) as f64);
        warp.to_picture(Point::new(area.x + BORDER_MM + c * STEP_MM, area.y + caption_mm + r * STEP_MM))
    };
    let places: Vec<Point<Px>> = (0..columns * rows).map(at).collect();
    picture.need(Window::around(places.iter().copied(), 2.0));
    let picture = picture.gray();
    if !places.iter().all(|&p| picture.contains(p)) {
        return None;
    }
    let grays: Vec<f64> = places.iter().map(|&p| picture.sample(p)).collect();
    let paper = closed(&grays, columns, (STROKE_MM / STEP_MM / 2.0) as usize);
    let scale = 1.0 / (1.0 - black.clamp(0.0, 0.5));
    let inks: Vec<f64> = grays.iter().zip(&paper).map(|(g, paper)| (1.0 - g / paper.max(1.0)) * scale).collect();
    let dark = off_the_lines(&inks, columns, DARK);
    let mut is_dark = vec![false; inks.len()];
    dark.iter().for_each(|&(r, c)| is_dark[r * columns + c] = true);
    let together = |&&(r, c): &&(usize, usize)| {
        let square = (r.saturating_sub(1)..(r + 2).min(rows))
            .flat_map(|r| (c.saturating_sub(1)..(c + 2).min(columns)).map(move |c| r * columns + c));
        square.filter(|&i| is_dark[i]).count() > 2
    };
    let all = inks.len() as f64;
    Some(Writing {
        strokes: dark.iter().filter(together).count() as f64 / all,
        dark: dark.len() as f64 / all,
        darkened: off_the_lines(&inks, columns, LIGHT).len() as f64 / all,
    })
}

/// The paper under strokes: a closing (the lightest around, then the darkest of those), in which strokes vanish and the
/// edge of a shadow does not (Serra, *Image Analysis and Mathematical Morphology*, 1982).
fn closed(grays: &[f64], columns: usize, reach: usize) -> Vec<f64> {
    let rows = grays.len() / columns;
    let around = |at: usize, n: usize| at.saturating_sub(reach)..(at + reach + 1).min(n);
    let pass = |values: &[f64], pick: fn(f64, f64) -> f64| -> Vec<f64> {
        let level = |i: usize| {
            let near = around(i % columns, columns).map(|c| values[i / columns * columns + c]);
            near.reduce(pick).unwrap_or_default()
        };
        let level: Vec<f64> = (0..values.len()).map(level).collect();
        let upright = |i: usize| {
            let near = around(i / columns, rows).map(|r| level[r * columns + i % columns]);
            near.reduce(pick).unwrap_or_default()
        };
        (0..values.len()).map(upright).collect()
    };
    pass(&pass(grays, f64::max), f64::min)
}

/// Row and column of the samples of more than `level` ink that are in no printed line.
fn off_the_lines(inks: &[f64], columns: usize, level: f64) -> Vec<(usize, usize)> {
    const SEGMENTS: usize = 12;
    let rows: Vec<&[f64]> = inks.chunks(columns).collect();
    let dark = |row: &[f64]| row.iter().filter(|&&ink| ink > level).count();
    let reach = |row: &&[f64]| row.chunks(columns.div_ceil(SEGMENTS).max(1)).filter(|s| dark(s) > 0).count();
    let reaches: Vec<usize> = rows.iter().map(reach).collect();
    // A printed line reaches right across and has nothing above or below; handwriting is higher than that.
    let is_line = |r: usize| {
        let near =
            |d: usize| [r.checked_sub(d), Some(r + d)].into_iter().flatten().filter_map(|i| reaches.get(i)).max();
        2 * dark(rows[r]) > columns || (4 * reaches[r] > 3 * SEGMENTS && near(2).is_none_or(|&n| 3 * n < SEGMENTS))
    };
    let free = (0..rows.len()).filter(|&r| !is_line(r));
    let rows = &rows;
    free.flat_map(|r| (0..columns).filter(move |&c| rows[r][c] > level).map(move |c| (r, c))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_vanish_from_the_paper_and_shadows_do_not() {
        let (columns, rows) = (40, 20);
        let gray = |i: usize| match (i / columns, i % columns) {
            (8..11, 5..35) => 30.0,
            (_, c) if c < 20 => 100.0,
            _ => 220.0,
        };
        let grays: Vec<f64> = (0..columns * rows).map(gray).collect();
        let paper = closed(&grays, columns, 4);
        let expected = |i: usize| if i % columns < 20 { 100.0 } else { 220.0 };
        assert!((0..columns * rows).all(|i| paper[i] == expected(i)));
    }
}
