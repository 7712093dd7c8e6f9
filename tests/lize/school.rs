//! Pupils who fill in a drawn sheet, and what of a reading is right.

use super::paper::{self, ID, PX_PER_MM, RADIUS_MM, Sheet, Spot};
use fastrand::Rng;
use gabarito::accuracy;
use gabarito::raster::Gray;
use gabarito::read::Reader;
use gabarito::read::layouts::Layouts;
use gabarito::read::policy::Policy;
use gabarito::read::result::{FieldReading, FieldStatus, PageReading};
use gabarito::sheet::SheetKey;
use gabarito::sim::mark::{self, Bubble, Intent, Mark};
use gabarito::sim::{Shot, encode, sets};

pub struct Filled {
    pub shot: Shot,
    spots: Vec<Spot>,
    /// For each spot, what a pupil did to it.
    marks: Vec<Option<Mark>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    pub right: usize,
    pub doubtful: usize,
    /// Fields of the paper that were not reported, or not with its bubbles; and fields that are not on the paper.
    pub extent: Vec<String>,
    pub wrong: Vec<String>,
}

impl Score {
    pub fn add(&mut self, other: Score) {
        self.right += other.right;
        self.doubtful += other.doubtful;
        self.extent.extend(other.extent);
        self.wrong.extend(other.wrong);
    }

    pub fn is_safe(&self) -> bool {
        self.wrong.is_empty() && self.extent.is_empty()
    }
}

/// A sheet filled in and scanned as a set of the simulator does: one mark for most questions and digits, none for some,
/// two for few.
pub fn fill(sheet: &Sheet, set: &str, rng: &mut Rng) -> Filled {
    let set = sets::find(set).unwrap();
    let (master, spots) = paper::draw(sheet, rng);
    let recipe = (set.recipe)(rng);
    let mut page = recipe.print(&master, PX_PER_MM, rng);
    let hand = (set.hand)(rng);
    let mut marks = vec![None; spots.len()];
    for group in groups(&spots) {
        let wanted = match rng.u32(..100) {
            0..6 => Vec::new(),
            6..8 => vec![rng.usize(..group.len()), rng.usize(..group.len())],
            _ => vec![rng.usize(..group.len())],
        };
        for (i, &spot) in group.iter().enumerate() {
            let mark = if wanted.contains(&i) { (set.chosen)(rng) } else { (set.rejected)(rng) };
            let Spot { x, y, .. } = spots[spot];
            if let Some(mark) = mark {
                mark::draw(&mut page, PX_PER_MM, Bubble { x, y, rx: RADIUS_MM, ry: RADIUS_MM }, mark, &hand, rng);
            }
            marks[spot] = mark;
        }
    }
    Filled { shot: recipe.shoot(&page, PX_PER_MM, None, rng), spots, marks }
}

/// Spots of which one is to be filled: a question's, or a digit's column.
fn groups(spots: &[Spot]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (i, s) in spots.iter().enumerate() {
        let one = |g: &Vec<usize>| {
            let first = &spots[g[0]];
            first.field == s.field && (s.field != "matricula" || (first.x - s.x).abs() < 1.0)
        };
        match groups.iter_mut().find(|g| one(g)) {
            Some(group) => group.push(i),
            None => groups.push(vec![i]),
        }
    }
    groups
}

impl Filled {
    pub fn read(&self) -> PageReading {
        read(encode::encode(&self.shot, self.shot.format))
    }

    /// The same picture at half its resolution.
    pub fn read_half(&self) -> PageReading {
        let half = gabarito::raster::reduce(&self.shot.picture, 2);
        read(png(&half))
    }

    pub fn score(&self, reading: &PageReading) -> Score {
        let mut score = Score::default();
        let mut fields: Vec<&str> = self.spots.iter().map(|s| s.field.as_str()).collect();
        fields.dedup();
        for id in fields {
            let own: Vec<usize> = (0..self.spots.len()).filter(|&i| self.spots[i].field == id).collect();
            let Some(field) = reading.fields.iter().find(|f| f.id == id).filter(|f| f.marks.len() == own.len()) else {
                score.extent.push(id.to_owned());
                continue;
            };
            match field.status {
                FieldStatus::Doubtful => score.doubtful += 1,
                _ if self.judge(field, &own) => score.right += 1,
                _ => score.wrong.push(format!("{id}: {:?} {:?}", field.marked, field.value)),
            }
        }
        let strange = reading.fields.iter().filter(|f| self.spots.iter().all(|s| s.field != f.id));
        score.extent.extend(strange.map(|f| f.id.clone()));
        score
    }

    /// Both list a field's bubbles in the same order: alternatives, and columns of digits.
    fn judge(&self, field: &FieldReading, own: &[usize]) -> bool {
        let meant = |(mark, &spot): (&gabarito::read::result::MarkReading, &usize)| {
            let said = mark.probability > 0.5;
            assert_eq!(mark.label, self.spots[spot].label);
            match self.marks[spot].map(Mark::intent) {
                None | Some(Intent::TakenBack) => !said,
                Some(Intent::Chosen) => said,
                Some(Intent::Unclear) => true,
            }
        };
        field.marks.iter().zip(own).all(meant)
    }
}

pub fn png(gray: &Gray) -> Vec<u8> {
    let mut rgb = gabarito::raster::Rgb::new(gray.width, gray.height, [255; 3]);
    rgb.put_gray(gray, 0, 0, |v| v);
    rgb.to_png().unwrap()
}

pub fn read(bytes: Vec<u8>) -> PageReading {
    let reader = Reader { layouts: Layouts::default(), key: SheetKey::new("test"), policy: Policy::default() };
    accuracy::read(&reader, bytes).0
}

/// Whose sheet a reading says that it is.
pub fn id(reading: &PageReading) -> Option<&str> {
    let id = reading.sheet.as_ref()?.id.as_deref();
    assert!(id.is_none_or(|id| id == ID), "a misidentified page");
    id
}

impl Filled {
    pub fn has(&self, mark: Mark) -> bool {
        self.marks.contains(&Some(mark))
    }
}
