//! The pages of a path in order, found as they are asked for.

use super::archive::Archive;
use super::contain::contain;
use super::error::PageError;
use super::pdf::Document;
use super::sniff::{Format, SNIFF_BYTES, claims_to_be_a_scan, sniff};
use super::{Bytes, Content, PageRef, Source, tiff_ifd};
use crate::limits::Limits;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Lists a file or a folder. Folders are walked in the order of their names; hidden files are passed over, and so are
/// files that neither are scans nor claim it by their names. A named file always gives at least one item.
///
/// Items hold the bytes of their PDF, TIFF or ZIP: collect them all only where that fits in memory.
pub fn open(path: &Path, limits: &Limits) -> Pages {
    let name = path.to_string_lossy().into_owned();
    let is_folder = path.is_dir();
    let work = Work::Path { path: path.to_owned(), name: name.clone(), depth: 0 };
    Pages { limits: limits.clone(), work: vec![work], root: Some((name, is_folder)), ..Pages::default() }
}

/// Lists a file that is already in memory.
pub fn open_bytes(name: &str, bytes: Vec<u8>, limits: &Limits) -> Pages {
    let mut pages = Pages { limits: limits.clone(), root: Some((name.to_owned(), false)), ..Pages::default() };
    let head = bytes[..bytes.len().min(SNIFF_BYTES)].to_vec();
    if bytes.len() as u64 > limits.max_file_bytes {
        pages.fail(name, PageError::FileTooLarge { bytes: bytes.len() as u64, limit: limits.max_file_bytes });
    } else {
        pages.add_file(name, &head, Bytes::Memory(Arc::new(bytes)), true);
    }
    pages
}

/// See [`open`].
#[derive(Default)]
pub struct Pages {
    limits: Limits,
    /// What is still to be looked at, the next last.
    work: Vec<Work>,
    ready: VecDeque<PageRef>,
    found_any: bool,
    /// Name of what was opened, and whether it is a folder; taken at the end.
    root: Option<(String, bool)>,
}

enum Work {
    Path { path: PathBuf, name: String, depth: usize },
    Zip { archive: Archive, name: String, next: usize, unzipped: u64, found_any: bool },
}

impl Iterator for Pages {
    type Item = PageRef;

    fn next(&mut self) -> Option<PageRef> {
        loop {
            if let Some(page) = self.ready.pop_front() {
                self.found_any = true;
                return Some(page);
            }
            match self.work.pop() {
                Some(Work::Path { path, name, depth }) => self.add_path(&path, name, depth),
                Some(Work::Zip { archive, name, next, unzipped, found_any }) => {
                    self.add_member(archive, name, next, unzipped, found_any)
                }
                None => {
                    let (name, is_folder) = self.root.take()?;
                    if self.found_any {
                        return None;
                    }
                    let what = if is_folder { "folder" } else { "file" };
                    self.fail(&name, PageError::NoScans(what));
                }
            }
        }
    }
}

impl Pages {
    fn fail(&mut self, name: &str, error: PageError) {
        self.ready.push_back(PageRef::error(name.to_owned(), 1, error));
    }

    fn push(&mut self, name: &str, page: u32, content: Content) {
        self.ready.push_back(PageRef { source: Source { file: name.to_owned(), page }, content: Ok(content) });
    }

    fn add_path(&mut self, path: &Path, name: String, depth: usize) {
        let named = depth == 0;
        match fs::metadata(path) {
            Ok(m) if m.is_dir() => self.add_folder(path, &name, depth),
            Ok(m) if m.is_file() => {
                let (size, limit) = (m.len(), self.limits.max_file_bytes);
                let worth_a_line = named || claims_to_be_a_scan(&name);
                if size > limit {
                    if worth_a_line {
                        self.fail(&name, PageError::FileTooLarge { bytes: size, limit });
                    }
                    return;
                }
                match read_head(path) {
                    Ok(head) => self.add_file(&name, &head, Bytes::Disk(path.to_owned()), named),
                    Err(e) if worth_a_line => self.fail(&name, e),
                    Err(_) => {}
                }
            }
            Ok(_) if named || claims_to_be_a_scan(&name) => self.fail(&name, PageError::NotAFile),
            Err(e) if named || claims_to_be_a_scan(&name) => self.fail(&name, PageError::io(&e)),
            _ => {}
        }
    }

