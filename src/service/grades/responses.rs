//! All answers and scores of an exam, a row a student and a column a question: what statistics are made of.

use super::GradesError;
use super::material::{Filter, Material, hold};
use crate::grade::{Detail, Exact, Key, Standing, Status};
use crate::service::store::Db;
use std::sync::Arc;

/// Students × questions.
pub struct Responses {
    pub key: Arc<Key>,
    /// In the order of their ids.
    pub students: Vec<Student>,
}

pub struct Student {
    /// Of one who is not known: None.
    pub student: Option<String>,
    pub unit: Option<String>,
    pub room: Option<String>,
    pub class: Option<String>,
    pub standing: Standing,
    /// The grade, as it is rounded.
    pub points: Option<f64>,
    pub max: f64,
    /// By question of the key; None where the question was not the student's: another language's.
    pub questions: Vec<Option<Response>>,
}

/// What a student said to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    pub status: Status,
    /// The label or the value, in the key's letters; empty for a blank one.
    pub chosen: String,
    /// None while it waits for a person.
    pub score: Option<f64>,
    /// The most that it gives.
    pub max: f64,
}

/// Papers that are read from the database at once.
const AT_ONCE: i64 = 5_000;

/// The graded answers of those who have a grade or a provisional one; None: the exam has no key.
///
/// # Errors
/// [`GradesError`]
pub async fn responses(db: &Db, tenant: &str, application: &str) -> Result<Option<Responses>, GradesError> {
    let Some(material) = Material::of(db, tenant, application).await? else { return Ok(None) };
    let material = Arc::new(material);
    let mut all = Responses { key: material.key.clone(), students: Vec::new() };
    let mut after = String::new();
    loop {
        let held = hold(db, tenant, application, &Filter::default(), &after, AT_ONCE).await?;
        let Some(last) = held.last() else { return Ok(Some(all)) };
        after.clone_from(&last.owner);
        let of_chunk = material.clone();
        let students = tokio::task::spawn_blocking(move || {
            of_chunk.grade(&held, Detail::Answers, |held, _, graded| {
                let has_grade = matches!(graded.standing, Standing::Graded | Standing::Provisional);
                let mut questions = vec![None; of_chunk.key.questions.len()];
                for marked in graded.questions {
                    questions[marked.question] = Some(Response {
                        status: marked.status,
                        chosen: marked.answer,
                        score: Some(float(marked.points)).filter(|_| !marked.verdict.waits()),
                        max: float(marked.max),
                    });
                }
                has_grade.then(|| Student {
                    student: held.student.clone(),
                    unit: held.unit.clone(),
                    room: held.room.clone(),
                    class: held.class.clone(),
                    standing: graded.standing,
                    points: graded.points.map(|p| p.to_f64()),
                    max: graded.max.to_f64(),
                    questions,
                })
            })
        });
        all.students.extend(students.await?.into_iter().flatten());
    }
}

fn float(number: Exact) -> f64 {
    *number.numer() as f64 / *number.denom() as f64
}
