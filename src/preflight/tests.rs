//! Good packages pass; of every fault it is found whose it is and what it is.

use super::copier::{DPI, PX_PER_MM};
use super::fault::Code;
use super::page::{Meant, check};
use super::symbol::Symbol;
use super::window::Window;
use super::*;
use crate::limits::Limits;
use crate::print::inspect::{Coded, Inspect};
use crate::read::pages;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::PathBuf;

/// A folder that is removed again.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gabarito-preflight-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Scratch(path)
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.0.join(name)).unwrap()).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn key() -> SheetKey {
    SheetKey::new("test")
}

fn value(sheet: Value) -> Value {
    let student = |n: usize| json!({"id": format!("s{n}"), "name": format!("{} Gonçalves", ["Íris", "João", "Ana"][n % 3]), "enrollment": format!("2026{n:04}"), "version": 1 + n % 2});
    let room = |id: &str, from: usize| json!({"id": id, "name": "Sala", "students": (from..from + 30).map(student).collect::<Vec<_>>()});
    json!({
        "application": {"id": "a", "title": "2º simulado", "date": "2026-11-20"},
        "sheet": sheet,
        "units": [{"id": "u", "name": "Unidade Centro", "rooms": [room("r1", 0), room("r2", 30)]}],
        "contents": ["cover", "attendance", "sheet", "spares"],
        "options": {"per": "room", "spares": {"count": 2}},
    })
}

fn native() -> Package {
    let fields = json!([
        {"type": "id_grid", "id": "matricula", "digits": 8},
        {"type": "choice", "id": "q{n}", "count": 60},
        {"type": "region", "id": "aberta", "lines": 3},
    ]);
    Package::from_json(&value(json!({"fields": fields}))).unwrap()
}

fn lize(model: u32, fields: Value) -> Package {
    let mut value = value(json!({"edition": "lize", "model": model, "fields": [fields]}));
    value["contents"] = json!(["sheet"]);
    value["options"] = json!({});
    Package::from_json(&value).unwrap()
}

fn said(result: Result<(Report, Checked), PreflightError>) -> Vec<String> {
    match result.err().unwrap() {
        PreflightError::Faults { faults, .. } => faults.iter().map(ToString::to_string).collect(),
        error => panic!("{error}"),
    }
}

#[test]
fn a_good_package_passes_and_is_delivered() {
    let scratch = Scratch::new("good");
    let package = native();
    let (report, checked) = print(&package, &key(), &scratch.0, &|_, _| ()).unwrap_or_else(|e| panic!("{e:?}"));
    // Of each room: a cover, two pages of the list, thirty sheets and two spares.
    assert_eq!((report.sheets, checked.pages), (64, 70));
    // Each kind of page; a layout of its own for spares.
    assert_eq!(checked.read, 3);
    assert!(report.files.iter().all(|name| scratch.0.join(name).is_file()));
}

#[test]
fn good_lize_sheets_pass() {
    for (model, fields) in [
        (1, json!({"type": "choice", "id": "q{n}", "count": 45, "labels": "ABCD"})),
        (2, json!({"type": "choice", "id": "q{n}", "count": 90, "labels": "ABCDE"})),
        (8, json!({"type": "score", "id": "q{n}", "count": 4, "max": 10, "step": 0.25})),
    ] {
        let scratch = Scratch::new(&format!("lize{model}"));
        let printed = print(&lize(model, fields), &key(), &scratch.0, &|_, _| ());
        assert_eq!(printed.unwrap_or_else(|e| panic!("{model}: {e:?}")).1.pages, 60);
    }
}

#[test]
fn what_does_not_pass_is_not_delivered() {
    let scratch = Scratch::new("bad");
    let package = native();
    let other = SheetKey::new("another");
    let faults = said(run(&package, &key(), Rules::new(&package, &other), &scratch.0, &|_, _| ()));
    assert_eq!(faults.len(), watch::TOLD);
    assert!(faults.iter().any(|f| f.starts_with("aluno s0, sheets-1-1-r1.pdf, página 4: o QR diz ")), "{faults:?}");
    assert!(!faults.iter().any(|f| f.contains("Íris")), "a name is told");
    let left = std::fs::read_dir(&scratch.0).unwrap().filter(|e| e.as_ref().unwrap().path().is_file()).count();
    assert_eq!(left, 0);
}

