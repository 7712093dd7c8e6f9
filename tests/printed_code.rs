//! Pages of which no symbol can be read: the printed code says whose they are, or nobody does.

use fastrand::Rng;
use gabarito::accuracy::{Masters, PX_PER_MM};
use gabarito::raster::text::{Anchor, Font};
use gabarito::raster::{Gray, Partial, Rgb};
use gabarito::read::identify::answered;
use gabarito::read::layouts::Layouts;
use gabarito::read::policy::Policy;
use gabarito::read::result::{IdentifiedBy, Outcome, PageReading, Source};
use gabarito::read::{Reader, Trace};
use gabarito::sheet::frame::{Area, Frame, PageFormat};
use gabarito::sheet::identity::ALPHABET;
use gabarito::sheet::{Identity, SheetKey};
use gabarito::sim::recipe::Capture;
use gabarito::sim::scanner::Scanner;
use gabarito::sim::tone::Bilevel;
use gabarito::sim::{Recipe, Shot};
use gabarito::units::Point;
use std::sync::LazyLock;

struct World {
    masters: Masters,
    reader: Reader,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let key = SheetKey::new("printed");
    let masters = Masters::new(&key).unwrap();
    let layouts = Layouts::from_layouts(masters.layouts.iter().cloned());
    World { masters, reader: Reader { layouts, key, policy: Policy::default() } }
});

fn frame() -> Frame {
    Frame::of(PageFormat::A4)
}

fn fill(page: &mut Gray, area: &Area, gray: u8) {
    let px = |mm: f64| (mm * PX_PER_MM).round() as usize;
    for y in px(area.y)..px(area.bottom()) {
        page.row_mut(y)[px(area.x)..px(area.right())].fill(gray);
    }
}

/// The first page, its QR and its Data Matrix under ink.
fn without_symbols() -> Gray {
    let mut page = WORLD.masters.pages[0].picture.clone();
    fill(&mut page, &frame().code.grown(0.5), 20);
    fill(&mut page, &frame().backup.grown(0.5), 20);
    page
}

fn scan(page: &Gray, dpi: f64, turns: u32, bilevel: bool, seed: u64) -> Shot {
    let mut rng = Rng::with_seed(seed);
    let recipe = Recipe::office(dpi, &mut rng);
    let scanner = Scanner::good(dpi, &mut rng);
    let bilevel = bilevel.then_some(Bilevel::Fixed(140));
    let capture = Capture::Scanner(Scanner { quarter_turns: turns, bilevel, ..scanner });
    let recipe = Recipe { capture, ..recipe };
    let printed = recipe.print(page, PX_PER_MM, &mut rng);
    recipe.shoot(&printed, PX_PER_MM, None, &mut rng)
}

fn read(shot: Shot) -> (PageReading, Trace) {
    WORLD.reader.read(&mut Partial::whole(shot.picture), Source { file: "page".into(), page: 1 })
}

fn is_the_first(reading: &PageReading) -> bool {
    let truth = &WORLD.masters.pages[0];
    reading.sheet.as_ref().is_some_and(|s| s.id.as_deref() == Some(&truth.sheet_id) && s.page == Some(truth.number))
}

#[test]
fn without_symbols_the_printed_code_identifies() {
    let page = without_symbols();
    for (n, (dpi, bilevel)) in
        [(150.0, false), (200.0, false), (300.0, false), (200.0, true)].into_iter().cycle().take(16).enumerate()
    {
        let turns = (n / 4) as u32;
        let (reading, trace) = read(scan(&page, dpi, turns, bilevel, n as u64));
        let what = format!("{dpi} dpi, bilevel {bilevel}, turned {turns}: {:?}", trace.identified);
        assert!(is_the_first(&reading), "{what}");
        assert_eq!(reading.identified_by, Some(IdentifiedBy::PrintedCode), "{what}");
    }
}

