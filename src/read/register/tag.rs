//! One registration tag: from a dark blob to its number, its four corners and the way it lies.

use crate::raster::{Gray, Partial, Window};
use crate::sheet::frame::{TAG_MODULES, TAGS};
use crate::units::{Point, Px};

/// A tag found in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sighting {
    /// Which of the frame's tags it is.
    pub tag: usize,
    /// The tag's top-left, top-right, bottom-right and bottom-left corner as printed.
    pub corners: [Point<Px>; 4],
    pub mirrored: bool,
    /// Mean gray of its dark modules and of the paper around it.
    pub black: f64,
    pub white: f64,
}

impl Sighting {
    pub fn centre(&self) -> Point<Px> {
        middle(&self.corners)
    }

    /// Mean length of its sides, in pixels.
    pub fn side(&self) -> f64 {
        (0..4).map(|i| self.corners[i].distance(&self.corners[(i + 1) % 4])).sum::<f64>() / 4.0
    }
}

fn middle(corners: &[Point<Px>; 4]) -> Point<Px> {
    Point::new(corners.iter().map(|c| c.x).sum::<f64>() / 4.0, corners.iter().map(|c| c.y).sum::<f64>() / 4.0)
}

fn longest(corners: &[Point<Px>; 4]) -> f64 {
    (0..4).map(|i| corners[i].distance(&corners[(i + 1) % 4])).fold(0.0, f64::max)
}

/// A rectangle of pixels in which a tag is supposed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suspect {
    pub x0: f64,
    pub y0: f64,
    pub x1: f64,
    pub y1: f64,
}

/// Pixels along the side of the patch that a suspect is looked at in.
const PATCH: usize = 36;

/// Looks at a suspect without knowing anything of the page.
pub fn look(picture: &mut Partial, suspect: &Suspect) -> Option<Sighting> {
    let corners = outline(picture, suspect)?;
    let corners = sharpen(picture, &corners)?;
    let grid = sample(picture, &corners);
    let best = (0..TAGS.len() * 8)
        .map(|h| (h / 8, h % 8))
        .map(|(tag, lie)| (grid.mismatches(&TAGS[tag], lie), tag, lie))
        .min()?;
    (best.0 == 0 && grid.ring_is_dark(1)).then(|| grid.sighting(best.1, &corners, best.2))
}

/// Looks for a tag that must be about at `corners` (in the tag's own order). Its pattern may be partly spoiled.
pub fn look_again(picture: &mut Partial, tag: usize, corners: &[Point<Px>; 4], mirrored: bool) -> Option<Sighting> {
    let inside = |p: &Point<Px>| picture.gray().contains(*p);
    if !corners.iter().all(inside) {
        return None;
    }
    let nudged = nudged(picture, tag, corners);
    let corners = sharpen(picture, &nudged)?;
    let grid = sample(picture, &corners);
    if grid.mismatches(&TAGS[tag], 0) > 1 || !grid.ring_is_dark(3) {
        return None;
    }
    Some(Sighting { mirrored, ..grid.sighting(tag, &corners, 0) })
}

/// The expected corners, moved by up to a module and a half to where the tag's pattern shows best.
fn nudged(picture: &mut Partial, tag: usize, corners: &[Point<Px>; 4]) -> [Point<Px>; 4] {
    const STEPS: i32 = 5;
    let step = |a: usize, b: usize| {
        let (a, b) = (corners[a], corners[b]);
        let n = f64::from(STEPS) * TAG_MODULES as f64 / 1.5;
        ((b.x - a.x) / n, (b.y - a.y) / n)
    };
    let (right, down) = (step(0, 1), step(0, 3));
    let moved = |i: i32, j: i32| {
        let (i, j) = (f64::from(i), f64::from(j));
        corners.map(|c| Point::new(c.x + i * right.0 + j * down.0, c.y + i * right.1 + j * down.1))
    };
    let mut best = (f64::NEG_INFINITY, *corners);
    for i in -STEPS..=STEPS {
        for j in -STEPS..=STEPS {
            let at = moved(i, j);
            let score = sample(picture, &at).likeness(&TAGS[tag]);
            if score > best.0 {
                best = (score, at);
            }
        }
    }
    best.1
}

