//! OMRChecker's `config.json`: beside the template or in a folder above it. It tunes what is not there here, such as
//! thresholds; one setting has a meaning, that pages with several marks in a field are for a person.

use super::format::{Template, TemplateError, read_limited};
use crate::json::{Faults, Object};
use serde_json::Value;
use std::path::Path;

const NAME: &str = "config.json";
/// Sections, and their keys since 2023. Of the sections of the development version only the names are known here.
const DIMENSIONS: [&str; 4] = ["display_height", "display_width", "processing_height", "processing_width"];
const THRESHOLDS: [&str; 8] = [
    "GAMMA_LOW",
    "MIN_GAP",
    "MIN_JUMP",
    "CONFIDENT_SURPLUS",
    "JUMP_DELTA",
    "PAGE_TYPE_FOR_THRESHOLD",
    "MARK_SENSITIVITY_OFFSET",
    "BUBBLE_VALUE_METHOD",
];
const ALIGNMENT: [&str; 5] = ["auto_align", "match_col", "max_steps", "stride", "thickness"];
const OUTPUTS: [&str; 11] = [
    "show_image_level",
    "save_image_level",
    "save_detections",
    "save_image_metrics",
    "show_confidence_metrics",
    "show_logs_by_type",
    "colored_outputs_enabled",
    "display_image_dimensions",
    "output_mode",
    "show_preprocessors_diff",
    "file_grouping",
];
const LATER: [&str; 5] = ["path", "thresholding", "processing", "ml", "visualization"];

/// Heeds the nearest one at or above the template's folder. One above it that is something else's is passed by.
pub fn apply(template_path: &Path, template: &mut Template) -> Result<(), TemplateError> {
    let Ok(folder) = template_path.parent().unwrap_or(Path::new("")).canonicalize() else { return Ok(()) };
    for (up, folder) in folder.ancestors().enumerate() {
        let path = folder.join(NAME);
        if !path.is_file() {
            continue;
        }
        let failed = |source| TemplateError::File { path: path.display().to_string(), source };
        let value = match serde_json::from_slice::<Value>(&read_limited(&path).map_err(failed)?) {
            Ok(value) => value,
            Err(_) if up > 0 => continue,
            Err(e) => return Err(e.into()),
        };
        if up > 0 && !is_theirs(&value) {
            continue;
        }
        let mut faults = Faults::default();
        heed(&value, template, &mut faults);
        return if faults.0.is_empty() { Ok(()) } else { Err(TemplateError::Invalid(faults.0)) };
    }
    Ok(())
}

fn is_theirs(value: &Value) -> bool {
    let known = ["dimensions", "threshold_params", "alignment_params", "outputs"];
    value.as_object().is_some_and(|m| {
        !m.is_empty() && m.keys().all(|k| known.contains(&k.as_str()) || LATER.contains(&k.as_str()) || k == "$schema")
    })
}

fn heed(value: &Value, template: &mut Template, f: &mut Faults) {
    let mut top = Object::new(value, NAME, f);
    let mut without_effect = Vec::new();
    let sections = [
        ("dimensions", &DIMENSIONS[..]),
        ("threshold_params", &THRESHOLDS[..]),
        ("alignment_params", &ALIGNMENT[..]),
        ("outputs", &OUTPUTS[..]),
    ];
    for (name, keys) in sections {
        let Some(section) = top.get(name) else { continue };
        let mut o = Object::new(section, top.path(name), f);
        if keys.iter().filter(|&&key| o.get(key).is_some()).count() > 0 && name != "outputs" && name != "dimensions" {
            without_effect.push(name);
        }
        if name == "outputs" && o.flag("filter_out_multimarked_files", false, f) {
            template.review_multiple = true;
        }
        o.finish(f);
    }
    for name in LATER.into_iter().chain(["$schema"]) {
        top.get(name);
    }
    top.finish(f);
    if !without_effect.is_empty() {
        let names = without_effect.join(", ");
        template
            .notes
            .push(format!("{NAME}: no effect of {names}, every page is measured by its own paper and pen here"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn heeded(value: &Value) -> (Template, Vec<String>) {
        let (mut template, mut faults) = (Template::default(), Faults::default());
        heed(value, &mut template, &mut faults);
        (template, faults.0.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn what_has_a_meaning_here_is_heeded_and_the_rest_said() {
        let (template, faults) = heeded(&json!({
            "dimensions": {"display_width": 1189}, "threshold_params": {"MIN_JUMP": 30},
            "outputs": {"filter_out_multimarked_files": true, "show_image_level": 5}}));
        assert!(faults.is_empty() && template.review_multiple, "{faults:?}");
        assert_eq!(template.notes.len(), 1);
        assert!(template.notes[0].contains("threshold_params"), "{:?}", template.notes);
        let (_, faults) = heeded(&json!({"outputs": {"show_image": 1}, "colour": 2}));
        assert!(faults[0].starts_with("config.json.outputs.show_image: unknown field; known here: show_image_level"));
        assert!(faults[1].starts_with("config.json.colour"), "{faults:?}");
    }

    #[test]
    fn another_programs_config_above_the_template_is_passed_by() {
        let folder = std::env::temp_dir().join(format!("gabarito-config-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("a/b")).unwrap();
        let at = |name: &str, value: Value| std::fs::write(folder.join(name), value.to_string()).unwrap();
        at("config.json", json!({"outputs": {"filter_out_multimarked_files": true}}));
        at("a/config.json", json!({"compilerOptions": {}}));
        let mut template = Template::default();
        apply(&folder.join("a/b/template.json"), &mut template).unwrap();
        assert!(template.review_multiple);
        let beside = apply(&folder.join("a/template.json"), &mut Template::default());
        assert!(beside.unwrap_err().to_string().contains("config.json.compilerOptions"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
