-- Times are milliseconds since 1970, of the database's clock. Ids are UUIDs of version 7, but for those that come from
-- outside (applications, units, rooms, students) or are printed (sheets, layouts). No name of a person is in here.

CREATE TABLE tenants (
    id TEXT PRIMARY KEY,
    created_at {int} NOT NULL
) {strict};

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    -- SHA-256 of the key: it has 256 random bits, so nothing slower is called for.
    hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at {int} NOT NULL,
    expires_at {int},
    revoked_at {int}
) {strict};

-- Jobs: the record of truth of all long work.

CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    priority {int} NOT NULL,
    -- Of what is counted to a person: pages.
    done {int} NOT NULL,
    total {int},
    error {json},
    created_at {int} NOT NULL,
    started_at {int},
    finished_at {int},
    -- Of one that is too large for Cloud Tasks: tasks of an execution on Cloud Run that works it off, and when the last was begun.
    run_tasks {int},
    run_at {int}
) {strict};
CREATE INDEX jobs_of_tenant ON jobs (tenant_id, kind, id);
-- What is kept of them goes after a time.
CREATE INDEX jobs_by_end ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_by_run ON jobs (run_at) WHERE run_at IS NOT NULL AND finished_at IS NULL;

CREATE TABLE job_items (
    id TEXT PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    tenant_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload {json} NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'dead', 'cancelled')),
    priority {int} NOT NULL,
    run_at {int} NOT NULL,
    -- Counted when it is claimed: an input that kills its worker has used up an attempt.
    attempts {int} NOT NULL,
    max_attempts {int} NOT NULL,
    -- Grows with every claim. Who lost the lease writes nothing any more.
    fence {int} NOT NULL,
    worker TEXT,
    lease_until {int},
    -- Of what is read. With the engine of its pages it says what the result depends on: what the same engine read is not read
    -- again.
    input_hash TEXT,
    result {json},
    error {json},
    created_at {int} NOT NULL,
    finished_at {int}
) {strict};
CREATE INDEX job_items_of_job ON job_items (job_id, state);
CREATE INDEX job_items_ready ON job_items (priority DESC, run_at, id) WHERE state = 'queued';
CREATE INDEX job_items_leased ON job_items (lease_until) WHERE state = 'running';

-- What must be told elsewhere, written in the transaction that made it true.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload {json} NOT NULL,
    created_at {int} NOT NULL,
    run_at {int} NOT NULL,
    attempts {int} NOT NULL,
    sent_at {int}
) {strict};
CREATE INDEX outbox_waiting ON outbox (run_at, id) WHERE sent_at IS NULL;
CREATE INDEX outbox_sent ON outbox (sent_at) WHERE sent_at IS NOT NULL;

-- Printing: what was printed for whom, by ids.

CREATE TABLE packages (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    job_id TEXT NOT NULL REFERENCES jobs (id),
    application_id TEXT NOT NULL,
    -- The exam's; and of `places` how rooms are called. No person's name is among them.
    title TEXT,
    created_at {int} NOT NULL,
    report {json},
    -- When the sweeper deleted what it was to be printed from: its job failed, or was cancelled.
    input_deleted_at {int}
) {strict};
CREATE INDEX packages_of_tenant ON packages (tenant_id, id);
CREATE INDEX packages_of_application ON packages (tenant_id, application_id);

CREATE TABLE package_files (
    package_id TEXT NOT NULL REFERENCES packages (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    bytes {int} NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (package_id, name)
) {strict};

CREATE TABLE places (
    package_id TEXT NOT NULL REFERENCES packages (id) ON DELETE CASCADE,
    unit_id TEXT NOT NULL,
    room_id TEXT NOT NULL,
    unit_name TEXT NOT NULL,
    room_name TEXT NOT NULL,
    PRIMARY KEY (package_id, unit_id, room_id)
) {strict};

CREATE TABLE layouts (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    body {json} NOT NULL,
    PRIMARY KEY (tenant_id, id)
) {strict};

CREATE TABLE sheets (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    package_id TEXT NOT NULL REFERENCES packages (id) ON DELETE CASCADE,
    -- `sheet`, `cover` or `attendance`.
    kind TEXT NOT NULL,
    layout_id TEXT NOT NULL,
    -- Numbers of its pages, with commas.
    pages TEXT NOT NULL,
    version {int},
    unit_id TEXT,
    room_id TEXT,
    -- None: a spare, or a room's paper.
    student_id TEXT,
    -- Of an attendance list: for each of its pages, the students of its rows.
    list_rows {json},
    PRIMARY KEY (tenant_id, id)
) {strict};
CREATE INDEX sheets_of_application ON sheets (tenant_id, application_id);
CREATE INDEX sheets_of_student ON sheets (tenant_id, student_id);

-- Whose number is filled in by hand on a sheet without a name.
CREATE TABLE students (
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    application_id TEXT NOT NULL,
    id TEXT NOT NULL,
    enrollment TEXT,
    class_id TEXT,
    PRIMARY KEY (tenant_id, application_id, id)
) {strict};

-- The order of questions and alternatives in the booklets of a version, or of one sheet: `version/2`, `sheet/…`. It
-- outlives its package, for as long as papers are graded by it.
CREATE TABLE booklet_orders (
    tenant_id TEXT NOT NULL,
    package_id TEXT NOT NULL,
    name TEXT NOT NULL,
    questions {json} NOT NULL,
    PRIMARY KEY (tenant_id, package_id, name)
) {strict};

-- Reading.

CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    bytes {int} NOT NULL,
    received {int} NOT NULL,
    -- As announced; or as found, once it is complete.
    sha256 TEXT,
    -- The state of SHA-256 after the bytes received in pieces.
    hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'complete', 'used')),
    created_at {int} NOT NULL,
    expires_at {int} NOT NULL
) {strict};
CREATE INDEX uploads_by_end ON uploads (expires_at);