/// The least rectangle around the dark thing in a suspect's place, its corners clockwise.
fn outline(picture: &mut Partial, suspect: &Suspect) -> Option<[Point<Px>; 4]> {
    let (w, h) = (suspect.x1 - suspect.x0, suspect.y1 - suspect.y0);
    let side = w.max(h) * 1.6;
    let (left, top) = ((suspect.x0 + suspect.x1 - side) / 2.0, (suspect.y0 + suspect.y1 - side) / 2.0);
    let step = side / PATCH as f64;
    picture.need(Window { x0: left, y0: top, x1: left + side, y1: top + side });
    let picture = picture.gray();
    // What is beyond the picture counts as paper: a margin that was cut off leaves the tags at the very border.
    let gray = |x: f64, y: f64| -> u16 {
        let inside = x >= 0.0 && y >= 0.0 && x < picture.width as f64 && y < picture.height as f64;
        if inside { picture.get(x as usize, y as usize).into() } else { 255 }
    };
    let mut patch = [0u8; PATCH * PATCH];
    for (r, row) in patch.chunks_exact_mut(PATCH).enumerate() {
        for (c, v) in row.iter_mut().enumerate() {
            // Four pixels a cell: enough against noise, cheaper than the whole cell.
            let (x, y) = (left + (c as f64 + 0.5) * step, top + (r as f64 + 0.5) * step);
            let q = step / 4.0;
            let sum = gray(x - q, y - q) + gray(x + q, y - q) + gray(x - q, y + q) + gray(x + q, y + q);
            *v = (sum / 4) as u8;
        }
    }
    let (dark, light) = quantiles(&patch, patch.len() / 12, patch.len() * 5 / 6);
    if light < dark.saturating_add(30) {
        return None;
    }
    let threshold = dark / 2 + light / 2;
    let extremes = component(&patch, threshold)?;
    let mut best: Option<(f64, f64, [f64; 4])> = None;
    for degrees in (0..90).step_by(3) {
        let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
        let mut e = [f64::MAX, f64::MIN, f64::MAX, f64::MIN];
        for &(x, y) in &extremes {
            let (u, v) = (cos * x + sin * y, cos * y - sin * x);
            e = [e[0].min(u), e[1].max(u), e[2].min(v), e[3].max(v)];
        }
        let area = (e[1] - e[0]) * (e[3] - e[2]);
        if best.is_none_or(|b| area < b.0) {
            best = Some((area, f64::from(degrees), e));
        }
    }
    let (area, degrees, e) = best?;
    let aspect = (e[1] - e[0]) / (e[3] - e[2]);
    if area < 64.0 || !(0.7..1.43).contains(&aspect) {
        return None;
    }
    let (sin, cos) = degrees.to_radians().sin_cos();
    Some(
        [(e[0], e[2]), (e[1], e[2]), (e[1], e[3]), (e[0], e[3])]
            .map(|(u, v)| Point::new(left + (cos * u - sin * v) * step, top + (sin * u + cos * v) * step)),
    )
}

/// The values that would be `first` and `second` from the darkest, if they were sorted.
fn quantiles(patch: &[u8], first: usize, second: usize) -> (u8, u8) {
    let mut counts = [0usize; 256];
    patch.iter().for_each(|&v| counts[usize::from(v)] += 1);
    let at = |rank: usize| {
        let mut below = 0;
        let reaches = |count: &usize| {
            below += count;
            below > rank
        };
        counts.iter().position(reaches).unwrap_or(255) as u8
    };
    (at(first), at(second))
}

/// The row and column extremes of the largest dark component that does not touch the patch's border.
fn component(patch: &[u8; PATCH * PATCH], threshold: u8) -> Option<Vec<(f64, f64)>> {
    let mut seen = [false; PATCH * PATCH];
    let mut best: Vec<usize> = Vec::new();
    let mut stack = Vec::new();
    for start in 0..PATCH * PATCH {
        if seen[start] || patch[start] >= threshold {
            continue;
        }
        let (mut members, mut touches) = (Vec::new(), false);
        seen[start] = true;
        stack.push(start);
        while let Some(i) = stack.pop() {
            members.push(i);
            let (x, y) = (i % PATCH, i / PATCH);
            if x == 0 || y == 0 || x == PATCH - 1 || y == PATCH - 1 {
                touches = true;
                continue;
            }
            for j in [i - 1, i + 1, i - PATCH, i + PATCH] {
                if !seen[j] && patch[j] < threshold {
                    seen[j] = true;
                    stack.push(j);
                }
            }
        }
        if !touches && members.len() > best.len() {
            best = members;
        }
    }
    if best.len() < 60 {
        return None;
    }
    let mut rows = [(usize::MAX, 0); PATCH];
    for i in best {
        let (x, y) = (i % PATCH, i / PATCH);
        rows[y] = (rows[y].0.min(x), rows[y].1.max(x));
    }
    let rows = rows.iter().enumerate().filter(|(_, r)| r.0 <= r.1);
    Some(
        rows.flat_map(|(y, &(a, b))| {
            let (a, b, y) = (a as f64, b as f64 + 1.0, y as f64);
            [(a, y), (b, y), (a, y + 1.0), (b, y + 1.0)]
        })
        .collect(),
    )
}

