//! What goes into which file, and in what order: bags of rooms, and the documents in each bag.

use super::bag::{Paper, RoomFacts, StudentFacts, by_name};
use super::package::{Content, LizeOrder, Package, Per, Room, Sorting, Student, Unit};
use crate::sheet::lize::{self, Operation};
use crate::sheet::{Layout, SheetId, SheetKey};

/// The students of a room, or those of one class in it, and all that they get.
#[derive(Clone, Debug)]
pub struct Bag<'p> {
    pub unit: &'p Unit,
    pub room: &'p Room,
    /// Where files are made by class.
    pub class: Option<&'p str>,
    pub students: Vec<&'p Student>,
    pub spares: u32,
    /// Which of the unit's bags it is, from 1, and of how many.
    pub number: (u32, u32),
}

/// One PDF.
#[derive(Clone, Debug)]
pub struct FilePlan<'p> {
    /// Without its ending.
    pub name: String,
    pub bags: Vec<Bag<'p>>,
}

/// Whose booklet or sheet: a student's, or nobody's yet.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'p> {
    pub student: Option<&'p Student>,
    /// Which spare of its bag it is, from 1; 0 for a student's.
    pub spare: u32,
    pub version: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub enum Document<'p> {
    Paper(Paper),
    Booklet(Owner<'p>),
    Sheet(Owner<'p>),
}

impl<'p> Document<'p> {
    /// None of a room's papers.
    pub fn owner(&self) -> Option<&Owner<'p>> {
        match self {
            Document::Paper(_) => None,
            Document::Booklet(owner) | Document::Sheet(owner) => Some(owner),
        }
    }

    pub fn student(&self) -> Option<&'p Student> {
        self.owner()?.student
    }

    /// What the manifest calls it.
    pub fn kind(&self) -> &'static str {
        match self {
            Document::Paper(paper) => paper.word(),
            Document::Booklet(_) => "booklet",
            Document::Sheet(_) => "sheet",
        }
    }
}

impl<'p> Owner<'p> {
    pub fn large_print(&self) -> bool {
        self.student.is_some_and(|s| s.large_print)
    }

    pub fn layout(&self, package: &'p Package) -> &'p Layout {
        match self.student {
            Some(student) => package.sheets.of(student.large_print),
            None => package.sheets.spare(),
        }
    }

    pub fn id(&self, package: &Package, key: &SheetKey, bag: &Bag) -> SheetId {
        let application = &package.application.id;
        match self.student {
            Some(student) => key.sheet_id(application, &student.id, 0),
            None => key.sheet_id(application, &bag.own("spare"), self.spare),
        }
    }

    /// What a Lize sheet's code says. The uuid of a pupil's sheet is the student's id where that is one, and else made from
    /// application and student; that of a loose sheet is the application's in the same way.
    pub fn lize_code(&self, package: &Package, key: &SheetKey, order: &LizeOrder, bag: &Bag) -> lize::Code {
        let application = &package.application.id;
        let own = |id: &str, student: &str| id.parse().unwrap_or_else(|_| key.uuid(application, student));
        let id = match (order.operation, self.student) {
            (Operation::Loose, _) => own(application, ""),
            (Operation::Pupil | Operation::Shuffled, Some(student)) => own(&student.id, &student.id),
            (Operation::Pupil | Operation::Shuffled, None) => {
                key.uuid(application, &format!("{}\0{}", bag.own("spare"), self.spare))
            }
        };
        let version = self.version.filter(|_| order.operation == Operation::Shuffled);
        lize::Code { operation: order.operation, model: order.model.number, version: version.map(|v| v as u32), id }
    }
}

impl<'p> Bag<'p> {
    /// Stands in a sheet's id where a student's does; no student's id has control characters.
    pub fn own(&self, what: &str) -> String {
        match self.class {
            Some(class) => format!("\0{what}\0{}\0{class}", self.room.id),
            None => format!("\0{what}\0{}", self.room.id),
        }
    }

