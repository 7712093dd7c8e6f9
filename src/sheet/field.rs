//! The field types: what can be asked on a sheet, and how a package says so.

use crate::json::{Faults, Object};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a field is, with all that is needed to draw it and to understand its marks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FieldKind {
    /// One of `labels`, or several where `multiple` says so.
    Choice { labels: Vec<String>, multiple: bool },
    /// One mark in every row: propositions, matching, scales.
    Matrix { rows: Vec<String>, labels: Vec<String> },
    /// Somatória: propositions 01, 02, 04 … 64. As a bubble for each, or as a grid of two digits.
    Sum { propositions: u8, style: SumStyle },
    /// Digits, perhaps with a sign and with a printed decimal comma before the last `decimals` digits.
    Numeric { digits: u8, decimals: u8, sign: bool, leading_zeros: LeadingZeros },
    /// Matrícula, RA, CPF, inscrição.
    IdGrid { digits: u8, check: CheckDigit },
    /// Booklet type or colour.
    Version { labels: Vec<String> },
    /// Foreign language; it gates the questions named by `gates`.
    Language { labels: Vec<String>, gates: Vec<String> },
    /// Filled in by the teacher: row 0 is whole points, row 1 the fraction (where `step` is under 1).
    Score { max: u8, step: f64 },
    /// Essay competences, a row each, 0 to 200 by 40.
    Competence { rows: u8 },
    /// Each label is a mark of its own: absent, eliminated …
    Flag { labels: Vec<String> },
    /// Handwriting, kept as a picture.
    Region { lines: u16, dpi: u16 },
    /// Ink or none, and the picture.
    Signature {},
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SumStyle {
    Bubbles,
    Grid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadingZeros {
    /// `7`, `07` and `007` all mean 7: columns may be left empty on the left.
    Optional,
    /// Every column must be marked, as in Cebraspe's type B (000 to 999).
    Required,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckDigit {
    None,
    /// Weights 2 to 9 from the right, modulo 11; a remainder of 10 is written 0.
    Mod11,
    /// Luhn (ISO/IEC 7812-1, annex B).
    Mod10,
    /// The two check digits of a CPF.
    Cpf,
}

impl FieldKind {
    pub fn name(&self) -> &'static str {
        match self {
            FieldKind::Choice { .. } => "choice",
            FieldKind::Matrix { .. } => "matrix",
            FieldKind::Sum { .. } => "sum",
            FieldKind::Numeric { .. } => "numeric",
            FieldKind::IdGrid { .. } => "id_grid",
            FieldKind::Version { .. } => "version",
            FieldKind::Language { .. } => "language",
            FieldKind::Score { .. } => "score",
            FieldKind::Competence { .. } => "competence",
            FieldKind::Flag { .. } => "flag",
            FieldKind::Region { .. } => "region",
            FieldKind::Signature {} => "signature",
        }
    }

    /// Fields about the pupil stand first on the paper, wherever the package lists them.
    pub fn leads(&self) -> bool {
        use FieldKind::*;
        matches!(self, IdGrid { .. } | Version { .. } | Language { .. })
    }

    /// Whether it says something of the pupil or the paper, and answers no question.
    pub fn is_about_pupil(&self) -> bool {
        ABOUT_PUPIL.contains(&self.name())
    }
}

/// Types of fields that answer no question.
pub const ABOUT_PUPIL: [&str; 5] = ["id_grid", "version", "language", "flag", "signature"];

/// A field belongs to the question whose number its id ends in: `q12`, `soma02`.
pub fn number_of(id: &str) -> Option<u32> {
    let digits = id.len() - id.bytes().rev().take_while(u8::is_ascii_digit).count();
    id[digits..].parse().ok()
}

/// A field as the package asks for it, before it has a place.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldSpec {
    pub id: String,
    /// What is printed beside or over it.
    pub caption: String,
    pub kind: FieldKind,
    /// Width and height asked for, of a region or signature, in millimetres.
    pub size_mm: (Option<f64>, Option<f64>),
}

const TYPES: [&str; 12] = [
    "choice",
    "matrix",
    "sum",
    "numeric",
    "id_grid",
    "version",
    "language",
    "score",
    "competence",
    "flag",
    "region",
    "signature",
];

/// More fields than any sheet can hold; guards against a `count` typed wrong.
const MAX_COUNT: u64 = 1000;

impl FieldSpec {
    /// Reads the `sheet.fields` of a package. An entry with `count` stands for that many fields; `{n}` in its `id` and
    /// `caption` becomes the number, from `start` (1 where it is not said).
    pub fn read_list(list: &[Value], path: &str, faults: &mut Faults) -> Vec<FieldSpec> {
        let mut specs: Vec<FieldSpec> = Vec::new();
        for (i, value) in list.iter().enumerate() {
            let path = format!("{path}[{i}]");
            for spec in Self::read(value, &path, faults) {
                if specs.iter().any(|s| s.id == spec.id) {
                    faults
                        .add(format!("{path}.id"), format!("duplicate: a field named “{}” is there already", spec.id));
                } else {
                    specs.push(spec);
                }
            }
        }
        specs
    }

    fn read(value: &Value, path: &str, faults: &mut Faults) -> Vec<FieldSpec> {
        let mut o = Object::new(value, path, faults);
        let kind_name = o.text("type", faults);
        let id = o.text("id", faults);
        let counted = o.get("count").is_some();
        let count = o.whole("count", 1..=MAX_COUNT, faults).unwrap_or(1);
        let start = o.whole("start", 0..=9999, faults).unwrap_or(1);
        let caption = o.opt_text("caption", faults);
        let size_mm = match kind_name.as_str() {
            "region" | "signature" => {
                (o.number("width", 10.0..=300.0, faults), o.number("height", 5.0..=400.0, faults))
            }
            _ => (None, None),
        };
        let kind = Self::kind(&kind_name, &mut o, faults);
        if counted && count > 1 && !id.contains("{n}") {
            faults.add(o.path("id"), "with a count, the id needs {n} for the number");
        }
        o.finish(faults);
        let Some(kind) = kind else { return Vec::new() };
        (start..start + count)
            .map(|n| {
                let numbered = |text: &str| text.replace("{n}", &n.to_string());
                let caption = match &caption {
                    Some(c) => numbered(c),
                    None => default_caption(&kind, &id, counted.then_some(n)),
                };
                FieldSpec { id: numbered(&id), caption, kind: kind.clone(), size_mm }
            })
            .collect()
    }

    fn kind(name: &str, o: &mut Object, faults: &mut Faults) -> Option<FieldKind> {
        Some(match name {
            "choice" => {
                let labels = labels(o, 2..=10, Some("ABCDE"), faults);
                FieldKind::Choice { labels, multiple: o.flag("multiple", false, faults) }
            }
            "matrix" => {
                let rows = match o.get("rows") {
                    Some(Value::Number(_)) => {
                        (1..=o.whole("rows", 1..=40, faults).unwrap_or(1)).map(|n| n.to_string()).collect()
                    }
                    _ => o.labels("rows", faults).unwrap_or_default(),
                };
                if rows.is_empty() || rows.len() > 40 {
                    faults.add(o.path("rows"), "1 to 40 rows are expected: a number, or a list of labels");
                }
                FieldKind::Matrix { rows, labels: labels(o, 2..=12, None, faults) }
            }
            "sum" => FieldKind::Sum {
                propositions: o.whole("propositions", 2..=7, faults).unwrap_or(5) as u8,
                style: o.word("style", &[("bubbles", SumStyle::Bubbles), ("grid", SumStyle::Grid)], faults),
            },
            "numeric" => {
                let digits = o.whole("digits", 1..=12, faults).unwrap_or(3) as u8;
                FieldKind::Numeric {
                    digits,
                    decimals: o.whole("decimals", 0..=u64::from(digits) - 1, faults).unwrap_or(0) as u8,
                    sign: o.flag("sign", false, faults),
                    leading_zeros: o.word(
                        "leading_zeros",
                        &[("optional", LeadingZeros::Optional), ("required", LeadingZeros::Required)],
                        faults,
                    ),
                }
            }
            "id_grid" => {
                let check = o.word(
                    "check",
                    &[
                        ("none", CheckDigit::None),
                        ("mod11", CheckDigit::Mod11),
                        ("mod10", CheckDigit::Mod10),
                        ("cpf", CheckDigit::Cpf),
                    ],
                    faults,
                );
                let digits = o.whole("digits", 2..=16, faults).unwrap_or(if check == CheckDigit::Cpf { 11 } else { 8 });
                if check == CheckDigit::Cpf && digits != 11 {
                    faults.add(o.path("digits"), "a CPF has 11 digits");
                }
                FieldKind::IdGrid { digits: digits as u8, check }
            }
            "version" => FieldKind::Version { labels: labels(o, 2..=12, Some("1234"), faults) },
            "language" => {
                let labels = match o.labels("labels", faults) {
                    None => vec!["Inglês".to_owned(), "Espanhol".to_owned()],
                    Some(l) => counted(l, o, 2..=5, faults),
                };
                let gates = o.labels("gates", faults).unwrap_or_default();
                FieldKind::Language { labels, gates }
            }
            "score" => {
                let step = o.number("step", 0.1..=1.0, faults).unwrap_or(1.0);
                if ![0.1, 0.25, 0.5, 1.0].contains(&step) {
                    faults.add(o.path("step"), format!("{step} is not valid; one of 0.1, 0.25, 0.5, 1 is expected"));
                }
                FieldKind::Score { max: o.whole("max", 1..=20, faults).unwrap_or(10) as u8, step }
            }
            "competence" => FieldKind::Competence { rows: o.whole("rows", 1..=5, faults).unwrap_or(5) as u8 },
            "flag" => {
                let labels = match o.labels("labels", faults) {
                    None => vec!["Ausente".to_owned(), "Eliminado".to_owned()],
                    Some(l) => counted(l, o, 1..=8, faults),
                };
                FieldKind::Flag { labels }
            }
            "region" => FieldKind::Region {
                lines: o.whole("lines", 0..=60, faults).unwrap_or(0) as u16,
                dpi: o.whole("dpi", 72..=600, faults).unwrap_or(150) as u16,
            },
            "signature" => FieldKind::Signature {},
            "" => return None,
            other => {
                let message = format!("“{other}” is not a field type; one of {} is expected", TYPES.join(", "));
                faults.add(o.path("type"), message);
                // What else the entry says can't be judged without a type.
                for key in ["labels", "rows", "digits", "multiple", "max", "step", "lines", "propositions"] {
                    o.get(key);
                }
                return None;
            }
        })
    }
}

fn labels(
    o: &mut Object,
    valid: std::ops::RangeInclusive<usize>,
    default: Option<&str>,
    faults: &mut Faults,
) -> Vec<String> {
    match o.labels("labels", faults) {
        Some(labels) => counted(labels, o, valid, faults),
        None => match default {
            Some(d) => d.chars().map(String::from).collect(),
            None => {
                faults.add(o.path("labels"), "missing; a string of one-character labels or a list is expected");
                Vec::new()
            }
        },
    }
}

fn counted(
    labels: Vec<String>,
    o: &Object,
    valid: std::ops::RangeInclusive<usize>,
    faults: &mut Faults,
) -> Vec<String> {
    if !valid.contains(&labels.len()) {
        let message = format!("{} labels; {} to {} are expected", labels.len(), valid.start(), valid.end());
        faults.add(o.path("labels"), message);
    }
    labels
}

fn default_caption(kind: &FieldKind, id: &str, number: Option<u64>) -> String {
    match kind {
        FieldKind::IdGrid { check: CheckDigit::Cpf, .. } => "CPF".into(),
        FieldKind::IdGrid { .. } => "Matrícula".into(),
        FieldKind::Version { .. } => "Tipo de prova".into(),
        FieldKind::Language { .. } => "Língua estrangeira".into(),
        FieldKind::Competence { .. } => "Redação: competências".into(),
        FieldKind::Flag { .. } => "Uso do aplicador".into(),
        FieldKind::Signature {} => "Assinatura".into(),
        // As the booklet numbers its questions.
        _ => match number.or_else(|| id.strip_prefix('q')?.parse().ok()) {
            Some(n) => format!("{n:02}"),
            None => id.replace("{n}", "1"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> (Vec<FieldSpec>, Vec<String>) {
        let mut faults = Faults::default();
        let specs = FieldSpec::read_list(value.as_array().unwrap(), "sheet.fields", &mut faults);
        (specs, faults.0.iter().map(|f| f.to_string()).collect())
    }

    #[test]
    fn a_count_makes_numbered_fields() {
        let (specs, faults) = read(json!([{"type": "choice", "id": "q{n}", "count": 3, "start": 9, "labels": "ABCD"}]));
        assert!(faults.is_empty(), "{faults:?}");
        let named: Vec<_> = specs.iter().map(|s| (s.id.as_str(), s.caption.as_str())).collect();
        assert_eq!(named, [("q9", "09"), ("q10", "10"), ("q11", "11")]);
        let (specs, _) = read(
            json!([{"type": "sum", "id": "q5", "propositions": 4}, {"type": "sum", "id": "soma5", "propositions": 4}]),
        );
        assert_eq!(specs.iter().map(|s| s.caption.as_str()).collect::<Vec<_>>(), ["05", "soma5"]);
    }

    #[test]
    fn faults_name_the_field_and_what_is_valid() {
        let (_, faults) = read(json!([
            {"type": "choice", "id": "q", "count": 3},
            {"type": "choise", "id": "x"},
            {"type": "numeric", "id": "n", "digits": 13},
            {"type": "choice", "id": "n2", "labels": "A"},
            {"type": "choice", "id": "n2", "colour": "red"},
        ]));
        assert!(faults.iter().any(|f| f.starts_with("sheet.fields[0].id: with a count")));
        assert!(
            faults.iter().any(|f| f.starts_with("sheet.fields[1].type: “choise” is not a field type; one of choice"))
        );
        assert!(faults.iter().any(|f| f.contains("sheet.fields[2].digits") && f.contains("1 to 12")));
        assert!(faults.iter().any(|f| f.contains("sheet.fields[3].labels") && f.contains("2 to 10")));
        assert!(faults.iter().any(|f| f.starts_with("sheet.fields[4].id: duplicate")));
        assert!(faults.iter().any(|f| f.starts_with("sheet.fields[4].colour: unknown field")));
    }

    #[test]
    fn every_type_of_the_table_is_known() {
        for name in TYPES {
            let (specs, faults) = read(json!([{"type": name, "id": "f", "labels": "AB", "rows": 2}]));
            let unknown = faults.iter().filter(|f| !f.contains("unknown field")).count();
            assert_eq!(unknown, 0, "{name}: {faults:?}");
            assert_eq!(specs[0].kind.name(), name);
        }
    }
}
