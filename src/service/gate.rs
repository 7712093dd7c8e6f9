//! Work that a request waits for, such as a picture that is drawn: so much of it at once, so much waiting, and no more.
//! Who comes beyond that is told so at once, and memory does not grow with those who ask.

use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit};

#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    /// Those who are let in, waiting or not.
    room: Semaphore,
    places: usize,
    turns: Semaphore,
}

/// All places are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many requests wait for the like of it")]
pub struct Full;

/// A turn, until it is dropped.
pub struct Turn<'g> {
    _turn: SemaphorePermit<'g>,
    _place: SemaphorePermit<'g>,
}

impl Gate {
    pub fn new(at_once: usize, waiting: usize) -> Self {
        let places = at_once + waiting;
        Gate(Arc::new(Inner { room: Semaphore::new(places), places, turns: Semaphore::new(at_once) }))
    }

    /// Before anything is received that could not be worked on.
    ///
    /// # Errors
    /// All places are taken now.
    pub fn has_room(&self) -> Result<(), Full> {
        if self.0.room.available_permits() == 0 { Err(Full) } else { Ok(()) }
    }

    /// Takes a place and waits for its turn.
    ///
    /// # Errors
    /// All places are taken.
    pub async fn turn(&self) -> Result<Turn<'_>, Full> {
        let _place = self.0.room.try_acquire().map_err(|_| Full)?;
        let _turn = self.0.turns.acquire().await.map_err(|_| Full)?;
        Ok(Turn { _turn, _place })
    }

    /// A turn while nobody is let in, for what can wait.
    pub fn spare_turn(&self) -> Option<Turn<'_>> {
        if self.0.room.available_permits() < self.0.places {
            return None;
        }
        let _place = self.0.room.try_acquire().ok()?;
        let _turn = self.0.turns.try_acquire().ok()?;
        Some(Turn { _turn, _place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn some_are_let_in_some_wait_and_the_next_is_told_at_once() {
        let gate = Gate::new(1, 1);
        let first = gate.turn().await.unwrap();
        let mut second = Box::pin(gate.turn());
        assert!((&mut second).now_or_never().is_none());
        assert_eq!((gate.turn().await.err(), gate.has_room()), (Some(Full), Err(Full)));
        drop(first);
        let second = second.await.unwrap();
        assert_eq!(gate.has_room(), Ok(()));
        assert!(gate.spare_turn().is_none());
        // Whoever goes while waiting leaves a place.
        assert!(gate.turn().now_or_never().is_none());
        assert_eq!(gate.has_room(), Ok(()));
        drop(second);
        assert!(gate.spare_turn().is_some());
        assert!(gate.turn().await.is_ok());
    }
}
