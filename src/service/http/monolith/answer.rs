//! What a child makes of PDFs, and a finished one as an answer.

use crate::json::Fault;
use crate::service::App;
use crate::service::child::{Event, Task};
use crate::service::http::download::disposition;
use crate::service::http::{Kind, Problem};
use axum::body::Body;
use axum::http::header;
use axum::response::Response;
use std::path::Path;
use tokio::fs::File;
use tokio_util::io::ReaderStream;

/// What a child found wrong with what it was given.
pub struct Refused {
    pub detail: String,
    pub faults: Vec<Fault>,
}

/// Has a child do a task.
pub async fn child(app: &App, task: Task) -> Result<Result<(), Refused>, Problem> {
    let _turn = app.gate.turn().await?;
    let mut child = app.children.start_on(task, 1).await?;
    while let Some(event) = child.next().await? {
        match event {
            Event::Refused { detail, faults, .. } => return Ok(Err(Refused { detail, faults })),
            Event::Failed { detail } => return Err(std::io::Error::other(detail).into()),
            _ => {}
        }
    }
    Ok(Ok(()))
}

/// Streams the file at `path`. It stays readable when its folder goes, and is gone after the answer.
pub async fn pdf(path: &Path, name: &str) -> Result<Response, Problem> {
    let file = File::open(path).await?;
    let length = file.metadata().await?.len();
    Response::builder()
        .header(header::CONTENT_TYPE, "application/pdf")
        .header(header::CONTENT_LENGTH, length)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CONTENT_DISPOSITION, disposition(&named(name)))
        .body(Body::from_stream(ReaderStream::with_capacity(file, 1 << 16)))
        .map_err(|_| Kind::Internal.because("its name can't be told"))
}

/// A name without folders that ends in `.pdf`.
fn named(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = match name.len().checked_sub(4).and_then(|at| name.split_at_checked(at)) {
        Some((stem, end)) if end.eq_ignore_ascii_case(".pdf") => stem,
        _ => name,
    };
    format!("{}.pdf", if stem.is_empty() { "documento" } else { stem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_a_pdf_in_no_folder() {
        for (said, name) in [
            ("malote", "malote.pdf"),
            ("malote.PDF", "malote.pdf"),
            ("../../etc/á.b", "á.b.pdf"),
            ("", "documento.pdf"),
            (".pdf", "documento.pdf"),
            ("ção", "ção.pdf"),
        ] {
            assert_eq!(named(said), name, "{said}");
        }
    }
}
