//! Lines down the whole scan: dirt on the glass, or a bad element of the sensor.

use super::{Gray, Partial, Window};
use fearless_simd::{Level, Simd, dispatch};
use std::ops::Range;

/// Where lines run from edge to edge of a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Streaks {
    /// Whether one runs down each column of pixels, and along each row; empty where there is none.
    columns: Vec<bool>,
    rows: Vec<bool>,
}

/// By how much the picture is reduced in which they are looked for first.
const UNIT: usize = 8;
/// A line must be seen in each of so many parts of its length: whatever is printed ends somewhere.
const PARTS: usize = 8;
/// By how much it must differ from both sides in the mean, in gray of the reduced picture.
const DIFFERENT: f64 = 1.0;
/// Part of its length in which it must differ, less that in which it differs the other way.
const STEADY: f64 = 0.75;
/// What is lighter than this part of the lightest is paper.
const PAPER: f64 = 0.6;
/// Places along a line at which its pixels are told apart.
const PLACES: usize = 64;
/// Part of a line's greatest difference that still belongs to it.
const EDGE: f64 = 0.25;

impl Streaks {
    pub fn find(picture: &mut Partial) -> Self {
        let reduced = picture.eighth().clone();
        let down = lines(&reduced);
        let along = lines(&turned(&reduced));
        let (w, h) = (picture.gray().width, picture.gray().height);
        let columns = fine(
            &down,
            w,
            |from, to, unit| {
                let y = unit * UNIT;
                let light = reduced.get(from / UNIT, unit).min(reduced.get((to - 1) / UNIT, unit));
                picture.need(Window { x0: from as f64, y0: y as f64, x1: to as f64, y1: (y + 1) as f64 });
                (light, picture.gray().row(y)[from..to].to_vec())
            },
            reduced.height,
        );
        let rows = fine(
            &along,
            h,
            |from, to, unit| {
                let x = unit * UNIT;
                let light = reduced.get(unit, from / UNIT).min(reduced.get(unit, (to - 1) / UNIT));
                picture.need(Window { x0: x as f64, y0: from as f64, x1: (x + 1) as f64, y1: to as f64 });
                (light, (from..to).map(|y| picture.gray().get(x, y)).collect())
            },
            reduced.width,
        );
        Streaks { columns, rows }
    }

    /// Where lines run down the picture: the first column of each.
    pub fn down(&self) -> impl Iterator<Item = usize> {
        let begins = |&x: &usize| self.columns[x] && (x == 0 || !self.columns[x - 1]);
        (0..self.columns.len()).filter(begins)
    }

    /// Whether one runs through a place.
    pub fn at(&self, x: f64, y: f64) -> bool {
        let hit = |lines: &[bool], v: f64| lines.get(v.max(0.0) as usize).copied().unwrap_or(false);
        hit(&self.columns, x) || hit(&self.rows, y)
    }

    /// Whether one runs through a window.
    pub fn cross(&self, w: &Window) -> bool {
        let hit = |lines: &[bool], from: f64, to: f64| {
            let within = |v: f64| (v.max(0.0) as usize).min(lines.len());
            lines[within(from)..within(to.ceil())].contains(&true)
        };
        hit(&self.columns, w.x0, w.x1) || hit(&self.rows, w.y0, w.y1)
    }
}

/// What is told of one part of each line: sums over it of the difference, of its signs, and of the places that were seen.
struct Part {
    sum: Vec<i16>,
    signs: Vec<i16>,
    seen: Vec<i16>,
}

/// Which columns differ from what lies two to either side, all the way.
fn lines(picture: &Gray) -> Vec<bool> {
    let (across, length) = (picture.width, picture.height);
    let mut found = vec![false; across];
    // Sums of a part stay within 16 bits.
    if across < 5 || !(8 * PARTS..=128 * PARTS).contains(&length) {
        return found;
    }
    let lightest = (0..length).step_by(3).map(|i| picture.get(across / 2, i)).max().unwrap_or(255);
    let paper = (PAPER * f64::from(lightest)) as u8;
    let parts: Vec<Part> = (0..PARTS)
        .map(|i| dispatch!(Level::new(), simd => part(simd, picture, i * length / PARTS..(i + 1) * length / PARTS, paper)))
        .collect();
    for (x, line) in found[2..across - 2].iter_mut().enumerate() {
        let darker = parts.iter().map(|p| i32::from(p.sum[x])).sum::<i32>() < 0;
        let steady = |p: &Part| {
            let (sum, signs) = (f64::from(p.sum[x]), f64::from(p.signs[x]));
            let (sum, signs) = if darker { (-sum, -signs) } else { (sum, signs) };
            let n = f64::from(p.seen[x]);
            n * (PARTS * 3) as f64 > length as f64 && sum > DIFFERENT * n && signs > STEADY * n
        };
        *line = parts.iter().all(steady);
    }
    found
}

