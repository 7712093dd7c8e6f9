//! Lize sheets: rings, code and print together say where the page is, whose it is and what is on it.
//!
//! picture → rings, and the rectangles that they make ([`rings`]) → the one where the code is read, or else where the print
//! is what a model has ([`identity`]) → bubbles one after another ([`lattice`]) → which rows and alternatives are on the
//! paper ([`printed`]) → ink of the bubbles, as on our own sheets
//!
//! The code has no MAC, and rings look alike from four sides: so nothing is an answer unless the print bears out the model.

mod identity;
mod lattice;
mod printed;
mod rings;

use super::fields;
use super::layouts::Layouts;
use super::marks::{self, Measured, Usual};
use super::policy::Policy;
use super::refine::{AnchorSighting, Refined};
use super::result::{
    FieldReading, FieldStatus, IdentifiedBy, Issue, MarkReading, MarkState, Outcome, PageReading, RegistrationReport,
    SheetRef,
};
use super::{LOW_DPI, Trace, doubt, ms};
use crate::raster::{Gray, Partial};
use crate::sheet::lize::{BoxCode, Code, Model, Models, Operation, PAGE, RINGS, Rule};
use crate::sheet::{Field, FieldKind};
use crate::units::{MM_PER_INCH, Point};
use identity::Placed;
use lattice::{Laid, px_per_mm};
use printed::{Found, Lattice};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// A page on which a Lize sheet was recognised, by its code or by its print.
struct Seen<'m> {
    placed: Placed,
    /// The model that the print bears out, and how; none where it bears out no model that the page can be.
    page: Option<(&'m Model, Laid, Found, Lattice)>,
}

impl Seen<'_> {
    /// How many bubbles bear it out.
    fn bubbles(&self) -> usize {
        self.page.as_ref().map_or(0, |p| p.2.seen)
    }
}

/// Fills the reading of a Lize sheet; false where the picture shows none, and then nothing was changed.
pub fn read(
    picture: &mut Partial,
    layouts: &Layouts,
    policy: &Policy,
    reading: &mut PageReading,
    trace: &mut Trace,
) -> bool {
    let clock = Instant::now();
    let rings = rings::find(picture.all());
    let stands = rings::stands(&rings);
    let identified = identity::identify(picture, &rings, &stands);
    let identify = ms(clock);
    let clock = Instant::now();
    let mut softened = lattice::softened(picture.gray()).map(Partial::whole);
    let picture = softened.as_mut().unwrap_or(picture);
    let Some(seen) = recognise(picture.gray(), layouts.lize(), identified, &stands) else { return false };
    reading.timings_ms.register += ms(clock);
    reading.timings_ms.identify += identify;

    let code = seen.placed.code.clone();
    let student = |id: &str| layouts.student(id).map(str::to_owned);
    reading.sheet = Some(SheetRef {
        id: code.as_ref().map(|c| c.id.to_string()),
        page: code.as_ref().map(|_| 1),
        layout: None,
        student: code.as_ref().and_then(|c| student(c.id.as_str())),
        operation: code.as_ref().map(|c| c.operation.letter().to_owned()),
        model: code.as_ref().map(|c| c.model),
        version: code.as_ref().and_then(|c| c.version),
    });
    reading.identified_by = code.as_ref().map(|_| IdentifiedBy::Qr);
    reading.outcome = if code.is_some() { Outcome::Review } else { Outcome::Unidentified };
    if code.is_none() {
        let detail = "the page looks like a Lize sheet, but its code could not be read";
        reading.issues.push(Issue::new("code_unreadable", detail));
    }
    let known = code.as_ref().is_none_or(|c| layouts.lize().get(c.model).is_some());
    if let (Some(code), false) = (&code, known) {
        let detail = format!("model {} is not in the table of models", code.model);
        reading.issues.push(Issue::new("unknown_model", detail));
    }
    let Some((model, laid, found, lattice)) = seen.page else {
        let detail = "the code was read, but the print is not where its model has it";
        reading.issues.push(Issue::new("print_not_borne_out", detail));
        return true;
    };
    let page = Page { model, laid: &laid, found: &found, lattice: &lattice, placed: &seen.placed };
    page.fields(picture, policy, reading, trace);
    if let Some(code) = &code {
        reading.issues.extend(contradictions(code, reading));
        let enough = reading.registration.as_ref().is_some_and(|r| r.dpi >= LEAST_DPI);
        let untroubled = enough && reading.issues.iter().all(|i| i.code == "low_resolution");
        if known && untroubled && reading.fields.iter().all(|f| f.status != FieldStatus::Doubtful) {
            reading.outcome = Outcome::Read;
        }
    }
    true
}

