//! From questions to places: a pure function.
//!
//! Fields become blocks, and blocks are packed onto pages (`pack`); neighbouring one-row fields of one shape (choices,
//! somatórias) are a run, broken into columns. Looser spacings are tried before tighter ones, and one page before two.

use super::block::{self, Block, Measures};
use super::field::FieldSpec;
use super::frame::{Area, EDITION, Frame, PageFormat, TextSize};
use super::identity::MAX_PAGE;
use super::layout::{Anchor, Layout, LayoutContent, LayoutPage, PageSize, rounded};
use super::pack::{Page, Put, Style};

/// What kind of sheet is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Order {
    pub format: PageFormat,
    pub text: TextSize,
    /// A sheet is one leaf, two pages, where nothing else is said.
    pub max_pages: u16,
}

impl Order {
    pub fn new(format: PageFormat) -> Self {
        Order { format, text: TextSize::Normal, max_pages: 2 }
    }
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PlaceError {
    #[error(
        "the field “{field}” needs {needs_w:.0} × {needs_h:.0} mm, but a page {format} has {has_w:.0} × {has_h:.0} mm \
         for fields: {over_w:.0} mm too wide, {over_h:.0} mm too high"
    )]
    TooLarge {
        field: String,
        format: &'static str,
        needs_w: f64,
        needs_h: f64,
        has_w: f64,
        has_h: f64,
        over_w: f64,
        over_h: f64,
    },
    #[error(
        "{fields} fields need {needed} pages of {format}, and max_pages allows {allowed}: {left_over} fields from \
         “{first}” on don't fit. Allow more pages, use larger paper, or split the sheet"
    )]
    TooMany { fields: usize, format: &'static str, needed: u16, allowed: u16, left_over: usize, first: String },
    #[error("there is nothing to place: a sheet needs at least one field")]
    Nothing,
}

/// Distance between the rows of bubbles in millimetres, at normal size, from airy to tight.
const ROW_PITCHES: [f64; 4] = [6.2, 5.8, 5.4, 5.2];

/// Places all fields, or says what does not fit and by how much.
pub fn place(order: &Order, specs: &[FieldSpec]) -> Result<Layout, PlaceError> {
    if specs.is_empty() {
        return Err(PlaceError::Nothing);
    }
    let frame = Frame::of(order.format);
    let attempts = [Style::Comfortable, Style::Dense]
        .into_iter()
        .flat_map(|style| ROW_PITCHES.map(|pitch| (Measures::new(order.text, pitch), style)));
    let mut best: Option<Vec<Page>> = None;
    for (measures, style) in attempts {
        let pages = pages(&frame, order.format, blocks(specs, &measures), &measures, style)?;
        let cost = |pages: &[Page]| (pages.len(), pages.iter().map(|p| p.broken).sum::<usize>());
        if best.as_ref().is_none_or(|b| cost(&pages) < cost(b)) {
            best = Some(pages);
        }
        if best.as_ref().is_some_and(|b| cost(b) == (1, 0)) {
            break;
        }
    }
    let pages = best.unwrap_or_default();
    let allowed = order.max_pages.min(MAX_PAGE);
    if pages.len() > usize::from(allowed) {
        let over = &pages[usize::from(allowed)..];
        return Err(PlaceError::TooMany {
            fields: specs.len(),
            format: order.format.name(),
            needed: pages.len() as u16,
            allowed,
            left_over: over.iter().map(Page::len).sum(),
            first: over[0].first().map(|f| f.id.clone()).unwrap_or_default(),
        });
    }
    let pages = pages.into_iter().enumerate().map(|(i, p)| finished(p, i as u16 + 1, &frame)).collect();
    let page = PageSize { width: frame.width, height: frame.height };
    Ok(Layout::new(LayoutContent { edition: EDITION.into(), format: order.format, text: order.text, page, pages }))
}

/// Blocks in printing order: fields about the pupil first, neighbours of one shape gathered into runs.
fn blocks(specs: &[FieldSpec], measures: &Measures) -> Vec<Block> {
    let (leading, others): (Vec<_>, Vec<_>) = specs.iter().partition(|s| s.kind.leads());
    let mut blocks: Vec<Block> = Vec::new();
    for spec in leading.into_iter().chain(others) {
        let block = block::of(spec, measures);
        match (blocks.last_mut(), block) {
            (Some(Block::Rows(run)), Block::Rows(more)) if run.same_shape(&more) => run.join(more),
            (_, block) => blocks.push(block),
        }
    }
    blocks
}

