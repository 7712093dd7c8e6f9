//! How to fill a bubble in: a few sentences, and pictures of right and wrong.

use super::pen::{Align, Ink, Path, Pen, cap_mm};
use crate::print::fit;
use crate::print::typeface::Style;
use crate::sheet::frame::Area;
use crate::units::MM_PER_POINT;

/// The most needful first: what does not fit is left out from the end.
const SENTENCES: [&str; 4] = [
    "Preencha a bolha por inteiro, com caneta azul ou preta.",
    "Marca errada não se apaga: avise o aplicador ou peça outra folha.",
    "Não dobre, não amasse e não escreva sobre os códigos e os quadrados pretos.",
    "Confira seu nome antes de começar.",
];
const BUBBLE_MM: f64 = 0.25;
const PEN_MM: f64 = 0.45;
const LEADING: f64 = 1.32;

pub fn draw(pen: &mut Pen) {
    let area = pen.frame.instructions;
    pen.level(area.x, area.right(), area.y, Ink::HAIRLINE);
    pen.level(area.x, area.right(), area.bottom(), Ink::HAIRLINE);
    let pictures_w = pictures(pen, &area);
    sentences(pen, &Area::new(area.x, area.y + 1.8, area.w - pictures_w - 5.0, area.h - 3.6));
}

fn sentences(pen: &mut Pen, area: &Area) {
    let smallest = if pen.scaled(1.0) > 1.0 { 9.0 } else { 6.5 };
    let steps = |most: f64| (0..).map(move |i| most - 0.25 * f64::from(i)).take_while(move |&size| size >= smallest);
    let most = pen.scaled(8.5).min(15.0);
    // As large as goes with everything said; where even the smallest is too large, less is said.
    let fitting = (1..=SENTENCES.len()).rev().find_map(|n| {
        let text = SENTENCES[..n].join(" ");
        steps(most).find_map(|size| {
            let lines = fit::paragraph(Style::Regular.face(), size, area.w, &text);
            let height = cap_mm(Style::Regular, size) + size * MM_PER_POINT * LEADING * (lines.len() - 1) as f64;
            (height <= area.h).then_some((size, lines, height))
        })
    });
    let Some((size, lines, height)) = fitting else { return };
    let first = area.y + (area.h - height) / 2.0 + cap_mm(Style::Regular, size);
    for (i, line) in lines.iter().enumerate() {
        let y = first + size * MM_PER_POINT * LEADING * i as f64;
        pen.write(Style::Regular, size, Ink::TEXT, Align::Left, area.x, y, area.w, line);
    }
}

/// One right filling and five wrong ones, at the right end of the band. Says how wide they are.
fn pictures(pen: &mut Pen, area: &Area) -> f64 {
    let r = (pen.measures.r).min(2.9);
    let pitch = r * 2.9;
    let caption_pt = pen.scaled(6.5).min(9.0);
    let y = area.y + area.h * 0.42;
    let caption = y + r + 1.6 + cap_mm(Style::Bold, caption_pt);
    // The last is circled, and the circle ends where the band does.
    let right_end = area.right() - r * 1.3 - 0.2;
    let wrong: Vec<f64> = (0..5).map(|i| right_end - pitch * f64::from(4 - i)).collect();
    let split = wrong[0] - pitch * 0.95;
    let good = split - pitch * 0.95;
    for &x in wrong.iter().chain([&good]) {
        pen.stroke(Path::Ellipse { x, y, rx: r, ry: r }, Ink::OUTLINE, BUBBLE_MM);
    }
    pen.plumb(split, y - r, caption, Ink::HAIRLINE);
    pen.disc(good, y, r * 0.97, Ink::SOLID);
    pen.write(Style::Bold, caption_pt, Ink::TEXT, Align::Center, good, caption, 20.0, "Certo");
    let middle = (wrong[0] + wrong[4]) / 2.0;
    pen.write(Style::Bold, caption_pt, Ink::TEXT, Align::Center, middle, caption, 20.0, "Errado");

    let line = |pen: &mut Pen, points: Vec<(f64, f64)>| pen.stroke(Path::Line(points), Ink::SOLID, PEN_MM);
    let d = r * 0.62;
    line(pen, vec![(wrong[0] - d, y - d), (wrong[0] + d, y + d)]);
    line(pen, vec![(wrong[0] - d, y + d), (wrong[0] + d, y - d)]);
    line(pen, vec![(wrong[1] - d, y), (wrong[1] - 0.15 * r, y + d), (wrong[1] + 0.95 * r, y - 1.05 * r)]);
    pen.fill(half(wrong[2], y, r * 0.97), Ink::SOLID);
    pen.disc(wrong[3], y, r * 0.3, Ink::SOLID);
    pen.stroke(Path::Ellipse { x: wrong[4], y, rx: r * 1.3, ry: r * 1.24 }, Ink::SOLID, PEN_MM * 0.8);
    area.right() - good + r + 0.5
}

/// The left half of a disc.
fn half(x: f64, y: f64, r: f64) -> Path {
    let steps = 24;
    let angle = |i: i32| std::f64::consts::FRAC_PI_2 + std::f64::consts::PI * f64::from(i) / f64::from(steps);
    Path::Polygon((0..=steps).map(|i| (x + r * angle(i).cos(), y - r * angle(i).sin())).collect())
}