/// Places the four sides where the picture changes from dark to light, to a fraction of a pixel, and meets them.
fn sharpen(picture: &mut Partial, corners: &[Point<Px>; 4]) -> Option<[Point<Px>; 4]> {
    let mut corners = *corners;
    for reach in [1.0, 0.5] {
        picture.need(Window::around(corners, reach * longest(&corners) / TAG_MODULES as f64 + 2.0));
        let mut lines = [Line::default(); 4];
        let c = middle(&corners);
        for (i, line) in lines.iter_mut().enumerate() {
            *line = side(picture.gray(), corners[i], corners[(i + 1) % 4], c, reach)?;
        }
        let mut next = corners;
        for i in 0..4 {
            next[i] = lines[(i + 3) % 4].meet(&lines[i])?;
        }
        // A side that ran away found something else than this tag.
        let size = corners[0].distance(&corners[1]);
        if (0..4).any(|i| next[i].distance(&corners[i]) > 0.35 * size) {
            return None;
        }
        corners = next;
    }
    Some(corners)
}

/// a·x + b·y = c with a² + b² = 1.
#[derive(Clone, Copy, Debug, Default)]
struct Line {
    a: f64,
    b: f64,
    c: f64,
}

impl Line {
    fn meet(&self, other: &Line) -> Option<Point<Px>> {
        let d = self.a * other.b - other.a * self.b;
        (d.abs() > 0.2)
            .then(|| Point::new((self.c * other.b - other.c * self.b) / d, (self.a * other.c - other.a * self.c) / d))
    }
}

/// The edge between `p` and `q`, seen on profiles across it of `reach` modules to either side.
fn side(picture: &Gray, p: Point<Px>, q: Point<Px>, centre: Point<Px>, reach: f64) -> Option<Line> {
    const PROFILES: usize = 9;
    const STEPS: usize = 8;
    let length = p.distance(&q);
    let module = length / TAG_MODULES as f64;
    let (mut nx, mut ny) = ((q.y - p.y) / length, (p.x - q.x) / length);
    if nx * (p.x - centre.x) + ny * (p.y - centre.y) < 0.0 {
        (nx, ny) = (-nx, -ny);
    }
    let mut found: Vec<Point<Px>> = Vec::with_capacity(PROFILES);
    for i in 0..PROFILES {
        let t = 0.12 + 0.76 * i as f64 / (PROFILES - 1) as f64;
        let (x, y) = (p.x + t * (q.x - p.x), p.y + t * (q.y - p.y));
        let d = |k: usize| (k as f64 / STEPS as f64 - 1.0) * reach * module;
        let mut profile = [0.0; 2 * STEPS + 1];
        for (k, v) in profile.iter_mut().enumerate() {
            let p = Point::new(x + d(k) * nx, y + d(k) * ny);
            *v = if picture.contains(p) { picture.sample(p) } else { 255.0 };
        }
        let inner = profile[..STEPS].iter().fold(f64::MAX, |m, &v| m.min(v));
        let outer = profile[STEPS..].iter().fold(f64::MIN, |m, &v| m.max(v));
        if outer - inner < 20.0 {
            continue;
        }
        let level = (inner + outer) / 2.0;
        // From the outside inwards: the first dark met is the ring, whatever the pattern within.
        if let Some(k) = (0..2 * STEPS).rev().find(|&k| profile[k] < level && profile[k + 1] >= level) {
            let f = (level - profile[k]) / (profile[k + 1] - profile[k]);
            let e = d(k) + f * (d(1) - d(0));
            found.push(Point::new(x + e * nx, y + e * ny));
        }
    }
    fit_line(found)
}

