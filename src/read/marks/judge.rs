//! From a bubble's ink to what kind of mark it is, and how probably it was meant.

use super::Measured;
use crate::read::result::MarkState;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    pub state: MarkState,
    /// Probability that the mark was meant.
    pub probability: f64,
}

/// Ink below which nothing is there: paper grain, scanner noise, what is left of the letter.
const NOTHING: f64 = 0.07;
/// Part of the ring well outside a bubble that strokes of an ordinary full mark reach: 0 on 99 of 100 of them. A cancelled
/// mark, crossed out or scribbled over, reaches 0.06 of it and more; one that merely spilt may too, and a person has to
/// tell.
const SPILT: f64 = 0.03;

/// Part of the usual outline under which a bubble is not seen to be there: covered, or never printed. Over 70,000 empty
/// bubbles in 31 sets, 0.82 was the least where the printer was in order; pale bands of a failing one reach 0.33.
const HIDDEN: f64 = 0.6;
/// Part of the usual outline over which something was drawn on it: 1.18 was the most on unmarked bubbles, 1.31 in black
/// and white.
const RINGED: f64 = 1.4;

/// Judges one bubble for itself; what it means within its field is decided there.
pub fn judge(m: &Measured) -> Judged {
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
    if m.darkest < 0.55 {
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
        assert_eq!(judge(&empty).state, MarkState::Empty);
        assert_eq!(judge(&Measured { outline: 0.2, ..empty }).state, MarkState::Ambiguous);
        assert_eq!(judge(&Measured { outline: 1.8, ..empty }).state, MarkState::Ambiguous, "a ring was drawn");
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
        assert_eq!(judge(&pencil).state, MarkState::Faint);
        let stain = judge(&Measured { outside: 0.3, ..pencil });
        assert_eq!((stain.state, stain.probability), (MarkState::Ambiguous, 0.5));
    }
}
