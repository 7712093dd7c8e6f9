//! The sheets that the table is made of: printed by the product and rasterised, as a printer would.

use crate::limits::Limits;
use crate::print::{Output, Package, PrintError, print_to};
use crate::raster::Gray;
use crate::read::pages;
use crate::sheet::{Layout, LayoutPage, SheetKey};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::rc::Rc;

/// The printer's resolution: 300 dots an inch.
pub const PX_PER_MM: f64 = 300.0 / 25.4;

/// One printed page.
pub struct Master {
    pub picture: Gray,
    pub sheet_id: String,
    pub number: u16,
    pub page: LayoutPage,
}

pub struct Masters {
    pub layouts: Vec<Layout>,
    pub pages: Vec<Master>,
}

impl Masters {
    /// A simulado of 90 questions, and a sheet with every type of field; each for two pupils.
    pub fn new(key: &SheetKey) -> Result<Self, PrintError> {
        let mut all = Masters { layouts: Vec::new(), pages: Vec::new() };
        for fields in [simulado(), everything()] {
            all.add(&package(fields), key)?;
        }
        Ok(all)
    }

    /// Lize sheets: an objective one of 90 questions, one of 45 with four alternatives, one of the ENEM, and a discursive
    /// one.
    pub fn lize(key: &SheetKey) -> Result<Self, PrintError> {
        let choices =
            |count: u32, labels: &str| json!({"type": "choice", "id": "q{n}", "count": count, "labels": labels});
        let scores = json!({"type": "score", "id": "q{n}", "count": 4, "max": 10, "step": 0.25});
        let mut all = Masters { layouts: Vec::new(), pages: Vec::new() };
        for (model, fields) in
            [(1, choices(90, "ABCDE")), (1, choices(45, "ABCD")), (2, choices(90, "ABCDE")), (8, scores)]
        {
            let mut value = package(json!([fields]));
            value["sheet"] = json!({"edition": "lize", "model": model, "fields": [fields]});
            all.add(&value, key)?;
        }
        Ok(all)
    }

    fn add(&mut self, value: &Value, key: &SheetKey) -> Result<(), PrintError> {
        let package = Package::from_json(value).expect("the packages of the table are sound");
        let mut memory = Memory::default();
        print_to(&package, key, &mut memory, &|_, _| ())?;
        let files = memory.take();
        let geometry: Value = serde_json::from_slice(&files["geometry.json"]).expect("what was printed is JSON");
        let layouts: Vec<Layout> = geometry["layouts"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|l| Layout::from_json(l.clone()).expect("what was printed is a layout"))
            .collect();
        for sheet in geometry["sheets"].as_array().into_iter().flatten() {
            let pdf = files[sheet["pdf"].as_str().unwrap_or_default()].clone();
            self.pages.push(rasterise(pdf, sheet, &layouts).expect("what was printed can be drawn"));
        }
        self.layouts.extend(layouts);
        Ok(())
    }
}

/// Draws the page that an entry of a `geometry.json` tells of.
pub fn rasterise(pdf: Vec<u8>, sheet: &Value, layouts: &[Layout]) -> Option<Master> {
    let number = u16::try_from(sheet["page"].as_u64()?).ok()?;
    let layout = layouts.iter().find(|l| sheet["layout"] == l.id.as_str())?;
    let limits = Limits { render_dpi: 300.0, ..Limits::default() };
    let index = usize::try_from(sheet["pdf_page"].as_u64()?).ok()?.checked_sub(1)?;
    let picture = pages::open_bytes("sheets.pdf", pdf, &limits).nth(index)?.decode(&limits).ok()?.gray;
    let sheet_id = sheet["sheet_id"].as_str()?.to_owned();
    Some(Master { picture, sheet_id, number, page: layout.page(number)?.clone() })
}

fn package(fields: Value) -> Value {
    json!({
        "application": {"id": "acuracia", "title": "Simulado de acurácia", "date": "2026-11-20",
                        "institution": {"name": "Escola de Exemplo"}},
        "sheet": {"edition": "native", "page": "A4", "fields": fields},
        "units": [{"id": "u", "name": "Unidade", "rooms": [{"id": "r", "name": "Sala 1", "students": [
            {"id": "a", "name": "João Conceição de Araújo", "enrollment": "20261234"},
            {"id": "b", "name": "Íris Guimarães", "enrollment": "20265678"}]}]}]
    })
}

fn simulado() -> Value {
    json!([
        {"type": "id_grid", "id": "matricula", "digits": 10},
        {"type": "language", "id": "lingua"},
        {"type": "choice", "id": "q{n}", "count": 90, "labels": "ABCDE"},
    ])
}

fn everything() -> Value {
    json!([
        {"type": "version", "id": "tipo", "labels": "1234"},
        {"type": "choice", "id": "q{n}", "count": 20, "labels": "ABCD"},
        {"type": "choice", "id": "ce{n}", "count": 10, "start": 21, "labels": "CE"},
        {"type": "choice", "id": "m{n}", "count": 5, "start": 31, "labels": "ABCDE", "multiple": true},
        {"type": "sum", "id": "s{n}", "count": 5, "start": 36, "propositions": 7},
        {"type": "sum", "id": "sg", "style": "grid"},
        {"type": "numeric", "id": "n", "digits": 3, "leading_zeros": "required"},
        {"type": "numeric", "id": "d", "digits": 4, "decimals": 2, "sign": true, "leading_zeros": "required"},
        {"type": "matrix", "id": "nps", "rows": ["Clareza", "Domínio", "Respeito"], "labels": "12345"},
        {"type": "score", "id": "nota", "max": 10, "step": 0.25},
        {"type": "competence", "id": "redacao"},
        {"type": "flag", "id": "aplicador"},
        {"type": "region", "id": "aberta", "lines": 3, "width": 100},
        {"type": "signature", "id": "assinatura", "width": 60},
    ])
}

type Files = Rc<RefCell<BTreeMap<String, Vec<u8>>>>;

/// Files that are kept in memory.
#[derive(Default)]
pub struct Memory(Files);

impl Memory {
    pub fn take(self) -> BTreeMap<String, Vec<u8>> {
        self.0.take()
    }
}

pub struct MemoryFile {
    name: String,
    files: Files,
}

impl Output for Memory {
    type File = MemoryFile;

    fn create(&mut self, name: &str) -> std::io::Result<MemoryFile> {
        self.0.borrow_mut().insert(name.to_owned(), Vec::new());
        Ok(MemoryFile { name: name.to_owned(), files: self.0.clone() })
    }
}

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.files.borrow_mut().entry(self.name.clone()).or_default().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
