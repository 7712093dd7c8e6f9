//! PACKAGE.json: what is to be printed, checked whole before the first page is drawn.

mod agreement;
mod answers;
mod application;
mod exam;
mod lize;
mod options;
mod roster;
mod sheets;

pub use application::Application;
pub use exam::{Alternatives, BaseText, Choice, Exam, ExamLook, Family, Kind, Question, Section, Space, Versions};
pub use lize::LizeOrder;
pub use options::{BlankPages, Conformance, Content, Contents, Imposition, Options, Per, Sorting, Spares};
pub use roster::{Room, Student, Unit};
pub use sheets::Sheets;

use super::logo::Logo;
use super::pdf::Imported;
use super::rich::model::PictureData;
use super::rich::{Context, NoSource, Source};
use crate::json::{Fault, Faults, Object};
use crate::sheet::lize::Models;
use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Package {
    pub application: Application,
    pub exam: Option<Exam>,
    /// What the exam shows, by index.
    pub pictures: Vec<PictureData>,
    pub sheets: Sheets,
    pub units: Vec<Unit>,
    pub contents: Contents,
    pub options: Options,
    /// Paragraphs in place of our own instructions for who applies the exam.
    pub instructions: Vec<String>,
    pub files: Files,
    /// What was printed otherwise than one may expect.
    pub notes: Vec<String>,
}

/// What a package names and does not hold.
#[derive(Clone, Debug, Default)]
pub struct Files {
    pub background: Option<PictureData>,
    /// Pages of PDFs before and after a booklet's own.
    pub before: Vec<Imported>,
    pub after: Vec<Imported>,
}

/// What a package is read with.
pub struct Reading<'a> {
    /// The table of the Lize sheet's models.
    pub models: &'a Models,
    /// Whence its pictures and files come.
    pub source: &'a dyn Source,
}

impl Package {
    /// Reads a package that names no file, or says everything that is wrong with it.
    pub fn from_json(value: &Value) -> Result<Self, Vec<Fault>> {
        let reading = Reading { models: Models::built_in(), source: &NoSource };
        Self::read(value, &reading, Faults::default(), roster::read)
    }

    /// The same from text, a room at a time: as one [`Value`], 100,000 students would take 80 MiB.
    pub fn from_slice(json: &[u8]) -> Result<Self, Vec<Fault>> {
        Self::open(json, &Reading { models: Models::built_in(), source: &NoSource })
    }

    /// Reads a package and all the files that it names.
    pub fn open(json: &[u8], reading: &Reading) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        match roster::split(json, &mut faults) {
            Ok((value, units)) => {
                Self::read(&value, reading, faults, |o, faults| units.unwrap_or_else(|| roster::read(o, faults)))
            }
            Err(e) => Err(vec![Fault { path: String::new(), message: format!("not JSON: {e}") }]),
        }
    }

    fn read(
        value: &Value,
        reading: &Reading,
        mut faults: Faults,
        units: impl FnOnce(&mut Object, &mut Faults) -> Vec<Unit>,
    ) -> Result<Self, Vec<Fault>> {
        let mut notes = Vec::new();
        let mut o = Object::new(value, "", &mut faults);
        let mut application = Application::read(&mut o, &mut faults);
        let contents = Contents::read(&mut o, &mut faults);
        let options = Options::read(&mut o, &contents, &mut faults);
        let instructions = instructions(&mut o, &mut faults);
        let mut units = units(&mut o, &mut faults);
        let mut context = Context::new(reading.source, options.pictures());
        let exam = Exam::read(&mut o, &mut context, &mut faults);
        notes.extend(context.warnings.iter().map(Fault::to_string));
        let versions = exam.as_ref().and_then(Exam::version_count);
        let fields = exam.as_ref().filter(|e| !e.questions.is_empty()).map(answers::fields);
        let asked = sheets::Asked {
            fields: fields.as_deref(),
            large_print: roster::students(&units).any(|s| s.large_print),
            spare_digits: contents.has(Content::Spares).then(|| digits(&units)),
        };
        let sheets = Sheets::read(&mut o, reading.models, asked, &mut faults);
        o.finish(&mut faults);
        roster::check(&units, versions, &mut faults);
        if contents.has(Content::Booklet) && exam.as_ref().is_none_or(|e| e.questions.is_empty()) {
            faults.add("exam", "missing; contents asks for booklets: an object with sections of questions is expected");
        }
        let files = Files::load(&mut application, exam.as_ref(), reading.source, &options, &mut faults);
        if !faults.0.is_empty() {
            return Err(faults.0);
        }
        let Some(sheets) = sheets else { return Err(vec![nothing()]) };
        roster::note_missing_glyphs(&units, &mut notes);
        roster::note_empty_rooms(&units, &mut notes);
        sheets.note_large_print(&units, &mut notes);
        if let Some(versions) = versions {
            roster::assign_versions(&mut units, versions, &mut notes);
        }
        if let Some(exam) = &exam {
            agreement::note(exam, &sheets, &mut notes);
        }
        roster::check_lize(&units, &sheets, &mut faults);
        if sheets.lize.is_some() && options.conformance == Conformance::X4 {
            faults.add(
                "options.pdf",
                "a Lize sheet has letters in blue, and PDF/X-4 is made for black; a-2b is expected",
            );
        }
        if !faults.0.is_empty() {
            return Err(faults.0);
        }
        let pictures = context.pictures.all().to_vec();
        Ok(Package { application, exam, pictures, sheets, units, contents, options, instructions, files, notes })
    }

    pub fn students(&self) -> impl Iterator<Item = &Student> {
        roster::students(&self.units)
    }
}

