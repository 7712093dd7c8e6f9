//! Services of Google Cloud, over REST.

mod tasks;
mod token;
pub mod vision;

pub use tasks::{Size, TaskError, Tasks, TasksConfig};
pub use token::Tokens;
pub use vision::{Vision, VisionConfig};
