//! manifest.json, geometry.json and versions.json, written page by page. Ids only: no student's name.

use super::booklet::Order;
use super::versions::Maps;
use crate::print::pdf::Finished;
use crate::sheet::{Layout, LayoutId};
use serde::Serialize;
use std::io::{self, Write};

/// One page that the reader can read.
#[derive(Clone, Debug, Serialize)]
pub struct Located<'a> {
    /// `sheet`, `cover` or `attendance`.
    pub kind: &'a str,
    pub sheet_id: &'a str,
    /// The student's id; null on a spare and on papers of a room.
    pub student: Option<&'a str>,
    pub unit: &'a str,
    pub room: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    pub layout: &'a LayoutId,
    pub page: u16,
    pub pdf: &'a str,
    /// From 1.
    pub pdf_page: u64,
    /// On an attendance list, the students of its rows.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub rows: &'a [&'a str],
    /// Of the page's content stream, uncompressed.
    pub sha256: String,
}

#[derive(Serialize)]
struct OnPaper<'a> {
    sheet_id: &'a str,
    student: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    layout: &'a LayoutId,
    page: u16,
    pdf: &'a str,
    pdf_page: u64,
}

/// One document: a booklet, a sheet, a paper of the bag.
#[derive(Clone, Debug, Serialize)]
pub struct Printed<'a> {
    pub kind: &'a str,
    pub unit: &'a str,
    pub room: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub student: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    pub pdf: &'a str,
    /// Where it begins, from 1.
    pub pdf_page: u64,
    /// Of the document.
    pub pages: u64,
    /// Of the PDF: with blank ones, or with two of the document's on each.
    pub pdf_pages: u64,
}

#[derive(Serialize)]
struct PrintedFile<'a> {
    pdf: &'a str,
    pages: usize,
    bytes: u64,
    sha256: String,
}

pub struct Manifest<'p, M: Write, G: Write> {
    manifest: M,
    geometry: G,
    /// Of booklets.
    maps: Option<Maps<'p, M>>,
    first: bool,
    /// Written after all pages.
    documents: Vec<u8>,
    files: Vec<(String, Finished)>,
}

impl<'p, M: Write, G: Write> Manifest<'p, M, G> {
    pub fn new<'l>(
        mut manifest: M,
        mut geometry: G,
        maps: Option<Maps<'p, M>>,
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
        Ok(Manifest { manifest, geometry, maps, first: true, documents: Vec::new(), files: Vec::new() })
    }

    pub fn page(&mut self, page: &Located) -> io::Result<()> {
        let separator: &[u8] = if std::mem::replace(&mut self.first, false) { b"\n" } else { b",\n" };
        self.manifest.write_all(separator)?;
        serde_json::to_writer(&mut self.manifest, page)?;
        self.geometry.write_all(separator)?;
        let &Located { sheet_id, student, version, layout, page, pdf, pdf_page, .. } = page;
        serde_json::to_writer(
            &mut self.geometry,
            &OnPaper { sheet_id, student, version, layout, page, pdf, pdf_page },
        )?;
        Ok(())
    }

    /// The order of a booklet that no other has.
    pub fn order(&mut self, sheet_id: &str, order: &Order) -> io::Result<()> {
        self.maps.as_mut().map_or(Ok(()), |maps| maps.own(sheet_id, order))
    }

    pub fn document(&mut self, document: &Printed) -> io::Result<()> {
        self.documents.extend_from_slice(if self.documents.is_empty() { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut self.documents, document)?;
        Ok(())
    }

    pub fn file(&mut self, pdf: &str, finished: Finished) {
        self.files.push((pdf.to_owned(), finished));
    }

    pub fn finish(mut self) -> io::Result<(M, G)> {
        self.maps.map_or(Ok(()), Maps::finish)?;
        self.manifest.write_all(b"],\n\"documents\": [")?;
        self.manifest.write_all(&self.documents)?;
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