/// Under this resolution a bubble has fewer than 13 pixels across, and a person sees the page.
const LEAST_DPI: f64 = 95.0;

/// Part of a block's first places at which circles must be seen before all of a model is looked for.
const LEAST_BEGUN: f64 = 0.5;

/// The model that the page's print bears out. A code leaves one model and one orientation; without a code all are tried.
fn recognise<'m>(
    picture: &Gray,
    models: &'m Models,
    identified: identity::Ways,
    stands: &[rings::Stand],
) -> Option<Seen<'m>> {
    let tried = |placed: &Placed, models: &mut dyn Iterator<Item = &'m Model>| {
        let begun = |(_, lattice): &(&Model, Lattice)| {
            placed.code.is_some()
                || lattice.beginnings().any(|b| lattice::glimpse(picture, &placed.map, b) >= LEAST_BEGUN)
        };
        let laid = models.map(|model| (model, Lattice::of(model))).filter(begun).map(|(model, lattice)| {
            let laid = lattice::lay(picture, &placed.map, &placed.known, &lattice.places);
            let found = printed::found(model, &lattice, &laid.sightings);
            (model, laid, found, lattice)
        });
        let borne_out = laid.filter(|(_, laid, found, _)| found.holds() && laid.is_one_piece());
        borne_out.max_by_key(|(_, _, found, _)| found.seen)
    };
    let mut best: Option<Seen> = None;
    for placed in identified {
        let model = placed.code.as_ref().and_then(|c| models.get(c.model));
        let page = match model {
            Some(model) => tried(&placed, &mut std::iter::once(model)),
            None => tried(&placed, &mut models.iter()),
        };
        let sure = page.as_ref().is_some_and(|(_, laid, found, _)| found.is_whole() && laid.is_flat());
        let here = Seen { placed, page };
        if best.as_ref().is_none_or(|b| here.bubbles() > b.bubbles()) {
            best = Some(here);
        }
        if sure {
            break;
        }
    }
    if best.is_some() {
        return best;
    }
    let stood = stands.iter().filter_map(|stand| {
        let placed = Placed::without_code(stand);
        let page = tried(&placed, &mut models.iter())?;
        Some(Seen { placed, page: Some(page) })
    });
    let mut stood: Vec<Seen> = stood.collect();
    stood.sort_by_key(|s| std::cmp::Reverse(s.bubbles()));
    // A page that could as well lie another way is not read.
    const MOST_RIVAL: f64 = 0.6;
    let rival = stood.get(1).map_or(0, Seen::bubbles);
    stood.truncate(1);
    stood.pop().filter(|best| rival as f64 <= MOST_RIVAL * best.bubbles() as f64)
}

struct Page<'a> {
    model: &'a Model,
    laid: &'a Laid,
    found: &'a Found,
    lattice: &'a Lattice,
    placed: &'a Placed,
}

