//! Sheets that are not ours, described by a template: in our notation ([`native`]) or that of OMRChecker ([`omrchecker`]).
//!
//! picture → candidates for the page ([`outline`], [`hough`], [`sides`], [`markers`], [`reference`]) → the hypothesis that the print bears out
//! ([`evidence`], [`register`]) → every block's own place ([`refine`], [`neighbours`]) → darkness of bubbles ([`marks`]) → fields
//! ([`baseline`], [`decide`]). A page that the print does not bear out yields no answers.

mod baseline;
mod behind;
mod config;
mod decide;
pub mod evaluation;
mod evidence;
pub mod format;
mod hough;
mod labels;
mod legacy;
mod levels;
mod markers;
mod marks;
pub mod native;
mod neighbours;
mod omrchecker;
mod outline;
mod outputs;
mod parts;
mod picture;
mod rectify;
mod reference;
mod refine;
mod register;
mod sides;
mod skew;
mod steps;

pub use format::{Template, TemplateError};

use super::identify::general;
use super::pages::contain::contain;
use super::result::{FieldReading, FieldStatus, Issue, Outcome, RegistrationReport};
use super::warp::{Shift, Warp};
use crate::raster::gray::Gray;
use crate::sheet::frame::Area;
use crate::units::{Homography, MM_PER_INCH, Mm, Point, Px};
pub use register::By;
use register::Registered;

/// Bubbles of fewer pixels across are all said to be doubtful.
const SMALLEST_BUBBLE_PX: f64 = 3.5;
const SMALLEST_PICTURE_PX: usize = 64;
/// Templates need not have millimetres: a page is then taken to be as wide as A4's shorter side, or its longer one.
const A4_MM: (f64, f64) = (210.0, 297.0);

#[derive(Clone, Debug)]
pub struct TemplateReading {
    pub outcome: Outcome,
    pub registration: Option<RegistrationReport>,
    /// What the code at the template's place says.
    pub code: Option<String>,
    /// Where the template was laid, and by what; where the page was not recognised, what came nearest.
    pub laid: Option<(Homography<Mm, Px>, By)>,
    /// Where things are in the picture; none where the page was not recognised.
    pub placed: Option<Placed>,
    pub fields: Vec<FieldReading>,
    pub issues: Vec<Issue>,
}

/// Where a template's bubbles are in a picture.
#[derive(Clone, Debug)]
pub struct Placed {
    /// From template units to pixels.
    pub warp: Warp,
    /// One for each field that is reported, its marks in the same order.
    pub fields: Vec<Vec<PlacedBubble>>,
}

/// A bubble's centre and half axes: the picture's displacement for one half axis along the template's x, and its y.
#[derive(Clone, Copy, Debug)]
pub struct PlacedBubble {
    pub centre: Point<Px>,
    pub along_x: (f64, f64),
    pub along_y: (f64, f64),
}

pub fn read(gray: &Gray, template: &Template) -> TemplateReading {
    let nothing = |outcome, issue| TemplateReading {
        outcome,
        registration: None,
        code: None,
        laid: None,
        placed: None,
        fields: Vec::new(),
        issues: vec![issue],
    };
    if gray.width.min(gray.height) < SMALLEST_PICTURE_PX {
        let detail = format!("{} × {} pixels are too few for a sheet", gray.width, gray.height);
        return nothing(Outcome::Unidentified, Issue::new("low_resolution", detail));
    }
    let pyramid = rectify::Pyramid::new(gray);
    let found = match register::register(&pyramid, template) {
        Ok(found) => found,
        Err(refusal) => {
            let reading = nothing(refusal.outcome, Issue::new(refusal.code, refusal.detail));
            return TemplateReading { laid: refusal.nearest.map(|n| *n), ..reading };
        }
    };
    let placed = place(template, &found);
    let mut issues = Vec::new();
    let bubble_px = smallest_bubble_px(template, &placed.warp);
    let too_small = bubble_px < SMALLEST_BUBBLE_PX;
    if too_small {
        let detail = format!("bubbles are {bubble_px:.1} pixels across; at least 8 are advised");
        issues.push(Issue::new("low_resolution", detail));
    }
    for (i, block) in template.blocks.iter().enumerate() {
        if found.astray[i] {
            issues.push(Issue::new("block_displaced", format!("{}: not where the other blocks say", block.name)));
        } else if found.unsure[i] {
            issues.push(Issue::new("block_displaced", format!("{}: may be a row or a column off", block.name)));
        }
    }
    let fields = decide::decide(template, &found, too_small);
    let doubtful = fields.iter().filter(|f| f.status == FieldStatus::Doubtful).count();
    if doubtful > 0 {
        issues.push(Issue::new("doubtful_fields", format!("{doubtful} of {} fields are doubtful", fields.len())));
    }
    if template.review_multiple {
        let multiple = fields.iter().filter(|f| f.status == FieldStatus::Multiple).count();
        if multiple > 0 {
            issues.push(Issue::new("multiple_marks", format!("{multiple} of {} fields have several", fields.len())));
        }
    }
    let code = template.code.and_then(|area| read_code(&pyramid, &found.map, area));
    if template.code.is_some() && code.is_none() {
        issues.push(Issue::new("code_unreadable", "nothing could be read at the code's place"));
    }
    let outcome = if issues.is_empty() { Outcome::Read } else { Outcome::Review };
    let registration = Some(report(template, &found, &placed.warp));
    let laid = Some((found.map, found.by));
    TemplateReading { outcome, registration, code, laid, placed: Some(placed), fields, issues }
}

