//! Units, rooms and students.

use super::super::typeface::Style;
use super::{LizeOrder, Sheets};
use crate::json::{Faults, Object};
use crate::sheet::lize::Operation;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashSet};
use unicode_normalization::UnicodeNormalization;

#[derive(Clone, Debug)]
pub struct Unit {
    pub id: String,
    pub name: String,
    pub rooms: Vec<Room>,
}

#[derive(Clone, Debug)]
pub struct Room {
    pub id: String,
    pub name: String,
    pub students: Vec<Student>,
}

#[derive(Clone, Debug)]
pub struct Student {
    pub id: String,
    /// Normalised to NFC, single spaces.
    pub name: String,
    pub enrollment: String,
    pub class: String,
    pub seat: String,
    /// The foreign language that the student chose beforehand: the others' questions are not printed then.
    pub language: Option<String>,
    /// As the package says, or as it is assigned: see [`assign_versions`].
    pub version: Option<u64>,
    pub large_print: bool,
}

const LONGEST_TEXT: usize = 200;

/// One line of text as it is printed: NFC, so that ã is one glyph, and single spaces.
pub fn clean(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").nfc().collect()
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

fn rooms_of<'a>(unit: &Fields<'a>) -> Option<Vec<&'a RawValue>> {
    match unit.get("rooms") {
        Some(rooms) => serde_json::from_str(rooms.get()).ok(),
        None => Some(Vec::new()),
    }
}

/// A package's text as its value without `units`, and the units. None where they are not of a list of objects with lists
/// of rooms: then they are in the value, for [`read`] to say what is wrong.
pub fn split(json: &[u8], faults: &mut Faults) -> serde_json::Result<(Value, Option<Vec<Unit>>)> {
    let Ok(mut fields) = serde_json::from_slice::<Fields>(json) else {
        return Ok((serde_json::from_slice(json)?, None));
    };
    let raw = fields.get("units").and_then(|units| serde_json::from_str::<Vec<Fields>>(units.get()).ok());
    let raw: Option<Vec<_>> = raw.and_then(|units| units.into_iter().map(|u| Some((rooms_of(&u)?, u))).collect());
    let object = |fields: Fields| -> serde_json::Result<Value> {
        let pairs = fields.into_iter().map(|(key, raw)| Ok((key, serde_json::from_str(raw.get())?)));
        Ok(Value::Object(pairs.collect::<serde_json::Result<_>>()?))
    };
    let Some(raw) = raw else { return Ok((object(fields)?, None)) };
    fields.remove("units");
    let mut units = Vec::with_capacity(raw.len());
    for (i, (rooms, mut fields)) in raw.into_iter().enumerate() {
        let path = format!("units[{i}]");
        fields.remove("rooms");
        let mut whole = unit(&object(fields)?, path.clone(), faults);
        for (r, raw) in rooms.into_iter().enumerate() {
            whole.rooms.push(room(&serde_json::from_str(raw.get())?, format!("{path}.rooms[{r}]"), faults));
        }
        units.push(whole);
    }
    Ok((object(fields)?, Some(units)))
}

pub fn read(package: &mut Object, faults: &mut Faults) -> Vec<Unit> {
    let list = package.list("units", faults).unwrap_or_default();
    list.iter().enumerate().map(|(i, value)| unit(value, format!("units[{i}]"), faults)).collect()
}

fn unit(value: &Value, path: String, faults: &mut Faults) -> Unit {
    let mut o = Object::new(value, &path, faults);
    let (id, name) = (id(&mut o, faults), name(&mut o, faults));
    let list = o.list("rooms", faults).unwrap_or_default();
    let rooms = list.iter().enumerate().map(|(i, v)| room(v, format!("{path}.rooms[{i}]"), faults)).collect();
    o.finish(faults);
    Unit { id, name, rooms }
}

fn room(value: &Value, path: String, faults: &mut Faults) -> Room {
    let mut o = Object::new(value, &path, faults);
    let (id, name) = (id(&mut o, faults), name(&mut o, faults));
    let list = o.list("students", faults).unwrap_or_default();
    let students = list.iter().enumerate().map(|(i, v)| student(v, format!("{path}.students[{i}]"), faults)).collect();
    o.finish(faults);
    Room { id, name, students }
}

fn student(value: &Value, path: String, faults: &mut Faults) -> Student {
    let mut o = Object::new(value, path, faults);
    let student = Student {
        id: id(&mut o, faults),
        name: name(&mut o, faults),
        enrollment: clean(&o.opt_text("enrollment", faults).unwrap_or_default()),
        class: clean(&o.opt_text("class", faults).unwrap_or_default()),
        seat: clean(&o.opt_text("seat", faults).unwrap_or_default()),
        language: o.opt_text("language", faults),
        version: o.whole("version", 1..=99, faults),
        large_print: o.flag("large_print", false, faults),
    };
    if student.enrollment.chars().count() > LONGEST_TEXT {
        faults.add(o.path("enrollment"), format!("too long; at most {LONGEST_TEXT} characters are expected"));
    }
    o.finish(faults);
    student
}

fn id(o: &mut Object, faults: &mut Faults) -> String {
    let id = o.text("id", faults);
    if id.len() > LONGEST_TEXT || id.chars().any(char::is_control) {
        faults.add(o.path("id"), format!("at most {LONGEST_TEXT} bytes without control characters are expected"));
    }
    id
}

