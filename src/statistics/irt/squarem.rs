//! EM goes up slowly near the top; SQUAREM (Varadhan and Roland 2008, scheme S3) jumps ahead along its path.

use super::mstep::{Free, bounded};

/// From three points of the path a point further on.
pub(super) fn ahead(x0: &[Free], x1: &[Free], x2: &[Free]) -> Vec<Free> {
    let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|d| d * d).sum::<f64>().sqrt();
    let triples = || x0.iter().zip(x1).zip(x2).flat_map(|((a, b), c)| (0..3).map(move |i| (a[i], b[i], c[i])));
    let first = norm(&mut triples().map(|(a, b, _)| b - a));
    let bend = norm(&mut triples().map(|(a, b, c)| (c - b) - (b - a)));
    // At 1 the point is x2.
    let length = if bend > 0.0 { (first / bend).clamp(1.0, 64.0) } else { 1.0 };
    let place = |((a, b), c): ((&Free, &Free), &Free)| {
        bounded(std::array::from_fn(|i| {
            let (r, v) = (b[i] - a[i], (c[i] - b[i]) - (b[i] - a[i]));
            a[i] + 2.0 * length * r + length * length * v
        }))
    };
    x0.iter().zip(x1).zip(x2).map(place).collect()
}