CREATE TABLE upload_pieces (
    upload_id TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    first {int} NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (upload_id, first)
) {strict};

CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    job_id TEXT NOT NULL REFERENCES jobs (id),
    application_id TEXT,
    options {json} NOT NULL,
    created_at {int} NOT NULL,
    summary {json},
    -- When the sweeper deleted them.
    scans_deleted_at {int},
    images_deleted_at {int},
    crops_deleted_at {int}
) {strict};
CREATE INDEX batches_of_tenant ON batches (tenant_id, id);

CREATE TABLE batch_files (
    batch_id TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    number {int} NOT NULL,
    name TEXT NOT NULL,
    bytes {int} NOT NULL,
    -- Of uploads, where somebody announced it or they came in pieces, and of URLs once they were fetched.
    sha256 TEXT,
    -- Of what came in a form.
    blake3 TEXT,
    -- Where it came from, if not in the request.
    upload_id TEXT,
    -- Once it was opened; the first of its pages has this number plus one in the batch.
    pages {int},
    first_page {int},
    PRIMARY KEY (batch_id, number)
) {strict};

CREATE TABLE pages (
    tenant_id TEXT NOT NULL,
    batch_id TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    -- From 1, in the order of the files and of their pages.
    number {int} NOT NULL,
    file_number {int} NOT NULL,
    file TEXT NOT NULL,
    page {int} NOT NULL,
    outcome TEXT NOT NULL,
    sheet_id TEXT,
    sheet_page {int},
    student_id TEXT,
    -- The SHA-256 of the picture of its printed code, where OCR may be asked what it says.
    ask TEXT,
    -- The version of the reader.
    engine TEXT NOT NULL,
    updated_at {int} NOT NULL,
    -- The line of `gabarito read`: as it stands now, and as the reader said it, where that is something else. Last, for SQLite
    -- goes through them to what stands behind.
    body {json} NOT NULL,
    reading {json},
    PRIMARY KEY (batch_id, number)
) {strict};
CREATE INDEX pages_by_outcome ON pages (batch_id, outcome, number);
CREATE INDEX pages_of_sheet ON pages (tenant_id, sheet_id);
-- A student's pages are gathered whenever one of them changes.
CREATE INDEX pages_of_student ON pages (tenant_id, student_id);

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

-- What people decided: who, when, before, after. Nothing here is ever changed.
CREATE TABLE decisions (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    batch_id TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    number {int} NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at {int} NOT NULL,
    change {json} NOT NULL,
    before {json} NOT NULL,
    after {json} NOT NULL
) {strict};
CREATE INDEX decisions_of_page ON decisions (batch_id, number, id);

-- What a second person said of what a first one decided, where two are asked for.
CREATE TABLE second_looks (
    decision_id TEXT PRIMARY KEY REFERENCES decisions (id) ON DELETE CASCADE,
    tenant_id TEXT NOT NULL,
    batch_id TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    looked_by TEXT NOT NULL,
    looked_at {int} NOT NULL,
    -- 1: the same was said.
    agrees {int} NOT NULL
) {strict};
CREATE INDEX second_looks_of_batch ON second_looks (batch_id);

-- Grades. What pupils handed in is kept in short beside the pages, so that a new key grades all of it without reading a page.

-- The fields that sheets of one layout have, in their order.
CREATE TABLE paper_shapes (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    fields {json} NOT NULL,
    PRIMARY KEY (tenant_id, id)
) {strict};

