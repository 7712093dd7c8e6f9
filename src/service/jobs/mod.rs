//! Long work. A job is what a person asked for; its items are what workers take, one at a time, each under a lease. The
//! database is the record of truth; whoever wakes a worker ([`delivery`](Delivery)) only says that there is something.
//!
//! An item is claimed (which counts an attempt and raises its fence), kept by heartbeats, and finished under the fence
//! it was claimed with. Who lost the lease can write nothing any more. An item whose lease ran out is given back by
//! [`sweep`](Queue::sweep), or is dead once its attempts are used up.

mod config;
mod item;
mod queue;

pub use config::{Delivery, JobsConfig};
pub use item::{Claimed, Failure, ItemKind, JobState, NewItem, NewJob};
pub use queue::{Progress, Queue, QueueError};
