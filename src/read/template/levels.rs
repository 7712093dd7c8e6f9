//! The `Levels` of an OMRChecker template: tones under `low` become black, those over `high` white.
//!
//! They were made for one threshold over the whole page: a smudge a little darker than `low` becomes as black as a mark. So
//! here they are a second opinion, taken on tones relative to the paper: where both decide a field and disagree, it is
//! doubtful, and they never decide one that is doubtful without them.

use super::rectify::Darkness;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    pub low: f64,
    pub high: f64,
    pub gamma: f64,
}

impl Levels {
    pub fn of(&self, dark: &Darkness) -> Darkness {
        let tone = |d: &f32| {
            let share = ((1.0 - f64::from(*d) - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
            1.0 - share.powf(1.0 / self.gamma) as f32
        };
        Darkness { width: dark.width, height: dark.height, data: dark.data.iter().map(tone).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_are_stretched_between_low_and_high() {
        let dark = Darkness { width: 5, height: 1, data: vec![0.0, 0.15, 0.25, 0.4, 1.0] };
        let toned = Levels { low: 0.7, high: 0.8, gamma: 1.0 }.of(&dark);
        let wanted = [0.0, 0.0, 0.5, 1.0, 1.0];
        assert!(toned.data.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-5), "{:?}", toned.data);
        let brighter = Levels { low: 0.0, high: 1.0, gamma: 2.0 }.of(&dark);
        assert!(brighter.data[3] < 0.4 && brighter.data[4] == 1.0, "{:?}", brighter.data);
    }
}
