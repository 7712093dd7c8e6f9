//! The two things that EXIF says about a scan: which way is up, and its density.
//!
//! CIPA DC-008-2019, 4.5 and 4.6: a TIFF structure whose first directory holds Orientation (274), XResolution (282),
//! YResolution (283) and ResolutionUnit (296).

use super::placement::Placement;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Exif {
    pub placement: Placement,
    pub dpi: Option<f64>,
}

/// Whatever can't be understood is left at its default. A leading `Exif\0\0` is skipped.
pub fn parse(chunk: &[u8]) -> Exif {
    read(chunk.strip_prefix(b"Exif\0\0").unwrap_or(chunk)).unwrap_or_default()
}

fn read(tiff: &[u8]) -> Option<Exif> {
    let big = match tiff.get(..2)? {
        b"MM" => true,
        b"II" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let b = *tiff.get(at..)?.first_chunk::<2>()?;
        Some(if big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) })
    };
    let u32_at = |at: usize| {
        let b = *tiff.get(at..)?.first_chunk::<4>()?;
        Some(if big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) })
    };
    let rational_at = |at: usize| {
        let place = u32_at(at)? as usize;
        Some(f64::from(u32_at(place)?) / f64::from(u32_at(place.checked_add(4)?)?))
    };
    let ifd = u32_at(4)? as usize;
    let (mut exif, mut x, mut y, mut unit) = (Exif::default(), None, None, 2);
    for entry in 0..usize::from(u16_at(ifd)?) {
        let at = ifd.checked_add(2 + 12 * entry)?;
        let Some(tag) = u16_at(at) else { break };
        match tag {
            274 => exif.placement = Placement::from_exif(u16_at(at + 8).unwrap_or(1)),
            282 => x = rational_at(at + 8),
            283 => y = rational_at(at + 8),
            296 => unit = u16_at(at + 8).unwrap_or(2),
            _ => {}
        }
    }
    let per_inch = if unit == 3 { 2.54 } else { 1.0 };
    exif.dpi = believable_dpi(x.unwrap_or(0.0) * per_inch, y.or(x).unwrap_or(0.0) * per_inch);
    Some(exif)
}

/// A density that a scanner could have meant, the same both ways. 72 and 96 are what software writes when it does not
/// know.
pub fn believable_dpi(x: f64, y: f64) -> Option<f64> {
    let dpi = (x * y).sqrt();
    let unknown = [72.0, 96.0].iter().any(|d: &f64| (dpi - d).abs() < 0.5);
    let even = (x - y).abs() <= 0.02 * dpi;
    ((50.0..=2400.0).contains(&dpi) && even && !unknown).then_some(dpi)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orientation 6, 11811 / 100 pixels a centimetre.
    fn sample(big: bool) -> Vec<u8> {
        let w = |v: u16| if big { v.to_be_bytes() } else { v.to_le_bytes() };
        let d = |v: u32| if big { v.to_be_bytes() } else { v.to_le_bytes() };
        let mut t = if big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
        t.extend(d(8));
        t.extend(w(4));
        for (tag, kind, value) in [(274u16, 3u16, 6u32), (282, 5, 62), (283, 5, 62), (296, 3, 3)] {
            t.extend(w(tag));
            t.extend(w(kind));
            t.extend(d(1));
            if kind == 3 {
                t.extend(w(value as u16));
                t.extend(w(0));
            } else {
                t.extend(d(value));
            }
        }
        t.extend(d(0));
        t.extend(d(11811));
        t.extend(d(100));
        t
    }

    #[test]
    fn both_byte_orders() {
        for big in [false, true] {
            let exif = parse(&[b"Exif\0\0".to_vec(), sample(big)].concat());
            assert_eq!(exif.placement, Placement::Turn90);
            assert!((exif.dpi.unwrap() - 300.0).abs() < 0.01);
        }
    }

    #[test]
    fn cut_or_odd_chunks_say_nothing() {
        let whole = sample(false);
        for end in 0..whole.len() {
            parse(&whole[..end]);
        }
        assert_eq!(parse(b"II*\0\xFF\xFF\xFF\xFF"), Exif::default());
        assert_eq!(believable_dpi(72.0, 72.0), None);
        assert_eq!(believable_dpi(204.0, 98.0), None);
        assert_eq!(believable_dpi(f64::NAN, 300.0), None);
        assert_eq!(believable_dpi(f64::INFINITY, f64::INFINITY), None);
    }
}
