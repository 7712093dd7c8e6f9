//! What an exam's answers say about its questions and about its students. Everything here is arithmetic on a [`Table`];
//! formulas and sources are in docs/statistics.md.

pub mod copying;
pub mod curves;
mod extremes;
pub mod gather;
pub mod groups;
pub mod irt;
pub mod items;
mod normal;
pub mod plot;
pub mod proficiency;
pub mod reliability;
pub mod scale;
pub mod scores;
pub mod simulated;
pub mod table;

pub use copying::Copying;
pub use groups::{Group, Skill};
pub use items::Item;
pub use proficiency::{Proficiency, Source};
pub use reliability::Reliability;
pub use scale::Scale;
pub use scores::{Histogram, Summary};
pub use table::{Question, Response, Student, Table};

use extremes::Extremes;
use scores::Totals;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    pub proficiency: Option<Source>,
    pub scale: Scale,
    /// Whether pairs are compared, and how probable a false alert may be.
    pub copying: Option<f64>,
}

impl Default for Options {
    fn default() -> Self {
        Options { proficiency: None, scale: Scale::default(), copying: Some(0.01) }
    }
}

/// Classical statistics of an exam, and what else was asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Statistics {
    pub scores: Summary,
    pub histogram: Histogram,
    pub reliability: Reliability,
    pub items: Vec<Item>,
    pub groups: Vec<Group>,
    pub skills: Vec<Skill>,
    pub proficiency: Option<Proficiency>,
    /// Null if it was not asked for, or of too few students.
    pub copying: Option<Copying>,
}

pub fn statistics(table: &Table, options: &Options) -> Statistics {
    let totals = Totals::of(table);
    let shares = || (0..table.students().len()).filter_map(|i| totals.share(i));
    let reliability = reliability::reliability(table);
    let mut items = items::analyse(table, &totals, &Extremes::of(&totals));
    for (item, alpha) in items.iter_mut().zip(&reliability.alpha_without) {
        item.alpha_without = *alpha;
    }
    Statistics {
        scores: Summary::of(shares().collect()),
        histogram: Histogram::of(shares()),
        reliability,
        items,
        groups: groups::groups(table, &totals),
        skills: groups::skills(table),
        proficiency: options.proficiency.and_then(|source| proficiency::proficiency(table, source, options.scale)),
        copying: options.copying.and_then(|level| copying::copying(table, &totals, level)),
    }
}

#[cfg(test)]
mod tests;
