//! HTML as editors save it and Word pastes it, to blocks. What is not known keeps its text; what can't be printed leaves
//! a placeholder or, where it says nothing, a warning.

mod css;
mod figure;
mod flow;
mod list;
mod names;
mod table;

use super::context::{Context, excerpt};
use super::latex::{self, Piece};
use super::model::{Align, Block, Inline, Math, TextStyle};
use super::{markup, mathml};
use css::{Css, Length, text_align};
use ego_tree::NodeRef;
use flow::{Flow, State};
use names::{has_class, is_block, is_dropped, is_inline, is_math_tex, is_plain, plain_text};
use scraper::{ElementRef, Node};

/// Elements within elements.
const DEEPEST: usize = 64;
/// Blocks within blocks count for so many more: they stay nested until they are typeset.
const BLOCKS: usize = 4;

pub fn read(html: &str, context: &mut Context) -> Vec<Block> {
    let parsed = markup::parse(html);
    let state = State::default();
    let mut flow = Flow::default();
    let mut reader = Reader { context, depth: 0, figure_width: None };
    reader.children(parsed.html.tree.root(), &state, &mut flow);
    if let Some(why) = parsed.cut {
        flow.inline(reader.context.placeholder("texto longo demais", why), &state);
    }
    flow.finish(&state)
}

struct Reader<'c, 's> {
    context: &'c mut Context<'s>,
    depth: usize,
    /// Of the figure around, which says it for its picture.
    figure_width: Option<Length>,
}

impl Reader<'_, '_> {
    fn children(&mut self, parent: NodeRef<Node>, state: &State, flow: &mut Flow) {
        for node in parent.children() {
            match (node.value(), ElementRef::wrap(node)) {
                (Node::Text(text), _) => self.text(text, state, flow),
                (_, Some(element)) => self.element(element, state, flow),
                _ => {}
            }
        }
    }

    fn element(&mut self, element: ElementRef, state: &State, flow: &mut Flow) {
        if self.depth >= DEEPEST {
            let message = "elements within elements, too deep: what is in them is not shown";
            return flow.inline(self.context.placeholder("conteúdo aninhado demais", message), state);
        }
        self.depth += 1;
        self.any(element, state, flow);
        self.depth -= 1;
    }

    /// The blocks of an element that keeps its own.
    fn blocks(&mut self, parent: ElementRef, state: &State) -> Vec<Block> {
        let mut flow = Flow::default();
        self.depth += BLOCKS;
        self.children(*parent, state, &mut flow);
        self.depth -= BLOCKS;
        flow.finish(state)
    }

    /// An element's text on one line, for captions.
    fn line(&mut self, parent: ElementRef, state: &State) -> Vec<Inline> {
        let (mut inlines, whole) = flow::flatten(self.blocks(parent, state));
        if !whole {
            inlines.push(self.context.placeholder("bloco na legenda", "a caption holds a list, a table or a quote"));
        }
        inlines
    }

    fn text(&mut self, text: &str, state: &State, flow: &mut Flow) {
        for piece in latex::pieces(text) {
            match piece {
                Piece::Text(text) => flow.text(text, state),
                Piece::Formula { source, display } => {
                    let math = latex::read(source, display, self.context);
                    flow.math(math, display, state);
                }
                Piece::Unclosed(text) => {
                    self.context.warn(format!("“{}” begins a formula that nothing ends", excerpt(text)));
                    flow.text(text, state);
                }
            }
        }
    }

