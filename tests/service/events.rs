//! A client that comes back to a stream of events misses nothing, on SQLite and on PostgreSQL.

use crate::lifecycle::{databases, environment, open};
use crate::print_and_read::package;
use crate::server::Server;
use gabarito::service::store::Db;
use reqwest::multipart::{Form, Part};
use std::time::Duration;
use tokio::time::timeout;

/// What a stream says, until it has told so many pages or ends.
async fn events(server: &Server, batch: &str, last: Option<&str>, pages: usize) -> String {
    let mut request = server.client().get(server.url(&format!("{batch}/events")));
    if let Some(id) = last {
        request = request.header("last-event-id", id);
    }
    let (mut response, mut said) = (request.send().await.unwrap(), String::new());
    while said.matches("event: page\n").count() < pages || !said.ends_with("\n\n") {
        let chunk = timeout(Duration::from_secs(60), response.chunk());
        let Some(chunk) = chunk.await.unwrap_or_else(|_| panic!("no more comes: {said}")).unwrap() else { break };
        said.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    said
}

fn last_id(said: &str) -> &str {
    said.lines().rev().find_map(|line| line.strip_prefix("id: ")).unwrap()
}

/// As if a worker had written it then.
async fn written(db: &Db, number: i64, outcome: &str, at: i64) {
    let query = db.query("UPDATE pages SET outcome = $1, updated_at = $2 WHERE number = $3");
    db.execute(query.bind(outcome.to_owned()).bind(at).bind(number)).await.unwrap();
}

#[tokio::test]
async fn what_was_written_earlier_and_committed_later_is_told() {
    for database in databases().await {
        let server = Server::start_with(&environment(&database));
        let location = server.post_json("/v1/packages", &package()).await.header("location").to_owned();
        server.finished(&location).await;
        let pdf = server.get(&format!("{location}/files/sheets.pdf")).await.body;
        let form = Form::new().part("files", Part::bytes(pdf).file_name("folhas.pdf"));
        let batch = server.send(server.client().post(server.url("/v1/batches")).multipart(form)).await;
        let batch = batch.header("location").to_owned();
        server.finished(&batch).await;
        // It is still being read.
        let db = open(&database, &server.data).await;
        let work = "UPDATE jobs SET state = 'running', finished_at = NULL WHERE id = (SELECT job_id FROM batches)";
        db.execute(db.query(work)).await.unwrap();
        let at = 1_700_000_000_000;
        for (number, later) in [(1, 0), (2, 5_000), (3, 6_000)] {
            written(&db, number, "read", at + later).await;
        }
        let said = events(&server, &batch, None, 3).await;

        // Begun before the last that was told, and committed after the client had left.
        written(&db, 2, "review", at + 5_900).await;
        let said = events(&server, &batch, Some(last_id(&said)), 2).await;
        assert!(said.contains("\"number\":2,\"outcome\":\"review\""), "{said}");
        // What nothing comes before any more is not told again.
        assert!(!said.contains("\"number\":1"), "{said}");

        let done = "UPDATE jobs SET state = 'done', finished_at = $1 WHERE id = (SELECT job_id FROM batches)";
        db.execute(db.query(done).bind(at + 7_000)).await.unwrap();
        let said = events(&server, &batch, Some(last_id(&said)), usize::MAX).await;
        assert!(said.contains("event: finished"), "{said}");
        let rest = events(&server, &batch, Some(last_id(&said)), usize::MAX).await;
        assert!(!rest.contains("event: page") && rest.contains("event: finished"), "{rest}");
    }
}