    fn add_folder(&mut self, path: &Path, name: &str, depth: usize) {
        if depth > self.limits.max_folder_depth {
            return self.fail(name, PageError::FolderTooDeep { limit: self.limits.max_folder_depth });
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(e) => return self.fail(name, PageError::io(&e)),
        };
        // A folder behind a symbolic link may lead round in a ring; a file behind one cannot.
        let mut inside: Vec<_> = entries
            .filter_map(Result::ok)
            .filter(|e| !e.file_name().to_string_lossy().starts_with('.'))
            .filter(|e| !(e.file_type().is_ok_and(|t| t.is_symlink()) && e.path().is_dir()))
            .map(|e| e.file_name())
            .collect();
        inside.sort();
        for entry in inside.into_iter().rev() {
            let path = path.join(entry);
            let name = path.to_string_lossy().into_owned();
            self.work.push(Work::Path { path, name, depth: depth + 1 });
        }
    }

    /// `named`: a person asked for this very file, so silence would be wrong.
    fn add_file(&mut self, name: &str, head: &[u8], bytes: Bytes, named: bool) {
        let format = sniff(head);
        let worth_a_line = named || claims_to_be_a_scan(name);
        let error = match format {
            Format::Jpeg | Format::Png | Format::WebP => {
                return self.push(name, 1, Content::Still(format, bytes));
            }
            Format::Pdf => match self.add_pdf(name, &bytes) {
                Ok(()) => return,
                Err(e) => e,
            },
            Format::Tiff | Format::Zip => match bytes.load(&self.limits) {
                Err(e) => e,
                Ok(_) if format == Format::Zip && matches!(bytes, Bytes::Zip(_)) => PageError::NestedArchive,
                Ok(bytes) => match self.add_container(name, format, bytes, worth_a_line) {
                    Ok(()) => return,
                    Err(e) => e,
                },
            },
            Format::Foreign(what) => PageError::UnsupportedFormat(what),
            Format::Empty => PageError::EmptyFile,
            Format::Text => PageError::NotAScan("text"),
            Format::Unknown => PageError::NotAScan("data of an unknown kind"),
        };
        let certain = matches!(format, Format::Pdf | Format::Tiff)
            || matches!(error, PageError::NestedArchive | PageError::UnsupportedFormat("HEIC"));
        if worth_a_line || certain && !is_office_name(name) {
            self.fail(name, error);
        }
    }

    fn add_container(
        &mut self,
        name: &str,
        format: Format,
        bytes: Arc<Vec<u8>>,
        worth_a_line: bool,
    ) -> Result<(), PageError> {
        let limit = self.limits.max_pages;
        match format {
            Format::Tiff => {
                let ifds = tiff_ifd::pages(&bytes, &self.limits).ok_or(PageError::Truncated("TIFF"))?;
                if ifds.is_empty() {
                    return Err(PageError::NoPages("TIFF"));
                }
                for (page, ifd) in (1..=limit).zip(&ifds) {
                    self.push(name, page, Content::Tiff(bytes.clone(), ifd.clone()));
                }
                self.note_overflow(name, ifds.len());
            }
            _ => {
                let archive = contain("ZIP", || Archive::open(bytes, &self.limits))?;
                if archive.is_office_document() {
                    return Err(PageError::NotAScan("an office document"));
                }
                if worth_a_line || archive.len() > 0 {
                    let name = name.to_owned();
                    self.work.push(Work::Zip { archive, name, next: 0, unzipped: 0, found_any: false });
                }
            }
        }
        Ok(())
    }

