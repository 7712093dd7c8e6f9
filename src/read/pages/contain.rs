//! Foreign decoders run inside this wall: a panic in one of them becomes the error of one page.

use super::error::PageError;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Payload of [`give_up`], told from a decoder's own panic.
struct GivenUp(PageError);

/// Leaves a foreign interpreter from within one of its callbacks, which cannot return an error.
pub fn give_up(error: PageError) -> ! {
    resume_unwind(Box::new(GivenUp(error)))
}

/// Runs `work`; a panic in it is the error `DecoderFailed(format)`, and is not printed.
pub fn contain<T>(format: &'static str, work: impl FnOnce() -> Result<T, PageError>) -> Result<T, PageError> {
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
    result.unwrap_or_else(|payload| match payload.downcast::<GivenUp>() {
        Ok(given_up) => Err(given_up.0),
        Err(_) => Err(PageError::DecoderFailed(format)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_the_error_of_one_page() {
        let empty: Vec<u8> = Vec::new();
        let result: Result<u8, _> = contain("PDF", || Ok(empty[std::hint::black_box(3)]));
        assert_eq!(result, Err(PageError::DecoderFailed("PDF")));
        assert_eq!(contain("PDF", || Ok(7)), Ok(7));
        let gone: Result<u8, _> = contain("PDF", || give_up(PageError::NestedArchive));
        assert_eq!(gone, Err(PageError::NestedArchive));
    }
}
