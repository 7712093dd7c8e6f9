//! Files of every kind, good and bad, made in code and read back as gray pages.

mod bad;
mod containers;
mod make;
mod noise;
mod pdf;

use gabarito::limits::Limits;
use gabarito::read::pages::{PageError, Picture, open_bytes};

fn read_all(name: &str, bytes: &[u8]) -> Vec<Result<Picture, PageError>> {
    let limits = Limits::default();
    open_bytes(name, bytes.to_vec(), &limits).map(|page| page.decode(&limits)).collect()
}

fn read_one(name: &str, bytes: &[u8]) -> Picture {
    let mut all = read_all(name, bytes);
    assert_eq!(all.len(), 1, "{name}: {all:?}");
    all.remove(0).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The stable codes of what is wrong, `ok` for a page.
fn codes(name: &str, bytes: &[u8]) -> Vec<&'static str> {
    read_all(name, bytes).iter().map(|r| r.as_ref().map_or_else(|e| e.code(), |_| "ok")).collect()
}
