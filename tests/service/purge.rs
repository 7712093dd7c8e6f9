//! Rows of what is over go after their time, and nothing that is still of use.

use crate::killed::png;
use crate::lifecycle::{databases, environment, open, sweep};
use crate::server::Server;
use gabarito::service::store::Db;
use gabarito::service::store::db::Columns;
use reqwest::multipart::{Form, Part};
use serde_json::json;

async fn count(db: &Db, text: &'static str) -> i64 {
    db.query(text).fetch_one(db.writer()).await.unwrap().col("n").unwrap()
}

/// Answers that are kept, what was told, items of jobs, messages to webhooks, what OCR said.
async fn kept(db: &Db) -> [i64; 5] {
    [
        count(db, "SELECT COUNT(*) AS n FROM idempotency").await,
        count(db, "SELECT COUNT(*) AS n FROM outbox").await,
        count(db, "SELECT COUNT(*) AS n FROM job_items").await,
        count(db, "SELECT COUNT(*) AS n FROM webhook_messages").await,
        count(db, "SELECT COUNT(*) AS n FROM vision_answers").await,
    ]
}

#[tokio::test]
async fn rows_of_what_is_over_go_after_their_time() {
    for database in databases().await {
        let environment = environment(&database);
        let server = Server::start_with(&environment);
        let package = server.post_json("/v1/packages", &crate::print_and_read::package()).await;
        let package = package.header("location").to_owned();
        server.finished(&package).await;
        let form = Form::new().part("files", Part::bytes(png(40, 56)).file_name("a.png"));
        let request = server.client().post(server.url("/v1/batches")).header("idempotency-key", "k").multipart(form);
        let batch = server.send(request).await.header("location").to_owned();
        assert_eq!(server.finished(&batch).await["outcomes"], json!({"blank": 1}));
        let data = server.data.clone();
        let db = open(&database, &data).await;
        while count(&db, "SELECT COUNT(*) AS n FROM outbox WHERE sent_at IS NOT NULL").await < 2 {}
        server.stop();
        let run = async |text: &'static str| db.execute(db.query(text)).await.unwrap().rows_affected();
        run("INSERT INTO webhooks (id, tenant_id, url, secret, events, created_at) VALUES ('w', 'local', 'https://a', '', '', 0)").await;
        for message in [
            "INSERT INTO webhook_messages (id, tenant_id, webhook_id, event, body, state, attempts, run_at, created_at)
             VALUES ('a', 'local', 'w', 'batch.finished', '{}', 'delivered', 1, 0, {now})",
            "INSERT INTO webhook_messages (id, tenant_id, webhook_id, event, body, state, attempts, run_at, created_at)
             VALUES ('b', 'local', 'w', 'batch.finished', '{}', 'waiting', 1, {now} + 86400000, {now})",
            "INSERT INTO vision_answers (crop_sha256, answer, created_at) VALUES ('0a', '\"ABCD\"', {now})",
        ] {
            run(message).await;
        }
        // A package's item, and three of the batch: listing, reading, settling.
        assert_eq!(kept(&db).await, [1, 2, 4, 2, 1]);
        sweep(&data, &environment);
        assert_eq!(kept(&db).await, [1, 2, 4, 2, 1]);

        let day = 86_400_000_i64;
        for (days, text) in [
            (2, "UPDATE idempotency SET created_at = created_at - $1"),
            (40, "UPDATE outbox SET sent_at = sent_at - $1"),
            (40, "UPDATE jobs SET finished_at = finished_at - $1"),
            (40, "UPDATE vision_answers SET created_at = created_at - $1"),
            (40, "UPDATE webhook_messages SET created_at = created_at - $1"),
        ] {
            db.execute(db.query(text).bind(days * day)).await.unwrap();
        }
        // A message that waits is sent; a package's item names what it is printed again from.
        sweep(&data, &environment);
        assert_eq!(kept(&db).await, [0, 0, 1, 1, 0]);
        db.close().await;
        let server = Server::start_in(&data, &environment);
        assert_eq!(server.get(&batch).await.expect(200)["state"], "done");
        let again = server.post_json(&format!("{package}/reprint"), &json!({"room": "sala-12"})).await;
        assert_eq!((again.status, again.header("content-type")), (200, "application/pdf"));
    }
}
