//! Sheets that are not ours, described by a template in the format of OMRChecker.

pub mod evidence;
pub mod format;
mod labels;
pub mod markers;
pub mod outline;
mod parts;
pub mod rectify;
pub mod refine;

pub use format::{Template, TemplateError};
