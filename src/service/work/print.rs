//! Printing a package: its files come here, a child prints them, what it printed is kept and noted.

use super::scratch::Scratch;
use super::{WorkError, payload};
use crate::service::App;
use crate::service::child::{Event, Task};
use crate::service::jobs::{Claimed, Failure};
use crate::service::store::Key;
use crate::service::store::db::{Cell, Tx, rows};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::path::Path;
use uuid::Uuid;

pub async fn print(app: &App, item: &Claimed) -> Result<(), WorkError> {
    let package: Uuid = payload(item, "package")?;
    let inputs: Vec<String> = payload(item, "inputs")?;
    let scratch = Scratch::of(app, item).await?;
    let (input, out) = (scratch.path().join("in"), scratch.path().join("out"));
    for name in &inputs {
        let key = Key::PackageInput { tenant: item.tenant.clone(), package, name: name.clone() };
        let at = input.join(name);
        tokio::fs::create_dir_all(at.parent().unwrap_or(&input)).await?;
        let there = app.objects.fetch(&key, &at).await?;
        if there != at {
            tokio::fs::hard_link(&there, &at).await.or_else(|_| std::fs::copy(&there, &at).map(|_| ()))?;
        }
    }
    let mut child = app.children.start(Task::Print { package: input.join("PACKAGE.json"), out: out.clone() }).await?;
    let mut printed = None;
    while let Some(event) = child.next().await? {
        match event {
            Event::Progress { done, of } => progress(app, item, done, of).await?,
            Event::Printed { sheets, pages, bytes, files, notes } => {
                printed = Some((
                    pages,
                    json!({"sheets": sheets, "pages": pages, "bytes": bytes, "files": files, "notes": notes}),
                ));
            }
            Event::Refused { code, detail, faults } => {
                let said: Vec<String> = faults.iter().take(20).map(ToString::to_string).collect();
                let detail = if said.is_empty() { detail } else { format!("{detail}: {}", said.join("; ")) };
                return Err(Failure::lasting(&code, detail).into());
            }
            Event::Failed { detail } => return Err(Failure::transient("not_printed", detail).into()),
            _ => {}
        }
    }
    let Some((pages, report)) = printed else {
        return Err(Failure::transient("not_printed", "the printing process said nothing of what it printed").into());
    };
    let files = keep(app, item, package, &out).await?;
    let application: String = payload(item, "application")?;
    let noted = Noted::read(&out, &input.join("PACKAGE.json"))?;
    let mut tx = app.queue.fenced(item).await?;
    let dialect = app.db.dialect();
    rows::insert(&mut tx, dialect, "package_files (package_id, name, bytes, sha256)", "ON CONFLICT DO NOTHING", files)
        .await?;
    noted.write(app, &mut tx, &item.tenant, package, &application).await?;
    let query = app.db.query("UPDATE packages SET report = $1{as_json} WHERE id = $2");
    query.bind(report.to_string()).bind(package.to_string()).execute(&mut *tx).await?;
    let query = app.db.query("UPDATE jobs SET done = $1, total = $1 WHERE id = $2");
    query.bind(pages as i64).bind(item.job.to_string()).execute(&mut *tx).await?;
    app.queue.finish(tx, item, &report).await?;
    Ok(())
}

async fn progress(app: &App, item: &Claimed, done: u64, of: u64) -> Result<(), WorkError> {
    let mut tx = app.queue.fenced(item).await?;
    let query = app.db.query("UPDATE jobs SET done = $1, total = $2 WHERE id = $3");
    query.bind(done as i64).bind(of as i64).bind(item.job.to_string()).execute(&mut *tx).await?;
    Ok(tx.commit().await?)
}

/// Keeps all files below `out`; gives a row for each.
async fn keep(app: &App, item: &Claimed, package: Uuid, out: &Path) -> Result<Vec<Vec<Cell>>, WorkError> {
    let mut files = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let mut entries = tokio::fs::read_dir(out.join(&folder)).await?;
        while let Some(entry) = entries.next_entry().await? {
            let name = format!("{folder}{}", entry.file_name().to_string_lossy());
            if entry.file_type().await?.is_dir() {
                folders.push(format!("{name}/"));
                continue;
            }
            let path = entry.path();
            let (bytes, sha256) =
                tokio::task::spawn_blocking(move || hash(&path)).await.map_err(std::io::Error::other)??;
            let key = Key::PackageFile { tenant: item.tenant.clone(), package, name: name.clone() };
            app.objects.put_file(&key, &entry.path()).await?;
            files.push(vec![package.to_string().into(), name.into(), (bytes as i64).into(), sha256.into()]);
        }
    }
    Ok(files)
}

pub(super) fn hash(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = std::fs::File::open(path)?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 17]);
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok((bytes, crate::print::manifest::hex(&hash.finalize())));
        }
        hash.update(&buffer[..n]);
        bytes += n as u64;
    }
}

/// What is noted of a printed package, by ids: its layouts, its sheets, its students, the orders of its booklets.
struct Noted {
    layouts: Vec<(String, Value)>,
    sheets: BTreeMap<String, Sheet>,
    students: Vec<Student>,
    /// Of booklets: `version/2` or `sheet/…`, and the questions as versions.json has them.
    orders: Vec<(String, Value)>,
}

struct Student {
    id: String,
    enrollment: Option<String>,
    class: Option<String>,
}

/// What versions.json says of one order.
#[derive(Deserialize)]
struct Order {
    version: Option<u64>,
    sheet_id: Option<String>,
    questions: Value,
}

#[derive(Default, Deserialize)]
struct Orders {
    versions: Vec<Order>,
}

