//! The finished files, before they have their names: each is what was pressed, byte for byte, and has the pages that were
//! checked, in their order; and some pages are drawn by a renderer of any PDF, copied, and read by the whole reader.
//!
//! A file is read from the disk object by object, so one of any length takes little memory: a renderer's list of its pages
//! would take 13 KB for each. A page is rendered as a PDF of its own.

use super::copier::{DPI, copy};
use super::counts::Manifest;
use super::fault::{Fault, What, Whose};
use super::ground::Ground;
use super::lift::Pages;
use super::objects::{Damage, Objects};
use super::watch::Sample;
use crate::limits::Limits;
use crate::output::words::issue_line;
use crate::print::Folder;
use crate::print::manifest::hex;
use crate::raster::Partial;
use crate::read::Reader;
use crate::read::pages::{self, PageRef};
use crate::read::result::{FieldStatus, Outcome, PageReading};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What a file must be.
pub struct Pressed<'m> {
    pub pages: u64,
    /// Of all its bytes, in hexadecimal.
    pub sha256: &'m str,
    /// Of the content of pages with codes, which were checked when they were pressed; by page, from 1.
    pub coded: BTreeMap<u64, &'m str>,
}

/// What a file was found to be.
#[derive(Default)]
pub struct Walked {
    /// The pages that were asked for, each as a PDF of its own.
    pub pages: Vec<Vec<u8>>,
    /// What is wrong, and with which page where it is one.
    pub wrong: Vec<(Option<u64>, Damage)>,
}

/// What is wrong with them.
pub fn check(
    manifest: &Manifest,
    samples: &[Sample],
    grounds: &[Ground],
    reader: &Reader,
    folder: &Folder,
) -> Vec<Fault> {
    let mut coded: BTreeMap<&str, BTreeMap<u64, &str>> = BTreeMap::new();
    for page in &manifest.pages {
        coded.entry(&page.pdf).or_default().insert(page.pdf_page, &page.sha256);
    }
    let files: Vec<(&str, Pressed)> = manifest
        .files
        .iter()
        .map(|file| {
            let coded = coded.remove(&*file.pdf).unwrap_or_default();
            (&*file.pdf, Pressed { pages: file.pages, sha256: &file.sha256, coded })
        })
        .collect();
    let faults = files.par_iter().flat_map(|(pdf, pressed)| {
        let wanted: Vec<&Sample> = samples.iter().filter(|sample| sample.pdf == *pdf).collect();
        let numbers: Vec<u64> = wanted.iter().map(|sample| sample.pdf_page).collect();
        let at = |page: Option<u64>| Some((pdf.to_string(), page?));
        let path = folder.staged(pdf).ok_or_else(|| "não foi escrito".to_owned());
        let missing = |damage| Walked { pages: Vec::new(), wrong: vec![(None, damage)] };
        let walked = path.map_or_else(missing, |path| walk(path, pressed, &numbers));
        let found = walked.wrong.into_iter().map(|(page, damage)| {
            let damage = if page.is_some() { damage } else { format!("{pdf}: {damage}") };
            Fault { whose: Whose::Nobody, at: at(page), what: What::File(damage) }
        });
        let mut faults: Vec<Fault> = found.collect();
        let misread = wanted.par_iter().zip(walked.pages).filter_map(|(sample, page)| {
            let what = What::Reader(fault(sample, page, &grounds[sample.ground], reader)?);
            Some(Fault { whose: sample.whose.clone(), at: at(Some(sample.pdf_page)), what })
        });
        faults.extend(misread.collect::<Vec<_>>());
        faults
    });
    faults.collect()
}

/// Reads a whole file. The pages that are `wanted` ascend.
pub fn walk(path: &Path, pressed: &Pressed, wanted: &[u64]) -> Walked {
    let mut walked = Walked::default();
    match digest(path) {
        Ok(digest) if digest == pressed.sha256 => {}
        Ok(_) => walked.wrong.push((None, "o arquivo não tem os bytes que foram impressos".to_owned())),
        Err(error) => walked.wrong.push((None, error.to_string())),
    }
    if let Err(damage) = walked.pages_of(path, pressed, wanted) {
        walked.wrong.push((None, damage));
    }
    walked
}

impl Walked {
    fn pages_of(&mut self, path: &Path, pressed: &Pressed, wanted: &[u64]) -> Result<(), Damage> {
        let mut objects = Objects::open(path)?;
        let mut pages = Pages::of(&mut objects)?;
        let (mut count, mut before) = (0, 0);
        while let Some(page) = pages.next(&mut objects)? {
            count += 1;
            let contents = page.contents().ok_or_else(|| format!("a página {count} não tem conteúdo"))?;
            // Contents are written as the pages come, so they lie in the pages' order.
            let place = objects.place(contents).unwrap_or(0);
            if std::mem::replace(&mut before, place) >= place {
                self.wrong.push((Some(count), "a página está fora de ordem".to_owned()));
            }
            let content = objects.content(contents)?;
            if pressed.coded.get(&count).is_some_and(|meant| *meant != hex(&Sha256::digest(&content))) {
                self.wrong.push((Some(count), "a página não é a que foi conferida".to_owned()));
            }
            if wanted.get(self.pages.len()) == Some(&count) {
                self.pages.push(page.alone(&mut objects)?);
            }
        }
        match count == pressed.pages && self.pages.len() == wanted.len() {
            true => Ok(()),
            false => Err(format!("o arquivo tem {count} páginas, e foram impressas {}", pressed.pages)),
        }
    }
}

/// Of all of a file, in hexadecimal.
fn digest(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 17]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            n => hash.update(&buffer[..n]),
        }
    }
}

fn fault(sample: &Sample, page: Vec<u8>, ground: &Ground, reader: &Reader) -> Option<String> {
    let limits = Limits { render_dpi: DPI, ..Limits::default() };
    let Some(page) = pages::open_bytes(&sample.pdf, page, &limits).next() else {
        return Some("a página não se abre".to_owned());
    };
    unread(sample, &page, ground, reader, &limits)
}

fn unread(sample: &Sample, page: &PageRef, ground: &Ground, reader: &Reader, limits: &Limits) -> Option<String> {
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
