//! What reading a question needs beside its text: where it stands, whence its pictures come, and what was amiss.

use super::model::{Inline, Picture, PictureWidth};
use super::picture::{Pictures, Source};
use crate::json::Fault;

/// Said of one text at most; the last of them says that there are more.
const MOST_WARNINGS: usize = 30;

pub struct Context<'a> {
    /// Of what is being read, in the package: `exam.sections[0].questions[3].stem[0].html`.
    pub path: String,
    pub warnings: Vec<Fault>,
    pub pictures: Pictures,
    source: &'a dyn Source,
}

impl<'a> Context<'a> {
    pub fn new(source: &'a dyn Source, pictures: Pictures) -> Self {
        Context { path: String::new(), warnings: Vec::new(), pictures, source }
    }

    /// What is amiss at the present path; the same is said once.
    pub fn warn(&mut self, message: impl Into<String>) {
        let message = message.into();
        let here = || self.warnings.iter().rev().take_while(|w| w.path == self.path);
        let message = match here().count() {
            n if n >= MOST_WARNINGS => return,
            _ if here().any(|w| w.message == message) => return,
            n if n == MOST_WARNINGS - 1 => "more is amiss here than is listed".to_owned(),
            _ => message,
        };
        self.warnings.push(Fault { path: self.path.clone(), message });
    }

    /// Warns, and gives what stands for the thing on paper.
    pub fn placeholder(&mut self, text: &str, message: impl Into<String>) -> Inline {
        self.warn(message);
        Inline::Placeholder { text: excerpt(text) }
    }

    /// A picture as wide as `width` says of its natural width in points and its aspect, or what is shown instead.
    pub fn picture(
        &mut self,
        reference: &str,
        alt: &str,
        width: impl FnOnce(f64, f64) -> PictureWidth,
    ) -> Result<Picture, Inline> {
        const POINTS_PER_PIXEL: f64 = 0.75;
        match self.pictures.take(reference, self.source) {
            Ok(index) => {
                let (w, h) = self.pictures.natural_size(index);
                let aspect = f64::from(h) / f64::from(w);
                let width = width(f64::from(w) * POINTS_PER_PIXEL, aspect);
                Ok(Picture { index, width, aspect, alt: alt.to_owned() })
            }
            Err(why) => {
                let shown = if alt.is_empty() { "imagem indisponível" } else { alt };
                Err(self.placeholder(shown, format!("picture “{}”: {why}", excerpt(reference))))
            }
        }
    }
}

/// A source text as messages and placeholders show it: at most 60 characters, on one line.
pub fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.chars().nth(LONGEST).is_some() {
            return words.chars().take(LONGEST - 1).chain(['…']).collect();
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::rich::NoSource;

    #[test]
    fn the_same_is_said_once_and_no_text_says_much() {
        let mut context = Context::new(&NoSource, Pictures::new(false));
        for n in 0..100 {
            context.warn("again");
            context.warn(format!("{n}"));
        }
        assert_eq!(context.warnings.len(), MOST_WARNINGS);
        context.path = "elsewhere".to_owned();
        context.warn("again");
        assert_eq!(context.warnings.len(), MOST_WARNINGS + 1);
    }

    #[test]
    fn an_excerpt_is_one_short_line() {
        assert_eq!(excerpt(" a\n  b "), "a b");
        let cut = excerpt(&"á".repeat(100));
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (60, true));
    }
}
