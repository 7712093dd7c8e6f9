//! gabarito prints exam answer sheets and reads them back.

pub mod accuracy;
pub mod cli;
mod contain;
pub mod demo;
pub mod grade;
pub mod json;
pub mod limits;
pub mod output;
pub mod preflight;
pub mod print;
pub mod raster;
pub mod read;
#[cfg(feature = "service")]
pub mod service;
pub mod sheet;
pub mod sim;
pub mod statistics;
pub mod units;
#[cfg(feature = "service")]
mod web;
