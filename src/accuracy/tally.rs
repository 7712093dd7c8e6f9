//! Counts of the accuracy table.

use super::reliability::Reliability;
use crate::read::identify::Stages;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Right,
    Doubtful,
    Unread,
    Wrong,
}

#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub pages: u64,
    pub identified: u64,
    pub misidentified: u64,
    pub unidentified: u64,
    /// Ways that were tried to identify the pages.
    pub stages: Stages,
    pub right: u64,
    pub doubtful: u64,
    pub unread: u64,
    pub wrong: u64,
    /// Of the clock, decoding included.
    pub ms: f64,
    pub wrong_fields: Vec<String>,
    pub reliability: Reliability,
}

impl Tally {
    pub fn answers(&self) -> u64 {
        self.right + self.doubtful + self.unread + self.wrong
    }

    pub fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Right => self.right += 1,
            Verdict::Doubtful => self.doubtful += 1,
            Verdict::Unread => self.unread += 1,
            Verdict::Wrong => self.wrong += 1,
        }
    }

    pub fn add(&mut self, other: &Tally) {
        self.pages += other.pages;
        self.identified += other.identified;
        self.misidentified += other.misidentified;
        self.unidentified += other.unidentified;
        self.stages.add(&other.stages);
        self.right += other.right;
        self.doubtful += other.doubtful;
        self.unread += other.unread;
        self.wrong += other.wrong;
        self.ms += other.ms;
        self.wrong_fields.extend(other.wrong_fields.iter().cloned());
        self.reliability.add(&other.reliability);
    }

    /// A row of the table.
    pub fn row(&self, name: &str) -> String {
        format!(
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {} | {:.0} |",
            self.pages,
            self.identified,
            self.misidentified,
            self.unidentified,
            self.right,
            self.doubtful,
            self.unread,
            self.wrong,
            self.ms / self.pages.max(1) as f64
        )
    }
}

pub const HEAD: &str = "| set | pages | identified | misidentified | unidentified | right | doubtful | unread | wrong | ms |\n\
                        |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|";
