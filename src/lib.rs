//! gabarito prints exam answer sheets and reads them back.

pub mod raster;
pub mod units;