CREATE TABLE papers (
    tenant_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    -- `student/…`, or `sheet/…` of one that names nobody.
    owner TEXT NOT NULL,
    student_id TEXT,
    sheet_id TEXT,
    package_id TEXT,
    unit_id TEXT,
    room_id TEXT,
    class_id TEXT,
    version {int},
    -- None: nothing was read.
    shape_id TEXT,
    -- As `grade::Paper::written` has it.
    answers TEXT NOT NULL,
    -- 1: by the attendance list.
    absent {int} NOT NULL,
    -- 1: a page waits for a person.
    review {int} NOT NULL,
    -- The latest of those that its pages are of.
    batch_id TEXT REFERENCES batches (id) ON DELETE CASCADE,
    PRIMARY KEY (tenant_id, application_id, owner)
) {strict};
CREATE INDEX papers_of_student ON papers (tenant_id, student_id);
CREATE INDEX papers_of_batch ON papers (batch_id);

CREATE TABLE grades (
    tenant_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    outcome TEXT NOT NULL,
    -- In millionths; none: no grade.
    points {int},
    max {int} NOT NULL,
    PRIMARY KEY (tenant_id, application_id, owner),
    FOREIGN KEY (tenant_id, application_id, owner) REFERENCES papers (tenant_id, application_id, owner) ON DELETE CASCADE
) {strict};

CREATE TABLE answer_keys (
    tenant_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    body {json} NOT NULL,
    revision {int} NOT NULL,
    updated_at {int} NOT NULL,
    PRIMARY KEY (tenant_id, application_id)
) {strict};

-- Every key that was ever put; `answer_keys` has the one that holds.
CREATE TABLE answer_key_revisions (
    tenant_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    revision {int} NOT NULL,
    body {json} NOT NULL,
    set_by TEXT NOT NULL,
    set_at {int} NOT NULL,
    -- How many grades it moved.
    moved {int} NOT NULL,
    PRIMARY KEY (tenant_id, application_id, revision)
) {strict};

-- What of each paper the warehouse has: the hash of what it was sent. What has not changed is not sent again.
CREATE TABLE warehouse_sent (
    tenant_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (tenant_id, application_id, owner),
    FOREIGN KEY (tenant_id, application_id, owner) REFERENCES papers (tenant_id, application_id, owner) ON DELETE CASCADE
) {strict};

-- Sheets whose rows the warehouse has, and that are nobody's own any more: whose they are was said later. They are told to
-- the warehouse, and forgotten here.
CREATE TABLE warehouse_withdrawn (
    tenant_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    PRIMARY KEY (tenant_id, application_id, owner)
) {strict};

-- Calls.

CREATE TABLE idempotency (
    tenant_id TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    -- None while the first request is under way.
    status {int},
    headers {json},
    body {blob},
    created_at {int} NOT NULL,
    PRIMARY KEY (tenant_id, idempotency_key)
) {strict};
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- Tokens by which the monolith handed somebody over: each is good for once.
CREATE TABLE handovers (
    jti TEXT PRIMARY KEY,
    expires_at {int} NOT NULL
) {strict};

-- Sessions of the pages that somebody left before their time.
CREATE TABLE ended_sessions (
    id TEXT PRIMARY KEY,
    expires_at {int} NOT NULL
) {strict};

CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    -- Comma-separated; empty: all.
    events TEXT NOT NULL,
    created_at {int} NOT NULL,
    disabled_at {int}
) {strict};

CREATE TABLE webhook_messages (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    attempts {int} NOT NULL,
    run_at {int} NOT NULL,
    last_status {int},
    last_error TEXT,
    created_at {int} NOT NULL,
    delivered_at {int}
) {strict};
CREATE INDEX webhook_messages_waiting ON webhook_messages (run_at) WHERE state = 'waiting';
CREATE INDEX webhook_messages_by_age ON webhook_messages (created_at) WHERE state <> 'waiting';

-- OCR by another: what a crop said, and what was spent.
CREATE TABLE vision_answers (
    crop_sha256 TEXT PRIMARY KEY,
    answer {json} NOT NULL,
    created_at {int} NOT NULL
) {strict};
CREATE INDEX vision_answers_by_age ON vision_answers (created_at);

CREATE TABLE vision_spent (
    tenant_id TEXT NOT NULL,
    day TEXT NOT NULL,
    images {int} NOT NULL,
    PRIMARY KEY (tenant_id, day)
) {strict};

-- What is kept how long, what may not be deleted, and what was.
CREATE TABLE retention (
    tenant_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('uploads', 'images', 'crops', 'results', 'packages')),
    days {int} NOT NULL,
    PRIMARY KEY (tenant_id, kind)
) {strict};

-- What one process of all does from time to time.
CREATE TABLE chores (
    name TEXT PRIMARY KEY,
    run_at {int} NOT NULL
) {strict};

CREATE TABLE legal_holds (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    application_id TEXT,
    student_id TEXT,
    reason TEXT NOT NULL,
    created_at {int} NOT NULL,
    released_at {int}
) {strict};

CREATE TABLE erasures (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    -- An HMAC of the student's id: the receipt must not keep what was erased.
    student_hash TEXT NOT NULL,
    erased {json} NOT NULL,
    erased_at {int} NOT NULL
) {strict};
