//! The key as a table that a person fills in: a row for each question. What the table can't say stays as it was.

use super::super::form::Form;
use super::expand;
use crate::json::Fault;
use crate::service::analysis::Printed;
use crate::sheet::field::FieldKind;
use serde_json::{Map, Value, json};

/// The rule of a row that is not in the key.
pub const NOT_COUNTED: &str = "fora";
/// A rule that the table can't say; it stays.
pub const AS_IT_IS: &str = "=";
/// Rules that need no more than the answer and the points.
pub const RULES: [&str; 7] =
    ["exact/1", "alternatives/1", "true_false/1", "sum.exact/1", "sum.proportional/1", "sum.ufsc/2025", "numeric/1"];
pub const EFFECTS: [&str; 4] = ["give_all", "give_to_answered", "redistribute", "drop"];

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub id: String,
    pub answer: String,
    pub points: String,
    /// A rule's name, [`AS_IT_IS`], [`NOT_COUNTED`]; empty: as the answer tells.
    pub rule: String,
    /// What [`AS_IT_IS`] is.
    pub own_rule: Option<String>,
    pub effect: String,
    pub reason: String,
    pub faults: Vec<Fault>,
    /// As the key has it.
    entry: Map<String, Value>,
    annulment: Map<String, Value>,
    /// UFSC's rule with as many propositions as the sheet has.
    ufsc: Option<Value>,
}

pub struct Table {
    pub rows: Vec<Row>,
    /// What all points are worth; empty: their sum.
    pub scale: String,
    /// The key that it is about to change.
    base: Value,
}

impl Table {
    /// Of a key, and of what was printed and is not in it.
    pub fn of(base: Value, printed: &[Printed]) -> Self {
        let has_key = base["questions"].is_array();
        let entries = expand::questions(&base);
        let asked = |p: &&Printed| {
            let answers = |e: &Map<String, Value>| [e.get("id"), e.get("field")].contains(&Some(&json!(p.question)));
            !entries.iter().any(answers)
        };
        let more: Vec<Row> = printed.iter().filter(asked).filter_map(|p| Row::printed(p, !has_key)).collect();
        let annulments = base["annulled"].as_array().cloned().unwrap_or_default();
        let mut rows: Vec<Row> = entries.into_iter().map(|entry| Row::of(entry, &annulments, printed)).collect();
        rows.extend(more);
        Table { rows, scale: said(&base["total"]["scale"]), base }
    }

    /// What was typed, in the rows that were shown.
    pub fn fill(&mut self, form: &Form) {
        if form.has("escala") {
            self.scale = form.get("escala").unwrap_or_default().trim().to_owned();
        }
        for (i, row) in self.rows.iter_mut().enumerate() {
            for (name, cell) in [
                ("resposta", &mut row.answer),
                ("pontos", &mut row.points),
                ("regra", &mut row.rule),
                ("anular", &mut row.effect),
                ("motivo", &mut row.reason),
            ] {
                let name = format!("{name}.{i}");
                if form.has(&name) {
                    *cell = form.get(&name).unwrap_or_default().trim().to_owned();
                }
            }
        }
    }

    /// As a KEY.json.
    pub fn key(&self) -> Value {
        let mut key = self.base.clone();
        if self.scale != said(&key["total"]["scale"]) {
            if !key["total"].is_object() {
                key["total"] = json!({});
            }
            key["total"]["scale"] = json!(self.scale);
            if let Some(total) = key["total"].as_object_mut().filter(|_| self.scale.is_empty()) {
                total.remove("scale");
            }
        }
        let rows = || self.rows.iter().filter(|r| r.is_counted());
        key["questions"] = rows().map(Row::entry).collect();
        let annulled: Vec<Value> = rows().filter_map(Row::annulment).collect();
        match annulled.is_empty() {
            true => key.as_object_mut().and_then(|key| key.remove("annulled")),
            false => key.as_object_mut().and_then(|key| key.insert("annulled".to_owned(), json!(annulled))),
        };
        key
    }

    /// Rules of the key's own, by name.
    pub fn rules(&self) -> Vec<String> {
        self.base["rules"].as_object().into_iter().flat_map(|rules| rules.keys().cloned()).collect()
    }

