//! The named sets of the accuracy table: what befalls the pages of each, and how its pupils mark.

use fastrand::Rng;

use super::backdrop::Backdrop;
use super::chance::{between, chance, jitter, pick, sign};
use super::encode::Format;
use super::mark::Mark;
use super::pen::{Hand, Pen};
use super::phone::{Phone, Shadow};
use super::printer::Copier;
use super::recipe::{Capture, Recipe};
use super::scanner::Scanner;
use super::surface::{Along, Surface};
use super::tone::Bilevel;

pub struct Set {
    pub name: &'static str,
    pub description: &'static str,
    pub recipe: fn(&mut Rng) -> Recipe,
    /// The pupil of one page.
    pub hand: fn(&mut Rng) -> Hand,
    /// What the pupil does to a bubble that is meant to be chosen.
    pub chosen: fn(&mut Rng) -> Option<Mark>,
    /// What the pupil does to a bubble that is not.
    pub rejected: fn(&mut Rng) -> Option<Mark>,
    /// Strokes where none belong, at most, a page.
    pub strays: usize,
}

/// A4: recipes place folds and curls by it.
const PAPER_MM: (f64, f64) = (210.0, 297.0);

const fn set(name: &'static str, description: &'static str, recipe: fn(&mut Rng) -> Recipe) -> Set {
    Set { name, description, recipe, hand: pens, chosen: full, rejected: none, strays: 0 }
}

