//! What of a batch is in doubt, the worst first: pages of nobody, then pages that contradict each other, then answers,
//! the least sure first.

use super::super::shell::segment;
use crate::read::decision::waits;
use crate::read::result::{FieldStatus, Outcome, PageReading};
use crate::service::App;
use crate::service::http::{Caller, Problem};
use crate::service::store::db::{Columns, Freshness};
use uuid::Uuid;

/// Pages that one look takes in. The rest comes when these are settled.
const MOST: i64 = 400;

/// One thing that a person must decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// The page's, in the batch.
    pub number: u32,
    pub what: What,
    /// How sure the reader is of its guess, from 0 to 1.
    pub sure: f64,
    /// Decided already: a second person looks, and is not told what was said.
    pub second: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Whose page is it?
    Identity,
    /// Two pages of one sheet, or of one student: which counts?
    Pair,
    /// Something else that the page says.
    Page,
    /// What does this field say?
    Field(String),
}

impl What {
    pub fn named(name: &str) -> Option<What> {
        match name {
            "identidade" => Some(What::Identity),
            "repetida" => Some(What::Pair),
            "pagina" => Some(What::Page),
            _ => None,
        }
    }

    /// Where in the queue, and under which tab.
    fn rank(&self) -> (u8, &'static str) {
        match self {
            What::Identity => (0, "identidade"),
            What::Pair => (1, "repetida"),
            What::Page => (2, "pagina"),
            What::Field(_) => (3, "respostas"),
        }
    }

    pub fn kind(&self) -> &'static str {
        self.rank().1
    }

    /// What a waiting issue asks.
    fn of(code: &str) -> What {
        match code {
            "roster_suggestion" | "not_in_roster" | "roster_conflict" | "pupil_unknown" => What::Identity,
            "duplicate_differs" | "same_student" => What::Pair,
            _ => What::Page,
        }
    }
}

impl Doubt {
    /// The end of its address: page and what.
    pub fn key(&self) -> String {
        let second = if self.second { "&segunda=1" } else { "" };
        match &self.what {
            What::Field(id) => format!("{}?campo={}{second}", self.number, segment(id)),
            what => format!("{}?caso={}", self.number, what.kind()),
        }
    }

    /// What of a page waits for a person.
    pub fn of_page(number: u32, reading: &PageReading) -> Vec<Doubt> {
        let doubt = |what, sure| Doubt { number, what, sure, second: false };
        if reading.outcome == Outcome::Unidentified {
            return vec![doubt(What::Identity, 0.0)];
        }
        if reading.outcome != Outcome::Review {
            return Vec::new();
        }
        let mut all: Vec<Doubt> = Vec::new();
        let accepted = reading.issues.iter().any(|i| i.code == "accepted");
        for issue in reading.issues.iter().filter(|i| !accepted && waits(&i.code)) {
            let what = What::of(&issue.code);
            if all.iter().all(|d| d.what != what) {
                all.push(doubt(what, 0.0));
            }
        }
        let doubtful = reading.fields.iter().filter(|f| f.status == FieldStatus::Doubtful);
        all.extend(doubtful.map(|f| doubt(What::Field(f.id.clone()), f.confidence)));
        all
    }
}

/// All doubts of a batch, or of the first pages of it that have some.
pub struct Queue(Vec<Doubt>);

#[derive(Default)]
pub struct Counts {
    pub all: u64,
    pub fields: u64,
    pub identities: u64,
    pub pairs: u64,
    pub pages: u64,
}

impl Queue {
    pub async fn of(app: &App, caller: &Caller, batch: Uuid) -> Result<Queue, Problem> {
        let text = "SELECT number, body{as_text} AS body FROM pages
                    WHERE batch_id = $1 AND tenant_id = $2 AND outcome IN ('review', 'unidentified')
                    ORDER BY number LIMIT $3";
        let query = app.db.query(text).bind(batch.to_string()).bind(caller.tenant.clone()).bind(MOST);
        let mut all = Vec::new();
        for row in query.fetch_all(app.db.reader(Freshness::Latest)).await? {
            let reading: PageReading =
                serde_json::from_str(&row.col::<String>("body")?).map_err(std::io::Error::from)?;
            all.extend(Doubt::of_page(row.col::<i64>("number")? as u32, &reading));
        }
        Ok(Queue::ordered(all))
    }

    fn ordered(mut all: Vec<Doubt>) -> Queue {
        all.sort_by(|a, b| (a.what.rank().0.cmp(&b.what.rank().0)).then(a.sure.total_cmp(&b.sure)));
        Queue(all)
    }

    pub fn of_kind(&self, kind: Option<&str>) -> Vec<Doubt> {
        self.0.iter().filter(|d| kind.is_none_or(|k| d.what.kind() == k)).cloned().collect()
    }

    pub fn counts(&self) -> Counts {
        let mut counts = Counts { all: self.0.len() as u64, ..Counts::default() };
        for doubt in &self.0 {
            *match doubt.what {
                What::Field(_) => &mut counts.fields,
                What::Identity => &mut counts.identities,
                What::Pair => &mut counts.pairs,
                What::Page => &mut counts.pages,
            } += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples;
    use crate::read::result::Issue;

    #[test]
    fn the_worst_comes_first_and_what_only_tells_does_not_come() {
        let mut page = samples::page("a.pdf", 1, &["A", "B?", "C?"]);
        (page.fields[1].confidence, page.fields[2].confidence) = (0.8, 0.6);
        page.review(Issue::new("low_resolution", ""));
        page.review(Issue::new("same_student", ""));
        let mut nobody = samples::page("a.pdf", 2, &[]);
        nobody.outcome = Outcome::Unidentified;
        let mut all = Doubt::of_page(1, &page);
        all.extend(Doubt::of_page(2, &nobody));
        let queue = Queue::ordered(all);
        let keys: Vec<String> = queue.0.iter().map(Doubt::key).collect();
        assert_eq!(keys, ["2?caso=identidade", "1?caso=repetida", "1?campo=q3", "1?campo=q2"]);
        assert_eq!((queue.counts().all, queue.counts().fields), (4, 2));
        page.issues.push(Issue::new("accepted", ""));
        assert_eq!(Doubt::of_page(1, &page).len(), 2);
    }
}
