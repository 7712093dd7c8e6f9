//! From bytes to answers.
//!
//! ```text
//! files -> pages -> registered -> identified -> refined -> marks -> fields -> reading
//! ```
//!
//! The frame comes before identity: tags are at the same places on every native sheet, so a page is registered before
//! anything is known of it, its code is sampled at its known place, and what the code says selects the layout. Bad paper
//! is data: a spoiled page gives a reading with issues, never an error.

pub mod batch;
pub mod calibration;
pub mod decision;
pub mod fields;
pub mod identify;
pub mod layouts;
mod lize;
pub mod marks;
pub mod pages;
pub mod policy;
pub mod refine;
pub mod register;
pub mod result;
mod several;
pub mod template;
pub mod warp;

use crate::limits::Limits;
use crate::raster::{Gray, Partial};
use crate::sheet::frame::{Area, PageFormat};
use crate::sheet::{Field, Identity, Layout, LayoutPage, SheetKey};
use crate::units::{Homography, Mm, Point, Px};
use identify::{Ask, Attempt, Identified, Verdict};
use layouts::Layouts;
use marks::Measured;
use pages::PageRef;
use policy::Policy;
use refine::Refined;
use register::{Registration, Unregistered};
use result::{
    FieldReading, FieldStatus, IdentifiedBy, Issue, Outcome, PageReading, RegistrationReport, SheetRef, Source,
};
use std::sync::Arc;
use std::time::Instant;

/// An identity from elsewhere, and from whom.
type Told = Option<(Identity, IdentifiedBy)>;

/// All that reading native sheets needs to know.
pub struct Reader {
    pub layouts: Layouts,
    pub key: SheetKey,
    pub policy: Policy,
}

/// What the reader saw on its way, for the explained picture.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    pub registration: Option<Registration>,
    pub identified: Option<Identified>,
    /// What OCR can be asked of a page that was registered and not identified.
    pub ask: Option<Ask>,
    pub layout: Option<Arc<Layout>>,
    pub page: Option<u16>,
    pub refined: Option<Refined>,
    /// For each field of the page, each of its bubbles.
    pub measured: Vec<Vec<Measured>>,
}

/// Fewer anchors than this part, and the marks are not believed: torn off, folded over, or another sheet altogether.
const FEWEST_ANCHORS: f64 = 0.5;
/// Under this resolution people are told to scan at 200 dpi. What is measured of a scan at 150 dpi is a little more or less.
const LOW_DPI: f64 = 140.0;

/// What the reader saw, with the picture that it saw it in.
#[derive(Clone, Debug, Default)]
pub struct PageTrace {
    pub picture: Option<pages::Picture<Partial>>,
    pub trace: Trace,
}

impl PageTrace {
    /// How it was tried to identify the page.
    pub fn attempts(&self) -> &[Attempt] {
        self.trace.identified.as_ref().map_or(&[], |i| &i.attempts)
    }
}

impl Reader {
    /// Decodes and reads one page. A page that can't be decoded is a reading that says why.
    pub fn read_page(&self, page: &PageRef, limits: &Limits) -> (PageReading, PageTrace) {
        self.read_told(page, limits, None)
    }

    /// Reads a page once more, with what OCR ([`Ask`]) or a person says that its printed code is. A text that is no code
    /// of ours changes nothing.
    pub fn read_answered(
        &self,
        page: &PageRef,
        limits: &Limits,
        answer: &str,
        by: IdentifiedBy,
    ) -> (PageReading, PageTrace) {
        let told = identify::answered(answer, self.known()).map(|identity| (identity, by));
        self.read_told(page, limits, told)
    }

