//! Pages that are not ours: what lies in the stack by mistake. Each is a clean print, to go through any recipe.

use fastrand::Rng;
use qrcodegen::{QrCode, QrCodeEcc};

use super::chance::{between, chance, jitter, pick};
use super::noise::CLOUD;
use super::stroke::{Layer, Touch};
use crate::raster::Gray;

/// Name and maker; a maker takes the paper's size (mm) and the resolution.
pub type Maker = fn((f64, f64), f64, &mut Rng) -> Gray;

pub const PAGES: &[(&str, Maker)] = &[
    ("blank", blank),
    ("ruled", ruled),
    ("text", text),
    ("table", table),
    ("photo", photo),
    ("other-qr", other_qr),
    ("other-answer-sheet", other_answer_sheet),
    ("black-corners", black_corners),
];

pub fn blank((w, h): (f64, f64), px_per_mm: f64, _: &mut Rng) -> Gray {
    Gray::new((w * px_per_mm).round() as usize, (h * px_per_mm).round() as usize, 255)
}

/// Empty lined paper.
pub fn ruled(size: (f64, f64), px_per_mm: f64, rng: &mut Rng) -> Gray {
    let mut page = blank(size, px_per_mm, rng);
    let gray = rng.u8(120..200);
    for i in 0..((size.1 - 40.0) / 8.0) as usize {
        bar(&mut page, px_per_mm, (0.0, 30.0 + 8.0 * i as f64, size.0, 0.25), gray);
    }
    bar(&mut page, px_per_mm, (28.0, 0.0, 0.25, size.1), gray);
    page
}

pub fn text(size: (f64, f64), px_per_mm: f64, rng: &mut Rng) -> Gray {
    let mut page = blank(size, px_per_mm, rng);
    paragraphs(&mut page, px_per_mm, (20.0, 20.0, size.0 - 40.0, size.1 - 40.0), 1.7, rng);
    page
}

pub fn table(size: (f64, f64), px_per_mm: f64, rng: &mut Rng) -> Gray {
    let mut page = blank(size, px_per_mm, rng);
    let (x, y, w) = (20.0, 60.0, size.0 - 40.0);
    paragraphs(&mut page, px_per_mm, (20.0, 18.0, w, 32.0), 2.0, rng);
    let (rows, columns) = (rng.usize(8..24), rng.usize(3..8));
    let (step_x, step_y) = (w / columns as f64, 8.0);
    for row in 0..=rows {
        bar(&mut page, px_per_mm, (x, y + row as f64 * step_y, w, 0.3), 0);
    }
    for column in 0..=columns {
        bar(&mut page, px_per_mm, (x + column as f64 * step_x, y, 0.3, rows as f64 * step_y), 0);
        for row in 0..rows {
            if column < columns && chance(rng, 0.8) {
                let cell = (x + column as f64 * step_x + 1.5, y + row as f64 * step_y + 2.0, step_x * 0.6, 4.0);
                paragraphs(&mut page, px_per_mm, cell, 1.6, rng);
            }
        }
    }
    page
}

/// Continuous tones from edge to edge.
pub fn photo(size: (f64, f64), px_per_mm: f64, rng: &mut Rng) -> Gray {
    let mut page = blank(size, px_per_mm, rng);
    let (sx, sy, turn) = (between(rng, 0.0, 256.0), between(rng, 0.0, 256.0), between(rng, 0.2, 0.9));
    let zoom = between(rng, 0.3, 1.2) / px_per_mm;
    let height = page.height as f64;
    for y in 0..page.height {
        for (x, v) in page.row_mut(y).iter_mut().enumerate() {
            let (u, w) = (x as f64 * zoom, y as f64 * zoom);
            let cloud = CLOUD.smooth(u + turn * w + sx, w - turn * u + sy) + 0.4 * CLOUD.smooth(u * 4.1, w * 4.1 + sx);
            *v = (130.0 + 90.0 * (y as f64 / height - 0.5) + 110.0 * cloud).clamp(0.0, 255.0) as u8;
        }
    }
    page
}

/// A bill or a leaflet: text, and a QR that says something else.
pub fn other_qr(size: (f64, f64), px_per_mm: f64, rng: &mut Rng) -> Gray {
    let mut page = text(size, px_per_mm, rng);
    let texts = ["https://example.org/menu?table=12", "#S:1:not-a-uuid#", "00020126580014br.gov.bcb.pix0136", "A"];
    let side = between(rng, 18.0, 45.0);
    let (x, y) = (between(rng, 10.0, size.0 - side - 10.0), between(rng, 10.0, size.1 - side - 10.0));
    qr(&mut page, px_per_mm, (x, y, side), pick(rng, &texts));
    page
}

