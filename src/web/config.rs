//! What a deployment decides of the pages.

use crate::service::config::Reader;

#[derive(Clone, Debug)]
pub struct WebConfig {
    /// A second person looks at what a first one decided.
    pub second_look: bool,
}

impl WebConfig {
    pub fn of(r: &mut Reader) -> Self {
        WebConfig {
            second_look: r.flag(
                "review.second_look",
                false,
                "A second person looks at the answers that a first one decided, and is not told what that was.",
            ),
        }
    }
}
