-- What the pages for school staff need beside the rest.

-- The exam's title, and how rooms are called: no person's name is among them.
ALTER TABLE packages ADD COLUMN title TEXT;

CREATE TABLE places (
    package_id TEXT NOT NULL REFERENCES packages (id) ON DELETE CASCADE,
    unit_id TEXT NOT NULL,
    room_id TEXT NOT NULL,
    unit_name TEXT NOT NULL,
    room_name TEXT NOT NULL,
    PRIMARY KEY (package_id, unit_id, room_id)
) {strict};

-- Tokens by which the monolith handed somebody over: each is good for once.
CREATE TABLE handovers (
    jti TEXT PRIMARY KEY,
    expires_at {int} NOT NULL
) {strict};

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