/// Another maker's gabarito: square marks at the corners, a QR, and rows of circles, some of them filled.
pub fn other_answer_sheet(size: (f64, f64), px_per_mm: f64, rng: &mut Rng) -> Gray {
    let mut page = blank(size, px_per_mm, rng);
    let mark = between(rng, 3.0, 7.0);
    let edge = between(rng, 7.0, 15.0);
    for (x, y) in [(edge, edge), (size.0 - edge, edge), (edge, size.1 - edge), (size.0 - edge, size.1 - edge)] {
        bar(&mut page, px_per_mm, (x - mark / 2.0, y - mark / 2.0, mark, mark), 0);
    }
    paragraphs(&mut page, px_per_mm, (35.0, 15.0, size.0 - 90.0, 35.0), 2.0, rng);
    if chance(rng, 0.6) {
        let code = format!("PROVA-{:06}", rng.u32(..1_000_000));
        qr(&mut page, px_per_mm, (size.0 - 45.0, 18.0, 25.0), &code);
    }
    let (step_x, step_y, r) = (between(rng, 5.0, 6.5), between(rng, 5.5, 7.5), between(rng, 1.6, 2.2));
    let labels = rng.usize(4..6);
    let hand = super::Hand::new(super::Pen::BlackBallpoint, rng);
    for column in 0..4 {
        for row in 0..((size.1 - 100.0) / step_y) as usize {
            let answer = rng.usize(..labels);
            for label in 0..labels {
                let x = 25.0 + 43.0 * column as f64 + step_x * label as f64;
                let y = 70.0 + step_y * row as f64;
                circle(&mut page, px_per_mm, (x, y), r, 0.2);
                if label == answer {
                    let bubble = super::Bubble { x, y, rx: r, ry: r };
                    super::mark::draw(&mut page, px_per_mm, bubble, super::Mark::Full, &hand, rng);
                }
            }
        }
    }
    page
}

/// Text with black squares at the corners and half-way, where other systems have theirs, but no code.
pub fn black_corners(size: (f64, f64), px_per_mm: f64, rng: &mut Rng) -> Gray {
    let mut page = text(size, px_per_mm, rng);
    for x in [12.0, size.0 - 12.0] {
        for y in [12.0, size.1 / 2.0, size.1 - 12.0] {
            bar(&mut page, px_per_mm, (x - 4.0, y - 4.0, 8.0, 8.0), 255);
            bar(&mut page, px_per_mm, (x - 2.5, y - 2.5, 5.0, 5.0), 0);
        }
    }
    page
}

/// A rectangle (x, y, w, h in mm) of one gray.
pub fn bar(page: &mut Gray, px_per_mm: f64, (x, y, w, h): (f64, f64, f64, f64), gray: u8) {
    let span = |from: f64, length: f64, n: usize| {
        let px = |mm: f64| (mm * px_per_mm).round().clamp(0.0, n as f64) as usize;
        (px(from), px(from + length))
    };
    let ((x0, x1), (y0, y1)) = (span(x, w, page.width), span(y, h, page.height));
    for y in y0..y1 {
        page.row_mut(y)[x0..x1].fill(gray);
    }
}

/// A printed ring: centre, radius and line in mm.
pub fn circle(page: &mut Gray, px_per_mm: f64, centre: (f64, f64), r: f64, line_mm: f64) {
    if let Some(mut layer) = Layer::around(page, px_per_mm, centre, (r + 1.0, r + 1.0)) {
        let at = |i: usize| (i as f64 / 32.0 * std::f64::consts::TAU).sin_cos();
        let ring: Vec<Touch> =
            (0..=32).map(|i| Touch { x: centre.0 + r * at(i).1, y: centre.1 + r * at(i).0, pressure: 1.0 }).collect();
        layer.stroke(&ring, line_mm);
        layer.apply(page, |_, _, v, passes| v * (1.0 - 0.85 * passes.min(1.0)));
    }
}

fn qr(page: &mut Gray, px_per_mm: f64, (x, y, side): (f64, f64, f64), text: &str) {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else {
        return;
    };
    let module = side / f64::from(code.size());
    bar(page, px_per_mm, (x - 4.0 * module, y - 4.0 * module, side + 8.0 * module, side + 8.0 * module), 255);
    for row in 0..code.size() {
        for column in 0..code.size() {
            if code.get_module(column, row) {
                bar(page, px_per_mm, (x + f64::from(column) * module, y + f64::from(row) * module, module, module), 0);
            }
        }
    }
}

/// Lines of words made of the strokes that letters are made of. `x_height` in mm.
pub fn paragraphs(page: &mut Gray, px_per_mm: f64, area: (f64, f64, f64, f64), x_height: f64, rng: &mut Rng) {
    let (left, top, w, h) = area;
    let stem = x_height * 0.17;
    let mut base = top + 1.6 * x_height;
    while base < top + h {
        let indent = if chance(rng, 0.15) { 4.0 * x_height } else { 0.0 };
        let end = left + if chance(rng, 0.15) { w * between(rng, 0.2, 0.9) } else { w };
        let mut x = left + indent;
        while x < end {
            for _ in 0..rng.usize(1..11) {
                let wide = x_height * between(rng, 0.45, 0.85);
                if x + wide > end {
                    break;
                }
                let up = if chance(rng, 0.25) { 1.5 * x_height } else { x_height };
                let down = if chance(rng, 0.1) { 0.45 * x_height } else { 0.0 };
                bar(page, px_per_mm, (x, base - up, stem, up + down), 20);
                for level in [0.0, 0.5, 1.0] {
                    if chance(rng, 0.55) {
                        bar(page, px_per_mm, (x, base - level * (x_height - stem) - stem, wide, stem), 20);
                    }
                }
                if chance(rng, 0.6) {
                    bar(page, px_per_mm, (x + wide - stem, base - x_height, stem, x_height), 20);
                }
                x += wide + 0.22 * x_height;
            }
            x += x_height * 0.55;
        }
        base += x_height * 2.9 + jitter(rng, 0.02);
    }
}
