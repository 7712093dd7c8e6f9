//! The preprocessors of an OMRChecker template: how a page is found, and what is done to its tones.

use super::format::{Markers, Template};
use super::levels::Levels;
use super::parts::pair;
use super::picture::picture;
use crate::json::{Faults, Object};
use serde_json::Value;

const STEPS: [&str; 6] = ["CropPage", "CropOnMarkers", "FeatureBasedAlignment", "GaussianBlur", "MedianBlur", "Levels"];
/// What OMRChecker assumes of `sheetToMarkerWidthRatio` when nothing is said, and of the picture's width while it crops.
const WIDTH_RATIO: f64 = 17.0;
const PROCESSING_WIDTH: f64 = 666.0;

type Files<'f> = &'f dyn Fn(&str) -> Result<Vec<u8>, String>;

pub fn preprocessors(template: &mut Template, steps: &[Value], width: Option<f64>, file: Files<'_>, f: &mut Faults) {
    for (i, step) in steps.iter().enumerate() {
        let path = format!("preProcessors[{i}]");
        let mut step = Object::new(step, &path, f);
        let name = step.text("name", f);
        let empty = Value::Object(serde_json::Map::new());
        let mut o = Object::new(step.get("options").unwrap_or(&empty), format!("{path}.options"), f);
        step.finish(f);
        match name.as_str() {
            "" => continue,
            "CropPage" => {
                template.crop_page = true;
                for key in ["morphKernel", "morph_kernel", "useColoredCanny", "maxPointsPerEdge", "tuningOptions"] {
                    o.get(key);
                }
            }
            "CropOnMarkers" => template.markers = markers(&mut o, width.unwrap_or(PROCESSING_WIDTH), file, f),
            "FeatureBasedAlignment" => {
                let reference = o.text("reference", f);
                o.whole("maxFeatures", 1..=1_000_000, f);
                o.number("goodMatchPercent", 0.0..=1.0, f);
                o.flag("2d", false, f);
                template.reference = picture(file, &reference, &o.path("reference"), f);
            }
            "Levels" => {
                let mut share = |key, default| o.number(key, 0.0..=1.0, f).unwrap_or(default);
                let (low, high, gamma) = (share("low", 0.0), share("high", 1.0), share("gamma", 1.0));
                if low >= high || gamma <= 0.0 {
                    f.add(o.path("low"), "low under high, and a gamma over 0, are expected");
                }
                template.levels = Some(Levels { low, high, gamma });
            }
            "GaussianBlur" => {
                if o.get("kSize").is_some() {
                    pair(&mut o, "kSize", 1.0..=99.0, f);
                }
                o.number("sigmaX", 0.0..=100.0, f);
                template.notes.push(format!("{path}: GaussianBlur has no effect, a bubble's mean is taken here"));
            }
            "MedianBlur" => {
                o.whole("kSize", 1..=99, f);
                template.notes.push(format!("{path}: MedianBlur has no effect, a bubble's mean is taken here"));
            }
            // Of the development version. Here a page is tried in all rotations, and mirrored.
            "AutoRotate" => {
                template.notes.push(format!("{path}: AutoRotate has no effect, every rotation is tried here"));
                continue;
            }
            other => {
                let message = format!("“{other}” is not supported; one of {} is expected", STEPS.join(", "));
                f.add(format!("{path}.name"), message);
                continue;
            }
        }
        o.finish(f);
    }
}

fn markers(o: &mut Object, processing_width: f64, file: Files<'_>, f: &mut Faults) -> Option<Markers> {
    // The development version has several types, and says the marker's size instead of a ratio.
    o.word("type", &[("FOUR_MARKERS", ())], f);
    let key = if o.get("referenceImage").is_some() { "referenceImage" } else { "relativePath" };
    let relative = o.text(key, f);
    let said = o.number("sheetToMarkerWidthRatio", 2.0..=200.0, f);
    let width = o.get("markerDimensions").and_then(|_| pair(o, "markerDimensions", 1.0..=2_000.0, f)).map(|d| d.0);
    let width_ratio = said.or(width.map(|w| (processing_width / w).clamp(2.0, 200.0))).unwrap_or(WIDTH_RATIO);
    // Settings of its matcher. Here the scale is searched widely and every candidate has to prove itself on the print.
    if o.get("marker_rescale_range").is_some() {
        pair(o, "marker_rescale_range", 1.0..=1_000.0, f);
    }
    o.whole("marker_rescale_steps", 1..=1_000, f);
    o.number("min_matching_threshold", 0.0..=1.0, f);
    o.number("max_matching_variation", 0.0..=1.0, f);
    o.flag("apply_erode_subtract", true, f);
    for theirs in ["defaultSelector", "dimensions", "tuningOptions"] {
        o.get(theirs);
    }
    let path = o.path(key);
    let image = picture(file, &relative, &path, f)?;
    let (low, high) = (image.data.iter().min()?, image.data.iter().max()?);
    if high - low < 64 {
        f.add(path, format!("{relative}: a marker of black on white is expected"));
    }
    Some(Markers { image, width_ratio })
}
