//! One JSON object a line, a line a page: what programs take.

use super::{Run, Sink};
use crate::read::result::{PageReading, SheetRef};
use std::io::{self, Write};

pub struct Jsonl<W: Write> {
    out: W,
}

impl<W: Write> Jsonl<W> {
    pub fn new(out: W) -> Self {
        Jsonl { out }
    }
}

impl<W: Write> Sink for Jsonl<W> {
    fn page(&mut self, reading: PageReading) -> io::Result<()> {
        let mut line = serde_json::to_vec(&presented(reading))?;
        line.push(b'\n');
        self.out.write_all(&line)
    }

    fn finish(&mut self, _: &Run) -> io::Result<()> {
        self.out.flush()
    }
}

/// As it is written: `sheet` always an object with all its keys, and numbers no longer than what they can mean.
pub fn presented(mut r: PageReading) -> PageReading {
    r.sheet.get_or_insert(SheetRef {
        id: None,
        page: None,
        layout: None,
        student: None,
        operation: None,
        model: None,
        version: None,
    });
    if let Some(g) = &mut r.registration {
        round(&mut g.dpi, 1);
        round(&mut g.residual_mm, 3);
    }
    for field in &mut r.fields {
        round(&mut field.confidence, 4);
        for mark in &mut field.marks {
            round(&mut mark.ink, 3);
            round(&mut mark.probability, 4);
        }
    }
    for question in r.score.iter_mut().flat_map(|s| &mut s.questions) {
        question.points.iter_mut().for_each(|p| round(p, 6));
    }
    let t = &mut r.timings_ms;
    for ms in [&mut t.decode, &mut t.register, &mut t.identify, &mut t.marks, &mut t.total] {
        round(ms, 2);
    }
    r
}

fn round(value: &mut f64, decimals: i32) {
    let unit = 10_f64.powi(decimals);
    // Adding zero takes the sign from a negative zero.
    *value = (*value * unit).round() / unit + 0.0;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples;
    use serde_json::{Value, json};

    fn line(reading: PageReading) -> Value {
        let mut out = Vec::new();
        let mut sink = Jsonl::new(&mut out);
        sink.page(reading).unwrap();
        sink.finish(&Run::default()).unwrap();
        assert_eq!(out.iter().filter(|b| **b == b'\n').count(), 1);
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn a_line_has_the_names_of_the_contract() {
        let mut page = samples::page("scan.pdf", 3, &["B"]);
        page.fields[0].confidence = 0.999_348_7;
        page.fields[0].marks[0].ink = -0.000_1;
        page.fields[0].marks[1].ink = 0.909_09;
        let line = line(page);
        assert_eq!(line["source"], json!({"file": "scan.pdf", "page": 3}));
        assert_eq!(line["outcome"], "read");
        assert_eq!(line["identified_by"], "qr");
        assert_eq!(
            line["registration"],
            json!({"rotation": 180, "mirrored": false, "dpi": 199.6, "residual_mm": 0.071, "marks": 6})
        );
        let field = &line["fields"][0];
        assert_eq!((&field["type"], &field["value"]), (&json!("choice"), &json!("B")));
        assert_eq!(field["confidence"], 0.9993);
        assert_eq!(field["marks"][0]["ink"].to_string(), "0.0");
        assert_eq!(field["marks"][1]["ink"], 0.909);
        let sheet: Vec<&String> = line["sheet"].as_object().unwrap().keys().collect();
        assert_eq!(sheet.len(), 7);
    }

    #[test]
    fn what_is_not_known_is_null_and_still_there() {
        let line = line(samples::error("ruim.pdf", "damaged_file"));
        assert_eq!(line["sheet"]["id"], Value::Null);
        assert!(line["sheet"].as_object().unwrap().contains_key("version"));
        assert_eq!(line["identified_by"], Value::Null);
        assert_eq!(line["registration"], Value::Null);
        assert_eq!(line["fields"], json!([]));
    }
}
