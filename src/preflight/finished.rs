//! Some pages of the finished files, drawn by a renderer of any PDF, copied, and read by the whole reader.

use super::copier::{DPI, copy};
use super::fault::{Fault, What};
use super::ground::Ground;
use super::watch::Sample;
use crate::limits::Limits;
use crate::output::words::issue_line;
use crate::print::Folder;
use crate::raster::Partial;
use crate::read::Reader;
use crate::read::pages::{self, PageRef};
use crate::read::result::{FieldStatus, Outcome, PageReading};
use rayon::prelude::*;
use std::path::Path;

/// Of a file with more pages none is read again: to list them would take a renderer 13 KB of memory for each.
const MOST_PAGES: u64 = 10_000;

/// Those that are read again, and the files that are too long for it.
pub fn readable(samples: Vec<Sample>) -> (Vec<Sample>, Vec<String>) {
    let mut long: Vec<String> = samples.iter().filter(|s| s.pdf_page > MOST_PAGES).map(|s| s.pdf.clone()).collect();
    long.dedup();
    let short = samples.into_iter().filter(|s| !long.contains(&s.pdf)).collect();
    (short, long)
}

/// What is wrong with them.
pub fn check(samples: &[Sample], grounds: &[Ground], reader: &Reader, folder: &Folder) -> Vec<Fault> {
    let limits = Limits { render_dpi: DPI, max_pages: u32::MAX, max_file_bytes: u64::MAX, ..Limits::default() };
    let files: Vec<&[Sample]> = samples.chunk_by(|a, b| a.pdf == b.pdf).collect();
    let faults = files.par_iter().flat_map_iter(|of_file| {
        let path = folder.staged(&of_file[0].pdf);
        let pages = path.map(|path| listed(path, of_file, &limits)).unwrap_or_default();
        let found = of_file.iter().enumerate().filter_map(|(i, sample)| {
            let what = match pages.get(i) {
                Some(page) => fault(sample, page, &grounds[sample.ground], reader, &limits)?,
                None => "a página não está no arquivo".to_owned(),
            };
            let at = Some((sample.pdf.clone(), sample.pdf_page));
            Some(Fault { whose: sample.whose.clone(), at, what: What::Reader(what) })
        });
        found.collect::<Vec<_>>()
    });
    faults.collect()
}

/// The pages that are asked for, which are in the file's order.
fn listed(path: &Path, of_file: &[Sample], limits: &Limits) -> Vec<PageRef> {
    let mut wanted = of_file.iter().map(|s| s.pdf_page).peekable();
    let all = (1..).zip(pages::open(path, limits));
    all.filter(|(n, _)| wanted.next_if_eq(n).is_some()).take(of_file.len()).map(|(_, page)| page).collect()
}

fn fault(sample: &Sample, page: &PageRef, ground: &Ground, reader: &Reader, limits: &Limits) -> Option<String> {
    let drawn = match page.decode(limits) {
        Ok(picture) => picture.gray,
        Err(error) => return Some(error.to_string()),
    };
    // A copy of one bit makes marks of the letters in a Lize sheet's bubbles, which are as dark as ink.
    let seen = if ground.frame.is_some() { copy(&drawn) } else { drawn };
    let (reading, _) = reader.read(&mut Partial::whole(seen), page.source.clone());
    misread(sample, ground, &reading)
}

fn misread(sample: &Sample, ground: &Ground, reading: &PageReading) -> Option<String> {
    if let Some(issue) = reading.issues.first() {
        return Some(issue_line(issue).into_owned());
    }
    let sheet = reading.sheet.as_ref();
    let said = sheet.and_then(|s| s.id.as_deref()).unwrap_or("nada");
    if said != sample.sheet_id || sheet.and_then(|s| s.page) != Some(ground.page.number) {
        return Some(format!("o código diz {said}, e devia dizer {}", sample.sheet_id));
    }
    let marked = reading.fields.iter().find(|f| f.status != FieldStatus::Blank);
    if let Some(field) = marked {
        return Some(format!("o campo {}, vazio, parece preenchido", field.id));
    }
    (reading.outcome != Outcome::Read).then(|| "a leitura não é segura".to_owned())
}
