//! What pupils handed in, gathered from the pages that were read.

use super::GradesError;
use crate::grade::roll::absent;
use crate::grade::{Joined, Page};
use crate::print::manifest::hex;
use crate::service::parsed::parsed;
use crate::service::store::db::{Cell, Columns, Tx, rows};
use crate::service::store::{Db, DbError};
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// Pupils whose pages are in memory at once.
const AT_ONCE: usize = 200;

/// The pages of an exam's sheets, `p`, with what was printed on each: `$1` the tenant, `$2` the exam. Sheets that were not
/// printed here are of the exam that their batch was sent for. `$pages` are those to look at and how the rest is joined to them:
/// SQLite goes through what stands before a CROSS JOIN first, so that few of them are found among many. `$body` is what is
/// wanted of what was read, if it is.
macro_rules! pages_of_exam {
    ($body:expr, $pages:expr) => {
        concat!(
            "(SELECT p.batch_id, p.number, p.sheet_page, p.outcome, ",
            $body,
            " AS body, s.package_id, s.unit_id, s.room_id, s.version,
              COALESCE(p.student_id, s.student_id) AS student_id,
              COALESCE('student/' || COALESCE(p.student_id, s.student_id), 'sheet/' || s.id) AS owner
          FROM ",
            $pages,
            " sheets s WHERE s.tenant_id = p.tenant_id AND s.id = p.sheet_id
              AND p.tenant_id = $1 AND s.application_id = $2 AND s.kind = 'sheet'
          UNION ALL
          SELECT p.batch_id, p.number, p.sheet_page, p.outcome, ",
            $body,
            ", NULL, NULL, NULL, NULL, p.student_id,
              COALESCE('student/' || p.student_id, 'sheet/' || p.sheet_id)
          FROM ",
            $pages,
            " batches b WHERE b.id = p.batch_id
              AND b.tenant_id = $1 AND b.application_id = $2 AND COALESCE(p.student_id, p.sheet_id) IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM sheets s WHERE s.tenant_id = p.tenant_id AND s.id = p.sheet_id)) p"
        )
    };
}

/// What was read. Of the batch that settles, `$3`, its gist says the same as far as grading goes, in a sixth of the text.
macro_rules! body {
    () => {
        "COALESCE((SELECT g.reading FROM page_gists g WHERE g.batch_id = $3 AND p.batch_id = $3 AND g.number = p.number),
              p.body{as_text})"
    };
}

/// All of the tenant's.
macro_rules! all_pages {
    () => {
        "pages p,"
    };
}

/// Those of a batch, `$3`.
macro_rules! pages_of_batch {
    () => {
        "(SELECT * FROM pages WHERE batch_id = $3) p CROSS JOIN"
    };
}

/// Those that are of some students or sheets, `{ids}`, and perhaps of others of the same ids.
macro_rules! pages_of_some {
    () => {
        "(SELECT p.* FROM (SELECT batch_id AS of_batch, number AS of_number FROM pages WHERE tenant_id = $1 AND student_id IN ({ids})
          UNION SELECT batch_id, number FROM pages WHERE tenant_id = $1 AND sheet_id IN ({ids})
          UNION SELECT p.batch_id, p.number FROM sheets s CROSS JOIN pages p
              WHERE s.tenant_id = $1 AND s.student_id IN ({ids}) AND p.tenant_id = s.tenant_id AND p.sheet_id = s.id) few
          CROSS JOIN pages p WHERE p.batch_id = few.of_batch AND p.number = few.of_number) p CROSS JOIN"
    };
}

pub fn owner(student: Option<&str>, sheet: &str) -> String {
    student.map_or_else(|| format!("sheet/{sheet}"), |student| format!("student/{student}"))
}

/// Of a student or a sheet.
fn id(owner: &str) -> &str {
    owner.split_once('/').map_or(owner, |(_, id)| id)
}

/// A paper for every pupil for whom a sheet was printed, with nothing on it.
pub async fn expect(db: &Db, tx: &mut Tx, tenant: &str, application: &str) -> Result<(), DbError> {
    let text = "INSERT INTO papers (tenant_id, application_id, owner, student_id, sheet_id, package_id, unit_id, room_id, class_id,
                    version, answers, absent, review)
                SELECT s.tenant_id, s.application_id, 'student/' || s.student_id, s.student_id, s.id, s.package_id, s.unit_id,
                    s.room_id, (SELECT t.class_id FROM students t WHERE t.tenant_id = s.tenant_id
                        AND t.application_id = s.application_id AND t.id = s.student_id), s.version, '', 0, 0
                FROM sheets s WHERE s.tenant_id = $1 AND s.application_id = $2 AND s.kind = 'sheet'
                    AND s.student_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM papers p WHERE p.tenant_id = s.tenant_id
                        AND p.application_id = s.application_id AND p.owner = 'student/' || s.student_id)
                ON CONFLICT (tenant_id, application_id, owner) DO NOTHING";
    let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
    query.execute(&mut **tx).await?;
    Ok(())
}

