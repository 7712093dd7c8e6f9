//! What befalls the codes of a page before it is scanned. Places in millimetres.

use fastrand::Rng;
use gabarito::raster::Gray;
use gabarito::sheet::frame::{Area, Frame};

pub struct Kind {
    pub name: &'static str,
    pub about: &'static str,
    pub strike: fn(&mut Canvas, &Frame, &mut Rng),
    /// Millimetres torn off at the top right corner, at most.
    pub torn_mm: f64,
}

const fn kind(name: &'static str, about: &'static str, strike: fn(&mut Canvas, &Frame, &mut Rng)) -> Kind {
    Kind { name, about, strike, torn_mm: 0.0 }
}

pub const KINDS: &[Kind] = &[
    kind("scribbled", "pen over one code or both, 2–12 strokes each", |c, f, rng| {
        for area in some(&[f.code, f.backup], rng) {
            let strokes = rng.usize(2..=12);
            c.scribble(area, strokes, 0.5, rng);
        }
    }),
    kind("marker", "1–3 strokes of a marker of 2–6 mm over one code or both", |c, f, rng| {
        for area in some(&[f.code, f.backup], rng) {
            let (strokes, width) = (rng.usize(1..=3), between(rng, 2.0, 6.0));
            c.scribble(area, strokes, width, rng);
        }
    }),
    kind("stained", "a blot of coffee or ink over one code or both, and perhaps the printed one", |c, f, rng| {
        for area in some(&[f.code, f.backup, f.printed], rng) {
            c.blot(area, rng);
        }
    }),
    kind("labelled", "a label over 20–100 % of one code or both, white or printed on", |c, f, rng| {
        for area in some(&[f.code, f.backup], rng) {
            c.label(area, rng);
        }
    }),
    kind("label on all three", "a label over 20–100 % of both codes and the printed one together", |c, f, rng| {
        let right = f.printed.right().max(f.code.right());
        let all = Area::new(f.code.x, f.code.y, right - f.code.x, f.printed.bottom() - f.code.y);
        c.label(all, rng);
        c.label(f.backup, rng);
    }),
    kind("stapled", "1–3 staples over one code or both, shining wires of 12 mm with their shadows", |c, f, rng| {
        for area in some(&[f.code, f.backup], rng) {
            for _ in 0..rng.usize(1..=3) {
                c.staple(area, rng);
            }
        }
    }),
    Kind {
        torn_mm: 60.0,
        ..kind(
            "corner torn off",
            "25–60 mm at the QR's corner; something over the backup code of every other page",
            |c, f, rng| {
                if rng.bool() {
                    let strokes = rng.usize(2..=12);
                    c.scribble(f.backup, strokes, 0.6, rng);
                }
            },
        )
    },
    kind("both codes inked over", "only the printed code is left", |c, f, _| {
        c.fill(f.code.grown(0.5), 25);
        c.fill(f.backup.grown(0.5), 25);
    }),
    kind("inked over, one character too", "and of the printed code one character is under ink", |c, f, rng| {
        c.fill(f.code.grown(0.5), 25);
        c.fill(f.backup.grown(0.5), 25);
        c.character(f, rng, 25);
    }),
    kind(
        "inked over, another text there",
        "another printed code, whose check does not hold, over the true one",
        |c, f, rng| {
            c.fill(f.code.grown(0.5), 25);
            c.fill(f.backup.grown(0.5), 25);
            c.other_text(f, rng);
        },
    ),
];

fn between(rng: &mut Rng, from: f64, to: f64) -> f64 {
    from + (to - from) * rng.f64()
}

/// One of them at least.
fn some(areas: &[Area], rng: &mut Rng) -> Vec<Area> {
    let sure = rng.usize(..areas.len());
    areas.iter().enumerate().filter(|(i, _)| *i == sure || rng.f64() < 0.6).map(|(_, a)| *a).collect()
}

/// A printed page that remembers what was done to it.
pub struct Canvas<'a> {
    pub page: &'a mut Gray,
    pub px_per_mm: f64,
}

