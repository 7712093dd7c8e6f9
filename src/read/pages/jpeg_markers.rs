//! The marker segments before a JPEG's first scan (ITU-T T.81, annex B): size, density, EXIF.

use super::exif::{self, Exif};

/// (marker, body) of each segment up to and with the first start of scan.
pub fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    segments_with_rest(bytes).map(|(marker, body, _)| (marker, body))
}

/// The same, with what follows each segment.
fn segments_with_rest(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8], &[u8])> {
    let mut rest = bytes.get(2..).unwrap_or(&[]);
    let mut done = false;
    std::iter::from_fn(move || {
        while !done {
            let start = rest.iter().position(|&b| b == 0xFF)?;
            let marker = *rest.get(start + 1)?;
            rest = &rest[start + 1..];
            if matches!(marker, 0x00 | 0x01 | 0xD0..=0xD8 | 0xFF) {
                continue;
            }
            let length = usize::from(u16::from_be_bytes(*rest.get(1..)?.first_chunk::<2>()?));
            let body = rest.get(3..1 + length.max(2))?;
            rest = &rest[1 + length.max(2)..];
            done = marker == 0xDA || marker == 0xD9;
            return Some((marker, body, rest));
        }
        None
    })
}

/// Density and orientation, from EXIF and JFIF; EXIF's density counts first.
pub fn metadata(bytes: &[u8]) -> Exif {
    let mut found = Exif::default();
    let mut jfif_dpi = None;
    for (marker, body) in segments(bytes) {
        match marker {
            0xE0 if body.starts_with(b"JFIF\0") && body.len() >= 12 => {
                let per_inch = match body[7] {
                    1 => 1.0,
                    2 => 2.54,
                    _ => continue,
                };
                let density = |at: usize| f64::from(u16::from_be_bytes([body[at], body[at + 1]])) * per_inch;
                jfif_dpi = exif::believable_dpi(density(8), density(10));
            }
            0xE1 if body.starts_with(b"Exif\0\0") => found = exif::parse(body),
            _ => {}
        }
    }
    found.dpi = found.dpi.or(jfif_dpi);
    found
}

/// Where the entropy-coded data of the only scan end, for a sequential JPEG: at the first marker that is no restart.
/// None for progressive ones and those of several scans.
pub fn end_of_only_scan(bytes: &[u8]) -> Option<usize> {
    let mut components = None;
    for (marker, body, rest) in segments_with_rest(bytes) {
        match marker {
            0xC0 | 0xC1 => components = body.get(5),
            0xDA if components.is_some() && body.first() == components => {
                let stuffed = |at: &usize| matches!(rest.get(at + 1), Some(0x00 | 0xD0..=0xD7 | 0xFF));
                let length = memchr::memchr_iter(0xFF, rest).find(|at| !stuffed(at)).unwrap_or(rest.len());
                return Some(bytes.len() - rest.len() + length);
            }
            _ => {}
        }
    }
    None
}

/// Whether this is a sequential JPEG whose header is whole.
pub fn is_sequential(bytes: &[u8]) -> bool {
    let found = |wanted: &[u8]| segments(bytes).any(|(marker, _)| wanted.contains(&marker));
    found(&[0xC0, 0xC1]) && found(&[0xDA])
}

/// Whether the end-of-image marker is missing after the first scan, though the decoder may have got through.
pub fn is_cut(bytes: &[u8]) -> bool {
    // Entropy-coded data stuffs each FF, so FFD9 there can only be the marker. It stands at the very end as a rule.
    !bytes.windows(2).rev().any(|w| w == [0xFF, 0xD9])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn density_in_centimetres_and_no_panic_on_cuts() {
        let mut jpeg = b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x02\x02\0\x76\0\x76\0\0".to_vec();
        jpeg.extend(b"\xFF\xDA\0\x04ab");
        assert!((metadata(&jpeg).dpi.unwrap() - 299.72).abs() < 0.01);
        assert_eq!(segments(&jpeg).count(), 2);
        assert!(is_cut(&jpeg));
        for end in 0..jpeg.len() {
            metadata(&jpeg[..end]);
        }
    }
}