    fn any(&mut self, element: ElementRef, around: &State, flow: &mut Flow) {
        let name = element.value().name();
        let css = Css::of(&element);
        if self.is_hidden(element, &css) {
            return;
        }
        if css.has_symbol_font() && element.text().any(|t| t.contains(|c: char| c.is_ascii_alphabetic())) {
            let text: String = element.text().collect();
            self.context.warn(format!("“{}” is in a font of symbols, and is printed as letters", excerpt(&text)));
        }
        let state = inside(element, &css, around);
        if let Some((math, display)) = self.kept_formula(element) {
            return flow.math(math, display, &state);
        }
        match name {
            "br" => flow.inline(Inline::Break, &state),
            "hr" => flow.block(Block::Rule, around),
            "img" => self.image(element, &css, &state, flow),
            "math" => {
                let math = mathml::read(element, self.context);
                flow.math(math, mathml::is_display(element), &state);
            }
            "q" => {
                flow.text("“", &state);
                self.children(*element, &state, flow);
                flow.text("”", &state);
            }
            "code" | "kbd" | "samp" | "tt" if is_plain(element) => {
                flow.inline(Inline::Code { text: plain_text(element) }, &state);
            }
            "span" if is_math_tex(element) => {
                let math = latex::read(&plain_text(element), false, self.context);
                flow.math(math, false, &state);
            }
            // What KaTeX draws follows the MathML that it is drawn from.
            "span" if has_class(element, "katex-html") => {}
            "ul" | "ol" | "menu" | "dir" => self.list(element, &state, flow),
            "li" => self.stray_item(element, &state, flow),
            "table" => self.table(element, &css, &state, flow),
            "figure" => self.figure(element, &css, &state, flow),
            "blockquote" | "dd" => {
                flow.end_line(around);
                let blocks = self.blocks(element, &State { heading: None, ..state.clone() });
                flow.block(Block::Quote { blocks }, &state);
            }
            "pre" if is_plain(element) => {
                flow.block(Block::Code { text: plain_text(element).trim_end().to_owned() }, around);
            }
            _ if is_inline(name) => self.children(*element, &state, flow),
            _ if is_block(name) => {
                flow.end_line(around);
                self.children(*element, &state, flow);
                flow.end_line(&state);
            }
            "iframe" | "object" | "embed" | "applet" | "video" | "audio" | "canvas" | "svg" => {
                let message = format!("<{name}> can't be printed; a PNG, JPEG, GIF or WebP picture can");
                flow.inline(self.context.placeholder("conteúdo não imprimível", message), &state);
            }
            _ if is_dropped(name) => self.context.warn(format!("<{name}> is left out: it is no text")),
            _ => {
                self.context.warn(format!("<{}> is not known: its text is kept", excerpt(name)));
                self.children(*element, &state, flow);
            }
        }
    }

    /// What Wiris, MathJax and Quill keep in an attribute of what they draw.
    fn kept_formula(&mut self, element: ElementRef) -> Option<(Math, bool)> {
        if let Some(source) = element.attr("data-mathml").filter(|m| !m.trim().is_empty()) {
            return Some(mathml::parse(&mathml::wiris::decode(source), self.context));
        }
        let source = element.attr("data-value").filter(|_| has_class(element, "ql-formula"))?;
        Some((latex::read(source, false, self.context), false))
    }

    /// Hidden text may be the answer: it stays hidden, and that is said.
    fn is_hidden(&mut self, element: ElementRef, css: &Css) -> bool {
        let hidden = css.is_hidden() || element.attr("hidden").is_some();
        if hidden && element.text().any(|t| !t.trim().is_empty()) {
            self.context.warn(format!("hidden text in <{}> is not printed", excerpt(element.value().name())));
        }
        hidden
    }
}

/// The state within an element: by what it is, and then by what its style says.
fn inside(element: ElementRef, css: &Css, around: &State) -> State {
    let mut state = around.clone();
    let name = element.value().name();
    let style = match name {
        "b" | "strong" | "dt" => Some(TextStyle::Bold),
        "i" | "em" | "cite" | "var" | "dfn" | "address" => Some(TextStyle::Italic),
        "u" | "ins" => Some(TextStyle::Underline),
        "s" | "del" | "strike" => Some(TextStyle::Strike),
        "small" => Some(TextStyle::Small),
        _ => None,
    };
    state.styles.extend(style.filter(|style| !state.styles.contains(style)));
    match name {
        "sub" => css::shift(&mut state.styles, TextStyle::Subscript),
        "sup" => css::shift(&mut state.styles, TextStyle::Superscript),
        "h1" => state.heading = Some(1),
        "h2" => state.heading = Some(2),
        "h3" | "h4" | "h5" | "h6" => state.heading = Some(3),
        "center" => state.align = Align::Center,
        "pre" => state.keeps_space = true,
        _ => {}
    }
    if is_block(name) || matches!(name, "li" | "blockquote" | "dd") {
        state.align = text_align(&element, css).unwrap_or(state.align);
    }
    css.restyle(&mut state.styles);
    state.keeps_space = css.keeps_space().unwrap_or(state.keeps_space);
    state
}
