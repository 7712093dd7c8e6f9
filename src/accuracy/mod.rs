//! The accuracy table: print, fill in, spoil, read, compare. One command makes it, and it is kept in the repository.
//!
//! Every page is made from a seed of its own, so any page of the table can be made again and looked at.

mod masters;
mod plot;
mod pupil;
pub mod real;
pub mod reliability;
mod stages;
pub mod table;
mod tally;

pub use masters::{Master, Masters, PX_PER_MM, rasterise};
pub use pupil::{Done, Expected, fill_in};
pub use reliability::Reliability;
pub use tally::{Tally, Verdict};

use crate::limits::Limits;
use crate::read::pages;
use crate::read::result::{Outcome, PageReading};
use crate::read::{PageTrace, Reader};
use crate::sim::encode;
use crate::sim::foreign;
use crate::sim::sets::Set;
use crate::sim::{Recipe, Shot};
use fastrand::Rng;

/// One page of a set: the file as a scanner would hand it over, and what is truly on it.
pub struct Specimen {
    pub bytes: Vec<u8>,
    pub shot: Shot,
    pub master: usize,
    pub expected: Vec<Expected>,
}

/// Makes page `n` of a set.
pub fn specimen(set: &Set, masters: &Masters, n: usize, seed: u64) -> Specimen {
    let mut rng = Rng::with_seed(page_seed(seed, set.name, n));
    let recipe = (set.recipe)(&mut rng);
    let master = n % masters.pages.len();
    let sheet = &masters.pages[master];
    let mut page = recipe.print(&sheet.picture, PX_PER_MM, &mut rng);
    let expected = fill_in(&mut page, sheet, set, None, &mut rng);
    let back = &masters.pages[(master + 1) % masters.pages.len()].picture;
    let shot = recipe.shoot(&page, PX_PER_MM, Some(back), &mut rng);
    Specimen { bytes: encode::encode(&shot, shot.format), shot, master, expected }
}

/// Makes a page that is not ours.
pub fn stranger(maker: foreign::Maker, name: &str, n: usize, seed: u64) -> Vec<u8> {
    let mut rng = Rng::with_seed(page_seed(seed, name, n));
    let recipe = if n.is_multiple_of(4) { Recipe::photo(&mut rng) } else { Recipe::office(200.0, &mut rng) };
    let clean = maker((210.0, 297.0), PX_PER_MM, &mut rng);
    let page = recipe.print(&clean, PX_PER_MM, &mut rng);
    let shot = recipe.shoot(&page, PX_PER_MM, None, &mut rng);
    encode::encode(&shot, shot.format)
}

fn page_seed(seed: u64, name: &str, n: usize) -> u64 {
    // FNV-1a: the seed of a page depends on nothing but its set's name and its number.
    let text = name.bytes().map(u64::from).chain([seed, n as u64]);
    text.fold(0xcbf2_9ce4_8422_2325, |h, v| (h ^ v).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Reads a file of one page as the product does.
pub fn read(reader: &Reader, bytes: Vec<u8>) -> (PageReading, PageTrace) {
    let limits = Limits::default();
    let page = pages::open_bytes("page", bytes, &limits).next().expect("a file always gives an item");
    reader.read_page(&page, &limits)
}

/// Compares a reading with the truth.
pub fn compare(reading: &PageReading, masters: &Masters, master: usize, expected: &[Expected]) -> Tally {
    let mut tally = Tally { pages: 1, ms: reading.timings_ms.total, ..Tally::default() };
    let sheet = &masters.pages[master];
    let known = reading.sheet.as_ref().and_then(|s| s.id.as_deref());
    let page = reading.sheet.as_ref().and_then(|s| s.page);
    match known {
        None => tally.unidentified += 1,
        Some(id) if id == sheet.sheet_id && page == Some(sheet.number) => tally.identified += 1,
        Some(_) => tally.misidentified += 1,
    }
    compare_fields(reading, expected, &mut tally);
    tally
}

/// Counts the fields of a page against what is truly on it.
pub fn compare_fields(reading: &PageReading, expected: &[Expected], tally: &mut Tally) {
    for e in expected {
        let verdict = match reading.fields.iter().find(|f| f.id == e.id) {
            None => Verdict::Unread,
            Some(f) => {
                tally.reliability.note(e, f);
                e.judge(f)
            }
        };
        tally.count(verdict);
        if verdict == Verdict::Wrong {
            tally.wrong_fields.push(e.id.clone());
        }
    }
}

/// A page that is not ours must yield no answers and no identity.
pub fn compare_stranger(reading: &PageReading) -> Tally {
    let mut tally = Tally { pages: 1, ms: reading.timings_ms.total, ..Tally::default() };
    let identified = reading.sheet.as_ref().is_some_and(|s| s.id.is_some());
    let refused = matches!(reading.outcome, Outcome::Blank | Outcome::Foreign | Outcome::Unidentified);
    tally.misidentified += u64::from(identified);
    tally.unidentified += u64::from(!identified);
    tally.wrong += if refused { 0 } else { reading.fields.len() as u64 };
    tally
}