    fn read_told(&self, page: &PageRef, limits: &Limits, told: Told) -> (PageReading, PageTrace) {
        let begun = Instant::now();
        let mut picture = match page.decode_partly(limits) {
            Ok(picture) => picture,
            Err(error) => {
                let mut reading = PageReading::new(page.source.clone(), Outcome::Error);
                reading.issues.push(Issue::new(error.code(), error.to_string()));
                reading.timings_ms.total = ms(begun);
                return (reading, PageTrace::default());
            }
        };
        let decode = ms(begun);
        let (mut reading, trace) = self.read_as(&mut picture.gray, page.source.clone(), told);
        for note in &picture.notes {
            reading.issues.push(Issue::new(note.code(), note.detail()));
            if matches!(note, pages::Note::Truncated { .. }) && reading.outcome == Outcome::Read {
                reading.outcome = Outcome::Review;
            }
        }
        reading.timings_ms.decode = decode;
        reading.timings_ms.total = ms(begun);
        (reading, PageTrace { picture: Some(picture), trace })
    }

    /// Reads one picture.
    pub fn read(&self, picture: &mut Partial, source: Source) -> (PageReading, Trace) {
        self.read_as(picture, source, None)
    }

    fn read_as(&self, picture: &mut Partial, source: Source, told: Told) -> (PageReading, Trace) {
        let begun = Instant::now();
        let mut trace = Trace::default();
        let mut reading = PageReading::new(source, Outcome::Foreign);
        self.fill(picture, &mut reading, &mut trace, told);
        reading.timings_ms.total = ms(begun);
        (reading, trace)
    }

    fn fill(&self, picture: &mut Partial, reading: &mut PageReading, trace: &mut Trace, told: Told) {
        let clock = Instant::now();
        let filling = register::register_filling(picture);
        reading.timings_ms.register = ms(clock);
        // Most pages without our tags are Lize's, and those are found sooner than that there are none of ours.
        if filling.as_ref().is_err_and(|u| !u.is_empty())
            && lize::read(picture, &self.layouts, &self.policy, reading, trace)
        {
            return;
        }
        let clock = Instant::now();
        let registered = filling.or_else(|_| register::register(picture));
        reading.timings_ms.register += ms(clock);

        let clock = Instant::now();
        let (registered, mut identified) = match registered {
            Ok(r) => {
                let identified = identify::identify(picture, &r, self.known());
                (Ok(r), identified)
            }
            Err(unregistered) if unregistered.is_empty() => {
                (Err(unregistered), Identified { attempts: Vec::new(), verdict: Verdict::Nothing })
            }
            Err(unregistered) => self.identify_first(picture, unregistered),
        };
        // What was read here is believed before what OCR says; a person has the paper before their eyes.
        let nothing = matches!(identified.verdict, Verdict::Nothing | Verdict::NotOurs);
        if let Some((identity, by)) = told.filter(|(_, by)| nothing || *by == IdentifiedBy::Person) {
            identified.verdict = Verdict::Known(identity, by);
        }
        reading.timings_ms.identify = ms(clock);
        trace.identified = Some(identified.clone());

        let mut registration = match registered {
            Ok(r) => r,
            Err(unregistered) => return unregistered_outcome(reading, &unregistered, &identified.verdict),
        };
        if let Some(issue) = several::mixed(&registration) {
            reading.outcome = Outcome::Unidentified;
            reading.issues.push(issue);
            return;
        }
        if let Some(format) = self.format_of(&identified.verdict)
            && format != registration.format
            && let Ok(better) = register::register_among(picture, &[format])
        {
            registration = better;
        }
        reading.registration = Some(report(&registration));
        trace.registration = Some(registration.clone());
        if registration.dpi() < LOW_DPI {
            let detail = format!("{:.0} dpi; 200 is advised", registration.dpi());
            reading.issues.push(Issue::new("low_resolution", detail));
        }

        if matches!(identified.verdict, Verdict::Nothing | Verdict::NotOurs) {
            trace.ask = Some(Ask::of(picture, &registration));
        }
        let Some((identity, layout)) = self.layout(reading, identified.verdict) else { return };
        let Some(page) = layout.page(identity.page) else {
            reading.outcome = Outcome::Unidentified;
            let detail =
                format!("the layout has {} pages, the code says page {}", layout.content.pages.len(), identity.page);
            reading.issues.push(Issue::new("no_such_page", detail));
            return;
        };
        trace.layout = Some(layout.clone());
        trace.page = Some(identity.page);

        let clock = Instant::now();
        let refined = refine::refine(picture, &registration, page);
        let measured = marks::measure(picture, &refined.warp, &page.fields, registration.black);
        let usual = marks::Usual::of(&measured);
        let decide = |(f, m): (&Field, &Vec<Measured>)| {
            if f.bubbles.is_empty() {
                let caption_mm = layout.content.text.caption_mm() + 0.5;
                fields::decide_writing(f, marks::writing(picture, &refined.warp, f, caption_mm, registration.black))
            } else {
                fields::decide(f, m, usual, &self.policy)
            }
        };
        reading.fields = page.fields.iter().zip(&measured).map(decide).collect();
        reading.timings_ms.marks = ms(clock);
        for (f, reading) in page.fields.iter().zip(&mut reading.fields) {
            if !refined.bears_out(&f.area) {
                doubt(reading);
            }
        }
        if refined.seen() < FEWEST_ANCHORS {
            let detail = format!("{:.0} % of the marks among the fields were found", 100.0 * refined.seen());
            reading.issues.push(Issue::new("unsure_registration", detail));
            reading.fields.iter_mut().for_each(doubt);
        }
        if let Some(issue) = missing(page, &refined, picture.gray()) {
            reading.issues.push(issue);
        }
        trace.refined = Some(refined);
        trace.measured = measured;
        let doubtful = reading.fields.iter().any(|f| f.status == FieldStatus::Doubtful);
        reading.outcome = if doubtful { Outcome::Review } else { Outcome::Read };
        if let Some(issue) = several::another(picture, &registration, self.known()) {
            reading.review(issue);
        }
    }