/// The first room's file, and what it must be.
fn pressed<R>(scratch: &Scratch, look: impl FnOnce(PathBuf, finished::Pressed) -> R) -> R {
    crate::print::print(&native(), &key(), &scratch.0, &|_, _| ()).unwrap();
    let manifest = std::fs::read(scratch.0.join("manifest.json")).unwrap();
    let manifest = counts::read(&manifest).unwrap();
    let file = &manifest.files[0];
    let coded = manifest.pages.iter().filter(|p| p.pdf == file.pdf).map(|p| (p.pdf_page, &*p.sha256)).collect();
    look(scratch.0.join(&*file.pdf), finished::Pressed { pages: file.pages, sha256: &file.sha256, coded })
}

#[test]
fn a_finished_file_is_walked_page_by_page() {
    let scratch = Scratch::new("walked");
    pressed(&scratch, |path, mut pressed| {
        let finished::Walked { pages, wrong } = finished::walk(&path, &pressed, &[1, 4, 35]);
        assert_eq!(wrong, []);
        for page in pages {
            assert_eq!(lopdf::Document::load_mem(&page).unwrap().get_pages().len(), 1);
            let listed: Vec<_> = pages::open_bytes("page.pdf", page, &Limits::default()).collect();
            assert!(listed.len() == 1 && listed[0].decode(&Limits::default()).is_ok());
        }
        // Pages 4 and 5, each where the other was pressed.
        let (fourth, fifth) = (pressed.coded[&4], pressed.coded[&5]);
        pressed.coded.extend([(4, fifth), (5, fourth)]);
        let other = |page| (Some(page), "a página não é a que foi conferida".to_owned());
        assert_eq!(finished::walk(&path, &pressed, &[]).wrong, [other(4), other(5)]);
        pressed.pages += 1;
        let wrong = finished::walk(&path, &pressed, &[]).wrong;
        assert_eq!(wrong[2], (None, "o arquivo tem 35 páginas, e foram impressas 36".to_owned()));
    });
}

#[test]
fn a_damaged_file_is_found_wherever_the_damage_is() {
    let scratch = Scratch::new("damaged");
    pressed(&scratch, |path, pressed| {
        let whole = std::fs::read(&path).unwrap();
        let wrong = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            finished::walk(&path, &pressed, &[]).wrong
        };
        assert_eq!(wrong(&whole), []);
        for at in (0..whole.len()).step_by(whole.len() / 50) {
            let mut bytes = whole.clone();
            bytes[at] ^= 4;
            assert_eq!(wrong(&bytes)[0].1, "o arquivo não tem os bytes que foram impressos", "byte {at}");
        }
        for left in [0, 30, whole.len() / 2, whole.len() - 1] {
            assert_eq!(wrong(&whole[..left]).last().unwrap().1, "falta o fim do arquivo", "{left} bytes");
        }
    });
}

