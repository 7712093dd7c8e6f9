//! Numbers, times and codes as the pages say them.

use super::words::{Lang, Words};
use crate::grade::{Points, Verdict};
use crate::output::words;
use crate::read::result::{FieldReading, FieldStatus, Issue, MarkState, Outcome};
use crate::statistics::items::Remark;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// Brasília's time, all year: what a page says before its script says it in the browser's own.
const BRASILIA: i8 = -3;

/// `30/11/2026 17:04`, of a time in RFC 3339.
pub fn time(said: &str) -> String {
    let Ok(at) = said.parse::<Timestamp>() else { return said.to_owned() };
    let zone = TimeZone::fixed(Offset::constant(BRASILIA));
    at.to_zoned(zone).strftime("%d/%m/%Y %H:%M").to_string()
}

/// `1.234` or `1,234`.
pub fn number(lang: Lang, n: u64) -> String {
    let text = words::number(n as f64, 0);
    if lang == Lang::En { text.replace('.', ",") } else { text }
}

/// `1.234,5` or `1,234.5`.
pub fn decimal(lang: Lang, value: f64, decimals: usize) -> String {
    let said = words::number(value, decimals);
    let other = |c| match c {
        ',' => '.',
        '.' => ',',
        c => c,
    };
    if lang == Lang::En { said.chars().map(other).collect() } else { said }
}

/// All of their decimals: `7,5` or `7.5`.
pub fn points(lang: Lang, points: Points) -> String {
    let said = points.to_string();
    if lang == Lang::En { said.replace(',', ".") } else { said }
}

/// `3,4 MB`.
pub fn bytes(lang: Lang, n: u64) -> String {
    let (value, unit, decimals) = match n {
        0..1_000_000 => ((n as f64 / 1e3).max(1.0), "kB", 0),
        1_000_000..1_000_000_000 => (n as f64 / 1e6, "MB", 1),
        _ => (n as f64 / 1e9, "GB", 1),
    };
    let said = words::number(value, decimals);
    let said = if lang == Lang::En { said.replace('.', "").replace(',', ".") } else { said };
    format!("{said} {unit}")
}

/// A percentage of ink.
pub fn percent(value: f64) -> u32 {
    (value.clamp(0.0, 1.0) * 100.0).round() as u32
}

