//! A typeset piece of text: what is drawn where, in points from its top-left corner, y down.

/// An affine map: x' = a x + c y + e, y' = b x + d y + f.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    pub a: f64,
    pub b: f64,
    pub c: f64,
    pub d: f64,
    pub e: f64,
    pub f: f64,
}

impl Affine {
    pub const fn moved(e: f64, f: f64) -> Self {
        Affine { a: 1.0, b: 0.0, c: 0.0, d: 1.0, e, f }
    }

    pub fn is_move(&self) -> bool {
        (self.a, self.b, self.c, self.d) == (1.0, 0.0, 0.0, 1.0)
    }

    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f)
    }

    /// First `inner`, then this.
    pub fn after(&self, inner: &Affine) -> Affine {
        let (e, f) = self.at(inner.e, inner.f);
        Affine {
            a: self.a * inner.a + self.c * inner.b,
            b: self.b * inner.a + self.d * inner.b,
            c: self.a * inner.c + self.c * inner.d,
            d: self.b * inner.c + self.d * inner.d,
            e,
            f,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Piece {
    pub width: f64,
    pub height: f64,
    /// Of the first paragraph's first line.
    pub baseline: Option<f64>,
    pub drawn: Vec<Drawn>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    pub at: Affine,
    pub what: What,
    /// How high it reaches, from top to bottom.
    pub reach: (f64, f64),
}

/// Lightness: 0 is ink, 1 is paper.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Text { run: Run, lightness: f64 },
    Fill { path: Vec<Segment>, even_odd: bool, lightness: f64 },
    Stroke { path: Vec<Segment>, width: f64, dash: Vec<f64>, round: bool, lightness: f64 },
    Picture { index: usize, width: f64, height: f64 },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Index in the booklet's typefaces.
    pub font: usize,
    pub size: f64,
    pub glyphs: Vec<Glyph>,
    pub text: String,
}

/// Lengths in ems.
#[derive(Clone, Debug, PartialEq)]
pub struct Glyph {
    pub id: u16,
    pub advance: f64,
    pub dx: f64,
    pub dy: f64,
    /// What of the run's text it shows: empty after the first of several glyphs for one cluster.
    pub chars: std::ops::Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Segment {
    Move(f64, f64),
    Line(f64, f64),
    Cubic([f64; 6]),
    Close,
}

impl Segment {
    fn end(&self) -> Option<(f64, f64)> {
        match *self {
            Segment::Move(x, y) | Segment::Line(x, y) | Segment::Cubic([.., x, y]) => Some((x, y)),
            Segment::Close => None,
        }
    }
}

impl Piece {
    /// Letters that no typeface has.
    pub fn missing(&self) -> impl Iterator<Item = char> {
        let runs = self.drawn.iter().filter_map(|d| match &d.what {
            What::Text { run, .. } => Some(run),
            _ => None,
        });
        runs.flat_map(|run| run.glyphs.iter().filter(|g| g.id == 0).flat_map(|g| run.text[g.chars.clone()].chars()))
    }

    /// From where to where it reaches.
    pub fn extent(&self) -> (f64, f64) {
        let ends = |d: &Drawn| match &d.what {
            What::Text { run, .. } => {
                let advance: f64 = run.glyphs.iter().map(|g| g.advance).sum();
                Some((d.at.e, d.at.at(advance * run.size, 0.0).0))
            }
            What::Picture { width, .. } => Some((d.at.e, d.at.at(*width, 0.0).0)),
            What::Fill { path, .. } | What::Stroke { path, .. } => {
                let points = path.iter().filter_map(|s| s.end()).map(|(x, y)| d.at.at(x, y).0);
                points.fold(None, |ends, x| ends.map_or(Some((x, x)), |(l, r)| Some((f64::min(l, x), f64::max(r, x)))))
            }
        };
        let ends = self.drawn.iter().filter_map(ends);
        ends.fold((0.0, 0.0), |(left, right), (l, r)| (f64::min(left, l), f64::max(right, r)))
    }

    /// Whether a text runs into its neighbour on the same line.
    pub fn collides(&self) -> bool {
        const OVERLAP: f64 = 1.0;
        let mut runs: Vec<(f64, f64, f64)> = Vec::new();
        for d in &self.drawn {
            if let What::Text { run, .. } = &d.what {
                let advance: f64 = run.glyphs.iter().map(|g| g.advance).sum();
                // One baseline, as far as anybody sees.
                runs.push(((d.at.f * 20.0).round(), d.at.e, d.at.at(advance * run.size, 0.0).0));
            }
        }
        runs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        runs.windows(2).any(|two| two[0].0 == two[1].0 && two[0].2 > two[1].1 + OVERLAP)
    }

    /// The piece as slices between which it may be parted: lines of text and pictures stay whole. No slice is lower than
    /// `least`, but where all of it is.
    pub fn slices(self, least: f64) -> Vec<Piece> {
        let mut reaches: Vec<(f64, f64)> = self.drawn.iter().filter(|d| !d.is_upright()).map(|d| d.reach).collect();
        reaches.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut cuts = vec![0.0];
        let mut bottom = f64::MIN;
        for (top, low) in reaches {
            let at = (bottom + top) / 2.0;
            if bottom > f64::MIN
                && top >= bottom - 0.01
                && at - cuts[cuts.len() - 1] >= least
                && self.height - at >= least
            {
                cuts.push(at);
            }
            bottom = bottom.max(low);
        }
        if cuts.len() == 1 {
            return vec![self];
        }
        cuts.push(self.height);
        cuts.windows(2).map(|window| self.part(window[0], window[1])).collect()
    }

    fn part(&self, top: f64, bottom: f64) -> Piece {
        let mut drawn = Vec::new();
        for d in &self.drawn {
            let middle = (d.reach.0 + d.reach.1) / 2.0;
            // A line on the piece's edge is in its first or last part.
            let from = if top == 0.0 { f64::MIN } else { top };
            let to = if bottom == self.height { f64::MAX } else { bottom };
            let inside = if d.is_upright() { d.reach.0 < to && d.reach.1 > from } else { (from..to).contains(&middle) };
            if inside {
                drawn.push(d.within(top, bottom).lowered(-top));
            }
        }
        Piece {
            width: self.width,
            height: bottom - top,
            baseline: self.baseline.filter(|b| (top..bottom).contains(b)).map(|b| b - top),
            drawn,
        }
    }

    /// Set smaller.
    pub fn scaled(mut self, factor: f64) -> Piece {
        let by = Affine { a: factor, d: factor, ..Affine::moved(0.0, 0.0) };
        for d in &mut self.drawn {
            d.at = by.after(&d.at);
            d.reach = (d.reach.0 * factor, d.reach.1 * factor);
        }
        Piece {
            width: self.width * factor,
            height: self.height * factor,
            baseline: self.baseline.map(|b| b * factor),
            ..self
        }
    }
}

impl Drawn {
    /// An upright line or a ground: it can be parted anywhere.
    fn is_upright(&self) -> bool {
        match &self.what {
            What::Stroke { path, .. } => match path[..] {
                [Segment::Move(x0, _), Segment::Line(x1, _)] => self.at.is_move() && (x0 - x1).abs() < 0.01,
                _ => false,
            },
            What::Fill { path, .. } => self.at.is_move() && rectangle(path).is_some(),
            _ => false,
        }
    }

    /// Of what can be parted, what lies between two heights.
    fn within(&self, top: f64, bottom: f64) -> Drawn {
        let mut d = self.clone();
        if !self.is_upright() {
            return d;
        }
        let clamp = |y: f64| (y + self.at.f).clamp(top, bottom) - self.at.f;
        if let What::Stroke { path, .. } | What::Fill { path, .. } = &mut d.what {
            for segment in path {
                if let Segment::Move(_, y) | Segment::Line(_, y) = segment {
                    *y = clamp(*y);
                }
            }
        }
        d.reach = (d.reach.0.max(top), d.reach.1.min(bottom));
        d
    }

    fn lowered(mut self, by: f64) -> Drawn {
        self.at.f += by;
        self.reach = (self.reach.0 + by, self.reach.1 + by);
        self
    }
}

/// Whether a path is a level rectangle.
fn rectangle(path: &[Segment]) -> Option<()> {
    let straight = path.iter().all(|s| !matches!(s, Segment::Cubic(_)));
    (straight && path.len() == 5).then_some(())
}