impl Files {
    fn load(
        application: &mut Application,
        exam: Option<&Exam>,
        source: &dyn Source,
        options: &Options,
        faults: &mut Faults,
    ) -> Self {
        let gray = options.gray;
        let mut files = Files::default();
        if let Some(name) = &application.logo_path {
            let logo = source.fetch(name).and_then(|bytes| Logo::from_bytes(&bytes, gray).map_err(|e| e.to_string()));
            match logo {
                Ok(logo) => application.logo = Some(logo),
                Err(message) => faults.add("application.institution.logo", message),
            }
        }
        let Some(exam) = exam else { return files };
        if let Some(name) = &exam.look.background {
            let mut pictures = options.pictures();
            match pictures.take(name, source) {
                Ok(index) => files.background = pictures.all().get(index).cloned(),
                Err(message) => faults.add("exam.background", message),
            }
        }
        let mut pages = |names: &[String], key: &str| {
            let mut all = Vec::new();
            for (i, name) in names.iter().enumerate() {
                match source.fetch(name).and_then(|bytes| Imported::pages(&bytes).map_err(|e| e.to_string())) {
                    Ok(pages) => {
                        for breach in pages.iter().flat_map(|page| page.breaches(options.conformance)) {
                            faults.add(format!("exam.{key}[{i}]"), breach);
                        }
                        all.extend(pages);
                    }
                    Err(message) => faults.add(format!("exam.{key}[{i}]"), message),
                }
            }
            all
        };
        files.before = pages(&exam.before, "before");
        files.after = pages(&exam.after, "after");
        files
    }
}

fn instructions(o: &mut Object, faults: &mut Faults) -> Vec<String> {
    let list = o.list("instructions", faults).unwrap_or_default();
    let mut said = Vec::new();
    for (i, value) in list.iter().enumerate() {
        match value.as_str() {
            Some(text) => said.push(roster::clean(text)),
            None => faults.add(format!("instructions[{i}]"), "a paragraph as a string is expected"),
        }
    }
    said
}

/// Of the longest number that a student has.
fn digits(units: &[Unit]) -> usize {
    const USUAL: usize = 8;
    let count = |s: &Student| s.enrollment.chars().filter(char::is_ascii_digit).count();
    roster::students(units).map(count).max().filter(|&n| n > 0).unwrap_or(USUAL)
}