    /// Without enough marks, the code comes first and says where to look for the marks.
    fn identify_first(
        &self,
        picture: &mut Partial,
        unregistered: Unregistered,
    ) -> (Result<Registration, Unregistered>, Identified) {
        let (identified, rough) = identify::identify_anywhere(picture, &self.key);
        let found = rough
            .iter()
            .filter(|(format, _)| self.format_of(&identified.verdict).is_none_or(|f| f == *format))
            .find_map(|(format, map): &(PageFormat, Homography<Mm, Px>)| {
                register::register_near(picture, map, *format)
            });
        (found.ok_or(unregistered), identified)
    }

    /// What texts on paper, and OCR's answers, are held against.
    pub fn known(&self) -> identify::Known<'_> {
        identify::Known { key: &self.key, layouts: &self.layouts }
    }

    fn format_of(&self, verdict: &Verdict) -> Option<PageFormat> {
        match verdict {
            Verdict::Known(identity, _) => Some(self.layouts.get(&identity.layout)?.content.format),
            _ => None,
        }
    }

    /// The layout that the code names; says in the reading why there is none.
    fn layout(&self, reading: &mut PageReading, verdict: Verdict) -> Option<(Identity, Arc<Layout>)> {
        reading.outcome = Outcome::Unidentified;
        let (identity, by) = match verdict {
            Verdict::Known(identity, by) => (identity, by),
            Verdict::WrongMac => {
                reading.issues.push(wrong_mac());
                return None;
            }
            Verdict::Disagree => {
                let detail = "the QR and the backup code name different sheets; look which one was stuck on";
                reading.issues.push(Issue::new("codes_disagree", detail));
                return None;
            }
            Verdict::NotOurs | Verdict::Nothing => {
                let detail = "the page has our registration marks, but none of its codes could be read";
                reading.issues.push(Issue::new("code_unreadable", detail));
                return None;
            }
        };
        reading.identified_by = Some(by);
        reading.sheet = Some(self.sheet(&identity));
        match self.layouts.get(&identity.layout) {
            Some(layout) => Some((identity, layout.clone())),
            None => {
                let detail = format!("layout {} is not among the layouts given", identity.layout);
                reading.issues.push(Issue::new("unknown_layout", detail));
                None
            }
        }
    }

    fn sheet(&self, identity: &Identity) -> SheetRef {
        SheetRef {
            id: Some(identity.sheet.to_string()),
            page: Some(identity.page),
            layout: Some(identity.layout.to_string()),
            student: self.layouts.student(identity.sheet.as_str()).map(str::to_owned),
            operation: Some("S".to_owned()),
            model: None,
            version: self.layouts.version(identity.sheet.as_str()),
        }
    }
}

