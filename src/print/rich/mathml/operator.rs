//! Operators: what MathML's dictionary says of those that schools use.

use super::token::text_of;
use crate::print::rich::model::{Math, OperatorForm};
use scraper::ElementRef;

const OPENING: &str = "([{⟨⌈⌊⟦";
const CLOSING: &str = ")]}⟩⌉⌋⟧";
const BARS: &str = "|‖";
const LARGE: &str = "∑∏∐∫∬∭∮∯∰⋀⋁⋂⋃⨀⨁⨂⨄⨆";
/// Drawn as wide as what they stand above or below.
const STRETCHED: &str = "←→↔⇐⇒⇔↼⇀⇌⇋⏞⏟⏜⏝⎴⎵¯‾_";
const ACCENTS: &str = "^ˆ˜~¯‾ˉ_¨˙´`ˇ˘→←↔⃗⏞⏟⏜⏝⎴⎵";

/// Nothing for an operator that is not seen, as the applied function's.
pub fn read(element: ElementRef) -> Option<Math> {
    let text = text_of(&element.text().collect::<String>())?;
    if text.chars().all(|c| c == '\u{a0}') {
        return Some(Math::Space { em: 0.25 });
    }
    let text = plain(text);
    let is = |set: &str| text.chars().all(|c| set.contains(c));
    let said = |name: &str| element.attr(name).map(|v| v.eq_ignore_ascii_case("true"));
    let fence = is(OPENING) || is(CLOSING) || is(BARS);
    let stretchy = said("stretchy").unwrap_or(fence || is(STRETCHED));
    let large = said("largeop").unwrap_or(is(LARGE));
    Some(Math::Operator { form: form(element), stretchy, large, text })
}

pub fn is_opening(text: &str) -> bool {
    text.chars().count() == 1 && text.chars().all(|c| OPENING.contains(c))
}

pub fn is_closing(text: &str) -> bool {
    text.chars().count() == 1 && text.chars().all(|c| CLOSING.contains(c))
}

pub fn is_bar(text: &str) -> bool {
    text.chars().count() == 1 && text.chars().all(|c| BARS.contains(c))
}

/// Whether a mark over or under something is drawn close to it.
pub fn is_accent(mark: &Math) -> bool {
    match mark {
        Math::Operator { text, .. } | Math::Identifier { text, .. } => text.chars().all(|c| ACCENTS.contains(c)),
        _ => false,
    }
}

/// Several characters that mean one, each as its plainest.
fn plain(text: String) -> String {
    let one = match text.as_str() {
        "\u{2329}" | "\u{3008}" => "⟨",
        "\u{232a}" | "\u{3009}" => "⟩",
        "||" | "∥" => "‖",
        "\u{302}" => "^",
        "\u{303}" => "~",
        "\u{304}" | "\u{305}" => "¯",
        "\u{307}" => "˙",
        "\u{308}" => "¨",
        "\u{20d7}" => "→",
        "\u{fe37}" => "⏞",
        "\u{fe38}" => "⏟",
        "-" => "−",
        _ => return text,
    };
    one.to_owned()
}

/// By its place in the row, where nothing says it.
fn form(element: ElementRef) -> OperatorForm {
    match element.attr("form") {
        Some("prefix") => return OperatorForm::Prefix,
        Some("postfix") => return OperatorForm::Postfix,
        Some("infix") => return OperatorForm::Infix,
        _ => {}
    }
    const ROWS: [&str; 12] = [
        "math",
        "mrow",
        "mstyle",
        "msqrt",
        "mtd",
        "mpadded",
        "mphantom",
        "menclose",
        "merror",
        "semantics",
        "msrow",
        "mfenced",
    ];
    let parent = element.parent().and_then(ElementRef::wrap);
    if !parent.is_some_and(|p| ROWS.contains(&p.value().name())) {
        return OperatorForm::Infix;
    }
    // So many at most are invisible beside an operator.
    const NEAR: usize = 8;
    let is_drawn = |e: &ElementRef| {
        e.value().name() != "mspace" && (e.value().name() != "mo" || text_of(&e.text().collect::<String>()).is_some())
    };
    let first = !element.prev_siblings().filter_map(ElementRef::wrap).take(NEAR).any(|e| is_drawn(&e));
    let last = !element.next_siblings().filter_map(ElementRef::wrap).take(NEAR).any(|e| is_drawn(&e));
    match (first, last) {
        (true, false) => OperatorForm::Prefix,
        (false, true) => OperatorForm::Postfix,
        _ => OperatorForm::Infix,
    }
}
