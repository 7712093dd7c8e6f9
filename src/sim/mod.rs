//! A seeded simulator of pens, paper, printers, scanners and phone cameras.
//!
//! A page goes through it as through a school: [`Recipe::print`] makes the empty sheet, [`mark::draw`] and
//! [`handwriting`] fill it, [`Recipe::shoot`] spoils and scans it, [`encode::encode`] makes the file. It knows
//! millimetres and gray pixels, and nothing of sheets. One seed always makes the same bytes. [`sets::SETS`] names the
//! mixtures that the accuracy table is made of; [`foreign`] makes pages that are not ours.
//!
//! What it leaves out: colour (ink is a luma, so a dropout colour can't be tried), light that adds before gamma, moiré,
//! rolling shutters, and handwriting that means anything.

pub mod backdrop;
pub mod chance;
pub mod encode;
pub mod foreign;
pub mod handwriting;
pub mod mark;
pub mod noise;
mod outline;
pub mod paper;
pub mod pen;
pub mod phone;
pub mod printer;
pub mod recipe;
mod resample;
pub mod scanner;
pub mod sets;
mod stains;
pub mod stroke;
pub mod surface;
pub mod tone;
pub mod warp;

pub use mark::{Bubble, Intent, Mark};
pub use pen::{Hand, Pen};
pub use recipe::{Recipe, Shot, Truth};

#[cfg(test)]
mod tests;
