//! How pages were identified: a table beside the accuracy table.

use super::table::Row;
use crate::read::identify::Stages;

/// In Markdown; nothing where no page was ours.
pub fn markdown(rows: &[Row]) -> String {
    let mut sum = Stages::default();
    rows.iter().for_each(|r| sum.add(&r.tally.stages));
    let lines = sum.iter().filter(|s| s.tried > 0).map(|s| format!("| {} | {} | {} |\n", s.stage, s.tried, s.decoded));
    let lines: String = lines.collect();
    if lines.is_empty() {
        return lines;
    }
    format!("\n## How pages were identified\n\n| stage | tried | decoded |\n|---|--:|--:|\n{lines}")
}