    /// Puts faults of [`Table::key`] to their rows; gives back those of none.
    pub fn place(&mut self, faults: Vec<Fault>) -> Vec<Fault> {
        let counted: Vec<usize> = (0..self.rows.len()).filter(|&i| self.rows[i].is_counted()).collect();
        let annulled: Vec<usize> = counted.iter().copied().filter(|&i| self.rows[i].annulment().is_some()).collect();
        let mut others = Vec::new();
        for Fault { path, message } in faults {
            let at = |list: &str, rows: &[usize]| {
                let (number, rest) = path.strip_prefix(list)?.split_once(']')?;
                let row = *rows.get(number.parse::<usize>().ok()?)?;
                Some((row, rest.trim_start_matches('.').to_owned()))
            };
            let column = |(row, rest): (usize, String)| (row, format!("annulled.{rest}"));
            match at("questions[", &counted).or_else(|| at("annulled[", &annulled).map(column)) {
                Some((row, path)) => self.rows[row].faults.push(Fault { path, message }),
                None => others.push(Fault { path, message }),
            }
        }
        others
    }
}

impl Row {
    fn of(entry: Map<String, Value>, annulments: &[Value], printed: &[Printed]) -> Self {
        let id = entry.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let annulment = annulments.iter().find(|a| a["question"] == id.as_str()).and_then(Value::as_object).cloned();
        let annulment = annulment.unwrap_or_default();
        let ufsc = printed.iter().find(|p| p.question == id).and_then(ufsc);
        let text =
            |map: &Map<String, Value>, name: &str| map.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (rule, own_rule) = match entry.get("rule") {
            None => (String::new(), None),
            Some(Value::String(name)) => (name.clone(), None),
            Some(rule) if ufsc.as_ref() == Some(rule) => ("sum.ufsc/2025".to_owned(), None),
            Some(rule) => (AS_IT_IS.to_owned(), Some(rule["id"].as_str().unwrap_or("?").to_owned())),
        };
        Row {
            answer: entry.get("answer").map(said).unwrap_or_default(),
            points: entry.get("points").map(said).unwrap_or_default(),
            rule,
            own_rule,
            effect: text(&annulment, "effect"),
            reason: text(&annulment, "reason"),
            id,
            faults: Vec::new(),
            ufsc,
            entry,
            annulment,
        }
    }

    /// What was printed and the key does not name; None where nothing is asked.
    fn printed(printed: &Printed, counted: bool) -> Option<Self> {
        let rule = match printed.field_type.as_deref() {
            Some("choice") | None => "",
            Some("matrix") => "true_false/1",
            Some("sum") => "sum.exact/1",
            Some("numeric") => "numeric/1",
            _ => return None,
        };
        let mut entry = Map::from_iter([("id".to_owned(), json!(printed.question))]);
        if let Some(language) = &printed.language {
            entry.insert("language".to_owned(), json!(language));
        }
        let rule = if counted { rule } else { NOT_COUNTED }.to_owned();
        Some(Row { id: printed.question.clone(), rule, entry, ufsc: ufsc(printed), ..Row::default() })
    }

    fn is_counted(&self) -> bool {
        self.rule != NOT_COUNTED
    }

    /// What was not touched stays as it was written.
    fn entry(&self) -> Value {
        let mut entry = self.entry.clone();
        let was = |name: &str| self.entry.get(name).map(said).unwrap_or_default();
        for (name, cell, meant) in
            [("answer", &self.answer, meant(&self.answer)), ("points", &self.points, json!(self.points))]
        {
            if cell.is_empty() {
                entry.remove(name);
            } else if *cell != was(name) {
                entry.insert(name.to_owned(), meant);
            }
        }
        match self.rule.as_str() {
            AS_IT_IS => None,
            "" => entry.remove("rule"),
            "sum.ufsc/2025" => entry.insert("rule".to_owned(), self.ufsc.clone().unwrap_or(json!(self.rule))),
            rule => entry.insert("rule".to_owned(), json!(rule)),
        };
        Value::Object(entry)
    }

    fn annulment(&self) -> Option<Value> {
        if self.effect.is_empty() {
            return None;
        }
        let mut annulment = self.annulment.clone();
        if annulment.get("effect") != Some(&json!(self.effect)) {
            annulment.remove("within");
        }
        annulment.insert("question".to_owned(), json!(self.id));
        annulment.insert("effect".to_owned(), json!(self.effect));
        match self.reason.as_str() {
            "" => annulment.remove("reason"),
            reason => annulment.insert("reason".to_owned(), json!(reason)),
        };
        Some(Value::Object(annulment))
    }

