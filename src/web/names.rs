//! What people call rooms and students whom the service knows by their ids.

use crate::service::App;
use crate::service::http::{Caller, Problem};
use crate::service::store::db::{Columns, Freshness};
use crate::service::store::{Key, ObjectError};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use tokio::io::AsyncReadExt;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use uuid::Uuid;

/// Rooms of an exam by the ids of unit and room.
pub struct Places(HashMap<(String, String), (String, String)>);

impl Places {
    pub async fn of(app: &App, caller: &Caller, application: &str) -> Result<Self, Problem> {
        let text =
            "SELECT l.unit_id AS unit_id, l.room_id AS room_id, l.unit_name AS unit_name, l.room_name AS room_name
                    FROM places l JOIN packages p ON p.id = l.package_id
                    WHERE p.tenant_id = $1 AND p.application_id = $2 ORDER BY p.id";
        let query = app.db.query(text).bind(caller.tenant.clone()).bind(application.to_owned());
        let mut places = HashMap::new();
        for row in query.fetch_all(app.db.reader(Freshness::Latest)).await? {
            places.insert((row.col("unit_id")?, row.col("room_id")?), (row.col("unit_name")?, row.col("room_name")?));
        }
        Ok(Places(places))
    }

    /// The names of unit and room; where there are none, their ids.
    pub fn name(&self, unit: Option<&str>, room: Option<&str>) -> (String, String) {
        let (unit, room) = (unit.unwrap_or_default().to_owned(), room.unwrap_or_default().to_owned());
        match self.0.get(&(unit.clone(), room.clone())) {
            Some((u, r)) => {
                let or = |name: &String, id: String| if name.is_empty() { id } else { name.clone() };
                (or(u, unit), or(r, room))
            }
            None => (unit, room),
        }
    }
}

/// How a school calls its students: by their numbers where they have some, or else by their ids.
pub struct Numbers(HashMap<String, String>);

impl Numbers {
    pub async fn of(app: &App, caller: &Caller, application: &str) -> Result<Self, Problem> {
        let text = "SELECT id, enrollment FROM students
                    WHERE tenant_id = $1 AND application_id = $2 AND enrollment IS NOT NULL";
        let query = app.db.query(text).bind(caller.tenant.clone()).bind(application.to_owned());
        let mut numbers = HashMap::new();
        for row in query.fetch_all(app.db.reader(Freshness::Latest)).await? {
            numbers.insert(row.col("id")?, row.col("enrollment")?);
        }
        Ok(Numbers(numbers))
    }

    pub fn name<'a>(&'a self, student: &'a str) -> &'a str {
        self.0.get(student).map_or(student, String::as_str)
    }
}

/// A student's number, or their id, whatever the exam.
pub async fn number(app: &App, caller: &Caller, student: &str) -> Result<String, Problem> {
    let text = "SELECT enrollment FROM students WHERE tenant_id = $1 AND id = $2 AND enrollment IS NOT NULL LIMIT 1";
    let query = app.db.query(text).bind(caller.tenant.clone()).bind(student.to_owned());
    let row = query.fetch_optional(app.db.reader(Freshness::Latest)).await?;
    Ok(row.map(|r| r.col("enrollment")).transpose()?.unwrap_or_else(|| student.to_owned()))
}

/// Students of an exam with their names, from the packages themselves: the database knows no name. They are looked up when
/// a person asks for them, shown to that person, and kept nowhere.
#[derive(Default)]
pub struct People(BTreeMap<String, Person>);

#[derive(Clone)]
pub struct Person {
    pub id: String,
    pub name: String,
    pub number: Option<String>,
}

/// Of a package, what this is about.
#[derive(Deserialize)]
struct Package {
    units: Vec<Unit>,
}

#[derive(Deserialize)]
struct Unit {
    rooms: Vec<Room>,
}

#[derive(Deserialize)]
struct Room {
    students: Vec<Student>,
}

#[derive(Deserialize)]
struct Student {
    id: String,
    name: String,
    enrollment: Option<String>,
}

/// Packages that are looked into, the latest first, and the most that one may have.
const PACKAGES: i64 = 5;
const MOST_BYTES: u64 = 64 << 20;

impl People {
    pub async fn of(app: &App, caller: &Caller, application: &str) -> Result<Self, Problem> {
        let text = "SELECT id FROM packages WHERE tenant_id = $1 AND application_id = $2 ORDER BY id DESC LIMIT $3";
        let query = app.db.query(text).bind(caller.tenant.clone()).bind(application.to_owned()).bind(PACKAGES);
        let mut people = BTreeMap::new();
        let rows = query.fetch_all(app.db.reader(Freshness::Latest)).await?;
        // Packages are large: so many at once, and no more.
        let _turn = app.gate.turn().await?;
        for row in rows {
            let Ok(package) = Uuid::parse_str(&row.col::<String>("id")?) else { continue };
            let key = Key::PackageInput { tenant: caller.tenant.clone(), package, name: "PACKAGE.json".to_owned() };
            let mut opened = match app.objects.open(&key, None).await {
                Ok(opened) if opened.bytes <= MOST_BYTES => opened,
                // Not kept any more, or too large to be looked into on the way: numbers will do.
                Ok(_) | Err(ObjectError::NotFound) => continue,
                Err(e) => return Err(e.into()),
            };
            let mut json = Vec::new();
            opened.body.read_to_end(&mut json).await?;
            let parsed = tokio::task::spawn_blocking(move || serde_json::from_slice::<Package>(&json));
            let package = parsed.await.map_err(std::io::Error::from)?.map_err(std::io::Error::from)?;
            let rooms = package.units.into_iter().flat_map(|u| u.rooms);
            for Student { id, name, enrollment } in rooms.flat_map(|r| r.students) {
                people.entry(id.clone()).or_insert(Person { id, name, number: enrollment });
            }
        }
        Ok(People(people))
    }

    pub fn name(&self, student: &str) -> Option<&str> {
        self.0.get(student).map(|p| p.name.as_str())
    }

    /// Whose number, id or name has all these words in it, whatever their accents.
    pub fn find(&self, sought: &str, most: usize) -> Vec<&Person> {
        let words: Vec<String> = folded(sought).split_whitespace().map(str::to_owned).collect();
        let has = |person: &&Person| {
            let all =
                folded(&format!("{} {} {}", person.number.as_deref().unwrap_or_default(), person.id, person.name));
            words.iter().all(|word| all.contains(word.as_str()))
        };
        if words.is_empty() { Vec::new() } else { self.0.values().filter(has).take(most).collect() }
    }
}

/// Without accents and in lower case.
fn folded(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_student_is_found_by_number_or_by_name() {
        let person = |id: &str, name: &str, number: &str| Person {
            id: id.to_owned(),
            name: name.to_owned(),
            number: Some(number.to_owned()),
        };
        let all = [person("a1", "João da Conceição", "20261234"), person("a2", "Ana Luísa", "20269999")];
        let people = People(all.into_iter().map(|p| (p.id.clone(), p)).collect());
        let found = |sought: &str| people.find(sought, 9).iter().map(|p| p.id.as_str()).collect::<Vec<_>>();
        assert_eq!(found("conceicao joao"), ["a1"]);
        assert_eq!(found("9999"), ["a2"]);
        assert_eq!(found("2026"), ["a1", "a2"]);
        assert!(found(" ").is_empty() && found("maria").is_empty());
    }
}
