//! HTML and MathML to a tree, mended as browsers do, within bounds: what html5ever does with very many open tags or
//! attributes takes a time that grows with their square.

use scraper::Html;
use std::borrow::Cow;

/// Tags of one text.
const MOST_TAGS: usize = 20_000;
/// Bytes of one text, pictures within it not counted.
const MOST_BYTES: usize = 256 << 10;
/// A longer run of Base64's characters is a picture's data.
const LONGEST_WORD: usize = 1_000;

pub struct Parsed {
    pub html: Html,
    /// What was left unread, if anything was.
    pub cut: Option<String>,
}

pub fn parse(source: &str) -> Parsed {
    let end = end(source);
    let cut = (end < source.len()).then(|| {
        format!(
            "too long: what stands after {end} bytes is not read; at most {MOST_TAGS} tags and {} KiB without \
             pictures are expected",
            MOST_BYTES >> 10
        )
    });
    Parsed { html: Html::parse_fragment(&unprefixed(&source[..end])), cut }
}

fn end(source: &str) -> usize {
    let (mut tags, mut bytes, mut word) = (0, 0, 0);
    for (at, byte) in source.bytes().enumerate() {
        word = if byte.is_ascii_alphanumeric() || b"+/=".contains(&byte) { word + 1 } else { 0 };
        bytes += usize::from(word <= LONGEST_WORD);
        tags += usize::from(byte == b'<');
        if tags > MOST_TAGS || bytes > MOST_BYTES {
            return source.floor_char_boundary(at);
        }
    }
    source.len()
}

/// Word and Java tools write MathML with a namespace's prefix, which HTML does not know.
fn unprefixed(source: &str) -> Cow<'_, str> {
    let mut source = Cow::Borrowed(source);
    for prefix in ["m:", "mml:"] {
        if source.contains(&format!("<{prefix}math")) {
            let plain = source.replace(&format!("<{prefix}"), "<").replace(&format!("</{prefix}"), "</");
            source = Cow::Owned(plain);
        }
    }
    source
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_and_long_pictures_are_not() {
        let picture = format!("<img src='data:image/png;base64,{}'>", "A".repeat(1 << 20));
        assert!(parse(&picture).cut.is_none());
        let words = "palavra é ".repeat(100_000);
        assert!(end(&words) <= MOST_BYTES && parse(&words).cut.is_some());
        assert!(parse(&"<b>".repeat(100_000)).cut.is_some());
    }

    #[test]
    fn prefixed_mathml_is_mathml() {
        let parsed = parse("<m:math><m:mspace/><m:mi>x</m:mi></m:math>");
        assert!(parsed.html.html().contains("<math><mspace></mspace><mi>x</mi></math>"), "{}", parsed.html.html());
    }
}
