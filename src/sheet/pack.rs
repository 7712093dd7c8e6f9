//! Packing blocks onto a page: each block at the highest free place, then the leftmost (a skyline, as Burke, Kendall and
//! Whitwell pack strips, *Operations Research* 52(4), 2004), but never before the block that it follows.

use super::block::{self, Block, Rows, Solid};
use super::field::FieldSpec;
use super::frame::{Area, Frame};
use super::layout::Field;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Style {
    /// Columns that the eye follows easily, all of one height.
    Comfortable,
    /// Whatever leaves most room.
    Dense,
}

/// What became of a block.
pub enum Put {
    Whole,
    /// This much of it is left.
    Part(Block),
    /// It does not fit here.
    None(Block),
}

impl Block {
    /// The least of it that has to fit in one place.
    pub fn least(&self) -> (&FieldSpec, f64, f64) {
        match self {
            Block::Solid(s) => (&s.spec, s.w, s.h),
            Block::Rows(r) => (&r.specs[0], r.w, r.height(1)),
        }
    }
}

pub struct Page {
    /// Runs that were broken because no place took the whole.
    pub broken: usize,
    sky: Skyline,
    gap: f64,
    placed: Vec<Placed>,
}

struct Placed {
    at: Area,
    what: What,
}

enum What {
    Solid(Solid),
    Run { rows: Rows, columns: usize, per_column: usize },
}

impl Page {
    pub fn new(frame: &Frame, number: u16, gap: f64) -> Self {
        Page { broken: 0, sky: Skyline::new(frame.content(number)), gap, placed: Vec::new() }
    }

    fn specs(&self) -> impl Iterator<Item = &FieldSpec> {
        self.placed.iter().flat_map(|p| match &p.what {
            What::Solid(s) => std::slice::from_ref(&s.spec),
            What::Run { rows, .. } => &rows.specs[..],
        })
    }

    pub fn len(&self) -> usize {
        self.specs().count()
    }

    pub fn first(&self) -> Option<&FieldSpec> {
        self.specs().next()
    }

    pub fn put(&mut self, block: Block, style: Style) -> Put {
        match block {
            Block::Solid(solid) => match self.spot(solid.w, solid.h) {
                Some((x, y)) => {
                    let at = Area::new(x, y, solid.w, solid.h);
                    self.sky.raise(x, solid.w + self.gap, at.bottom() + self.gap);
                    self.placed.push(Placed { at, what: What::Solid(solid) });
                    Put::Whole
                }
                None => Put::None(Block::Solid(solid)),
            },
            Block::Rows(rows) => self.put_rows(rows, style),
        }
    }

    /// Where a block may stand: after the one before it in the order of reading, by rows or by columns.
    fn spot(&self, w: f64, h: f64) -> Option<(f64, f64)> {
        let before = self.placed.last().map(|p| (p.at.x, p.at.y));
        self.sky.spot(w, h, |x, y| before.is_none_or(|(bx, by)| x > bx || y >= by))
    }

    fn put_rows(&mut self, rows: Rows, style: Style) -> Put {
        let n = rows.specs.len();
        let best = (1..=n)
            .take_while(|&c| rows.w * c as f64 <= self.sky.area.w + 1e-6)
            .filter_map(|c| {
                let per_column = per_column(n, c);
                let columns = n.div_ceil(per_column);
                let (w, h) = (rows.w * columns as f64, rows.height(per_column));
                let (x, y) = self.spot(w, h)?;
                let cost = y + h + if style == Style::Comfortable { unease(n, columns, per_column) } else { 0.0 };
                Some((cost, columns, per_column, x, y))
            })
            .min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, columns, per_column, x, y)) = best {
            self.take_run(rows, columns, per_column, x, y);
            return Put::Whole;
        }
        // A part of the run: as much as has a place here, in whole fives where it can be.
        let least = rows.height(n.min(5).min(rows.fitting(self.sky.area.h).max(1)));
        let part = (1..=n)
            .take_while(|&c| rows.w * c as f64 <= self.sky.area.w + 1e-6)
            .filter_map(|columns| {
                let (x, y) = self.spot(rows.w * columns as f64, least)?;
                let fitting = rows.fitting(self.sky.area.bottom() - y);
                let per_column = if fitting >= 5 { fitting / 5 * 5 } else { fitting };
                (columns * per_column < n).then_some((columns * per_column, columns, per_column, x, y))
            })
            .max_by(|a, b| a.0.cmp(&b.0).then(b.4.total_cmp(&a.4)));
        match part {
            Some((now, columns, per_column, x, y)) if now > 0 => {
                let (now, later) = rows.split(now);
                self.take_run(now, columns, per_column, x, y);
                self.broken += 1;
                Put::Part(Block::Rows(later))
            }
            _ => Put::None(Block::Rows(rows)),
        }
    }

    fn take_run(&mut self, rows: Rows, columns: usize, per_column: usize, x: f64, y: f64) {
        let n = rows.specs.len();
        // What stands under a short column keeps its distance from the taller one before.
        for c in (0..columns).rev() {
            let high = rows.height(per_column.min(n - c * per_column));
            self.sky.raise(x + rows.w * c as f64, rows.w + self.gap, y + high + self.gap);
        }
        let at = Area::new(x, y, rows.w * columns as f64, rows.height(per_column));
        self.placed.push(Placed { at, what: What::Run { rows, columns, per_column } });
    }

    /// All fields in order, and the places for anchors.
    pub fn fields(&self) -> (Vec<Field>, Vec<(f64, f64)>) {
        let (mut fields, mut anchors) = (Vec::new(), Vec::new());
        for (i, Placed { at, what }) in self.placed.iter().enumerate() {
            match what {
                What::Solid(solid) => {
                    anchors.extend(block::corners(at));
                    fields.push(solid.field(at));
                }
                What::Run { rows, columns, per_column } => {
                    let pitch = self.column_pitch(i, rows.w, *columns);
                    for (c, specs) in rows.specs.chunks(*per_column).enumerate() {
                        let at = Area::new(at.x + pitch * c as f64, at.y, rows.w, rows.height(specs.len()));
                        rows.put(specs, &at, c + 1 == *columns, &mut fields, &mut anchors);
                    }
                }
            }
        }
        (fields, anchors)
    }

    /// Columns share what is free to their right, but do not drift apart, nor over what stands under a short one.
    fn column_pitch(&self, run: usize, w: f64, columns: usize) -> f64 {
        let at = &self.placed[run].at;
        let level = |o: &&Area| o.x > at.x && o.y < at.bottom() + self.gap && o.bottom() + self.gap > at.y;
        let others = self.placed.iter().map(|p| &p.at).filter(level).map(|o| o.x - self.gap);
        let right = others.fold(self.sky.area.right(), f64::min);
        if columns < 2 { w } else { ((right - at.x - w) / (columns - 1) as f64).clamp(w, w * 1.3) }
    }
}

