//! The manifest against the package: whether everybody has everything once, and all of it says the same of them. Counted
//! from what was written, not from what counted while it was written.

use super::fault::{Fault, What, Whose};
use crate::print::Package;
use crate::print::package::{Content, Per, Room, Student, Unit};
use crate::sheet::SheetKey;
use crate::sheet::lize::Operation;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[derive(Default, Deserialize)]
pub struct Manifest<'m> {
    #[serde(borrow)]
    pub pages: Vec<Page<'m>>,
    documents: Vec<Document<'m>>,
    pub files: Vec<File<'m>>,
}

#[derive(Deserialize)]
pub struct Page<'m> {
    #[serde(borrow)]
    kind: Cow<'m, str>,
    sheet_id: Cow<'m, str>,
    student: Option<Cow<'m, str>>,
    unit: Cow<'m, str>,
    room: Cow<'m, str>,
    page: u16,
    pub pdf: Cow<'m, str>,
    pub pdf_page: u64,
    pub sha256: Cow<'m, str>,
    #[serde(default)]
    rows: Vec<Cow<'m, str>>,
}

#[derive(Deserialize)]
struct Document<'m> {
    #[serde(borrow)]
    kind: Cow<'m, str>,
    unit: Cow<'m, str>,
    room: Cow<'m, str>,
    student: Option<Cow<'m, str>>,
    sheet_id: Option<Cow<'m, str>>,
    version: Option<u64>,
    pdf: Cow<'m, str>,
    pdf_page: u64,
    pages: u64,
    pdf_pages: u64,
}

#[derive(Deserialize)]
pub struct File<'m> {
    #[serde(borrow)]
    pub pdf: Cow<'m, str>,
    pub pages: u64,
    pub sha256: Cow<'m, str>,
}

pub fn read(manifest: &[u8]) -> serde_json::Result<Manifest<'_>> {
    serde_json::from_slice(manifest)
}

/// What is wrong.
pub fn check(package: &Package, key: &SheetKey, manifest: &Manifest) -> Vec<Fault> {
    let mut counted = Counted { package, key, faults: Vec::new() };
    counted.ids(manifest);
    counted.files(manifest);
    let mut rooms: BTreeMap<(&str, &str), Vec<&Document>> = BTreeMap::new();
    for document in &manifest.documents {
        rooms.entry((&document.unit, &document.room)).or_default().push(document);
    }
    for unit in &package.units {
        for room in &unit.rooms {
            let documents = rooms.remove(&(unit.id.as_str(), room.id.as_str())).unwrap_or_default();
            counted.room(unit, room, &documents);
        }
    }
    for ((unit, room), _) in rooms {
        counted.add(room_of(unit, room), None, "a sala não é do pacote".to_owned());
    }
    counted.lists(manifest);
    counted.faults
}

struct Counted<'p> {
    package: &'p Package,
    key: &'p SheetKey,
    faults: Vec<Fault>,
}

fn room_of(unit: &str, room: &str) -> Whose {
    Whose::Room { unit: unit.to_owned(), room: room.to_owned() }
}

