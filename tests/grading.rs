//! `gabarito grade` as it is called: what was read, a key, and grades in every format.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gabarito-grading-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)
}

fn gabarito(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gabarito")).args(args).output().unwrap()
}

fn grade(results: &Path, key: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let (results, key) = (results.display().to_string(), key.display().to_string());
    let args: Vec<&str> = ["grade", &results, "--key", &key].into_iter().chain(more.iter().copied()).collect();
    let out = gabarito(&args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code(), text(&out.stdout), text(&out.stderr))
}

/// A line of `gabarito read`: the sheet's page and its choices.
fn line(student: &str, page: u16, answers: &[(&str, &str)]) -> String {
    let field = |(id, said): &(&str, &str)| {
        let (status, label) = match *said {
            "" => ("blank", None),
            s if s.ends_with('?') => ("doubtful", Some(s.trim_end_matches('?'))),
            s => ("answered", Some(s)),
        };
        json!({"id": id, "type": "choice", "status": status, "marked": label.into_iter().collect::<Vec<_>>(), "value": label,
               "confidence": 0.99, "marks": [{"label": "A", "ink": 0.02, "state": "empty"}]})
    };
    let fields: Vec<Value> = answers.iter().map(field).collect();
    let sheet = json!({"id": format!("S-{student}"), "page": page, "student": student, "version": null});
    let source = json!({"file": "sala.pdf", "page": page});
    json!({"source": source, "outcome": "read", "sheet": sheet, "identified_by": "qr", "fields": fields, "issues": []})
        .to_string()
}

const KEY: &str = r#"{"questions": [{"id": "q{n}", "count": 4, "answers": "ABCD"}]}"#;

#[test]
fn pages_join_duplicates_count_once_and_bad_lines_are_named() {
    let folder = Folder::new("join");
    let lines = [
        line("ana", 2, &[("q3", "C"), ("q4", "A")]),
        line("ana", 1, &[("q1", "A"), ("q2", "B")]),
        "{\"source\": 1}".to_owned(),
        line("ana", 1, &[("q1", "A"), ("q2", "B")]),
        line("bia", 1, &[("q1", "A"), ("q2", "C?")]),
        json!({"source": {"file": "x.pdf", "page": 9}, "outcome": "blank", "sheet": null, "fields": []}).to_string(),
    ];
    let results = folder.write("lidas.jsonl", &(lines.join("\n") + "\n"));
    let key = folder.write("KEY.json", KEY);
    let (status, out, err) = grade(&results, &key, &["--format", "jsonl"]);
    assert_eq!(status, Some(0), "{err}");
    let grades: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((&grades[0]["outcome"], &grades[0]["line"]), (&json!("error"), &json!(3)));
    let said = |i: usize| {
        (grades[i]["student"].as_str().unwrap(), grades[i]["points"].as_f64(), grades[i]["outcome"].as_str().unwrap())
    };
    assert_eq!((said(1), said(2)), (("ana", Some(3.0), "graded"), ("bia", Some(1.0), "provisional")));
    assert_eq!(grades[1]["pages"].as_array().unwrap().len(), 3);
    assert_eq!(grades[1]["questions"][3]["rule"], "exact/1");
    assert!(err.contains("linha 3") && err.contains("1 página sem respostas"), "{err}");
    let (_, table, _) = grade(&results, &key, &[]);
    assert!(table.contains("2 folhas") && table.contains("em aberto: q2, q3, q4"), "{table}");
    let (_, csv, _) = grade(&results, &key, &["--format", "csv"]);
    assert!(csv.contains("ana;S-ana;;;;;;corrigida;3;4;1;1;1;0"), "{csv}");
}

#[test]
fn a_bad_key_is_told_whole_with_the_status_of_bad_arguments() {
    let folder = Folder::new("bad");
    let results = folder.write("lidas.jsonl", "");
    let key = folder.write("KEY.json", r#"{"questions": [{"id": "q1"}, {"id": "q2", "answer": "A", "peso": 2}]}"#);
    let (status, _, err) = grade(&results, &key, &[]);
    assert_eq!(status, Some(2));
    assert!(
        err.contains("questions[0].answer: the right answer") && err.contains("questions[1].peso: unknown"),
        "{err}"
    );
    assert_eq!(grade(&folder.0.join("none.jsonl"), &folder.write("K.json", KEY), &[]).0, Some(1));
}

#[test]
fn versions_lead_back_to_the_masters_order() {
    let folder = Folder::new("versions");
    let results = folder.write(
        "lidas.jsonl",
        &(line("ana", 1, &[("q1", "D"), ("q2", "A")]).replace("\"version\":null", "\"version\":2") + "\n"),
    );
    let key = folder.write("KEY.json", r#"{"questions": [{"id": "m1", "answer": "A"}, {"id": "m2", "answer": "B"}]}"#);
    let map = json!({"versions": [{"version": 2, "questions": [
        {"number": 1, "question": "m2", "options": "ACDB"}, {"number": 2, "question": "m1", "options": "BACD"}]}]});
    let versions = folder.write("versions.json", &map.to_string()).display().to_string();
    let (_, out, err) = grade(&results, &key, &["--versions", &versions, "--format", "jsonl"]);
    let graded: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
    // D is printed for B in m2; A is printed for B in m1.
    assert_eq!(graded["points"], 1);
    assert_eq!(graded["questions"][0]["answer"], "B");
    assert_eq!(graded["questions"][1]["verdict"], "correct");
}

#[test]
fn the_sample_school_is_printed_read_and_graded() {
    let folder = Folder::new("school");
    let out = folder.0.display().to_string();
    let package = sample("escola/PACKAGE.json").display().to_string();
    assert!(gabarito(&["print", &package, "--out", &out, "--no-preflight"]).status.success());
    let read = gabarito(&["read", &format!("{out}/sheets.pdf"), "--layouts", &out, "--format", "jsonl"]);
    let results = folder.write("lidas.jsonl", &String::from_utf8(read.stdout).unwrap());
    let printed = format!("{out}/manifest.json");
    let (status, lines, err) =
        grade(&results, &sample("escola/KEY.json"), &["--printed", &printed, "--format", "jsonl"]);
    assert_eq!(status, Some(0), "{err}");
    let grades: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    // Nobody has filled them in: 24 pupils and spare sheets, whose version nobody knows.
    let pupils: Vec<&Value> = grades.iter().filter(|g| g["student"].is_string()).collect();
    assert_eq!(pupils.len(), 24);
    assert!(pupils.iter().all(|g| g["outcome"] == "graded" && g["points"] == 0 && g["max"] == 10), "{lines}");
    assert!(pupils.iter().any(|g| g["version"] == 2) && pupils.iter().any(|g| g["version"] == 1));
}