impl Words {
    pub fn outcome(&self, name: &str) -> &'static str {
        match name {
            "read" => self.outcome_read,
            "review" => self.outcome_review,
            "unidentified" => self.outcome_unidentified,
            "blank" => self.outcome_blank,
            "foreign" => self.outcome_foreign,
            "error" => self.outcome_error,
            "discarded" => self.outcome_discarded,
            _ => self.outcome_duplicate,
        }
    }

    pub fn state(&self, name: &str) -> &'static str {
        match name {
            "queued" => self.state_queued,
            "running" => self.state_running,
            "done" => self.state_done,
            "failed" => self.state_failed,
            _ => self.state_cancelled,
        }
    }

    pub fn mark(&self, state: MarkState) -> &'static str {
        match state {
            MarkState::Empty => self.mark_empty,
            MarkState::Filled => self.mark_filled,
            MarkState::Faint => self.mark_faint,
            MarkState::Erased => self.mark_erased,
            MarkState::Crossed => self.mark_crossed,
            MarkState::Checked => self.mark_checked,
            MarkState::Cancelled => self.mark_cancelled,
            MarkState::Outside => self.mark_outside,
            MarkState::Ambiguous => self.mark_ambiguous,
        }
    }

    /// What a field says, in a word.
    pub fn answer(&self, field: &FieldReading) -> String {
        match field.status {
            FieldStatus::Blank => self.answer_blank.to_owned(),
            FieldStatus::Multiple => format!("{} ({})", self.answer_multiple, field.marked.join(", ")),
            FieldStatus::Invalid => match &field.value {
                Some(value) => format!("{value}: {}", self.answer_invalid),
                None => self.answer_invalid.to_owned(),
            },
            FieldStatus::Answered | FieldStatus::Doubtful => match &field.value {
                Some(value) => value.clone(),
                None if field.marked.is_empty() && field.status == FieldStatus::Answered => {
                    self.answer_written.to_owned()
                }
                None if field.marked.is_empty() => self.answer_blank.to_owned(),
                // Positions of a number, or labels beside each other.
                None if field.marks.iter().any(|m| m.column.is_some()) => field.marked.concat(),
                None => field.marked.join(", "),
            },
        }
    }

    /// What an issue means and what to do. In English it is told as it is written down.
    pub fn issue(&self, lang: Lang, issue: &Issue) -> String {
        match lang {
            Lang::En if issue.detail.is_empty() => issue.code.replace('_', " "),
            Lang::En => issue.detail.clone(),
            Lang::Pt => {
                let said = match issue.code.as_str() {
                    "discarded" => self.issue_discarded.to_owned(),
                    "reader_died" => self.issue_reader_died.to_owned(),
                    "not_fetched" => self.issue_not_fetched.to_owned(),
                    "page_gone" => self.issue_page_gone.to_owned(),
                    "unknown_layout" => self.issue_unknown_layout.to_owned(),
                    "unknown_model" => self.issue_unknown_model.to_owned(),
                    "wrong_mac" => self.issue_wrong_mac.to_owned(),
                    _ => words::issue_line(issue).into_owned(),
                };
                let mut letters = said.chars();
                letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
            }
        }
    }

    pub fn standing(&self, name: &str) -> &'static str {
        match name {
            "graded" => self.standing_graded,
            "provisional" => self.standing_provisional,
            "absent" => self.standing_absent,
            "eliminated" => self.standing_eliminated,
            _ => self.standing_not_read,
        }
    }

    /// Several of one standing.
    pub fn standings(&self, name: &str) -> &'static str {
        match name {
            "graded" => self.standings_graded,
            "provisional" => self.standings_provisional,
            "absent" => self.standings_absent,
            "eliminated" => self.standings_eliminated,
            _ => self.standings_not_read,
        }
    }

    /// A verdict, and the class of its badge.
    pub fn verdict(&self, verdict: Verdict) -> (&'static str, &'static str) {
        match verdict {
            Verdict::Correct => (self.verdict_correct, "read"),
            Verdict::Partial => (self.verdict_partial, "review"),
            Verdict::Incorrect => (self.verdict_incorrect, "error"),
            Verdict::Unmarked => (self.answer_blank, ""),
            Verdict::Double => (self.answer_multiple, "error"),
            Verdict::Invalid => (self.answer_invalid, "error"),
            Verdict::Doubtful => (self.verdict_doubtful, "review"),
            Verdict::Waiting => (self.verdict_waiting, "review"),
            Verdict::Annulled => (self.verdict_annulled, ""),
        }
    }

    /// A rule of a key; one of its own has its own name.
    pub fn rule<'a>(&self, name: &'a str) -> &'a str {
        match name {
            "exact/1" => self.rule_exact,
            "alternatives/1" => self.rule_alternatives,
            "true_false/1" => self.rule_true_false,
            "sum.exact/1" => self.rule_sum_exact,
            "sum.proportional/1" => self.rule_sum_proportional,
            "sum.ufsc/2025" => self.rule_sum_ufsc,
            "numeric/1" => self.rule_numeric,
            own => own,
        }
    }

    pub fn effect(&self, name: &str) -> &'static str {
        match name {
            "give_all" => self.effect_give_all,
            "give_to_answered" => self.effect_give_to_answered,
            "redistribute" => self.effect_redistribute,
            _ => self.effect_drop,
        }
    }

    pub fn remark(&self, remark: Remark) -> &'static str {
        match remark {
            Remark::NegativeDiscrimination => self.remark_negative,
            Remark::DistractorAttractsTheBest => self.remark_attracts,
            Remark::DistractorBeatsTheKey => self.remark_beats,
            Remark::UnusedDistractor => self.remark_unused,
            Remark::TooEasy => self.remark_easy,
            Remark::TooHard => self.remark_hard,
        }
    }

    pub fn hint(&self, code: &str) -> &'static str {
        match code {
            "low_dpi" => self.hint_low_dpi,
            "uneven_dpi" => self.hint_uneven_dpi,
            "streak" => self.hint_streak,
            "resized" => self.hint_resized,
            "light" => self.hint_light,
            "bitonal" => self.hint_bitonal,
            _ => self.hint_cut,
        }
    }

    /// What went wrong with a request, and what to do.
    pub fn fault(&self, status: axum::http::StatusCode) -> (&'static str, &'static str) {
        match status.as_u16() {
            401 => (self.fault_401, self.fault_401_do),
            403 => (self.fault_403, self.fault_403_do),
            404 | 405 | 410 => (self.fault_404, self.fault_404_do),
            409 | 412 => (self.fault_409, self.fault_409_do),
            413 => (self.fault_413, self.fault_413_do),
            400 | 415 | 422 => (self.fault_422, self.fault_422_do),
            429 | 503 => (self.fault_503, self.fault_503_do),
            501 => (self.fault_501, self.fault_501_do),
            _ => (self.fault_500, self.fault_500_do),
        }
    }
}

/// How a page counts: what a person set aside, and what an earlier page says too, apart from the rest.
pub fn outcome_of(outcome: Outcome, issues: &[Issue]) -> &'static str {
    let has = |code| issues.iter().any(|i| i.code == code);
    match outcome {
        Outcome::Foreign if has("discarded") => "discarded",
        Outcome::Read | Outcome::Review if has("duplicate") => "duplicate",
        outcome => outcome.name(),
    }
}

/// A text with its `{}` filled in, in order.
pub fn fill(text: &str, values: &[&str]) -> String {
    let mut parts = text.split("{}");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (i, part) in parts.enumerate() {
        out.push_str(values.get(i).copied().unwrap_or_default());
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_said_as_people_write_them() {
        assert_eq!(time("2026-11-30T20:04:59.123Z"), "30/11/2026 17:04");
        assert_eq!((number(Lang::Pt, 1234), number(Lang::En, 1234)), ("1.234".to_owned(), "1,234".to_owned()));
        assert_eq!((bytes(Lang::Pt, 3_400_000), bytes(Lang::En, 3_400_000)), ("3,4 MB".into(), "3.4 MB".into()));
        assert_eq!(fill("{} de {}", &["3", "7"]), "3 de 7");
    }
}
