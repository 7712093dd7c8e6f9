//! Tasks on PDFs of strangers.

use super::{Stop, failed, said};
use crate::json::Fault;
use crate::limits::Limits;
use crate::print::merge::{Input, MergeError, merge};
use crate::print::{blank_pages, sound};
use crate::service::child::{Event, Task};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// What is to be said before the end.
pub fn run(task: &Task, limits: &Limits) -> Result<Option<Event>, Stop> {
    match task {
        Task::Merge { files, title, out } => together(files, title, out, limits).map(Some),
        Task::Validate { file } => {
            let faults = sound::faults(&std::fs::read(file).map_err(failed)?, limits);
            if faults.is_empty() { Ok(None) } else { Err(refused("not_sound", "it is not a sound PDF 1.7", faults)) }
        }
        Task::Blank { file, blank, most, out } => {
            let limits = Limits { max_pages: *most, ..limits.clone() };
            let bytes = std::fs::read(file).map_err(failed)?;
            let (bytes, pages) =
                blank_pages::add(bytes, *blank, &limits).map_err(|e| refused("not_printed", &e, vec![]))?;
            std::fs::write(out, bytes).map_err(failed)?;
            Ok(Some(Event::Written { pages: pages as u64 }))
        }
        _ => Err(failed("no task on PDFs")),
    }
}

fn refused(code: &str, detail: &str, faults: Vec<Fault>) -> Stop {
    said(Event::Refused { code: code.to_owned(), detail: detail.to_owned(), faults })
}

fn together(files: &[(String, std::path::PathBuf)], title: &str, out: &Path, limits: &Limits) -> Result<Event, Stop> {
    let inputs = files.iter().map(|(name, path)| Input { name: name.clone(), ..Input::read(path, limits) });
    let file = BufWriter::new(File::create(out).map_err(failed)?);
    let report = merge(inputs, file, title, limits).map_err(|e| match e {
        MergeError::Inputs(faults) => refused("not_mergeable", "some of the files can't be merged", faults),
        MergeError::Io(e) => failed(e),
    })?;
    Ok(Event::Written { pages: report.pages })
}
