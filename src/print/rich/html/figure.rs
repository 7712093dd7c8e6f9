//! Pictures: as `img` has them, and with a caption in `figure`.

use super::Reader;
use super::css::{Css, Length, align};
use super::flow::{Flow, State};
use super::names::has_class;
use crate::print::rich::latex;
use crate::print::rich::model::{Align, Block, PictureWidth, Table};
use scraper::ElementRef;

impl Reader<'_, '_> {
    pub(super) fn image(&mut self, img: ElementRef, css: &Css, state: &State, flow: &mut Flow) {
        let source = img.attr("src").unwrap_or_default().trim();
        if let Some(formula) = latex::from_picture_address(source) {
            return flow.math(latex::read(&formula, false, self.context), false, state);
        }
        let alt = img.attr("alt").unwrap_or_default().trim();
        let side = |name| css.length(name).or_else(|| Length::parse(img.attr(name)?));
        let (width, height) = (self.figure_width.or_else(|| side("width")), side("height"));
        let width = |natural_pt, aspect| match (width, height) {
            (Some(Length::Points(points)), _) => PictureWidth::Points(points),
            (Some(Length::Part(part)), _) => PictureWidth::Column(part),
            (None, Some(Length::Points(points))) => PictureWidth::Points(points / aspect),
            _ => PictureWidth::Points(natural_pt),
        };
        match self.context.picture(source, alt, width) {
            Ok(picture) => {
                let place = css.place().or_else(|| img.attr("align").and_then(align));
                flow.picture(picture, place.or_else(|| class_place(img)), state);
            }
            Err(placeholder) => flow.inline(placeholder, state),
        }
    }

    pub(super) fn figure(&mut self, figure: ElementRef, css: &Css, state: &State, flow: &mut Flow) {
        flow.end_line(state);
        let place = css.place().or_else(|| class_place(figure)).unwrap_or(Align::Center);
        let inner = State { heading: None, align: place, ..state.clone() };
        let outer_width = std::mem::replace(&mut self.figure_width, css.length("width"));
        let (mut body, mut caption) = (Flow::default(), Vec::new());
        for node in figure.children() {
            match (ElementRef::wrap(node), node.value().as_text()) {
                (Some(e), _) if e.value().name() == "figcaption" => caption.extend(self.line(e, &inner)),
                (Some(e), _) => self.element(e, &inner, &mut body),
                (None, Some(text)) => self.text(text, &inner, &mut body),
                (None, None) => {}
            }
        }
        self.figure_width = outer_width;
        let mut blocks = body.finish(&inner);
        match blocks.last_mut() {
            Some(Block::Figure { caption: own, .. } | Block::Table(Table { caption: own, .. })) if own.is_empty() => {
                *own = caption;
            }
            _ if caption.is_empty() => {}
            _ => blocks.push(Block::Paragraph { align: Align::Center, inlines: caption }),
        }
        blocks.into_iter().for_each(|block| flow.block(block, state));
    }
}

/// CKEditor's and Froala's classes.
fn class_place(element: ElementRef) -> Option<Align> {
    let any = |classes: &[&str]| classes.iter().any(|class| has_class(element, class));
    if any(&["image-style-align-left", "image-style-block-align-left", "fr-fil"]) {
        Some(Align::Left)
    } else if any(&["image-style-align-right", "image-style-block-align-right", "image-style-side", "fr-fir"]) {
        Some(Align::Right)
    } else if any(&["image-style-align-center", "fr-fic"]) {
        Some(Align::Center)
    } else {
        None
    }
}
