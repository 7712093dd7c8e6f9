//! The parts of a template with a fixed vocabulary: field types, directions and preprocessors.

use super::format::{Markers, Template};
use super::labels::expand;
use crate::json::{Faults, Object};
use crate::raster::gray::Gray;
use serde_json::Value;

const TYPES: &str = "QTYPE_MCQ4, QTYPE_MCQ5, QTYPE_INT, QTYPE_INT_FROM_1, QTYPE_MED";
const STEPS: &str = "CropPage, CropOnMarkers, GaussianBlur, MedianBlur, Levels";
const MARKER_PIXELS: std::ops::RangeInclusive<u32> = 8..=4000;

/// A block's values and whether they run downwards.
pub fn bubble_values(o: &mut Object, f: &mut Faults) -> (Vec<String>, bool) {
    let kind = o.opt_text("fieldType", f);
    let values = o.labels("bubbleValues", f);
    let direction = o.opt_text("direction", f);
    let said = match direction.as_deref() {
        None => None,
        Some("vertical") => Some(true),
        Some("horizontal") => Some(false),
        Some(other) => {
            f.add(o.path("direction"), format!("“{other}” is not known; horizontal or vertical is expected"));
            None
        }
    };
    let list = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
    let (standard, vertical) = match kind.as_deref() {
        Some("QTYPE_MCQ4") => (list("ABCD"), false),
        Some("QTYPE_MCQ5") => (list("ABCDE"), false),
        Some("QTYPE_INT") => (list("0123456789"), true),
        Some("QTYPE_INT_FROM_1") => (list("1234567890"), true),
        Some("QTYPE_MED") => (list("EH"), true),
        Some("__CUSTOM__") | None => (Vec::new(), false),
        Some(other) => {
            let message = format!("“{other}” is not known; one of {TYPES}, or bubbleValues instead, is expected");
            f.add(o.path("fieldType"), message);
            return (values.unwrap_or_default(), said.unwrap_or(false));
        }
    };
    let values = values.unwrap_or(standard);
    if values.is_empty() {
        f.add(o.path("fieldType"), format!("missing; one of {TYPES}, or bubbleValues instead, is expected"));
    }
    (values, said.unwrap_or(vertical))
}

/// A list of labels that must hold something, ranges written out.
pub fn texts(o: &mut Object, key: &'static str, f: &mut Faults) -> Vec<String> {
    let mut found = Vec::new();
    let list = o.list(key, f).unwrap_or_default();
    for (i, value) in list.iter().enumerate() {
        match value.as_str().filter(|s| !s.trim().is_empty()).map(expand) {
            Some(Ok(names)) => found.extend(names),
            Some(Err(message)) => f.add(format!("{}[{i}]", o.path(key)), message),
            None => f.add(format!("{}[{i}]", o.path(key)), "a label is expected"),
        }
    }
    if list.is_empty() {
        f.add(o.path(key), "a list of at least one label is expected");
    }
    found
}

pub fn preprocessors(
    template: &mut Template,
    steps: &[Value],
    file: impl Fn(&str) -> Result<Vec<u8>, String>,
    f: &mut Faults,
) {
    for (i, step) in steps.iter().enumerate() {
        let path = format!("preProcessors[{i}]");
        let mut o = Object::new(step, &path, f);
        let name = o.text("name", f);
        let options = o.get("options");
        o.finish(f);
        match name.as_str() {
            "" | "GaussianBlur" | "MedianBlur" | "Levels" => {}
            "CropPage" => template.crop_page = true,
            "CropOnMarkers" => template.markers = markers(options.unwrap_or(&Value::Null), &path, &file, f),
            "FeatureBasedAlignment" => f.add(
                format!("{path}.name"),
                "FeatureBasedAlignment is not supported yet; CropPage or CropOnMarkers is expected",
            ),
            other => f.add(format!("{path}.name"), format!("“{other}” is not known; one of {STEPS} is expected")),
        }
    }
}

fn markers(
    options: &Value,
    path: &str,
    file: impl Fn(&str) -> Result<Vec<u8>, String>,
    f: &mut Faults,
) -> Option<Markers> {
    let path = format!("{path}.options");
    let mut o = Object::new(options, &path, f);
    let relative = o.text("relativePath", f);
    // 17 is what OMRChecker assumes when nothing is said.
    let width_ratio = o.number("sheetToMarkerWidthRatio", 2.0..=200.0, f).unwrap_or(17.0);
    // Settings of its matcher. Here the scale is searched widely and every candidate has to prove itself on the print.
    let theirs = ["marker_rescale_range", "marker_rescale_steps", "min_matching_threshold", "max_matching_variation"];
    for key in theirs.into_iter().chain(["apply_erode_subtract", "defaultSelector", "dimensions"]) {
        o.get(key);
    }
    o.finish(f);
    if relative.is_empty() {
        return None;
    }
    let decoded = file(&relative).and_then(|bytes| {
        let reader = image::ImageReader::new(std::io::Cursor::new(&bytes)).with_guessed_format();
        let mut reader = reader.map_err(|e| e.to_string())?;
        let mut limits = image::Limits::default();
        (limits.max_image_width, limits.max_image_height) = (Some(*MARKER_PIXELS.end()), Some(*MARKER_PIXELS.end()));
        reader.limits(limits);
        reader.decode().map(|i| i.to_luma8()).map_err(|e| e.to_string())
    });
    match decoded {
        Ok(image) if MARKER_PIXELS.contains(&image.width()) && MARKER_PIXELS.contains(&image.height()) => {
            let (w, h) = (image.width() as usize, image.height() as usize);
            let image = Gray::from_vec(w, h, image.into_raw());
            let (low, high) = (image.data.iter().min()?, image.data.iter().max()?);
            if high - low < 64 {
                f.add(format!("{path}.relativePath"), format!("{relative}: a marker of black on white is expected"));
            }
            Some(Markers { image, width_ratio })
        }
        Ok(image) => {
            let message = format!(
                "{relative} is {} × {} pixels; a marker of {} to {} is expected",
                image.width(),
                image.height(),
                MARKER_PIXELS.start(),
                MARKER_PIXELS.end()
            );
            f.add(format!("{path}.relativePath"), message);
            None
        }
        Err(why) => {
            f.add(
                format!("{path}.relativePath"),
                format!("{relative}: {why}; a picture beside the template is expected"),
            );
            None
        }
    }
}