/// Places all blocks on as many pages as they need.
fn pages(
    frame: &Frame,
    format: PageFormat,
    blocks: Vec<Block>,
    measures: &Measures,
    style: Style,
) -> Result<Vec<Page>, PlaceError> {
    let most = frame.content(2);
    let mut pages = vec![Page::new(frame, 1, measures.gap)];
    for block in blocks {
        let mut rest = Some(block);
        while let Some(block) = rest.take() {
            let page = pages.last_mut().expect("there is always a page");
            match page.put(block, style) {
                Put::Whole => {}
                Put::Part(left) => rest = Some(left),
                Put::None(block) => {
                    let (spec, w, h) = block.least();
                    if w > most.w + 1e-6 || h > most.h + 1e-6 {
                        return Err(too_large(spec, w, h, format, &most));
                    }
                    pages.push(Page::new(frame, pages.len() as u16 + 1, measures.gap));
                    rest = Some(block);
                }
            }
        }
    }
    Ok(pages)
}

fn too_large(spec: &FieldSpec, w: f64, h: f64, format: PageFormat, has: &Area) -> PlaceError {
    PlaceError::TooLarge {
        field: spec.id.clone(),
        format: format.name(),
        needs_w: w,
        needs_h: h,
        has_w: has.w,
        has_h: has.h,
        over_w: (w - has.w).max(0.0).ceil(),
        over_h: (h - has.h).max(0.0).ceil(),
    }
}

