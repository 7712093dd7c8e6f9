//! What is in the bag, as rows of a table.

use super::RoomFacts;
use std::borrow::Cow;

/// At most `rows` of them: where there are more, the last stands for all that are left.
pub fn rows<'a>(facts: &'a RoomFacts<'a>, rows: usize) -> Vec<(Cow<'a, str>, u32)> {
    let whole = |(name, count): &'a (String, u32)| (Cow::from(name.as_str()), *count);
    if facts.contents.len() <= rows {
        return facts.contents.iter().map(whole).collect();
    }
    let (shown, left) = facts.contents.split_at(rows - 1);
    let rest = left.iter().map(|(_, count)| count).sum();
    shown.iter().map(whole).chain([("Outros itens".into(), rest)]).collect()
}

/// Which bag this is.
pub fn bag(facts: &RoomFacts) -> String {
    let (bag, of) = facts.bag;
    format!("{bag} de {of}")
}

/// The exam's versions in this room: `1 2 3 4`, `1 a 12`, or a dash where there are none.
pub fn versions(facts: &RoomFacts) -> String {
    let mut all: Vec<u64> = facts.students.iter().filter_map(|s| s.version).collect();
    all.sort_unstable();
    all.dedup();
    match all[..] {
        [] => "–".to_owned(),
        [first, .., last] if all.len() > 5 => format!("{first} a {last}"),
        _ => all.iter().map(u64::to_string).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::bag::StudentFacts;

    #[test]
    fn what_has_no_row_is_counted_in_the_last() {
        let contents = (1..=5).map(|n| (format!("Item {n}"), n)).collect();
        let facts = RoomFacts { contents, ..RoomFacts::default() };
        assert_eq!(rows(&facts, 5).len(), 5);
        assert_eq!(rows(&facts, 3), [("Item 1".into(), 1), ("Item 2".into(), 2), ("Outros itens".into(), 12)]);
    }

    #[test]
    fn versions_are_listed_or_spanned() {
        let of = |versions: &[u64]| {
            let student = |v: &u64| StudentFacts { version: Some(*v), ..StudentFacts::default() };
            super::versions(&RoomFacts { students: versions.iter().map(student).collect(), ..RoomFacts::default() })
        };
        assert_eq!([of(&[]), of(&[2, 1, 2]), of(&[1, 2, 3, 4, 5, 6])], ["–", "1 2", "1 a 6"]);
    }
}