    /// What can be chosen, of the key's own rules and of those that everybody has.
    pub fn rules<'a>(&'a self, own: &'a [String]) -> Vec<&'a str> {
        let mut all: Vec<&str> = RULES.iter().copied().chain(own.iter().map(String::as_str)).collect();
        if !self.rule.is_empty()
            && ![AS_IT_IS, NOT_COUNTED].contains(&self.rule.as_str())
            && !all.contains(&self.rule.as_str())
        {
            all.push(&self.rule);
        }
        all
    }

    /// Whether a fault is in this cell.
    pub fn is_wrong(&self, cell: &str) -> bool {
        self.faults.iter().any(|f| f.path == cell || f.path.starts_with(&format!("{cell}.")))
    }
}

/// UFSC's rule, as the sheet's field has propositions.
fn ufsc(printed: &Printed) -> Option<Value> {
    match printed.kind {
        Some(FieldKind::Sum { propositions, .. }) => Some(json!({"id": "sum.ufsc/2025", "propositions": propositions})),
        _ => None,
    }
}

/// An answer as it is typed: `B`, `B; D` where several are right, `A = 1; C = 0,5` where each is worth something else.
pub fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(said).collect::<Vec<_>>().join("; "),
        Value::Object(all) => all.iter().map(|(k, v)| format!("{k} = {}", said(v))).collect::<Vec<_>>().join("; "),
        Value::Null => String::new(),
        Value::Number(number) => number.to_string().replace('.', ","),
        Value::Bool(yes) => yes.to_string(),
    }
}

fn meant(text: &str) -> Value {
    let parts = || text.split(';').map(str::trim).filter(|p| !p.is_empty());
    let pairs: Option<Map<String, Value>> =
        parts().map(|p| p.split_once('=').map(|(k, v)| (k.trim().to_owned(), json!(v.trim())))).collect();
    match pairs {
        Some(pairs) if !pairs.is_empty() => Value::Object(pairs),
        _ if text.contains(';') => json!(parts().collect::<Vec<_>>()),
        _ => json!(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::Key;

    fn form(text: &str) -> Form {
        Form::of(text.as_bytes())
    }

    #[test]
    fn what_is_not_touched_stays_the_same() {
        let school: Value = serde_json::from_str(include_str!("../../../samples/escola/KEY.json")).unwrap();
        let mut table = Table::of(school.clone(), &[]);
        table.fill(&form("resposta.0=A&pontos.0="));
        assert_eq!(Key::from_json(&table.key()).unwrap(), Key::from_json(&school).unwrap());
    }

    #[test]
    fn cells_say_what_the_key_says() {
        let base = json!({"questions": [{"id": "a", "answer": "B"}, {"id": "b", "answer": 9, "rule": "numeric/1"}], "total": {"scale": 10}});
        let mut table = Table::of(base, &[]);
        table.fill(&form("resposta.0=B%3B+D&pontos.0=1%2C5&anular.1=give_all&motivo.1=duas+certas"));
        let expected = json!({
            "questions": [{"id": "a", "answer": ["B", "D"], "points": "1,5"}, {"id": "b", "answer": 9, "rule": "numeric/1"}],
            "annulled": [{"question": "b", "effect": "give_all", "reason": "duas certas"}],
            "total": {"scale": 10},
        });
        assert_eq!(table.key(), expected);
        assert_eq!(meant("A = 1; C=0,5"), json!({"A": "1", "C": "0,5"}));
        // Taken back, nothing of it is left.
        let mut table = Table::of(expected, &[]);
        table.fill(&form("anular.1="));
        assert_eq!(table.key()["annulled"], Value::Null);
    }

    #[test]
    fn a_fault_is_said_in_its_row() {
        let printed = |question: &str| {
            let kind = FieldKind::Choice { labels: vec!["A".into(), "B".into()], multiple: false };
            Printed {
                question: question.into(),
                field_type: Some("choice".into()),
                kind: Some(kind),
                ..Printed::default()
            }
        };
        let mut table = Table::of(json!({}), &[printed("q1"), printed("q2"), printed("q3")]);
        table.fill(&form("resposta.0=A&regra.1=fora&resposta.2=B&pontos.2=muito&anular.2=nada"));
        let faults = Key::from_json(&table.key()).unwrap_err();
        assert!(table.place(faults).is_empty());
        assert!(table.rows[0].faults.is_empty() && table.rows[1].faults.is_empty());
        assert!(table.rows[2].is_wrong("points") && table.rows[2].is_wrong("annulled.effect"));
    }
}
