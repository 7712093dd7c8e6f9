//! A page that a person identified, by the code printed on it or by its sheet. It is read again: as long as nobody knew
//! which sheet it is, nobody knew where its bubbles are.

use super::incoming::Incoming;
use super::{Caller, Kind, Problem};
use crate::read::batch::{Batch, Known, Observed};
use crate::read::decision::Decision;
use crate::read::result::{FieldReading, IdentifiedBy, PageReading};
use crate::service::App;
use crate::service::child::{Event, Task};
use crate::service::store::Key;
use crate::service::store::db::{Columns, Freshness, Tx};
use crate::service::work;
use crate::sheet::{Identity, SheetKey};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A page of a sheet that was printed here.
pub struct Named {
    /// As it is printed.
    code: String,
    student: Option<String>,
    version: Option<u32>,
    /// Where the decision says it.
    field: &'static str,
}

impl Named {
    /// The page that a decision names, if it names one.
    ///
    /// # Errors
    /// What is said is no code, or not of a sheet that was printed for this tenant.
    pub async fn of(app: &App, caller: &Caller, decision: &Decision) -> Result<Option<Self>, Problem> {
        let Decision { code, sheet, sheet_page, .. } = decision;
        let key = SheetKey::new(app.sheet_key.expose());
        let (field, id, mut page, layout_begins) = match (code, sheet) {
            (Some(_), Some(_)) => return Err(Problem::field("sheet", "code or sheet is expected, not both")),
            (_, None) if sheet_page.is_some() => {
                return Err(Problem::field("sheet_page", "it goes with sheet, which is missing"));
            }
            (None, None) => return Ok(None),
            (Some(code), None) => {
                let said = Identity::from_printed(code, &key).map_err(|e| Problem::field("code", e.to_string()))?;
                ("code", said.sheet.to_string(), Some(said.page), said.layout_begins)
            }
            (None, Some(sheet)) => ("sheet", sheet.clone(), *sheet_page, String::new()),
        };
        let text = "SELECT layout_id, pages, student_id, version FROM sheets WHERE tenant_id = $1 AND id = $2";
        let query = app.db.query(text).bind(caller.tenant.clone()).bind(id.clone());
        let row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
        let unknown = || Problem::field(field, "no sheet that was printed here has it; the code of a page is expected");
        let row = row.ok_or_else(unknown)?;
        let (layout, pages): (String, String) = (row.col("layout_id")?, row.col("pages")?);
        let numbers: Vec<u16> = pages.split(',').filter_map(|p| p.parse().ok()).collect();
        if let ([only], None) = (numbers.as_slice(), page) {
            page = Some(*only);
        }
        let page = page.filter(|page| numbers.contains(page)).ok_or_else(|| {
            let field = if field == "sheet" { "sheet_page" } else { field };
            Problem::field(field, format!("the sheet has the pages {pages}; one of them is expected"))
        })?;
        let (Ok(sheet), Ok(layout)) = (id.parse(), layout.parse()) else {
            return Err(Problem::field(field, "sheets of this edition have no printed code; name the student instead"));
        };
        let identity = Identity { sheet, page, layout };
        if !identity.layout.as_str().starts_with(&layout_begins) {
            return Err(unknown());
        }
        let version = row.col::<Option<i64>>("version")?.and_then(|v| u32::try_from(v).ok());
        Ok(Some(Named { code: identity.to_printed(&key), student: row.col("student_id")?, version, field }))
    }

    /// Reads a page of a batch as this one.
    ///
    /// # Errors
    /// It can't be read so, or its scan is not kept any more.
    pub async fn read(&self, app: &App, caller: &Caller, batch: Uuid, n: u32) -> Result<PageReading, Problem> {
        let folder = Incoming::new(app).await?;
        let text = "SELECT p.file_number AS file_number, f.first_page AS first_page, f.name AS name FROM pages p
                    JOIN batch_files f ON f.batch_id = p.batch_id AND f.number = p.file_number
                    WHERE p.batch_id = $1 AND p.number = $2";
        let query = app.db.query(text).bind(batch.to_string()).bind(i64::from(n));
        let row = query.fetch_one(app.db.reader(Freshness::Latest)).await?;
        let (number, first): (i64, i64) = (row.col("file_number")?, row.col("first_page")?);
        let scan = Key::Scan { tenant: caller.tenant.clone(), batch, number: number as u32 };
        let task = Task::Resume {
            file: app.objects.fetch(&scan, &folder.path().join("scan")).await?,
            name: row.col("name")?,
            answers: BTreeMap::from([(n - first as u32, self.code.clone())]),
            by: IdentifiedBy::Person,
            layouts: work::layouts(app, &caller.tenant, &folder.path().join("layouts")).await?,
            policy: work::policy(app, batch).await?,
        };
        let _turn = app.gate.turn().await?;
        let mut read = None;
        for event in app.children.start_on(task, 1).await?.all().await? {
            match event {
                Event::Page { reading, .. } => read = Some(*reading),
                Event::Failed { detail } => return Err(std::io::Error::other(detail).into()),
                _ => {}
            }
        }
        let read = read.ok_or_else(|| Kind::Gone.because("the scan has no such page any more"))?;
        let fields: Vec<FieldReading> = serde_json::from_str(read.fields.get()).map_err(std::io::Error::from)?;
        let mut reading = read.with_fields(fields);
        if reading.fields.is_empty() {
            let why = reading.issues.first().map_or("nothing of ours is on it", |issue| issue.detail.as_str());
            return Err(Problem::field(self.field, format!("the page can't be read as this sheet's: {why}")));
        }
        let sheet = reading.sheet.get_or_insert_default();
        (sheet.student, sheet.version) = (self.student.clone(), self.version);
        Ok(reading)
    }
}

/// Says in a page that was just identified whether the batch has it already.
///
/// # Errors
/// Of the database.
pub async fn compare(app: &App, tx: &mut Tx, batch: Uuid, n: u32, reading: &mut PageReading) -> Result<(), Problem> {
    let Some((id, page)) = reading.sheet.as_ref().and_then(|s| Some((s.id.clone()?, s.page?))) else { return Ok(()) };
    let text = "SELECT body{as_text} AS body FROM pages WHERE batch_id = $1 AND sheet_id = $2 AND sheet_page = $3
                AND number <> $4 AND outcome IN ('read', 'review') ORDER BY number LIMIT 1";
    let query = app.db.query(text).bind(batch.to_string()).bind(id).bind(i64::from(page)).bind(i64::from(n));
    let Some(row) = query.fetch_optional(&mut **tx).await? else { return Ok(()) };
    let mut earlier: PageReading = serde_json::from_str(&row.col::<String>("body")?).map_err(std::io::Error::from)?;
    let mut two = Batch::new(Known::default());
    two.admit(&mut earlier, &Observed::default());
    two.admit(reading, &Observed::default());
    Ok(())
}

/// The printed code of a page that the reader could not identify alone, and who did, for drawing it.
pub fn told(app: &App, page: &PageReading) -> Option<(String, IdentifiedBy)> {
    let by = page.identified_by.filter(|by| matches!(by, IdentifiedBy::Person | IdentifiedBy::Vision))?;
    let sheet = page.sheet.as_ref()?;
    let (id, layout) = (sheet.id.as_ref()?.parse().ok()?, sheet.layout.as_ref()?.parse().ok()?);
    let identity = Identity { sheet: id, page: sheet.page?, layout };
    Some((identity.to_printed(&SheetKey::new(app.sheet_key.expose())), by))
}
