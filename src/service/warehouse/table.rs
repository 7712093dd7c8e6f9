//! The tables: what their columns are called, hold and mean. A column is never renamed and never taken away; a new one is
//! added to the end, and the next load adds it to the tables that are there.

use serde_json::{Value, json};

pub struct Table {
    pub name: &'static str,
    pub columns: &'static [Column],
}

pub struct Column {
    pub name: &'static str,
    pub kind: &'static str,
    pub doc: &'static str,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

const fn column(name: &'static str, kind: &'static str, doc: &'static str) -> Column {
    Column { name, kind, doc }
}

/// What students answered, and what it is worth: a row for each student and question.
pub const RESULTS: Table = Table {
    name: "results",
    columns: &[
        column(
            "revision",
            "INTEGER",
            "Milliseconds since 1970; of one owner's rows those with the greatest count, unless withdrawn",
        ),
        column("application", "STRING", "The exam"),
        column("key_revision", "INTEGER", "Revision of the key that it was graded by"),
        column("student", "STRING", "The student's id; null of a sheet that names nobody"),
        column("sheet", "STRING", "The sheet's id"),
        column("unit", "STRING", "The unit's id"),
        column("room", "STRING", "The room's id"),
        column("class", "STRING", "The class's id"),
        column("version", "INTEGER", "Of the booklet"),
        column("language", "STRING", "The foreign language that was chosen"),
        column("standing", "STRING", "graded, provisional, absent, eliminated"),
        column("grade", "FLOAT", "The student's grade in the exam"),
        column("grade_max", "FLOAT", "The most that it could be"),
        column("question", "STRING", "The question's id in the key"),
        column("status", "STRING", "answered, blank, multiple, invalid, doubtful, missing"),
        column("answer", "STRING", "In the key's letters"),
        column(
            "verdict",
            "STRING",
            "correct, partial, incorrect, unmarked, double, invalid, doubtful, waiting, annulled",
        ),
        column("points", "FLOAT", "Null while it waits for a person"),
        column("max", "FLOAT", "The most that the question gives"),
        column("owner", "STRING", "Whose paper it is: student/ID, or sheet/ID of a sheet that names nobody"),
        column("withdrawn", "BOOLEAN", "True in the one row that says: this owner has no paper any more"),
    ],
};

/// The questions, and what all answers say of them (docs/statistics.md).
pub const QUESTIONS: Table = Table {
    name: "questions",
    columns: &[
        column("revision", "INTEGER", "As in results"),
        column("application", "STRING", "The exam"),
        column("question", "STRING", "The question's id in the key"),
        column("annulled", "BOOLEAN", "In all versions"),
        column("max", "FLOAT", "The most that it gives"),
        column("right_answers", "STRING", "Those that were given and are right, with spaces between"),
        column("skills", "STRING", "BNCC skills and SAEB descriptors, with spaces between"),
        column("students", "INTEGER", "Who were asked and whose answer is decided"),
        column("blank", "INTEGER", "Of them"),
        column("invalid", "INTEGER", "Of them"),
        column("doubtful", "INTEGER", "Waiting for a person"),
        column("facility", "FLOAT", "Mean share of the points"),
        column("discrimination", "FLOAT", "Upper less lower 27 %"),
        column("point_biserial", "FLOAT", "Correlation with the score"),
        column("biserial", "FLOAT", "The same, of a normal trait cut in two"),
        column("item_rest", "FLOAT", "Correlation with the score in the other questions"),
        column("a", "FLOAT", "Discrimination in the three-parameter model, where the key gives it"),
        column("b", "FLOAT", "Difficulty"),
        column("c", "FLOAT", "Guessing"),
    ],
};

impl Table {
    /// As BigQuery has it.
    pub fn schema(&self) -> Value {
        let field = |c: &Column| json!({"name": c.name, "type": c.kind, "mode": "NULLABLE", "description": c.doc});
        self.columns.iter().map(field).collect()
    }

    /// The table of a tenant and a year.
    pub fn of(&self, tenant: &str, year: i16) -> String {
        // A tenant's id has no underscore, so no two have one table.
        format!("{}_{}_{year}", self.name, tenant.replace('-', "_"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_of_a_tenant_and_a_year() {
        assert_eq!(RESULTS.of("escola-sao-joao", 2026), "results_escola_sao_joao_2026");
        for table in [&RESULTS, &QUESTIONS] {
            assert_eq!(table.schema()[0]["type"], "INTEGER");
            let names: std::collections::BTreeSet<_> = table.columns.iter().map(|c| c.name).collect();
            assert_eq!(names.len(), table.columns.len());
        }
    }
}
