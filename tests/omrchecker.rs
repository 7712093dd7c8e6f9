//! Real pictures of other people's sheets with the templates that their users wrote, against truth taken by eye: every
//! field is read right or said to be doubtful, however the picture is turned, reduced, shaded and compressed.

use gabarito::raster::gray::Gray;
use gabarito::read::result::{FieldStatus, MarkReading, Outcome};
use gabarito::read::template::{Template, evaluation, native, read};
use image::{GrayImage, imageops};
use std::io::Write;
use std::path::{Path, PathBuf};

const PICTURES: [(&str, &str); 5] = [
    ("sample1/template.json", "sample1/MobileCamera/sheet1.jpg"),
    ("sample5/template.json", "sample5/ScanBatch1/camscanner-1.jpg"),
    ("sample3/xeroxed-thin-sheet/template.json", "sample3/xeroxed-thin-sheet/grayscale-80-gsm.jpg"),
    ("sample4/template.json", "sample4/IMG_20201116_150717658.jpg"),
    ("DomBrzezinski/template.json", "DomBrzezinski/photos/omr_survey_1.jpg"),
];

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    right: usize,
    doubtful: usize,
    unread: usize,
    wrong: usize,
}

fn pictures() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|p| p.join("shared"));
    let shared = std::env::var_os("GABARITO_SHARED").map(PathBuf::from).or(beside)?;
    let folder = shared.join("scans/omrchecker");
    if folder.is_dir() {
        return Some(folder);
    }
    // Not by println!, which the test runner keeps to itself.
    let said =
        format!("LEFT OUT: no pictures at {}; GABARITO_SHARED names the folder above scans/\n", folder.display());
    let _ = std::io::stderr().write_all(said.as_bytes());
    None
}

fn truth(folder: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(folder.join("truth.json")).unwrap()).unwrap()
}

fn gray(picture: &GrayImage) -> Gray {
    Gray::from_vec(picture.width() as usize, picture.height() as usize, picture.as_raw().clone())
}

fn turned(picture: &GrayImage, quarters: u32) -> GrayImage {
    match quarters {
        0 => picture.clone(),
        1 => imageops::rotate90(picture),
        2 => imageops::rotate180(picture),
        _ => imageops::rotate270(picture),
    }
}

/// A shadow that takes 40 % of the light away on one side.
fn shaded(picture: &GrayImage) -> GrayImage {
    let mut out = picture.clone();
    let width = out.width() as f32;
    out.enumerate_pixels_mut()
        .for_each(|(x, _, p)| p.0[0] = (f32::from(p.0[0]) * (0.6 + 0.4 * x as f32 / width)) as u8);
    out
}

fn recompressed(picture: &GrayImage) -> GrayImage {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 60).encode_image(picture).unwrap();
    image::load_from_memory(&bytes).unwrap().to_luma8()
}

fn halved(picture: &GrayImage) -> GrayImage {
    imageops::resize(picture, picture.width() / 2, picture.height() / 2, imageops::FilterType::Triangle)
}

fn count(template: &Template, picture: &GrayImage, truth: &serde_json::Value, what: &str) -> Count {
    let reading = read(&gray(picture), template);
    let fields = truth.as_object().unwrap();
    if !matches!(reading.outcome, Outcome::Read | Outcome::Review) {
        assert!(reading.fields.is_empty(), "{what}: answers from a page that was not recognised");
        return Count { unread: fields.len(), ..Count::default() };
    }
    assert_eq!(reading.fields.len(), fields.len(), "{what}");
    let mut count = Count::default();
    for field in &reading.fields {
        let want = fields[&field.id].as_str().unwrap();
        let got = field.value.as_deref().unwrap_or_default();
        if field.status == FieldStatus::Doubtful {
            count.doubtful += 1;
        } else if got == want {
            count.right += 1;
            assert_eq!(field.status == FieldStatus::Blank, want.is_empty(), "{what}: {}", field.id);
        } else {
            count.wrong += 1;
            println!("{what}: {} read {got:?}, is {want:?}", field.id);
        }
    }
    count
}

