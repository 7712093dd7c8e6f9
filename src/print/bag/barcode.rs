//! Code 128 (ISO/IEC 15417), for the scanners of the post and of warehouses.

use barcoders::sym::code128::Code128;

/// Light modules on either side.
pub const QUIET: usize = 10;
/// How the encoder is told which code set comes next.
const SET_B: char = '\u{181}';
const SET_C: char = '\u{106}';

/// The modules from left to right, `true` for dark, with their quiet zones. None of what is empty or not ASCII text.
pub fn modules(text: &str) -> Option<Vec<bool>> {
    if text.is_empty() || !text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return None;
    }
    let code = Code128::new(in_sets(text)).ok()?;
    let quiet = || std::iter::repeat_n(false, QUIET);
    Some(quiet().chain(code.encode().into_iter().map(|m| m == 1)).chain(quiet()).collect())
}

/// In set C two digits are one symbol. Changing over and back pays from six digits on, and from four at either end.
fn in_sets(text: &str) -> String {
    let mut out = String::new();
    let mut set = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let run = rest.bytes().take_while(u8::is_ascii_digit).count();
        let digits = run / 2 * 2;
        let at_end = rest.len() == text.len() || run == rest.len();
        let (wanted, n) = if digits >= 4 && (at_end || digits >= 6) {
            // Of an odd number of digits the first stays in set B, but for those that begin the text.
            if run % 2 == 1 && rest.len() != text.len() { (SET_B, 1) } else { (SET_C, digits) }
        } else {
            (SET_B, run.max(c.len_utf8()))
        };
        if set.replace(wanted) != Some(wanted) {
            out.push(wanted);
        }
        let (now, later) = rest.split_at(n);
        out.push_str(now);
        rest = later;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STOP: &str = "1100011101011";

    fn bars(text: &str) -> String {
        let modules = modules(text).unwrap();
        assert!(modules[..QUIET].iter().chain(&modules[modules.len() - QUIET..]).all(|m| !m));
        modules[QUIET..modules.len() - QUIET].iter().map(|&m| if m { '1' } else { '0' }).collect()
    }

    #[test]
    fn known_symbols() {
        // Start B, P, J, J, 1, 2, 3, C, check 55.
        let letters = [
            "11010010000",
            "11101110110",
            "10110111000",
            "10110111000",
            "10011100110",
            "11001110010",
            "11001011100",
            "10001000110",
            "11101000110",
        ];
        assert_eq!(bars("PJJ123C"), letters.concat() + STOP);
        // Start C, 12, 34, change to B, A, check (105 + 12 + 68 + 300 + 132) mod 103 = 102.
        let digits = ["11010011100", "10110011100", "10001011000", "10111101110", "10100011000", "11110101110"];
        assert_eq!(bars("1234A"), digits.concat() + STOP);
    }

    #[test]
    fn digits_are_paired_where_it_pays() {
        let shown = |text| in_sets(text).replace(SET_B, "[").replace(SET_C, "]");
        assert_eq!(shown("12345"), "]1234[5");
        assert_eq!(shown("A12345"), "[A1]2345");
        assert_eq!(shown("A1234B"), "[A1234B");
        assert_eq!(shown("A1234567B"), "[A1]234567[B");
        assert_eq!(shown("123"), "[123");
    }

    #[test]
    fn what_has_no_bars_is_refused() {
        assert_eq!(modules(""), None);
        assert_eq!(modules("São"), None);
    }

    proptest! {
        #[test]
        fn any_id_has_whole_symbols(id in "[0-9A-HJKMNP-TV-Z]{16}") {
            let bars = bars(&id);
            prop_assert!(bars.ends_with(STOP) && bars.len() <= 211);
            for symbol in bars.as_bytes()[..bars.len() - STOP.len()].chunks(11) {
                // Three bars, each with a space after it.
                let edges = symbol.windows(2).filter(|w| w[0] != w[1]).count();
                prop_assert!(symbol.len() == 11 && symbol[0] == b'1' && symbol[10] == b'0' && edges == 5);
            }
        }
    }
}
