//! Grading many sheets under one key.

use super::answer::Shape;
use super::graded::{Detail, Graded, Sitting};
use super::key::Key;
use super::paper::Paper;
use super::places::Places;
use super::versions::Versions;
use std::collections::HashMap;
use std::sync::Arc;

pub struct Grader<'k> {
    key: &'k Key,
    versions: Option<&'k Versions>,
    /// By shape and version: sheets of one layout share it.
    places: HashMap<Arc<Shape>, HashMap<Option<u32>, Places>>,
}

impl<'k> Grader<'k> {
    /// `versions`: what `print` left in versions.json, where booklets had versions.
    pub fn new(key: &'k Key, versions: Option<&'k Versions>) -> Self {
        Grader { key, versions, places: HashMap::new() }
    }

    pub fn key(&self) -> &'k Key {
        self.key
    }

    /// Whether the key asks for anything that is on such a sheet.
    pub fn asks(&self, paper: &Paper) -> bool {
        let order = self.versions.and_then(|v| v.order(paper.sheet.as_deref(), paper.version()));
        Places::new(self.key, &paper.shape, paper.version(), order).answer_any()
    }

    /// `absent`: by the attendance list.
    pub fn grade(&mut self, paper: &Paper, absent: bool, detail: Detail) -> Graded {
        let version = paper.version();
        let sitting = Sitting { version, answers: &paper.answers, absent, review: paper.review };
        let (key, versions) = (self.key, self.versions);
        let make = || {
            let order = versions.and_then(|v| v.order(paper.sheet.as_deref(), version));
            let unknown = order.is_none() && versions.is_some() || version.is_none() && key.has_versions();
            Places::new(key, &paper.shape, version, order).of_unknown_version(unknown)
        };
        if versions.is_some_and(Versions::are_of_sheets) {
            return key.grade(&make(), sitting, detail);
        }
        if !self.places.contains_key(&paper.shape) {
            self.places.insert(paper.shape.clone(), HashMap::new());
        }
        match self.places.get_mut(&paper.shape) {
            Some(of_shape) => key.grade(of_shape.entry(version).or_insert_with(make), sitting, detail),
            None => key.grade(&make(), sitting, detail),
        }
    }
}
