//! Booklets (cadernos): questions typeset once, packed into columns for each version, stamped for each student.

pub mod piece;

pub use piece::Piece;
