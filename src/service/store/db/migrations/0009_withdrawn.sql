-- Sheets whose rows the warehouse has, and that are nobody's own any more: whose they are was said later. They are told to
-- the warehouse, and forgotten here.
CREATE TABLE warehouse_withdrawn (
    tenant_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    PRIMARY KEY (tenant_id, application_id, owner)
) {strict};
