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
    finished_at {int}
) {strict};
CREATE INDEX jobs_of_tenant ON jobs (tenant_id, kind, id);

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
    -- What the result depends on: the same input and engine need not run again.
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

-- Printing: what was printed for whom, by ids.

CREATE TABLE packages (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    job_id TEXT NOT NULL REFERENCES jobs (id),
    application_id TEXT NOT NULL,
    created_at {int} NOT NULL,
    report {json}
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
    PRIMARY KEY (tenant_id, application_id, id)
) {strict};

-- Reading.

CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    bytes {int} NOT NULL,
    received {int} NOT NULL,
    sha256 TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'complete', 'used')),
    created_at {int} NOT NULL
) {strict};

CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    tenant_id TEXT NOT NULL REFERENCES tenants (id),
    job_id TEXT NOT NULL REFERENCES jobs (id),
    application_id TEXT,
    options {json} NOT NULL,
    created_at {int} NOT NULL,
    summary {json}
) {strict};
CREATE INDEX batches_of_tenant ON batches (tenant_id, id);

CREATE TABLE batch_files (
    batch_id TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
    number {int} NOT NULL,
    name TEXT NOT NULL,
    bytes {int} NOT NULL,
    sha256 TEXT NOT NULL,
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
    -- The line of `gabarito read`: as the reader said it, and as it stands now.
    reading {json} NOT NULL,
    body {json} NOT NULL,
    -- What the batch as a whole needs of the page: `read::batch::Observed`.
    observed {json} NOT NULL,
    doubtful {int} NOT NULL,
    updated_at {int} NOT NULL,
    PRIMARY KEY (batch_id, number)
) {strict};
CREATE INDEX pages_by_outcome ON pages (batch_id, outcome, number);
CREATE INDEX pages_of_sheet ON pages (tenant_id, sheet_id);

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

CREATE TABLE answer_keys (
    tenant_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    body {json} NOT NULL,
    revision {int} NOT NULL,
    updated_at {int} NOT NULL,
    PRIMARY KEY (tenant_id, application_id)
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

-- OCR by another: what a crop said, and what was spent.
CREATE TABLE vision_answers (
    crop_sha256 TEXT PRIMARY KEY,
    answer {json} NOT NULL,
    created_at {int} NOT NULL
) {strict};

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
