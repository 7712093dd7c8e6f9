//! What foreign input may cost, all in one place.

use super::Reader;
use crate::limits::Limits;
use crate::service::child::Bounds;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct BoundsConfig {
    pub child: Bounds,
    /// Longest silence of a child.
    pub patience: Duration,
    pub limits: Limits,
}

impl BoundsConfig {
    pub fn of(r: &mut Reader) -> Self {
        let threads =
            r.whole("bounds.threads", "0", 0..=512, "Threads of a process that opens foreign files; 0: one a core.")
                as usize;
        let memory = r.bytes(
            "bounds.memory",
            "4GiB",
            "Address space of such a process. Over it, it dies, and the page that it died of is an error.",
        );
        let cpu = r.duration("bounds.cpu", "1h", "CPU time of such a process.");
        let patience = r.duration("bounds.patience", "120s", "Longest time that it may say nothing.");
        let limits = Limits {
            max_file_bytes: r.bytes("bounds.file", "1GiB", "Largest file that is read."),
            max_pixels: r.whole(
                "bounds.megapixels",
                "100",
                1..=2_000,
                "Largest page that is read, in millions of pixels.",
            ) * 1_000_000,
            max_pages: r.whole("bounds.pages", "20000", 1..=1_000_000, "Most pages that are read of one file.") as u32,
            ..Limits::default()
        };
        let threads = or_cores(threads);
        BoundsConfig { child: Bounds { memory, cpu_seconds: cpu.as_secs().max(1), threads }, patience, limits }
    }
}

/// A number of things at once; 0 is one a core.
pub fn or_cores(said: usize) -> usize {
    if said == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { said }
}
