//! Work spread over cores, its results in the order in which it came, and never more than a few items under way.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc;

/// Items begun and not yet emitted, for each thread. Two would keep the threads busy; more let a slow page (one that
/// takes a general decoder) stand while others pass it.
const AHEAD: usize = 4;

/// Takes items from `items` and emits `work`'s results in the same order. `items` and `emit` run on the calling thread,
/// `work` on the threads of `pool`. At most 4 × threads items are taken and not yet emitted, so memory does not grow
/// with their number. The first error of `emit` stops it; a panic of `work` goes on in the caller, in its item's turn.
pub fn ordered_parallel<T, R, E>(
    pool: &rayon::ThreadPool,
    items: impl Iterator<Item = T>,
    work: impl Fn(T) -> R + Sync,
    mut emit: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E>
where
    T: Send,
    R: Send,
{
    let ahead = AHEAD * pool.current_num_threads();
    let work = &work;
    let outcome = pool.in_place_scope(|scope| {
        let (sender, receiver) = mpsc::channel::<(usize, Result<R, Box<dyn Any + Send>>)>();
        let mut items = items.enumerate();
        let mut waiting = BTreeMap::new();
        let (mut begun, mut emitted) = (0, 0);
        loop {
            while begun < emitted + ahead {
                let Some((turn, item)) = items.next() else { break };
                begun += 1;
                let sender = sender.clone();
                scope.spawn(move |_| {
                    let result = catch_unwind(AssertUnwindSafe(|| work(item)));
                    // Nobody listens any more once `emit` has failed.
                    let _ = sender.send((turn, result));
                });
            }
            if emitted == begun {
                return Ok(Ok(()));
            }
            let Ok((turn, result)) = receiver.recv() else { return Ok(Ok(())) };
            waiting.insert(turn, result);
            while let Some(result) = waiting.remove(&emitted) {
                emitted += 1;
                match result {
                    Ok(result) => {
                        if let Err(e) = emit(result) {
                            return Ok(Err(e));
                        }
                    }
                    Err(panic) => return Err(panic),
                }
            }
        }
    });
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    fn pool(threads: usize) -> rayon::ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
    }

    /// Uneven work, so that later items are done before earlier ones.
    fn uneven(i: u64) -> u64 {
        (0..(i * 7919) % 97 * 2000).fold(i, |a, b| std::hint::black_box(a ^ b ^ b))
    }

    #[test]
    fn results_keep_the_order_of_the_items() {
        for threads in [1, 2, 5] {
            let mut got = Vec::new();
            ordered_parallel(&pool(threads), 0..500, uneven, |r| {
                got.push(r);
                Ok::<_, ()>(())
            })
            .unwrap();
            assert!(got.iter().copied().eq(0..500), "{threads} threads");
        }
        ordered_parallel(&pool(2), std::iter::empty::<u64>(), uneven, |_| Err(())).unwrap();
    }

    #[test]
    fn only_a_few_items_are_under_way() {
        let (emitted, most) = (Cell::new(0), Cell::new(0));
        let items = (0..300).inspect(|i| most.set(most.get().max(i + 1 - emitted.get())));
        ordered_parallel(&pool(3), items, uneven, |_| {
            emitted.set(emitted.get() + 1);
            Ok::<_, ()>(())
        })
        .unwrap();
        assert!(most.get() <= 3 * AHEAD as u64, "{}", most.get());
    }

    #[test]
    fn an_error_of_emit_stops_it_early() {
        let begun = AtomicUsize::new(0);
        let work = |i: u64| {
            begun.fetch_add(1, SeqCst);
            i
        };
        let result = ordered_parallel(&pool(2), 0.., work, |r| if r == 20 { Err("full") } else { Ok(()) });
        assert_eq!(result, Err("full"));
        assert!(begun.load(SeqCst) <= 21 + 2 * AHEAD);
    }

    #[test]
    fn a_panic_reaches_the_caller_after_what_came_before() {
        let mut got = Vec::new();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            ordered_parallel(
                &pool(2),
                0..100_u64,
                |i| if i == 7 { panic!("seven") } else { i },
                |r| {
                    got.push(r);
                    Ok::<_, ()>(())
                },
            )
        }));
        assert!(caught.is_err());
        assert_eq!(got, [0, 1, 2, 3, 4, 5, 6]);
    }
}
