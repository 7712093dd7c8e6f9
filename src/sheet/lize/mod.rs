//! The Lize sheet: paper that schools already hold, printed by the system that this one replaces.
//!
//! Measured on a rendered sheet, in points; here in millimetres. That sheet was laid out on a pixel grid, so its bubbles
//! are up to 0.1 mm from where even steps put them. What could not be measured is our choice: `docs/lize.md` says which
//! is which.

pub mod code;
pub mod models;

pub use code::{BoxCode, Code, Operation, Uuid};
pub use models::{Block, Model, Models, Printed, Rule};

use super::frame::Area;
use super::layout::PageSize;

/// The name of this geometry.
pub const EDITION: &str = "lize";

pub const PAGE: PageSize = PageSize { width: 209.89, height: 297.01 };

/// Outer diameter of the ring targets, and their centres: top left, top right, bottom left, bottom right.
pub const RING_SIZE: f64 = 5.503;
pub const RINGS: [(f64, f64); 4] = [(11.783, 44.919), (198.476, 44.919), (11.966, 282.409), (198.293, 282.409)];

/// The QR of 29 × 29 modules, which has no quiet zone: it stands in a cell of the header's table.
pub const fn code_area() -> Area {
    Area::new(179.513, 14.773, 18.115, 18.115)
}
