//! MathML, as Wiris and others write it, to [`Math`]. An element that is not known keeps what is in it.

mod elementary;
mod fence;
mod layout;
mod letters;
mod operator;
mod table;
mod token;
pub mod wiris;

use super::context::{Context, excerpt};
use super::markup;
use super::model::{Inline, Math, Variant};
use layout::scripts;
use scraper::{ElementRef, Node};
use token::{em, text_of};

/// Elements within elements.
const DEEPEST: usize = 40;

/// The formula of a `math` element.
pub fn read(math: ElementRef, context: &mut Context) -> Math {
    // Wiris says so that letters are atoms, which are upright.
    let chemistry = math.value().classes().any(|class| class == "wrs_chemistry").then_some(Variant::Upright);
    let variant = math.attr("mathvariant").and_then(letters::variant).or(chemistry);
    Reader { context, depth: 0, variant }.row(math)
}

/// The formula of a MathML text, and whether it stands on a line of its own. Several are one after the other.
pub fn parse(source: &str, context: &mut Context) -> (Math, bool) {
    let parsed = markup::parse(source);
    let root = parsed.html.root_element();
    let formulas = root.descendent_elements().filter(|e| e.value().name() == "math" && parsed.cut.is_none());
    let formulas: Vec<ElementRef> = formulas.collect();
    if formulas.is_empty() {
        let why = parsed.cut.unwrap_or_else(|| "no <math> element is in it".to_owned());
        return (placeholder(source, format!("formula “{}”: {why}", excerpt(source)), context), false);
    }
    let display = formulas.iter().any(|math| is_display(*math));
    let mut items: Vec<Math> = formulas.into_iter().map(|math| read(math, context)).collect();
    (if items.len() == 1 { items.remove(0) } else { Math::Row { items } }, display)
}

pub fn is_display(math: ElementRef) -> bool {
    math.attr("display").is_some_and(|d| d.eq_ignore_ascii_case("block"))
}

/// What stands for a formula, or a part of one, that can't be drawn.
pub fn placeholder(shown: &str, why: String, context: &mut Context) -> Math {
    match context.placeholder(shown, why) {
        Inline::Placeholder { text } if !text.is_empty() => Math::Placeholder { text },
        _ => Math::Placeholder { text: "fórmula".to_owned() },
    }
}

struct Reader<'c, 's> {
    context: &'c mut Context<'s>,
    depth: usize,
    /// Of the `mstyle` around.
    variant: Option<Variant>,
}

impl Reader<'_, '_> {
    /// Nothing for what is not drawn: invisible operators and annotations.
    fn element(&mut self, element: ElementRef) -> Option<Math> {
        if self.depth == DEEPEST {
            let why = format!("a formula's elements within elements, deeper than {DEEPEST}");
            return Some(placeholder("fórmula aninhada demais", why, self.context));
        }
        self.depth += 1;
        let math = self.any(element);
        self.depth -= 1;
        match (math?, element.attr("displaystyle")) {
            // The style changes nothing in a letter.
            (math, Some(display)) if !is_small(&math) => {
                Some(Math::Styled { display: display.eq_ignore_ascii_case("true"), body: Box::new(math) })
            }
            (math, _) => Some(math),
        }
    }