/// Whose pages a batch has, of one exam.
pub async fn of_batch(
    db: &Db,
    tx: &mut Tx,
    tenant: &str,
    application: &str,
    batch: Uuid,
) -> Result<Vec<String>, DbError> {
    let text = concat!("SELECT DISTINCT p.owner AS owner FROM ", pages_of_exam!("NULL", pages_of_batch!()));
    let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned()).bind(batch.to_string());
    query.fetch_all(&mut **tx).await?.iter().map(|row| row.col("owner")).collect()
}

/// Whose pages were read, of one exam, and have no paper yet.
pub async fn not_gathered(db: &Db, tx: &mut Tx, tenant: &str, application: &str) -> Result<Vec<String>, DbError> {
    let text = concat!(
        "SELECT DISTINCT p.owner AS owner FROM ",
        pages_of_exam!("NULL", all_pages!()),
        " WHERE p.outcome IN ('read', 'review') EXCEPT SELECT owner FROM papers
          WHERE tenant_id = $1 AND application_id = $2 AND shape_id IS NOT NULL"
    );
    let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
    query.fetch_all(&mut **tx).await?.iter().map(|row| row.col("owner")).collect()
}

/// The pages of an owner, joined, and the row of the sheet that the first of them is of.
#[derive(Default)]
struct Gathered {
    joined: Joined,
    student: Option<String>,
    package: Option<String>,
    unit: Option<String>,
    room: Option<String>,
    version: Option<i64>,
    batch: Option<String>,
}

/// Writes what these owners handed in, as their pages say now. `settling` is a batch that is not settled yet: its pages' gists are
/// there, and hold.
pub async fn gather(
    db: &Db,
    tx: &mut Tx,
    tenant: &str,
    application: &str,
    owners: &[String],
    settling: Option<Uuid>,
) -> Result<(), GradesError> {
    let settling = settling.map_or_else(String::new, |batch| batch.to_string());
    let mut shapes: BTreeSet<String> = BTreeSet::new();
    for some in owners.chunks(AT_ONCE) {
        let text = concat!(
            "SELECT p.owner AS owner, p.student_id AS student, p.package_id AS package, p.unit_id AS unit, p.room_id AS room,
                p.version AS version, p.batch_id AS batch, p.body AS body FROM ",
            pages_of_exam!(body!(), pages_of_some!()),
            " WHERE p.outcome IN ('read', 'review') ORDER BY p.sheet_page, p.batch_id, p.number"
        );
        let mut found: BTreeMap<String, Gathered> = some.iter().map(|o| (o.clone(), Gathered::default())).collect();
        let ids: Vec<String> = some.iter().map(|owner| id(owner).to_owned()).collect();
        let rows =
            rows::among(db.dialect(), text, &[tenant, application, &settling], &ids).fetch_all(&mut **tx).await?;
        let bodies = rows.iter().map(|row| row.col("body")).collect::<Result<_, _>>()?;
        let pages: Vec<Page> = parsed(bodies).await??;
        for (row, page) in rows.iter().zip(pages) {
            if let Some(gathered) = found.get_mut(&row.col::<String>("owner")?) {
                gathered.add(row, page)?;
            }
        }
        let mut papers = Vec::new();
        for (owner, gathered) in found {
            if gathered.joined.pages.is_empty() {
                forget(db, tx, tenant, application, owner).await?;
                continue;
            }
            let Gathered { joined, student, package, unit, room, version, batch } = gathered;
            let paper = joined.paper();
            if paper.shape.0.is_empty() {
                // A sheet of a layout that nobody here knows: there is nothing on it that could be graded.
                forget(db, tx, tenant, application, owner).await?;
                continue;
            }
            let fields = serde_json::to_string(&paper.shape)?;
            let shape = hex(&Sha256::digest(&fields))[..24].to_owned();
            if shapes.insert(shape.clone()) {
                let text = "INSERT INTO paper_shapes (tenant_id, id, fields) VALUES ($1, $2, $3{as_json}) ON CONFLICT DO NOTHING";
                let query = db.query(text).bind(tenant.to_owned()).bind(shape.clone()).bind(fields);
                query.execute(&mut **tx).await?;
            }
            papers.push(vec![
                tenant.into(),
                application.into(),
                owner.into(),
                student.into(),
                paper.sheet.clone().into(),
                package.into(),
                unit.into(),
                room.into(),
                Cell::Int(version.or(paper.version.map(i64::from))),
                shape.into(),
                paper.written().into(),
                0.into(),
                i64::from(paper.review).into(),
                batch.into(),
            ]);
        }
        let columns = "papers (tenant_id, application_id, owner, student_id, sheet_id, package_id, unit_id, room_id, version, shape_id,
            answers, absent, review, batch_id)";
        let latest = "ON CONFLICT (tenant_id, application_id, owner) DO UPDATE SET sheet_id = excluded.sheet_id,
            package_id = excluded.package_id, version = excluded.version, shape_id = excluded.shape_id,
            answers = excluded.answers, review = excluded.review, batch_id = excluded.batch_id";
        rows::insert(tx, db.dialect(), columns, latest, papers).await?;
    }
    Ok(())
}

