//! gabarito prints exam answer sheets and reads them back.

pub mod json;
pub mod print;
pub mod limits;
pub mod raster;
pub mod read;
pub mod sheet;
pub mod sim;
pub mod units;