impl Page<'_> {
    fn fields(&self, picture: &mut Partial, policy: &Policy, reading: &mut PageReading, trace: &mut Trace) {
        let clock = Instant::now();
        let layout = Arc::new(self.model.layout(&self.found.printed));
        let warp = &self.laid.warp;
        let printed: Vec<Field> = self.in_place(&layout.content.pages[0].fields);
        let (measured, unlearned) = marks::measure_dark_print(picture, warp, &printed, self.placed.black);
        let usual = Usual::of(&measured);
        let mut fields: Vec<FieldReading> = printed
            .iter()
            .zip(&measured)
            .map(|(f, m)| digits_together(f, fields::decide(f, m, usual, policy)))
            .collect();
        for (field, measured) in fields.iter_mut().zip(&measured) {
            if hidden_by_letters(field, measured, &unlearned) {
                doubt(field);
            }
        }
        reading.issues.extend(self.issues());
        for index in self.unclear() {
            doubt(&mut fields[index]);
        }
        self.boxes(picture, &mut fields, reading);
        reading.fields = fields;
        reading.timings_ms.marks += ms(clock);
        let report = self.report();
        if report.dpi < LOW_DPI {
            reading.issues.push(Issue::new("low_resolution", format!("{:.0} dpi; 200 is advised", report.dpi)));
        }
        reading.registration = Some(report);
        if let Some(sheet) = &mut reading.sheet {
            sheet.layout = Some(layout.id.to_string());
        }
        let anchors = RINGS.iter().enumerate().map(|(i, &(x, y))| AnchorSighting {
            at: Point::new(x, y),
            found: self.placed.rings.iter().find(|r| r.0 == i).map(|r| r.1),
        });
        trace.refined = Some(Refined { warp: warp.clone(), anchors: anchors.collect() });
        (trace.layout, trace.page, trace.measured) = (Some(layout), Some(1), measured);
    }

    /// The fields with each bubble where it was seen: those of a sheet laid out on a pixel grid are a tenth of a millimetre
    /// off their lattice, and the letters in them as well.
    fn in_place(&self, fields: &[Field]) -> Vec<Field> {
        const MOST_MM: f64 = 0.16;
        let base = &self.laid.warp.base;
        let mut fields = fields.to_vec();
        let mut next = fields.iter_mut();
        for (b, counts) in self.found.printed.iter().enumerate() {
            for (f, (n, field)) in counts.iter().zip(next.by_ref()).enumerate() {
                for (i, bubble) in self.lattice.bubbles(b, f).take(*n).zip(&mut field.bubbles) {
                    let sighting = &self.laid.sightings[i];
                    if sighting.circle(0.5 * sighting.contrast()) < 0.7 {
                        continue;
                    }
                    let at = Point::new(bubble.x, bubble.y);
                    let expected = self.laid.warp.to_picture(at);
                    let (dx, dy) = (sighting.at.x - expected.x, sighting.at.y - expected.y);
                    let j = base.jacobian(at);
                    let d = j[0][0] * j[1][1] - j[0][1] * j[1][0];
                    let x = (dx * j[1][1] - dy * j[0][1]) / d;
                    let y = (dy * j[0][0] - dx * j[1][0]) / d;
                    bubble.x += x.clamp(-MOST_MM, MOST_MM);
                    bubble.y += y.clamp(-MOST_MM, MOST_MM);
                }
            }
        }
        fields
    }

    /// Indices of fields whose extent is not clear.
    fn unclear(&self) -> Vec<usize> {
        let mut before = 0;
        let mut all = Vec::new();
        for (counts, unclear) in self.found.printed.iter().zip(&self.found.unclear) {
            all.extend(unclear.iter().map(|i| before + i));
            before += counts.len();
        }
        all
    }

    fn issues(&self) -> Vec<Issue> {
        let mut issues = Vec::new();
        if self.found.beyond {
            let detail = "something is drawn beyond the last row that was recognised: there may be more of them";
            issues.push(Issue::new("rows_unclear", detail));
        }
        let unseen = self.model.blocks.iter().enumerate().flat_map(|(b, block)| {
            let n = self.found.printed[b].len();
            (0..n).filter(move |&f| {
                let hidden = |i: usize| !self.laid.sightings[i].visible;
                self.lattice.bubbles(b, f).take(block.fields[f].bubbles.len()).any(hidden)
            })
        });
        let cut = unseen.count();
        if cut > 0 {
            issues.push(Issue::new("part_missing", format!("{cut} fields are not wholly in the picture")));
        }
        issues
    }

    /// A discursive sheet's boxes: each one's code says which question is answered in it.
    fn boxes(&self, picture: &mut Partial, fields: &mut [FieldReading], reading: &mut PageReading) {
        let mut next = fields.iter_mut();
        for (block, counts) in self.model.blocks.iter().zip(&self.found.printed) {
            for ((field, printed), area) in next.by_ref().take(counts.len()).zip(&block.fields).zip(&block.codes) {
                debug_assert_eq!(block.rule, Rule::Boxes);
                let text = identity::symbol(picture, &self.laid.warp, area);
                let code = text.and_then(|t| t.parse::<BoxCode>().ok());
                match (code, &self.placed.code) {
                    (Some(code), Some(sheet)) if code.id != sheet.id => {
                        let detail = format!("the code of box {} is of another sheet", printed.id);
                        reading.issues.push(Issue::new("codes_disagree", detail));
                        doubt(field);
                    }
                    (Some(code), _) => field.id = format!("q{}", code.question),
                    (None, _) => {
                        let detail = format!("the code of box {} could not be read", printed.id);
                        reading.issues.push(Issue::new("box_code_unreadable", detail));
                        doubt(field);
                    }
                }
            }
        }
    }

    fn report(&self) -> RegistrationReport {
        let middle = Point::new(PAGE.width / 2.0, PAGE.height / 2.0);
        let base = &self.laid.warp.base;
        let j = base.jacobian(middle);
        // Where the page's downward direction points.
        let quarter = ((-j[0][1]).atan2(j[1][1]) / std::f64::consts::FRAC_PI_2).round() as i32;
        RegistrationReport {
            rotation: quarter.rem_euclid(4) as u16 * 90,
            mirrored: j[0][0] * j[1][1] - j[0][1] * j[1][0] < 0.0,
            dpi: px_per_mm(base, middle) * MM_PER_INCH,
            residual_mm: self.laid.residual_mm,
            marks: self.placed.rings.len() + self.laid.witnesses,
        }
    }
}