/// Fields that are not wholly in the picture: torn off, or not scanned.
fn missing(page: &LayoutPage, refined: &Refined, picture: &Gray) -> Option<Issue> {
    let seen = |x: f64, y: f64| picture.contains(refined.warp.to_picture(Point::new(x, y)));
    let cut = |a: &Area| {
        ![(a.x, a.y), (a.right(), a.y), (a.x, a.bottom()), (a.right(), a.bottom())].iter().all(|c| seen(c.0, c.1))
    };
    let cut: Vec<&str> = page.fields.iter().filter(|f| cut(&f.area)).map(|f| f.id.as_str()).collect();
    let (first, last) = (cut.first()?, cut.last()?);
    let detail =
        format!("{} of {} fields are not wholly in the picture, {first} to {last}", cut.len(), page.fields.len());
    Some(Issue::new("part_missing", detail))
}

fn doubt(reading: &mut FieldReading) {
    reading.status = FieldStatus::Doubtful;
    reading.confidence = reading.confidence.min(0.5);
}

fn wrong_mac() -> Issue {
    Issue::new("wrong_mac", "the code's check does not hold: printed under another key, or altered")
}

fn unregistered_outcome(reading: &mut PageReading, unregistered: &Unregistered, verdict: &Verdict) {
    let (outcome, issue) = match verdict {
        Verdict::Known(..) => {
            let detail = "the code was read, but too few registration marks were found to read the bubbles";
            (Outcome::Unidentified, Issue::new("not_registered", detail))
        }
        Verdict::WrongMac => (Outcome::Unidentified, wrong_mac()),
        Verdict::Nothing | Verdict::NotOurs | Verdict::Disagree if unregistered.tags_seen > 0 => {
            let detail = format!("only {} registration marks were found; 3 are needed", unregistered.tags_seen);
            (Outcome::Unidentified, Issue::new("too_few_marks", detail))
        }
        Verdict::Nothing if unregistered.is_empty() => {
            (Outcome::Blank, Issue::new("blank_page", "there is nothing on the page"))
        }
        Verdict::Nothing | Verdict::NotOurs | Verdict::Disagree => {
            (Outcome::Foreign, Issue::new("foreign_page", "the page has neither our marks nor our codes"))
        }
    };
    reading.outcome = outcome;
    reading.issues.push(issue);
    if let Verdict::Known(identity, by) = verdict {
        reading.identified_by = Some(*by);
        reading.sheet = Some(SheetRef {
            id: Some(identity.sheet.to_string()),
            page: Some(identity.page),
            layout: Some(identity.layout.to_string()),
            student: None,
            operation: Some("S".to_owned()),
            model: None,
            version: None,
        });
    }
}

fn report(r: &Registration) -> RegistrationReport {
    RegistrationReport {
        rotation: r.rotation(),
        mirrored: r.mirrored,
        dpi: r.dpi(),
        residual_mm: r.residual_mm,
        marks: r.marks.len(),
    }
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// How a page was identified, as counts by name.
pub fn by_name(by: Option<IdentifiedBy>) -> &'static str {
    match by {
        Some(IdentifiedBy::Qr) => "qr",
        Some(IdentifiedBy::Backup) => "backup",
        Some(IdentifiedBy::PrintedCode) => "printed_code",
        Some(IdentifiedBy::Vision) => "vision",
        Some(IdentifiedBy::Roster) => "roster",
        Some(IdentifiedBy::Person) => "person",
        None => "none",
    }
}

