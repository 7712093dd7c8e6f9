//! A run that was broken off goes on: pages whose results are in the file, and whose files are still the same, are not
//! read again.
//!
//! Results come in input order, so what an earlier run left is a beginning of the whole. Beside `RESULTS.jsonl` lies
//! `RESULTS.jsonl.state`: under which settings it was begun, and each scan's size and time of change.

use super::CliError;
use crate::output::jsonl::Jsonl;
use crate::output::{Run, Sink};
use crate::read::batch::Batch;
use crate::read::pages::PageRef;
use crate::read::result::PageReading;
use serde::{Deserialize, Serialize};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Settings {
    gabarito: String,
    /// SHA-256 of all that decides what a line says.
    settings: String,
}

/// A scan as it was when its first page was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Stamp {
    file: PathBuf,
    bytes: u64,
    /// Seconds and nanoseconds since 1970.
    modified: (u64, u32),
}

impl Stamp {
    /// Of the file on the disk that a page came from: a page of `bundle.zip/a.pdf` is in `bundle.zip`.
    fn of(source: &str) -> Option<Self> {
        let (file, metadata) = Path::new(source).ancestors().find_map(|p| Some((p, file_at(p)?)))?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let modified = (modified.as_secs(), modified.subsec_nanos());
        Some(Stamp { file: file.to_owned(), bytes: metadata.len(), modified })
    }
}

fn file_at(path: &Path) -> Option<Metadata> {
    path.metadata().ok().filter(Metadata::is_file)
}

pub struct Resume {
    path: PathBuf,
    results: File,
    state: File,
    stamps: Vec<Stamp>,
}

impl Resume {
    /// Opens the results of an earlier run, or begins new ones. `settings` is a hash of all that decides what a line says.
    pub fn open(path: &Path, settings: &str) -> Result<Self, CliError> {
        let failed = |e| CliError::file(path, e);
        let settings = Settings { gabarito: env!("CARGO_PKG_VERSION").to_owned(), settings: settings.to_owned() };
        let state_path = PathBuf::from(format!("{}.state", path.display()));
        let begun = path.metadata().is_ok_and(|m| m.len() > 0);
        let open = |path: &Path| OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let results = open(path).map_err(failed)?;
        let state = open(&state_path).map_err(|e| CliError::file(&state_path, e))?;
        let mut resume = Resume { path: path.to_owned(), results, state, stamps: Vec::new() };
        if begun {
            let mut lines = BufReader::new(&resume.state).lines().map_while(Result::ok);
            let before: Option<Settings> = lines.next().and_then(|l| serde_json::from_str(&l).ok());
            if before.as_ref() != Some(&settings) {
                let why = match before {
                    None => "was not begun with --resume",
                    Some(_) => "was begun with other layouts, another key, policy, roster, template, limits or version",
                };
                return Err(CliError::Usage(format!("{} {why}; name another file", path.display())));
            }
            resume.stamps = lines.map_while(|l| serde_json::from_str(&l).ok()).collect();
        }
        // What was cut off within a line is written anew.
        resume.rewrite_state(&settings).map_err(|e| CliError::file(&state_path, e))?;
        Ok(resume)
    }

    fn rewrite_state(&mut self, settings: &Settings) -> io::Result<()> {
        self.state.set_len(0)?;
        self.state.seek(SeekFrom::Start(0))?;
        write_line(&mut self.state, settings)?;
        self.stamps.iter().try_for_each(|s| write_line(&mut self.state, s))
    }

    /// Passes over the pages that were read before, telling `batch` of them, and drops what follows their lines. Gives
    /// their number.
    pub fn skip<I>(&mut self, pages: &mut Peekable<I>, batch: &mut Batch) -> Result<usize, CliError>
    where
        I: Iterator<Item = PageRef>,
    {
        let failed = |e| CliError::file(&self.path, e);
        let mut lines = BufReader::new(&self.results);
        let (mut kept, mut kept_bytes, mut line) = (0, 0, Vec::new());
        let mut sound: Option<String> = None;
        loop {
            line.clear();
            let bytes = lines.read_until(b'\n', &mut line).map_err(failed)?;
            if !line.ends_with(b"\n") {
                break;
            }
            let Ok(reading) = serde_json::from_slice::<PageReading>(&line) else { break };
            let Some(page) = pages.peek().filter(|p| p.source == reading.source) else { break };
            let file = &page.source.file;
            if sound.as_ref() != Some(file) {
                if !Stamp::of(file).is_some_and(|s| self.stamps.contains(&s)) {
                    break;
                }
                sound = Some(file.clone());
            }
            batch.replay(&reading);
            pages.next();
            kept += 1;
            kept_bytes += bytes as u64;
        }
        self.results.set_len(kept_bytes).map_err(failed)?;
        self.results.seek(SeekFrom::End(0)).map_err(failed)?;
        Ok(kept)
    }

    /// Where the rest goes.
    pub fn sink(self) -> impl Sink {
        Stamped { jsonl: Jsonl::new(self.results), state: self.state, stamps: self.stamps, last: String::new() }
    }
}

/// Notes each scan before the first line of it is written.
struct Stamped {
    jsonl: Jsonl<File>,
    state: File,
    stamps: Vec<Stamp>,
    last: String,
}

impl Sink for Stamped {
    fn page(&mut self, reading: PageReading) -> io::Result<()> {
        if reading.source.file != self.last {
            self.last.clone_from(&reading.source.file);
            if let Some(stamp) = Stamp::of(&self.last).filter(|s| !self.stamps.contains(s)) {
                write_line(&mut self.state, &stamp)?;
                self.stamps.push(stamp);
            }
        }
        self.jsonl.page(reading)
    }

    fn finish(&mut self, run: &Run) -> io::Result<()> {
        self.jsonl.finish(run)
    }
}

fn write_line(out: &mut File, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    out.write_all(&line)
}
