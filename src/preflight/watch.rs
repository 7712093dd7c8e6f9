//! Coded pages checked on other threads while printing goes on; so many at most are kept.

use super::fault::{Fault, Whose};
use super::ground::Ground;
use super::page::{self, Meant, Rules};
use crate::print::inspect::{Coded, Inspect};
use crate::sheet::LayoutId;
use crate::sheet::frame::Area;
use rayon::Scope;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Pages that are checked together.
const BATCH: usize = 128;
/// Batches that may wait for a thread; beyond, who prints checks.
const WAITING: usize = 8;
/// The whole reader reads the first page of a file, but not more than one page of so many: that takes 16 ms.
const APART: u64 = 250;
/// In a long file it reads one of so many.
const SAMPLED: u64 = 1000;
/// Faults that are told; the others are counted.
pub const TOLD: usize = 100;

/// What was found, and of how many pages.
#[derive(Debug, Default)]
pub struct Found {
    pub pages: u64,
    pub faults: Vec<Fault>,
    pub fault_count: u64,
}

impl Found {
    pub fn add(&mut self, fault: Fault) {
        self.fault_count += 1;
        if self.faults.len() < TOLD {
            self.faults.push(fault);
        }
    }
}

/// What all threads look at.
pub struct Shared {
    pub grounds: Vec<Ground>,
    pub rules: Rules,
    pub found: Mutex<Found>,
    waiting: AtomicUsize,
}

/// A page to be read again in its file.
#[derive(Clone, Debug)]
pub struct Sample {
    pub pdf: String,
    pub pdf_page: u64,
    pub whose: Whose,
    pub sheet_id: String,
    pub ground: usize,
}

/// A page as it was handed over.
struct Kept {
    ground: usize,
    whose: Whose,
    sheet_id: String,
    version: Option<u64>,
    barcode: Option<Area>,
    pdf: String,
    pdf_page: u64,
    /// The room's operators, then from here on the page's own.
    streams: (Vec<u8>, usize),
}

impl Shared {
    pub fn new(grounds: Vec<Ground>, rules: Rules) -> Self {
        Shared { grounds, rules, found: Mutex::default(), waiting: AtomicUsize::new(0) }
    }

    fn check(&self, batch: &[Kept]) {
        let faults: Vec<Fault> = batch.iter().flat_map(|kept| self.faults(kept)).collect();
        let mut found = self.found.lock().unwrap_or_else(|e| e.into_inner());
        found.pages += batch.len() as u64;
        faults.into_iter().for_each(|fault| found.add(fault));
    }

    fn faults(&self, kept: &Kept) -> Vec<Fault> {
        let student = match &kept.whose {
            Whose::Student(id) => Some(id.as_str()),
            Whose::Room { .. } | Whose::Nobody => None,
        };
        let meant = Meant { sheet_id: &kept.sheet_id, student, version: kept.version, barcode: kept.barcode };
        let (overlay, content) = kept.streams.0.split_at(kept.streams.1);
        let whats = page::check(&meant, &self.grounds[kept.ground], [overlay, content], &self.rules);
        let at = Some((kept.pdf.clone(), kept.pdf_page));
        whats.into_iter().map(|what| Fault { whose: kept.whose.clone(), at: at.clone(), what }).collect()
    }
}

/// Sees the pages of one run.
pub struct Watch<'s, 'scope> {
    scope: &'s Scope<'scope>,
    shared: &'scope Shared,
    grounds: BTreeMap<(LayoutId, u16), usize>,
    batch: RefCell<Vec<Kept>>,
    sampling: RefCell<Sampling>,
}

#[derive(Default)]
struct Sampling {
    grounds: BTreeSet<usize>,
    file: String,
    /// Pages since the last sample.
    since: u64,
    samples: Vec<Sample>,
}

impl<'s, 'scope> Watch<'s, 'scope> {
    pub fn new(scope: &'s Scope<'scope>, shared: &'scope Shared) -> Self {
        let named = shared.grounds.iter().enumerate().map(|(i, g)| ((g.layout.id.clone(), g.page.number), i));
        Watch { scope, shared, grounds: named.collect(), batch: RefCell::default(), sampling: RefCell::default() }
    }

    /// Has the last pages checked; the pages that are to be read in their files.
    pub fn finish(self) -> Vec<Sample> {
        self.hand_over(self.batch.take());
        self.sampling.into_inner().samples
    }

    fn hand_over(&self, batch: Vec<Kept>) {
        let shared = self.shared;
        if shared.waiting.fetch_add(1, Ordering::Relaxed) >= WAITING {
            shared.check(&batch);
            shared.waiting.fetch_sub(1, Ordering::Relaxed);
        } else {
            self.scope.spawn(move |_| {
                shared.check(&batch);
                shared.waiting.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }

    /// The first page of each ground, and now and then another, the first of a file before others.
    fn sample(&self, kept: &Kept) {
        let mut sampling = self.sampling.borrow_mut();
        let new_file = sampling.file != kept.pdf;
        if new_file {
            sampling.file.clone_from(&kept.pdf);
        }
        sampling.since += 1;
        let due = sampling.since >= if new_file { APART } else { SAMPLED };
        if sampling.grounds.insert(kept.ground) || due {
            sampling.since = 0;
            sampling.samples.push(Sample {
                pdf: kept.pdf.clone(),
                pdf_page: kept.pdf_page,
                whose: kept.whose.clone(),
                sheet_id: kept.sheet_id.clone(),
                ground: kept.ground,
            });
        }
    }
}

impl Inspect for Watch<'_, '_> {
    fn page(&self, page: &Coded) {
        let located = page.located;
        let Some(&ground) = self.grounds.get(&(located.layout.clone(), located.page)) else { return };
        let whose = match located.student {
            Some(id) => Whose::Student(id.to_owned()),
            None => Whose::Room { unit: located.unit.to_owned(), room: located.room.to_owned() },
        };
        let kept = Kept {
            ground,
            whose,
            sheet_id: located.sheet_id.to_owned(),
            version: located.version,
            barcode: page.barcode,
            pdf: located.pdf.to_owned(),
            pdf_page: located.pdf_page,
            streams: ([page.overlay, page.content].concat(), page.overlay.len()),
        };
        self.sample(&kept);
        let mut batch = self.batch.borrow_mut();
        batch.push(kept);
        if batch.len() == BATCH {
            let full = std::mem::replace(&mut *batch, Vec::with_capacity(BATCH));
            drop(batch);
            self.hand_over(full);
        }
    }
}