    fn any(&mut self, element: ElementRef) -> Option<Math> {
        let name = element.value().name();
        let on = |attribute: &str| element.attr(attribute).is_some_and(|v| v.eq_ignore_ascii_case("true"));
        Some(match name {
            "mi" | "mn" | "mtext" | "ms" => return self.token(element),
            "mo" => return operator::read(element),
            "mspace" => Math::Space { em: element.attr("width").map_or(0.0, em) },
            "mrow" | "msrow" | "mscarry" | "mscarries" => self.row(element),
            "mstyle" => self.styled(element),
            "mfrac" => {
                let [above, below] = self.parts(element);
                let line = !element.attr("linethickness").is_some_and(is_zero);
                Math::Fraction { above, below, line, bevelled: on("bevelled") }
            }
            "msqrt" => Math::Root { body: Box::new(self.row(element)), index: None },
            "mroot" => {
                let [body, index] = self.parts(element);
                Math::Root { body, index: Some(index) }
            }
            "msub" => {
                let [base, sub] = self.parts(element);
                scripts(base, Some(sub), None)
            }
            "msup" => {
                let [base, sup] = self.parts(element);
                scripts(base, None, Some(sup))
            }
            "msubsup" => {
                let [base, sub, sup] = self.parts(element);
                scripts(base, Some(sub), Some(sup))
            }
            "munder" => {
                let [base, under] = self.parts(element);
                let accent_under = on("accentunder") || operator::is_accent(&under);
                Math::UnderOver { base, under: Some(under), over: None, accent: false, accent_under }
            }
            "mover" => {
                let [base, over] = self.parts(element);
                let accent = on("accent") || operator::is_accent(&over);
                Math::UnderOver { base, under: None, over: Some(over), accent, accent_under: false }
            }
            "munderover" => {
                let [base, under, over] = self.parts(element);
                let (accent, accent_under) = (on("accent"), on("accentunder"));
                Math::UnderOver { base, under: Some(under), over: Some(over), accent, accent_under }
            }
            "mmultiscripts" => self.multiscripts(element),
            "mfenced" => self.fenced(element),
            "mtable" => self.table(element),
            "mstack" => self.stack(element),
            "mlongdiv" => self.long_division(element),
            "menclose" => self.enclosed(element),
            "mphantom" => Math::Phantom { body: Box::new(self.row(element)), width: true, height: true },
            "mpadded" => self.padded(element),
            "semantics" => return self.element(element.child_elements().next()?),
            "maction" => {
                let chosen = element.attr("selection").and_then(|s| s.trim().parse().ok()).unwrap_or(1_usize);
                return self.element(element.child_elements().nth(chosen.saturating_sub(1))?);
            }
            "merror" => {
                let text: String = element.text().collect();
                placeholder(&text, format!("a formula says that it is an error: “{}”", excerpt(&text)), self.context)
            }
            "annotation" | "annotation-xml" | "none" | "mprescripts" | "maligngroup" | "malignmark" => return None,
            _ => {
                self.context.warn(format!("<{}> in a formula is not known: what is in it is kept", excerpt(name)));
                self.row(element)
            }
        })
    }

    /// All children as a row; Wiris breaks lines in it by a space of a certain kind.
    fn row(&mut self, parent: ElementRef) -> Math {
        let mut lines = vec![Vec::new()];
        for node in parent.children() {
            let item = match (node.value(), ElementRef::wrap(node)) {
                (_, Some(e)) if e.attr("linebreak") == Some("newline") => {
                    lines.push(Vec::new());
                    continue;
                }
                (_, Some(element)) => self.element(element),
                (Node::Text(text), _) => text_of(text).map(|text| Math::Text { text, variant: Variant::Natural }),
                _ => None,
            };
            if let (Some(item), Some(line)) = (item, lines.last_mut()) {
                line.push(item);
            }
        }
        match lines.len() {
            1 => fence::row(lines.remove(0)),
            _ => table::lines(lines.into_iter().map(fence::row).collect()),
        }
    }

    /// An element's parts; those that are missing are empty.
    fn parts<const N: usize>(&mut self, element: ElementRef) -> [Box<Math>; N] {
        let children: Vec<ElementRef> = element.child_elements().collect();
        if children.len() != N {
            let name = element.value().name();
            self.context.warn(format!("<{name}> in a formula has {} parts; {N} are expected", children.len()));
        }
        let mut parts: Vec<Math> = children.into_iter().map(|c| self.element(c).unwrap_or_else(empty)).collect();
        // What is too much stays with the last part.
        if parts.len() > N {
            let last = Math::Row { items: parts.split_off(N - 1) };
            parts.push(last);
        }
        let mut parts = parts.into_iter();
        std::array::from_fn(|_| Box::new(parts.next().unwrap_or_else(empty)))
    }

    /// Sizes of zero around a phantom: `\vphantom` and `\hphantom`. Other sizes are not heeded.
    fn padded(&mut self, element: ElementRef) -> Math {
        let zero = |attribute: &str| element.attr(attribute).is_some_and(is_zero);
        match self.row(element) {
            Math::Phantom { body, width, height } => {
                Math::Phantom { body, width: width && !zero("width"), height: height && !zero("height") }
            }
            other => other,
        }
    }

    fn styled(&mut self, element: ElementRef) -> Math {
        let outer = self.variant;
        self.variant = element.attr("mathvariant").and_then(letters::variant).or(outer);
        let body = self.row(element);
        self.variant = outer;
        body
    }
}

/// Of a length: `0`, `0px`, `0.0em`.
fn is_zero(length: &str) -> bool {
    length.trim().trim_end_matches(char::is_alphabetic).parse() == Ok(0.0)
}

fn is_small(math: &Math) -> bool {
    use Math::*;
    matches!(math, Identifier { .. } | Number { .. } | Text { .. } | Space { .. } | Operator { large: false, .. })
}

fn empty() -> Math {
    Math::Row { items: Vec::new() }
}

fn is_empty(math: &Math) -> bool {
    matches!(math, Math::Row { items } if items.is_empty())
}
