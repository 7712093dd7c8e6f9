//! Numbers as PDF text (7.3.3), without the cost of `format!`.

/// A whole number.
pub fn int(out: &mut Vec<u8>, n: i64) {
    // Nearly all of them.
    match n {
        0..10 => return out.push(b'0' + n as u8),
        10..100 => return out.extend_from_slice(&[b'0' + (n / 10) as u8, b'0' + (n % 10) as u8]),
        _ => {}
    }
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// Up to `decimals` places, without trailing zeros: 12.5, 0.25, 3.
pub fn real(out: &mut Vec<u8>, value: f64, decimals: u32) {
    fixed(out, (value * 10_i64.pow(decimals) as f64).round() as i64, decimals);
}

/// The same of a whole number of tenths, hundredths and so on.
pub fn fixed(out: &mut Vec<u8>, scaled: i64, decimals: u32) {
    let unit = 10_i64.pow(decimals);
    if scaled < 0 {
        out.push(b'-');
    }
    let (whole, mut rest) = (scaled.abs() / unit, scaled.abs() % unit);
    int(out, whole);
    if rest > 0 {
        out.push(b'.');
        let mut place = unit / 10;
        while rest > 0 {
            out.push(b'0' + (rest / place) as u8);
            rest %= place;
            place /= 10;
        }
    }
}

/// Numbers separated by spaces, then the operator and a line's end.
pub fn op(out: &mut Vec<u8>, operands: &[f64], operator: &str) {
    for &value in operands {
        real(out, value, 4);
        out.push(b' ');
    }
    out.extend_from_slice(operator.as_bytes());
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(value: f64, decimals: u32) -> String {
        let mut out = Vec::new();
        real(&mut out, value, decimals);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_digit_too_many() {
        let said = [(12.5, 4), (0.25, 2), (3.0, 4), (-0.004, 2), (-1.05, 2), (100.0, 0)].map(|(v, d)| text(v, d));
        assert_eq!(said, ["12.5", "0.25", "3", "0", "-1.05", "100"]);
    }

    proptest! {
        #[test]
        fn reads_back(value in -20_000.0..20_000.0_f64) {
            prop_assert!((text(value, 4).parse::<f64>().unwrap() - value).abs() <= 0.50001e-4);
        }
    }
}
