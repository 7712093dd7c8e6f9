//! LaTeX formulas, by pulldown-latex to MathML; chemistry (`\ce`) is put into LaTeX first.

mod chem;
mod enclose;
mod find;

pub use find::{Piece, pieces};

use super::context::{Context, excerpt};
use super::foreign::contained;
use super::mathml;
use super::model::Math;
use super::symbol;
use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Parser, Storage, push_mathml};

const LONGEST: usize = 8_000;
/// Braces and environments within one another.
const DEEPEST: usize = 40;

/// What Brazilian schools write and LaTeX does not know.
const PREAMBLE: &str = r"\def\sen{\operatorname{sen}}\def\tg{\operatorname{tg}}\def\cotg{\operatorname{cotg}}\def\cossec{\operatorname{cossec}}\def\arcsen{\operatorname{arcsen}}\def\arctg{\operatorname{arctg}}\def\mdc{\operatorname{mdc}}\def\mmc{\operatorname{mmc}}";

/// One formula, without the marks that tell it in a text.
pub fn read(source: &str, display: bool, context: &mut Context) -> Math {
    match mathml_of(source.trim(), display) {
        Ok(mathml) => mathml::parse(&mathml, context).0,
        Err(why) => {
            let why = format!("formula “{}”: {why}", excerpt(source));
            mathml::placeholder(source, why, context)
        }
    }
}

/// The formula of a picture that CodeCogs draws from its address, so that it needs not be fetched.
pub fn from_picture_address(address: &str) -> Option<String> {
    let (_, path) = address.split_once("://latex.codecogs.com/")?;
    let (_, query) = path.split_once('?')?;
    let decoded = percent_encoding::percent_decode_str(query).decode_utf8().ok()?;
    // Orders to that service, as `\dpi{300}`, come first.
    let orders = ["\\dpi{", "\\bg_", "\\fn_", "\\inline", "\\large", "\\Large", "\\small"];
    let mut source = decoded.trim_start();
    while orders.iter().any(|order| source.starts_with(order)) {
        let end = source[1..].find([' ', '}', '\\']).map_or(source.len(), |at| at + 1);
        source = source[end..].strip_prefix('}').unwrap_or(&source[end..]).trim_start();
    }
    Some(source.to_owned())
}

fn mathml_of(source: &str, display: bool) -> Result<String, String> {
    if source.is_empty() {
        return Err("empty".to_owned());
    }
    if source.len() > LONGEST {
        return Err(format!("{} bytes; at most {LONGEST} are expected", source.len()));
    }
    if depth(source) > DEEPEST {
        return Err(format!("braces within braces, deeper than {DEEPEST}"));
    }
    let source = format!("{PREAMBLE}{}", enclose::mark(&chem::expand(&cleaned(source))?)?);
    contained("LaTeX parser", || {
        let storage = Storage::new();
        let events: Result<Vec<_>, _> = Parser::new(&source, &storage).collect();
        let events = events.map_err(|error| reason(&error.to_string()))?;
        let display_mode = if display { DisplayMode::Block } else { DisplayMode::Inline };
        let mut mathml = String::new();
        let events = events.into_iter().map(Ok::<_, std::fmt::Error>);
        push_mathml(&mut mathml, events, RenderConfig { display_mode, ..RenderConfig::default() })
            .map_err(|error| error.to_string())?;
        Ok(enclose::unmark(&mathml))
    })
}

/// What editors put into formulas unseen; and a percent sign is one, never the beginning of a comment.
fn cleaned(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    for c in source.chars().map(symbol::plain) {
        match c {
            '\u{a0}' | '\u{2009}' | '\u{202f}' => out.push(' '),
            '\u{200b}' | '\u{feff}' => {}
            c if enclose::is_mark(c) => {}
            '%' if !out.ends_with('\\') => out.push_str("\\%"),
            c => out.push(c),
        }
    }
    out
}

fn depth(source: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for (at, byte) in source.bytes().enumerate() {
        let command = |name: &str| {
            let rest = source[at..].strip_prefix(name);
            rest.is_some_and(|r| !r.starts_with(|c: char| c.is_ascii_alphabetic()))
        };
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'\\' if command("\\left") || command("\\begin") => depth += 1,
            b'\\' if command("\\right") || command("\\end") => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The first line of what the parser says; the others draw the place.
fn reason(error: &str) -> String {
    let line = error.lines().next().unwrap_or_default();
    line.strip_prefix("parsing error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_is_a_formula_is_not_fetched() {
        let formula = |address: &str| from_picture_address(address);
        assert_eq!(formula("https://latex.codecogs.com/gif.latex?%5Cfrac%7B1%7D%7B2%7D").unwrap(), r"\frac{1}{2}");
        let orders = r"http://latex.codecogs.com/png.latex?\dpi{150}&space;\bg_white x^2";
        assert_eq!(formula(&orders.replace("&space;", " ")).unwrap(), "x^2");
        assert_eq!(formula("https://example.com/?x"), None);
    }

    /// No stack is deep enough for what a hostile formula nests, and no nesting needs braces.
    #[test]
    fn nesting_without_end_is_refused_or_cut() {
        for part in ["{", r"\sqrt", r"\frac", r"\left(", "x^", "x_", r"\hat", r"\begin{matrix}", r"\not", r"\text{"] {
            let _ = mathml_of(&part.repeat(LONGEST / part.len()), true);
        }
        for bad in [r"\begin{array}{||}x\end{array}", r"\def\a{\a\a}\a", r"\frac{1}", "}", "&", r"\\", "\u{0}"] {
            let _ = mathml_of(bad, false);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_formula_is_read(source in r"(\\(frac|sqrt|left|right|begin|end|hat|sum|text|ce|color|cfrac|over|kern|def|not)|[{}()\[\]&^_|#$~'ax1,.é ]|matrix|array|\\\\|\\[{},!|]){0,30}") {
            let mut context = Context::new(&crate::print::rich::NoSource, crate::print::rich::Pictures::new(false));
            read(&source, true, &mut context);
        }
    }
}
