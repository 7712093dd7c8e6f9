//! The paper, in millimetres: what is on a sheet and where.
//!
//! ```text
//! FieldSpec (what a package asks for) -> place -> Layout (where everything is) -> drawn by print, read by read
//! Identity (sheet, page, layout)      -> code text -> QR, Data Matrix, printed code -> Identity
//! ```
//!
//! No pixels, no PDF and no input or output here.

pub(crate) mod block;
pub mod code;
pub mod field;
pub mod frame;
pub mod identity;
pub mod layout;
pub mod lize;
mod pack;
pub mod place;

pub use field::{FieldKind, FieldSpec};
pub use frame::{Frame, PageFormat, TextSize};
pub use identity::{Identity, LayoutId, SheetId, SheetKey};
pub use layout::{Bubble, Field, Layout, LayoutPage};
