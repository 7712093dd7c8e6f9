//! From a bubble's ink to what kind of mark it is, and how probably it was meant.

use super::Measured;
use crate::read::result::MarkState;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    pub state: MarkState,
    /// How probably the mark was meant, by the rules; [`crate::read::calibration`] says how often that was so.
    pub probability: f64,
}

/// Ink below which nothing is there: paper grain, scanner noise, what is left of the letter.
pub const NOTHING: f64 = 0.07;
/// Part of the ring well outside a bubble that strokes of an ordinary full mark reach: 0 on 99 of 100 of them. A cancelled
/// mark, crossed out or scribbled over, reaches 0.06 of it and more; one that merely spilt may too, and a person has to
/// tell.
const SPILT: f64 = 0.03;

/// Part of the usual outline under which a bubble is not seen to be there: covered, or never printed. Over 70,000 empty
/// bubbles in 31 sets, 0.82 was the least where the printer was in order; pale bands of a failing one reach 0.33.
pub const HIDDEN: f64 = 0.6;
/// Part of the usual outline over which something was drawn on it: 1.18 was the most on unmarked bubbles, 1.31 in black
/// and white.
pub(super) const RINGED: f64 = 1.4;

/// What marks on a page usually are, from the upper quartile of them, as half may be rubbed out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usual {
    pub ink: f64,
    /// How dark the pen is.
    pub darkest: f64,
}

impl Usual {
    /// None where the marks are too few to tell.
    pub fn of(page: &[Vec<Measured>]) -> Option<Self> {
        const LEAST_INK: f64 = 0.2;
        const ENOUGH: usize = 8;
        let upper = |value: fn(&Measured) -> f64| {
            let mut all: Vec<f64> = page.iter().flatten().filter(|m| m.ink > LEAST_INK).map(value).collect();
            all.sort_by(f64::total_cmp);
            (all.len() >= ENOUGH).then(|| all[all.len() * 3 / 4])
        };
        Some(Usual { ink: upper(|m| m.ink)?, darkest: upper(|m| m.darkest)? })
    }

    /// A light pencil's mark as others on its page are: what a pen's page would call faint or rubbed out.
    fn includes(&self, m: &Measured) -> bool {
        self.darkest < PENCIL
            && m.darkest > 0.7 * self.darkest
            && m.ink > 0.6 * self.ink
            && m.evenness > 0.5
            && m.emptiest[1] > 0.4 * m.ink
            && m.outside < SPILT
    }
}

/// Ink that a pen reaches in its marks, and a pencil does not.
pub const PENCIL: f64 = 0.75;

/// Judges one bubble among the marks of its page; what it means within its field is decided there.
pub fn judge(m: &Measured, usual: Option<Usual>) -> Judged {
    let judged = |state, probability| Judged { state, probability };
    if !m.visible {
        return judged(MarkState::Outside, 0.5);
    }
    let one_sided = m.emptiest[1] < 0.25 * m.darkest;
    // Where the scan has made letters black, they differ from bubble to bubble.
    if m.ink < NOTHING + 0.3 * m.print {
        // A small dark spot can hide in a low mean.
        let spot = m.darkest > 0.6 && m.coverage > 0.06 + 0.6 * m.print;
        return if spot {
            judged(MarkState::Ambiguous, 0.2)
        } else if m.outline < HIDDEN || m.outline > RINGED {
            judged(MarkState::Ambiguous, 0.4)
        } else {
            judged(MarkState::Empty, (m.ink * 0.15).min(0.01))
        };
    }
    if m.coverage > 0.48 && m.ink > 0.4 && !one_sided {
        let full = if m.coverage > 0.62 && m.ink > 0.5 { 0.999 } else { 0.97 };
        return if m.outside > SPILT { judged(MarkState::Cancelled, 0.8) } else { judged(MarkState::Filled, full) };
    }
    if usual.is_some_and(|u| u.includes(m)) {
        let state = if m.coverage > 0.48 { MarkState::Filled } else { MarkState::Faint };
        return judged(state, 0.97);
    }
    // The page's own pen makes strokes, however light it is; what is left of them is a cloud.
    let stroke = usual.map_or(0.55, |u| (0.75 * u.darkest).min(0.55));
    if m.darkest < stroke {
        // What goes on far beyond the bubble is a stain's edge or a shadow's, not a light pencil.
        if m.outside > SPILT {
            return judged(MarkState::Ambiguous, 0.5);
        }
        // No dark stroke: graphite, or what is left of it.
        return if m.ink > 0.30 && m.evenness > 0.75 {
            judged(MarkState::Faint, 0.95)
        } else if m.ink > 0.18 && m.evenness > 0.6 {
            judged(MarkState::Faint, 0.6)
        } else {
            judged(MarkState::Erased, 0.25)
        };
    }
    if one_sided && m.coverage > 0.25 {
        return judged(MarkState::Ambiguous, 0.5);
    }
    if m.coverage > 0.12 {
        let state = if m.middle > 0.45 { MarkState::Crossed } else { MarkState::Checked };
        return judged(state, 0.8);
    }
    judged(MarkState::Ambiguous, 0.35)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_covered_is_not_empty() {
        let empty = Measured { outline: 0.9, visible: true, ..Measured::default() };
        assert_eq!(judge(&empty, None).state, MarkState::Empty);
        assert_eq!(judge(&Measured { outline: 0.2, ..empty }, None).state, MarkState::Ambiguous);
        assert_eq!(judge(&Measured { outline: 1.8, ..empty }, None).state, MarkState::Ambiguous, "a ring was drawn");
    }

    #[test]
    fn the_edge_of_a_stain_is_no_light_pencil() {
        let pencil = Measured {
            ink: 0.26,
            evenness: 0.9,
            darkest: 0.31,
            emptiest: [0.2, 0.22],
            middle: 0.26,
            outline: 1.0,
            visible: true,
            ..Measured::default()
        };
        assert_eq!(judge(&pencil, None).state, MarkState::Faint);
        let stain = judge(&Measured { outside: 0.3, ..pencil }, None);
        assert_eq!((stain.state, stain.probability), (MarkState::Ambiguous, 0.5));
    }
}