/// Whether letters may have hidden a mark, or be taken for one.
///
/// A letter that was not learned looks like a cross, and a bold one in a blurred picture nearly like a filled bubble. A
/// light cross is half under the letter, and of what is left little is counted: nothing is called empty where all is
/// empty but for a trace. Of empty bubbles with no filled one beside them, one in a hundred shows so much.
fn hidden_by_letters(field: &FieldReading, measured: &[Measured], unlearned: &BTreeSet<String>) -> bool {
    const TRACE: (f64, f64) = (0.02, 0.09);
    const FULL: (f64, f64) = (0.55, 0.85);
    let unsure = |(mark, m): (&MarkReading, &Measured)| {
        let full = mark.state == MarkState::Filled && m.ink > FULL.0 && m.coverage > FULL.1;
        unlearned.contains(&mark.label) && !full
    };
    let column = |i: usize| field.marks[i].column.filter(|_| field.kind == "id_grid");
    let trace = |i: usize| {
        let alone = (0..measured.len()).all(|o| column(o) != column(i) || field.marks[o].probability < 0.5);
        alone && measured[i].ink > TRACE.0 && measured[i].darkest > TRACE.1
    };
    field.marks.iter().zip(measured).any(unsure) || (0..measured.len()).any(trace)
}

/// A matrícula of fewer digits than the grid has columns leaves some of them empty at one end: what is filled in one
/// piece is its value. A gap within is not.
fn digits_together(field: &Field, mut reading: FieldReading) -> FieldReading {
    if let (FieldKind::IdGrid { .. }, Some(value)) = (&field.kind, &reading.value) {
        let digits = value.trim_matches('-');
        if reading.status == FieldStatus::Invalid && !digits.contains('-') {
            reading.status = FieldStatus::Answered;
        }
        reading.value = Some(digits.to_owned());
    }
    reading
}

/// What a person must see although all fields were read.
fn contradictions(code: &Code, reading: &PageReading) -> Option<Issue> {
    let grid = reading.fields.iter().find(|f| f.kind == "id_grid");
    let pupil = grid.is_some_and(|f| f.status == FieldStatus::Answered);
    (code.operation == Operation::Loose && !pupil).then(|| {
        Issue::new("pupil_unknown", "a loose sheet whose matrícula could not be read: nothing else says whose it is")
    })
}