/// The QR or Data Matrix in a rectangle of the page, seen upright at the picture's own resolution.
fn read_code(pyramid: &rectify::Pyramid, map: &Homography<Mm, Px>, area: Area) -> Option<String> {
    const MOST_PX: f64 = 1500.0;
    let there: Homography<Mm, Mm> = Homography::new([1.0, 0.0, area.x, 0.0, 1.0, area.y, 0.0, 0.0, 1.0]);
    let j = map.jacobian(Point::new(area.x + area.w / 2.0, area.y + area.h / 2.0));
    let scale = (j[0][0] * j[1][1] - j[0][1] * j[1][0]).abs().sqrt().min(MOST_PX / area.w.max(area.h));
    let crop = rectify::rectify(pyramid, &there.then(map), (area.w, area.h), scale);
    // Foreign decoders may panic on what is no code.
    let found = contain("QR", || Ok(general::qr(&crop).or_else(|| general::data_matrix(&crop))));
    found.ok()?.map(|f| f.text)
}

fn place(template: &Template, found: &Registered) -> Placed {
    let mut shifts = Vec::new();
    let mut bubbles: Vec<Vec<PlacedBubble>> = Vec::new();
    let mut reach = f64::MAX;
    for (block, fit) in template.blocks.iter().zip(&found.blocks) {
        reach = reach.min(block.step_x.min(block.step_y));
        let mut displaced = fit.shifts.iter();
        for field in &template.fields[block.fields.clone()] {
            let placed = field.bubbles.iter().zip(&mut displaced).map(|(b, s)| {
                let at = Point::new(b.centre.x + s.0, b.centre.y + s.1);
                let (plain, centre) = (found.map.apply(b.centre), found.map.apply(at));
                shifts.push(Shift { at: b.centre, dx_px: centre.x - plain.x, dy_px: centre.y - plain.y });
                let j = found.map.jacobian(at);
                let along_x = (j[0][0] * block.rx, j[1][0] * block.rx);
                let along_y = (j[0][1] * block.ry, j[1][1] * block.ry);
                PlacedBubble { centre, along_x, along_y }
            });
            bubbles.push(placed.collect());
        }
    }
    let all = |parts: &[usize]| parts.iter().flat_map(|&i| bubbles[i].iter().copied()).collect();
    let fields = template.outputs.iter().map(|output| all(output.parts())).collect();
    Placed { warp: Warp::with_shifts(found.map, shifts, reach), fields }
}

fn smallest_bubble_px(template: &Template, warp: &Warp) -> f64 {
    let size = |b: &format::Block| {
        let first = template.fields.get(b.fields.start).and_then(|f| f.bubbles.first());
        first.map_or(0.0, |f| 2.0 * b.rx.min(b.ry) * warp.px_per_mm(f.centre))
    };
    template.blocks.iter().map(size).fold(f64::MAX, f64::min)
}

fn report(template: &Template, found: &Registered, warp: &Warp) -> RegistrationReport {
    let a4_mm = if template.width <= template.height { A4_MM.0 } else { A4_MM.1 };
    let mm_per_unit = template.width_mm.unwrap_or(a4_mm) / template.width;
    let middle = Point::new(template.width / 2.0, template.height / 2.0);
    let (squares, witnesses) = found
        .blocks
        .iter()
        .fold((0.0, 0), |s, b| (s.0 + b.residual * b.residual * b.witnesses as f64, s.1 + b.witnesses));
    RegistrationReport {
        rotation: found.rotation,
        mirrored: found.mirrored,
        dpi: warp.px_per_mm(middle) / mm_per_unit * MM_PER_INCH,
        residual_mm: (squares / witnesses.max(1) as f64).sqrt() * mm_per_unit,
        marks: witnesses,
    }
}
