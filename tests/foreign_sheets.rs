//! Sheets drawn from templates that nothing was tuned on, filled at random as pens do, and photographed: what is read of
//! them is right or said to be doubtful.

use gabarito::raster::gray::Gray;
use gabarito::read::result::{FieldStatus, Outcome};
use gabarito::read::template::{Template, read};
use gabarito::units::{Homography, Mm, Point, Px};
use serde_json::{Value, json};

/// Marks, by the field they are in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    Full,
    /// Pencil: all of the bubble, lightly.
    Light,
    /// The lower half only.
    Half,
    /// What an eraser leaves.
    Erased,
    Cross,
}

/// How a sheet's bubbles are printed.
#[derive(Clone, Copy, Debug)]
enum Print {
    Circles,
    CirclesWithLetters,
    Boxes,
    ShadedColumns,
}

struct Sheet {
    template: Template,
    print: Print,
    /// Template units around the page that the paper extends beyond it: markers are not at its corners.
    margin: f64,
}

const PAPER: f64 = 230.0;
const SUPER: usize = 2;

/// 5 × 7 letters, a bit for each cell, from the top left.
fn glyph(c: char) -> [u8; 7] {
    match c {
        'A' => [0x0E, 0x11, 0x11, 0x1F, 0x11, 0x11, 0x11],
        'B' => [0x1E, 0x11, 0x11, 0x1E, 0x11, 0x11, 0x1E],
        'C' => [0x0E, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0E],
        'D' => [0x1E, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1E],
        'E' => [0x1F, 0x10, 0x10, 0x1E, 0x10, 0x10, 0x1F],
        '0' => [0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E],
        '1' => [0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E],
        '2' => [0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F],
        '3' => [0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E],
        '4' => [0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02],
        '5' => [0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E],
        '6' => [0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E],
        '7' => [0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08],
        '8' => [0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E],
        _ => [0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C],
    }
}

/// What reflects at a place of the sheet, in template units; marks by field and bubble.
fn reflectance(sheet: &Sheet, x: f64, y: f64, marks: &[Vec<Option<Mark>>]) -> f64 {
    let t = &sheet.template;
    if x < -sheet.margin || y < -sheet.margin || x > t.width + sheet.margin || y > t.height + sheet.margin {
        return 60.0;
    }
    let mut value: f64 = PAPER;
    // Markers: rings about the corners.
    if t.markers.is_some() {
        for (cx, cy) in [(0.0, 0.0), (t.width, 0.0), (t.width, t.height), (0.0, t.height)] {
            let r = (x - cx).hypot(y - cy) / (0.5 * marker_side(t));
            if r < 1.0 {
                value = if ring(r) { 25.0 } else { PAPER };
            }
        }
    }
    // A title and a line of text, so that the page has a top.
    if y > 0.03 * t.height && y < 0.05 * t.height && x > 0.1 * t.width && x < 0.6 * t.width && (x / 7.0) as i64 % 3 != 0
    {
        value = 40.0;
    }
    for (i, field) in t.fields.iter().enumerate() {
        let block = &t.blocks[field.block];
        let first = &field.bubbles[0].centre;
        let last = &field.bubbles[field.bubbles.len() - 1].centre;
        let reach = 1.6 * block.rx.max(block.ry);
        if x < first.x - reach || y < first.y - reach || x > last.x + reach || y > last.y + reach {
            continue;
        }
        for (k, b) in field.bubbles.iter().enumerate() {
            let (u, v) = ((x - b.centre.x) / block.rx, (y - b.centre.y) / block.ry);
            if u.abs() > 1.5 || v.abs() > 1.5 {
                continue;
            }
            if matches!(sheet.print, Print::ShadedColumns) && b.column % 2 == 0 && u.abs() < 1.1 {
                value *= 0.86;
            }
            let line = 0.12;
            let outline = match sheet.print {
                Print::Boxes | Print::ShadedColumns => (u.abs().max(v.abs()) - 0.9).abs() < line / 2.0,
                _ => (u.hypot(v) - 1.0).abs() < line,
            };
            if outline {
                value = value.min(90.0);
            }
            if !matches!(sheet.print, Print::Circles) {
                let (gx, gy) = ((u / 0.9 + 0.5) * 5.0, (v / 1.1 + 0.5) * 7.0);
                if (0.0..5.0).contains(&gx) && (0.0..7.0).contains(&gy) {
                    let c = b.value.chars().next().unwrap_or('9');
                    if glyph(c)[gy as usize] >> (4 - gx as usize) & 1 == 1 {
                        value = value.min(70.0);
                    }
                }
            }
            let r = u.hypot(v);
            match marks[i][k] {
                Some(Mark::Full) if r < 0.97 => value = value.min(50.0),
                Some(Mark::Light) if r < 0.97 => value *= 0.6,
                Some(Mark::Half) if r < 0.97 && v > 0.0 => value = value.min(50.0),
                Some(Mark::Erased) if r < 0.97 => value *= 0.85,
                Some(Mark::Cross) if r < 1.1 && (u.abs() - v.abs()).abs() < 0.25 => value = value.min(50.0),
                _ => {}
            }
        }
    }
    value
}

