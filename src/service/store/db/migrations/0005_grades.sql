-- Grades. What pupils handed in is kept in short beside the pages, so that a new key grades all of it without reading a page.

ALTER TABLE students ADD COLUMN class_id TEXT;

-- The fields that sheets of one layout have, in their order.
CREATE TABLE paper_shapes (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    fields {json} NOT NULL,
    PRIMARY KEY (tenant_id, id)
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