/// Total least squares, once more without the points that lie far off.
fn fit_line(mut points: Vec<Point<Px>>) -> Option<Line> {
    for round in 0..3 {
        if points.len() < 4 {
            return None;
        }
        let n = points.len() as f64;
        let (mx, my) = (points.iter().map(|p| p.x).sum::<f64>() / n, points.iter().map(|p| p.y).sum::<f64>() / n);
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for p in &points {
            let (dx, dy) = (p.x - mx, p.y - my);
            (xx, xy, yy) = (xx + dx * dx, xy + dx * dy, yy + dy * dy);
        }
        let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
        let (a, b) = (-angle.sin(), angle.cos());
        let line = Line { a, b, c: a * mx + b * my };
        let off = |p: &Point<Px>| (line.a * p.x + line.b * p.y - line.c).abs();
        let mut offs: Vec<f64> = points.iter().map(off).collect();
        offs.sort_by(f64::total_cmp);
        let limit = (3.0 * offs[offs.len() / 2]).max(0.4);
        if round == 2 || offs[offs.len() - 1] <= limit {
            return Some(line);
        }
        points.retain(|p| off(p) <= limit);
    }
    None
}

/// How far outside a tag its paper is looked at, in modules.
const PAPER: f64 = 0.75;

/// Gray values of a tag's modules and of the paper around it.
struct Grid {
    modules: [f64; TAG_MODULES * TAG_MODULES],
    white: f64,
}

fn sample(picture: &mut Partial, corners: &[Point<Px>; 4]) -> Grid {
    let n = TAG_MODULES as f64;
    picture.need(Window::around(*corners, PAPER * longest(corners) / n + 2.0));
    let picture = picture.gray();
    let at = |u: f64, v: f64| {
        let mix = |f: fn(&Point<Px>) -> f64| {
            let [a, b, c, d] = [0, 1, 2, 3].map(|i| f(&corners[i]));
            a * (1.0 - u) * (1.0 - v) + b * u * (1.0 - v) + c * u * v + d * (1.0 - u) * v
        };
        picture.sample(Point::new(mix(|p| p.x), mix(|p| p.y)))
    };
    let mut modules = [0.0; TAG_MODULES * TAG_MODULES];
    for (i, m) in modules.iter_mut().enumerate() {
        let (r, c) = ((i / TAG_MODULES) as f64 + 0.5, (i % TAG_MODULES) as f64 + 0.5);
        let d = 0.22;
        *m = (at(c / n, r / n)
            + at((c - d) / n, (r - d) / n)
            + at((c + d) / n, (r - d) / n)
            + at((c - d) / n, (r + d) / n)
            + at((c + d) / n, (r + d) / n))
            / 5.0;
    }
    let mut around = [0.0; 12];
    for (i, v) in around.iter_mut().enumerate() {
        let t = (i % 3) as f64 / 2.0;
        let out = PAPER / n;
        *v = match i / 3 {
            0 => at(t, -out),
            1 => at(1.0 + out, t),
            2 => at(t, 1.0 + out),
            _ => at(-out, t),
        };
    }
    around.sort_by(f64::total_cmp);
    Grid { modules, white: around[7] }
}

const RING: [usize; 16] = [0, 1, 2, 3, 4, 5, 9, 10, 14, 15, 19, 20, 21, 22, 23, 24];

impl Grid {
    fn black(&self) -> f64 {
        let mut ring = RING.map(|i| self.modules[i]);
        ring.sort_by(f64::total_cmp);
        ring[6]
    }

    fn ring_is_dark(&self, allowed: usize) -> bool {
        let level = (self.black() + self.white) / 2.0;
        self.white - self.black() > 25.0 && RING.iter().filter(|&&i| self.modules[i] > level).count() <= allowed
    }

    /// How many inner modules differ from the tag's pattern as it lies.
    fn mismatches(&self, tag: &[bool; 9], lie: usize) -> usize {
        let level = (self.black() + self.white) / 2.0;
        (0..9).filter(|&i| (self.modules[place(i, lie)] > level) != tag[i]).count()
    }

    /// How much darker the pattern's dark modules are than its light ones and the paper.
    fn likeness(&self, tag: &[bool; 9]) -> f64 {
        let inner: f64 =
            (0..9).map(|i| if tag[i] { self.modules[place(i, 0)] } else { -self.modules[place(i, 0)] }).sum();
        let ring: f64 = RING.iter().map(|&i| self.modules[i]).sum();
        inner - ring + 17.0 * self.white
    }

    fn sighting(&self, tag: usize, corners: &[Point<Px>; 4], lie: usize) -> Sighting {
        let corners = std::array::from_fn(|i| corners[corner(i, lie)]);
        Sighting { tag, corners, mirrored: lie >= 4, black: self.black(), white: self.white }
    }
}

