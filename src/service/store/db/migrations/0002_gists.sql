-- What the reader said is kept apart only of pages that say something else by now: null is the same as `body`.
ALTER TABLE pages ADD COLUMN as_read {json};
UPDATE pages SET as_read = reading WHERE reading <> body;
ALTER TABLE pages DROP COLUMN reading;
ALTER TABLE pages RENAME COLUMN as_read TO reading;

-- What is looked at when a batch is seen as a whole, until it was: readings without most of their marks, and
-- `read::batch::Observed`. Text, for nobody searches in it.
CREATE TABLE page_gists (
    batch_id TEXT NOT NULL,
    number {int} NOT NULL,
    reading TEXT NOT NULL,
    observed TEXT NOT NULL,
    PRIMARY KEY (batch_id, number),
    FOREIGN KEY (batch_id, number) REFERENCES pages (batch_id, number) ON DELETE CASCADE
) {strict};
INSERT INTO page_gists (batch_id, number, reading, observed)
SELECT p.batch_id, p.number, p.body{as_text}, p.observed{as_text} FROM pages p JOIN batches b ON b.id = p.batch_id
WHERE b.summary IS NULL;
ALTER TABLE pages DROP COLUMN observed;

-- Jobs by their end: what is kept of them goes after a time.
CREATE INDEX jobs_by_end ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX webhook_messages_by_age ON webhook_messages (created_at) WHERE state <> 'waiting';
