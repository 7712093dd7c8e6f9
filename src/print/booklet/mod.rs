//! Booklets (cadernos): questions typeset once, packed into columns for each version, stamped for each student.
//!
//! ```text
//! Exam -> Set (forms) ────────────────────────────┐
//! Exam, version -> Order -> flow -> pack -> pages ┴-> page forms, once a version -> stamped
//! ```

mod balance;
mod black;
mod flow;
mod form;
pub mod furniture;
pub mod look;
pub mod order;
mod pack;
mod page;
pub mod piece;
mod prepared;
mod rows;
mod set;
mod written;

pub use furniture::{BookletSlots, Furniture};
pub use look::Look;
pub use order::{MappedQuestion, Order, Which};
pub use piece::Piece;
pub use prepared::{Booklets, LaidPage, Variant};
pub use written::WrittenBooklets;
