//! Grades for a person at a terminal: a line a pupil, under it what waits, and at the end what there is to do.

use super::{Row, standing};
use crate::grade::{Graded, Key, Standing, Verdict};
use crate::output::table::Look;
use crate::output::words::{count, plain};
use console::{Alignment, Style, pad_str};
use std::collections::BTreeMap;
use std::io::{self, Write};

pub struct Table<'k, W: Write> {
    out: W,
    look: Look,
    key: &'k Key,
    begun: bool,
    standings: BTreeMap<Standing, usize>,
}

const WHO: usize = 24;

impl<'k, W: Write> Table<'k, W> {
    pub fn new(out: W, look: Look, key: &'k Key) -> Self {
        Table { out, look, key, begun: false, standings: BTreeMap::new() }
    }

    pub fn row(&mut self, row: &Row) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            let line = line("estudante/folha", "situação", "nota", "de", "certas", "parc", "erradas", "br");
            let line = self.styled(&line, Style::new().bold());
            writeln!(self.out, "{line}")?;
        }
        let graded = &row.graded;
        *self.standings.entry(graded.standing).or_default() += 1;
        let who = row.student.as_deref().or(row.sheet.as_deref()).unwrap_or("–");
        let number = |verdicts: &[Verdict]| {
            graded.questions.iter().filter(|q| verdicts.contains(&q.verdict)).count().to_string()
        };
        use Verdict::*;
        let text = line(
            &plain(who),
            standing(graded.standing),
            &graded.points.map_or("–".to_owned(), |p| p.to_string()),
            &graded.max.to_string(),
            &number(&[Correct]),
            &number(&[Partial]),
            &number(&[Incorrect, Double, Invalid]),
            &number(&[Unmarked]),
        );
        let style = match graded.standing {
            Standing::Graded => Style::new(),
            Standing::Provisional => Style::new().yellow(),
            Standing::Absent | Standing::Eliminated | Standing::NotRead => Style::new().dim(),
        };
        let text = self.styled(&text, style);
        writeln!(self.out, "{text}")?;
        if let Some(reason) = self.reason(graded) {
            writeln!(self.out, "    {}", plain(&reason))?;
        }
        Ok(())
    }

    pub fn finish(mut self) -> io::Result<()> {
        let of = |s: Standing| self.standings.get(&s).copied().unwrap_or(0);
        let all = self.standings.values().sum();
        let mut said = vec![count(all, "folha", "folhas")];
        said.extend(Standing::ALL.into_iter().filter(|s| of(*s) > 0).map(|s| count(of(s), standing(s), plural(s))));
        writeln!(self.out, "\n{}", said.join(" · "))?;
        if of(Standing::Provisional) > 0 {
            writeln!(self.out, "→ Decida o que está em dúvida e corrija de novo: até lá, não vale pontos.")?;
        }
        self.out.flush()
    }

    /// What waits for a person.
    fn reason(&self, graded: &Graded) -> Option<String> {
        if graded.absent_with_answers {
            return Some("marcado como ausente, mas há respostas".to_owned());
        }
        let open = graded.questions.iter().filter(|q| graded.standing == Standing::Provisional && q.verdict.waits());
        let ids: Vec<&str> = open.map(|q| self.key.questions[q.question].id.as_str()).collect();
        match ids.len() {
            0 if graded.standing == Standing::Provisional => Some("uma página aguarda decisão".to_owned()),
            0 => None,
            1..=12 => Some(format!("em aberto: {}", ids.join(", "))),
            n => Some(format!("em aberto: {} e mais {}", ids[..12].join(", "), n - 12)),
        }
    }

    fn styled(&self, text: &str, with: Style) -> String {
        with.force_styling(self.look.color).apply_to(text).to_string()
    }
}

fn plural(standing: Standing) -> &'static str {
    match standing {
        Standing::Graded => "corrigidas",
        Standing::Provisional => "provisórias",
        Standing::Absent => "ausentes",
        Standing::Eliminated => "eliminados",
        Standing::NotRead => "não lidas",
    }
}

#[allow(clippy::too_many_arguments, reason = "the columns of a line")]
fn line(
    who: &str,
    standing: &str,
    points: &str,
    max: &str,
    right: &str,
    part: &str,
    wrong: &str,
    blank: &str,
) -> String {
    let left = |text: &str, width| pad_str(text, width, Alignment::Left, Some("…")).into_owned();
    let right_of = |text: &str, width| pad_str(text, width, Alignment::Right, None).into_owned();
    [
        left(who, WHO),
        left(standing, 10),
        right_of(points, 9),
        right_of(max, 7),
        right_of(right, 7),
        right_of(part, 5),
        right_of(wrong, 8),
        right_of(blank, 4),
    ]
    .join(" ")
    .trim_end()
    .to_owned()
}