#[test]
fn pages_out_of_order_are_found() {
    use crate::print::pdf::{About, Conformance, Writer};
    let scratch = Scratch::new("disordered");
    std::fs::create_dir_all(&scratch.0).unwrap();
    let path = scratch.0.join("two.pdf");
    let damage = |contents: [usize; 2]| {
        let mut writer = Writer::new(Vec::new(), Conformance::Plain).unwrap();
        let streams = ["1 g", "0 g"].map(|content| {
            let id = writer.alloc();
            writer.stream(id, b"", content.as_bytes()).unwrap();
            id.get()
        });
        for content in contents {
            let page = writer.alloc();
            let entries = format!("/MediaBox[0 0 9 9]/Contents {} 0 R", streams[content]);
            writer.own_page(page, entries.as_bytes()).unwrap();
        }
        let (bytes, finished) = writer.finish(&About::default()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let sha256 = crate::print::manifest::hex(&finished.sha256);
        finished::walk(&path, &finished::Pressed { pages: 2, sha256: &sha256, coded: Default::default() }, &[]).wrong
    };
    assert_eq!(damage([0, 1]), []);
    let disordered = (Some(2), "a página está fora de ordem".to_owned());
    assert_eq!(damage([1, 0]), std::slice::from_ref(&disordered));
    // One page twice.
    assert_eq!(damage([0, 0]), [disordered]);
}

/// A page as it is handed over.
struct Kept {
    sheet_id: String,
    pdf_page: u64,
    overlay: Vec<u8>,
    content: Vec<u8>,
}

#[derive(Default)]
struct Keep(RefCell<Vec<Kept>>);

impl Inspect for Keep {
    fn page(&self, page: &Coded) {
        self.0.borrow_mut().push(Kept {
            sheet_id: page.located.sheet_id.to_owned(),
            pdf_page: page.located.pdf_page,
            overlay: page.overlay.to_vec(),
            content: page.content.to_vec(),
        });
    }
}

#[test]
fn a_spoiled_page_is_found_and_its_fault_named() {
    let package = native();
    let prepared = Prepared::new(&package).unwrap();
    let keep = Keep::default();
    prepared.print_inspected(&key(), &mut crate::print::Discard, &keep, &|_, _| ()).unwrap();
    let kept = keep.0.take();
    let grounds = grounds(&prepared).unwrap();
    let rules = Rules::new(&package, &key());
    let faults_of = |student: &str, meant: &str, content: &[u8]| {
        let meant = Meant { sheet_id: meant, student: Some(student), version: Some(1), barcode: None };
        check(&meant, &grounds[0], [&kept[3].overlay, content], &rules)
    };
    let faults = |meant: &str, content: &[u8]| faults_of("s0", meant, content);
    let Kept { sheet_id: id, content: good, .. } = &kept[3];
    assert_eq!(faults(id, good), []);
    let (qr, backup) = (Code::Symbol(Symbol::Qr), Code::Symbol(Symbol::Backup));

    // Another student's codes.
    let wrong = faults(&kept[4].sheet_id, good);
    let codes: Vec<Code> =
        wrong.iter().filter_map(|w| if let What::Says { code, .. } = w { Some(*code) } else { None }).collect();
    assert_eq!(codes, [qr, backup, Code::Printed]);

    assert_eq!(faults_of("s1", id, good), [What::OtherName]);

    let text = String::from_utf8(good.clone()).unwrap();
    // All codes a millimetre to the right.
    let shifted = faults(id, text.replacen("ET ", "ET 1 0 0 1 2.8346 0 cm ", 1).as_bytes());
    let off =
        |code| shifted.iter().any(|w| matches!(w, What::Displaced(c, by) if *c == code && (0.9..1.1).contains(by)));
    assert!(off(qr) && off(backup), "{shifted:?}");

    // Every other rectangle of the QR gone: beyond repair. One gone: mended, and still not delivered.
    let rectangles = text.matches(" re ").count();
    assert!(rectangles > 100);
    let without = |drop: &dyn Fn(usize) -> bool| {
        let (head, path) = text.split_once("cm ").unwrap();
        let parts: Vec<&str> = path.split(" re ").collect();
        let (last, boxes) = parts.split_last().unwrap();
        let left: String =
            boxes.iter().enumerate().filter(|(i, _)| !drop(*i)).map(|(_, b)| format!("{b} re ")).collect();
        format!("{head}cm {left}{last}")
    };
    assert_eq!(faults(id, without(&|i| i % 2 == 0).as_bytes()), [What::Unreadable(qr)]);
    assert!(matches!(faults(id, without(&|i| i == 70).as_bytes())[..], [What::Mended(code, 1..=4)] if code == qr));

    // A name written over the fields; an operator that nobody stamps.
    let low = text.replacen("Td", "Td 0 -300 Td", 1);
    assert!(faults(id, low.as_bytes()).iter().any(|w| matches!(w, What::Covers(..))));
    assert_eq!(faults(id, b"/S Do 0 0 m"), [What::Strange("m".into())]);
}

#[test]
fn pages_are_painted_as_a_renderer_of_pdf_draws_them() {
    let scratch = Scratch::new("drawn");
    let package = native();
    let prepared = Prepared::new(&package).unwrap();
    let (keep, mut folder) = (Keep::default(), Folder::new(&scratch.0));
    prepared.print_inspected(&key(), &mut folder, &keep, &|_, _| ()).unwrap();
    folder.commit().unwrap();
    let ground = &grounds(&prepared).unwrap()[0];
    let limits = Limits { render_dpi: DPI, ..Limits::default() };
    let pages: Vec<_> = pages::open(&scratch.0.join("sheets-1-1-r1.pdf"), &limits).collect();
    for Kept { pdf_page, overlay, content, .. } in &keep.0.take()[3..6] {
        let drawn = pages[*pdf_page as usize - 1].decode(&limits).unwrap().gray;
        let mut painted = operators::Painted::default();
        painted.read(overlay, ground.height_mm(), &ground.letters).unwrap();
        painted.read(content, ground.height_mm(), &ground.letters).unwrap();
        for place in &ground.places {
            let Window { gray: window, x0, y0 } = Window::of(&ground.picture, &place.area).lay(&painted.boxes);
            assert!(window.width as f64 > place.area.w * PX_PER_MM);
            let (w, at) = (window.width, |i: usize| (i % window.width, i / window.width));
            let off = |&i: &usize| window.data[i].abs_diff(drawn.get(x0 + at(i).0, y0 + at(i).1));
            // The printed code is under the QR.
            let rows = ((place.area.bottom() + 0.4) * PX_PER_MM) as usize - y0;
            let inside =
                (w + 1..w * (rows - 1) - 1).filter(|i| !window.data[i - 1..i + 2].iter().any(|v| *v % 255 != 0));
            let flat =
                inside.filter(|&i| [i - w, i - 1, i + 1, i + w].iter().all(|&j| window.data[j] == window.data[i]));
            let worst = flat.clone().map(|i| off(&i)).max().unwrap();
            assert!(flat.count() > w * rows / 8 && worst <= 8, "{:?}: {worst}", place.symbol);
            // A renderer covers the pixels of an image mask wholly or not at all, those of a path in parts.
            let apart = (0..w * rows).filter(|i| off(i) > 40).count();
            let most = if place.symbol == Symbol::Backup { w * rows / 3 } else { 0 };
            assert!(apart <= most, "{:?}: {apart} of {}", place.symbol, w * rows);
        }
    }
}

#[test]
fn texts_are_read_from_their_glyphs() {
    let package = native();
    let prepared = Prepared::new(&package).unwrap();
    let keep = Keep::default();
    prepared.print_inspected(&key(), &mut crate::print::Discard, &keep, &|_, _| ()).unwrap();
    let ground = &grounds(&prepared).unwrap()[0];
    let kept = keep.0.take();
    let mut painted = operators::Painted::default();
    painted.read(&kept[3].content, ground.height_mm(), &ground.letters).unwrap();
    let texts: Vec<String> = painted.texts.iter().map(|run| painted.text(run, &ground.letters)).collect();
    assert_eq!(texts[..3], ["Íris Gonçalves", "20260000", "1"]);
    assert!(painted.texts.iter().all(|run| run.ink.w > 0.5 && run.ink.h > 1.0), "{:?}", painted.texts);
}

/// What is said of a package whose manifest was changed.
fn counted(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let scratch = Scratch::new(&format!("counts-{:?}", std::thread::current().id()));
    let package = native();
    crate::print::print(&package, &key(), &scratch.0, &|_, _| ()).unwrap();
    let mut manifest = scratch.json("manifest.json");
    change(&mut manifest);
    let manifest = manifest.to_string();
    let faults = counts::check(&package, &key(), &counts::read(manifest.as_bytes()).unwrap());
    faults.iter().map(ToString::to_string).collect()
}

fn document<'m>(manifest: &'m mut Value, student: &str) -> &'m mut Value {
    let documents = manifest["documents"].as_array_mut().unwrap();
    documents.iter_mut().find(|d| d["student"] == student && d["kind"] == "sheet").unwrap()
}