#[test]
fn every_field_is_right_or_doubtful() {
    let Some(folder) = pictures() else { return };
    let truth = truth(&folder);
    let mut wrong = 0;
    for (template, name) in PICTURES {
        let template = Template::open(&folder.join(template)).unwrap();
        let original = image::open(folder.join(name)).unwrap().to_luma8();
        let mut sum = Count::default();
        for quarters in 0..4 {
            for size in ["full", "half"] {
                let picture = turned(&original, quarters);
                let picture = if size == "half" { halved(&picture) } else { picture };
                for kind in ["as it is", "shaded", "JPEG 60", "shaded, JPEG 60"] {
                    let picture = if kind.starts_with("shaded") { shaded(&picture) } else { picture.clone() };
                    let picture = if kind.ends_with("60") { recompressed(&picture) } else { picture };
                    let what = format!("{name} turned {}°, {size} size, {kind}", 90 * quarters);
                    let c = count(&template, &picture, &truth[name], &what);
                    if c.unread > 0 || c.doubtful > 0 {
                        println!("{what}: {c:?}");
                    }
                    if quarters == 0 && size == "full" && kind == "as it is" {
                        let all = c.right + c.doubtful + c.unread + c.wrong;
                        assert!(c.right as f64 >= 0.97 * all as f64, "{what}: {c:?}");
                    }
                    sum.right += c.right;
                    sum.doubtful += c.doubtful;
                    sum.unread += c.unread;
                    sum.wrong += c.wrong;
                }
            }
        }
        println!("{name}: {sum:?}");
        wrong += sum.wrong;
        let all = sum.right + sum.doubtful + sum.unread + sum.wrong;
        assert!(sum.right * 10 > all * 9, "{name}: hardly anything is read: {sum:?}");
    }
    assert_eq!(wrong, 0);
}

#[test]
fn a_mirrored_picture_is_never_read_wrong() {
    let Some(folder) = pictures() else { return };
    let truth = truth(&folder);
    for (template, name) in PICTURES {
        let template = Template::open(&folder.join(template)).unwrap();
        let original = image::open(folder.join(name)).unwrap().to_luma8();
        for (size, picture) in
            [("full", original.clone()), ("half", halved(&original)), ("shaded half", shaded(&halved(&original)))]
        {
            let picture = imageops::flip_horizontal(&picture);
            let c = count(&template, &picture, &truth[name], &format!("{name} mirrored, {size}"));
            println!("{name} mirrored, {size}: {c:?}");
            assert_eq!(c.wrong, 0);
        }
    }
}

#[test]
fn an_imported_template_reads_the_same() {
    let Some(folder) = pictures() else { return };
    for (template, name) in PICTURES {
        let original = Template::open(&folder.join(template)).unwrap();
        let text = native::pretty(&native::json(&original).unwrap());
        let imported = Template::parse(text.as_bytes(), |file| Err(format!("{file} is not in the template"))).unwrap();
        let picture = gray(&image::open(folder.join(name)).unwrap().to_luma8());
        let (one, other) = (read(&picture, &original), read(&picture, &imported));
        assert_eq!((one.outcome, &one.fields, &one.registration), (other.outcome, &other.fields, &other.registration));
    }
}

#[test]
fn scores_are_those_of_the_evaluation() {
    let Some(folder) = pictures() else { return };
    // Added up by hand from truth.json.
    for (which, points, max) in [(3, 33.0, 33.0), (1, -4.0, 55.0)] {
        let (template, name) = PICTURES[which];
        let template_path = folder.join(template);
        let template = Template::open(&template_path).unwrap();
        let key = evaluation::open(&template_path.with_file_name("evaluation.json"), &template).unwrap();
        let reading = read(&gray(&image::open(folder.join(name)).unwrap().to_luma8()), &template);
        let score = key.score(&reading.fields);
        assert_eq!((score.points, score.max, score.provisional), (points, max, false), "{name}");
    }
}