pub const SETS: &[Set] = &[
    set("clean-200", "office scans of 200 dpi, any rotation, full marks by pen", |rng| Recipe::office(200.0, rng)),
    set("clean-300", "office scans of 300 dpi, any rotation, full marks by pen", |rng| Recipe::office(300.0, rng)),
    Set { hand: pencils, ..set("pencil", "200 dpi, filled in pencil", |rng| Recipe::office(200.0, rng)) },
    Set {
        hand: |rng| {
            let pressure = between(rng, 0.5, 0.72);
            pencils(rng).with_pressure(pressure)
        },
        ..set("light-pencil", "200 dpi, filled in pencil with little pressure", |rng| Recipe::office(200.0, rng))
    },
    Set {
        hand: any_hand,
        chosen: |rng| {
            use Mark::*;
            Some(pick(
                rng,
                &[Full, Full, Full, Cross, Cross, Tick, Half, Dot, Dash, Overfull, Overfull, Offset, Light, RingOnly],
            ))
        },
        strays: 3,
        ..set(
            "sloppy-marks",
            "200 dpi, crosses, ticks, half, light and spilt marks, dots, rings, stray strokes",
            |rng| Recipe::office(200.0, rng),
        )
    },
    Set {
        hand: any_hand,
        rejected: |rng| {
            chance(rng, 0.05).then(|| pick(rng, &[Mark::Erased, Mark::Erased, Mark::Cancelled, Mark::WhitedOut]))
        },
        ..set("erased-and-cancelled", "200 dpi, one bubble in twenty rubbed out, crossed out or painted over", |rng| {
            Recipe::office(200.0, rng)
        })
    },
    set("skewed", "200 dpi, skew of 1.5–3° either way", |rng| {
        let skew = sign(rng) * between(rng, 1.5, 3.0);
        scanned(rng, 200.0, |s, _| s.skew_deg = skew)
    }),
    set("uneven-feed", "200 dpi, speed off by up to 1 %, slips of the paper", |rng| {
        scanned(rng, 200.0, |s, rng| {
            s.uneven = between(rng, 0.004, 0.01);
            s.slips = rng.usize(..4);
            s.stretch = (1.0 + jitter(rng, 0.004), 1.0 + jitter(rng, 0.005));
        })
    }),
    set("fit-to-page", "printed at 94–106 %, 200 dpi", |rng| {
        let mut recipe = Recipe::office(200.0, rng);
        recipe.printer.scale = if chance(rng, 0.7) { between(rng, 0.94, 0.99) } else { between(rng, 1.01, 1.06) };
        recipe.printer.shift_mm = (jitter(rng, 1.5), jitter(rng, 1.5));
        recipe
    }),
    set("mirrored", "200 dpi, seen from behind, any rotation", |rng| scanned(rng, 200.0, |s, _| s.mirrored = true)),
    set("bilevel-200", "black and white at 200 dpi", |rng| bilevel(rng, 200.0)),
    set("bilevel-300", "black and white at 300 dpi", |rng| bilevel(rng, 300.0)),
    set("photocopied", "copied before it was filled and again after, 200 dpi", |rng| {
        let mut recipe = Recipe::office(200.0, rng);
        recipe.copies_before.push(Copier::usual(rng));
        recipe.copies_after.push(Copier::usual(rng));
        recipe
    }),
    set("low-res-100", "100 dpi", |rng| Recipe::office(100.0, rng)),
    set("low-res-150", "150 dpi", |rng| Recipe::office(150.0, rng)),
    set("noisy-jpeg", "200 dpi, a noisy sensor and JPEG of quality 30", |rng| {
        let mut recipe = scanned(rng, 200.0, |s, rng| {
            s.noise = between(rng, 5.0, 11.0);
            s.blur_px = between(rng, 0.4, 1.0);
        });
        recipe.format = Format::Jpeg { quality: rng.u8(25..=35), colour: false };
        recipe
    }),
    set("stained", "200 dpi, coffee rings, blots of water, grease and ink", |rng| {
        let mut recipe = Recipe::office(200.0, rng);
        recipe.paper.coffee_rings = rng.usize(..3);
        recipe.paper.blots = rng.usize(1..7);
        recipe
    }),
    set("streaked", "200 dpi, dirt on the glass: lines down the whole scan; pale bands of a worn drum", |rng| {
        let mut recipe = scanned(rng, 200.0, |s, rng| s.streaks = rng.usize(1..7));
        recipe.printer.bands = rng.usize(..3);
        recipe
    }),
    set("punched-and-stapled", "200 dpi, two or four holes and a staple", |rng| {
        let mut recipe = Recipe::office(200.0, rng);
        recipe.paper.holes = Some((if rng.bool() { 2 } else { 4 }, pick(rng, &[0, 0, 1])));
        if chance(rng, 0.2) {
            recipe.paper.holes = Some((2, 2));
        }
        recipe.paper.staple = chance(rng, 0.7);
        recipe
    }),
    set("torn-corner", "200 dpi, one or two corners torn off, 15–35 mm", |rng| {
        let mut recipe = Recipe::office(200.0, rng);
        for _ in 0..rng.usize(1..3) {
            recipe.paper.torn_mm[rng.usize(..4)] = between(rng, 15.0, 35.0);
        }
        recipe
    }),
    set("cut-margins", "200 dpi, 3–14 mm of one or two edges not scanned", |rng| {
        scanned(rng, 200.0, |s, rng| {
            let first = rng.usize(..4);
            s.margins_mm = [0.0; 4];
            s.margins_mm[first] = -between(rng, 3.0, 14.0);
            if rng.bool() {
                s.margins_mm[(first + 1) % 4] = -between(rng, 3.0, 14.0);
            }
        })
    }),
    set("folded", "200 dpi, folded in two to four and opened again", |rng| {
        let mut recipe = Recipe::office(200.0, rng);
        recipe.paper.creases = creases(rng);
        recipe
    }),
    set("curled", "photographed while the page bends up, or scanned while it slides unevenly", |rng| {
        let mut recipe = if chance(rng, 0.7) { Recipe::photo(rng) } else { Recipe::office(200.0, rng) };
        let strength = between(rng, 0.2, 0.9);
        recipe.paper.surface = Some(curl(rng, strength));
        recipe
    }),
    set("phone-flat", "phone photographs from straight above", Recipe::photo),
    set("phone-perspective", "phone photographs, leaning by 8–25°", |rng| {
        photographed(rng, |p, rng| {
            p.tilt_deg = between(rng, 8.0, 25.0);
            p.barrel = between(rng, -0.01, 0.03);
            p.fill = between(rng, 0.45, 0.85);
            p.gradient = between(rng, 0.05, 0.3);
        })
    }),
    set("phone-shadow", "phone photographs with the photographer's shadow, uneven light, a shaking hand", |rng| {
        photographed(rng, |p, rng| {
            p.tilt_deg = between(rng, 0.0, 12.0);
            p.gradient = between(rng, 0.1, 0.4);
            p.vignette = between(rng, 0.05, 0.35);
            p.motion_px = between(rng, 0.0, 4.0) * p.width.min(p.height) as f64 / 2448.0;
            p.shadow = Some(Shadow {
                depth: between(rng, 0.2, 0.6),
                softness: between(rng, 0.008, 0.08),
                toward_deg: between(rng, 0.0, 360.0),
                offset: between(rng, -0.35, 0.35),
            });
        })
    }),
    set("dark-desk", "phone photographs on dark cloth, wood or tiles, from further away", |rng| {
        photographed(rng, |p, rng| {
            p.fill = between(rng, 0.35, 0.6);
            p.tilt_deg = between(rng, 0.0, 10.0);
            let size_px = p.width as f64 * between(rng, 0.2, 0.6);
            p.backdrop = match rng.u32(..4) {
                0 => Backdrop::Wood { luma: between(rng, 35.0, 80.0), upright: rng.bool() },
                1 => Backdrop::Tiles { luma: between(rng, 40.0, 150.0), size_px },
                2 => Backdrop::Plain(between(rng, 10.0, 60.0)),
                _ => Backdrop::Cloth { luma: between(rng, 18.0, 45.0) },
            };
        })
    }),
    set("faint-toner", "200 dpi, printed with an empty cartridge, with pale bands", |rng| {
        let mut recipe = Recipe::office(200.0, rng);
        recipe.printer.density = between(rng, 0.3, 0.65);
        recipe.printer.mottle = between(rng, 0.03, 0.2);
        recipe.printer.bands = rng.usize(..4);
        recipe
    }),
    set("show-through", "200 dpi, thin gray paper through which the back is seen", |rng| {
        let mut recipe = Recipe::office(200.0, rng);
        recipe.paper.show_through = between(rng, 0.08, 0.28);
        recipe.paper.white = between(rng, 205.0, 238.0);
        recipe.paper.texture = between(rng, 0.008, 0.025);
        recipe
    }),
    Set {
        rejected: |_| Some(Mark::Full),
        ..set("all-filled", "200 dpi, every bubble filled", |rng| Recipe::office(200.0, rng))
    },
    Set { chosen: none, ..set("all-blank", "200 dpi, no bubble filled", |rng| Recipe::office(200.0, rng)) },
];

