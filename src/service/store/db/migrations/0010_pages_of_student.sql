-- A student's pages are gathered whenever one of them changes.
CREATE INDEX pages_of_student ON pages (tenant_id, student_id);
