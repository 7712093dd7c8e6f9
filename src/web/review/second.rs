//! A second person looks at what a first one decided of an answer, and is not told what that was. Where the two differ,
//! what the second says stands, and waits for another look itself.

use super::queue::{Doubt, What};
use crate::read::decision::Decision;
use crate::service::App;
use crate::service::http::{Caller, Kind, Problem, undo};
use crate::service::store::db::{Columns, Freshness};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// Decisions about answers that nobody else looked at: by page and field, the latest one and who made it.
pub struct Waiting(BTreeMap<(u32, String), (String, String)>);

impl Waiting {
    pub async fn of(app: &App, caller: &Caller, batch: Uuid) -> Result<Waiting, Problem> {
        let text = "SELECT decision_id FROM second_looks WHERE batch_id = $1 AND tenant_id = $2";
        let query = app.db.query(text).bind(batch.to_string()).bind(caller.tenant.clone());
        let rows = query.fetch_all(app.db.reader(Freshness::Latest)).await?;
        let looked_at = rows.iter().map(|r| r.col("decision_id")).collect::<Result<HashSet<String>, _>>()?;
        let text = "SELECT id, number, decided_by, change{as_text} AS change FROM decisions
                    WHERE batch_id = $1 AND tenant_id = $2 ORDER BY id";
        let query = app.db.query(text).bind(batch.to_string()).bind(caller.tenant.clone());
        let mut made: Vec<Made> = Vec::new();
        for row in query.fetch_all(app.db.reader(Freshness::Latest)).await? {
            let change: Value = serde_json::from_str(&row.col::<String>("change")?).map_err(std::io::Error::from)?;
            let fields = change["fields"].as_object().into_iter().flat_map(|f| f.keys().cloned()).collect();
            let number = row.col::<i64>("number")? as u32;
            let undone = change["undo"].as_str().map(str::to_owned);
            made.push(Made { id: row.col("id")?, number, who: row.col("decided_by")?, fields, undone });
        }
        Ok(Waiting::among(made, &looked_at))
    }

    fn among(made: Vec<Made>, looked_at: &HashSet<String>) -> Waiting {
        let undone: HashSet<String> = made.iter().filter_map(|m| m.undone.clone()).collect();
        let mut latest = BTreeMap::new();
        for Made { id, number, who, fields, .. } in made.into_iter().filter(|m| !undone.contains(&m.id)) {
            for field in fields {
                latest.insert((number, field), (id.clone(), who.clone()));
            }
        }
        latest.retain(|_, (id, _)| !looked_at.contains(id));
        Waiting(latest)
    }

    /// How many there are, whoever made them.
    pub fn count(&self) -> u64 {
        self.0.len() as u64
    }

    /// What somebody else than `who` decided.
    pub fn for_person(&self, who: &str) -> Vec<Doubt> {
        let others = self.0.iter().filter(|(_, (_, by))| by != who);
        let doubt =
            |number, field: &String| Doubt { number, what: What::Field(field.clone()), sure: 0.0, second: true };
        others.map(|((number, field), _)| doubt(*number, field)).collect()
    }
}

/// What was decided once.
struct Made {
    id: String,
    number: u32,
    who: String,
    fields: Vec<String>,
    /// The decision that this one took back.
    undone: Option<String>,
}

/// What a second person says of a decision.
pub struct Look {
    decision: String,
    /// The same as the first said.
    pub agrees: bool,
}

impl Look {
    /// Keeps that it was looked at: where the two differ, once what the second says stands.
    pub async fn note(&self, app: &App, caller: &Caller, batch: Uuid) -> Result<(), Problem> {
        let text = "INSERT INTO second_looks (decision_id, tenant_id, batch_id, looked_by, looked_at, agrees)
                    VALUES ($1, $2, $3, $4, {now}, $5) ON CONFLICT DO NOTHING";
        let query = app.db.query(text).bind(self.decision.clone()).bind(caller.tenant.clone()).bind(batch.to_string());
        let query = query.bind(caller.who.clone()).bind(i64::from(self.agrees));
        app.db.execute(query).await?;
        Ok(())
    }
}

/// Holds what a second person says of a field against what the first said.
///
/// # Errors
/// There is nothing to look at, or not for this person: 409.
pub async fn look(app: &App, caller: &Caller, batch: Uuid, n: u32, decision: &Decision) -> Result<Look, Problem> {
    let waiting = Waiting::of(app, caller, batch).await?;
    let field = decision.fields.keys().next().cloned().unwrap_or_default();
    let none = || Kind::Conflict.because("nobody else decided this, or it was looked at already");
    let (made, by) = waiting.0.get(&(n, field.clone())).ok_or_else(none)?;
    if *by == caller.who {
        return Err(none());
    }
    let (page, _) = undo::reading(app, caller, batch, n).await?;
    let said = decision.apply(&page).map_err(Problem::invalid)?;
    let of = |page: &crate::read::result::PageReading| {
        page.fields.iter().find(|f| f.id == field).map(|f| (f.status, f.value.clone(), f.marked.clone()))
    };
    Ok(Look { decision: made.clone(), agrees: of(&page) == of(&said) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_decision_of_somebody_else_waits() {
        let made = |id: &str, who: &str, fields: &[&str], undone: Option<&str>| Made {
            id: id.to_owned(),
            number: 1,
            who: who.to_owned(),
            fields: fields.iter().map(|f| (*f).to_owned()).collect(),
            undone: undone.map(str::to_owned),
        };
        let all = vec![
            made("1", "ana", &["q1"], None),
            made("2", "ana", &["q2"], None),
            made("3", "bia", &["q1"], None),
            made("4", "ana", &["q3"], None),
            made("5", "ana", &[], Some("4")),
            made("6", "ana", &["q5"], None),
        ];
        let waiting = Waiting::among(all, &HashSet::from(["6".to_owned()]));
        let of = |who: &str| waiting.for_person(who).iter().map(Doubt::key).collect::<Vec<_>>();
        assert_eq!(waiting.count(), 2);
        assert_eq!(of("ana"), ["1?campo=q1&segunda=1"]);
        assert_eq!(of("bia"), ["1?campo=q2&segunda=1"]);
    }
}
