//! Foreign decoders run inside this wall: a panic in one of them becomes the error of one page.

use super::error::PageError;
use crate::contain;
use std::panic::resume_unwind;

/// Payload of [`give_up`], told from a decoder's own panic.
struct GivenUp(PageError);

/// Leaves a foreign interpreter from within one of its callbacks, which cannot return an error.
pub fn give_up(error: PageError) -> ! {
    resume_unwind(Box::new(GivenUp(error)))
}

/// Runs `work`; a panic in it is the error `DecoderFailed(format)`, and is not printed.
pub fn contain<T>(format: &'static str, work: impl FnOnce() -> Result<T, PageError>) -> Result<T, PageError> {
    contain::contain(work).unwrap_or_else(|payload| match payload.downcast::<GivenUp>() {
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