    /// All documents in the order of `contents`. Booklets and sheets stand where the first of the two is named.
    pub fn documents(&self, package: &Package) -> Vec<Document<'p>> {
        let mut documents = Vec::new();
        let mut done = false;
        for content in &package.contents.0 {
            match content {
                Content::Paper(Paper::Yard) if self.number.0 > 1 => {}
                Content::Paper(paper) => documents.push(Document::Paper(*paper)),
                Content::Booklet | Content::Sheet if !std::mem::replace(&mut done, true) => {
                    self.handed_out(package, self.owners(package), &mut documents);
                }
                Content::Booklet | Content::Sheet => {}
                Content::Spares => {
                    let versions = package.exam.as_ref().and_then(|e| e.version_count());
                    let spare = |n: u32| Owner {
                        student: None,
                        spare: n,
                        version: versions.map(|count| u64::from(n - 1) % count + 1),
                    };
                    self.handed_out(package, (1..=self.spares).map(spare).collect(), &mut documents);
                }
            }
        }
        documents
    }

    fn owners(&self, package: &Package) -> Vec<Owner<'p>> {
        let mut owners: Vec<Owner> =
            self.students.iter().map(|s| Owner { student: Some(s), spare: 0, version: s.version }).collect();
        match package.options.order {
            Sorting::Student | Sorting::Document => {}
            Sorting::Version => owners.sort_by_key(|o| o.version),
            Sorting::Seat => owners.sort_by_cached_key(|o| seat_key(o.student.map_or("", |s| &s.seat))),
        }
        owners
    }

    fn handed_out(&self, package: &Package, owners: Vec<Owner<'p>>, documents: &mut Vec<Document<'p>>) {
        let kinds: Vec<fn(Owner<'p>) -> Document<'p>> = package
            .contents
            .0
            .iter()
            .filter_map(|content| match content {
                Content::Booklet => Some(Document::Booklet as fn(_) -> _),
                Content::Sheet => Some(Document::Sheet as fn(_) -> _),
                _ => None,
            })
            .collect();
        // Spares alone are spare sheets.
        let kinds = if kinds.is_empty() { vec![Document::Sheet as fn(_) -> _] } else { kinds };
        if package.options.order == Sorting::Document {
            documents.extend(kinds.iter().flat_map(|kind| owners.iter().map(move |owner| kind(*owner))));
        } else {
            documents.extend(owners.iter().flat_map(|owner| kinds.iter().map(move |kind| kind(*owner))));
        }
    }

    /// What the bag's papers say.
    pub fn facts(&self, package: &'p Package, documents: &[Document]) -> RoomFacts<'p> {
        let mut students: Vec<StudentFacts> = self.students.iter().map(|s| facts_of(s, &self.room.name)).collect();
        by_name(&mut students);
        RoomFacts {
            unit: &self.unit.name,
            room: &self.room.name,
            students,
            spares: self.spares,
            contents: counted(package, documents),
            bag: self.number,
        }
    }

    /// Of the whole unit, for its yard list.
    pub fn unit_facts(&self) -> RoomFacts<'p> {
        let rooms = self.unit.rooms.iter().flat_map(|r| r.students.iter().map(move |s| facts_of(s, &r.name)));
        let mut students: Vec<StudentFacts> = rooms.collect();
        by_name(&mut students);
        RoomFacts { unit: &self.unit.name, students, bag: self.number, ..RoomFacts::default() }
    }
}

fn facts_of<'p>(student: &'p Student, room: &'p str) -> StudentFacts<'p> {
    let Student { id, name, enrollment, class, seat, version, large_print, .. } = student;
    StudentFacts { id, name, enrollment, class, seat, room, version: *version, large_print: *large_print }
}