/// Which corner of the picture's rectangle shows the tag's corner `i`, for each of the eight ways to lie.
fn corner(i: usize, lie: usize) -> usize {
    if lie < 4 { (lie + i) % 4 } else { (lie + 4 - i) % 4 }
}

/// Where the tag's inner module `i` is in the grid of the picture's rectangle.
fn place(i: usize, lie: usize) -> usize {
    const CORNERS: [(i32, i32); 4] = [(0, 0), (4, 0), (4, 4), (0, 4)];
    let [o, x, _, y] = [0, 1, 2, 3].map(|c| CORNERS[corner(c, lie)]);
    let (c, r) = ((i % 3) as i32 + 1, (i / 3) as i32 + 1);
    let column = o.0 + (x.0 - o.0) / 4 * c + (y.0 - o.0) / 4 * r;
    let row = o.1 + (x.1 - o.1) / 4 * c + (y.1 - o.1) / 4 * r;
    (row * TAG_MODULES as i32 + column) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Homography;

    /// Draws tag `n` with its corners at `corners`, on paper of gray 230.
    pub fn drawn(n: usize, corners: &[Point<Px>; 4]) -> Gray {
        let unit = [(0.0, 0.0), (5.0, 0.0), (5.0, 5.0), (0.0, 5.0)].map(|(x, y)| Point::<Px>::new(x, y));
        let pairs: Vec<_> = corners.iter().copied().zip(unit).collect();
        let back = Homography::fit(&pairs, &[1.0; 4]).unwrap();
        let mut g = Gray::new(160, 160, 0);
        for y in 0..160 {
            for x in 0..160 {
                let mut sum = 0.0;
                for s in 0..16 {
                    let p =
                        Point::new(x as f64 + (s % 4) as f64 / 4.0 + 0.125, y as f64 + (s / 4) as f64 / 4.0 + 0.125);
                    let q = back.apply(p);
                    let (c, r) = (q.x.floor(), q.y.floor());
                    let inside = (0.0..5.0).contains(&q.x) && (0.0..5.0).contains(&q.y);
                    let inner = (1.0..4.0).contains(&q.x) && (1.0..4.0).contains(&q.y);
                    let white = !inside || inner && TAGS[n][(r as usize - 1) * 3 + c as usize - 1];
                    sum += if white { 230.0 } else { 40.0 };
                }
                g.row_mut(y)[x] = (sum / 16.0) as u8;
            }
        }
        g
    }

    #[test]
    fn every_tag_is_known_in_every_position() {
        for n in 0..TAGS.len() {
            for lie in 0..8 {
                for degrees in [0.0_f64, 2.0, 20.0, 44.0] {
                    let (sin, cos) = degrees.to_radians().sin_cos();
                    let square = [(-35.0, -35.0), (35.0, -35.0), (35.0, 35.0), (-35.0, 35.0)];
                    let turned = square.map(|(x, y)| Point::new(80.3 + cos * x - sin * y, 79.6 + sin * x + cos * y));
                    let truth: [Point<Px>; 4] = std::array::from_fn(|i| turned[corner(i, lie)]);
                    let g = drawn(n, &truth);
                    let seen =
                        look(&mut Partial::whole(g.clone()), &Suspect { x0: 40.0, y0: 40.0, x1: 120.0, y1: 120.0 })
                            .unwrap_or_else(|| panic!("tag {n} lie {lie} at {degrees}°"));
                    assert_eq!((seen.tag, seen.mirrored), (n, lie >= 4), "lie {lie} at {degrees}°");
                    for i in 0..4 {
                        assert!(seen.corners[i].distance(&truth[i]) < 0.5, "{:?} {:?}", seen.corners, truth);
                    }
                    assert!(seen.centre().distance(&Point::new(80.3, 79.6)) < 0.15);
                }
            }
        }
    }

    #[test]
    fn a_filled_bubble_and_a_plain_square_are_no_tags() {
        let mut disc = Gray::new(160, 160, 230);
        let mut square = disc.clone();
        for y in 0..160 {
            for x in 0..160 {
                if (x as f64 - 80.0).hypot(y as f64 - 80.0) < 30.0 {
                    disc.row_mut(y)[x] = 40;
                }
                if (45..115).contains(&x) && (45..115).contains(&y) {
                    square.row_mut(y)[x] = 40;
                }
            }
        }
        let suspect = Suspect { x0: 45.0, y0: 45.0, x1: 115.0, y1: 115.0 };
        assert_eq!(look(&mut Partial::whole(disc), &suspect), None);
        assert_eq!(look(&mut Partial::whole(square), &suspect), None);
    }
}
