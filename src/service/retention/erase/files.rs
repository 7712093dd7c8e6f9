//! What of the files is a student's.

use super::{EraseError, Erased};
use crate::service::App;
use crate::service::child::{ChildError, Event, Task};
use crate::service::store::{Folder, Key, ObjectError};
use serde_json::Value;
use std::path::Path;
use uuid::Uuid;

/// Takes pages out of a scan, or deletes it.
pub async fn scan(
    app: &App,
    key: &Key,
    pages: &[(u32, Option<u32>)],
    scratch: &Path,
    erased: &mut Erased,
) -> Result<(), EraseError> {
    let file = match app.objects.fetch(key, &scratch.join("scan")).await {
        Err(ObjectError::NotFound) => return Ok(()),
        file => file?,
    };
    let out = scratch.join(Uuid::now_v7().to_string());
    let numbers: Option<Vec<u32>> = pages.iter().map(|(_, in_file)| *in_file).collect();
    let blanked = match numbers {
        None => false,
        Some(pages) => {
            let child = app.children.start_on(Task::Erase { file, pages, out: out.clone() }, 1).await;
            match async { child?.all().await }.await {
                Ok(events) => !events.iter().any(|e| matches!(e, Event::Refused { .. } | Event::Failed { .. })),
                Err(ChildError::Io(e)) => return Err(e.into()),
                Err(_) => false,
            }
        }
    };
    if blanked {
        app.objects.put_file(key, &out).await?;
        erased.scans_blanked += 1;
    } else {
        app.objects.delete(key).await?;
        erased.scans_deleted += 1;
    }
    Ok(())
}

/// A package's input without the student; None: it does not name the student, or is not kept any more.
pub async fn without(
    app: &App,
    tenant: &str,
    package: Uuid,
    student: &str,
    scratch: &Path,
) -> Result<Option<Value>, EraseError> {
    let path = match app.objects.fetch(&input(tenant, package), &scratch.join("PACKAGE.json")).await {
        Err(ObjectError::NotFound) => return Ok(None),
        path => path?,
    };
    let mut input: Value = serde_json::from_slice(&tokio::fs::read(path).await?)?;
    let mut there = false;
    for unit in input["units"].as_array_mut().into_iter().flatten() {
        for room in unit["rooms"].as_array_mut().into_iter().flatten() {
            if let Some(students) = room["students"].as_array_mut() {
                let before = students.len();
                students.retain(|s| s["id"] != student);
                there |= students.len() < before;
            }
        }
    }
    Ok(there.then_some(input))
}

fn input(tenant: &str, package: Uuid) -> Key {
    Key::PackageInput { tenant: tenant.to_owned(), package, name: "PACKAGE.json".to_owned() }
}

/// Takes the student out of a package: first what was printed goes, and the input, which says that there is something to
/// do, is written last.
pub async fn package(
    app: &App,
    tenant: &str,
    package: Uuid,
    student: &str,
    scratch: &Path,
    erased: &mut Erased,
) -> Result<(), EraseError> {
    let Some(left) = without(app, tenant, package, student, scratch).await? else { return Ok(()) };
    let folder = Folder::PackageFiles { tenant: tenant.to_owned(), package };
    erased.package_files += app.objects.delete_folder(&folder).await?;
    let query = app.db.query("DELETE FROM package_files WHERE package_id = $1").bind(package.to_string());
    app.db.execute(query).await?;
    app.objects.put(&input(tenant, package), serde_json::to_vec(&left)?.into()).await?;
    erased.packages += 1;
    Ok(())
}
