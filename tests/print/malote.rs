//! A whole malote: booklets, sheets and papers as other programs see them, and as the reader reads them back.

use super::{Scratch, key, tool};
use gabarito::grade::versions::Versions;
use gabarito::limits::Limits;
use gabarito::print::package::Reading;
use gabarito::print::rich::{Folder, NoSource};
use gabarito::print::{Package, Prepared, Reprint, print};
use gabarito::read::Reader;
use gabarito::read::layouts::Layouts;
use gabarito::read::pages;
use gabarito::read::policy::Policy;
use gabarito::read::result::{FieldStatus, Outcome, PageReading};
use gabarito::sheet::lize::Models;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/malote");

pub fn sample() -> Value {
    serde_json::from_slice(&std::fs::read(Path::new(SAMPLE).join("PACKAGE.json")).unwrap()).unwrap()
}

pub fn package(value: &Value) -> Package {
    let reading = Reading { models: &Models::default(), source: &Folder::new(SAMPLE) };
    Package::open(&serde_json::to_vec(value).unwrap(), &reading).unwrap_or_else(|faults| panic!("{faults:?}"))
}

/// The faults of a package, or its notes.
fn said(value: &Value) -> Vec<String> {
    let reading = Reading { models: &Models::default(), source: &NoSource };
    match Package::open(&serde_json::to_vec(value).unwrap(), &reading) {
        Ok(package) => package.notes,
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

fn small(exam: Value, contents: Value, options: Value) -> Value {
    let students = |room: usize| -> Vec<Value> {
        (0..5).map(|i| json!({"id": format!("s{room}-{i}"), "name": format!("Aluno {room} {i}")})).collect()
    };
    let rooms: Vec<Value> =
        (1..=2).map(|r| json!({"id": format!("r{r}"), "name": format!("Sala {r}"), "students": students(r)})).collect();
    json!({
        "application": {"id": "a", "title": "Prova", "date": "2026-11-20"},
        "sheet": {"fields": [{"type": "choice", "id": "q{n}", "count": 6}]},
        "exam": exam, "contents": contents, "options": options,
        "units": [{"id": "u", "name": "Centro", "rooms": rooms}],
    })
}

fn exam(versions: Value) -> Value {
    let question = |q: usize| {
        let options: Vec<Value> = ["um", "dois", "três", "quatro", "Todas as anteriores"]
            .iter()
            .map(|o| json!({"html": format!("<p>{o} de q{q}x</p>")}))
            .enumerate()
            .map(|(i, o)| if i == 4 { json!({"html": "<p>Todas as anteriores.</p>"}) } else { o })
            .collect();
        json!({"id": format!("m{q}"), "kind": "choice", "alternatives": options,
               "stem": [{"html": format!("<p>Enunciado m{q}x</p>")}]})
    };
    json!({"columns": 1, "versions": versions, "seed": 3, "sections": [
        {"title": "Parte", "questions": (1..=6).map(question).collect::<Vec<_>>()}]})
}

fn read(scratch: &Scratch, pdf: &str) -> Vec<PageReading> {
    let reader = Reader { layouts: Layouts::load(&scratch.0).unwrap(), key: key(), policy: Policy::default() };
    let limits = Limits::default();
    pages::open(&scratch.0.join(pdf), &limits).map(|page| reader.read_page(&page, &limits).0).collect()
}

#[test]
fn the_sample_is_sound_and_all_its_pages_are_known() {
    let scratch = Scratch::new("sample");
    let package = package(&sample());
    assert!(package.notes.iter().all(|n| n.contains("large print")), "{:?}", package.notes);
    let report = print(&package, &key(), &scratch.0, &|_, _| {}).unwrap();
    let manifest = scratch.json("manifest.json");
    let mut counted = 0;
    for file in report.files.iter().filter(|f| f.ends_with(".pdf")) {
        tool("qpdf", &["--check", &scratch.path(file)]);
        let pages: u64 = tool("qpdf", &["--show-npages", &scratch.path(file)]).trim().parse().unwrap();
        let of_file = manifest["documents"].as_array().unwrap().iter().filter(|d| d["pdf"] == file.as_str());
        assert_eq!(of_file.map(|d| d["pdf_pages"].as_u64().unwrap()).sum::<u64>(), pages);
        counted += pages;
    }
    assert_eq!(counted, report.pages);
    // Every student has a booklet and a sheet of one version.
    let mut of_student: BTreeMap<&str, BTreeSet<(&str, u64)>> = BTreeMap::new();
    for d in manifest["documents"].as_array().unwrap() {
        if let Some(student) = d["student"].as_str() {
            let seen = (d["kind"].as_str().unwrap(), d["version"].as_u64().unwrap());
            assert!(of_student.entry(student).or_default().insert(seen), "{student} has two of {seen:?}");
        }
    }
    assert_eq!(of_student.len(), package.students().count());
    for (student, documents) in of_student {
        let versions: BTreeSet<u64> = documents.iter().map(|d| d.1).collect();
        assert_eq!((documents.len(), versions.len()), (2, 1), "{student}: {documents:?}");
    }
}

#[test]
fn text_is_in_reading_order() {
    let scratch = Scratch::new("text");
    print(&package(&sample()), &key(), &scratch.0, &|_, _| {}).unwrap();
    let manifest = scratch.json("manifest.json");
    let documents = manifest["documents"].as_array().unwrap();
    let booklet = documents.iter().find(|d| d["kind"] == "booklet" && d["version"] == 1).unwrap();
    let first = booklet["pdf_page"].as_u64().unwrap();
    let (from, to) = (first.to_string(), (first + booklet["pages"].as_u64().unwrap() - 1).to_string());
    let pdf = scratch.path(booklet["pdf"].as_str().unwrap());
    // In the order of the content stream.
    let text = tool("pdftotext", &["-raw", "-f", &from, "-l", &to, &pdf, "-"]);
    let student = package(&sample()).students().find(|s| booklet["student"] == s.id.as_str()).unwrap().name.clone();
    let places: Vec<usize> =
        ["QUESTÃO 02", "Considere a função quadrática", "A soma das raízes é", "QUESTÃO 03", "Uma escola comprou"]
            .iter()
            .map(|said| {
                text.to_lowercase().find(&said.to_lowercase()).unwrap_or_else(|| panic!("{said} is not in {text}"))
            })
            .collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(text.contains(&student));
    // A formula's letters are copied as letters.
    assert!(text.contains("f(x)") || text.contains("f (x)"), "{text}");
}

#[test]
fn a_reprint_of_the_malote_has_the_same_bytes() {
    let [one, two] = ["same-1", "same-2"].map(Scratch::new);
    for scratch in [&one, &two] {
        print(&package(&sample()), &key(), &scratch.0, &|_, _| {}).unwrap();
    }
    for name in ["sheets-1-1-sala-12.pdf", "sheets-1-2-sala-13.pdf", "manifest.json", "versions.json", "malote.zip"] {
        assert!(std::fs::read(one.0.join(name)).unwrap() == std::fs::read(two.0.join(name)).unwrap(), "{name}");
    }
}

#[test]
fn what_a_version_prints_is_what_its_map_says() {
    for versions in [json!(4), json!("student")] {
        let scratch = Scratch::new(&format!("versions-{}", versions.is_string()));
        let value = small(exam(versions.clone()), json!(["booklet", "sheet"]), json!({}));
        print(&package(&value), &key(), &scratch.0, &|_, _| {}).unwrap();
        let manifest = scratch.json("manifest.json");
        let map = Versions::from_json(&std::fs::read(scratch.0.join("versions.json")).unwrap()).unwrap();
        let mut orders = BTreeSet::new();
        for booklet in manifest["documents"].as_array().unwrap().iter().filter(|d| d["kind"] == "booklet") {
            let first = booklet["pdf_page"].as_u64().unwrap();
            let (from, to) = (first.to_string(), (first + booklet["pages"].as_u64().unwrap() - 1).to_string());
            let text = tool("pdftotext", &["-raw", "-f", &from, "-l", &to, &scratch.path("sheets.pdf"), "-"]);
            let version = booklet["version"].as_u64().map(|v| v as u32);
            let as_printed = map.order(booklet["sheet_id"].as_str(), version).unwrap();
            let mut order = Vec::new();
            for number in 1..=6 {
                let begins = text.find(&format!("QUESTÃO {number:02}")).unwrap();
                let ends = text.find(&format!("QUESTÃO {:02}", number + 1)).unwrap_or(text.len());
                let printed = &text[begins..ends];
                let question = as_printed.of_number(number).next().unwrap();
                assert!(printed.contains(&format!("{}x", question.question())), "{number}: {printed}");
                let words = ["um", "dois", "três", "quatro"];
                let letters = question.letters();
                let master = letters[0] as u8 - b'A';
                let first = words.iter().min_by_key(|w| printed.find(&format!("{w} de")).unwrap()).unwrap();
                assert_eq!(*first, words[usize::from(master)], "{number}: {printed}");
                assert_eq!(letters.last(), Some(&'E'), "“todas as anteriores” stays last");
                order.push(question.question().to_owned());
            }
            orders.insert(order);
        }
        assert_eq!(orders.len(), if versions.is_string() { 10 } else { 4 });
    }
}

#[test]
fn covers_lists_and_blank_pages_are_told_when_they_are_scanned() {
    let scratch = Scratch::new("papers");
    let contents = json!(["cover", "attendance", "sheet", "spares"]);
    let options = json!({"blank_pages": "even", "spares": {"count": 1}});
    print(&package(&small(Value::Null, contents, options)), &key(), &scratch.0, &|_, _| {}).unwrap();
    let readings = read(&scratch, "sheets.pdf");
    let geometry = scratch.json("geometry.json");
    let mut printed = 0;
    for (i, reading) in readings.iter().enumerate() {
        let place = geometry["sheets"].as_array().unwrap().iter().find(|s| s["pdf_page"] == i + 1);
        match place {
            Some(sheet) => {
                printed += 1;
                assert_eq!(reading.outcome, Outcome::Read, "page {}: {:?}", i + 1, reading.issues);
                let seen = reading.sheet.as_ref().unwrap();
                assert_eq!(seen.id.as_deref(), sheet["sheet_id"].as_str());
                assert!(reading.fields.iter().all(|f| f.status == FieldStatus::Blank), "nobody marked anything");
            }
            None => assert_eq!(reading.outcome, Outcome::Blank, "page {} says that it is empty", i + 1),
        }
    }
    assert_eq!(printed, 2 * (1 + 1 + 5 + 1));
    assert_eq!(readings.len(), 2 * printed);
    // A spare has a grid for the number of whoever uses it, and the others have none.
    let manifest = scratch.json("manifest.json");
    let spare = manifest["pages"].as_array().unwrap().iter().find(|p| p["kind"] == "sheet" && p["student"].is_null());
    let spare = readings
        .iter()
        .find(|r| r.sheet.as_ref().is_some_and(|s| s.id.as_deref() == spare.unwrap()["sheet_id"].as_str()));
    assert!(spare.unwrap().fields.iter().any(|f| f.id == "matricula"));
    let attendance = manifest["pages"].as_array().unwrap().iter().find(|p| p["kind"] == "attendance").unwrap();
    assert_eq!(attendance["rows"], json!(["s1-0", "s1-1", "s1-2", "s1-3", "s1-4"]));
}

#[test]
fn documents_are_padded_ordered_and_imposed_as_asked() {
    let made = |name: &str, options: Value| {
        let scratch = Scratch::new(name);
        let value = small(exam(json!(2)), json!(["booklet", "sheet"]), options);
        print(&package(&value), &key(), &scratch.0, &|_, _| {}).unwrap();
        let manifest = scratch.json("manifest.json");
        let documents: Vec<(String, u64, u64, u64)> = manifest["documents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| {
                let number = |key: &str| d[key].as_u64().unwrap();
                (d["kind"].as_str().unwrap().to_owned(), number("version"), number("pages"), number("pdf_pages"))
            })
            .collect();
        let pages: u64 = tool("qpdf", &["--show-npages", &scratch.path("sheets.pdf")]).trim().parse().unwrap();
        assert_eq!(documents.iter().map(|d| d.3).sum::<u64>(), pages);
        let text = tool("pdftotext", &["-raw", &scratch.path("sheets.pdf"), "-"]);
        (documents, pages, text)
    };
    let (plain, pages, _) = made("plain", json!({}));
    let booklet = plain[0].2;
    assert_eq!(pages, 10 * (booklet + 1));
    let kinds = |documents: &[(String, u64, u64, u64)]| documents.iter().map(|d| d.0.clone()).collect::<Vec<_>>();
    assert_eq!(kinds(&plain)[..4], ["booklet", "sheet", "booklet", "sheet"]);

    let (even, pages, text) = made("even", json!({"blank_pages": "even"}));
    assert_eq!(pages, 10 * (booklet.next_multiple_of(2) + 2));
    assert_eq!(text.matches("em branco").count() as u64, pages - 10 * (booklet + 1));
    assert!(even.iter().all(|d| d.3 % 2 == 0));

    let (_, pages, _) = made("between", json!({"blank_pages": "between"}));
    assert_eq!(pages, 20 * (booklet + 1));

    let (backs, ..) = made("back", json!({"blank_back": true}));
    assert!(backs.iter().all(|d| d.3 == if d.0 == "sheet" { 2 } else { d.2 }));

    let (document, ..) = made("document", json!({"order": "document"}));
    assert_eq!(kinds(&document)[..6], ["booklet", "booklet", "booklet", "booklet", "booklet", "sheet"]);

    let (version, ..) = made("version", json!({"order": "version"}));
    assert!(version[..10].iter().map(|d| d.1).is_sorted());

    let (folded, ..) = made("folded", json!({"imposition": "booklet"}));
    assert!(folded.iter().all(|d| d.3 == if d.0 == "sheet" { 1 } else { d.2.next_multiple_of(4) / 2 }));
    let (two_up, ..) = made("2up", json!({"imposition": "2up"}));
    assert!(two_up.iter().all(|d| d.3 == if d.0 == "sheet" { 1 } else { d.2.div_ceil(2) }));
}

#[test]
fn files_are_split_by_room_class_and_pages() {
    let names = |name: &str, options: Value| {
        let scratch = Scratch::new(name);
        let mut value = small(Value::Null, json!(["sheet"]), options);
        for room in value["units"][0]["rooms"].as_array_mut().unwrap() {
            for (i, student) in room["students"].as_array_mut().unwrap().iter_mut().enumerate() {
                student["class"] = ["3A", "3B"][i % 2].into();
            }
        }
        let report = print(&package(&value), &key(), &scratch.0, &|_, _| {}).unwrap();
        report.files.into_iter().filter(|f| f.ends_with(".pdf") || f.ends_with(".zip")).collect::<Vec<_>>()
    };
    assert_eq!(names("unit", json!({})), ["sheets.pdf"]);
    assert_eq!(names("room", json!({"per": "room"})), ["sheets-1-1-r1.pdf", "sheets-1-2-r2.pdf"]);
    assert_eq!(names("class", json!({"per": "class"})), ["sheets-1-3a.pdf", "sheets-1-3b.pdf"]);
    assert_eq!(names("split", json!({"split_pages": 5})), ["sheets.pdf", "sheets-parte-2.pdf"]);
    assert_eq!(names("zip", json!({"zip": true})), ["sheets.pdf", "malote.zip"]);
}

#[test]
fn the_zip_holds_the_same_files() {
    let scratch = Scratch::new("zip-same");
    let value = small(Value::Null, json!(["sheet"]), json!({"zip": true, "per": "room"}));
    print(&package(&value), &key(), &scratch.0, &|_, _| {}).unwrap();
    let file = std::fs::File::open(scratch.0.join("malote.zip")).unwrap();
    let mut zip = zip::ZipArchive::new(file).unwrap();
    assert_eq!(zip.len(), 2);
    for i in 0..zip.len() {
        let mut entry = zip.by_index(i).unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        let name = entry.name().unwrap().into_owned();
        assert!(bytes == std::fs::read(scratch.0.join(&name)).unwrap(), "{name}");
    }
}

#[test]
fn what_can_not_be_set_is_said_with_its_path_and_shown() {
    let scratch = Scratch::new("hostile");
    let hostile = [
        ("script", "<p>antes<script>alert(1)</script>depois</p>"),
        ("unknown", "<p>um <marquee>dois</marquee></p>"),
        ("nesting", "<p><b>um <i>dois</b> três</i>"),
        ("missing", "<p>figura <img src='http://example.com/a.png' alt='mapa'></p>"),
        ("formula", r"<p>conta \(\frac{1\) fim</p>"),
        ("emoji", "<p>olá 🦜 fim</p>"),
        (
            "long",
            "<p>Pneumoultramicroscopicossilicovulcanoconiotico-anticonstitucionalissimamente-hipopotomonstrosesquipedaliofobico</p>",
        ),
        ("entities", "<p>&alpha; &unknown; &lt;b&gt; д</p>"),
        ("markup", "<p>#panic(\"x\") $x$ \\ @ref *não* `cru` [c] // fim</p>"),
    ];
    let question =
        |(id, html): &(&str, &str)| json!({"id": id, "kind": "open", "space": {"lines": 1}, "stem": [{"html": html}]});
    let questions: Vec<Value> = hostile.iter().map(question).collect();
    let exam = json!({"columns": 3, "sections": [{"title": "Mau", "questions": questions}]});
    let mut value = small(exam, json!(["booklet"]), json!({}));
    value["units"][0]["rooms"].as_array_mut().unwrap().truncate(1);
    let package = package(&value);
    let report = print(&package, &key(), &scratch.0, &|_, _| {}).unwrap();
    let noted = |at: usize, what: &str| {
        let begins = format!("exam.sections[0].questions[{at}].stem");
        assert!(
            report.notes.iter().any(|n| n.starts_with(&begins) && n.contains(what)),
            "{}: {what}: {:#?}",
            hostile[at].0,
            report.notes
        );
    };
    noted(0, "script");
    noted(1, "marquee");
    noted(3, "example.com");
    noted(4, "formula");
    noted(5, "U+1F99C");
    let text = tool("pdftotext", &["-raw", "-l", "3", &scratch.path("sheets.pdf"), "-"]);
    for said in [
        "antes",
        "depois",
        "dois",
        "três",
        "mapa",
        "frac",
        "olá",
        "fim",
        "α",
        "<b>",
        "д",
        "*não*",
        "#panic(\"x\")",
        "[c]",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    assert!(!text.contains("alert"));
    tool("qpdf", &["--check", &scratch.path("sheets.pdf")]);
}

#[test]
fn an_empty_room_and_a_student_in_two_rooms_are_said() {
    let mut value = small(exam(json!(1)), json!(["booklet", "sheet"]), json!({}));
    value["units"][0]["rooms"][1]["students"] = json!([]);
    assert!(
        said(&value).iter().any(|n| n.starts_with("units[0].rooms[1].students: the room is empty")),
        "{:?}",
        said(&value)
    );
    value["units"][0]["rooms"][1]["students"] = json!([{"id": "s1-0", "name": "Aluno"}]);
    assert!(
        said(&value).iter().any(|n| n.starts_with("units[0].rooms[1].students[0].id: duplicate")),
        "{:?}",
        said(&value)
    );
}

#[test]
fn a_student_s_reprint_has_the_pages_that_were_printed() {
    let scratch = Scratch::new("reprint");
    let value = small(exam(json!(4)), json!(["cover", "booklet", "sheet"]), json!({"per": "room"}));
    let package = package(&value);
    print(&package, &key(), &scratch.0, &|_, _| {}).unwrap();
    let prepared = Prepared::new(&package).unwrap();
    let mut again = Vec::new();
    prepared.reprint(&key(), Reprint::Room("r2"), &mut again).unwrap().unwrap();
    assert!(again == std::fs::read(scratch.0.join("sheets-1-2-r2.pdf")).unwrap());

    let mut again = Vec::new();
    prepared.reprint(&key(), Reprint::Student("s2-3"), &mut again).unwrap().unwrap();
    let manifest = scratch.json("manifest.json");
    let all = lopdf::Document::load(scratch.0.join("sheets-1-2-r2.pdf")).unwrap();
    let pages = all.get_pages();
    let own = manifest["documents"].as_array().unwrap().iter().filter(|d| d["student"] == "s2-3");
    let before: Vec<Vec<u8>> = own
        .flat_map(|d| {
            let first = d["pdf_page"].as_u64().unwrap() as u32;
            first..first + d["pdf_pages"].as_u64().unwrap() as u32
        })
        .map(|page| all.get_page_content(pages[&page]))
        .collect();
    let only = lopdf::Document::load_mem(&again).unwrap();
    let after: Vec<Vec<u8>> = only.get_pages().values().map(|id| only.get_page_content(*id)).collect();
    assert!(before == after && !before.is_empty());
    assert_eq!(prepared.reprint(&key(), Reprint::Room("r9"), &mut Vec::new()).unwrap(), None);
}

/// The words of a page with their places: left and top, in points.
fn words(pdf: &str) -> Vec<(String, f64, f64)> {
    let boxes = tool("pdftotext", &["-bbox", pdf, "-"]);
    let attribute = |line: &str, name: &str| -> f64 {
        let begins = line.find(name).unwrap() + name.len() + 2;
        line[begins..].split('"').next().unwrap().parse().unwrap()
    };
    let lines = boxes.lines().filter(|l| l.trim_start().starts_with("<word"));
    lines
        .map(|l| (l.split(['>', '<']).nth(2).unwrap().to_owned(), attribute(l, "xMin"), attribute(l, "yMin")))
        .collect()
}

#[test]
fn short_alternatives_stand_in_a_grid_and_long_ones_in_a_list() {
    let question = |id: &str, alternatives: [&str; 5]| {
        let alternatives = alternatives.map(|text| json!({"text": text}));
        json!({"id": id, "kind": "choice", "stem": [{"text": "Quanto?"}], "alternatives": alternatives})
    };
    let long = "uma alternativa que ocupa mais do que a metade de uma coluna";
    let questions = json!([
        question("short", ["a1", "b1", "c1", "d1", "e1"]),
        question("middle", ["um2", "dois2", "um texto médio", "quatro2", "cinco2"]),
        question("long", ["um3", "dois3", long, "quatro3", "cinco3"])
    ]);
    let places = |alternatives: &str| {
        let scratch = Scratch::new(&format!("rows-{alternatives}"));
        let exam = json!({"alternatives": alternatives, "sections": [{"title": "Parte", "questions": questions}]});
        print(&package(&small(exam, json!(["booklet"]), json!({}))), &key(), &scratch.0, &|_, _| {}).unwrap();
        let words = words(&scratch.path("sheets.pdf"));
        move |word: &str| words.iter().find(|w| w.0 == word).map(|w| (w.1.round(), w.2.round())).unwrap()
    };
    let rows = places("rows");
    let row = ["a1", "b1", "c1", "d1", "e1"].map(&rows);
    assert!(row.iter().all(|place| place.1 == row[0].1), "{row:?}");
    let step = row[1].0 - row[0].0;
    assert!(row.windows(2).all(|two| (two[1].0 - two[0].0 - step).abs() <= 1.0), "{row:?}");
    // Two columns: A and B, C and D, E.
    let [a, b, d, e] = ["um2", "dois2", "quatro2", "cinco2"].map(&rows);
    assert!(a.1 == b.1 && b.1 < d.1 && d.1 < e.1 && a.0 == e.0 && b.0 == d.0, "{:?}", [a, b, d, e]);
    let under = |places: &dyn Fn(&str) -> (f64, f64), n: u32| {
        let [a, b, e] =
            if n == 1 { ["a", "b", "e"] } else { ["um", "dois", "cinco"] }.map(|w| places(&format!("{w}{n}")));
        a.0 == b.0 && b.0 == e.0 && a.1 < b.1 && b.1 < e.1
    };
    assert!(under(&rows, 3));
    let list = places("list");
    assert!((1..=3).all(|n| under(&list, n)));
}

#[test]
fn a_table_wider_than_its_column_is_smaller_and_whole() {
    let scratch = Scratch::new("wide");
    let cells: String = (10..24).map(|i| format!("<td>Cabeçalho{i}</td>")).collect();
    let stem = format!("<p>Observe a tabela.</p><table border=1><tr>{cells}</tr></table>");
    let questions = json!([{"id": "t", "kind": "open", "stem": [{"html": stem}]}]);
    let value = small(json!({"sections": [{"title": "", "questions": questions}]}), json!(["booklet"]), json!({}));
    let report = print(&package(&value), &key(), &scratch.0, &|_, _| {}).unwrap();
    let noted = |n: &String| n.starts_with("exam.sections[0].questions[0].stem: wider than its column: set at");
    assert!(report.notes.iter().any(noted), "{:?}", report.notes);
    let words = words(&scratch.path("sheets.pdf"));
    let (first, second) = (&words.iter().find(|w| w.0 == "Observe").unwrap(), words.iter().find(|w| w.0 == "tabela."));
    assert_eq!(first.2, second.unwrap().2);
    // In reading order, none over another, and all in the column: half of the page is 298 points.
    let lefts: Vec<f64> = words.iter().filter(|w| w.0.starts_with("Cabe")).map(|w| w.1).take(14).collect();
    assert!(lefts.len() == 14 && lefts.windows(2).all(|two| two[0] < two[1]) && lefts[13] < 298.0, "{lefts:?}");
}