/// The bubbles of a read picture, one by one, as a template of the picture itself: other pictures of the form are laid over
/// it.
#[test]
fn a_page_is_laid_over_a_reference() {
    let Some(folder) = pictures() else { return };
    let (template, name) = PICTURES[1];
    let theirs = Template::open(&folder.join(template)).unwrap();
    let original = image::open(folder.join(name)).unwrap().to_luma8();
    let before = read(&gray(&original), &theirs);
    let mut blocks = std::collections::BTreeMap::<usize, (Vec<serde_json::Value>, f64)>::new();
    let outputs = theirs.outputs.iter().zip(&before.placed.as_ref().unwrap().fields);
    for (output, bubbles) in outputs {
        let lines = output.parts().iter().map(|&i| &theirs.fields[i]);
        let labels = lines.flat_map(|l| l.bubbles.iter().map(move |b| (l, b)));
        for ((line, bubble), placed) in labels.zip(bubbles) {
            let block = blocks.entry(line.block).or_default();
            block.1 = 2.0 * placed.along_x.0.hypot(placed.along_x.1);
            let at = [placed.centre.x, placed.centre.y];
            block.0.push(serde_json::json!({"line": line.id, "label": bubble.value, "at": at}));
        }
    }
    let blocks: Vec<_> = blocks
        .into_iter()
        .map(|(i, (bubbles, size))| serde_json::json!({"name": theirs.blocks[i].name, "bubble": [size, size], "bubbles": bubbles}))
        .collect();
    let fields: Vec<_> = theirs
        .outputs
        .iter()
        .map(|o| {
            let lines: Vec<&str> = o.parts().iter().map(|&i| theirs.fields[i].id.as_str()).collect();
            serde_json::json!({"id": o.id(&theirs.fields), "type": "concat", "lines": lines})
        })
        .collect();
    let value = serde_json::json!({
        "format": "gabarito-template-1", "page": {"width": original.width(), "height": original.height()},
        "registration": [{"kind": "reference", "picture": "it.png"}], "blocks": blocks, "fields": fields});
    let mut png = std::io::Cursor::new(Vec::new());
    original.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let template = Template::parse(value.to_string().as_bytes(), |_| Ok(png.get_ref().clone())).unwrap();
    let truth = truth(&folder);
    for quarters in 0..4 {
        // Fed a little askew, with a rim around it.
        let mut scan = GrayImage::from_pixel(original.width() + 40, original.height() + 50, image::Luma([250]));
        let (s, c) = 0.02_f32.sin_cos();
        for (x, y, p) in scan.enumerate_pixels_mut() {
            let (u, v) = (x as f32 - 22.0, y as f32 - 12.0);
            let (u, v) = (c * u + s * v, c * v - s * u);
            if u >= 0.0 && v >= 0.0 && (u as u32) < original.width() && (v as u32) < original.height() {
                *p = *original.get_pixel(u as u32, v as u32);
            }
        }
        let c =
            count(&template, &shaded(&turned(&scan, quarters)), &truth[name], &format!("over a reference, {quarters}"));
        println!("{name} over a reference, turned {}°: {c:?}", 90 * quarters);
        assert!(c.wrong == 0 && c.right >= 21, "{c:?}");
    }
}

/// Marks painted over with the paper beside them.
#[test]
fn the_pictures_without_their_marks_are_blank() {
    let Some(folder) = pictures() else { return };
    for (template, name) in PICTURES {
        let template = Template::open(&folder.join(template)).unwrap();
        let mut picture = image::open(folder.join(name)).unwrap().to_luma8();
        let before = read(&gray(&picture), &template);
        let placed = before.placed.unwrap();
        let size = |v: (f64, f64)| v.0.hypot(v.1);
        // The nearest empty bubble of the same label is copied over each filled one: columns may be shaded.
        let all = || {
            let fields = before.fields.iter().zip(&placed.fields);
            fields.flat_map(|(field, bubbles)| field.marks.iter().zip(bubbles))
        };
        for (mark, to) in all().filter(|(m, _)| m.probability > 0.5) {
            let other =
                |m: &MarkReading| m.label == mark.label || !all().any(|(o, _)| o.label == mark.label && o != mark);
            let empties = all().filter(|(m, _)| m.probability < 0.01 && other(m));
            let Some((_, from)) =
                empties.min_by(|a, b| a.1.centre.distance(&to.centre).total_cmp(&b.1.centre.distance(&to.centre)))
            else {
                continue;
            };
            let gap = from.centre.distance(&to.centre);
            let half = (1.7 * size(to.along_x).max(size(to.along_y))).min(0.5 * gap) as i32;
            let original = picture.clone();
            for dy in -half..=half {
                for dx in -half..=half {
                    let at = |p: &gabarito::read::template::PlacedBubble| {
                        ((p.centre.x as i32 + dx) as u32, (p.centre.y as i32 + dy) as u32)
                    };
                    let ((fx, fy), (tx, ty)) = (at(from), at(to));
                    picture.put_pixel(tx, ty, *original.get_pixel(fx, fy));
                }
            }
        }
        let after = read(&gray(&picture), &template);
        let answered: Vec<_> =
            after.fields.iter().filter(|f| !matches!(f.status, FieldStatus::Blank | FieldStatus::Doubtful)).collect();
        let doubtful = after.fields.iter().filter(|f| f.status == FieldStatus::Doubtful).count();
        println!("{name} without marks: {:?}, {} fields, {doubtful} doubtful", after.outcome, after.fields.len());
        assert!(answered.is_empty(), "{name}: {answered:?}");
        // Where the ground of the copy differs there seems to be a shade of something.
        let few = doubtful * 6 <= after.fields.len() && !after.fields.is_empty();
        assert!(few, "{name}: an unmarked sheet is not read as blank");
    }
}

