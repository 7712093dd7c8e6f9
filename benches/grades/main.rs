//! What grading anew takes: 100,000 sheets of 90 questions, on one core, in memory and through SQLite.
//!
//! `cargo bench --bench grades [SHEETS]`. Seconds are of the processor, all threads together, as Linux counts them: the clock
//! would measure what else the machine does.

use gabarito::grade::paper::answers;
use gabarito::grade::{Answer, Detail, Grader, Key, Paper, Points, Shape, Status};
use serde_json::{Value, json};
use std::sync::Arc;

const QUESTIONS: usize = 90;

fn key(annulled: Value) -> Value {
    let choices = "ABCDE".repeat(14);
    json!({
        "subjects": [{"id": "mat", "weight": 2}, {"id": "lin"}],
        "blocks": [{"id": "ce", "floor": 0}],
        "rules": {"ce": {"id": "penalty/1", "wrong": -0.25}},
        "questions": [
            {"id": "q{n}", "count": 70, "answers": choices, "subject": "lin"},
            {"id": "q{n}", "start": 71, "count": 10, "answers": "CECECECECE", "rule": "ce", "block": "ce"},
            {"id": "q{n}", "start": 81, "count": 10, "answers": vec!["13"; 10], "subject": "mat",
             "rule": {"id": "sum.ufsc/2025", "propositions": 5}},
        ],
        "annulled": annulled,
        "total": {"scale": 10},
    })
}

fn annulled() -> Value {
    key(json!([{"question": "q12", "effect": "redistribute"}, {"question": "q75", "effect": "give_all"}]))
}

fn shape() -> Arc<Shape> {
    let kind = |n| if n > 80 { "sum" } else { "choice" };
    Arc::new(Shape((1..=QUESTIONS).map(|n| (format!("q{n}"), kind(n).to_owned())).collect()))
}

/// Answers as the database keeps them.
fn written(sheets: usize, shape: &Arc<Shape>) -> Vec<String> {
    let mut chance = fastrand::Rng::with_seed(7);
    let mut sheet = || {
        let answer = |n: usize| {
            let status = if chance.u8(..) < 8 { Status::Blank } else { Status::Answered };
            let text = match n {
                _ if status == Status::Blank => String::new(),
                81.. => format!("{:02}", chance.u8(..32)),
                _ => char::from(b'A' + chance.u8(..5)).to_string(),
            };
            Answer { status, text: text.into() }
        };
        let answers = (1..=QUESTIONS).map(answer).collect();
        Paper { sheet: None, version: None, review: false, shape: shape.clone(), answers }.written()
    };
    (0..sheets).map(|_| sheet()).collect()
}

/// Seconds that this process has had of processors, in user and in system mode.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux's /proc");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields[i].parse::<f64>().expect("a number of ticks");
    (ticks(11) + ticks(12)) / 100.0
}

fn in_memory(papers: &[String], shape: &Arc<Shape>, key: &Value) -> (f64, Vec<Option<Points>>) {
    let begun = cpu();
    let key = Key::from_json(key).expect("a key");
    let mut grader = Grader::new(&key, None);
    let grade = |text: &String| {
        let paper = Paper { sheet: None, version: None, review: false, shape: shape.clone(), answers: answers(text) };
        grader.grade(&paper, false, Detail::Points).points
    };
    let points = papers.iter().map(grade).collect();
    (cpu() - begun, points)
}

fn main() {
    // Cargo adds `--bench`.
    let sheets = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(100_000);
    let shape = shape();
    let papers = written(sheets, &shape);
    let (first, before) = in_memory(&papers, &shape, &key(json!([])));
    let (second, after) = in_memory(&papers, &shape, &annulled());
    let moved = before.iter().zip(&after).filter(|(a, b)| a != b).count();
    println!(
        "{sheets} sheets × {QUESTIONS} questions, in memory: {first:.2} s; with an annulment: {second:.2} s, {moved} moved"
    );
    #[cfg(feature = "service")]
    database::run(&papers, &shape);
}

#[cfg(feature = "service")]
mod database {
    use super::*;
    use gabarito::service::grades;
    use gabarito::service::store::db::{Cell, rows};
    use gabarito::service::store::{DatabaseConfig, Db};
    use std::time::Duration;

    pub fn run(papers: &[String], shape: &Shape) {
        let folder = std::env::temp_dir().join(format!("gabarito-grades-{}", std::process::id()));
        // The database's own threads come on top; grading itself runs on one.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let config =
                DatabaseConfig { url: None, replicas: Vec::new(), connections: 1, wait: Duration::from_secs(60) };
            let db = Db::open(&config, &folder).await.expect("a database");
            fill(&db, papers, shape).await;
            for (what, key) in [("first key", key(json!([]))), ("annulment", annulled()), ("taken back", key(json!([])))] {
                let begun = cpu();
                let mut tx = db.begin().await.expect("a transaction");
                let text = "INSERT INTO answer_keys (tenant_id, application_id, body, revision, updated_at) VALUES ('t', 'a', $1, 1, 0)
                            ON CONFLICT (tenant_id, application_id) DO UPDATE SET body = excluded.body";
                db.query(text).bind(key.to_string()).execute(&mut *tx).await.expect("a key");
                let done = grades::key_changed(&db, &mut tx, "t", "a").await.expect("grades");
                tx.commit().await.expect("a commit");
                let (seconds, graded, moved) = (cpu() - begun, done.graded, done.moved.len());
                println!("through SQLite, {what}: {seconds:.2} s, {graded} graded, {moved} moved");
            }
            db.close().await;
        });
        let _ = std::fs::remove_dir_all(&folder);
    }

    async fn fill(db: &Db, papers: &[String], shape: &Shape) {
        let mut tx = db.begin().await.expect("a transaction");
        db.query("INSERT INTO tenants (id, created_at) VALUES ('t', 0)").execute(&mut *tx).await.expect("a tenant");
        let fields = serde_json::to_string(shape).expect("JSON");
        let text = "INSERT INTO paper_shapes (tenant_id, id, fields) VALUES ('t', 's', $1)";
        db.query(text).bind(fields).execute(&mut *tx).await.expect("a shape");
        let row = |(i, answers): (usize, &String)| -> Vec<Cell> {
            let student = format!("aluno-{i:06}");
            let owner = format!("student/{student}");
            vec![
                "t".into(),
                "a".into(),
                owner.into(),
                student.into(),
                "s".into(),
                answers.as_str().into(),
                0.into(),
                0.into(),
            ]
        };
        let all = papers.iter().enumerate().map(row).collect();
        let columns = "papers (tenant_id, application_id, owner, student_id, shape_id, answers, absent, review)";
        rows::insert(&mut tx, db.dialect(), columns, "", all).await.expect("papers");
        tx.commit().await.expect("a commit");
    }
}