#[test]
fn what_does_not_add_up_is_found_and_named() {
    assert_eq!(counted(|_| ()), [""; 0]);

    let missing = counted(|m| m["documents"].as_array_mut().unwrap().retain(|d| d["student"] != "s7"));
    assert!(missing.iter().any(|f| f == "aluno s7: 0 folhas, e não 1"), "{missing:?}");
    assert!(missing.iter().any(|f| f.contains("o documento começa na página")), "{missing:?}");

    let twice = counted(|m| m["pages"][9]["sheet_id"] = m["pages"][8]["sheet_id"].clone());
    assert!(twice[0].starts_with("aluno s6, sheets-1-1-r1.pdf, página 10: o código ") && twice.len() == 1, "{twice:?}");

    let version = counted(|m| document(m, "s3")["version"] = json!(1));
    assert_eq!(version, ["aluno s3, sheets-1-1-r1.pdf, página 7: a versão é 1, e não 2, a do pacote"]);

    let other = counted(|m| document(m, "s3")["sheet_id"] = json!("0123456789ABCDEF"));
    assert!(other.len() == 1 && other[0].contains("aluno s3") && other[0].contains("o código é 0123456789ABCDEF"));

    let unlisted = counted(|m| {
        let list = m["pages"].as_array_mut().unwrap().iter_mut().find(|p| p["kind"] == "attendance").unwrap();
        list["rows"][0] = list["rows"][1].clone();
    });
    assert!(unlisted.iter().any(|f| f.contains("está a mais na lista")), "{unlisted:?}");
    assert!(unlisted.iter().any(|f| f.contains("não está na lista de presença da sala r1")), "{unlisted:?}");

    let spares = counted(|m| {
        let documents = m["documents"].as_array_mut().unwrap();
        let last = documents.iter().rposition(|d| d["kind"] == "sheet").unwrap();
        documents[last]["kind"] = json!("label");
    });
    assert_eq!(spares, ["unidade u, sala r2: 1 folhas de reserva, e o pedido são 2"]);
}
