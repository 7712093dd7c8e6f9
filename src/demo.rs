//! A school's exam day, simulated: printed sheets are filled in and attendance lists ticked, scanned on a copier or
//! photographed, and handed over in disorder, with an empty page and a stranger's among them, and one sheet missing.

use crate::accuracy::{Done, Expected, Master, PX_PER_MM, Tally, compare_fields, fill_in, rasterise};
use crate::raster::Gray;
use crate::read::result::PageReading;
use crate::sheet::Layout;
use crate::sim::mark::{self, Bubble, Mark};
use crate::sim::sets::{self, Set};
use crate::sim::{Shot, encode, foreign};
use fastrand::Rng;
use rayon::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

/// One printed page, and what became of it.
pub struct Handed {
    pub sheet_id: String,
    /// Of a sheet, whose it is, by id.
    pub student: Option<String>,
    pub room: String,
    pub page: u16,
    /// Of an attendance list, the students of its rows.
    pub rows: Vec<String>,
    pub fate: Fate,
}

pub enum Fate {
    /// Scanned; and what was truly written on it.
    Scanned(Vec<Expected>),
    /// Its student did not come.
    Absent,
    /// Its student came, and it was not handed over.
    Lost,
    /// A spare that nobody needed.
    Unused,
}

/// What befalls the pages, in turn: what a school's copier and pupils do on an ordinary day.
const COPIER: [&str; 6] = ["clean-200", "pencil", "clean-300", "skewed", "fit-to-page", "streaked"];
const PHONE: &str = "phone-flat";
/// Every so many pages one is photographed.
const PHOTO_EVERY: usize = 9;
/// Every so many students one does not come.
const ABSENT_EVERY: usize = 11;

/// Fills and scans what lies printed in `printed`; leaves one PDF and some photos in `scans`. `numbers` are the students', by
/// their ids.
pub fn exam_day(printed: &Path, scans: &Path, numbers: &BTreeMap<&str, &str>, seed: u64) -> io::Result<Vec<Handed>> {
    let geometry = json(&printed.join("geometry.json"))?;
    let manifest = json(&printed.join("manifest.json"))?;
    let layouts = geometry["layouts"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|l| Layout::from_json(l.clone()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(io::Error::other)?;
    let kind = |page: &&Value| ["sheet", "attendance"].iter().any(|kind| page["kind"] == *kind);
    let pages: Vec<&Value> = manifest["pages"].as_array().into_iter().flatten().filter(kind).collect();
    let mut students: Vec<&str> = pages.iter().filter_map(|page| page["student"].as_str()).collect();
    students.dedup();
    // Where no list says so, nobody is absent.
    let listed = pages.iter().any(|page| page["kind"] == "attendance");
    let away = students.iter().copied().skip(ABSENT_EVERY - 1).step_by(ABSENT_EVERY);
    let absent: BTreeSet<&str> = away.filter(|_| listed).collect();
    let lost = students.iter().rev().find(|id| !absent.contains(*id));

    let made: Vec<(Handed, Option<Shot>)> = pages
        .par_iter()
        .enumerate()
        .map(|(i, page)| {
            let mut rng = Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(i as u64));
            let master = master(printed, page, &layouts)?;
            let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let student = page["student"].as_str();
            let is_list = page["kind"] == "attendance";
            let mut handed = Handed {
                sheet_id: master.sheet_id.clone(),
                student: student.map(str::to_owned),
                room: word(&page["room"]),
                page: master.number,
                rows: page["rows"].as_array().into_iter().flatten().map(word).collect(),
                fate: match student {
                    Some(id) if absent.contains(id) => Fate::Absent,
                    Some(id) if lost == Some(&id) => Fate::Lost,
                    None if !is_list => Fate::Unused,
                    _ => Fate::Scanned(Vec::new()),
                },
            };
            let Fate::Scanned(written) = &mut handed.fate else { return Ok((handed, None)) };
            let name = if i % PHOTO_EVERY == PHOTO_EVERY - 1 { PHONE } else { COPIER[i % COPIER.len()] };
            let set = sets::find(name).expect("the sets of the demonstration exist");
            let recipe = (set.recipe)(&mut rng);
            let mut paper = recipe.print(&master.picture, PX_PER_MM, &mut rng);
            *written = if is_list {
                let rows: Vec<bool> = handed.rows.iter().map(|id| absent.contains(id.as_str())).collect();
                tick(&mut paper, &master, &rows, set, &mut rng)
            } else {
                let number = student.and_then(|id| numbers.get(id).copied());
                fill_in(&mut paper, &master, set, number, &mut rng)
            };
            let shot = recipe.shoot(&paper, PX_PER_MM, None, &mut rng);
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
        match (page.reading(readings), &page.fate) {
            (Some(reading), Fate::Scanned(expected)) => {
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

/// Who is absent, as the attendance lists were read.
pub fn absent<'h>(handed: &'h [Handed], readings: &[PageReading]) -> BTreeSet<&'h str> {
    let mut absent = BTreeSet::new();
    for list in handed.iter().filter(|page| !page.rows.is_empty()) {
        let Some(reading) = list.reading(readings) else { continue };
        let ticked = |row: usize| reading.fields.iter().any(|f| f.id == row_id(row) && !f.marked.is_empty());
        absent.extend(list.rows.iter().enumerate().filter(|(row, _)| ticked(*row)).map(|(_, id)| id.as_str()));
    }
    absent
}

impl Handed {
    fn reading<'r>(&self, readings: &'r [PageReading]) -> Option<&'r PageReading> {
        readings.iter().find(|r| {
            let sheet = r.sheet.as_ref();
            sheet.is_some_and(|s| s.id.as_ref() == Some(&self.sheet_id) && s.page == Some(self.page))
        })
    }
}

/// The field of an attendance list's row, from 0.
fn row_id(row: usize) -> String {
    format!("r{}", row + 1)
}

/// Fills the bubbles of those who are absent.
fn tick(page: &mut Gray, list: &Master, absent: &[bool], set: &Set, rng: &mut Rng) -> Vec<Expected> {
    let hand = (set.hand)(rng);
    let mut expected = Vec::new();
    for field in &list.page.fields {
        let row = (0..absent.len()).find(|row| field.id == row_id(*row));
        let mut marks = Vec::new();
        for (bubble, b) in field.bubbles.iter().enumerate().filter(|_| row.is_some_and(|row| absent[row])) {
            mark::draw(page, PX_PER_MM, Bubble { x: b.x, y: b.y, rx: b.rx, ry: b.ry }, Mark::Full, &hand, rng);
            marks.push(Done { bubble, label: b.label.clone(), mark: Mark::Full });
        }
        expected.push(Expected { id: field.id.clone(), marks, writing: None });
    }
    expected
}

fn json(path: &Path) -> io::Result<Value> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

fn master(printed: &Path, sheet: &Value, layouts: &[Layout]) -> io::Result<Master> {
    let pdf = fs::read(printed.join(sheet["pdf"].as_str().unwrap_or_default()))?;
    rasterise(pdf, sheet, layouts).ok_or_else(|| io::Error::other("a printed page can't be drawn"))
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