impl Counted<'_> {
    fn add(&mut self, whose: Whose, at: Option<(&str, u64)>, what: String) {
        let at = at.map(|(pdf, page)| (pdf.to_owned(), page));
        self.faults.push(Fault { whose, at, what: What::Count(what) });
    }

    /// No page's code is on two pages; a loose Lize sheet is one that all have.
    fn ids(&mut self, manifest: &Manifest) {
        let loose = self.package.sheets.lize.as_ref().is_some_and(|order| order.operation == Operation::Loose);
        let mut seen: HashMap<(&str, u16), (&str, u64)> = HashMap::with_capacity(manifest.pages.len());
        for page in manifest.pages.iter().filter(|page| !(loose && page.kind == "sheet")) {
            let here = (&*page.pdf, page.pdf_page);
            if let Some((pdf, first)) = seen.insert((&page.sheet_id, page.page), here) {
                let whose = match &page.student {
                    Some(id) => Whose::Student(id.to_string()),
                    None => room_of(&page.unit, &page.room),
                };
                self.add(whose, Some(here), format!("o código {} já está em {pdf}, página {first}", page.sheet_id));
            }
        }
    }

    /// The documents of a file are all of its pages.
    fn files(&mut self, manifest: &Manifest) {
        let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
        for document in &manifest.documents {
            let end = ends.entry(&document.pdf).or_default();
            if document.pdf_page != *end + 1 {
                let found = format!("o documento começa na página {}, e o anterior acaba na {end}", document.pdf_page);
                self.add(Whose::Nobody, Some((&document.pdf, document.pdf_page)), found);
            }
            *end = document.pdf_page + document.pdf_pages - 1;
        }
        for file in &manifest.files {
            let end = ends.remove(&*file.pdf).unwrap_or(0);
            if end != file.pages {
                let found = format!("o arquivo tem {} páginas, e os documentos somam {end}", file.pages);
                self.add(Whose::Nobody, Some((&file.pdf, file.pages)), found);
            }
        }
    }

    /// Every student has a sheet and a booklet, if these are printed, and both are theirs; and there are as many spares as
    /// were ordered.
    fn room(&mut self, unit: &Unit, room: &Room, documents: &[&Document]) {
        let mut of_students: HashMap<&str, Vec<&Document>> = HashMap::with_capacity(room.students.len());
        for &document in documents {
            if let Some(id) = document.student.as_deref() {
                of_students.entry(id).or_default().push(document);
            }
        }
        for student in &room.students {
            self.student(student, &of_students.remove(student.id.as_str()).unwrap_or_default());
        }
        for (id, documents) in of_students {
            let first = documents.first().map(|d| (&*d.pdf, d.pdf_page));
            self.add(Whose::Student(id.to_owned()), first, format!("não é da sala {}", room.id));
        }
        for kind in ["booklet", "sheet"] {
            let spares = documents.iter().filter(|d| d.kind == kind && d.student.is_none()).count();
            let ordered = if self.spare_kinds().contains(&kind) { self.spares(room) } else { 0 };
            if spares != ordered {
                let found = format!("{spares} {} de reserva, e o pedido são {ordered}", many(kind));
                self.add(room_of(&unit.id, &room.id), None, found);
            }
        }
    }

    fn student(&mut self, student: &Student, documents: &[&Document]) {
        let whose = || Whose::Student(student.id.clone());
        for (kind, content) in [("booklet", Content::Booklet), ("sheet", Content::Sheet)] {
            let own: Vec<_> = documents.iter().filter(|d| d.kind == kind).collect();
            let meant = usize::from(self.package.contents.has(content));
            if own.len() != meant {
                let at = own.last().map(|d| (&*d.pdf, d.pdf_page));
                self.add(whose(), at, format!("{} {}, e não {meant}", own.len(), many(kind)));
            }
        }
        let id = self.key.sheet_id(&self.package.application.id, &student.id, 0);
        let layout = self.package.sheets.of(student.large_print);
        for document in documents {
            let at = Some((&*document.pdf, document.pdf_page));
            if document.version != student.version {
                let said = |v: Option<u64>| v.map_or("nenhuma".to_owned(), |v| v.to_string());
                let (found, meant) = (said(document.version), said(student.version));
                self.add(whose(), at, format!("a versão é {found}, e não {meant}, a do pacote"));
            }
            if document.sheet_id.as_deref() != Some(id.as_str()) {
                let found = document.sheet_id.as_deref().unwrap_or("nenhum");
                self.add(whose(), at, format!("o código é {found}, e não {id}"));
            }
            let pages = layout.content.pages.len() as u64;
            if document.kind == "sheet" && document.pages != pages {
                self.add(whose(), at, format!("a folha tem {} páginas, e não {pages}", document.pages));
            }
        }
    }

    fn spare_kinds(&self) -> Vec<&'static str> {
        let has = |content| self.package.contents.has(content);
        match (has(Content::Spares), has(Content::Booklet), has(Content::Sheet)) {
            (false, ..) => vec![],
            (true, true, false) => vec!["booklet"],
            (true, true, true) => vec!["booklet", "sheet"],
            (true, false, _) => vec!["sheet"],
        }
    }

    fn spares(&self, room: &Room) -> usize {
        let Some(spares) = self.package.options.spares.filter(|_| !room.students.is_empty()) else { return 0 };
        let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
        for student in &room.students {
            let class = if self.package.options.per == Per::Class { student.class.as_str() } else { "" };
            *classes.entry(class).or_default() += 1;
        }
        classes.values().map(|&students| spares.of(students) as usize).sum()
    }

    /// Every student of a room is on one row of its attendance list.
    fn lists(&mut self, manifest: &Manifest) {
        if !self.package.contents.has(Content::Paper(crate::print::bag::Paper::Attendance)) {
            return;
        }
        let mut rows: BTreeMap<(&str, &str), Vec<(&str, &Page)>> = BTreeMap::new();
        for page in manifest.pages.iter().filter(|page| page.kind == "attendance") {
            let listed = page.rows.iter().map(|id| (&**id, page));
            rows.entry((&page.unit, &page.room)).or_default().extend(listed);
        }
        for unit in &self.package.units {
            for room in &unit.rooms {
                let listed = rows.remove(&(unit.id.as_str(), room.id.as_str())).unwrap_or_default();
                let mut missing: BTreeSet<&str> = room.students.iter().map(|s| s.id.as_str()).collect();
                for (id, page) in listed {
                    if !missing.remove(id) {
                        let found = format!("está a mais na lista de presença da sala {}", room.id);
                        self.add(Whose::Student(id.to_owned()), Some((&page.pdf, page.pdf_page)), found);
                    }
                }
                for id in missing {
                    let found = format!("não está na lista de presença da sala {}", room.id);
                    self.add(Whose::Student(id.to_owned()), None, found);
                }
            }
        }
    }
}

fn many(kind: &str) -> &'static str {
    if kind == "booklet" { "cadernos" } else { "folhas" }
}
