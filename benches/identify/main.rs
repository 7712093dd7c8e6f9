//! Pages whose codes are spoiled, written as files for other readers too, and how gabarito identifies each.
//!
//! `identify DIR [PAGES [KIND]]` writes the pages to DIR and to stdout a line of JSON a page.

mod damage;

use damage::{Canvas, KINDS, Kind};
use fastrand::Rng;
use gabarito::accuracy::{Masters, PX_PER_MM, read};
use gabarito::raster::Gray;
use gabarito::read::Reader;
use gabarito::read::layouts::Layouts;
use gabarito::read::policy::Policy;
use gabarito::sheet::SheetKey;
use gabarito::sheet::frame::{Area, Frame, PageFormat};
use gabarito::sim::encode::{self, Format};
use gabarito::sim::recipe::Capture;
use gabarito::sim::scanner::Scanner;
use gabarito::sim::tone::Bilevel;
use gabarito::sim::{Recipe, sets};
use serde_json::json;
use std::path::Path;

/// Times that a page is read: the least counts.
const TURNS: usize = 3;
/// Sets of the accuracy table that spoil codes by themselves.
const SETS: [&str; 8] = [
    "clean-300",
    "low-res-100",
    "bilevel-200",
    "photocopied",
    "noisy-jpeg",
    "faint-toner",
    "curled",
    "phone-perspective",
];

fn main() {
    // Cargo adds `--bench`.
    let mut args = std::env::args().skip(1).filter(|a| a != "--bench");
    let folder = args.next().expect("a folder for the pages");
    let count: usize = args.next().map_or(40, |n| n.parse().expect("a number of pages"));
    let only = args.next();
    let wanted = |name: &str| only.as_ref().is_none_or(|o| name.starts_with(o.as_str()));
    let key = SheetKey::new("identify");
    let masters = Masters::new(&key).expect("the masters are printed");
    let layouts = Layouts::from_layouts(masters.layouts.iter().cloned());
    let reader = Reader { layouts, key, policy: Policy::default() };
    for kind in KINDS.iter().filter(|k| wanted(k.name)) {
        for n in 0..count {
            report(&reader, &masters, kind.name, n, &spoiled(kind, &masters, n), Path::new(&folder));
        }
    }
    for name in SETS.into_iter().filter(|n| wanted(n)) {
        let set = sets::find(name).expect("a set of the accuracy table");
        for n in 0..count {
            let made = gabarito::accuracy::specimen(set, &masters, n, 1);
            let page = Page { bytes: made.bytes, master: made.master, intact: true, about: set.description };
            report(&reader, &masters, name, n, &page, Path::new(&folder));
        }
    }
}

struct Page {
    bytes: Vec<u8>,
    master: usize,
    /// Half of the QR or of the backup code can be seen, or all of the printed code.
    intact: bool,
    about: &'static str,
}

fn spoiled(kind: &Kind, masters: &Masters, n: usize) -> Page {
    let seed = kind.name.bytes().fold(n as u64 + 1, |h, b| h.wrapping_mul(0x0100_0000_01b3) ^ u64::from(b));
    let mut rng = Rng::with_seed(seed);
    let mut recipe = match n % 8 {
        7 => Recipe::photo(&mut rng),
        k => Recipe::office([150.0, 200.0, 300.0][k % 3], &mut rng),
    };
    if n % 8 == 5 {
        let bilevel = Some(Bilevel::Fixed(rng.u8(110..170)));
        recipe.capture = Capture::Scanner(Scanner { bilevel, ..Scanner::good(200.0, &mut rng) });
        recipe.format = Format::PngBilevel;
    }
    let master = n % masters.pages.len();
    let frame = Frame::of(PageFormat::A4);
    let mut page = recipe.print(&masters.pages[master].picture, PX_PER_MM, &mut rng);
    let before = page.clone();
    (kind.strike)(&mut Canvas { page: &mut page, px_per_mm: PX_PER_MM }, &frame, &mut rng);
    if kind.torn_mm > 0.0 {
        recipe.paper.torn_mm[1] = 25.0 + (kind.torn_mm - 25.0) * rng.f64();
    }
    let seen = |area: &Area| untouched(&before, &page, area, recipe.paper.torn_mm[1]);
    let intact = seen(&frame.code) >= 0.5 || seen(&frame.backup) >= 0.5 || seen(&frame.printed) >= 1.0;
    let shot = recipe.shoot(&page, PX_PER_MM, None, &mut rng);
    Page { bytes: encode::encode(&shot, shot.format), master, intact, about: kind.about }
}

/// The part of a place where nothing was done to the page, and which is surely not torn off at the top right. Of what is
/// dark and of what is light the lesser part: a label leaves light modules as they are, and ink dark ones.
fn untouched(before: &Gray, after: &Gray, area: &Area, torn_mm: f64) -> f64 {
    let (mut kept, mut all) = ([0.0; 2], [0.0; 2]);
    let px = |mm: f64| (mm * PX_PER_MM) as usize;
    for y in px(area.y)..px(area.bottom()) {
        for x in px(area.x)..px(area.right()) {
            let from_corner = ((before.width - x) + y) as f64 / PX_PER_MM;
            let same = before.get(x, y).abs_diff(after.get(x, y)) < 24;
            let light = usize::from(before.get(x, y) > 128);
            all[light] += 1.0;
            kept[light] += f64::from(u8::from(same && (torn_mm == 0.0 || from_corner > 1.4 * torn_mm)));
        }
    }
    f64::min(kept[0] / f64::max(all[0], 1.0), kept[1] / f64::max(all[1], 1.0))
}

fn report(reader: &Reader, masters: &Masters, set: &str, n: usize, page: &Page, folder: &Path) {
    let ending = match page.bytes.as_slice() {
        [0x89, ..] => "png",
        [0xff, ..] => "jpg",
        _ => "tif",
    };
    let file = folder.join(format!("{}-{n:04}.{ending}", set.replace([' ', ','], "-")));
    std::fs::write(&file, &page.bytes).expect("the page is written");
    let mut turns = (0..TURNS).map(|_| read(reader, page.bytes.clone()));
    let (reading, trace) = turns.next().expect("a turn");
    let mut least = (reading.timings_ms.total, reading.timings_ms.identify);
    for (again, _) in turns {
        least = (least.0.min(again.timings_ms.total), least.1.min(again.timings_ms.identify));
    }
    let truth = &masters.pages[page.master];
    let said = reading.sheet.as_ref().and_then(|s| Some((s.id.as_deref()?, s.page?)));
    let attempts: Vec<_> = trace.trace.identified.iter().flat_map(|i| &i.attempts).collect();
    let line = json!({
        "set": set, "about": page.about, "file": file, "intact": page.intact,
        "sheet": truth.sheet_id, "page": truth.number,
        "identified": said.is_some_and(|s| s == (truth.sheet_id.as_str(), truth.number)),
        "misidentified": said.is_some_and(|s| s != (truth.sheet_id.as_str(), truth.number)),
        "by": reading.identified_by, "outcome": reading.outcome, "registered": reading.registration.is_some(),
        "issues": reading.issues.iter().map(|i| i.code.as_str()).collect::<Vec<_>>(),
        "ms": least.0, "ms_identify": least.1,
        "stages": attempts.iter().map(|a| json!([a.stage, a.decoded, a.ms])).collect::<Vec<_>>(),
    });
    println!("{line}");
}
