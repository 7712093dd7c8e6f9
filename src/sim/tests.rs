use fastrand::Rng;

use super::*;
use crate::raster::Gray;
use crate::units::{Point, Px};

const PX_PER_MM: f64 = 300.0 / 25.4;
const SIZE_MM: (f64, f64) = (210.0, 297.0);

/// Text, rows of bubbles and six squares: a page to spoil.
fn stand_in() -> Gray {
    let mut rng = Rng::with_seed(1);
    let mut page = foreign::blank(SIZE_MM, PX_PER_MM, &mut rng);
    foreign::paragraphs(&mut page, PX_PER_MM, (35.0, 12.0, 130.0, 40.0), 1.7, &mut rng);
    for (x, y) in squares() {
        foreign::bar(&mut page, PX_PER_MM, (x - 3.0, y - 3.0, 6.0, 6.0), 0);
    }
    for b in bubbles().into_iter().flatten() {
        foreign::circle(&mut page, PX_PER_MM, (b.x, b.y), b.rx, 0.18);
        foreign::bar(&mut page, PX_PER_MM, (b.x - 0.5, b.y - 0.8, 0.2, 1.6), 150);
        foreign::bar(&mut page, PX_PER_MM, (b.x - 0.5, b.y - 0.1, 1.0, 0.2), 150);
    }
    page
}

fn squares() -> Vec<(f64, f64)> {
    [13.0, 148.5, 284.0].iter().flat_map(|&y| [(13.0, y), (197.0, y)]).collect()
}

/// Questions of five bubbles.
fn bubbles() -> Vec<[Bubble; 5]> {
    let at = |c: usize, r: usize, l: usize| (28.0 + 44.0 * c as f64 + 6.5 * l as f64, 75.0 + 7.5 * r as f64);
    (0..4)
        .flat_map(|c| (0..26).map(move |r| (c, r)))
        .map(|(c, r)| {
            std::array::from_fn(|l| {
                let (x, y) = at(c, r, l);
                Bubble { x, y, rx: 2.0, ry: 2.0 }
            })
        })
        .collect()
}

fn shoot(set: &sets::Set, master: &Gray, seed: u64) -> Shot {
    let mut rng = Rng::with_seed(seed);
    let recipe = (set.recipe)(&mut rng);
    let hand = (set.hand)(&mut rng);
    let mut page = recipe.print(master, PX_PER_MM, &mut rng);
    for question in bubbles() {
        let answer = rng.usize(..5);
        for (i, bubble) in question.into_iter().enumerate() {
            let mark = if i == answer { (set.chosen)(&mut rng) } else { (set.rejected)(&mut rng) };
            if let Some(mark) = mark {
                mark::draw(&mut page, PX_PER_MM, bubble, mark, &hand, &mut rng);
            }
        }
    }
    let name = handwriting::Area { x: 35.0, y: 55.0, w: 100.0, h: 9.0 };
    handwriting::write(&mut page, PX_PER_MM, name, 4, &hand, &mut rng);
    let signature = handwriting::Area { x: 140.0, y: 52.0, w: 45.0, h: 13.0 };
    handwriting::sign(&mut page, PX_PER_MM, signature, &hand, &mut rng);
    for _ in 0..set.strays {
        handwriting::stray(&mut page, PX_PER_MM, &hand, &mut rng);
    }
    recipe.shoot(&page, PX_PER_MM, None, &mut rng)
}

/// The centre of the darkness within reach of a place, against the darkest tenth of what lies around.
fn centroid(picture: &Gray, at: Point<Px>, reach: f64) -> Point<Px> {
    let (mut sum, mut sx, mut sy) = (0.0, 0.0, 0.0);
    let span = |c: f64| ((c - reach).floor() as usize, (c + reach).ceil() as usize);
    let ((x0, x1), (y0, y1)) = (span(at.x), span(at.y));
    let paper = (y0..y1).flat_map(|y| picture.row(y)[x0..x1].iter()).copied().max().unwrap_or(255);
    for y in y0..y1 {
        for x in x0..x1 {
            let (px, py) = (x as f64 + 0.5, y as f64 + 0.5);
            let dark = (f64::from(paper) * 0.75 - f64::from(picture.get(x, y))).max(0.0);
            if (px - at.x).hypot(py - at.y) < reach {
                (sum, sx, sy) = (sum + dark, sx + dark * px, sy + dark * py);
            }
        }
    }
    assert!(sum > 0.0, "no dot at {at:?}");
    Point::new(sx / sum, sy / sum)
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let master = stand_in();
    for name in ["clean-200", "bilevel-200", "phone-shadow", "stained"] {
        let set = sets::find(name).unwrap();
        let files = [7, 7, 8].map(|seed| {
            let shot = shoot(set, &master, seed);
            encode::encode(&shot, shot.format)
        });
        assert_eq!(files[0], files[1], "{name}");
        assert_ne!(files[0], files[2], "{name}");
    }
}

