//! A foreign parser's panic in the words of a note.

use crate::contain::contain;

pub fn contained<T>(what: &str, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    contain(work).unwrap_or_else(|_| Err(format!("the {what} gave up on it")))
}
