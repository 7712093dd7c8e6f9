//! What every decision of a page leaves, in one transaction: the page, the grades that follow from it, and a record.

use super::{Caller, Problem};
use crate::read::result::{PageReading, SheetRef};
use crate::service::App;
use crate::service::grades::{self, Whose};
use crate::service::store::db::Tx;
use uuid::Uuid;

/// A page at one moment: as it is read, and as it is kept.
pub struct Version<'a> {
    pub reading: &'a PageReading,
    pub json: &'a str,
}

/// Writes a page as it is now, and that this caller made it so by `change`.
pub async fn write(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    (batch, number): (Uuid, u32),
    change: String,
    [before, after]: [Version<'_>; 2],
) -> Result<(), Problem> {
    let text = "UPDATE pages SET reading = COALESCE(reading, body), body = $1{as_json}, outcome = $2, sheet_id = $3,
                    sheet_page = $4, student_id = $5, updated_at = {now} WHERE batch_id = $6 AND number = $7";
    let SheetRef { id, page, student, .. } = after.reading.sheet.clone().unwrap_or_default();
    let query = app.db.query(text).bind(after.json.to_owned()).bind(after.reading.outcome.name()).bind(id);
    let query = query.bind(page.map(i64::from)).bind(student).bind(batch.to_string()).bind(i64::from(number));
    query.execute(&mut **tx).await?;
    let whose = [Whose::of(before.reading), Whose::of(after.reading)];
    grades::page_decided(&app.db, tx, &caller.tenant, batch, whose).await?;
    let text = "INSERT INTO decisions (id, tenant_id, batch_id, number, decided_by, decided_at, change, before, after)
                VALUES ($1, $2, $3, $4, $5, {now}, $6{as_json}, $7{as_json}, $8{as_json})";
    let query = app.db.query(text).bind(Uuid::now_v7().to_string()).bind(caller.tenant.clone()).bind(batch.to_string());
    let query = query.bind(i64::from(number)).bind(caller.who.clone()).bind(change);
    query.bind(before.json.to_owned()).bind(after.json.to_owned()).execute(&mut **tx).await?;
    Ok(())
}
