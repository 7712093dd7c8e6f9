//! Preflight: what is printed is read back before it is delivered.
//!
//! ```text
//! static layer -> drawn, copied, registered ─────────────┐
//! every coded page's content -> painted over it -> copied, its codes decoded         (while printing goes on)
//! the finished files -> every byte and every page in its place; some pages drawn -> copied -> the whole reader  (at the end)
//! manifest.json -> everybody has everything once                                      (at the end)
//! ```
//!
//! Drawing a page takes a renderer milliseconds, and nearly all of it is the same on all of them. So a static layer is
//! drawn once, and of each page only what its own operators paint, parsed from the bytes that go into the file, by an
//! interpreter that knows no others.

mod copier;
mod counts;
pub mod fault;
mod finished;
mod ground;
mod letters;
mod lift;
mod name;
mod objects;
mod operators;
mod page;
mod symbol;
mod watch;
mod window;

pub use fault::{Fault, What, Whose};

use crate::print::inspect;
use crate::print::{Folder, Package, Prepared, PrintError, Report};
use crate::read::Reader;
use crate::read::layouts::Layouts;
use crate::read::policy::Policy;
use crate::sheet::SheetKey;
use crate::sheet::lize::Models;
use ground::Ground;
use page::Rules;
use std::path::Path;
use watch::{Found, Shared, Watch};

/// What was checked and found to be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Pages that carry codes.
    pub pages: u64,
    /// Those of them that the whole reader read in the finished files.
    pub read: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum PreflightError {
    #[error(transparent)]
    Print(#[from] PrintError),
    #[error("a conferência achou {count} erros no que foi impresso; nada foi entregue")]
    Faults {
        /// The first of them.
        faults: Vec<Fault>,
        count: u64,
    },
}

/// Prints into a folder what passes. No file has its name before all of them were checked.
pub fn print(
    package: &Package,
    key: &SheetKey,
    out: &Path,
    progress: &dyn Fn(u64, u64),
) -> Result<(Report, Checked), PreflightError> {
    run(package, key, Rules::new(package, key), out, progress)
}

/// Prints under one key what is held against the rules.
fn run(
    package: &Package,
    key: &SheetKey,
    rules: Rules,
    out: &Path,
    progress: &dyn Fn(u64, u64),
) -> Result<(Report, Checked), PreflightError> {
    let prepared = Prepared::new(package)?;
    let mut folder = Folder::new(out);
    let grounds = grounds(&prepared)?;
    let layouts = Layouts::from_layouts(grounds.iter().map(|ground| ground.layout.clone()));
    let layouts = match &rules.lize {
        Some(order) => layouts.with_lize(Models::only(order.model.clone())),
        None => layouts,
    };
    let reader = Reader { layouts, key: rules.key.clone(), policy: Policy::default() };
    let shared = Shared::new(grounds, rules);
    let (report, samples) = rayon::in_place_scope(|scope| {
        let watch = Watch::new(scope, &shared);
        let report = prepared.print_inspected(key, &mut folder, &watch, progress)?;
        Ok::<_, PreflightError>((report, watch.finish()))
    })?;
    let mut found = shared.found.into_inner().unwrap_or_else(|e| e.into_inner());
    let manifest = folder.staged("manifest.json").map(std::fs::read).transpose().map_err(PrintError::from)?;
    let manifest = manifest.unwrap_or_default();
    let manifest = counts::read(&manifest).unwrap_or_else(|error| {
        let what = What::Count(format!("manifest.json não se lê: {error}"));
        found.add(Fault { whose: Whose::Nobody, at: None, what });
        counts::Manifest::default()
    });
    counts::check(package, &reader.key, &manifest).into_iter().for_each(|fault| found.add(fault));
    let faults = finished::check(&manifest, &samples, &shared.grounds, &reader, &folder);
    faults.into_iter().for_each(|fault| found.add(fault));
    let pages = manifest.pages.len() as u64;
    if pages != found.pages {
        let what = What::Count(format!("{pages} páginas com códigos, e {} conferidas", found.pages));
        found.add(Fault { whose: Whose::Nobody, at: None, what });
    }
    let checked = passed(found)?;
    folder.commit().map_err(PrintError::from)?;
    Ok((report, Checked { read: samples.len() as u64, ..checked }))
}

fn passed(found: Found) -> Result<Checked, PreflightError> {
    let Found { pages, mut faults, fault_count: count } = found;
    if count == 0 {
        return Ok(Checked { pages, read: 0 });
    }
    faults.sort_by(|a, b| a.at.cmp(&b.at));
    Err(PreflightError::Faults { faults, count })
}

fn grounds(prepared: &Prepared) -> Result<Vec<Ground>, PreflightError> {
    let of = |ground: inspect::Ground| {
        let named = |spoiled| What::Ground(format!("{}, página {}: {spoiled}", ground.layout.id, ground.page.number));
        Ground::new(&ground).map_err(named)
    };
    let drawn: Result<Vec<Ground>, What> = prepared.grounds()?.into_iter().map(of).collect();
    drawn.map_err(|what| {
        let faults = vec![Fault { whose: Whose::Nobody, at: None, what }];
        PreflightError::Faults { faults, count: 1 }
    })
}

#[cfg(test)]
mod tests;
