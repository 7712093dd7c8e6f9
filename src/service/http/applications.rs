//! An exam as a whole: what was printed of it against what was read.

use super::extract::Path;
use super::{Problem, caller};
use crate::grade::{Page, roll};
use crate::service::App;
use crate::service::store::db::{Columns, Freshness};
use axum::extract::State;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Printed against read, room by room.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Reconciliation {
    pub totals: Counts,
    pub rooms: Vec<Room>,
}

#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct Room {
    pub unit: Option<String>,
    pub room: Option<String>,
    #[serde(flatten)]
    pub counts: Counts,
    /// Students whose sheets were neither read nor marked absent.
    pub missing_sheets: Vec<Missing>,
    pub absent_students: Vec<String>,
}

/// Sheets of students. Each is counted in one of `read`, `review`, `absent`, `missing`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Counts {
    pub printed: u64,
    /// All pages read, and nothing for a person to do.
    pub read: u64,
    /// All pages read, some for a person to see.
    pub review: u64,
    /// Marked absent on the attendance list, and nothing was read.
    pub absent: u64,
    pub missing: u64,
    /// Pages that were there more than once.
    pub duplicate: u64,
    /// Read, and marked absent: one of them is wrong.
    pub absent_but_read: u64,
    /// Spare sheets that were read.
    pub spares: u64,
    /// Pages among them that are no sheets of ours. They are of no room.
    pub foreign: u64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Missing {
    pub student: String,
    pub sheet: String,
    /// Its pages that were not read.
    pub pages: Vec<u16>,
    /// Where it was printed.
    pub package: String,
}

/// A sheet that was printed.
struct Sheet {
    package: String,
    unit: Option<String>,
    room: Option<String>,
    student: Option<String>,
    pages: BTreeSet<u16>,
}

/// What was read of a sheet.
#[derive(Default)]
struct Read {
    pages: BTreeMap<u16, u64>,
    review: bool,
}

/// Printed against read: who was read, is absent, is missing, by room.
#[utoipa::path(get, path = "/v1/applications/{id}/reconciliation", tag = "applications", params(("id" = String, Path)), responses(
    (status = 200, description = "By room", body = Reconciliation),
    (status = 404, description = "Nothing of this exam was printed for you", body = Problem, content_type = "application/problem+json"),
))]
pub async fn reconciliation(
    State(app): State<App>,
    caller::Read(caller): caller::Read,
    Path(id): Path<String>,
) -> Result<axum::Json<Reconciliation>, Problem> {
    let id = id.replace('\0', "");
    let text =
        "SELECT id, package_id, kind, unit_id, room_id, student_id, pages, list_rows{as_text} AS list_rows FROM sheets
                WHERE tenant_id = $1 AND application_id = $2 ORDER BY unit_id, room_id, id";
    let query = app.db.query(text).bind(caller.tenant.clone()).bind(id.clone());
    let mut sheets = BTreeMap::new();
    let mut lists: HashMap<String, HashMap<String, Vec<String>>> = HashMap::new();
    for row in query.fetch_all(app.db.reader(Freshness::Latest)).await? {
        let sheet: String = row.col("id")?;
        match row.col::<String>("kind")?.as_str() {
            "attendance" => {
                let rows: Option<String> = row.col("list_rows")?;
                lists.insert(sheet, rows.and_then(|r| serde_json::from_str(&r).ok()).unwrap_or_default());
            }
            "sheet" => {
                let (unit, room, student) = (row.col("unit_id")?, row.col("room_id")?, row.col("student_id")?);
                let pages = row.col::<String>("pages")?.split(',').filter_map(|p| p.parse().ok()).collect();
                sheets.insert(sheet, Sheet { package: row.col("package_id")?, unit, room, student, pages });
            }
            _ => {}
        }
    }
    if sheets.is_empty() {
        return Err(Problem::not_found("exam"));
    }
    let text = "SELECT p.sheet_id AS sheet_id, p.sheet_page AS sheet_page, p.outcome AS outcome,
                    CASE WHEN s.kind = 'attendance' THEN p.body{as_text} END AS body
                FROM pages p JOIN sheets s ON s.tenant_id = p.tenant_id AND s.id = p.sheet_id
                WHERE s.tenant_id = $1 AND s.application_id = $2 AND p.outcome IN ('read', 'review')";
    let query = app.db.query(text).bind(caller.tenant.clone()).bind(id.clone());
    let mut read: HashMap<String, Read> = HashMap::new();
    let mut absent = BTreeSet::new();
    for row in query.fetch_all(app.db.reader(Freshness::Latest)).await? {
        let (sheet, page): (String, Option<i64>) = (row.col("sheet_id")?, row.col("sheet_page")?);
        let page = page.and_then(|p| u16::try_from(p).ok()).unwrap_or(1);
        if let (Some(rows), Some(body)) = (lists.get(&sheet), row.col::<Option<String>>("body")?) {
            let list: Page = serde_json::from_str(&body).map_err(std::io::Error::from)?;
            absent.extend(roll::absent(&list, rows.get(&page.to_string()).map_or(&[], Vec::as_slice)));
            continue;
        }
        let read = read.entry(sheet).or_default();
        *read.pages.entry(page).or_default() += 1;
        read.review |= row.col::<String>("outcome")? == "review";
    }
    let text = "SELECT COUNT(*) AS foreign_pages FROM pages WHERE tenant_id = $1 AND outcome = 'foreign' AND batch_id IN (
                    SELECT id FROM batches WHERE tenant_id = $1 AND application_id = $2
                    UNION SELECT p.batch_id FROM sheets s CROSS JOIN pages p
                        WHERE s.tenant_id = $1 AND s.application_id = $2 AND p.tenant_id = s.tenant_id AND p.sheet_id = s.id)";
    let query = app.db.query(text).bind(caller.tenant.clone()).bind(id);
    let foreign: i64 = query.fetch_one(app.db.reader(Freshness::Latest)).await?.col("foreign_pages")?;
    let mut all = held_against(&sheets, &read, &absent);
    if foreign > 0 {
        all.nowhere(Counts { foreign: foreign as u64, ..Counts::default() });
    }
    Ok(axum::Json(all))
}

