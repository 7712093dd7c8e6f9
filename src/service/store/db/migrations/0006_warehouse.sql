-- What of each paper the warehouse has: the hash of what it was sent. What has not changed is not sent again.
CREATE TABLE warehouse_sent (
    tenant_id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (tenant_id, application_id, owner),
    FOREIGN KEY (tenant_id, application_id, owner) REFERENCES papers (tenant_id, application_id, owner) ON DELETE CASCADE
) {strict};