    fn add_pdf(&mut self, name: &str, bytes: &Bytes) -> Result<(), PageError> {
        let limit = self.limits.max_pages;
        let document = Arc::new(contain("PDF", || match bytes {
            Bytes::Disk(path) => Document::open_file(path, &self.limits),
            _ => Document::open(bytes.load(&self.limits)?, &self.limits),
        })?);
        for (page, index) in (1..=limit).zip(0..document.page_count()) {
            self.push(name, page, Content::Pdf(document.clone(), index));
        }
        self.note_overflow(name, document.page_count());
        if document.is_cut {
            // What is listed was found by searching; pages may be missing after it.
            let page = u32::try_from(document.page_count()).unwrap_or(limit).saturating_add(1);
            self.ready.push_back(PageRef::error(name.to_owned(), page, PageError::Truncated("PDF")));
        }
        Ok(())
    }

    fn note_overflow(&mut self, name: &str, pages: usize) {
        let limit = self.limits.max_pages;
        if pages > limit as usize {
            self.ready.push_back(PageRef::error(name.to_owned(), limit + 1, PageError::TooManyPages { limit }));
        }
    }

    /// Looks at one member and puts the rest of the archive back.
    fn add_member(&mut self, mut archive: Archive, zip: String, next: usize, mut unzipped: u64, mut found_any: bool) {
        if next >= archive.len() {
            if !found_any {
                self.fail(&zip, PageError::NoScans("ZIP"));
            }
            return;
        }
        match contain("ZIP", || archive.entry(next)) {
            Err(e) => self.fail(&format!("{zip}/(file {})", next + 1), e),
            Ok(None) => {}
            Ok(Some(entry)) if is_hidden(&entry.name) => {}
            Ok(Some(entry)) => {
                let name = format!("{zip}/{}", entry.name);
                unzipped = unzipped.saturating_add(entry.bytes);
                let limit = self.limits.max_unzipped_bytes;
                if unzipped > limit {
                    // What follows is not looked at: it would be more of the same.
                    return self.fail(&name, PageError::DecompressionBomb { format: "ZIP", limit });
                }
                let member = archive.member(next);
                match contain("ZIP", || member.head()) {
                    Ok(head) => self.add_file(&name, &head, Bytes::Zip(member), false),
                    Err(e) if claims_to_be_a_scan(&name) => self.fail(&name, e),
                    Err(_) => {}
                }
            }
        }
        found_any |= !self.ready.is_empty();
        self.work.push(Work::Zip { archive, name: zip, next: next + 1, unzipped, found_any });
    }
}

fn is_hidden(name: &str) -> bool {
    let hidden = |part: &str| part.starts_with('.') && !matches!(part, "." | "..") || part == "__MACOSX";
    name.split('/').any(hidden)
}

fn is_office_name(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
    matches!(extension.as_str(), "docx" | "xlsx" | "pptx" | "odt" | "ods" | "odp" | "epub" | "jar" | "apk")
}

fn read_head(path: &Path) -> Result<Vec<u8>, PageError> {
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    let file = File::open(path).map_err(|e| PageError::io(&e))?;
    file.take(SNIFF_BYTES as u64).read_to_end(&mut head).map_err(|e| PageError::io(&e))?;
    Ok(head)
}

/// The whole file, even if it grew since its size was looked at.
pub fn read_file(path: &Path, limits: &Limits) -> Result<Vec<u8>, PageError> {
    let file = File::open(path).map_err(|e| PageError::io(&e))?;
    let size = file.metadata().map_or(0, |m| m.len()).min(limits.max_file_bytes);
    let mut bytes = Vec::with_capacity(size as usize);
    file.take(limits.max_file_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| PageError::io(&e))?;
    if bytes.len() as u64 > limits.max_file_bytes {
        return Err(PageError::FileTooLarge { bytes: bytes.len() as u64, limit: limits.max_file_bytes });
    }
    Ok(bytes)
}
