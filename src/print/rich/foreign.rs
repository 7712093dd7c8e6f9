//! Foreign parsers and decoders index and assert by what they read: a panic in one is the failure of that one thing.

use std::panic::{AssertUnwindSafe, catch_unwind};

pub fn contained<T>(what: &str, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    // What the closure leaves half-done is dropped with it.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(format!("the {what} gave up on it")))
}
