//! manifest.json and geometry.json, written page by page. Ids only: no student's name.

use crate::print::pdf::Finished;
use crate::sheet::{Layout, LayoutId};
use serde::Serialize;
use std::io::{self, Write};

/// One printed page.
#[derive(Clone, Debug, Serialize)]
pub struct PrintedPage<'a> {
    pub sheet_id: &'a str,
    /// The student's id; null on a spare.
    pub student: Option<&'a str>,
    pub unit: &'a str,
    pub room: &'a str,
    pub layout: &'a LayoutId,
    pub page: u16,
    pub pdf: &'a str,
    /// From 1.
    pub pdf_page: u64,
    /// Of the page's content stream, uncompressed.
    pub sha256: String,
}

#[derive(Serialize)]
struct Located<'a> {
    sheet_id: &'a str,
    student: Option<&'a str>,
    layout: &'a LayoutId,
    page: u16,
    pdf: &'a str,
    pdf_page: u64,
}

#[derive(Serialize)]
struct PrintedFile<'a> {
    pdf: &'a str,
    pages: usize,
    bytes: u64,
    sha256: String,
}

pub struct Manifest<M: Write, G: Write> {
    manifest: M,
    geometry: G,
    first: bool,
    files: Vec<(String, Finished)>,
}

impl<M: Write, G: Write> Manifest<M, G> {
    pub fn new<'l>(
        mut manifest: M,
        mut geometry: G,
        application: &str,
        layouts: impl Iterator<Item = &'l Layout>,
    ) -> io::Result<Self> {
        write!(manifest, "{{\"application\": {},\n\"pages\": [", serde_json::to_string(application)?)?;
        geometry.write_all(b"{\"layouts\": [")?;
        for (i, layout) in layouts.enumerate() {
            geometry.write_all(if i == 0 { b"\n" } else { b",\n" })?;
            serde_json::to_writer(&mut geometry, layout)?;
        }
        geometry.write_all(b"],\n\"sheets\": [")?;
        Ok(Manifest { manifest, geometry, first: true, files: Vec::new() })
    }

    pub fn page(&mut self, page: &PrintedPage) -> io::Result<()> {
        let separator: &[u8] = if std::mem::replace(&mut self.first, false) { b"\n" } else { b",\n" };
        self.manifest.write_all(separator)?;
        serde_json::to_writer(&mut self.manifest, page)?;
        self.geometry.write_all(separator)?;
        let &PrintedPage { sheet_id, student, layout, page, pdf, pdf_page, .. } = page;
        serde_json::to_writer(&mut self.geometry, &Located { sheet_id, student, layout, page, pdf, pdf_page })?;
        Ok(())
    }

    pub fn file(&mut self, pdf: &str, finished: Finished) {
        self.files.push((pdf.to_owned(), finished));
    }

    pub fn finish(mut self) -> io::Result<(M, G)> {
        self.manifest.write_all(b"],\n\"files\": [")?;
        for (i, (pdf, f)) in self.files.iter().enumerate() {
            self.manifest.write_all(if i == 0 { b"\n" } else { b",\n" })?;
            let file = PrintedFile { pdf, pages: f.pages, bytes: f.bytes, sha256: hex(&f.sha256) };
            serde_json::to_writer(&mut self.manifest, &file)?;
        }
        self.manifest.write_all(b"]}\n")?;
        self.geometry.write_all(b"]}\n")?;
        self.manifest.flush()?;
        self.geometry.flush()?;
        Ok((self.manifest, self.geometry))
    }
}

pub fn hex(bytes: &[u8]) -> String {
    let digit = |d: u8| char::from(b"0123456789abcdef"[usize::from(d)]);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}
