//! Documents of others that name a student: a page that was taken for the student's first, a decision about it, what a
//! batch misses.

use super::EraseError;
use crate::service::App;
use crate::service::store::db::{Columns, Tx};
use serde_json::Value;
use std::collections::BTreeMap;

/// Documents that may name a student who is not theirs (any more), and how to put them back.
const MENTIONS: [[&str; 2]; 6] = [
    [
        "SELECT change{as_text} AS json, id, number FROM decisions WHERE tenant_id = $1 AND change{as_text} LIKE $2 ESCAPE '!'",
        "UPDATE decisions SET change = $1{as_json} WHERE id = $2 AND number = $3",
    ],
    [
        "SELECT reading{as_text} AS json, batch_id AS id, number FROM pages WHERE tenant_id = $1 AND reading{as_text} LIKE $2 ESCAPE '!'",
        "UPDATE pages SET reading = $1{as_json} WHERE batch_id = $2 AND number = $3",
    ],
    [
        "SELECT body{as_text} AS json, batch_id AS id, number FROM pages WHERE tenant_id = $1 AND body{as_text} LIKE $2 ESCAPE '!'",
        "UPDATE pages SET body = $1{as_json} WHERE batch_id = $2 AND number = $3",
    ],
    [
        "SELECT before{as_text} AS json, id, number FROM decisions WHERE tenant_id = $1 AND before{as_text} LIKE $2 ESCAPE '!'",
        "UPDATE decisions SET before = $1{as_json} WHERE id = $2 AND number = $3",
    ],
    [
        "SELECT after{as_text} AS json, id, number FROM decisions WHERE tenant_id = $1 AND after{as_text} LIKE $2 ESCAPE '!'",
        "UPDATE decisions SET after = $1{as_json} WHERE id = $2 AND number = $3",
    ],
    [
        "SELECT summary{as_text} AS json, id, created_at AS number FROM batches WHERE tenant_id = $1 AND summary{as_text} LIKE $2 ESCAPE '!'",
        "UPDATE batches SET summary = $1{as_json} WHERE id = $2 AND created_at = $3",
    ],
];

/// Puts null wherever the student's id stands; gives in how many documents it did.
pub async fn forget(app: &App, tx: &mut Tx, tenant: &str, student: &str) -> Result<u64, EraseError> {
    let mut found = forget_rows(app, tx, tenant, student).await?;
    for [find, put] in MENTIONS {
        let query = app.db.query(find).bind(tenant.to_owned()).bind(format!("%{}%", escaped(student)));
        for row in query.fetch_all(&mut **tx).await? {
            let mut json: Value = serde_json::from_str(&row.col::<String>("json")?)?;
            if take_out(&mut json, student) {
                let query = app.db.query(put).bind(json.to_string()).bind(row.col::<String>("id")?);
                query.bind(row.col::<i64>("number")?).execute(&mut **tx).await?;
                found += 1;
            }
        }
    }
    Ok(found)
}

/// Leaves the student's row of attendance lists to nobody: the others keep their places.
async fn forget_rows(app: &App, tx: &mut Tx, tenant: &str, student: &str) -> Result<u64, EraseError> {
    let text = "SELECT list_rows{as_text} AS json, id FROM sheets
                WHERE tenant_id = $1 AND list_rows{as_text} LIKE $2 ESCAPE '!'";
    let query = app.db.query(text).bind(tenant.to_owned()).bind(format!("%{}%", escaped(student)));
    let mut found = 0;
    for row in query.fetch_all(&mut **tx).await? {
        let mut rows: BTreeMap<String, Vec<String>> = serde_json::from_str(&row.col::<String>("json")?)?;
        let mut here = 0;
        for id in rows.values_mut().flatten().filter(|id| *id == student) {
            id.clear();
            here = 1;
        }
        let text = "UPDATE sheets SET list_rows = $1{as_json} WHERE tenant_id = $2 AND id = $3";
        let query = app.db.query(text).bind(serde_json::to_string(&rows)?).bind(tenant.to_owned());
        query.bind(row.col::<String>("id")?).execute(&mut **tx).await?;
        found += here;
    }
    Ok(found)
}

/// An id as it stands in JSON, plain within a LIKE.
fn escaped(student: &str) -> String {
    let json = Value::from(student).to_string();
    let json = &json[1..json.len() - 1];
    json.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

/// Takes the id out where a student is meant: `student`, `students`, and the sentence of a `detail`. Anywhere else the same
/// text may be an answer. Gives whether it stood anywhere.
fn take_out(json: &mut Value, student: &str) -> bool {
    match json {
        Value::Array(items) => items.iter_mut().fold(false, |found, item| take_out(item, student) | found),
        Value::Object(entries) => entries.iter_mut().fold(false, |found, (key, value)| {
            let here = match (key.as_str(), &mut *value) {
                ("student" | "student_id", Value::String(s)) if s == student => {
                    *value = Value::Null;
                    true
                }
                ("students", Value::Array(ids)) => {
                    let before = ids.len();
                    ids.retain(|id| id != student);
                    ids.len() < before
                }
                ("detail", Value::String(s)) if is_word_of(student, s) => {
                    *value = Value::from("erased with a student");
                    true
                }
                _ => false,
            };
            take_out(value, student) | here | found
        }),
        _ => false,
    }
}

fn is_word_of(word: &str, sentence: &str) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
    sentence
        .match_indices(word)
        .any(|(at, _)| !joins(sentence[..at].chars().next_back()) && !joins(sentence[at + word.len()..].chars().next()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_id_is_taken_out_where_it_is_a_student_and_nowhere_else() {
        let mut json = json!({
            "sheet": {"student": "2"}, "fields": [{"value": "2", "marked": ["2"]}],
            "rooms": [{"room": "2", "students": ["1", "2"]}], "issues": [{"detail": "is 2's?"}, {"detail": "12, not 2b"}],
        });
        assert!(take_out(&mut json, "2") && !take_out(&mut json, "2"));
        let left = json!({
            "sheet": {"student": null}, "fields": [{"value": "2", "marked": ["2"]}],
            "rooms": [{"room": "2", "students": ["1"]}],
            "issues": [{"detail": "erased with a student"}, {"detail": "12, not 2b"}],
        });
        assert_eq!(json, left);
        assert_eq!(escaped("50%_\"!"), "50!%!_\\\"!!");
    }
}
