//! Services of Google Cloud, over REST.

mod token;
pub mod vision;

pub use token::Tokens;
pub use vision::{Vision, VisionConfig};
