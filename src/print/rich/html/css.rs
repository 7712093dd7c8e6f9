//! What an element's `style` says, as far as it matters on paper.

use crate::print::rich::model::{Align, TextStyle};
use crate::units::MM_PER_POINT;
use scraper::ElementRef;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    Points(f64),
    /// A part of what there is, 0 to 1.
    Part(f64),
}

impl Length {
    /// CSS' pixels are 96 to the inch; a bare number is pixels, as in HTML's attributes.
    pub fn parse(text: &str) -> Option<Self> {
        const POINTS_PER_EM: f64 = 12.0;
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let number: f64 = text[..digits].parse().ok().filter(|n| (0.1..=20_000.0).contains(n))?;
        let points = match text[digits..].trim().to_ascii_lowercase().as_str() {
            "%" => return Some(Length::Part((number / 100.0).min(1.0))),
            "" | "px" => number * 0.75,
            "pt" => number,
            "pc" => number * 12.0,
            "in" => number * 72.0,
            "cm" => number * 10.0 / MM_PER_POINT,
            "mm" => number / MM_PER_POINT,
            "em" | "rem" => number * POINTS_PER_EM,
            _ => return None,
        };
        Some(Length::Points(points))
    }
}

/// Declarations, the later ones counting.
pub struct Css<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Css<'a> {
    pub fn of(element: &ElementRef<'a>) -> Self {
        let declarations = element.attr("style").unwrap_or_default().split(';');
        let pair = |d: &'a str| {
            let (name, value) = d.split_once(':')?;
            let value = value.trim();
            Some((name.trim(), value.strip_suffix("!important").unwrap_or(value).trim_end()))
        };
        Css(declarations.filter_map(pair).collect())
    }

    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    pub fn is(&self, name: &str, values: &[&str]) -> bool {
        self.get(name).is_some_and(|v| values.iter().any(|value| v.eq_ignore_ascii_case(value)))
    }

    pub fn length(&self, name: &str) -> Option<Length> {
        Length::parse(self.get(name)?)
    }

    pub fn is_hidden(&self) -> bool {
        self.is("display", &["none"]) || self.is("visibility", &["hidden"]) || self.is("mso-hide", &["all"])
    }

    /// Fonts whose letters are other signs than their codes say.
    pub fn has_symbol_font(&self) -> bool {
        let first = self.get("font-family").and_then(|f| f.split(',').next()).unwrap_or_default();
        let first = first.trim_matches(['"', '\'', ' ']).to_ascii_lowercase();
        first == "symbol" || first.starts_with("wingdings") || first == "webdings"
    }

    /// Whether white space stays as it is written.
    pub fn keeps_space(&self) -> Option<bool> {
        self.get("white-space").map(|v| v.to_ascii_lowercase().starts_with("pre"))
    }

    /// Where a block that is narrower than the page stands.
    pub fn place(&self) -> Option<Align> {
        let auto = |name| self.is(name, &["auto"]);
        let sides = self.get("margin").and_then(|m| m.split_whitespace().nth(1)).is_some_and(|side| side == "auto");
        if sides || auto("margin") || (auto("margin-left") && auto("margin-right")) {
            return Some(Align::Center);
        }
        align(self.get("float")?)
    }

    /// Adds to and takes from the styles that the text around has.
    pub fn restyle(&self, styles: &mut Vec<TextStyle>) {
        if let Some(weight) = self.get("font-weight") {
            let bold = weight.starts_with("bold") || weight.parse::<u32>().is_ok_and(|w| w >= 600);
            set(styles, TextStyle::Bold, bold);
        }
        if let Some(style) = self.get("font-style") {
            set(styles, TextStyle::Italic, style.starts_with("italic") || style.starts_with("oblique"));
        }
        // A descendant can't take a decoration away.
        let decoration = self.get("text-decoration").or_else(|| self.get("text-decoration-line")).unwrap_or_default();
        for (word, style) in [("underline", TextStyle::Underline), ("line-through", TextStyle::Strike)] {
            if decoration.split_whitespace().any(|w| w.eq_ignore_ascii_case(word)) {
                set(styles, style, true);
            }
        }
        match self.get("vertical-align").unwrap_or_default() {
            "sub" => shift(styles, TextStyle::Subscript),
            "super" => shift(styles, TextStyle::Superscript),
            "baseline" => styles.retain(|s| !matches!(s, TextStyle::Subscript | TextStyle::Superscript)),
            _ => {}
        }
    }
}

fn set(styles: &mut Vec<TextStyle>, style: TextStyle, on: bool) {
    if !on {
        styles.retain(|s| *s != style);
    } else if !styles.contains(&style) {
        styles.push(style);
    }
}

/// A subscript or superscript, of which one may stand in another.
pub fn shift(styles: &mut Vec<TextStyle>, style: TextStyle) {
    let shifted = styles.iter().filter(|s| matches!(s, TextStyle::Subscript | TextStyle::Superscript)).count();
    if shifted < 2 {
        styles.push(style);
    }
}

pub fn align(word: &str) -> Option<Align> {
    match word.trim().to_ascii_lowercase().as_str() {
        "left" | "start" => Some(Align::Left),
        "center" | "-webkit-center" | "middle" => Some(Align::Center),
        "right" | "end" => Some(Align::Right),
        "justify" => Some(Align::Natural),
        _ => None,
    }
}

/// What an element says of its text's alignment, by `align` or `text-align`.
pub fn text_align(element: &ElementRef, css: &Css) -> Option<Align> {
    css.get("text-align").or_else(|| element.attr("align")).and_then(align)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_every_unit() {
        let points = |text| match Length::parse(text) {
            Some(Length::Points(points)) => (points * 100.0).round() / 100.0,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!([points("96"), points("96px"), points(" 1in "), points("72.0pt")], [72.0; 4]);
        assert_eq!([points("2.54 cm"), points("25.4mm"), points("6PC"), points("6em")], [72.0; 4]);
        assert_eq!(Length::parse("150%"), Some(Length::Part(1.0)));
        for bad in ["auto", "", "-5px", "0", "1e9px", "12parsec", "99999999", "é"] {
            assert_eq!(Length::parse(bad), None, "{bad}");
        }
    }
}
