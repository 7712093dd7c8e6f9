//! `gabarito read` on several files, as its users run it.

use gabarito::print::{Package, print};
use gabarito::sheet::SheetKey;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with the sheets of two rooms printed in it, removed again.
struct School(PathBuf);

impl School {
    /// Three students in each room, two pages each, and a spare.
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("gabarito-batch-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let room = |r: usize| {
            let students = (1..=3).map(|s| json!({"id": format!("aluno-{r}{s}"), "name": "Ana"})).collect::<Vec<_>>();
            json!({"id": format!("sala-{r}"), "name": format!("Sala {r}"), "students": students})
        };
        let package = Package::from_json(&json!({
            "application": {"id": "simulado", "title": "Simulado"},
            "sheet": {"max_pages": 2, "fields": [
                {"type": "id_grid", "id": "matricula", "digits": 5},
                {"type": "choice", "id": "q{n}", "count": 180, "labels": "ABCDE"}]},
            "units": [{"id": "centro", "name": "Centro", "rooms": [room(1), room(2)]}],
            "contents": ["sheet", "spares"],
            "options": {"per": "room", "spares": {"count": 1}}
        }))
        .unwrap();
        print(&package, &SheetKey::new("batch"), &folder, &|_, _| ()).unwrap();
        School(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn pdf(&self, room: usize) -> String {
        self.path(&format!("sheets-1-{room}-sala-{room}.pdf"))
    }

    fn read(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gabarito"));
        let output =
            command.arg("read").args(args).args(["--layouts", &self.path("")]).env("GABARITO_SHEET_KEY", "batch");
        output.output().unwrap()
    }

    /// The batch's summary, and what the run printed.
    fn summary(&self, args: &[&str]) -> (Value, String, String) {
        let path = self.path("summary.json");
        let output = self.read(&[args, &["--summary", &path]].concat());
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{}", said(&output.stderr));
        (serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap(), said(&output.stdout), said(&output.stderr))
    }
}

impl Drop for School {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Lines without what no two runs have in common.
fn untimed(results: &Path) -> Vec<Value> {
    let untimed = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        line["timings_ms"] = Value::Null;
        line
    };
    std::fs::read_to_string(results).unwrap().lines().map(untimed).collect()
}

#[test]
fn what_was_printed_and_not_read_is_said_by_room() {
    let school = School::new("missing");
    let (summary, table, said) = school.summary(&[&school.pdf(1)]);
    assert_eq!(summary["pages"], json!({"read": 8}));
    assert_eq!(summary["sheets"], 4);
    assert_eq!(summary["incomplete"], json!([]));
    let room = &summary["not_read"][0];
    assert_eq!((&room["room"], &room["printed"]), (&json!("sala-2"), &json!(3)));
    assert_eq!(room["students"], json!(["aluno-21", "aluno-22", "aluno-23"]));
    assert!(said.contains("  centro / sala-2: 3 de 3: aluno-21, aluno-22, aluno-23\n"), "{said}");
    assert!(said.contains("Identificação: 8 por QR\n"), "{said}");
    assert!(table.contains("8 lidas"), "{table}");
}

#[test]
fn what_is_read_twice_counts_once() {
    let school = School::new("twice");
    let pdf = school.pdf(1);
    let (summary, csv, said) = school.summary(&[&pdf, &pdf, "--format", "csv"]);
    assert_eq!(summary["pages"], json!({"read": 8, "duplicate": 8}));
    let rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|l| l.split(';').collect()).collect();
    assert_eq!(rows.iter().filter(|r| r[2] == "lida").count(), 8);
    assert_eq!(rows.iter().filter(|r| r[2] == "repetida").count(), 8);
    assert!(said.contains("8 páginas repetidas, que não contam de novo:"), "{said}");
    let lines = String::from_utf8(school.read(&[&pdf, &pdf, "--format", "jsonl"]).stdout).unwrap();
    assert_eq!(lines.lines().count(), 16, "one line a page");
}

#[test]
fn a_spare_without_a_number_is_for_a_person_where_there_is_a_roster() {
    let school = School::new("roster");
    let roster = school.path("lista.csv");
    std::fs::write(&roster, "Matr\u{ed}cula;ID\n00123;aluno-11\n").unwrap();
    let output = school.read(&[&school.pdf(1), "--roster", &roster, "--format", "jsonl"]);
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let review: Vec<&Value> = lines.iter().filter(|l| l["outcome"] == "review").collect();
    assert_eq!(review.len(), 1);
    assert_eq!(
        (&review[0]["sheet"]["student"], &review[0]["issues"][1]["code"]),
        (&Value::Null, &json!("not_in_roster"))
    );
    std::fs::write(&roster, "Matrícula;ID\n00123;aluno-11\nx;aluno-12\n").unwrap();
    let output = school.read(&[&school.pdf(1), "--roster", &roster]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("lista.csv: line 3: “x” is no number"), "{said}");
}

#[test]
fn a_run_that_was_broken_off_goes_on_where_it_was() {
    let school = School::new("resume");
    let (one, two, bad) = (school.pdf(1), school.pdf(2), school.path("bad.pdf"));
    std::fs::write(&bad, "%PDF-1.7 and no more").unwrap();
    // The first room again, so that what comes after a break depends on what was before it.
    let files = [&one, &bad, &two, &one].map(|s| s.as_str());
    let whole = school.path("whole.jsonl");
    let (summary, stdout, _) = school.summary(&[&files[..], &["--resume", &whole]].concat());
    assert_eq!((summary["pages"]["duplicate"].as_u64(), stdout.as_str()), (Some(8), ""));
    let (text, state) = (std::fs::read(&whole).unwrap(), std::fs::read(format!("{whole}.state")).unwrap());
    let expected = untimed(Path::new(&whole));
    assert_eq!(expected.len(), 25);
    let ends: Vec<usize> = (0..text.len()).filter(|&i| text[i] == b'\n').map(|i| i + 1).collect();
    let part = school.path("part.jsonl");
    for (cut, kept) in [(0, 0), (ends[2], 3), (ends[8] + 40, 9), (ends[19] - 1, 19), (text.len(), 25)] {
        std::fs::write(&part, &text[..cut]).unwrap();
        std::fs::write(format!("{part}.state"), &state).unwrap();
        let (resumed, ..) = school.summary(&[&files[..], &["--resume", &part]].concat());
        assert_eq!(untimed(Path::new(&part)), expected, "cut at {cut}");
        assert_eq!(resumed["rate"]["pages"], 25 - kept, "cut at {cut}");
        for same in ["pages", "duplicates", "not_read", "incomplete", "set_aside"] {
            assert_eq!(resumed[same], summary[same], "cut at {cut}");
        }
    }

    // A scan that changed is read again, and what came after it too.
    let touched = std::fs::File::options().append(true).open(&two).unwrap();
    touched.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000)).unwrap();
    let (resumed, ..) = school.summary(&[&files[..], &["--resume", &part]].concat());
    assert_eq!(resumed["rate"]["pages"], 16);
    assert_eq!(untimed(Path::new(&part)), expected);

    // Under another key the lines would say something else.
    let mut command = Command::new(env!("CARGO_BIN_EXE_gabarito"));
    command.arg("read").args([&one, "--layouts", &school.path(""), "--resume", &part]);
    assert_eq!(command.env("GABARITO_SHEET_KEY", "other").output().unwrap().status.code(), Some(2));
    std::fs::write(school.path("other.jsonl"), "{}\n").unwrap();
    assert_eq!(school.read(&[&one, "--resume", &school.path("other.jsonl")]).status.code(), Some(2));
}
