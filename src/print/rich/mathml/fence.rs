//! Rows of a formula: fences that belong together become one thing with what is between them.

use super::operator::{is_bar, is_closing, is_opening};
use crate::print::rich::model::{Math, Variant};

/// What stands since a fence was opened.
#[derive(Default)]
struct Level {
    open: Option<Math>,
    items: Vec<Math>,
}

/// One thing, or a row of several.
pub fn row(items: Vec<Math>) -> Math {
    if let Some(word) = word(&items) {
        return word;
    }
    let mut levels = vec![Level::default()];
    for item in items {
        if fence(&item).is_some_and(is_opening) {
            levels.push(Level { open: Some(item), items: Vec::new() });
        } else if fence(&item).is_some_and(is_closing) && levels.len() > 1 {
            let level = levels.pop().unwrap_or_default();
            let inner = bars(level.items);
            let pair = level.open.map_or_else(Vec::new, |open| pair(open, inner, item));
            push(&mut levels, pair);
        } else {
            push(&mut levels, vec![item]);
        }
    }
    // What nothing closed stands in the row around it.
    while levels.len() > 1 {
        let level = levels.pop().unwrap_or_default();
        push(&mut levels, level.open.into_iter().chain(level.items).collect());
    }
    let mut items = one_sided(bars(levels.pop().unwrap_or_default().items));
    if items.len() == 1 { items.remove(0) } else { Math::Row { items } }
}

/// Upright letters alone are a word: a unit, an element, a function's name.
fn word(items: &[Math]) -> Option<Math> {
    let letter = |item: &Math| match item {
        Math::Identifier { text, variant: Variant::Upright } => Some(text.clone()),
        _ => None,
    };
    let text = items.iter().map(letter).collect::<Option<String>>().filter(|text| !text.is_empty())?;
    Some(Math::Identifier { text, variant: Variant::Upright })
}

fn push(levels: &mut [Level], items: Vec<Math>) {
    if let Some(level) = levels.last_mut() {
        level.items.extend(items);
    }
}

fn fence(item: &Math) -> Option<&str> {
    match item {
        Math::Operator { text, .. } => Some(text),
        _ => None,
    }
}

fn grows(item: &Math) -> bool {
    matches!(item, Math::Operator { stretchy: true, .. })
}

fn pair(open: Math, inner: Vec<Math>, close: Math) -> Vec<Math> {
    match (open, close) {
        (Math::Operator { text: open, stretchy: true, .. }, Math::Operator { text: close, stretchy: true, .. }) => {
            vec![fenced(open, inner, close)]
        }
        (open, close) => std::iter::once(open).chain(inner).chain([close]).collect(),
    }
}

fn fenced(open: String, inner: Vec<Math>, close: String) -> Math {
    let item = if inner.len() == 1 { inner } else { vec![Math::Row { items: inner }] };
    Math::Fenced { open, close, separators: Vec::new(), items: item }
}

/// Bars open and close by turns, if there are as many as that takes.
fn bars(items: Vec<Math>) -> Vec<Math> {
    let is_bar = |item: &Math| grows(item) && fence(item).is_some_and(is_bar);
    let count = items.iter().filter(|i| is_bar(i)).count();
    if count == 0 || count % 2 == 1 {
        return items;
    }
    let mut done = Vec::new();
    let mut open: Option<(Math, Vec<Math>)> = None;
    for item in items {
        open = match (open, is_bar(&item)) {
            (None, true) => Some((item, Vec::new())),
            (None, false) => {
                done.push(item);
                None
            }
            (Some((bar, inner)), true) => {
                done.extend(pair(bar, inner, item));
                None
            }
            (Some((bar, mut inner)), false) => {
                inner.push(item);
                Some((bar, inner))
            }
        };
    }
    done
}

/// A fence at a row's beginning or end that has no partner, as of cases, or partners that both face one way, as
/// those of an open interval, is as high as the row.
fn one_sided(mut items: Vec<Math>) -> Vec<Math> {
    let any = |item: Option<&Math>| {
        let text = item.filter(|i| grows(i)).and_then(fence);
        text.is_some_and(|t| is_opening(t) || is_closing(t) || is_bar(t))
    };
    let (first, last) = (any(items.first()), any(items.last()));
    if items.len() < 2 || !(first || last) {
        return items;
    }
    let text = |item: Option<Math>| item.as_ref().and_then(fence).unwrap_or_default().to_owned();
    let close = if last { text(items.pop()) } else { String::new() };
    let open = if first { text(Some(items.remove(0))) } else { String::new() };
    vec![fenced(open, items, close)]
}