fn held_against(
    sheets: &BTreeMap<String, Sheet>,
    read: &HashMap<String, Read>,
    absent: &BTreeSet<String>,
) -> Reconciliation {
    let mut rooms: BTreeMap<(Option<String>, Option<String>), Room> = BTreeMap::new();
    for (id, sheet) in sheets {
        let room = rooms.entry((sheet.unit.clone(), sheet.room.clone())).or_default();
        let none = Read::default();
        let read = read.get(id).unwrap_or(&none);
        room.counts.duplicate += read.pages.values().map(|n| n - 1).sum::<u64>();
        let Some(student) = &sheet.student else {
            room.counts.spares += u64::from(!read.pages.is_empty());
            continue;
        };
        room.counts.printed += 1;
        let missing: Vec<u16> = sheet.pages.iter().filter(|p| !read.pages.contains_key(p)).copied().collect();
        let is_absent = absent.contains(student);
        room.counts.absent_but_read += u64::from(is_absent && !read.pages.is_empty());
        if missing.is_empty() {
            let counted = if read.review { &mut room.counts.review } else { &mut room.counts.read };
            *counted += 1;
        } else if is_absent && read.pages.is_empty() {
            room.counts.absent += 1;
            room.absent_students.push(student.clone());
        } else {
            room.counts.missing += 1;
            let (student, package) = (student.clone(), sheet.package.clone());
            room.missing_sheets.push(Missing { student, sheet: id.clone(), pages: missing, package });
        }
    }
    let mut all = Reconciliation::default();
    for ((unit, name), mut room) in rooms {
        room.missing_sheets.sort_by(|a, b| a.student.cmp(&b.student));
        room.absent_students.sort();
        all.totals.add(&room.counts);
        all.rooms.push(Room { unit, room: name, ..room });
    }
    all
}

impl Reconciliation {
    /// Adds what is of no room.
    fn nowhere(&mut self, counts: Counts) {
        self.totals.add(&counts);
        match self.rooms.iter_mut().find(|r| r.room.is_none() && r.unit.is_none()) {
            Some(room) => room.counts.add(&counts),
            None => self.rooms.insert(0, Room { counts, ..Room::default() }),
        }
    }
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        let Counts { printed, read, review, absent, missing, duplicate, absent_but_read, spares, foreign } = other;
        self.printed += printed;
        self.read += read;
        self.review += review;
        self.absent += absent;
        self.missing += missing;
        self.duplicate += duplicate;
        self.absent_but_read += absent_but_read;
        self.spares += spares;
        self.foreign += foreign;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sheet_is_counted_once() {
        let sheet = |student: Option<&str>, pages: &[u16]| Sheet {
            package: "p".into(),
            unit: None,
            room: Some("12".into()),
            student: student.map(str::to_owned),
            pages: pages.iter().copied().collect(),
        };
        let read = |pages: &[(u16, u64)], review| Read { pages: pages.iter().copied().collect(), review };
        let sheets = BTreeMap::from([
            ("a".to_owned(), sheet(Some("1"), &[1, 2])),
            ("b".to_owned(), sheet(Some("2"), &[1, 2])),
            ("c".to_owned(), sheet(Some("3"), &[1])),
            ("d".to_owned(), sheet(Some("4"), &[1])),
            ("e".to_owned(), sheet(None, &[1])),
            ("f".to_owned(), sheet(Some("5"), &[1])),
        ]);
        let read = HashMap::from([
            ("a".to_owned(), read(&[(1, 1), (2, 2)], false)),
            ("b".to_owned(), read(&[(1, 1)], false)),
            ("d".to_owned(), read(&[(1, 1)], true)),
            ("e".to_owned(), read(&[(1, 1)], false)),
        ]);
        let absent = BTreeSet::from(["3".to_owned(), "4".to_owned()]);
        let all = held_against(&sheets, &read, &absent);
        let counts = Counts {
            printed: 5,
            read: 1,
            review: 1,
            absent: 1,
            missing: 2,
            duplicate: 1,
            absent_but_read: 1,
            spares: 1,
            foreign: 0,
        };
        assert_eq!(all.totals, counts);
        let missing: Vec<_> =
            all.rooms[0].missing_sheets.iter().map(|m| (m.student.as_str(), m.pages.as_slice())).collect();
        assert_eq!(missing, [("2", &[2][..]), ("5", &[1][..])]);
        let mut all = all;
        all.nowhere(Counts { foreign: 2, ..Counts::default() });
        assert_eq!((all.totals.foreign, all.rooms.len()), (2, 2));
        assert_eq!((all.rooms[0].room.as_deref(), all.rooms[0].counts.foreign), (None, 2));
    }
}
