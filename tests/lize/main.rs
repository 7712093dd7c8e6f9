//! Lize sheets drawn from the measured numbers, filled in and scanned by the simulator, and read as the product does.

mod paper;
mod probe;
