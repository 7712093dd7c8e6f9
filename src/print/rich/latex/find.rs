//! Where formulas stand in a text: `\( \)`, `\[ \]`, `$$ $$`, and `$ $` where no money can be meant.

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    Text(&'t str),
    Formula {
        source: &'t str,
        display: bool,
    },
    /// A mark that begins a formula which nothing ends.
    Unclosed(&'t str),
}

/// Longer, two lone `$` belong to different things.
const LONGEST_IN_DOLLARS: usize = 300;

pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    const MARKS: [(&str, &str, bool); 3] = [("\\(", "\\)", false), ("\\[", "\\]", true), ("$$", "$$", true)];
    let mut pieces = Vec::new();
    let (mut done, mut at) = (0, 0);
    // Where nothing ends a mark, nothing ends the next of its kind.
    let mut unclosed = [false; MARKS.len()];
    while let Some(found) = text[at..].find(['\\', '$']) {
        let begin = at + found;
        let rest = &text[begin..];
        at = begin + 1;
        let mark = MARKS.iter().position(|(open, ..)| rest.starts_with(open));
        let (source, display, end) = match mark {
            Some(mark) => {
                let (open, close, display) = MARKS[mark];
                let inside = &rest[open.len()..];
                let Some(length) = (!unclosed[mark]).then(|| find_end(inside, close)).flatten() else {
                    unclosed[mark] = true;
                    pieces.extend(text_piece(&text[done..begin]));
                    pieces.push(Piece::Unclosed(&rest[..open.len()]));
                    at = begin + open.len();
                    done = at;
                    continue;
                };
                (&inside[..length], display, begin + 2 * open.len() + length)
            }
            None if rest.starts_with('$') => match in_dollars(text, begin) {
                Some(source) => (source, false, begin + source.len() + 2),
                None => continue,
            },
            // An escaped character, of which a `$` is none that counts.
            None => {
                at += rest[1..].chars().next().map_or(0, char::len_utf8);
                continue;
            }
        };
        pieces.extend(text_piece(&text[done..begin]));
        pieces.push(Piece::Formula { source, display });
        (done, at) = (end, end);
    }
    pieces.extend(text_piece(&text[done..]));
    pieces
}

fn text_piece(text: &str) -> Option<Piece<'_>> {
    (!text.is_empty()).then_some(Piece::Text(text))
}

/// Where `close` stands, unless it is escaped itself (`\\)` ends a line).
fn find_end(text: &str, close: &str) -> Option<usize> {
    let escaped = |at: usize| text[..at].bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1;
    text.match_indices(close).map(|(at, _)| at).find(|&at| !escaped(at))
}

/// A formula between two lone `$`. Money is R$, US$ or $ before a number, and what lies between two prices is no
/// formula: one has no space inside its marks, no letter or digit outside, and says something that is mathematical.
fn in_dollars(text: &str, begin: usize) -> Option<&str> {
    let inside = &text[begin + 1..];
    let length = find_end(inside, "$").filter(|n| (1..=LONGEST_IN_DOLLARS).contains(n))?;
    let source = &inside[..length];
    let before = text[..begin].chars().next_back();
    let after = inside[length + 1..].chars().next();
    let outside = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '$' || c == '\\');
    let spaced = source.starts_with(char::is_whitespace) || source.ends_with(char::is_whitespace);
    let one_letter = source.chars().count() == 1 && source.chars().all(char::is_alphabetic);
    let mathematical = one_letter || source.contains(['\\', '^', '_', '=', '+', '<', '>', '{']);
    (outside(before) && outside(after) && !spaced && mathematical).then_some(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formulas(text: &str) -> Vec<&str> {
        let formula = |piece: Piece<'static>| match piece {
            Piece::Formula { source, .. } => Some(source),
            _ => None,
        };
        pieces(text.to_owned().leak()).into_iter().filter_map(formula).collect()
    }

    #[test]
    fn money_is_no_formula() {
        for text in [
            "R$ 5,00 e R$ 7,00",
            "R$5,00 e R$7,00",
            "custa $5 ou $7",
            "de $5,00 + taxa a $7,00",
            "US$10=R$50 e US$20=R$100",
            "($5)-($7)",
            "$5$",
            "$a e $b",
            "$nome$",
            "R$ 3,00 = \\$ 3,00 = $",
            "A$ e B$ = C$",
        ] {
            assert!(formulas(text).is_empty(), "{text}: {:?}", pieces(text));
        }
    }

    #[test]
    fn formulas_are_found_between_their_marks() {
        assert_eq!(formulas(r"Se \(x=1\), \[y\] e $$z$$."), ["x=1", "y", "z"]);
        assert_eq!(formulas(r"Com $x^2+1$, $n$ e R$ 5,00, $\alpha$-hélice"), ["x^2+1", "n", r"\alpha"]);
        assert_eq!(formulas(r"\[a \\[2pt] b\]"), [r"a \\[2pt] b"]);
        assert_eq!(formulas(r"$\text{R\$ } x$"), [r"\text{R\$ } x"]);
        let open = pieces(r"a \(b");
        assert_eq!(open, [Piece::Text("a "), Piece::Unclosed(r"\("), Piece::Text("b")]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_of_a_text_is_lost(text in r"[a-c0-9 R$\\()\[\]é^]{0,40}") {
            let length = |piece: &Piece| match piece {
                Piece::Text(t) | Piece::Unclosed(t) => t.len(),
                Piece::Formula { source, .. } => {
                    let at = source.as_ptr() as usize - text.as_ptr() as usize;
                    let lone = text.as_bytes()[at - 1] == b'$' && (at < 2 || text.as_bytes()[at - 2] != b'$');
                    source.len() + if lone { 2 } else { 4 }
                }
            };
            proptest::prop_assert_eq!(pieces(&text).iter().map(length).sum::<usize>(), text.len());
        }
    }
}
