//! Styles and scripts, inside the executable. Their addresses change with their content, so browsers keep them for good.

use crate::print::manifest::hex;
use crate::service::http::Problem;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use std::collections::HashMap;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "src/web/assets"]
struct Assets;

/// The address of each.
static ADDRESSES: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let address = |name: &str| {
        let hash = Assets::get(name).map(|file| hex(&file.metadata.sha256_hash()));
        format!("/estatico/{name}?v={}", &hash.unwrap_or_default()[..12])
    };
    Assets::iter().map(|name| (name.to_string(), address(&name))).collect()
});

pub fn address(name: &str) -> &'static str {
    ADDRESSES.get(name).map_or("", String::as_str)
}

pub async fn serve(Path(name): Path<String>) -> Result<Response, Problem> {
    let file = Assets::get(&name).ok_or_else(|| Problem::not_found("file"))?;
    let content_type = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, file.data).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_an_address_of_its_content() {
        for name in Assets::iter() {
            let address = address(&name);
            assert!(
                address.starts_with(&format!("/estatico/{name}?v=")) && address.len() > name.len() + 20,
                "{address}"
            );
        }
    }
}