/// Rows a column where `n` rows are broken into `columns`. In fives, a column begins at 1, 21, 41: where the eye expects
/// it.
fn per_column(n: usize, columns: usize) -> usize {
    let even = n.div_ceil(columns);
    if n > 10 && columns > 1 { even.next_multiple_of(5) } else { even }
}

/// What an arrangement costs the eye, in millimetres of paper: tall columns are hard to follow, many short ones are
/// read in the wrong direction, and a column shorter than its neighbours looks forgotten.
fn unease(n: usize, columns: usize, per_column: usize) -> f64 {
    let tall = 1.5 * per_column.saturating_sub(15) as f64;
    let short = if columns > 1 { 8.0 * 5_usize.saturating_sub(per_column) as f64 } else { 0.0 };
    let ragged = if n == columns * per_column { 0.0 } else { 6.0 };
    tall + short + ragged
}

/// The lower outline of what is taken: stretches from left to right, each with the height from which it is free.
struct Skyline {
    area: Area,
    /// Left end and free height; each stretch ends where the next begins.
    steps: Vec<(f64, f64)>,
}

impl Skyline {
    fn new(area: Area) -> Self {
        Skyline { area, steps: vec![(area.x, area.y)] }
    }

    fn spot(&self, w: f64, h: f64, allowed: impl Fn(f64, f64) -> bool) -> Option<(f64, f64)> {
        let free_from = |x: f64| {
            let over = |i: usize| self.steps[i].0 < x + w - 1e-6 && self.end(i) > x + 1e-6;
            (0..self.steps.len()).filter(|&i| over(i)).map(|i| self.steps[i].1).fold(self.area.y, f64::max)
        };
        self.steps
            .iter()
            .map(|&(x, _)| (x, free_from(x)))
            .filter(|&(x, y)| x + w <= self.area.right() + 1e-6 && y + h <= self.area.bottom() + 1e-6 && allowed(x, y))
            .min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.total_cmp(&b.0)))
    }

    fn end(&self, i: usize) -> f64 {
        self.steps.get(i + 1).map_or(self.area.right(), |s| s.0)
    }

    /// Takes the stretch from `x` over `w` down to `y`.
    fn raise(&mut self, x: f64, w: f64, y: f64) {
        let right = (x + w).min(self.area.right());
        let mut steps: Vec<(f64, f64)> = Vec::with_capacity(self.steps.len() + 2);
        for i in 0..self.steps.len() {
            let ((from, free), to) = (self.steps[i], self.end(i));
            if from < x - 1e-6 {
                steps.push((from, free));
            }
            if to > x + 1e-6 && from < right - 1e-6 && steps.last().is_none_or(|s| s.0 < x - 1e-6) {
                steps.push((x, y));
            }
            if to > right + 1e-6 && from <= right + 1e-6 {
                steps.push((right, free));
            } else if from > right + 1e-6 {
                steps.push((from, free));
            }
        }
        self.steps = steps;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skyline_gives_the_highest_and_then_the_leftmost_place() {
        let mut sky = Skyline::new(Area::new(10.0, 20.0, 100.0, 100.0));
        sky.raise(10.0, 40.0, 60.0);
        assert_eq!(sky.steps, [(10.0, 60.0), (50.0, 20.0)]);
        sky.raise(50.0, 20.0, 30.0);
        assert_eq!(sky.steps, [(10.0, 60.0), (50.0, 30.0), (70.0, 20.0)]);
        assert_eq!(sky.spot(30.0, 10.0, |_, _| true), Some((70.0, 20.0)));
        assert_eq!(sky.spot(50.0, 10.0, |_, _| true), Some((50.0, 30.0)));
        assert_eq!(sky.spot(100.0, 61.0, |_, _| true), None);
        sky.raise(40.0, 40.0, 70.0);
        assert_eq!(sky.steps, [(10.0, 60.0), (40.0, 70.0), (80.0, 20.0)]);
        sky.raise(10.0, 100.0, 90.0);
        assert_eq!(sky.steps, [(10.0, 90.0)]);
    }

    #[test]
    fn columns_hold_fives() {
        let columns = |n, c| per_column(n, c);
        assert_eq!([columns(40, 4), columns(90, 5), columns(10, 3), columns(45, 1)], [10, 20, 4, 45]);
    }
}
