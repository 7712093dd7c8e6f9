//! Scripts, fences and enclosures: what MathML says in several ways, in one.

use super::{Reader, empty, fence, is_empty};
use crate::print::rich::context::excerpt;
use crate::print::rich::model::Math;
use scraper::ElementRef;

pub fn scripts(base: Box<Math>, sub: Option<Box<Math>>, sup: Option<Box<Math>>) -> Math {
    let drawn = |script: Option<Box<Math>>| script.filter(|m| !is_empty(m));
    Math::Scripts { base, sub: drawn(sub), sup: drawn(sup), before_sub: None, before_sup: None }
}

impl Reader<'_, '_> {
    pub(super) fn multiscripts(&mut self, element: ElementRef) -> Math {
        let mut children = element.child_elements();
        let base = Box::new(children.next().and_then(|c| self.element(c)).unwrap_or_else(empty));
        // Subscripts and superscripts by turns, to the right of the base and then to its left.
        let mut sides: [[Vec<Math>; 2]; 2] = Default::default();
        let (mut side, mut at) = (0, 0);
        for child in children {
            if child.value().name() == "mprescripts" {
                (side, at) = (1, 0);
                continue;
            }
            sides[side][at].extend(self.element(child).filter(|m| !is_empty(m)));
            at = 1 - at;
        }
        let [[sub, sup], [before_sub, before_sup]] =
            sides.map(|side| side.map(|items| (!items.is_empty()).then(|| Box::new(fence::row(items)))));
        Math::Scripts { base, sub, sup, before_sub, before_sup }
    }

    pub(super) fn fenced(&mut self, element: ElementRef) -> Math {
        let fence = |name, default: &str| element.attr(name).unwrap_or(default).trim().to_owned();
        let items: Vec<Math> = element.child_elements().filter_map(|child| self.element(child)).collect();
        let marks: Vec<String> =
            fence("separators", ",").chars().filter(|c| !c.is_whitespace()).map(String::from).collect();
        // The last separator serves for all that follow.
        let separators = (1..items.len()).filter_map(|i| marks.get(i - 1).or(marks.last()).cloned()).collect();
        Math::Fenced { open: fence("open", "("), close: fence("close", ")"), separators, items }
    }

    pub(super) fn enclosed(&mut self, element: ElementRef) -> Math {
        let mut body = self.row(element);
        let mut notation: Vec<String> = Vec::new();
        for word in element.attr("notation").unwrap_or("longdiv").split_whitespace() {
            let known: &[&str] = match word {
                "box" | "roundedbox" => &["box"],
                "circle" => &["circle"],
                "horizontalstrike" => &["strike"],
                "updiagonalstrike" => &["strike_up"],
                "downdiagonalstrike" => &["strike_down"],
                "top" | "bottom" | "left" | "right" => &[word],
                "actuarial" => &["top", "right"],
                "madruwb" => &["bottom", "right"],
                "longdiv" => &["long_division"],
                "radical" => {
                    body = Math::Root { body: Box::new(body), index: None };
                    continue;
                }
                _ => {
                    self.context.warn(format!("<menclose notation=“{}”> is not known", excerpt(word)));
                    continue;
                }
            };
            notation.extend(known.iter().map(|word| (*word).to_owned()));
        }
        let both = ["strike_up", "strike_down"];
        if both.iter().all(|strike| notation.iter().any(|n| n == strike)) {
            notation.retain(|n| !both.contains(&n.as_str()));
            notation.push("strike_x".to_owned());
        }
        if notation.is_empty() { body } else { Math::Enclosed { notation, body: Box::new(body) } }
    }
}