#[test]
fn a_page_of_another_template_yields_no_answers() {
    let Some(folder) = pictures() else { return };
    for (template, of) in PICTURES {
        let template = Template::open(&folder.join(template)).unwrap();
        for (_, name) in PICTURES.iter().filter(|(_, name)| *name != of) {
            // The two Technothlon sheets are nearly the same form.
            if of.starts_with("sample1") && name.starts_with("sample5")
                || of.starts_with("sample5") && name.starts_with("sample1")
            {
                continue;
            }
            let picture = image::open(folder.join(name)).unwrap().to_luma8();
            let reading = read(&gray(&picture), &template);
            let answered = reading.fields.iter().filter(|f| f.status != FieldStatus::Doubtful).count();
            assert_eq!(answered, 0, "{name} read as {of}: {:?}", reading.outcome);
        }
    }
}

/// Marks half taken away by an eraser, and bubbles half filled beside the answers, in the real pictures.
#[test]
fn erased_and_half_filled_bubbles_are_doubtful() {
    let Some(folder) = pictures() else { return };
    let mut rng = fastrand::Rng::with_seed(3);
    for (template, name) in PICTURES {
        let template = Template::open(&folder.join(template)).unwrap();
        let original = image::open(folder.join(name)).unwrap().to_luma8();
        let before = read(&gray(&original), &template);
        let placed = before.placed.unwrap();
        let (mut silent, mut seen) = (0, 0);
        for (round, share) in [0.35, 0.5, 0.65, 0.0].into_iter().enumerate() {
            let mut picture = original.clone();
            let mut changed = Vec::new();
            for (i, field) in before.fields.iter().enumerate() {
                if rng.u8(..4) > 0 {
                    continue;
                }
                let filled = |k: &usize| field.marks[*k].probability > 0.5;
                let Some(mark) = (0..field.marks.len()).find(filled) else { continue };
                let empties: Vec<usize> = (0..field.marks.len()).filter(|k| !filled(k)).collect();
                let spot = placed.fields[i][mark].centre;
                let pixel =
                    |k: i32| original.get_pixel((spot.x as i32 + k % 5 - 2) as u32, (spot.y as i32 + k / 5 - 2) as u32);
                let mut spots: Vec<u8> = (0..25).map(|k| pixel(k).0[0]).collect();
                spots.sort_unstable();
                // The darker part: what the pen of this page does.
                let ink = spots[6];
                let k = if round == 3 { mark } else { empties[rng.usize(..empties.len())] };
                let b = placed.fields[i][k];
                let (rx, ry) = (b.along_x.0.hypot(b.along_x.1), b.along_y.0.hypot(b.along_y.1));
                let reach = (1.6 * rx.max(ry)).ceil() as i32;
                // The paper is the brightest of what is around the bubble.
                let around = |dx: i32, dy: i32| ((b.centre.x as i32 + dx) as u32, (b.centre.y as i32 + dy) as u32);
                let mut near: Vec<u8> = (-reach..=reach)
                    .flat_map(|y| (-reach..=reach).map(move |x| (x, y)))
                    .map(|(x, y)| original.get_pixel(around(x, y).0, around(x, y).1).0[0])
                    .collect();
                near.sort_unstable();
                let paper = f64::from(near[near.len() * 9 / 10]);
                for dy in -reach..=reach {
                    for dx in -reach..=reach {
                        let (x, y) = around(dx, dy);
                        let (u, v) = ((f64::from(x) + 0.5 - b.centre.x) / rx, (f64::from(y) + 0.5 - b.centre.y) / ry);
                        let pixel = &mut picture.get_pixel_mut(x, y).0[0];
                        if round == 3 && u.hypot(v) < 1.3 {
                            *pixel = (paper - 0.5 * (paper - f64::from(*pixel)).max(0.0)) as u8;
                        } else if round < 3 && u.hypot(v) < 1.0 && v > 1.0 - 2.0 * share {
                            *pixel = (*pixel).min(ink);
                        }
                    }
                }
                changed.push((i, k, paper, ink));
            }
            let after = read(&gray(&picture), &template);
            for (i, k, paper, ink) in changed.into_iter().filter(|_| !after.fields.is_empty()) {
                let (was, is) = (&before.fields[i], &after.fields[i]);
                seen += 1;
                // An answer that is half erased may still be the answer; what is added must not go unnoticed.
                if is.status != FieldStatus::Doubtful && round < 3 && is.value == was.value {
                    silent += 1;
                    println!(
                        "{name}: {} with {share} of bubble {k} filled ({ink} on {paper}) is still {:?}: {:?}",
                        is.id,
                        is.value,
                        is.marks.iter().map(|m| (m.ink, m.state)).collect::<Vec<_>>()
                    );
                }
                if round == 3 && is.status != FieldStatus::Doubtful && is.value != was.value {
                    assert_eq!(is.status, FieldStatus::Blank, "{name}: {}", is.id);
                    println!("{name}: {} half erased is blank", is.id);
                    silent += 1;
                }
            }
        }
        println!("{name}: {silent} of {seen} changes went unnoticed");
        assert_eq!(silent, 0);
    }
}