fn name(o: &mut Object, faults: &mut Faults) -> String {
    let name = o.text("name", faults);
    if name.chars().count() > LONGEST_TEXT {
        faults.add(o.path("name"), format!("too long; at most {LONGEST_TEXT} characters are expected"));
    }
    clean(&name)
}

pub fn students(units: &[Unit]) -> impl Iterator<Item = &Student> {
    units.iter().flat_map(|u| &u.rooms).flat_map(|r| &r.students)
}

/// What only shows when all are seen together.
pub fn check(units: &[Unit], versions: Option<u64>, faults: &mut Faults) {
    let mut seen: [HashSet<&str>; 3] = Default::default();
    let mut unique = |kind: usize, id, path: &dyn Fn() -> String, faults: &mut Faults| {
        let said: &str = id;
        if !said.is_empty() && !seen[kind].insert(said) {
            faults.add(format!("{}.id", path()), "duplicate: another in this package has the same id");
        }
    };
    for (u, unit) in units.iter().enumerate() {
        unique(0, &unit.id, &|| format!("units[{u}]"), faults);
        for (r, room) in unit.rooms.iter().enumerate() {
            unique(1, &room.id, &|| format!("units[{u}].rooms[{r}]"), faults);
            for (s, student) in room.students.iter().enumerate() {
                let path = || format!("units[{u}].rooms[{r}].students[{s}]");
                unique(2, &student.id, &path, faults);
                if let (Some(version), Some(versions)) = (student.version, versions)
                    && version > versions
                {
                    faults
                        .add(format!("{}.version", path()), format!("{version} is not valid; the exam has {versions}"));
                }
            }
        }
    }
    if students(units).next().is_none() {
        faults.add("units", "nothing to print: there is no student in any room");
    }
}

/// Gives a version to every student without one, so that neighbours have different ones: by rows and columns where all
/// seats of a room say them (A1, A2, B1 …), and else in the order of the list, room after room.
pub fn assign_versions(units: &mut [Unit], count: u64, notes: &mut Vec<String>) {
    for room in units.iter_mut().flat_map(|u| &mut u.rooms) {
        let places: Option<Vec<(u64, u64)>> = room.students.iter().map(|s| place(&s.seat)).collect();
        let mut next = 0;
        for (i, student) in room.students.iter_mut().enumerate() {
            let nth = match &places {
                // Two rows down is the next version but one: with four versions all eight neighbours differ.
                Some(places) if count >= 4 => places[i].1 + 2 * places[i].0,
                Some(places) => places[i].0 + places[i].1,
                None => next,
            };
            let version = *student.version.get_or_insert(nth % count + 1);
            next = version;
        }
        if count > 1 && places.is_none() {
            let same = room.students.windows(2).filter(|pair| pair[0].version == pair[1].version).count();
            if same > 0 {
                let id = &room.id;
                notes.push(format!(
                    "room {id}: {same} pairs of neighbours on the list have the same version, as the package says"
                ));
            }
        }
    }
}

/// A seat's row and column: B12 is row 2 of letters, column 12.
fn place(seat: &str) -> Option<(u64, u64)> {
    let (row, column) = seat.split_at_checked(1)?;
    let row = row.chars().next().filter(char::is_ascii_alphabetic)?;
    Some((u64::from(row.to_ascii_uppercase() as u8 - b'A'), column.parse().ok()?))
}

/// What only a Lize sheet asks of a student: a shuffled one says which version it is.
pub fn check_lize(units: &[Unit], sheets: &Sheets, faults: &mut Faults) {
    let Some(LizeOrder { operation: Operation::Shuffled, .. }) = sheets.lize else { return };
    for (u, unit) in units.iter().enumerate() {
        for (r, room) in unit.rooms.iter().enumerate() {
            for (s, _) in room.students.iter().enumerate().filter(|(_, s)| s.version.is_none()) {
                let path = format!("units[{u}].rooms[{r}].students[{s}].version");
                faults.add(path, "missing; a shuffled sheet (operation R) has a version in its code");
            }
        }
    }
}

/// An empty room gets no bag.
pub fn note_empty_rooms(units: &[Unit], notes: &mut Vec<String>) {
    for (u, unit) in units.iter().enumerate() {
        for (r, _) in unit.rooms.iter().enumerate().filter(|(_, room)| room.students.is_empty()) {
            notes.push(format!("units[{u}].rooms[{r}].students: the room is empty; nothing is printed for it"));
        }
    }
}

/// Says which names will show a box, and in which letter.
pub fn note_missing_glyphs(units: &[Unit], notes: &mut Vec<String>) {
    const MOST: usize = 20;
    let face = Style::Bold.face();
    let lacks = |text: &str| text.chars().find(|&c| face.glyph(c).is_none());
    let mut found = 0;
    let mut note = |path: String, text: &str| {
        if let Some(c) = lacks(text) {
            found += 1;
            if found <= MOST {
                let code = u32::from(c);
                notes.push(format!("{path}: the font has no “{c}” (U+{code:04X}): “�” is printed for it"));
            }
        }
    };
    for (u, unit) in units.iter().enumerate() {
        note(format!("units[{u}].name"), &unit.name);
        for (r, room) in unit.rooms.iter().enumerate() {
            note(format!("units[{u}].rooms[{r}].name"), &room.name);
            for (s, student) in room.students.iter().enumerate() {
                note(format!("units[{u}].rooms[{r}].students[{s}].name"), &student.name);
            }
        }
    }
    if found > MOST {
        notes.push(format!("… and {} more names with letters that the font lacks", found - MOST));
    }
}
