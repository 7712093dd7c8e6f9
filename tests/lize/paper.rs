//! A Lize sheet drawn from the numbers that were measured, in points, and from nothing of ours that prints one.

use gabarito::print::typeface::Style;
use gabarito::raster::draw::{Ellipse, Pen};
use gabarito::raster::rgb::Color;
use gabarito::raster::text::{Anchor, Font};
use gabarito::raster::{Gray, Rgb};
use gabarito::units::{MM_PER_POINT, Point};
use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

/// Pixels to a point: a printer of 300 dots an inch.
pub const SCALE: f64 = 300.0 / 72.0;
pub const PX_PER_MM: f64 = SCALE / MM_PER_POINT;

#[derive(Clone, Debug)]
pub struct Sheet {
    pub code: String,
    pub questions: usize,
    /// How many alternatives each question shows, of five.
    pub alternatives: fn(usize) -> usize,
    pub grid: bool,
    /// Which of several looks that the numbers leave open: rings, lines, letters, header.
    pub look: usize,
    pub level: QrCodeEcc,
    /// Which rings are there.
    pub rings: [bool; 4],
    pub qr: bool,
}

pub const ID: &str = "2ea687c7-8ff8-4821-8d55-1443fe392a9c";

impl Sheet {
    pub fn new(questions: usize, alternatives: fn(usize) -> usize, look: usize) -> Self {
        Sheet {
            code: format!("#S:1:{ID}#"),
            questions,
            alternatives,
            grid: true,
            look,
            level: if look.is_multiple_of(2) { QrCodeEcc::Medium } else { QrCodeEcc::Low },
            rings: [true; 4],
            qr: true,
        }
    }
}

/// A bubble on the paper: its field, its label and its centre in millimetres.
#[derive(Clone, Debug)]
pub struct Spot {
    pub field: String,
    pub label: String,
    pub x: f64,
    pub y: f64,
}

pub const RADIUS_MM: f64 = 9.36 / 2.0 * MM_PER_POINT;

const WHITE: Color = [255; 3];
const BLACK: Color = [0; 3];
const OUTLINE: Color = [0x46; 3];
const NAVY: Color = [0, 0, 0x80];
const SHADE: Color = [0xEA, 0xED, 0xF3];

/// The sheet as it is printed, and where its bubbles are.
pub fn draw(sheet: &Sheet, rng: &mut fastrand::Rng) -> (Gray, Vec<Spot>) {
    let px = |pt: f64| (pt * SCALE).round() as usize;
    let mut page = Paper { rgb: Rgb::new(px(594.96), px(841.92), WHITE), look: sheet.look };
    header(&mut page, sheet);
    let rings = [(25.60, 119.53), (554.81, 119.53), (26.12, 792.73), (554.29, 792.73)];
    for ((x, y), there) in rings.into_iter().zip(sheet.rings) {
        if there {
            ring(&mut page, x + 7.8, y + 7.8);
        }
    }
    let mut jitter = |v: f64| v + 0.6 * (rng.f64() - 0.5);
    let mut spots = Vec::new();
    if sheet.grid {
        for column in 0..10 {
            let x = 444.34 + 11.78 * column as f64;
            if column % 2 == 0 {
                page.fill((x - 5.89, 159.82 - 6.86), (x + 5.89, 159.82 + 9.5 * 13.72), SHADE);
            }
            for row in 0..10 {
                let (x, y) = (jitter(x), jitter(159.82 + 13.72 * row as f64));
                page.bubble(x, y, &row.to_string());
                spots.push(spot("matricula", &row.to_string(), x, y));
            }
        }
    }
    for n in 0..sheet.questions {
        let (x0, y0) = (72.65 + 98.77 * (n / 30) as f64, 380.75 + 13.776 * (n % 30) as f64);
        let odd = n % 2 == 1;
        if odd {
            page.fill((x0 - 26.0, y0 - 6.888), (x0 + 4.0 * 11.83 + 8.0, y0 + 6.888), SHADE);
        }
        page.text((x0 - 17.0, y0 + 2.6), &format!("{:02}", n + 1), 7.5, BLACK, Anchor::Middle);
        for (i, label) in ["A", "B", "C", "D", "E"].iter().enumerate() {
            let (x, y) = (jitter(x0 + 11.83 * i as f64), jitter(y0));
            if i < (sheet.alternatives)(n) {
                page.bubble(x, y, label);
                spots.push(spot(&format!("q{}", n + 1), label, x, y));
            } else {
                page.colored_bubble(x, y, label, if odd { SHADE } else { WHITE });
            }
        }
    }
    (gray(&page.rgb), spots)
}

fn spot(field: &str, label: &str, x: f64, y: f64) -> Spot {
    Spot { field: field.to_owned(), label: label.to_owned(), x: x * MM_PER_POINT, y: y * MM_PER_POINT }
}

fn gray(rgb: &Rgb) -> Gray {
    let luma = |c: &[u8]| (0.299 * f64::from(c[0]) + 0.587 * f64::from(c[1]) + 0.114 * f64::from(c[2])).round() as u8;
    Gray::from_vec(rgb.width, rgb.height, rgb.data.chunks_exact(3).map(luma).collect())
}