fn finished(page: Page, number: u16, frame: &Frame) -> LayoutPage {
    let (fields, corners) = page.fields();
    let mut anchors: Vec<Anchor> = Vec::new();
    for (x, y) in corners {
        // Neighbouring blocks share the anchors between them.
        if anchors.iter().all(|a| (a.x - x).hypot(a.y - y) > 7.0) {
            anchors.push(Anchor { x: rounded(x), y: rounded(y), size: block::ANCHOR_SIZE });
        }
    }
    LayoutPage {
        number,
        fiducials: frame.fiducials.to_vec(),
        code: frame.code,
        backup: Some(frame.backup),
        calibration: Some(frame.calibration),
        anchors,
        fields,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::json::Faults;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    pub fn specs(value: Value) -> Vec<FieldSpec> {
        let mut faults = Faults::default();
        let specs = FieldSpec::read_list(value.as_array().unwrap(), "fields", &mut faults);
        assert!(faults.0.is_empty(), "{:?}", faults.0);
        specs
    }

    pub fn choices(count: usize, labels: &str) -> Vec<FieldSpec> {
        specs(json!([{"type": "choice", "id": "q{n}", "count": count, "labels": labels}]))
    }

    /// Every field is there once, inside its page's content, its bubbles inside its box, nothing over anything else.
    fn check(layout: &Layout, specs: &[FieldSpec]) {
        let frame = Frame::of(layout.content.format);
        let mut placed: Vec<&str> = Vec::new();
        for page in &layout.content.pages {
            let content = frame.content(page.number);
            for (i, field) in page.fields.iter().enumerate() {
                assert!(content.holds(&field.area), "{} {:?} leaves {content:?}", field.id, field.area);
                for other in &page.fields[i + 1..] {
                    assert!(!field.area.overlaps(&other.area), "{} overlaps {}", field.id, other.id);
                }
                for (j, b) in field.bubbles.iter().enumerate() {
                    assert!(b.rx >= 1.65 && b.ry >= 1.65, "bubbles are never under 3.3 mm");
                    let around = Area::new(b.x - b.rx, b.y - b.ry, 2.0 * b.rx, 2.0 * b.ry);
                    assert!(field.area.holds(&around), "{} {b:?} leaves {:?}", field.id, field.area);
                    for c in &field.bubbles[j + 1..] {
                        assert!((b.x - c.x).hypot(b.y - c.y) > b.rx + c.rx + 0.9, "{}: {b:?} and {c:?}", field.id);
                    }
                }
                for a in &page.anchors {
                    let square = Area::new(a.x - a.size / 2.0, a.y - a.size / 2.0, a.size, a.size);
                    for b in &field.bubbles {
                        let around = Area::new(b.x - b.rx, b.y - b.ry, 2.0 * b.rx, 2.0 * b.ry);
                        assert!(!square.overlaps(&around), "an anchor touches {} {b:?}", field.id);
                    }
                }
                placed.push(&field.id);
            }
        }
        placed.sort_unstable();
        let mut asked: Vec<&str> = specs.iter().map(|s| s.id.as_str()).collect();
        asked.sort_unstable();
        assert_eq!(placed, asked);
    }

    #[test]
    fn ninety_questions_a_ten_digit_grid_and_a_language_fit_one_a4() {
        let specs = specs(json!([
            {"type": "choice", "id": "q{n}", "count": 90, "labels": "ABCDE"},
            {"type": "id_grid", "id": "matricula", "digits": 10},
            {"type": "language", "id": "lingua"},
        ]));
        let layout = place(&Order::new(PageFormat::A4), &specs).unwrap();
        assert_eq!(layout.content.pages.len(), 1);
        check(&layout, &specs);
    }

    #[test]
    fn every_type_fits_every_format_and_text_size() {
        let specs = specs(json!([
            {"type": "id_grid", "id": "matricula", "digits": 8},
            {"type": "version", "id": "tipo"},
            {"type": "language", "id": "lingua"},
            {"type": "choice", "id": "q{n}", "count": 20},
            {"type": "choice", "id": "vf{n}", "count": 4, "labels": "VF"},
            {"type": "sum", "id": "s{n}", "count": 3, "propositions": 7},
            {"type": "sum", "id": "sg", "style": "grid"},
            {"type": "numeric", "id": "n1", "digits": 4, "decimals": 2, "sign": true},
            {"type": "matrix", "id": "m1", "rows": ["Clareza", "Domínio"], "labels": "12345"},
            {"type": "score", "id": "nota1", "max": 10, "step": 0.25},
            {"type": "competence", "id": "redacao"},
            {"type": "flag", "id": "aplicador"},
            {"type": "region", "id": "aberta", "lines": 4},
            {"type": "signature", "id": "assinatura"},
        ]));
        for format in PageFormat::ALL {
            for text in TextSize::ALL {
                let order = Order { format, text, max_pages: 12 };
                match place(&order, &specs) {
                    Ok(layout) => check(&layout, &specs),
                    // The widest fields at 24 pt are wider than an A5.
                    Err(e) => assert!(matches!(e, PlaceError::TooLarge { .. }) && format == PageFormat::A5, "{e}"),
                }
            }
        }
    }

    #[test]
    fn three_hundred_questions_on_an_a5_are_refused_with_the_amount() {
        let error = place(&Order::new(PageFormat::A5), &choices(300, "ABCDE")).unwrap_err();
        let PlaceError::TooMany { needed, allowed, left_over, ref first, .. } = error else { panic!("{error}") };
        assert_eq!(allowed, 2);
        assert!(needed > 2 && left_over > 100 && first.starts_with('q'), "{error}");
        assert!(error.to_string().contains("pages of A5"));
    }

    #[test]
    fn a_field_wider_than_the_page_is_refused_with_the_amount() {
        let specs = specs(json!([{"type": "id_grid", "id": "cpf", "digits": 16}]));
        let order = Order { text: TextSize::Large24, ..Order::new(PageFormat::A5) };
        let error = place(&order, &specs).unwrap_err();
        assert!(error.to_string().contains("mm too wide"), "{error}");
    }

    #[test]
    fn editions_are_frozen() {
        // What is printed is a wire format. When this fails, the geometry needs a new edition, not a new snapshot.
        let layout = place(
            &Order::new(PageFormat::A4),
            &specs(json!([
                {"type": "id_grid", "id": "matricula", "digits": 10},
                {"type": "language", "id": "lingua"},
                {"type": "choice", "id": "q{n}", "count": 90, "labels": "ABCDE"},
            ])),
        )
        .unwrap();
        let json = serde_json::to_string_pretty(&layout).unwrap() + "\n";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/native-1-a4.json");
        let frozen = std::fs::read_to_string(path).unwrap_or_default();
        if std::env::var_os("GABARITO_NEW_EDITION").is_some() {
            std::fs::write(path, &json).unwrap();
        } else {
            assert!(frozen == json, "the coordinates of edition {EDITION} have moved");
        }
    }

    proptest! {
        #[test]
        fn any_number_of_questions_is_placed_or_refused(n in 1..400_usize, k in 2..10_usize, format in 0..4_usize) {
            let labels: String = "ABCDEFGHIJ".chars().take(k).collect();
            let specs = choices(n, &labels);
            match place(&Order::new(PageFormat::ALL[format]), &specs) {
                Ok(layout) => check(&layout, &specs),
                Err(e) => prop_assert!(matches!(e, PlaceError::TooMany { .. }), "{}", e),
            }
        }
    }
}