fn ring(r: f64) -> bool {
    !(0.22..0.5).contains(&r) && !(0.72..0.86).contains(&r)
}

fn marker_side(t: &Template) -> f64 {
    t.width / 17.0
}

fn marker_png() -> Vec<u8> {
    let image = image::GrayImage::from_fn(120, 120, |x, y| {
        let r = (f64::from(x) - 59.5).hypot(f64::from(y) - 59.5) / 60.0;
        image::Luma([if r < 1.0 && ring(r) { 20 } else { 255 }])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A photo of the sheet, turned by quarters, in perspective, unevenly lit, blurred and noisy.
fn photo(sheet: &Sheet, marks: &[Vec<Option<Mark>>], side_px: usize, quarters: usize, rng: &mut fastrand::Rng) -> Gray {
    let t = &sheet.template;
    let (w, h) = (t.width + 2.0 * sheet.margin, t.height + 2.0 * sheet.margin);
    let s = side_px as f64 / h.max(w) * 0.8;
    let (pw, ph) = (w * s, h * s);
    let mut jitter = |size: f64| (rng.f64() - 0.5) * size;
    let (ox, oy) = (side_px as f64 * 0.5 - pw / 2.0, side_px as f64 * 0.5 - ph / 2.0);
    let mut corners = [(0.0, 0.0), (pw, 0.0), (pw, ph), (0.0, ph)]
        .map(|(x, y)| (x + ox + jitter(0.05 * pw), y + oy + jitter(0.05 * ph)));
    for _ in 0..quarters {
        corners = corners.map(|(x, y)| (side_px as f64 - y, x));
    }
    let m = sheet.margin;
    let paper = [(-m, -m), (t.width + m, -m), (t.width + m, t.height + m), (-m, t.height + m)];
    let pairs: Vec<_> = (0..4)
        .map(|i| (Point::<Px>::new(corners[i].0, corners[i].1), Point::<Mm>::new(paper[i].0, paper[i].1)))
        .collect();
    let map = Homography::fit(&pairs, &[1.0; 4]).unwrap();
    let (sx, sy) = (rng.f64(), rng.f64());
    let mut out = Gray::new(side_px, side_px, 0);
    for y in 0..side_px {
        for x in 0..side_px {
            let mut sum = 0.0;
            for k in 0..SUPER * SUPER {
                let at = |i: usize| (i as f64 + 0.5) / SUPER as f64;
                let p = map.apply(Point::new(x as f64 + at(k % SUPER), y as f64 + at(k / SUPER)));
                sum += reflectance(sheet, p.x, p.y, marks);
            }
            let light = 0.75 + 0.25 * (sx * x as f64 + sy * y as f64) / side_px as f64;
            let noise = (rng.f64() + rng.f64() + rng.f64() - 1.5) * 8.0;
            out.row_mut(y)[x] = (sum / (SUPER * SUPER) as f64 * light + noise).clamp(0.0, 255.0) as u8;
        }
    }
    out
}

fn template(value: Value) -> Template {
    Template::parse(value.to_string().as_bytes(), |_| Ok(marker_png())).unwrap()
}

fn sheets() -> Vec<(&'static str, Sheet)> {
    let crop_page = json!([{"name": "CropPage", "options": {"morphKernel": [10, 10]}}]);
    let markers =
        json!([{"name": "CropOnMarkers", "options": {"relativePath": "m.png", "sheetToMarkerWidthRatio": 17}}]);
    let two_columns = template(json!({
        "pageDimensions": [700, 990], "bubbleDimensions": [18, 18], "preProcessors": crop_page,
        "fieldBlocks": {
            "left": {"fieldType": "QTYPE_MCQ5", "origin": [80, 260], "fieldLabels": ["q1..20"], "bubblesGap": 34, "labelsGap": 32},
            "right": {"fieldType": "QTYPE_MCQ5", "origin": [380, 260], "fieldLabels": ["q21..40"], "bubblesGap": 34, "labelsGap": 32}}}));
    let tight = template(json!({
        "pageDimensions": [1000, 1400], "bubbleDimensions": [30, 30], "preProcessors": crop_page,
        "fieldBlocks": {
            "id": {"fieldType": "QTYPE_INT", "origin": [560, 160], "fieldLabels": ["d1..6"], "bubblesGap": 36, "labelsGap": 42},
            "q": {"fieldType": "QTYPE_MCQ4", "origin": [110, 620], "fieldLabels": ["q1..16"], "bubblesGap": 55, "labelsGap": 40}},
        "customLabels": {"code": ["d1..6"]}}));
    let marked = template(json!({
        "pageDimensions": [1200, 900], "bubbleDimensions": [28, 28], "preProcessors": markers,
        "fieldBlocks": {
            "n": {"fieldType": "QTYPE_INT", "origin": [100, 150], "fieldLabels": ["n1..4"], "bubblesGap": 42, "labelsGap": 50},
            "q": {"fieldType": "QTYPE_MCQ4", "origin": [480, 180], "fieldLabels": ["q1..12"], "bubblesGap": 60, "labelsGap": 48}}}));
    let pair = |template: &Template, print, margin| Sheet { template: template.clone(), print, margin };
    vec![
        ("two columns of circles", pair(&two_columns, Print::Circles, 0.0)),
        ("two columns with letters", pair(&two_columns, Print::CirclesWithLetters, 0.0)),
        ("tight grid of boxes", pair(&tight, Print::Boxes, 0.0)),
        ("tight grid, shaded", pair(&tight, Print::ShadedColumns, 0.0)),
        ("markers", pair(&marked, Print::CirclesWithLetters, 90.0)),
    ]
}

/// Marks for every field, and what may be read of it besides doubt: the values that are not wrong.
fn fill(t: &Template, rng: &mut fastrand::Rng, spoiled: bool) -> (Vec<Vec<Option<Mark>>>, Vec<Vec<String>>) {
    let mut marks = Vec::new();
    let mut allowed = Vec::new();
    for field in &t.fields {
        let n = field.bubbles.len();
        let mut row = vec![None; n];
        let (a, b) = (rng.usize(..n), rng.usize(..n));
        let label = |k: usize| field.bubbles[k].value.clone();
        let choice = if spoiled { rng.usize(..9) } else { rng.usize(..4) };
        let right = match choice {
            0 => vec![String::new()],
            1 if a != b => {
                (row[a], row[b]) = (Some(Mark::Full), Some(Mark::Full));
                vec![label(a.min(b)) + &label(a.max(b))]
            }
            4 => {
                row[a] = Some(Mark::Half);
                vec![label(a)]
            }
            5 if a != b => {
                (row[a], row[b]) = (Some(Mark::Full), Some(Mark::Erased));
                vec![label(a)]
            }
            6 => {
                row[a] = Some(Mark::Erased);
                vec![String::new()]
            }
            7 => {
                row[a] = Some(Mark::Light);
                vec![label(a)]
            }
            8 => {
                row[a] = Some(Mark::Cross);
                vec![label(a)]
            }
            _ => {
                row[a] = Some(Mark::Full);
                vec![label(a)]
            }
        };
        marks.push(row);
        allowed.push(right);
    }
    (marks, allowed)
}

#[derive(Debug, Default)]
struct Count {
    right: usize,
    doubtful: usize,
    unread: usize,
    wrong: usize,
}

fn check(sheet: &Sheet, picture: &Gray, allowed: &[Vec<String>], what: &str, count: &mut Count) {
    let reading = read(picture, &sheet.template);
    if !matches!(reading.outcome, Outcome::Read | Outcome::Review) {
        println!("{what}: {:?} {:?}", reading.outcome, reading.issues);
        count.unread += allowed.len();
        return;
    }
    for field in &reading.fields {
        let parts: Vec<usize> = match sheet.template.fields.iter().position(|f| f.id == field.id) {
            Some(i) => vec![i],
            None => (0..6).map(|i| i + sheet.template.blocks[0].fields.start).collect(),
        };
        let want: String = parts.iter().map(|&i| allowed[i][0].as_str()).collect();
        let got = field.value.clone().unwrap_or_default();
        match field.status {
            FieldStatus::Doubtful => count.doubtful += parts.len(),
            _ if got == want => count.right += parts.len(),
            _ => {
                count.wrong += 1;
                println!("{what}: {} read {got:?}, is {want:?}: {:?}", field.id, field.marks);
            }
        }
    }
}

fn run(spoiled: bool, seed: u64) -> Count {
    let mut total = Count::default();
    let mut rng = fastrand::Rng::with_seed(seed);
    for (name, sheet) in sheets() {
        let mut count = Count::default();
        for round in 0..6 {
            let (marks, allowed) = fill(&sheet.template, &mut rng, spoiled);
            let side = [900, 1300][round % 2];
            let picture = photo(&sheet, &marks, side, round % 4, &mut rng);
            check(&sheet, &picture, &allowed, &format!("{name}, {side} px, turned {}°", round % 4 * 90), &mut count);
        }
        println!("{name}: {count:?}");
        total.right += count.right;
        total.doubtful += count.doubtful;
        total.unread += count.unread;
        total.wrong += count.wrong;
    }
    total
}

#[test]
fn cleanly_filled_sheets_are_read() {
    let total = run(false, 11);
    println!("clean: {total:?}");
    assert_eq!(total.wrong, 0);
    let all = total.right + total.doubtful + total.unread;
    assert!(total.right * 100 >= all * 97, "{total:?}");
}

#[test]
fn spoiled_marks_are_right_or_doubtful() {
    let total = run(true, 12);
    println!("spoiled: {total:?}");
    assert_eq!(total.wrong, 0);
    let all = total.right + total.doubtful + total.unread;
    // Five of nine kinds of filling are spoiled.
    assert!(total.right * 100 >= all * 40, "{total:?}");
}

/// With nothing else on the page to compare with.
#[test]
fn a_page_of_one_kind_of_spoiled_mark_is_never_read_wrong() {
    let mut rng = fastrand::Rng::with_seed(16);
    for (name, sheet) in sheets() {
        for mark in [Mark::Light, Mark::Half, Mark::Erased, Mark::Cross] {
            let mut marks = Vec::new();
            let mut allowed = Vec::new();
            for field in &sheet.template.fields {
                let k = rng.usize(..field.bubbles.len());
                let value = if mark == Mark::Erased { String::new() } else { field.bubbles[k].value.clone() };
                marks.push((0..field.bubbles.len()).map(|i| (i == k).then_some(mark)).collect());
                allowed.push(vec![value]);
            }
            let mut count = Count::default();
            check(&sheet, &photo(&sheet, &marks, 1100, 0, &mut rng), &allowed, name, &mut count);
            println!("{name}, all {mark:?}: {count:?}");
            assert_eq!(count.wrong, 0);
        }
    }
}

#[test]
fn unmarked_sheets_are_blank() {
    let mut rng = fastrand::Rng::with_seed(13);
    for (name, sheet) in sheets() {
        let marks: Vec<Vec<Option<Mark>>> = sheet.template.fields.iter().map(|f| vec![None; f.bubbles.len()]).collect();
        for quarters in 0..4 {
            let picture = photo(&sheet, &marks, 1300, quarters, &mut rng);
            let reading = read(&picture, &sheet.template);
            let unclear: Vec<_> = reading.fields.iter().filter(|f| f.status != FieldStatus::Blank).collect();
            assert_eq!(reading.outcome, Outcome::Read, "{name} {quarters}: {:?} {unclear:?}", reading.issues);
            assert!(unclear.is_empty(), "{name} {quarters}: {unclear:?}");
        }
    }
}

#[test]
fn sheets_with_every_bubble_filled_are_not_blank() {
    let mut rng = fastrand::Rng::with_seed(14);
    for (name, sheet) in sheets() {
        for column in [None, Some(0)] {
            let full = |k: usize| (column.is_none() || column == Some(k)).then_some(Mark::Full);
            let marks: Vec<Vec<Option<Mark>>> =
                sheet.template.fields.iter().map(|f| (0..f.bubbles.len()).map(full).collect()).collect();
            let picture = photo(&sheet, &marks, 1300, 0, &mut rng);
            let reading = read(&picture, &sheet.template);
            println!("{name}, {column:?} filled: {:?} {:?}", reading.outcome, reading.issues);
            for f in &reading.fields {
                assert_ne!(f.status, FieldStatus::Blank, "{name}: {f:?}");
                assert!(
                    column.is_none()
                        || f.status == FieldStatus::Doubtful
                        || f.marked.iter().all(|m| *m == f.marks[0].label),
                    "{name}: {f:?}"
                );
            }
        }
    }
}

#[test]
fn pages_without_the_template_yield_nothing() {
    let mut rng = fastrand::Rng::with_seed(15);
    for (name, sheet) in sheets() {
        let paper = Gray::from_vec(900, 1200, (0..900 * 1200).map(|_| 220 + rng.u8(..8)).collect());
        let reading = read(&paper, &sheet.template);
        assert!(matches!(reading.outcome, Outcome::Blank | Outcome::Unidentified), "{name}: {:?}", reading.outcome);
        let noise = Gray::from_vec(800, 800, (0..800 * 800).map(|_| rng.u8(..)).collect());
        // Lines of random words.
        let mut text = Gray::new(1000, 1400, 235);
        for line in 0..45 {
            let mut x = 80;
            while x < 900 {
                let letter = rng.usize(4..12);
                if rng.u8(..6) > 0 {
                    for y in 0..rng.usize(8..16) {
                        text.row_mut(100 + line * 28 + y)[x..x + letter].fill(40);
                    }
                }
                x += letter + 4;
            }
        }
        for picture in [noise, text, Gray::new(3, 3000, 0), Gray::new(500, 500, 0), Gray::new(70, 70, 255)] {
            let reading = read(&picture, &sheet.template);
            assert!(reading.fields.is_empty(), "{name} on {picture:?}: {:?}", reading.outcome);
        }
    }
}