fn header(page: &mut Paper, sheet: &Sheet) {
    page.text((297.5, 15.83 + 7.0), &sheet.code, 8.32, BLACK, Anchor::Middle);
    let (top, bottom) = (37.0, 98.0);
    let columns: &[f64] =
        if sheet.look.is_multiple_of(3) { &[26.0, 300.0, 500.0, 569.0] } else { &[26.0, 500.0, 569.0] };
    for &x in columns {
        page.line((x, top), (x, bottom));
    }
    for y in [top, bottom].into_iter().chain((1..4).map(|i| top + 15.0 * i as f64)) {
        page.line((26.0, y), (if y == top || y == bottom { 569.0 } else { 500.0 }, y));
    }
    for (i, text) in
        ["Escola Municipal de Exemplo", "Nome: Íris Guimarães", "Turma: 9º B", "2º simulado"].iter().enumerate()
    {
        page.text((30.0, top + 11.0 + 15.0 * i as f64), text, 9.0, BLACK, Anchor::Left);
    }
    let lines = ["Preencha os círculos por inteiro, com caneta preta ou azul.", "Não rasure nem amasse esta folha."];
    for (i, text) in lines.iter().enumerate() {
        page.text((60.0, 170.0 + 14.0 * i as f64), text, 9.0, BLACK, Anchor::Left);
    }
    if sheet.look.is_multiple_of(2) {
        page.text((300.0, 355.0), "GABARITO", 14.0, BLACK, Anchor::Middle);
    }
    if sheet.grid {
        page.text((497.0, 145.0), "Matrícula", 8.0, BLACK, Anchor::Middle);
    }
    if sheet.qr {
        let (version, segment) = (Version::new(3), QrSegment::make_bytes(sheet.code.as_bytes()));
        let mask = Some(Mask::new((sheet.look % 8) as u8));
        let segments = std::slice::from_ref(&segment);
        let qr = QrCode::encode_segments_advanced(segments, sheet.level, version, version, mask, false)
            .or_else(|_| QrCode::encode_segments_advanced(segments, QrCodeEcc::Low, version, version, mask, false))
            .unwrap();
        let module = 51.35 / 29.0;
        let (x0, y0) = (534.53 - 51.35 / 2.0, 67.55 - 51.35 / 2.0);
        for i in 0..29 * 29 {
            let (c, r) = (i % 29, i / 29);
            if qr.get_module(c, r) {
                let (x, y) = (x0 + module * f64::from(c), y0 + module * f64::from(r));
                page.fill((x, y), (x + module, y + module), BLACK);
            }
        }
    }
}

fn ring(page: &mut Paper, x: f64, y: f64) {
    let (r, disc) = (7.8, |p: &mut Paper, r: f64, c: Color| p.disc(x, y, r, c));
    match page.look % 3 {
        0 => [(r, BLACK), (5.4, WHITE), (3.0, BLACK)].into_iter().for_each(|(r, c)| disc(page, r, c)),
        1 => {
            let lines = [(r, BLACK), (6.6, WHITE), (5.2, BLACK), (4.0, WHITE), (2.6, BLACK), (1.4, WHITE)];
            lines.into_iter().for_each(|(r, c)| disc(page, r, c));
        }
        _ => [(r, BLACK), (6.2, WHITE), (3.9, BLACK)].into_iter().for_each(|(r, c)| disc(page, r, c)),
    }
}

struct Paper {
    rgb: Rgb,
    look: usize,
}

impl Paper {
    fn at(x: f64, y: f64) -> Point<gabarito::units::Px> {
        Point::new(x * SCALE, y * SCALE)
    }

    fn fill(&mut self, from: (f64, f64), to: (f64, f64), color: Color) {
        self.rgb.fill_rect(Self::at(from.0, from.1), Self::at(to.0, to.1), color, 1.0);
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        self.rgb.line(Self::at(from.0, from.1), Self::at(to.0, to.1), Pen::new(BLACK, 0.6 * SCALE));
    }

    fn disc(&mut self, x: f64, y: f64, r: f64, color: Color) {
        self.rgb.disc(Ellipse::circle(Self::at(x, y), r * SCALE), color, 1.0);
    }

    fn text(&mut self, (x, y): (f64, f64), text: &str, size: f64, color: Color, anchor: Anchor) {
        let style = if self.look % 4 == 3 { Style::Bold } else { Style::Regular };
        let font = Font::new(style.face().data()).unwrap();
        font.draw(&mut self.rgb, text, Self::at(x, y), anchor, size * SCALE, color);
    }

    fn bubble(&mut self, x: f64, y: f64, label: &str) {
        let line = [0.75, 1.0, 0.6][self.look % 3];
        self.rgb.ring(Ellipse::circle(Self::at(x, y), (4.68 - line / 2.0) * SCALE), Pen::new(OUTLINE, line * SCALE));
        let size = [6.5, 7.2, 5.8][self.look % 3];
        self.text((x, y + 0.36 * size), label, size, NAVY, Anchor::Middle);
    }

    /// A hidden alternative: outline and letter are there, in the ground's colour.
    fn colored_bubble(&mut self, x: f64, y: f64, label: &str, color: Color) {
        let line = 0.75;
        self.rgb.ring(Ellipse::circle(Self::at(x, y), (4.68 - line / 2.0) * SCALE), Pen::new(color, line * SCALE));
        self.text((x, y + 2.4), label, 6.5, color, Anchor::Middle);
    }
}
