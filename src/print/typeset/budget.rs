//! How long typesetting may take in all, so that no number of hostile texts holds a run, or keeps the others from it.

use super::TypesetError;
use std::time::{Duration, Instant};

/// What is left of a time.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    left: Duration,
}

impl Budget {
    pub fn new(time: Duration) -> Self {
        Budget { left: time }
    }

    /// At most this part of it goes to one attempt: there is always something left for the next.
    fn attempt<T>(&mut self, part: u32, attempt: impl FnOnce(Duration) -> T) -> T {
        let limit = self.left / part;
        let begun = Instant::now();
        let done = attempt(limit);
        // Who is late by a little does not take it from the others.
        self.left -= begun.elapsed().min(limit);
        done
    }
}

/// Of what remains: for all items at once, and for one.
const ALL: u32 = 2;
const ONE: u32 = 8;

/// Everything at once, as that is fastest; where that fails, each item alone, and the guilty ones are told.
pub fn share<I, P>(
    items: &[I],
    budget: &mut Budget,
    set: &mut impl FnMut(&[I], Duration) -> Result<Vec<P>, TypesetError>,
) -> Vec<Result<P, TypesetError>> {
    if let [_, _, ..] = items
        && let Ok(pieces) = budget.attempt(ALL, |limit| set(items, limit))
    {
        return pieces.into_iter().map(Ok).collect();
    }
    let mut alone = |item| {
        let pieces = budget.attempt(ONE, |limit| set(std::slice::from_ref(item), limit))?;
        pieces.into_iter().next().ok_or_else(|| TypesetError::Refused("nothing came of it".into()))
    };
    items.iter().map(&mut alone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the typesetter does: what takes too long takes all the time that it has.
    fn set(items: &[&str], limit: Duration) -> Result<Vec<String>, TypesetError> {
        if items.contains(&"endless") {
            std::thread::sleep(limit);
            return Err(TypesetError::TooLong(limit));
        }
        if items.contains(&"broken") {
            return Err(TypesetError::Refused("broken".into()));
        }
        Ok(items.iter().map(|item| item.to_uppercase()).collect())
    }

    #[test]
    fn only_the_guilty_are_kept_back() {
        let mut budget = Budget::new(Duration::from_millis(40));
        let items = ["a", "endless", "b", "broken", "endless", "c"];
        let pieces = share(&items, &mut budget, &mut set);
        let kept: Vec<Option<&str>> = pieces.iter().map(|p| p.as_deref().ok()).collect();
        assert_eq!(kept, [Some("A"), None, Some("B"), None, None, Some("C")]);
        assert!(matches!(pieces[1], Err(TypesetError::TooLong(_))));
        assert_eq!(pieces[3], Err(TypesetError::Refused("broken".into())));
    }

    #[test]
    fn no_number_of_endless_texts_takes_more_than_the_whole() {
        let whole = Duration::from_millis(40);
        let (mut budget, mut waited) = (Budget::new(whole), Duration::ZERO);
        let pieces = share(&["endless"; 100], &mut budget, &mut |items, limit| {
            waited += limit;
            set(items, limit)
        });
        assert!(pieces.iter().all(Result::is_err) && waited <= whole && budget.left > Duration::ZERO);
    }
}
