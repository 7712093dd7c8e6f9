//! What encloses a part of a formula and the LaTeX parser does not know: `\boxed` and the phantoms. Marks around the part
//! go through the parser as words, and become MathML's elements in what it writes.

use super::chem::closing;

/// Commands, and the element that each becomes; its marks are two characters of private use.
const COMMANDS: [(&str, &str, &str, [char; 2]); 4] = [
    ("\\boxed", "<menclose notation=\"box\">", "</menclose>", ['\u{e000}', '\u{e001}']),
    ("\\phantom", "<mphantom>", "</mphantom>", ['\u{e002}', '\u{e003}']),
    ("\\hphantom", "<mpadded height=\"0\" depth=\"0\"><mphantom>", "</mphantom></mpadded>", ['\u{e004}', '\u{e005}']),
    ("\\vphantom", "<mpadded width=\"0\"><mphantom>", "</mphantom></mpadded>", ['\u{e006}', '\u{e007}']),
];

/// Whether a formula may not have it.
pub fn is_mark(c: char) -> bool {
    COMMANDS.iter().any(|command| command.3.contains(&c))
}

pub fn mark(source: &str) -> Result<String, String> {
    let mut source = source.to_owned();
    for (command, .., [open, close]) in COMMANDS {
        let mut from = 0;
        while let Some(at) = source[from..].find(command).map(|at| from + at) {
            let after = &source[at + command.len()..];
            let body = after.trim_start();
            let Some(inner) = body.strip_prefix('{') else {
                // Another command that begins so.
                from = at + command.len();
                continue;
            };
            let end = closing(inner, '{', '}').ok_or_else(|| format!("{command}{{ without its }}"))?;
            let marked = format!(r"{{\text{{{open}}}{}\text{{{close}}}}}", &inner[..end]);
            let length = source.len() - inner.len() + end + 1 - at;
            source.replace_range(at..at + length, &marked);
            from = at;
        }
    }
    Ok(source)
}

pub fn unmark(mathml: &str) -> String {
    let mut out = mathml.to_owned();
    for (_, begin, end, [open, close]) in COMMANDS {
        out = out.replace(&format!("<mtext>{open}</mtext>"), begin).replace(&format!("<mtext>{close}</mtext>"), end);
    }
    out
}
