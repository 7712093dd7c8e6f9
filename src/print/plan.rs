//! Which sheets go into which file, and in what order.

use super::package::{LizeOrder, Package, Per, Room, Student, Unit};
use crate::sheet::lize::{self, Operation};
use crate::sheet::{Layout, SheetId, SheetKey};

/// One PDF.
#[derive(Clone, Debug)]
pub struct FilePlan<'p> {
    pub name: String,
    pub rooms: Vec<(&'p Unit, &'p Room)>,
}

/// One sheet of paper: a student's, or a spare.
#[derive(Clone, Copy, Debug)]
pub struct PlannedSheet<'p> {
    pub unit: &'p Unit,
    pub room: &'p Room,
    pub student: Option<&'p Student>,
    /// Which spare of its room it is, from 1; 0 for a student's.
    pub spare: u32,
    pub layout: &'p Layout,
}

impl PlannedSheet<'_> {
    /// What a Lize sheet's code says. The uuid of a pupil's sheet is the student's id where that is one, and else made from
    /// application and student; that of a loose sheet is the application's in the same way.
    pub fn lize_code(&self, package: &Package, key: &SheetKey, order: &LizeOrder) -> lize::Code {
        let application = &package.application.id;
        let own = |id: &str, student: &str| id.parse().unwrap_or_else(|_| key.uuid(application, student));
        let id = match (order.operation, self.student) {
            (Operation::Loose, _) => own(application, ""),
            (Operation::Pupil | Operation::Shuffled, Some(student)) => own(&student.id, &student.id),
            (Operation::Pupil | Operation::Shuffled, None) => {
                key.uuid(application, &format!("\0spare\0{}\0{}", self.room.id, self.spare))
            }
        };
        let version = self.student.and_then(|s| s.version).filter(|_| order.operation == Operation::Shuffled);
        lize::Code { operation: order.operation, model: order.model.number, version: version.map(|v| v as u32), id }
    }

    pub fn id(&self, package: &Package, key: &SheetKey) -> SheetId {
        let application = &package.application.id;
        match self.student {
            Some(student) => key.sheet_id(application, &student.id, 0),
            // No student's id has control characters.
            None => key.sheet_id(application, &format!("\0spare\0{}", self.room.id), self.spare),
        }
    }
}

pub fn files(package: &Package) -> Vec<FilePlan<'_>> {
    let mut files: Vec<FilePlan> = Vec::new();
    for (u, unit) in package.units.iter().enumerate() {
        let rooms = unit.rooms.iter().enumerate().filter(|(_, room)| !room.students.is_empty());
        for (n, (r, room)) in rooms.enumerate() {
            match package.options.per {
                Per::Room => {
                    let name = format!("sheets-{}-{}-{}.pdf", u + 1, r + 1, slug(&room.id));
                    files.push(FilePlan { name, rooms: vec![(unit, room)] });
                }
                Per::Unit if n == 0 => {
                    let name = format!("sheets-{}-{}.pdf", u + 1, slug(&unit.id));
                    files.push(FilePlan { name, rooms: vec![(unit, room)] });
                }
                Per::Unit => files.last_mut().expect("its first room began a file").rooms.push((unit, room)),
            }
        }
    }
    if let [only] = files.as_mut_slice() {
        only.name = "sheets.pdf".into();
    }
    files
}

pub fn sheets<'p>(package: &'p Package, file: &FilePlan<'p>) -> impl Iterator<Item = PlannedSheet<'p>> {
    let rooms = file.rooms.clone();
    rooms.into_iter().flat_map(move |(unit, room)| {
        let sheet = move |student: Option<&'p Student>, spare| {
            let layout = package.sheets.of(student.is_some_and(|s| s.large_print));
            PlannedSheet { unit, room, student, spare, layout }
        };
        let students = if package.contents.sheet { &room.students[..] } else { &[] };
        students.iter().map(move |s| sheet(Some(s), 0)).chain((1..=spares(package, room)).map(move |n| sheet(None, n)))
    })
}

fn spares(package: &Package, room: &Room) -> u32 {
    if package.contents.spares { package.options.spares.map_or(0, |s| s.of(room.students.len())) } else { 0 }
}

/// Pages of a file, without walking through its sheets' content.
pub fn pages(package: &Package, file: &FilePlan) -> u64 {
    sheets(package, file).map(|s| s.layout.content.pages.len() as u64).sum()
}

/// What of an id can stand in a file's name. The number before it keeps names apart.
fn slug(id: &str) -> String {
    let mut slug = String::new();
    for c in id.chars().take(40) {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "unit".into() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn slugs_are_safe_in_a_path() {
        let said = ["Unidade Centro/1", "../../etc", "çã", "a".repeat(99).as_str()].map(slug);
        assert_eq!(said[..3], ["unidade-centro-1", "etc", "unit"]);
        assert_eq!(said[3].len(), 40);
    }
}
