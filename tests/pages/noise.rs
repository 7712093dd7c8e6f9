//! No input panics or hangs: every format cut at every 7th byte and with bytes flipped at random.

use crate::make::*;
use gabarito::limits::Limits;
use gabarito::read::pages::open_bytes;

/// A wall that is lower than the default, so that claims made by chance are cheap too.
fn limits() -> Limits {
    Limits { max_pixels: 1_000_000, max_pdf_stream_bytes: 1 << 20, max_pdf_drawings: 10_000, ..Limits::default() }
}

fn try_all(name: &str, bytes: Vec<u8>) {
    let limits = limits();
    for page in open_bytes(name, bytes, &limits) {
        if let Ok(picture) = page.decode(&limits) {
            assert_eq!(picture.gray.data.len(), picture.gray.width * picture.gray.height);
            assert!(picture.gray.data.len() <= 1_000_000);
        }
    }
}

#[test]
fn cut_at_every_7th_byte() {
    for (name, file) in samples() {
        for end in (0..file.len()).step_by(7) {
            try_all(name, file[..end].to_vec());
        }
    }
}

#[test]
fn two_thousand_flips() {
    let samples = samples();
    let mut random = fastrand::Rng::with_seed(2);
    for i in 0..2000 {
        let (name, file) = &samples[i % samples.len()];
        let mut bytes = file.clone();
        for _ in 0..random.usize(1..6) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        try_all(name, bytes);
    }
}