/// What is in a bag: sheets, booklets by version, papers. Where there is no room for all, papers are what is counted as one.
fn counted(package: &Package, documents: &[Document]) -> Vec<(String, u32)> {
    let mut counts: Vec<(String, u32)> = Vec::new();
    let mut sorted: Vec<&Document> = documents.iter().collect();
    sorted.sort_by_key(|document| match document {
        Document::Sheet(owner) => (0, owner.student.is_none(), None),
        Document::Booklet(owner) => (1, owner.student.is_none(), owner.version),
        Document::Paper(_) => (2, false, None),
    });
    for document in sorted {
        let name = match document {
            Document::Paper(Paper::Cover | Paper::Label) => continue,
            Document::Paper(paper) => paper.title().to_owned(),
            Document::Booklet(owner) => {
                let large = if owner.large_print() { ", letra ampliada" } else { "" };
                let spare = if owner.student.is_none() { ", reserva" } else { "" };
                match owner.version.filter(|_| package.exam.as_ref().and_then(|e| e.version_count()) > Some(1)) {
                    Some(version) => format!("Cadernos de prova, versão {version}{large}{spare}"),
                    None => format!("Cadernos de prova{large}{spare}"),
                }
            }
            Document::Sheet(owner) if owner.student.is_none() => "Folhas de respostas, reserva".to_owned(),
            Document::Sheet(owner) if owner.large_print() => "Folhas de respostas, letra ampliada".to_owned(),
            Document::Sheet(_) => "Folhas de respostas".to_owned(),
        };
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    counts
}

/// Letters and numbers of a seat apart: A2 comes before A10, and that before B1.
pub fn seat_key(seat: &str) -> (String, u64, String) {
    let letters: String = seat.chars().take_while(|c| !c.is_ascii_digit()).collect();
    let digits: String = seat[letters.len()..].chars().take_while(char::is_ascii_digit).collect();
    let rest = seat[letters.len() + digits.len()..].to_owned();
    (letters.to_uppercase(), digits.parse().unwrap_or(0), rest)
}

pub fn files(package: &Package) -> Vec<FilePlan<'_>> {
    let mut files: Vec<FilePlan> = Vec::new();
    for (u, unit) in package.units.iter().enumerate() {
        let mut bags = bags(package, unit);
        if package.options.per == Per::Class {
            bags.sort_by(|a, b| a.class.cmp(&b.class));
        }
        let total = bags.len() as u32;
        let mut before: Option<String> = None;
        for (n, mut bag) in bags.into_iter().enumerate() {
            bag.number = (n as u32 + 1, total);
            let name = match package.options.per {
                Per::Room => {
                    let r = unit.rooms.iter().position(|r| std::ptr::eq(r, bag.room)).unwrap_or(0);
                    format!("sheets-{}-{}-{}", u + 1, r + 1, slug(&bag.room.id))
                }
                Per::Class => format!("sheets-{}-{}", u + 1, slug(bag.class.unwrap_or_default())),
                Per::Unit => format!("sheets-{}-{}", u + 1, slug(&unit.id)),
            };
            if before.replace(name.clone()).as_ref() == Some(&name) {
                files.last_mut().expect("its first bag began a file").bags.push(bag);
            } else {
                files.push(FilePlan { name, bags: vec![bag] });
            }
        }
    }
    // Two classes may make one slug.
    for i in 1..files.len() {
        if files[..i].iter().any(|f| f.name == files[i].name) {
            files[i].name = format!("{}-{}", files[i].name, i + 1);
        }
    }
    if let [only] = files.as_mut_slice() {
        only.name = "sheets".into();
    }
    files
}

fn bags<'p>(package: &'p Package, unit: &'p Unit) -> Vec<Bag<'p>> {
    let mut bags = Vec::new();
    let spares = |students: usize| match package.options.spares {
        Some(spares) if package.contents.has(Content::Spares) => spares.of(students),
        _ => 0,
    };
    for room in unit.rooms.iter().filter(|room| !room.students.is_empty()) {
        let mut classes: Vec<Option<&str>> = vec![None];
        if package.options.per == Per::Class {
            classes = room.students.iter().map(|s| Some(s.class.as_str())).collect();
            classes.sort_unstable();
            classes.dedup();
        }
        for class in classes {
            let inside = |s: &&Student| class.is_none_or(|class| class == s.class);
            let students: Vec<&Student> = room.students.iter().filter(inside).collect();
            let spares = spares(students.len());
            bags.push(Bag { unit, room, class, students, spares, number: (1, 1) });
        }
    }
    bags
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
    use super::*;

    #[test]
    fn slugs_are_safe_in_a_path() {
        let said = ["Unidade Centro/1", "../../etc", "çã", "a".repeat(99).as_str()].map(slug);
        assert_eq!(said[..3], ["unidade-centro-1", "etc", "unit"]);
        assert_eq!(said[3].len(), 40);
    }

    #[test]
    fn seats_are_sorted_as_people_count() {
        let mut seats = ["B1", "A10", "", "A2", "12", "3"];
        seats.sort_by_key(|s| seat_key(s));
        assert_eq!(seats, ["", "3", "12", "A2", "A10", "B1"]);
    }
}
