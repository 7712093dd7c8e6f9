//! Chemistry as mhchem writes it, `\ce{2H2 + O2 -> 2H2O}`, to LaTeX.

/// The source with every `\ce{…}` in it replaced.
pub fn expand(source: &str) -> Result<String, String> {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find("\\ce") {
        let after = &rest[at + 3..];
        let Some(body) = after.trim_start().strip_prefix('{') else {
            // Another command that begins so.
            out.push_str(&rest[..at + 3]);
            rest = after;
            continue;
        };
        let end = closing(body, '{', '}').ok_or(r"\ce{ without its }")?;
        out.push_str(&rest[..at]);
        out.push('{');
        out.push_str(&latex(&body[..end])?);
        out.push('}');
        rest = &body[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Where what was opened before `text` closes.
pub fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if c == close {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        } else if c == open {
            depth += 1;
        }
    }
    None
}

const ARROWS: [(&str, &str); 10] = [
    ("<=>>", "rightleftharpoons"),
    ("<<=>", "rightleftharpoons"),
    ("<=>", "rightleftharpoons"),
    ("<-->", "rightleftarrows"),
    ("<->", "leftrightarrow"),
    ("->", "longrightarrow"),
    ("<-", "longleftarrow"),
    ("→", "longrightarrow"),
    ("⇌", "rightleftharpoons"),
    ("↔", "leftrightarrow"),
];

const STATES: [&str; 6] = ["(s)", "(l)", "(g)", "(aq)", "(v)", "(cr)"];

/// What the piece before was, by which a digit is a coefficient or an index, and `-` a charge, a bond or a minus.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    /// The beginning, a space, an operator: a formula begins.
    Nothing,
    Number,
    Atom,
    Bond,
}

fn latex(source: &str) -> Result<String, String> {
    let mut formula = Formula { out: String::new(), before: Before::Nothing, rest: source };
    while let Some(c) = formula.rest.chars().next() {
        formula.next(c)?;
    }
    Ok(formula.out)
}

struct Formula<'t> {
    out: String,
    before: Before,
    rest: &'t str,
}

impl<'t> Formula<'t> {
    fn put(&mut self, latex: &str, before: Before) {
        self.out.push_str(latex);
        self.before = before;
    }

    /// The next `length` bytes, which are no longer to be read.
    fn take(&mut self, length: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn next(&mut self, c: char) -> Result<(), String> {
        if let Some((written, command)) = ARROWS.iter().find(|(written, _)| self.rest.starts_with(written)) {
            let (drawn, rest) = with_labels(command, &self.rest[written.len()..])?;
            self.rest = rest;
            self.put(&drawn, Before::Nothing);
        } else if let Some(state) = STATES.iter().find(|s| !self.out.is_empty() && self.rest.starts_with(**s)) {
            self.take(state.len());
            self.put(&format!(r"\,\mathrm{{{state}}}"), Before::Atom);
        } else if c.is_alphabetic() {
            self.letters();
        } else if c.is_ascii_digit() {
            self.number();
        } else {
            self.take(c.len_utf8());
            self.sign(c)?;
        }
        Ok(())
    }

    fn letters(&mut self) {
        let length = self.rest.find(|c: char| !c.is_alphabetic()).unwrap_or(self.rest.len());
        match self.take(length) {
            // Alone after a formula, it is what falls to the ground.
            "v" if self.before == Before::Nothing && !self.out.is_empty() => self.put(r"\downarrow ", Before::Atom),
            letters => self.put(&format!(r"\mathrm{{{letters}}}"), Before::Atom),
        }
    }

    fn number(&mut self) {
        let length = self.rest.find(|c: char| !(c.is_ascii_digit() || ".,/".contains(c))).unwrap_or(self.rest.len());
        // After an atom, a dot begins the water of a hydrate.
        let length = match self.before {
            Before::Atom => self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(length),
            _ => self.rest[..length].trim_end_matches(['.', ',', '/']).len(),
        };
        let number = self.take(length);
        match (self.before, number.split_once('/')) {
            (Before::Atom, _) => self.put(&format!("_{{{number}}}"), Before::Atom),
            (_, Some((above, below))) => self.put(&format!(r"\tfrac{{{above}}}{{{below}}}\,"), Before::Number),
            _ => self.put(&format!(r"{number}\,"), Before::Number),
        }
    }

    /// What is neither letter nor digit; it has been taken.
    fn sign(&mut self, c: char) -> Result<(), String> {
        let before = self.before;
        let ends = self.rest.is_empty()
            || self.rest.starts_with([' ', ')', ']', '}', '^', '_', ','])
            || STATES.iter().any(|state| self.rest.starts_with(state));
        match c {
            ' ' => self.before = Before::Nothing,
            '^' if before == Before::Nothing && (self.rest.is_empty() || self.rest.starts_with(' ')) => {
                self.put(r"\uparrow ", Before::Nothing);
            }
            '^' | '_' => {
                let (script, rest) = script(self.rest)?;
                self.rest = rest;
                if before != Before::Atom && !self.out.ends_with('}') {
                    self.out.push_str("{}");
                }
                // What follows an isotope's numbers is its atom.
                let before = if before == Before::Atom { Before::Atom } else { Before::Bond };
                self.put(&format!("{c}{{{script}}}"), before);
            }
            '+' if before == Before::Atom && ends => self.put("^{+}", Before::Atom),
            '-' | '−' if before == Before::Atom && ends => self.put("^{-}", Before::Atom),
            '+' => self.put(" + ", Before::Nothing),
            '-' | '−' if before == Before::Nothing => self.put(" - ", Before::Nothing),
            '=' if before == Before::Nothing => self.put(" = ", Before::Nothing),
            '-' | '−' => self.put("{-}", Before::Bond),
            '=' => self.put("{=}", Before::Bond),
            '#' | '≡' => self.put(r"{\equiv}", Before::Bond),
            '*' | '.' | '·' | '•' => self.put(r"\cdot ", Before::Nothing),
            '(' | '[' => self.put(c.encode_utf8(&mut [0; 4]), Before::Nothing),
            ')' | ']' => self.put(c.encode_utf8(&mut [0; 4]), Before::Atom),
            ',' | ';' | ':' | '/' | '\'' | '<' | '>' | '|' | '~' => self.out.push(c),
            '{' => {
                let end = closing(self.rest, '{', '}').ok_or("a { without its }")?;
                let text = format!(r"\text{{{}}}", self.take(end));
                self.take(1);
                self.put(&text, Before::Atom);
            }
            '$' => {
                let end = self.rest.find('$').ok_or("a $ without another")?;
                let formula = format!("{{{}}}", self.take(end));
                self.take(1);
                self.put(&formula, Before::Atom);
            }
            '\\' => {
                let length = self.rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.rest.len());
                if length == 0 {
                    return Err(r"\ce can't hold this escape".to_owned());
                }
                let command = format!(r"\{} ", self.take(length));
                self.put(&command, Before::Atom);
            }
            other => return Err(format!("“{other}” is not known in \\ce")),
        }
        Ok(())
    }
}

