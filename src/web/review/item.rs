//! One doubtful thing as it is shown: the picture, what was measured, and what can be decided.

use super::super::says::{outcome_of, percent};
use super::super::shell::{Shell, Visitor, segment};
use super::super::{names, words};
use super::queue::{Doubt, What};
use crate::read::decision::waits;
use crate::read::result::{FieldReading, MarkReading, PageReading, Source};
use crate::service::App;
use crate::service::http::{Problem, undo};
use crate::service::store::db::{Columns, Freshness};
use askama::Template;
use uuid::Uuid;

#[derive(Template)]
#[template(path = "review-item.html")]
pub struct Item {
    s: Shell,
    batch: Uuid,
    number: u32,
    /// The end of its address.
    key: String,
    kind: &'static str,
    /// Names the page as it was seen: a decision about another state of it is refused.
    etag: String,
    /// A second look: nothing is said of what was read, or decided before.
    blind: bool,
    file: String,
    page: u32,
    outcome: &'static str,
    student: Option<String>,
    /// What the page says, in words.
    issues: Vec<String>,
    field: Option<Field>,
    other: Option<Other>,
    /// A number that was filled in and is like this one.
    suggested: Option<String>,
    /// Students that were sought, as HTML of ours.
    pub(super) found: String,
}

pub struct Field {
    id: String,
    crop: String,
    guess: String,
    /// How sure the reader is of it, per cent.
    sure: u32,
    blank_guessed: bool,
    entry: Entry,
}

/// How an answer is given.
pub enum Entry {
    /// One of these.
    Choice(Vec<Choice>),
    /// By writing it.
    Text { value: String, digits: bool },
    /// Is anything there?
    Written,
}

pub struct Choice {
    label: String,
    /// The key that stands for it.
    key: String,
    /// Per cent of this page's solid ink.
    ink: u32,
    state: &'static str,
    guessed: bool,
}

/// The page that this one contradicts.
pub struct Other {
    number: u32,
    etag: String,
    file: String,
    page: u32,
    differing: Vec<Differing>,
}

/// A field of which the two say different things.
pub struct Differing {
    id: String,
    here: String,
    there: String,
    crop_here: String,
    crop_there: String,
}

impl Item {
    pub async fn of(app: &App, v: &Visitor, batch: Uuid, doubt: &Doubt) -> Result<Item, Problem> {
        let (reading, etag) = undo::reading(app, &v.caller, batch, doubt.number).await?;
        let s = v.shell("batches");
        let student = reading.sheet.as_ref().and_then(|sheet| sheet.student.clone());
        let student = match student {
            Some(id) => Some(names::number(app, &v.caller, &id).await?),
            None => None,
        };
        let field = match &doubt.what {
            What::Field(id) => {
                let field = reading.fields.iter().find(|f| f.id == *id);
                let mut field = field.cloned().ok_or_else(|| Problem::not_found("field"))?;
                if doubt.second {
                    (field.value, field.marked) = (None, Vec::new());
                }
                Some(Field::of(s.w, batch, doubt, &field))
            }
            _ => None,
        };
        let other = match doubt.what {
            What::Pair => other(app, v, batch, doubt.number, &reading).await?,
            _ => None,
        };
        let of_page = reading.issues.iter().filter(|i| field.is_none() && waits(&i.code));
        Ok(Item {
            batch,
            number: doubt.number,
            key: doubt.key(),
            kind: doubt.what.kind(),
            etag,
            blind: doubt.second,
            outcome: outcome_of(reading.outcome, &reading.issues),
            student,
            issues: of_page.map(|i| s.w.issue(s.lang, i)).collect(),
            suggested: reading.issues.iter().find(|i| i.code == "roster_suggestion").and_then(|i| i.value.clone()),
            found: String::new(),
            file: reading.source.file,
            page: reading.source.page,
            field,
            other,
            s,
        })
    }

    fn escaped_key(&self) -> String {
        segment(&self.key)
    }

    fn action(&self) -> String {
        format!("/lotes/{}/paginas/{}/decidir", self.batch, self.number)
    }

    /// Only the printed code says which sheet it is; what was typed before, if anything.
    fn code_needed(&self) -> Option<&'static str> {
        (!matches!(self.outcome, "read" | "review" | "duplicate")).then_some("")
    }

    fn image(&self) -> String {
        format!("/v1/batches/{}/pages/{}/image", self.batch, self.number)
    }
}

fn crop(batch: Uuid, number: u32, field: &str) -> String {
    format!("/v1/batches/{batch}/pages/{number}/crops/{}", segment(field))
}

impl Field {
    fn of(w: &words::Words, batch: Uuid, doubt: &Doubt, field: &FieldReading) -> Field {
        Field {
            id: field.id.clone(),
            crop: crop(batch, doubt.number, &field.id),
            guess: w.answer(field),
            sure: percent(field.confidence),
            blank_guessed: !doubt.second && field.marked.is_empty() && field.value.is_none(),
            entry: Entry::of(w, field),
        }
    }
}

impl Field {
    fn blank_guessed(&self) -> bool {
        self.blank_guessed
    }
}

impl Entry {
    fn of(w: &words::Words, field: &FieldReading) -> Entry {
        match field.kind.as_str() {
            "choice" | "flag" | "version" | "language" => {
                let choice = |(i, mark): (usize, &MarkReading)| Choice {
                    label: mark.label.clone(),
                    key: (i + 1).to_string(),
                    ink: percent(mark.ink),
                    state: w.mark(mark.state),
                    guessed: field.marked.contains(&mark.label),
                };
                Entry::Choice(field.marks.iter().enumerate().map(choice).collect())
            }
            "region" | "signature" => Entry::Written,
            kind => Entry::Text {
                value: field.value.clone().unwrap_or_else(|| field.marked.concat()),
                digits: matches!(kind, "numeric" | "id_grid" | "sum" | "score"),
            },
        }
    }
}

/// The page that a duplicate, or another sheet of the same student, is held against.
async fn other(
    app: &App,
    v: &Visitor,
    batch: Uuid,
    number: u32,
    reading: &PageReading,
) -> Result<Option<Other>, Problem> {
    let pair = reading.issues.iter().find(|i| matches!(i.code.as_str(), "duplicate_differs" | "same_student"));
    let Some(source) = pair.and_then(|i| i.other.clone()) else { return Ok(None) };
    let Some(there) = number_of(app, batch, &source).await? else { return Ok(None) };
    let (other, etag) = undo::reading(app, &v.caller, batch, there).await?;
    let w = v.w();
    let differing = reading.fields.iter().filter_map(|here| {
        let there_field = other.fields.iter().find(|f| f.id == here.id)?;
        let same = here.value == there_field.value && here.status == there_field.status;
        (!same).then(|| Differing {
            id: here.id.clone(),
            here: w.answer(here),
            there: w.answer(there_field),
            crop_here: crop(batch, number, &here.id),
            crop_there: crop(batch, there, &here.id),
        })
    });
    Ok(Some(Other { number: there, etag, differing: differing.collect(), file: source.file, page: source.page }))
}

/// A page's number in the batch.
async fn number_of(app: &App, batch: Uuid, source: &Source) -> Result<Option<u32>, Problem> {
    let text = "SELECT number FROM pages WHERE batch_id = $1 AND file = $2 AND page = $3 ORDER BY number LIMIT 1";
    let query = app.db.query(text).bind(batch.to_string()).bind(source.file.clone()).bind(i64::from(source.page));
    let row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
    Ok(row.map(|r| r.col::<i64>("number")).transpose()?.map(|n| n as u32))
}