/// One part of all lines but the two at each edge.
#[inline(always)]
fn part<S: Simd>(simd: S, picture: &Gray, rows: Range<usize>, paper: u8) -> Part {
    simd.vectorize(
        #[inline(always)]
        || {
            let n = picture.width - 4;
            let mut out = Part { sum: vec![0; n], signs: vec![0; n], seen: vec![0; n] };
            for y in rows {
                let row = picture.row(y);
                let sides = row[..n].iter().zip(&row[4..]);
                let sums = out.sum.iter_mut().zip(&mut out.signs).zip(&mut out.seen);
                for ((&here, (&before, &after)), ((sum, signs), seen)) in row[2..2 + n].iter().zip(sides).zip(sums) {
                    let (low, high) = (before.min(after), before.max(after));
                    let light = i16::from(low > paper);
                    // Beside a line only one of the two differs.
                    let more = i16::from(here.saturating_sub(high));
                    let less = i16::from(low.saturating_sub(here));
                    *sum += light * (more - less);
                    *signs += light * (i16::from(more > 0) - i16::from(less > 0));
                    *seen += light;
                }
            }
            out
        },
    )
}

fn turned(picture: &Gray) -> Gray {
    let data = (0..picture.width).flat_map(|x| (0..picture.height).map(move |y| picture.get(x, y))).collect();
    Gray::from_vec(picture.height, picture.width, data)
}

/// From lines of the reduced picture to lines of pixels, `size` of them in all. `look` gives the pixels of a range across
/// the lines, at a place along them, and how light the range's ends are; there are `places` to choose from.
fn fine(
    coarse: &[bool],
    size: usize,
    mut look: impl FnMut(usize, usize, usize) -> (u8, Vec<u8>),
    places: usize,
) -> Vec<bool> {
    if !coarse.contains(&true) {
        return Vec::new();
    }
    let mut found = vec![false; size];
    let mut next = 0;
    while let Some(first) = (next..coarse.len()).find(|&i| coarse[i]) {
        let last = (first..coarse.len()).take_while(|&i| coarse[i]).last().unwrap_or(first);
        next = last + 1;
        let (from, to) = ((first - 1) * UNIT, ((last + 2) * UNIT).min(size));
        let mut looks: Vec<(u8, Vec<u8>)> =
            (0..PLACES).map(|i| look(from, to, (2 * i + 1) * places / (2 * PLACES))).collect();
        // On the lighter half nothing is printed.
        looks.sort_by_key(|l| std::cmp::Reverse(l.0));
        looks.truncate(PLACES / 2);
        let mut mean = vec![0.0; to - from];
        for (_, pixels) in &looks {
            let base = (f64::from(pixels[0]) + f64::from(pixels[pixels.len() - 1])) / 2.0;
            mean.iter_mut().zip(pixels).for_each(|(m, &p)| *m += (f64::from(p) - base) / (PLACES / 2) as f64);
        }
        let most = mean.iter().fold(0.0, |most: f64, m| most.max(m.abs()));
        for (line, m) in found[from..to].iter_mut().zip(mean) {
            *line |= m.abs() > (EDGE * most).max(DIFFERENT);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_from_edge_to_edge_is_one_and_a_printed_one_is_none() {
        let mut rng = fastrand::Rng::with_seed(3);
        let mut page = Gray::from_vec(1600, 2400, (0..1600 * 2400).map(|_| rng.u8(225..=235)).collect());
        for y in 0..2400 {
            page.row_mut(y)[483..486].fill(120);
            page.row_mut(y)[1127..1129].fill(255);
            if (200..2200).contains(&y) {
                page.row_mut(y)[800..804].fill(60);
            }
        }
        let streaks = Streaks::find(&mut Partial::whole(page));
        let down: Vec<usize> = (0..1600).filter(|&x| streaks.columns[x]).collect();
        assert_eq!((down, streaks.rows.len()), (vec![483, 484, 485, 1127, 1128], 0));
        assert!(streaks.down().eq([483, 1127]));
        assert!(streaks.at(483.0, 7.0) && !streaks.at(490.0, 7.0));
        assert!(streaks.cross(&Window { x0: 450.0, y0: 0.0, x1: 484.5, y1: 9.0 }));
        assert!(!streaks.cross(&Window { x0: 490.0, y0: 0.0, x1: 800.0, y1: 9.0 }));
    }
}