/// A question of the booklet that the sheet has no field for is answered nowhere.
fn nothing() -> Fault {
    Fault { path: "contents".into(), message: "nothing to print".into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn good() -> Value {
        json!({
            "application": {"id": "sim2", "title": "2º simulado", "date": "2026-11-20", "institution": {"name": "Escola"}},
            "sheet": {"page": "A4", "fields": [{"type": "choice", "id": "q{n}", "count": 20}]},
            "units": [{"id": "u1", "name": "Centro", "rooms": [{"id": "r1", "name": "Sala 1", "students": [
                {"id": "s1", "name": "Joa\u{303}o", "enrollment": "1"}, {"id": "s2", "name": "Maria", "version": 2}]}]}],
        })
    }

    fn faults(value: &Value) -> Vec<String> {
        Package::from_json(value).unwrap_err().iter().map(|f| f.to_string()).collect()
    }

    #[test]
    fn a_good_package_is_read_and_names_are_normalised() {
        let package = Package::from_json(&good()).unwrap();
        assert_eq!(package.students().next().unwrap().name, "João");
        assert_eq!(package.notes, Vec::<String>::new());
    }

    fn exam() -> Value {
        json!({"columns": 2, "versions": 4, "seed": 7, "sections": [{"title": "Matemática", "questions": [
            {"id": "a", "kind": "choice", "stem": [{"html": "<p>1</p>"}], "shuffle": true,
             "alternatives": [{"html": "1"}, {"html": "2"}]}]}]})
    }

    #[test]
    fn the_whole_contract_is_accepted() {
        let mut value = good();
        value["sheet"]["edition"] = "native".into();
        value["sheet"]["fields"][0]["count"] = 1.into();
        value["exam"] = exam();
        value["contents"] = json!(["cover", "attendance", "booklet", "sheet", "spares"]);
        value["options"] = json!({"blank_pages": "even", "order": "student", "imposition": "2up",
            "spares": {"percent": 3}, "per": "room", "zip": true, "gray": true, "pdf": "a-2b"});
        let package = Package::from_json(&value).unwrap();
        assert_eq!(package.notes, Vec::<String>::new());
        assert_eq!(package.options.per, Per::Room);
        assert_eq!(package.contents.0.len(), 5);
        assert!(package.sheets.spare.is_some(), "a spare sheet has a grid for the number of whoever uses it");
    }

    #[test]
    fn neighbours_have_different_versions() {
        let mut value = good();
        value["exam"] = exam();
        let seats = (0..30).map(|i| format!("{}{}", char::from(b'A' + i / 6), i % 6 + 1));
        let students = seats.enumerate().map(|(i, seat)| json!({"id": format!("s{i}"), "name": "x", "seat": seat}));
        value["units"][0]["rooms"][0]["students"] = students.collect();
        let package = Package::from_json(&value).unwrap();
        let versions: Vec<u64> = package.students().filter_map(|s| s.version).collect();
        assert_eq!(versions.len(), 30);
        for (i, version) in versions.iter().enumerate() {
            for (row, column) in [(0, 1), (1, 0), (1, 1), (1, -1)] {
                let (r, c) = (i as i32 / 6 + row, i as i32 % 6 + column);
                if (0..6).contains(&c) && r < 5 {
                    assert_ne!(*version, versions[(6 * r + c) as usize], "{i}");
                }
            }
        }
    }

    #[test]
    fn a_sheet_without_fields_has_those_of_the_exam() {
        let mut value = good();
        value["exam"] = exam();
        let kinds = [("multiple", "alternatives"), ("matrix", "statements"), ("sum", "statements")];
        let questions = value["exam"]["sections"][0]["questions"].as_array_mut().unwrap();
        for (kind, options) in kinds {
            let mut question = json!({"id": kind, "kind": kind, "stem": [{"html": "x"}]});
            question[options] = json!([{"html": "1"}, {"html": "2"}, {"html": "3"}]);
            questions.push(question);
        }
        questions.push(json!({"id": "n", "kind": "numeric", "stem": [{"html": "x"}]}));
        questions.push(json!({"id": "o", "kind": "open", "stem": [{"html": "x"}]}));
        value.as_object_mut().unwrap().remove("sheet");
        let package = Package::from_json(&value).unwrap();
        let fields = package.sheets.normal.content.pages.iter().flat_map(|p| &p.fields);
        let mut ids: Vec<&str> = fields.map(|f| f.id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["q1", "q2", "q3", "q4", "q5", "q6"]);
        assert_eq!(package.notes, Vec::<String>::new());
    }

    #[test]
    fn booklets_without_questions_are_a_fault() {
        let mut value = good();
        value["contents"] = json!(["booklet"]);
        assert!(faults(&value)[0].starts_with("exam: missing; contents asks for booklets"), "{:?}", faults(&value));
        value["exam"] = exam();
        let question = &mut value["exam"]["sections"][0]["questions"][0];
        question["alternatives"] = (0..300).map(|i| json!({"html": i.to_string()})).collect();
        question["kind"] = "choise".into();
        let said = faults(&value);
        let at = "exam.sections[0].questions[0]";
        assert!(said.iter().any(|f| f.starts_with(&format!("{at}.alternatives: 300 are too many"))), "{said:?}");
        assert!(said.iter().any(|f| f.starts_with(&format!("{at}.kind: “choise” is not known"))), "{said:?}");
    }

    #[test]
    fn every_fault_is_said_at_once_with_its_path() {
        let mut value = good();
        value["units"][0]["rooms"][0]["students"][1]["id"] = "s1".into();
        value["units"][0]["rooms"][0]["students"][1]["colour"] = "red".into();
        value["application"]["date"] = "20/11/2026".into();
        value["sheet"]["fields"][0]["type"] = "choise".into();
        value["options"] = json!({"per": "desk"});
        value["more"] = 1.into();
        let said = faults(&value);
        for begin in [
            "units[0].rooms[0].students[1].id: duplicate",
            "units[0].rooms[0].students[1].colour: unknown field",
            "application.date",
            "sheet.fields[0].type",
            "options.per",
            "more: unknown field",
        ] {
            assert!(said.iter().any(|f| f.starts_with(begin)), "{begin}: {said:#?}");
        }
    }

    #[test]
    fn text_is_read_as_its_value_is() {
        let same = |value: &Value| {
            let text = serde_json::to_vec(value).unwrap();
            let sorted = |result: Result<Package, Vec<Fault>>| match result {
                Ok(package) => vec![format!("{package:?}")],
                Err(faults) => {
                    let mut said: Vec<String> = faults.iter().map(Fault::to_string).collect();
                    said.sort();
                    said
                }
            };
            assert_eq!(sorted(Package::from_slice(&text)), sorted(Package::from_json(value)));
        };
        same(&good());
        let wrong = [
            ("/units", json!(3)),
            ("/units", json!([3])),
            ("/units/0/id", json!(3)),
            ("/units/0/rooms", json!("r")),
            ("/units/0/rooms/0", json!([])),
            ("/units/0/rooms/0/students/0/id", json!("s2")),
            ("/units/0/rooms/0/students/0", json!({"name": "x", "more": 1})),
        ];
        for (place, with) in wrong {
            let mut value = good();
            *value.pointer_mut(place).unwrap() = with;
            same(&value);
        }
        assert!(Package::from_slice(b"{\"units\": [").unwrap_err()[0].message.starts_with("not JSON"));
        assert!(Package::from_slice(b"[1]").is_err());
    }

    #[test]
    fn no_students_is_nothing_to_print() {
        let mut value = good();
        value["units"][0]["rooms"][0]["students"] = json!([]);
        assert_eq!(faults(&value), ["units: nothing to print: there is no student in any room"]);
        value["units"] = json!([]);
        assert_eq!(faults(&value), ["units: nothing to print: there is no student in any room"]);
    }

    #[test]
    fn what_does_not_fit_is_a_fault_of_the_fields() {
        let mut value = good();
        value["sheet"]["page"] = "A5".into();
        value["sheet"]["fields"][0]["count"] = 300.into();
        let said = faults(&value);
        assert!(said[0].starts_with("sheet.fields: 300 fields need") && said[0].contains("pages of A5"), "{said:?}");
    }

    #[test]
    fn names_the_fonts_cannot_set_are_noted() {
        let mut value = good();
        value["units"][0]["rooms"][0]["students"][0]["name"] = "李 Lee".into();
        let package = Package::from_json(&value).unwrap();
        assert!(package.notes[0].contains("units[0].rooms[0].students[0].name"), "{:?}", package.notes);
    }

    #[test]
    fn a_logo_stays_in_the_package_s_folder() {
        let mut value = good();
        value["application"]["institution"]["logo"] = "../../etc/passwd".into();
        assert!(faults(&value)[0].starts_with("application.institution.logo"));
        value["application"]["institution"]["logo"] = "logo.png".into();
        assert!(faults(&value)[0].starts_with("application.institution.logo"), "{:?}", faults(&value));
    }
}
