//! A school's exam day, simulated: printed sheets are filled in, scanned on a copier or photographed, and handed over in
//! disorder, with an empty page and a stranger's among them, and one sheet missing.

use crate::accuracy::Tally;
use crate::accuracy::{Expected, Master, PX_PER_MM, compare_fields, fill_in, rasterise};
use crate::read::result::PageReading;
use crate::sheet::Layout;
use crate::sim::sets::{self, Set};
use crate::sim::{Shot, encode, foreign};
use fastrand::Rng;
use rayon::prelude::*;
use serde_json::Value;
use std::fs;
use std::io;
use std::path::Path;

/// One printed page and what was truly written on it; `None` for the sheet that was never handed in.
pub struct Handed {
    pub sheet_id: String,
    pub student: String,
    pub room: String,
    pub page: u16,
    pub expected: Option<Vec<Expected>>,
}

/// What befalls the pages, in turn: what a school's copier and pupils do on an ordinary day.
const COPIER: [&str; 6] = ["clean-200", "pencil", "clean-300", "skewed", "fit-to-page", "streaked"];
const PHONE: &str = "phone-flat";
/// Every so many pages one is photographed.
const PHOTO_EVERY: usize = 9;

/// Fills and scans what lies printed in `printed`; leaves one PDF and some photos in `scans`.
pub fn exam_day(printed: &Path, scans: &Path, seed: u64) -> io::Result<Vec<Handed>> {
    let geometry = json(&printed.join("geometry.json"))?;
    let manifest = json(&printed.join("manifest.json"))?;
    let layouts = geometry["layouts"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|l| Layout::from_json(l.clone()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(io::Error::other)?;
    let sheets: Vec<&Value> = geometry["sheets"].as_array().into_iter().flatten().collect();
    let absent = sheets.last().and_then(|s| s["sheet_id"].as_str()).unwrap_or_default().to_owned();

    let made: Vec<(Handed, Option<Shot>)> = sheets
        .par_iter()
        .enumerate()
        .map(|(i, sheet)| {
            let mut rng = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(i as u64));
            let master = master(printed, sheet, &layouts)?;
            let room = manifest["pages"].as_array().into_iter().flatten().find(|p| p["sheet_id"] == sheet["sheet_id"]);
            let mut handed = Handed {
                sheet_id: master.sheet_id.clone(),
                student: sheet["student"].as_str().unwrap_or("(reserva)").to_owned(),
                room: room.and_then(|p| p["room"].as_str()).unwrap_or_default().to_owned(),
                page: master.number,
                expected: None,
            };
            if master.sheet_id == absent {
                return Ok((handed, None));
            }
            let name = if i % PHOTO_EVERY == PHOTO_EVERY - 1 { PHONE } else { COPIER[i % COPIER.len()] };
            let set = sets::find(name).expect("the sets of the demonstration exist");
            let (shot, expected) = scan(&master, set, &mut rng);
            handed.expected = Some(expected);
            Ok((handed, Some(shot)))
        })
        .collect::<io::Result<_>>()?;

    let (handed, shots): (Vec<Handed>, Vec<Option<Shot>>) = made.into_iter().unzip();
    let (photos, mut copies): (Vec<Shot>, Vec<Shot>) = shots.into_iter().flatten().partition(|s| s.dpi.is_none());
    let mut rng = Rng::with_seed(seed);
    copies.extend(strangers(&mut rng));
    rng.shuffle(&mut copies);
    fs::create_dir_all(scans)?;
    fs::write(scans.join("copiadora.pdf"), encode::pdf(&copies, 80))?;
    for (i, photo) in photos.iter().enumerate() {
        fs::write(scans.join(format!("foto-{:02}.jpg", i + 1)), encode::encode(photo, photo.format))?;
    }
    Ok(handed)
}

/// Compares what was read with what was written; wrong fields are named with their file and page. Printed pages that
/// were not read come second.
pub fn compare<'h>(handed: &'h [Handed], readings: &[PageReading]) -> (Tally, Vec<&'h Handed>) {
    let mut tally = Tally::default();
    let mut missing = Vec::new();
    for page in handed {
        let reading = readings.iter().find(|r| {
            let sheet = r.sheet.as_ref();
            sheet.is_some_and(|s| s.id.as_ref() == Some(&page.sheet_id) && s.page == Some(page.page))
        });
        match (reading, &page.expected) {
            (Some(reading), Some(expected)) => {
                let mut own = Tally::default();
                compare_fields(reading, expected, &mut own);
                let place = |field: &String| format!("{} p. {}, {field}", reading.source.file, reading.source.page);
                own.wrong_fields = own.wrong_fields.iter().map(place).collect();
                tally.add(&own);
            }
            _ => missing.push(page),
        }
    }
    (tally, missing)
}

fn json(path: &Path) -> io::Result<Value> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

fn master(printed: &Path, sheet: &Value, layouts: &[Layout]) -> io::Result<Master> {
    let pdf = fs::read(printed.join(sheet["pdf"].as_str().unwrap_or_default()))?;
    rasterise(pdf, sheet, layouts).ok_or_else(|| io::Error::other("a printed page can't be drawn"))
}

fn scan(master: &Master, set: &Set, rng: &mut Rng) -> (Shot, Vec<Expected>) {
    let recipe = (set.recipe)(rng);
    let mut page = recipe.print(&master.picture, PX_PER_MM, rng);
    let expected = fill_in(&mut page, master, set, rng);
    (recipe.shoot(&page, PX_PER_MM, None, rng), expected)
}

/// An empty page, and one of something else.
fn strangers(rng: &mut Rng) -> Vec<Shot> {
    let makers: [foreign::Maker; 2] = [foreign::blank, foreign::text];
    makers
        .into_iter()
        .map(|maker| {
            let recipe = (sets::SETS[0].recipe)(rng);
            let page = maker((210.0, 297.0), PX_PER_MM, rng);
            recipe.shoot(&page, PX_PER_MM, None, rng)
        })
        .collect()
}