#[cfg(test)]
mod paper;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::place::{Order, place, tests::specs};
    use crate::units::Point;
    use serde_json::json;

    fn layout(format: PageFormat) -> Layout {
        let fields = specs(json!([
            {"type": "id_grid", "id": "matricula", "digits": 6},
            {"type": "choice", "id": "q{n}", "count": 30, "labels": "ABCDE"},
        ]));
        place(&Order::new(format), &fields).unwrap()
    }

    fn reader(layout: &Layout) -> (Reader, Identity) {
        let key = SheetKey::new("test");
        let identity = Identity { sheet: key.sheet_id("a", "s", 0), page: 1, layout: layout.id.clone() };
        (Reader { layouts: Layouts::from_layouts([layout.clone()]), key, policy: Policy::default() }, identity)
    }

    fn source() -> Source {
        Source { file: "page".into(), page: 1 }
    }

    /// Mark bubble `i % n` of field `i`: digit rows for the grid, one alternative for a question.
    fn marks(layout: &Layout) -> impl Fn(usize, usize) -> f64 {
        let fields = layout.content.pages[0].fields.clone();
        move |i, j| {
            let b = &fields[i].bubbles[j];
            let wanted = match (b.row, b.column) {
                (Some(row), Some(column)) => row == (column + 3) % 10,
                _ => j == i % fields[i].bubbles.len(),
            };
            f64::from(u8::from(wanted))
        }
    }

    fn check(reading: &PageReading, layout: &Layout) {
        assert_eq!(reading.outcome, Outcome::Read, "{:?} {:?}", reading.issues, reading.registration);
        for (i, (f, spec)) in reading.fields.iter().zip(&layout.content.pages[0].fields).enumerate() {
            let expected = if f.id == "matricula" {
                "345678".to_owned()
            } else {
                spec.bubbles[i % spec.bubbles.len()].label.clone()
            };
            assert_eq!(f.value.as_deref(), Some(expected.as_str()), "{}", f.id);
        }
    }

    #[test]
    fn a_page_reads_back_from_all_eight_sides_in_every_format() {
        for (format, s) in PageFormat::ALL.into_iter().zip([5.0, 6.0, 4.0, 4.5]) {
            let layout = layout(format);
            let (reader, identity) = reader(&layout);
            let page = &layout.content.pages[0];
            let (w, h) = format.size_mm();
            for lie in 0..8 {
                // Turned by quarters, and for the upper four mirrored first.
                let flip: Homography<Mm, Mm> = match lie / 4 {
                    0 => Homography::identity(),
                    _ => Homography::new([-1.0, 0.0, w, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]),
                };
                let (turn, size) = match lie % 4 {
                    0 => ([s, 0.0, 0.0, 0.0, s, 0.0, 0.0, 0.0, 1.0], (w, h)),
                    1 => ([0.0, -s, s * h, s, 0.0, 0.0, 0.0, 0.0, 1.0], (h, w)),
                    2 => ([-s, 0.0, s * w, 0.0, -s, s * h, 0.0, 0.0, 1.0], (w, h)),
                    _ => ([0.0, s, 0.0, -s, 0.0, s * w, 0.0, 0.0, 1.0], (h, w)),
                };
                let map = flip.then(&Homography::new(turn));
                let size = ((size.0 * s) as usize, (size.1 * s) as usize);
                let picture = paper::draw(page, &identity, &reader.key, size, &map, &marks(&layout));
                let (reading, _) = reader.read(&mut Partial::whole(picture), source());
                check(&reading, &layout);
                let r = reading.registration.unwrap();
                assert_eq!((r.rotation, r.mirrored), ([0, 90, 180, 270][lie % 4], lie >= 4));
                assert!((r.dpi - s * 25.4).abs() < 0.5 && r.residual_mm < 0.05 && r.marks == 8, "{r:?}");
                assert_eq!(reading.identified_by, Some(IdentifiedBy::Qr));
            }
        }
    }

    #[test]
    fn any_two_marks_lost_leave_a_page_readable() {
        let layout = layout(PageFormat::A4);
        let (reader, identity) = reader(&layout);
        let page = &layout.content.pages[0];
        let s = 6.0;
        let map = Homography::new([s, 0.02, 3.0, -0.02, s, 9.0, 0.0, 0.0, 1.0]);
        let whole = paper::draw(page, &identity, &reader.key, (1275, 1800), &map, &marks(&layout));
        for a in 0..8 {
            for b in 0..a {
                let mut picture = whole.clone();
                for lost in [a, b] {
                    let c = map.apply(Point::new(page.fiducials[lost].x, page.fiducials[lost].y));
                    for y in (c.y - 22.0) as usize..(c.y + 22.0) as usize {
                        picture.row_mut(y)[(c.x - 22.0) as usize..(c.x + 22.0) as usize].fill(235);
                    }
                }
                let (reading, _) = reader.read(&mut Partial::whole(picture), source());
                check(&reading, &layout);
                assert_eq!(reading.registration.as_ref().unwrap().marks, 6);
            }
        }
    }

    #[test]
    fn a_field_without_the_anchors_around_it_is_doubtful() {
        let layout = layout(PageFormat::A4);
        let (reader, identity) = reader(&layout);
        let map = Homography::new([6.0, 0.0, 0.0, 0.0, 6.0, 0.0, 0.0, 0.0, 1.0]);
        let mut printed = layout.content.pages[0].clone();
        let last = printed.fields.last().unwrap().clone();
        let distance = |a: &crate::sheet::layout::Anchor| (a.x - last.area.x).hypot(a.y - last.area.y);
        printed.anchors.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
        printed.anchors.drain(..3);
        let picture = paper::draw(&printed, &identity, &reader.key, (1260, 1782), &map, &marks(&layout));
        let (reading, _) = reader.read(&mut Partial::whole(picture), source());
        assert_eq!(reading.outcome, Outcome::Review);
        let status = |id: &str| reading.fields.iter().find(|f| f.id == id).unwrap().status;
        assert_eq!((status(&last.id), status("q1")), (FieldStatus::Doubtful, FieldStatus::Answered));
    }

    #[test]
    fn empty_and_strange_pages_have_no_answers() {
        let (reader, _) = reader(&layout(PageFormat::A4));
        let mut rng = fastrand::Rng::with_seed(1);
        let blank = Gray::from_vec(800, 1100, (0..800 * 1100).map(|_| rng.u8(225..245)).collect());
        let (reading, _) = reader.read(&mut Partial::whole(blank.clone()), source());
        assert_eq!((reading.outcome, reading.fields.len()), (Outcome::Blank, 0));
        let mut strange = blank.clone();
        for y in (100..1000).step_by(24) {
            for x in (80..700).step_by(17) {
                for dy in 0..9 {
                    strange.row_mut(y + dy)[x..x + 8 + (x + y) % 5].fill(30);
                }
            }
        }
        let (reading, _) = reader.read(&mut Partial::whole(strange), source());
        assert_eq!((reading.outcome, reading.fields.len()), (Outcome::Foreign, 0));
    }

    #[test]
    fn another_key_is_no_identity() {
        let layout = layout(PageFormat::A4);
        let (mut reader, identity) = reader(&layout);
        let map = Homography::new([6.0, 0.0, 0.0, 0.0, 6.0, 0.0, 0.0, 0.0, 1.0]);
        let page = &layout.content.pages[0];
        let picture = paper::draw(page, &identity, &reader.key, (1260, 1782), &map, &marks(&layout));
        reader.key = SheetKey::new("another");
        let (reading, _) = reader.read(&mut Partial::whole(picture), source());
        assert_eq!((reading.outcome, reading.fields.len()), (Outcome::Unidentified, 0));
        assert_eq!(reading.issues[0].code, "wrong_mac");
    }

    #[test]
    fn full_and_empty_pages_are_what_they_are() {
        let layout = layout(PageFormat::A4);
        let (reader, identity) = reader(&layout);
        let map = Homography::new([6.0, 0.0, 0.0, 0.0, 6.0, 0.0, 0.0, 0.0, 1.0]);
        let page = &layout.content.pages[0];
        for (full, status) in [(1.0, FieldStatus::Multiple), (0.0, FieldStatus::Blank), (0.5, FieldStatus::Doubtful)] {
            let picture = paper::draw(page, &identity, &reader.key, (1260, 1782), &map, &|_, _| full);
            let (reading, _) = reader.read(&mut Partial::whole(picture), source());
            for f in &reading.fields {
                assert_eq!(f.status, status, "{} at {full}: {:?}", f.id, f.marks[0]);
            }
        }
    }
}
