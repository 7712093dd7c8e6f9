//! PACKAGE.json: what is to be printed, checked whole before the first page is drawn.

mod application;
mod exam;
mod lize;
mod options;
mod roster;
mod sheets;

pub use application::Application;
pub use lize::LizeOrder;
pub use exam::{BaseText, Choice, Exam, ExamLook, Family, Kind, Question, Section, Space, Versions};
pub use options::{Contents, Options, Per, Spares};
pub use roster::{Room, Student, Unit};
pub use sheets::Sheets;

use super::logo::{Logo, LogoError};
use crate::json::{Fault, Faults, Object};
use crate::sheet::lize::Models;
use serde_json::Value;
use std::path::Path;

#[derive(Clone, Debug)]
pub struct Package {
    pub application: Application,
    pub sheets: Sheets,
    pub units: Vec<Unit>,
    pub contents: Contents,
    pub options: Options,
    /// What was asked for and is not printed, or was printed otherwise than one may expect.
    pub notes: Vec<String>,
}

impl Package {
    /// Reads a package, or says everything that is wrong with it. The logo is not loaded: see [`Package::load_logo`].
    pub fn from_json(value: &Value) -> Result<Self, Vec<Fault>> {
        Self::read(value, &Models::default(), Faults::default(), roster::read)
    }

    /// The same from text, a room at a time: as one [`Value`], 100,000 students would take 80 MiB.
    pub fn from_slice(json: &[u8]) -> Result<Self, Vec<Fault>> {
        Self::with_models(json, &Models::default())
    }

    /// The same with another table of the Lize sheet's models.
    pub fn with_models(json: &[u8], models: &Models) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        match roster::split(json, &mut faults) {
            Ok((value, units)) => {
                Self::read(&value, models, faults, |o, faults| units.unwrap_or_else(|| roster::read(o, faults)))
            }
            Err(e) => Err(vec![Fault { path: String::new(), message: format!("not JSON: {e}") }]),
        }
    }

    fn read(
        value: &Value,
        models: &Models,
        mut faults: Faults,
        units: impl FnOnce(&mut Object, &mut Faults) -> Vec<Unit>,
    ) -> Result<Self, Vec<Fault>> {
        let mut notes = Vec::new();
        let mut o = Object::new(value, "", &mut faults);
        let application = Application::read(&mut o, &mut faults);
        let contents = Contents::read(&mut o, &mut faults, &mut notes);
        let options = Options::read(&mut o, &contents, &mut faults, &mut notes);
        let units = units(&mut o, &mut faults);
        let versions = options::exam(&mut o, &mut faults);
        let large_print = roster::students(&units).any(|s| s.large_print);
        let sheets = Sheets::read(&mut o, models, large_print, &mut faults);
        o.finish(&mut faults);
        roster::check(&units, versions, &mut faults);
        if !faults.0.is_empty() {
            return Err(faults.0);
        }
        let Some(sheets) = sheets else { return Err(vec![nothing()]) };
        roster::note_missing_glyphs(&units, &mut notes);
        sheets.note_large_print(&units, &mut notes);
        roster::check_lize(&units, &sheets, &mut faults);
        if !faults.0.is_empty() {
            return Err(faults.0);
        }
        Ok(Package { application, sheets, units, contents, options, notes })
    }

    /// Loads the logo that the package names, relative to the folder that the package is in.
    pub fn load_logo(&mut self, folder: &Path) -> Result<(), Fault> {
        let Some(name) = &self.application.logo_path else { return Ok(()) };
        let path = folder.join(name);
        let load = || -> Result<Logo, LogoError> {
            let size = std::fs::metadata(&path)?.len();
            if size > super::logo::MAX_BYTES {
                return Err(LogoError::TooLarge(size));
            }
            Logo::from_bytes(&std::fs::read(&path)?, self.options.gray)
        };
        match load() {
            Ok(logo) => {
                self.application.logo = Some(logo);
                Ok(())
            }
            Err(e) => Err(Fault { path: "application.institution.logo".into(), message: e.to_string() }),
        }
    }

    pub fn students(&self) -> impl Iterator<Item = &Student> {
        roster::students(&self.units)
    }
}

fn nothing() -> Fault {
    Fault { path: "contents".into(), message: "nothing to print: “sheet” is what can be printed today".into() }
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

    #[test]
    fn the_whole_contract_is_accepted_and_what_is_not_printed_is_said() {
        let mut value = good();
        value["sheet"]["edition"] = "native".into();
        value["exam"] = json!({"columns": 2, "versions": 4, "seed": 7, "sections": [{"title": "Matemática", "questions": [
            {"id": "a", "kind": "choice", "stem": [{"html": "<p>1</p>"}], "alternatives": [{"html": "1"}], "shuffle": true}]}]});
        value["contents"] = json!(["cover", "attendance", "booklet", "sheet", "spares"]);
        value["options"] = json!({"blank_pages": "even", "order": "student", "imposition": "2up",
            "spares": {"percent": 3}, "per": "room", "zip": true, "gray": true, "pdf": "a-2b"});
        let package = Package::from_json(&value).unwrap();
        for word in ["cover", "attendance", "booklet", "blank_pages", "imposition", "zip", "pdf"] {
            assert!(package.notes.iter().any(|n| n.contains(word)), "{word}: {:?}", package.notes);
        }
        assert_eq!(package.options.per, Per::Room);
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
    fn contents_without_a_sheet_are_nothing_to_print_today() {
        let mut value = good();
        value["contents"] = json!(["booklet"]);
        assert!(faults(&value)[0].starts_with("contents: nothing to print"), "{:?}", faults(&value));
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
        let mut package = Package::from_json(&value).unwrap();
        let fault = package.load_logo(Path::new("/nonexistent")).unwrap_err();
        assert_eq!(fault.path, "application.institution.logo");
    }
}
