//! Much JSON at once, on all cores.

use rayon::prelude::*;
use serde::de::DeserializeOwned;
use tokio::task::{JoinError, spawn_blocking};

/// Each of these texts, in their order.
///
/// # Errors
/// The first text that is something else; of the outer, none.
pub async fn parsed<T: DeserializeOwned + Send + 'static>(
    texts: Vec<String>,
) -> Result<serde_json::Result<Vec<T>>, JoinError> {
    spawn_blocking(move || texts.par_iter().map(|text| serde_json::from_str(text)).collect()).await
}
