//! What the reader saw on its way to a reading, as it is drawn: plain places, whatever kind of sheet it was.

use crate::read;
use crate::read::identify::{Attempt, Identified};
use crate::read::result::FieldReading;
use crate::read::template::{Placed, PlacedBubble};
use crate::read::warp::Warp;
use crate::sheet::frame::Area;
use crate::sheet::{Bubble, Field, FieldKind, Layout, LayoutPage};
use crate::units::{Homography, Mm, Point, Px};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    pub marks: Vec<MarkTrace>,
    pub codes: Vec<CodeTrace>,
    pub anchors: Vec<AnchorTrace>,
    /// Half-axes of the ellipse sampled in a bubble, as a share of the bubble's own. 0 where none was sampled.
    pub window: f64,
}

/// A registration mark: where it is on the paper and where it was found, if it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarkTrace {
    pub expected: Point<Mm>,
    pub found: Option<Point<Px>>,
    /// Whether it counted for the registration.
    pub ok: bool,
}

/// A window in which a code was looked for, its corners in order around it.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeTrace {
    pub name: String,
    pub corners: [Point<Px>; 4],
    pub decoded: bool,
}

/// A small square on which registration was refined.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnchorTrace {
    pub expected: Point<Mm>,
    pub found: Option<Point<Px>>,
}

/// The part of a bubble that [`crate::read::marks`] samples for its ink.
const WINDOW: f64 = 0.8;

impl Trace {
    pub fn of(seen: &read::Trace) -> Self {
        let mut trace = Trace::default();
        if let Some(r) = &seen.registration {
            for fiducial in &r.frame.fiducials {
                let found = r.marks.iter().find(|m| m.fiducial.tag == fiducial.tag).map(|m| m.found);
                let expected = Point::new(fiducial.x, fiducial.y);
                trace.marks.push(MarkTrace { expected, found, ok: found.is_some() });
            }
        }
        if let Some(identified) = &seen.identified {
            trace.codes = codes(identified);
        }
        if let Some(refined) = &seen.refined {
            trace.anchors = refined.anchors.iter().map(|a| AnchorTrace { expected: a.at, found: a.found }).collect();
            trace.window = WINDOW;
        }
        trace
    }
}

/// The finest map from paper to picture that the reader had.
pub fn warp_of(seen: &read::Trace) -> Option<Warp> {
    let refined = seen.refined.as_ref().map(|r| r.warp.clone());
    refined.or_else(|| seen.registration.as_ref().map(|r| Warp::new(r.sheet_to_picture)))
}

pub fn page_of(seen: &read::Trace) -> Option<&LayoutPage> {
    let layout: &Layout = seen.layout.as_deref()?;
    layout.page(seen.page?)
}

/// The fields of a template's sheet as a page of a layout, so that they are drawn like ours.
pub fn of_template(placed: &Placed, fields: &[FieldReading]) -> (Warp, LayoutPage) {
    let warp = Warp::new(placed.warp.base);
    let back = warp.base.inverse().unwrap_or_else(Homography::identity);
    let field = |(reading, bubbles): (&FieldReading, &Vec<PlacedBubble>)| {
        let bubbles: Vec<Bubble> = bubbles
            .iter()
            .zip(&reading.marks)
            .map(|(b, mark)| {
                let at = back.apply(b.centre);
                let scale = warp.px_per_mm(at).max(1e-9);
                let half = |(x, y): (f64, f64)| x.hypot(y) / scale;
                let (rx, ry) = (half(b.along_x), half(b.along_y));
                Bubble { label: mark.label.clone(), x: at.x, y: at.y, rx, ry, row: mark.row, column: mark.column }
            })
            .collect();
        let edge = |f: fn(&Bubble) -> f64, pick: fn(f64, f64) -> f64| bubbles.iter().map(f).reduce(pick).unwrap_or(0.0);
        let (x, y) = (edge(|b| b.x - b.rx, f64::min), edge(|b| b.y - b.ry, f64::min));
        let (right, bottom) = (edge(|b| b.x + b.rx, f64::max), edge(|b| b.y + b.ry, f64::max));
        Field {
            id: reading.id.clone(),
            kind: FieldKind::Choice { labels: Vec::new(), multiple: true },
            caption: reading.id.clone(),
            area: Area::new(x, y, right - x, bottom - y),
            bubbles,
        }
    };
    let page = LayoutPage {
        number: 1,
        fields: fields.iter().zip(&placed.fields).map(field).collect(),
        ..LayoutPage::default()
    };
    (warp, page)
}

/// One window a code: of the attempt that read it, or else of the last.
fn codes(identified: &Identified) -> Vec<CodeTrace> {
    let mut codes: Vec<CodeTrace> = Vec::new();
    for Attempt { stage, corners, decoded, .. } in &identified.attempts {
        let Some(corners) = *corners else { continue };
        let names = [("backup", "código reserva"), ("printed", "código impresso"), ("", "QR")];
        let name = names.iter().find(|n| stage.starts_with(n.0)).map_or("", |n| n.1);
        let code = CodeTrace { name: name.to_owned(), corners, decoded: *decoded };
        match codes.iter_mut().find(|c| c.name == name) {
            Some(earlier) if earlier.decoded => {}
            Some(earlier) => *earlier = code,
            None => codes.push(code),
        }
    }
    codes
}