#[test]
fn with_a_character_under_ink_it_is_this_sheet_or_none() {
    let mut identified = 0;
    for i in 0..24 {
        let mut page = without_symbols();
        let line = frame().printed_lines()[i / 12];
        let advance = 0.6 * line.size_pt * 25.4 / 72.0;
        let x = line.x + (i % 12 + i % 12 / 4) as f64 * advance;
        fill(&mut page, &Area::new(x, line.y - 2.6, advance, 2.9), 30);
        let (reading, _) = read(scan(&page, 200.0, 0, false, i as u64));
        let known = reading.sheet.is_some();
        assert!(!known || is_the_first(&reading), "character {i}: {:?}", reading.sheet);
        identified += u32::from(known);
    }
    assert!(identified >= 12, "{identified} of 24");
}

#[test]
fn another_text_is_nobody() {
    let font = Font::new(include_bytes!("../src/print/fonts/IBMPlexMono-Medium.ttf")).unwrap();
    let mut rng = Rng::with_seed(5);
    for n in 0..12 {
        let mut page = without_symbols();
        fill(&mut page, &frame().printed, 255);
        for line in frame().printed_lines() {
            let mut drawn = Rgb::new(page.width, 100, [255; 3]);
            let text: String = (0..14)
                .map(|i| match (i % 5, n % 3) {
                    (4, _) => ' ',
                    (_, 0) => rng.alphabetic(),
                    _ => ALPHABET[rng.usize(..32)] as char,
                })
                .collect();
            let size_px = line.size_pt * 25.4 / 72.0 * PX_PER_MM;
            font.draw(&mut drawn, &text, Point::new(line.x * PX_PER_MM, 60.0), Anchor::Left, size_px, [0; 3]);
            let top = (line.y * PX_PER_MM) as usize - 60;
            for y in 0..100 {
                for x in 0..page.width {
                    let v = &mut page.row_mut(top + y)[x];
                    *v = (*v).min(drawn.get(x, y)[0]);
                }
            }
        }
        let (reading, trace) = read(scan(&page, 200.0, 0, false, n));
        assert_eq!((reading.outcome, reading.sheet), (Outcome::Unidentified, None), "text {n}");
        assert!(trace.ask.is_some());
    }
}

#[test]
fn ocr_is_shown_the_printed_codes_place_and_nothing_else() {
    let mut page = WORLD.masters.pages[0].picture.clone();
    for area in [frame().code, frame().backup, frame().printed] {
        fill(&mut page, &area, 20);
    }
    let ask = |page: &Gray| {
        let (reading, trace) =
            WORLD.reader.read(&mut Partial::whole(page.clone()), Source { file: "p".into(), page: 1 });
        assert_eq!(reading.outcome, Outcome::Unidentified);
        trace.ask.unwrap()
    };
    let asked = ask(&page);
    let mm = |px: usize| px as f64 / asked.dpi * 25.4;
    let (w, h) = (mm(asked.crop.width), mm(asked.crop.height));
    assert!((w - 33.0).abs() < 0.2 && (h - 11.0).abs() < 0.2, "{w} × {h}");
    // Whatever stands in the header, the crop is the same.
    fill(&mut page, &frame().header, 128);
    assert_eq!(ask(&page), asked);
}

#[test]
fn an_answer_of_ocr_is_believed_if_its_check_holds() {
    let known = WORLD.reader.known();
    let layout = WORLD.masters.layouts[0].id.clone();
    for n in 0..200 {
        let identity = Identity { sheet: known.key.sheet_id("a", "s", n), page: 1, layout: layout.clone() };
        let printed = identity.to_printed(known.key);
        assert_eq!(answered(&printed, known), Some(identity.clone()));
        let like = printed.to_lowercase().replace('0', "O").replace('1', "l").replacen(' ', "\n", 3) + ".\n";
        assert_eq!(answered(&like, known), Some(identity), "{like}");
        let other = if printed.starts_with('7') { "8" } else { "7" };
        assert_eq!(answered(&format!("{other}{}", &printed[1..]), known), None);
    }
    assert_eq!(answered("João Conceição de Araújo", known), None);
    let unknown = Identity { sheet: known.key.sheet_id("a", "s", 0), page: 1, layout: "0".repeat(12).parse().unwrap() };
    assert_eq!(answered(&unknown.to_printed(known.key), known), None);
}