impl Canvas<'_> {
    fn each(&mut self, area: Area, mut change: impl FnMut(f64, f64, u8) -> u8) {
        let s = self.px_per_mm;
        let span = |from: f64, size: f64, n: usize| {
            ((from * s).clamp(0.0, n as f64) as usize)..(((from + size) * s).ceil().clamp(0.0, n as f64) as usize)
        };
        let columns = span(area.x, area.w, self.page.width);
        for y in span(area.y, area.h, self.page.height) {
            for x in columns.clone() {
                let v = &mut self.page.row_mut(y)[x];
                *v = change((x as f64 + 0.5) / s, (y as f64 + 0.5) / s, *v);
            }
        }
    }

    pub fn fill(&mut self, area: Area, gray: u8) {
        self.each(area, |_, _, _| gray);
    }

    /// Strokes from edge to edge, not quite straight.
    fn scribble(&mut self, area: Area, strokes: usize, width: f64, rng: &mut Rng) {
        let gray = rng.u8(15..90);
        let place = |rng: &mut Rng| {
            (between(rng, area.x - 3.0, area.right() + 3.0), between(rng, area.y - 3.0, area.bottom() + 3.0))
        };
        let mut from = place(rng);
        for _ in 0..strokes {
            let to = place(rng);
            let bow = between(rng, -2.0, 2.0);
            let steps = 24;
            let mut last = from;
            for k in 1..=steps {
                let t = f64::from(k) / f64::from(steps);
                let side = bow * (t * std::f64::consts::PI).sin();
                let length = (to.0 - from.0).hypot(to.1 - from.1).max(1.0);
                let normal = ((from.1 - to.1) / length, (to.0 - from.0) / length);
                let at =
                    (from.0 + t * (to.0 - from.0) + side * normal.0, from.1 + t * (to.1 - from.1) + side * normal.1);
                self.segment(last, at, width / 2.0, gray);
                last = at;
            }
            from = to;
        }
    }

    fn segment(&mut self, a: (f64, f64), b: (f64, f64), r: f64, gray: u8) {
        let area = Area::new(a.0.min(b.0), a.1.min(b.1), (a.0 - b.0).abs(), (a.1 - b.1).abs()).grown(r + 0.1);
        let d = (b.0 - a.0, b.1 - a.1);
        let square = (d.0 * d.0 + d.1 * d.1).max(1e-9);
        self.each(area, |x, y, v| {
            let t = (((x - a.0) * d.0 + (y - a.1) * d.1) / square).clamp(0.0, 1.0);
            let far = (x - a.0 - t * d.0).hypot(y - a.1 - t * d.1);
            if far < r { v.min(gray) } else { v }
        });
    }

    fn blot(&mut self, area: Area, rng: &mut Rng) {
        let (r, part) = (between(rng, 3.0, 14.0), between(rng, 0.1, 0.85));
        let (cx, cy) = (between(rng, area.x, area.right()), between(rng, area.y, area.bottom()));
        let (lobes, phase) = (f64::from(rng.u32(2..6)), between(rng, 0.0, 6.3));
        self.each(Area::new(cx, cy, 0.0, 0.0).grown(1.3 * r), |x, y, v| {
            let edge = r * (1.0 + 0.2 * (lobes * (y - cy).atan2(x - cx) + phase).sin());
            if (x - cx).hypot(y - cy) < edge { (f64::from(v) * part) as u8 } else { v }
        });
    }

    /// From one of the four sides on.
    fn label(&mut self, area: Area, rng: &mut Rng) {
        let part = between(rng, 0.2, 1.0);
        let mut label = area.grown(0.5);
        match rng.u32(..4) {
            0 => label.w *= part,
            1 => label.h *= part,
            2 => (label.x, label.w) = (label.x + label.w * (1.0 - part), label.w * part),
            _ => (label.y, label.h) = (label.y + label.h * (1.0 - part), label.h * part),
        }
        let paper = rng.u8(200..=250);
        self.fill(label, paper);
        if rng.bool() {
            for k in 0..((label.h - 2.0) / 3.0).max(0.0) as usize {
                let y = label.y + 1.5 + 3.0 * k as f64;
                self.each(Area::new(label.x + 1.0, y, (label.w - 2.0).max(0.0), 1.6), |x, _, v| {
                    if (x * 3.1).sin() + (x * 7.3).sin() > 0.0 { 40 } else { v }
                });
            }
        }
    }

    fn staple(&mut self, area: Area, rng: &mut Rng) {
        let at = (between(rng, area.x, area.right()), between(rng, area.y, area.bottom()));
        let turn = between(rng, 0.0, 3.1);
        let end =
            |d: f64, off: f64| (at.0 + d * turn.cos() - off * turn.sin(), at.1 + d * turn.sin() + off * turn.cos());
        self.segment(end(-6.0, 0.4), end(6.0, 0.4), 0.4, 110);
        let (a, b) = (end(-6.0, 0.0), end(6.0, 0.0));
        for (r, gray) in [(0.35, 120), (0.15, 230)] {
            let hull = Area::new(a.0.min(b.0), a.1.min(b.1), (a.0 - b.0).abs(), (a.1 - b.1).abs()).grown(0.5);
            self.each(hull, |x, y, v| {
                let off = (x - at.0) * -turn.sin() + (y - at.1) * turn.cos();
                let along = (x - at.0) * turn.cos() + (y - at.1) * turn.sin();
                if off.abs() < r && along.abs() < 6.0 { gray } else { v }
            });
        }
    }

    fn character(&mut self, frame: &Frame, rng: &mut Rng, gray: u8) {
        let line = frame.printed_lines()[rng.usize(..2)];
        let i = rng.usize(..12);
        let advance = 0.6 * line.size_pt * 25.4 / 72.0;
        let x = line.x + (i + i / 4) as f64 * advance;
        self.fill(Area::new(x, line.y - 2.6, advance, 2.9), gray);
    }

    fn other_text(&mut self, frame: &Frame, rng: &mut Rng) {
        use gabarito::raster::Rgb;
        use gabarito::raster::text::{Anchor, Font};
        use gabarito::units::Point;
        self.fill(frame.printed, 255);
        let font = Font::new(include_bytes!("../../src/print/fonts/IBMPlexMono-Medium.ttf")).expect("our own font");
        for line in frame.printed_lines() {
            let text: String = (0..14)
                .map(|i| if i % 5 == 4 { ' ' } else { gabarito::sheet::identity::ALPHABET[rng.usize(..32)] as char })
                .collect();
            let mut drawn = Rgb::new(self.page.width, (8.0 * self.px_per_mm) as usize, [255; 3]);
            let top = line.y - 5.0;
            let at = Point::new(line.x * self.px_per_mm, 5.0 * self.px_per_mm);
            font.draw(&mut drawn, &text, at, Anchor::Left, line.size_pt * 25.4 / 72.0 * self.px_per_mm, [0; 3]);
            let s = self.px_per_mm;
            self.each(Area::new(line.x - 1.0, top, 32.0, 7.5), |x, y, v| {
                let (x, y) = ((x * s) as usize, ((y - top) * s) as usize);
                if y < drawn.height { v.min(drawn.get(x, y)[0]) } else { v }
            });
        }
    }
}