/// A charge, an index or an isotope's number: braced, or as far as it goes.
fn script(text: &str) -> Result<(String, &str), String> {
    if let Some(inner) = text.strip_prefix('{') {
        let end = closing(inner, '{', '}').ok_or("a { without its }")?;
        return Ok((inner[..end].to_owned(), &inner[end + 1..]));
    }
    let length = text.find(|c: char| !(c.is_ascii_digit() || "+-−.*".contains(c))).unwrap_or(text.len());
    match text.chars().next() {
        Some(_) if length > 0 => Ok((text[..length].to_owned(), &text[length..])),
        Some(c) if c.is_alphabetic() => Ok((c.to_string(), &text[c.len_utf8()..])),
        _ => Err("an index or a charge is expected after ^ and _".to_owned()),
    }
}

/// An arrow with what stands above and below it in brackets.
fn with_labels<'t>(command: &str, mut rest: &'t str) -> Result<(String, &'t str), String> {
    let mut labels: Vec<String> = Vec::new();
    while let Some(inner) = rest.strip_prefix('[').filter(|_| labels.len() < 2) {
        let end = closing(inner, '[', ']').ok_or("a [ without its ]")?;
        let label = inner[..end].trim();
        labels.push(match label.contains(['\\', '$']) {
            true => label.replace('$', ""),
            false if label.contains(' ') && !label.contains(['+', '^', '_']) => format!(r"\text{{{label}}}"),
            false => latex(label)?,
        });
        rest = &inner[end + 1..];
    }
    let [above, below] = [0, 1].map(|i| labels.get(i).map_or("", |l| l.as_str()));
    let drawn = match (command, above, below) {
        (_, "", "") => format!(r" \{command} "),
        ("longrightarrow", above, below) => format!(r" \xrightarrow[{below}]{{{above}}} "),
        (_, above, "") => format!(r" \overset{{{above}}}{{\{command}}} "),
        (_, above, below) => format!(r" \underset{{{below}}}{{\overset{{{above}}}{{\{command}}}}} "),
    };
    Ok((drawn, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_charges_states_and_arrows() {
        let cases = [
            ("H2O", r"\mathrm{H}_{2}\mathrm{O}"),
            ("2H2 + O2 -> 2H2O", r"2\,\mathrm{H}_{2} + \mathrm{O}_{2} \longrightarrow 2\,\mathrm{H}_{2}\mathrm{O}"),
            ("SO4^2-", r"\mathrm{SO}_{4}^{2-}"),
            ("Na+ (aq)", r"\mathrm{Na}^{+}\,\mathrm{(aq)}"),
            ("Na+(aq)", r"\mathrm{Na}^{+}\,\mathrm{(aq)}"),
            ("NaCl(s)", r"\mathrm{NaCl}\,\mathrm{(s)}"),
            ("^{227}_{90}Th+", r"{}^{227}_{90}\mathrm{Th}^{+}"),
            ("CuSO4.5H2O", r"\mathrm{CuSO}_{4}\cdot 5\,\mathrm{H}_{2}\mathrm{O}"),
            ("Ca(OH)2", r"\mathrm{Ca}(\mathrm{OH})_{2}"),
            ("CH3-CH=CH2", r"\mathrm{CH}_{3}{-}\mathrm{CH}{=}\mathrm{CH}_{2}"),
            ("N#N", r"\mathrm{N}{\equiv}\mathrm{N}"),
            ("A ->[\\Delta][cat] B", r"\mathrm{A} \xrightarrow[\mathrm{cat}]{\Delta} \mathrm{B}"),
            ("A <=> B", r"\mathrm{A} \rightleftharpoons \mathrm{B}"),
            ("1/2 O2 ^", r"\tfrac{1}{2}\,\mathrm{O}_{2}\uparrow "),
            ("[Fe(CN)6]^3-", r"[\mathrm{Fe}(\mathrm{CN})_{6}]^{3-}"),
        ];
        for (written, expected) in cases {
            assert_eq!(latex(written).as_deref(), Ok(expected), "{written}");
        }
        assert_eq!(expand(r"x=\ce{H2}+\celsius"), Ok(r"x={\mathrm{H}_{2}}+\celsius".to_owned()));
        assert!(expand(r"\ce{H2").is_err() && expand(r"\ce{H^}").is_err() && expand("\\ce{H\u{7}}").is_err());
    }
}
