//! How a grade is rounded: to which step, and where halves go.

use super::number::Exact;
use num_integer::Integer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// 2,345 to 2,35, and −2,345 to −2,35.
    HalfUp,
    /// To the even neighbour (ABNT NBR 5891).
    HalfEven,
    HalfDown,
    /// Away from zero.
    Up,
    /// Towards zero: what is beyond is cut off.
    Down,
}

impl Mode {
    pub const WORDS: [(&'static str, Mode); 5] = [
        ("half_up", Mode::HalfUp),
        ("half_even", Mode::HalfEven),
        ("half_down", Mode::HalfDown),
        ("up", Mode::Up),
        ("down", Mode::Down),
    ];
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rounding {
    pub mode: Mode,
    /// Over zero: 0,01 for two places, 0,5 for half points.
    pub step: Exact,
}

impl Rounding {
    pub fn places(mode: Mode, places: u32) -> Self {
        Rounding { mode, step: Exact::new(1, 10_i128.pow(places)) }
    }

    /// How many steps `numerator / denominator` is. The denominator is over zero.
    pub fn steps(&self, numerator: i128, denominator: i128) -> i128 {
        let (n, d) = (numerator.abs() * self.step.denom(), denominator * self.step.numer());
        let (whole, rest) = n.div_rem(&d);
        let half = (rest * 2).cmp(&d);
        let more = match self.mode {
            Mode::Down => false,
            Mode::Up => rest > 0,
            Mode::HalfUp => half.is_ge(),
            Mode::HalfDown => half.is_gt(),
            Mode::HalfEven => half.is_gt() || half.is_eq() && whole.is_odd(),
        };
        numerator.signum() * (whole + i128::from(more))
    }

    pub fn round(&self, number: Exact) -> Exact {
        self.step * self.steps(*number.numer(), *number.denom())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::number::{decimal, written};

    #[test]
    fn halves_go_where_the_mode_says() {
        let round = |mode, text: &str| written(Rounding::places(mode, 1).round(decimal(text).unwrap()));
        let rows = [
            (Mode::HalfUp, ["0,3", "0,4", "-0,3", "0,2"]),
            (Mode::HalfEven, ["0,2", "0,4", "-0,2", "0,2"]),
            (Mode::HalfDown, ["0,2", "0,3", "-0,2", "0,2"]),
            (Mode::Up, ["0,3", "0,4", "-0,3", "0,3"]),
            (Mode::Down, ["0,2", "0,3", "-0,2", "0,2"]),
        ];
        for (mode, said) in rows {
            assert_eq!(["0,25", "0,35", "-0,25", "0,2001"].map(|text| round(mode, text)), said, "{mode:?}");
        }
        let halves = Rounding { mode: Mode::HalfUp, step: Exact::new(1, 2) };
        assert_eq!(written(halves.round(decimal("7,25").unwrap())), "7,5");
        assert_eq!(written(halves.round(Exact::new(20, 3))), "6,5");
    }
}
