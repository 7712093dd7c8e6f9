//! Foreign parsers and decoders index and assert by what they read: a panic in one is the failure of that one thing, and
//! is not printed.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;
use std::thread::Result;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs foreign code on this thread; of a panic in it the payload.
pub fn contain<T>(work: impl FnOnce() -> T) -> Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if !CONTAINED.get() {
                before(info);
            }
        }));
    });
    let outer = CONTAINED.replace(true);
    // What the closure leaves half-done is dropped with it: nothing of it is looked at after a panic.
    let result = catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(outer);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_within_ends_what_is_within_alone() {
        let outer = contain(|| {
            assert_eq!(contain(|| 7).ok(), Some(7));
            assert!(contain(|| panic!("contained")).is_err());
            // The wall around this one still stands.
            CONTAINED.get()
        });
        assert!(outer.unwrap());
        assert!(!CONTAINED.get());
    }
}
