//! The same scores by unit, room, class and skill.

use super::items::credit;
use super::scores::{Summary, Totals};
use super::table::{Student, Table};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    Unit,
    Room,
    Class,
}

/// Students who sat together or learn together.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Group {
    pub kind: GroupKind,
    /// A room and a class are named within their unit.
    pub unit: Option<String>,
    pub id: String,
    pub scores: Summary,
}

/// The questions of a BNCC skill or a SAEB descriptor.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
pub struct Skill {
    pub skill: String,
    pub questions: Vec<String>,
    /// Mean share of the points over all students and all its questions, from 0 to 1.
    pub facility: Option<f64>,
    /// Decided responses that this is the mean of.
    pub responses: usize,
}

pub fn groups(table: &Table, totals: &Totals) -> Vec<Group> {
    let mut members: BTreeMap<(GroupKind, Option<&str>, &str), Vec<f64>> = BTreeMap::new();
    for (i, student) in table.students().iter().enumerate() {
        let Some(share) = totals.share(i) else { continue };
        for key in groups_of(student) {
            members.entry(key).or_default().push(share);
        }
    }
    let group = |((kind, unit, id), shares): ((_, Option<&str>, &str), _)| Group {
        kind,
        unit: unit.map(str::to_owned),
        id: id.to_owned(),
        scores: Summary::of(shares),
    };
    members.into_iter().map(group).collect()
}

fn groups_of(student: &Student) -> impl Iterator<Item = (GroupKind, Option<&str>, &str)> {
    let unit = student.unit.as_deref();
    let own = unit.map(|id| (GroupKind::Unit, None, id));
    let room = student.room.as_deref().map(|id| (GroupKind::Room, unit, id));
    let class = student.class.as_deref().map(|id| (GroupKind::Class, unit, id));
    own.into_iter().chain(room).chain(class)
}

/// Annulled questions are left out.
pub fn skills(table: &Table) -> Vec<Skill> {
    let mut all: BTreeMap<&str, (Vec<String>, f64, usize)> = BTreeMap::new();
    for (j, question) in table.questions().iter().enumerate().filter(|(_, q)| !q.annulled && !q.skills.is_empty()) {
        let decided = table.column(j).filter(|(response, _)| response.is_decided());
        let (sum, count) = decided.fold((0.0, 0), |(sum, n), (_, points)| (sum + credit(question, points), n + 1));
        for skill in &question.skills {
            let skill = all.entry(skill).or_default();
            skill.0.push(question.id.clone());
            skill.1 += sum;
            skill.2 += count;
        }
    }
    let skill = |(skill, (questions, sum, responses)): (&str, (_, f64, usize))| Skill {
        skill: skill.to_owned(),
        questions,
        facility: (responses > 0).then(|| sum / responses as f64),
        responses,
    };
    all.into_iter().map(skill).collect()
}
