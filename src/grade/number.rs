//! Exact numbers. A key's numbers are decimals, and what follows from them are fractions of whole numbers: nothing is lost
//! before a grade is rounded, and it is rounded once.

use num_rational::Ratio;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::fmt;

pub type Exact = Ratio<i128>;

/// Decimals of a key's numbers, and of [`Points`].
const PLACES: usize = 6;

/// `12,50`, `-3`, `0.25`: at most nine digits, and six decimals.
pub fn decimal(text: &str) -> Option<Exact> {
    let (sign, digits) = match text.strip_prefix(['-', '−']) {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once([',', '.']).unwrap_or((digits, ""));
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let long = whole.len() > 9 || fraction.len() > PLACES;
    if whole.is_empty() || long || !plain(whole) || !plain(fraction) || digits.ends_with([',', '.']) {
        return None;
    }
    let scale = 10_i128.pow(fraction.len() as u32);
    let fraction: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    Some(Exact::new(sign * (whole.parse::<i128>().ok()? * scale + fraction), scale))
}

/// A number of a JSON file, written as one or as text: `0.25`, `"0,25"`.
pub fn of_json(value: &Value) -> Option<Exact> {
    match value {
        Value::Number(n) => decimal(&n.to_string()),
        Value::String(s) => decimal(s),
        _ => None,
    }
}

/// As it is written in Brazil: `0,25`; what no decimal of six places says, as a fraction: `1/3`.
pub fn written(number: Exact) -> String {
    match Points::exactly(number) {
        Some(points) => points.to_string(),
        None => format!("{}/{}", number.numer(), number.denom()),
    }
}

/// Points, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(pub i64);

impl Points {
    const ONE: i128 = 1_000_000;

    pub fn exactly(number: Exact) -> Option<Points> {
        let millionths = number * Points::ONE;
        if millionths.is_integer() { i64::try_from(millionths.to_integer()).ok().map(Points) } else { None }
    }

    /// The nearest, half away from zero.
    pub fn near(number: Exact) -> Points {
        let twice = number.numer() * Points::ONE * 2 + number.denom() * number.numer().signum();
        Points(i64::try_from(twice / (number.denom() * 2)).unwrap_or(i64::MAX))
    }

    pub fn exact(self) -> Exact {
        Exact::new(self.0.into(), Points::ONE)
    }

    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Points::ONE as f64
    }
}

impl Serialize for Points {
    /// Up to 15 digits a float of 64 bits is written as the decimal that it was made of.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 % Points::ONE as i64 {
            0 => serializer.serialize_i64(self.0 / Points::ONE as i64),
            _ => serializer.serialize_f64(self.to_f64()),
        }
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, n) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let text = format!("{sign}{},{:06}", n / 1_000_000, n % 1_000_000);
        f.write_str(text.trim_end_matches('0').trim_end_matches(','))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_and_written_as_they_are() {
        for (text, said) in [("12,50", "12,5"), ("-3", "-3"), ("0.25", "0,25"), ("007", "7"), ("+0,000001", "0,000001")]
        {
            assert_eq!(decimal(text).map(written).as_deref(), Some(said), "{text}");
        }
        for text in ["", ",5", "5,", "1e3", "1,2,3", "--1", "1 000", "0,0000001", "1234567890", "+-1", "٣"] {
            assert_eq!(decimal(text), None, "{text}");
        }
        assert_eq!(written(Exact::new(-1, 3)), "-1/3");
        assert_eq!(of_json(&serde_json::json!(0.1)), Some(Exact::new(1, 10)));
        assert_eq!(of_json(&serde_json::json!(1e-9)), None);
    }

    #[test]
    fn points_are_written_as_the_decimal_that_they_are() {
        let json = |n: i64| serde_json::to_string(&Points(n)).unwrap();
        assert_eq!((json(7_500_000), json(100_000), json(-2_000_000)), ("7.5".into(), "0.1".into(), "-2".into()));
        assert_eq!(json(999_999_999_999_999), "999999999.999999");
        assert_eq!((Points::near(Exact::new(2, 3)).0, Points::near(Exact::new(-2, 3)).0), (666_667, -666_667));
    }
}
