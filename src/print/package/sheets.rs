//! The layouts of a package's sheets: one for all, and one in large print where a student needs it.

use super::lize::LizeOrder;
use super::roster::{Unit, students};
use crate::json::{Faults, Object};
use crate::sheet::field::FieldKind;
use crate::sheet::lize::{self, Models};
use crate::sheet::place::{Order, place};
use crate::sheet::{FieldSpec, Layout, PageFormat, TextSize, identity};
use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Sheets {
    pub normal: Layout,
    pub large_print: Option<Layout>,
    /// With a grid for the number of whoever uses it, where the others have none.
    pub spare: Option<Layout>,
    /// Where the sheets are Lize ones.
    pub lize: Option<LizeOrder>,
}

impl Sheets {
    /// None when there is no sheet, or when it has been said what is wrong with it.
    pub fn read(package: &mut Object, models: &Models, asked: Asked, faults: &mut Faults) -> Option<Self> {
        let absent = Value::Object(serde_json::Map::new());
        let value = match (package.get("sheet"), asked.fields) {
            (Some(value), _) => value,
            (None, Some(_)) => &absent,
            (None, None) => {
                faults.add("sheet", "missing; an object with fields is expected");
                return None;
            }
        };
        let before = faults.0.len();
        let mut o = Object::new(value, "sheet", faults);
        if o.word("edition", &[("native", false), (lize::EDITION, true)], faults) {
            let order = LizeOrder::read(&mut o, models, faults);
            let specs = specs(&mut o, asked.fields, faults);
            o.finish(faults);
            let layout = order.as_ref().and_then(|order| order.layout(&specs, "sheet.fields", faults));
            let normal = layout.filter(|_| faults.0.len() == before)?;
            return Some(Sheets { normal, large_print: None, spare: None, lize: order });
        }
        let mut order = Order::new(PageFormat::A4);
        order.format = format(&mut o, PageFormat::A4, faults);
        order.text = text(&mut o, TextSize::Normal, faults);
        let most = o.whole("max_pages", 1..=u64::from(identity::MAX_PAGE), faults);
        order.max_pages = most.map_or(order.max_pages, |n| n as u16);
        let large = large_print(&mut o, &order, most.is_some(), faults);
        let specs = specs(&mut o, asked.fields, faults);
        o.finish(faults);
        if faults.0.len() > before {
            return None;
        }
        let mut placed = |order: &Order, path: &str| match place(order, &specs) {
            Ok(layout) => Some(layout),
            Err(e) => {
                faults.add(path, e.to_string());
                None
            }
        };
        let normal = placed(&order, "sheet.fields");
        let large_print = if asked.large_print { Some(placed(&large, "sheet.large_print")?) } else { None };
        let spare = asked.spare_digits.and_then(|digits| spare(&order, &specs, digits));
        Some(Sheets { normal: normal?, large_print, spare, lize: None })
    }

    pub fn all(&self) -> impl Iterator<Item = &Layout> {
        let same = |large: &&Layout| large.id != self.normal.id;
        std::iter::once(&self.normal).chain(self.large_print.as_ref().filter(same)).chain(&self.spare)
    }

    /// Of a sheet that is nobody's yet.
    pub fn spare(&self) -> &Layout {
        self.spare.as_ref().unwrap_or(&self.normal)
    }

    pub fn of(&self, large_print: bool) -> &Layout {
        self.large_print.as_ref().filter(|_| large_print).unwrap_or(&self.normal)
    }

    pub(super) fn note_large_print(&self, units: &[Unit], notes: &mut Vec<String>) {
        if let Some(large) = &self.large_print {
            let n = students(units).filter(|s| s.large_print).count();
            let content = &large.content;
            let many = if n == 1 { "1 sheet is".to_owned() } else { format!("{n} sheets are") };
            let pages = content.pages.len();
            let pages = if pages == 1 { "1 page".to_owned() } else { format!("{pages} pages") };
            notes.push(format!("{many} in large print: {pages} of {}", content.format.name()));
        }
        if self.lize.is_some() && students(units).any(|s| s.large_print) {
            notes.push("a Lize sheet has no large print: all are printed alike".to_owned());
        }
    }
}

/// What a package needs layouts for, beside what it says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'v> {
    /// Where it says no fields: those of the exam's questions.
    pub fields: Option<&'v [Value]>,
    pub large_print: bool,
    /// How many digits a student's number has, where there are spares.
    pub spare_digits: Option<usize>,
}

/// None where the fields have a grid for a number already, or where there is no room for one even on one page more.
fn spare(order: &Order, specs: &[FieldSpec], digits: usize) -> Option<Layout> {
    if specs.iter().any(|s| matches!(s.kind, FieldKind::IdGrid { .. })) {
        return None;
    }
    let id = ["matricula", "matricula_avulsa"].into_iter().find(|id| specs.iter().all(|s| s.id != *id))?;
    let grid =
        serde_json::json!([{"type": "id_grid", "id": id, "caption": "Matrícula", "digits": digits.clamp(1, 12)}]);
    let mut all = FieldSpec::read_list(grid.as_array()?, "", &mut Faults::default());
    all.extend_from_slice(specs);
    let longer = Order { max_pages: order.max_pages + 1, ..*order };
    place(order, &all).or_else(|_| place(&longer, &all)).ok()
}

fn specs(o: &mut Object, of_exam: Option<&[Value]>, faults: &mut Faults) -> Vec<FieldSpec> {
    let list = o.list("fields", faults);
    if list.is_none() && o.get("fields").is_none() {
        match of_exam {
            Some(fields) => return FieldSpec::read_list(fields, "sheet.fields", faults),
            None => faults.add("sheet.fields", "missing; a list of fields is expected"),
        }
    }
    FieldSpec::read_list(list.unwrap_or_default(), "sheet.fields", faults)
}

fn format(o: &mut Object, default: PageFormat, faults: &mut Faults) -> PageFormat {
    let mut words = vec![(default.name(), default)];
    words.extend(PageFormat::ALL.iter().filter(|f| **f != default).map(|f| (f.name(), *f)));
    o.word("page", &words, faults)
}

fn text(o: &mut Object, default: TextSize, faults: &mut Faults) -> TextSize {
    let mut words = vec![(default.name(), default)];
    words.extend(TextSize::ALL.iter().filter(|t| **t != default).map(|t| (t.name(), *t)));
    o.word("text", &words, faults)
}

/// A3 and 18 pt where the package says nothing; and then on as many pages as that needs.
fn large_print(sheet: &mut Object, normal: &Order, limited: bool, faults: &mut Faults) -> Order {
    let mut order = Order { format: PageFormat::A3, text: TextSize::Large18, ..*normal };
    if !limited {
        order.max_pages = identity::MAX_PAGE;
    }
    if let Some(value) = sheet.get("large_print") {
        let mut o = Object::new(value, "sheet.large_print", faults);
        order.format = format(&mut o, PageFormat::A3, faults);
        order.text = text(&mut o, TextSize::Large18, faults);
        o.finish(faults);
    }
    order
}