/// A page of `manifest.json`.
#[derive(Deserialize)]
struct Page {
    kind: String,
    sheet_id: String,
    student: Option<String>,
    unit: Option<String>,
    room: Option<String>,
    version: Option<i64>,
    layout: String,
    page: u16,
    #[serde(default)]
    rows: Vec<String>,
}

struct Sheet {
    first: Page,
    pages: Vec<String>,
    /// Of an attendance list, by page.
    rows: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct Manifest {
    pages: Vec<Page>,
}

#[derive(Deserialize)]
struct Geometry {
    layouts: Vec<Value>,
}

impl Noted {
    fn read(out: &Path, package: &Path) -> Result<Self, WorkError> {
        let open = |path: &Path| std::fs::File::open(path).map(BufReader::new);
        let geometry: Geometry = serde_json::from_reader(open(&out.join("geometry.json"))?)?;
        let manifest: Manifest = serde_json::from_reader(open(&out.join("manifest.json"))?)?;
        let package: Value = serde_json::from_reader(open(package)?)?;
        let mut sheets = BTreeMap::new();
        for mut page in manifest.pages {
            let (number, rows) = (page.page.to_string(), std::mem::take(&mut page.rows));
            let sheet = sheets.entry(page.sheet_id.clone());
            let sheet = sheet.or_insert_with(|| Sheet { first: page, pages: Vec::new(), rows: BTreeMap::new() });
            if !rows.is_empty() {
                sheet.rows.insert(number.clone(), rows);
            }
            sheet.pages.push(number);
        }
        let id = |v: &Value| v["id"].as_str().map(str::to_owned);
        let layouts = geometry.layouts.into_iter().filter_map(|l| Some((id(&l)?, l))).collect();
        let list = |v: &Value, key: &str| v[key].as_array().cloned().unwrap_or_default();
        let rooms = list(&package, "units").into_iter().flat_map(|u| list(&u, "rooms"));
        let text = |s: &Value, key: &str| s[key].as_str().map(str::to_owned);
        let student =
            |s: Value| Some(Student { id: id(&s)?, enrollment: text(&s, "enrollment"), class: text(&s, "class") });
        let students = rooms.flat_map(|r| list(&r, "students")).filter_map(student).collect();
        let orders: Orders = match open(&out.join("versions.json")) {
            Ok(file) => serde_json::from_reader(file)?,
            // Without booklets there is none.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Orders::default(),
            Err(e) => return Err(e.into()),
        };
        let name = |o: &Order| match (&o.sheet_id, o.version) {
            (Some(sheet), _) => Some(format!("sheet/{sheet}")),
            (None, version) => version.map(|v| format!("version/{v}")),
        };
        let orders = orders.versions.into_iter().filter_map(|o| Some((name(&o)?, o.questions))).collect();
        Ok(Noted { layouts, sheets, students, orders })
    }

    async fn write(
        self,
        app: &App,
        tx: &mut Tx,
        tenant: &str,
        package: Uuid,
        application: &str,
    ) -> Result<(), WorkError> {
        let dialect = app.db.dialect();
        let tenant = || Cell::from(tenant);
        let layouts = self.layouts.into_iter().map(|(id, l)| vec![tenant(), id.into(), Cell::Json(l.to_string())]);
        rows::insert(tx, dialect, "layouts (tenant_id, id, body)", "ON CONFLICT DO NOTHING", layouts.collect()).await?;
        let sheets = self.sheets.into_iter().map(|(id, sheet)| {
            let Page { kind, student, unit, room, version, layout, .. } = sheet.first;
            let (application, package) = (Cell::from(application), Cell::from(package.to_string()));
            let numbers = Cell::from(sheet.pages.join(","));
            let (version, layout) = (Cell::Int(version), Cell::from(layout));
            vec![
                tenant(),
                id.into(),
                application,
                package,
                kind.into(),
                layout,
                numbers,
                version,
                unit.into(),
                room.into(),
                student.into(),
                Cell::Json(json!(sheet.rows).to_string()),
            ]
        });
        let columns =
            "sheets (tenant_id, id, application_id, package_id, kind, layout_id, pages, version, unit_id, room_id,
            student_id, list_rows)";
        // Printed again, a sheet is that of its latest package.
        let latest = "ON CONFLICT (tenant_id, id) DO UPDATE SET package_id = excluded.package_id, layout_id = excluded.layout_id,
            pages = excluded.pages, version = excluded.version, unit_id = excluded.unit_id, room_id = excluded.room_id,
            list_rows = excluded.list_rows";
        rows::insert(tx, dialect, columns, latest, sheets.collect()).await?;
        let mut students = self.students;
        students.sort_by(|a, b| a.id.cmp(&b.id));
        students.dedup_by(|a, b| a.id == b.id);
        let students = students
            .into_iter()
            .map(|s| vec![tenant(), application.into(), s.id.into(), s.enrollment.into(), s.class.into()]);
        let columns = "students (tenant_id, application_id, id, enrollment, class_id)";
        let latest = "ON CONFLICT (tenant_id, application_id, id)
            DO UPDATE SET enrollment = excluded.enrollment, class_id = excluded.class_id";
        rows::insert(tx, dialect, columns, latest, students.collect()).await?;
        let orders = self.orders.into_iter().map(|(name, questions)| {
            vec![tenant(), package.to_string().into(), name.into(), Cell::Json(questions.to_string())]
        });
        let columns = "booklet_orders (tenant_id, package_id, name, questions)";
        rows::insert(tx, dialect, columns, "ON CONFLICT DO NOTHING", orders.collect()).await?;
        Ok(())
    }
}