impl Gathered {
    fn add(&mut self, row: &AnyRow, page: Page) -> Result<(), DbError> {
        if self.joined.pages.is_empty() {
            (self.student, self.package) = (row.col("student")?, row.col("package")?);
            (self.unit, self.room, self.version) = (row.col("unit")?, row.col("room")?, row.col("version")?);
        }
        // Ids of batches grow with time.
        self.batch = self.batch.take().max(row.col("batch")?);
        self.joined.add(page);
        Ok(())
    }
}

/// Nothing is read of this owner any more: a pupil is still expected, a sheet of nobody is not.
async fn forget(db: &Db, tx: &mut Tx, tenant: &str, application: &str, owner: String) -> Result<(), DbError> {
    let text = match owner.starts_with("student/") {
        true => {
            "UPDATE papers SET shape_id = NULL, answers = '', review = 0, batch_id = NULL WHERE tenant_id = $1 AND application_id = $2 AND owner = $3"
        }
        false => {
            // What the warehouse has of it would be counted beside the rows of whoever's sheet it is now.
            let text = "INSERT INTO warehouse_withdrawn (tenant_id, application_id, owner)
                        SELECT tenant_id, application_id, owner FROM warehouse_sent
                        WHERE tenant_id = $1 AND application_id = $2 AND owner = $3 ON CONFLICT DO NOTHING";
            let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned()).bind(owner.clone());
            query.execute(&mut **tx).await?;
            "DELETE FROM papers WHERE tenant_id = $1 AND application_id = $2 AND owner = $3"
        }
    };
    let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned()).bind(owner);
    query.execute(&mut **tx).await?;
    Ok(())
}

/// Holds papers against the attendance lists. Says for whom that changed something.
pub async fn note_absences(db: &Db, tx: &mut Tx, tenant: &str, application: &str) -> Result<Vec<String>, GradesError> {
    let text = "SELECT p.sheet_page AS page, p.body{as_text} AS body, s.id AS sheet, s.list_rows{as_text} AS list_rows
                FROM sheets s CROSS JOIN pages p WHERE p.tenant_id = s.tenant_id AND p.sheet_id = s.id
                    AND s.tenant_id = $1 AND s.application_id = $2 AND s.kind = 'attendance' AND p.outcome IN ('read', 'review')";
    let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
    let mut now = BTreeSet::new();
    let mut lists: HashMap<String, HashMap<String, Vec<String>>> = HashMap::new();
    for row in query.fetch_all(&mut **tx).await? {
        let sheet: String = row.col("sheet")?;
        if !lists.contains_key(&sheet) {
            let of_pages = row.col::<Option<String>>("list_rows")?.unwrap_or_else(|| "{}".to_owned());
            lists.insert(sheet.clone(), serde_json::from_str(&of_pages)?);
        }
        let number = row.col::<Option<i64>>("page")?.unwrap_or(1).to_string();
        let page: Page = serde_json::from_str(&row.col::<String>("body")?)?;
        let students = lists[&sheet].get(&number).map_or(&[][..], Vec::as_slice);
        now.extend(absent(&page, students).into_iter().map(|s| owner(Some(&s), "")));
    }
    let text = "SELECT owner FROM papers WHERE tenant_id = $1 AND application_id = $2 AND absent = 1";
    let query = db.query(text).bind(tenant.to_owned()).bind(application.to_owned());
    let before = query.fetch_all(&mut **tx).await?;
    let before = before.iter().map(|row| row.col("owner")).collect::<Result<BTreeSet<String>, _>>()?;
    let changed: Vec<String> = now.symmetric_difference(&before).cloned().collect();
    for owner in &changed {
        let text = "UPDATE papers SET absent = $1 WHERE tenant_id = $2 AND application_id = $3 AND owner = $4";
        let query = db.query(text).bind(i64::from(now.contains(owner))).bind(tenant.to_owned());
        query.bind(application.to_owned()).bind(owner.clone()).execute(&mut **tx).await?;
    }
    Ok(changed)
}
