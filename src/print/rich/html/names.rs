//! Elements by what they are for, and what can be told of one at a glance.

use scraper::{ElementRef, Node};
use unicode_normalization::UnicodeNormalization;

/// Elements within a line, with a style or without.
pub fn is_inline(name: &str) -> bool {
    const NAMES: [&str; 37] = [
        "html", "body", "span", "font", "a", "b", "strong", "i", "em", "cite", "var", "dfn", "u", "ins", "s", "del",
        "strike", "small", "sub", "sup", "abbr", "acronym", "bdi", "bdo", "big", "code", "data", "kbd", "label",
        "mark", "nobr", "picture", "samp", "time", "tt", "wbr", "o:p",
    ];
    NAMES.contains(&name) || name.starts_with("st1:")
}

pub fn is_block(name: &str) -> bool {
    const NAMES: [&str; 29] = [
        "p",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "center",
        "pre",
        "article",
        "aside",
        "caption",
        "details",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "footer",
        "form",
        "header",
        "hgroup",
        "legend",
        "main",
        "nav",
        "section",
        "summary",
        "search",
        "address",
    ];
    NAMES.contains(&name)
}

pub fn is_dropped(name: &str) -> bool {
    const NAMES: [&str; 26] = [
        "script", "style", "link", "meta", "title", "head", "base", "noscript", "template", "noembed", "noframes",
        "input", "button", "select", "textarea", "option", "datalist", "output", "progress", "meter", "map", "area",
        "param", "frameset", "source", "xml",
    ];
    NAMES.contains(&name)
}

pub fn has_class(element: ElementRef, class: &str) -> bool {
    element.value().classes().any(|c| c.eq_ignore_ascii_case(class))
}

/// A formula without the marks that would tell it in a text.
pub fn is_math_tex(element: ElementRef) -> bool {
    let marked = |text: &str| ["\\(", "\\[", "$"].iter().any(|mark| text.contains(mark));
    has_class(element, "math-tex") && is_plain(element) && !marked(&plain_text(element))
}

/// Whether an element is text alone, however it is styled.
pub fn is_plain(element: ElementRef) -> bool {
    const SHOWN: [&str; 9] = ["img", "math", "table", "svg", "object", "iframe", "ul", "ol", "script"];
    !element.descendent_elements().any(|e| SHOWN.contains(&e.value().name()))
}

pub fn plain_text(element: ElementRef) -> String {
    let text = element.descendants().filter_map(|node| match node.value() {
        Node::Text(text) => Some(&**text),
        Node::Element(e) if e.name() == "br" => Some("\n"),
        _ => None,
    });
    text.flat_map(|t| t.nfc()).filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}
