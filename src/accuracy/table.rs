//! All sets, one after another, and the table that they give.

use super::reliability::{self, Reliability};
use super::tally::{HEAD, Tally};
use super::{Expected, Masters, compare, compare_stranger, read, specimen, stranger};
use crate::print::PrintError;
use crate::read::layouts::Layouts;
use crate::read::policy::Policy;
use crate::read::result::PageReading;
use crate::read::{PageTrace, Reader};
use crate::sheet::SheetKey;
use crate::sim::foreign;
use crate::sim::sets::SETS;
use rayon::prelude::*;

/// What the names of sets of Lize sheets begin with.
const LIZE: &str = "lize: ";

#[derive(Clone, Debug)]
pub struct Plan {
    /// Pages of each set; of the clean ones, as many as 20,000 answers need.
    pub pages: usize,
    pub seed: u64,
    /// Only sets whose name begins so.
    pub only: Option<String>,
    pub policy: Policy,
}

/// A page that went wrong, or of which much is in doubt, for looking at.
pub struct Fault<'a> {
    pub set: &'a str,
    pub page: usize,
    pub bytes: &'a [u8],
    pub tally: &'a Tally,
    /// What is truly on the page; nothing on a page that is not ours.
    pub expected: &'a [Expected],
    pub reading: &'a PageReading,
    pub trace: &'a PageTrace,
}

pub struct Row {
    pub name: String,
    pub tally: Tally,
}

/// Reads all sets. `done` is told each row as it is finished; `look` is shown every page with a wrong answer or
/// identity, and every page of which something could not be read surely.
pub fn run(plan: &Plan, done: &(dyn Fn(&Row) + Sync), look: &(dyn Fn(&Fault) + Sync)) -> Result<Vec<Row>, PrintError> {
    let key = SheetKey::new("accuracy");
    let masters = Masters::new(&key)?;
    let lize = Masters::lize(&key)?;
    let reader =
        Reader { layouts: Layouts::from_layouts(masters.layouts.iter().cloned()), key, policy: plan.policy.clone() };
    let wanted = |name: &str| plan.only.as_ref().is_none_or(|o| name.starts_with(o.as_str()));
    let mut rows = Vec::new();
    let mut finish = |name: String, parts: Vec<Tally>| {
        let mut tally = Tally::default();
        parts.iter().for_each(|p| tally.add(p));
        let row = Row { name, tally };
        done(&row);
        rows.push(row);
    };
    for (kind, masters) in [("", &masters), (LIZE, &lize)] {
        for set in SETS {
            let name = format!("{kind}{}", set.name);
            if !wanted(&name) {
                continue;
            }
            let pages = if set.name.starts_with("clean") { plan.pages * 3 } else { plan.pages };
            let parts = (0..pages).into_par_iter().map(|n| {
                let made = specimen(set, masters, n, plan.seed);
                let (reading, trace) = read(&reader, made.bytes.clone());
                let mut tally = compare(&reading, masters, made.master, &made.expected);
                tally.stages.count(trace.attempts());
                if tally.wrong > 0 || tally.misidentified > 0 || tally.doubtful + tally.unread > 0 {
                    let (bytes, reading, trace) = (&made.bytes, &reading, &trace);
                    let expected = &made.expected;
                    look(&Fault { set: &name, page: n, bytes, tally: &tally, expected, reading, trace });
                }
                tally
            });
            let parts = parts.collect();
            finish(name, parts);
        }
    }
    for &(name, maker) in foreign::PAGES.iter().filter(|p| wanted(p.0)) {
        let parts = (0..plan.pages.div_ceil(4)).into_par_iter().map(|n| {
            let bytes = stranger(maker, name, n, plan.seed);
            let (reading, trace) = read(&reader, bytes.clone());
            let tally = compare_stranger(&reading);
            if tally.wrong > 0 || tally.misidentified > 0 {
                let (bytes, reading, trace) = (&bytes, &reading, &trace);
                look(&Fault { set: name, page: n, bytes, tally: &tally, expected: &[], reading, trace });
            }
            tally
        });
        finish(format!("not ours: {name}"), parts.collect());
    }
    Ok(rows)
}

const ABOUT: &str = "# Accuracy

Made by `gabarito accuracy`: simulated pages, each from a seed of its own, and with `--scans DIR` real photos and scans of
other people's sheets with truth taken by eye, read by their templates. Counts are of pages and of fields. *Doubtful* fields
go to a person; *wrong* ones were said with confidence. Milliseconds are a page's, by the clock, with all cores at work.
";

/// The table in Markdown, with sums and with what each set is.
pub fn markdown(rows: &[Row]) -> String {
    let mut lines: Vec<String> = rows.iter().map(|r| r.tally.row(&r.name)).collect();
    for (title, sum) in sums(rows) {
        lines.push(sum.row(&format!("**{title}**")));
    }
    let sets = SETS.iter().filter(|s| rows.iter().any(|r| r.name.strip_prefix(LIZE).unwrap_or(&r.name) == s.name));
    let sets: Vec<String> = sets.map(|s| format!("- **{}**: {}", s.name, s.description)).collect();
    let speed = |is: fn(&Row) -> bool| {
        let (pages, ms) =
            rows.iter().filter(|r| is(r)).fold((0, 0.0), |(n, ms), r| (n + r.tally.pages, ms + r.tally.ms));
        pages as f64 * 1e3 / ms.max(1e-3)
    };
    let speed = format!(
        "Pages a second and core, decoding included: {:.0} of the clean sets, {:.0} of all.",
        speed(|r| r.name.starts_with("clean")),
        speed(|_| true)
    );
    let (table, sets) = (lines.join("\n"), sets.join("\n"));
    let sure = reliabilities(rows);
    let sure = reliability::markdown(&sure.iter().map(|(name, r)| (*name, r)).collect::<Vec<_>>());
    let stages = super::stages::markdown(rows);
    format!("{ABOUT}\n{HEAD}\n{table}\n\n{speed}\n\n{sets}\n\n{stages}\n{sure}")
}

/// Sums over kinds of sets.
fn sums(rows: &[Row]) -> Vec<(&'static str, Tally)> {
    type Kind = fn(&str) -> bool;
    let kinds: [(&str, Kind); 4] = [
        ("clean sets", |name| name.starts_with("clean")),
        ("all other sets", |name| !name.starts_with("clean") && SETS.iter().any(|s| s.name == name)),
        ("Lize, clean sets", |name| name.strip_prefix(LIZE).is_some_and(|n| n.starts_with("clean"))),
        ("Lize, all other sets", |name| name.strip_prefix(LIZE).is_some_and(|n| !n.starts_with("clean"))),
    ];
    let sum = |is: Kind| {
        let mut sum = Tally::default();
        rows.iter().filter(|r| is(&r.name)).for_each(|r| sum.add(&r.tally));
        sum
    };
    kinds.into_iter().map(|(title, is)| (title, sum(is))).filter(|(_, sum)| sum.pages > 0).collect()
}

/// How sure the reader was on each kind of sets, for tables and plots.
pub fn reliabilities(rows: &[Row]) -> Vec<(&'static str, Reliability)> {
    sums(rows).into_iter().map(|(title, sum)| (title, sum.reliability)).collect()
}