/// Dots of 3 mm on an empty page lie where the truth says, whatever the set does.
#[test]
fn truth_says_where_a_dot_ends_up() {
    let dots: Vec<(f64, f64)> =
        (0..5).flat_map(|r| (0..3).map(move |c| (45.0 + 60.0 * c as f64, 50.0 + 49.0 * r as f64))).collect();
    let mut master = Gray::new(2480, 3508, 255);
    for &dot in &dots {
        super::stains::disc(&mut master, (dot.0 * PX_PER_MM, dot.1 * PX_PER_MM), 1.5 * PX_PER_MM, |_| 0.0);
    }
    for set in sets::SETS {
        for seed in 0..2 {
            let mut rng = Rng::with_seed(seed);
            let mut recipe = (set.recipe)(&mut rng);
            // What moves nothing but hides or eats dots away is left out.
            recipe.paper.coffee_rings = 0;
            recipe.paper.blots = 0;
            recipe.paper.creases.clear();
            recipe.printer.bands = 0;
            recipe.printer.mottle = 0.0;
            match &mut recipe.capture {
                recipe::Capture::Scanner(s) => {
                    (s.streaks, s.slips, s.bilevel) = (0, 0, s.bilevel.map(|_| tone::Bilevel::Fixed(128)))
                }
                recipe::Capture::Phone(p) => (p.motion_px, p.shadow) = (0.0, None),
            }
            recipe.paper.show_through = 0.0;
            let page = recipe.print(&master, PX_PER_MM, &mut rng);
            let shot = recipe.shoot(&page, PX_PER_MM, None, &mut rng);
            for &(x, y) in &dots {
                let place = Point::new(x, y);
                let at = shot.truth.to_picture(place);
                let reach = 2.6 * shot.truth.warp.dpi_at(place) / 25.4;
                let found = centroid(&shot.picture, at, reach);
                assert!(
                    found.distance(&at) < 0.3,
                    "{} seed {seed}: dot {place:?} at {at:?}, found {found:?}",
                    set.name
                );
                assert!(shot.truth.to_page(at).distance(&place) < 1e-3, "{}: {place:?}", set.name);
            }
        }
    }
}

#[test]
fn slips_of_the_paper_are_in_the_truth() {
    let mut rng = Rng::with_seed(3);
    let fit = warp::Fit { scale: 0.97, shift_mm: (1.0, -2.0), paper_mm: SIZE_MM };
    let scanner = scanner::Scanner { uneven: 0.01, slips: 3, ..scanner::Scanner::good(200.0, &mut rng) };
    let warp = scanner.warp(fit, None, &mut rng);
    for i in 0..2000 {
        let place = Point::new(105.0 + 90.0 * (f64::from(i) * 0.7).sin(), 10.0 + f64::from(i) * 0.138);
        assert!(warp.to_design(warp.to_picture(place)).distance(&place) < 1e-6);
    }
}

#[test]
fn full_marks_read_dark_and_empty_bubbles_light_after_a_clean_scan() {
    let master = stand_in();
    let set = sets::find("clean-200").unwrap();
    for seed in 20..24 {
        let shot = shoot(set, &master, seed);
        for question in bubbles() {
            let mut darkness = question.map(|b| {
                let tone = |dx: f64, dy: f64| {
                    let p = shot.truth.to_picture(Point::new(b.x + dx, b.y + dy));
                    255.0 - shot.picture.sample(p)
                };
                let ring = (0..36).map(|i| (f64::from(i % 12) * 0.524, 0.4 + 0.45 * f64::from(i / 12)));
                ring.map(|(a, r)| tone(r * a.cos(), r * a.sin())).sum::<f64>() / 36.0
            });
            darkness.sort_by(f64::total_cmp);
            assert!(darkness[4] > 110.0 && darkness[3] < 70.0, "seed {seed}: {darkness:?}");
        }
    }
}

#[test]
fn every_set_makes_a_file_of_every_page() {
    let master = stand_in();
    for (i, set) in sets::SETS.iter().enumerate() {
        let shot = shoot(set, &master, 100 + i as u64);
        assert_eq!(shot.bilevel, shot.picture.data.iter().all(|&v| v == 0 || v == 255), "{}", set.name);
        let file = encode::encode(&shot, shot.format);
        assert!(file.len() > 10_000, "{}: {} bytes", set.name, file.len());
    }
}

#[test]
fn foreign_pages_go_through_recipes() {
    for (i, (name, make)) in foreign::PAGES.iter().enumerate() {
        let mut rng = Rng::with_seed(i as u64);
        let page = make(SIZE_MM, PX_PER_MM, &mut rng);
        assert_eq!((page.width, page.height), (2480, 3508), "{name}");
        let set = &sets::SETS[i * 3 % sets::SETS.len()];
        let recipe = (set.recipe)(&mut rng);
        let page = recipe.print(&page, PX_PER_MM, &mut rng);
        recipe.shoot(&page, PX_PER_MM, None, &mut rng);
    }
}

#[test]
fn files_decode_to_the_picture() {
    let master = stand_in();
    let gray = shoot(sets::find("low-res-100").unwrap(), &master, 1);
    let png = image::load_from_memory(&encode::encode(&gray, encode::Format::Png)).unwrap().into_luma8();
    assert_eq!(png.as_raw(), &gray.picture.data);
    for colour in [false, true] {
        let jpeg = encode::encode(&gray, encode::Format::Jpeg { quality: 95, colour });
        let back = image::load_from_memory(&jpeg).unwrap().into_luma8();
        let off: f64 = back.as_raw().iter().zip(&gray.picture.data).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
        assert!(off / (gray.picture.data.len() as f64) < 3.0);
    }
    let mut black = gray.clone();
    black.bilevel = true;
    tone::to_bilevel(&mut black.picture, tone::Bilevel::Fixed(128));
    let png = image::load_from_memory(&encode::encode(&black, encode::Format::PngBilevel)).unwrap().into_luma8();
    assert_eq!(png.as_raw(), &black.picture.data);
    let file = encode::encode(&black, encode::Format::TiffG4);
    let mut decoder = tiff::decoder::Decoder::new(std::io::Cursor::new(file)).unwrap();
    assert_eq!(decoder.dimensions().unwrap(), (black.picture.width as u32, black.picture.height as u32));
    decoder.read_image().unwrap();
    let pdf = encode::pdf(&[gray, black], 80);
    assert_eq!(lopdf::Document::load_mem(&pdf).unwrap().get_pages().len(), 2);
}
