//! Dark blobs on lighter ground: a threshold that follows the light, and connected components by runs.

use super::Gray;

/// A connected dark component: its extent (inclusive) and its number of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blob {
    pub x0: usize,
    pub y0: usize,
    pub x1: usize,
    pub y1: usize,
    pub area: usize,
}

impl Blob {
    pub fn width(&self) -> usize {
        self.x1 - self.x0 + 1
    }

    pub fn height(&self) -> usize {
        self.y1 - self.y0 + 1
    }

    fn join(&mut self, other: &Blob) {
        self.x0 = self.x0.min(other.x0);
        self.y0 = self.y0.min(other.y0);
        self.x1 = self.x1.max(other.x1);
        self.y1 = self.y1.max(other.y1);
        self.area += other.area;
    }
}

/// Side of the squares over which the brightness of the ground is taken.
const CELL: usize = 16;

/// How bright the ground is around each cell: the brightest pixel of the cell and its neighbours. A dark desk does not
/// pull it down at the paper's edge, as a mean would.
pub struct Ground {
    columns: usize,
    cells: Vec<u8>,
}

impl Ground {
    pub fn of(picture: &Gray) -> Self {
        let (columns, rows) = (picture.width.div_ceil(CELL).max(1), picture.height.div_ceil(CELL).max(1));
        let mut brightest = vec![0u8; columns * rows];
        for y in 0..picture.height {
            let cells = &mut brightest[y / CELL * columns..][..columns];
            for (cell, pixels) in cells.iter_mut().zip(picture.row(y).chunks(CELL)) {
                *cell = pixels.iter().fold(*cell, |m, &v| m.max(v));
            }
        }
        let mut cells = vec![0u8; columns * rows];
        for r in 0..rows {
            for c in 0..columns {
                let mut m = 0;
                for rr in r.saturating_sub(1)..(r + 2).min(rows) {
                    for cc in c.saturating_sub(1)..(c + 2).min(columns) {
                        m = m.max(brightest[rr * columns + cc]);
                    }
                }
                cells[r * columns + c] = m;
            }
        }
        Ground { columns, cells }
    }

    pub fn at(&self, x: usize, y: usize) -> u8 {
        self.cells[y / CELL * self.columns + x / CELL]
    }
}

/// The components (4-neighbours) of pixels darker than `level` of the ground around them (`level` in 0..1).
pub fn dark_blobs(picture: &Gray, ground: &Ground, level: f32) -> Vec<Blob> {
    let mut runs = Runs::default();
    let mut previous: Vec<(usize, usize, usize)> = Vec::new();
    let mut current: Vec<(usize, usize, usize)> = Vec::new();
    let limit = (level * 256.0) as u16;
    let mut dark = vec![false; picture.width];
    for y in 0..picture.height {
        for (c, (d, pixels)) in dark.chunks_mut(CELL).zip(picture.row(y).chunks(CELL)).enumerate() {
            let threshold = (u16::from(ground.at(c * CELL, y)) * limit / 256) as u8;
            for (d, &v) in d.iter_mut().zip(pixels) {
                *d = v < threshold;
            }
        }
        current.clear();
        // Runs of the row above that end before this one end before all that follow.
        let mut above = 0;
        let mut x = 0;
        while x < dark.len() {
            if !dark[x] {
                x += 1;
                continue;
            }
            let start = x;
            while x < dark.len() && dark[x] {
                x += 1;
            }
            let mut id = runs.add(Blob { x0: start, y0: y, x1: x - 1, y1: y, area: x - start });
            above += previous[above..].iter().take_while(|r| r.1 < start).count();
            for &(a, b, touching) in previous[above..].iter().take_while(|r| r.0 < x) {
                debug_assert!(a < x && b >= start);
                id = runs.unite(id, touching);
            }
            current.push((start, x - 1, id));
        }
        std::mem::swap(&mut previous, &mut current);
    }
    runs.finish()
}

#[derive(Default)]
struct Runs {
    parent: Vec<usize>,
    blobs: Vec<Blob>,
}

impl Runs {
    fn add(&mut self, blob: Blob) -> usize {
        self.parent.push(self.blobs.len());
        self.blobs.push(blob);
        self.blobs.len() - 1
    }

    fn root(&mut self, mut id: usize) -> usize {
        while self.parent[id] != id {
            self.parent[id] = self.parent[self.parent[id]];
            id = self.parent[id];
        }
        id
    }

    fn unite(&mut self, a: usize, b: usize) -> usize {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            let joined = self.blobs[b];
            self.blobs[a].join(&joined);
            self.parent[b] = a;
        }
        a
    }

    fn finish(self) -> Vec<Blob> {
        let Runs { parent, blobs } = self;
        blobs.into_iter().enumerate().filter(|(i, _)| parent[*i] == *i).map(|(_, b)| b).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn components_are_those_of_a_flood_fill(w in 1..40_usize, h in 1..30_usize, seed in any::<u64>()) {
            let mut rng = fastrand::Rng::with_seed(seed);
            let picture = Gray::from_vec(w, h, (0..w * h).map(|_| if rng.u8(..) < 140 { 0 } else { 255 }).collect());
            let ground = Ground::of(&picture);
            prop_assume!(ground.cells.iter().all(|&c| c == 255));
            let mut found = dark_blobs(&picture, &ground, 0.5);
            let mut seen = vec![false; w * h];
            let mut expected = Vec::new();
            for start in 0..w * h {
                if seen[start] || picture.data[start] != 0 {
                    continue;
                }
                let mut blob = Blob { x0: start % w, y0: start / w, x1: start % w, y1: start / w, area: 0 };
                let mut stack = vec![start];
                seen[start] = true;
                while let Some(i) = stack.pop() {
                    let (x, y) = (i % w, i / w);
                    blob.join(&Blob { x0: x, y0: y, x1: x, y1: y, area: 1 });
                    let mut visit = |j: usize| {
                        if !seen[j] && picture.data[j] == 0 {
                            seen[j] = true;
                            stack.push(j);
                        }
                    };
                    if x > 0 { visit(i - 1); }
                    if x + 1 < w { visit(i + 1); }
                    if y > 0 { visit(i - w); }
                    if y + 1 < h { visit(i + w); }
                }
                expected.push(blob);
            }
            let key = |b: &Blob| (b.y0, b.x0, b.y1, b.x1, b.area);
            found.sort_by_key(key);
            expected.sort_by_key(key);
            prop_assert_eq!(found, expected);
        }
    }
}