pub fn find(name: &str) -> Option<&'static Set> {
    SETS.iter().find(|set| set.name == name)
}

fn full(_: &mut Rng) -> Option<Mark> {
    Some(Mark::Full)
}

fn none(_: &mut Rng) -> Option<Mark> {
    None
}

fn pens(rng: &mut Rng) -> Hand {
    let pen = if chance(rng, 0.6) { Pen::BlackBallpoint } else { Pen::BlueBallpoint };
    Hand::new(pen, rng)
}

fn pencils(rng: &mut Rng) -> Hand {
    let pen = if rng.bool() { Pen::SoftPencil } else { Pen::HardPencil };
    Hand::new(pen, rng)
}

fn any_hand(rng: &mut Rng) -> Hand {
    use Pen::*;
    let pen = pick(rng, &[BlackBallpoint, BlackBallpoint, BlueBallpoint, BlueBallpoint, SoftPencil, HardPencil, Felt]);
    Hand::new(pen, rng)
}

fn scanned(rng: &mut Rng, dpi: f64, change: impl Fn(&mut Scanner, &mut Rng)) -> Recipe {
    let mut scanner = Scanner::good(dpi, rng);
    change(&mut scanner, rng);
    Recipe { capture: Capture::Scanner(scanner), ..Recipe::office(dpi, rng) }
}

fn photographed(rng: &mut Rng, change: impl Fn(&mut Phone, &mut Rng)) -> Recipe {
    let mut phone = Phone::good(rng);
    change(&mut phone, rng);
    Recipe { capture: Capture::Phone(phone), ..Recipe::photo(rng) }
}

fn bilevel(rng: &mut Rng, dpi: f64) -> Recipe {
    let mut recipe = scanned(rng, dpi, |s, rng| {
        s.bilevel = Some(match rng.u32(..10) {
            0..5 => Bilevel::Fixed(rng.u8(105..=175)),
            5..8 => Bilevel::Adaptive {
                part: between(rng, 0.78, 0.92),
                window_px: (dpi / 25.4 * between(rng, 5.0, 12.0)) as usize,
            },
            8 => Bilevel::Dither,
            _ => Bilevel::Halftone { cell_px: (dpi / 85.0).round() as usize },
        });
    });
    recipe.format = if rng.bool() { Format::TiffG4 } else { Format::PngBilevel };
    recipe
}

fn creases(rng: &mut Rng) -> Vec<(Along, f64, f64)> {
    let (w, h) = PAPER_MM;
    let mut all = vec![(Along::Y, h / 2.0 + jitter(rng, 4.0), between(rng, 0.4, 1.0))];
    if chance(rng, 0.5) {
        all.push((Along::X, w / 2.0 + jitter(rng, 4.0), between(rng, 0.3, 1.0)));
    }
    if chance(rng, 0.3) {
        all.push((Along::Y, h / 4.0 + jitter(rng, 3.0), between(rng, 0.3, 0.8)));
        all.push((Along::Y, h * 0.75 + jitter(rng, 3.0), between(rng, 0.3, 0.8)));
    }
    all
}

fn curl(rng: &mut Rng, strength: f64) -> Surface {
    let (along, length) = if rng.bool() { (Along::X, PAPER_MM.0) } else { (Along::Y, PAPER_MM.1) };
    if chance(rng, 0.3) {
        let crease = length / 2.0 + jitter(rng, 8.0);
        return Surface::folded(rng, along, length, &[crease], 0.16 * strength);
    }
    Surface::curled(rng, along, length, strength)
}
