//! One item of a stem or of an alternative in PACKAGE.json: HTML, plain text, a formula or a picture.

use super::context::Context;
use super::model::{Align, Block, Inline, PictureWidth};
use super::{html, latex, mathml, symbol};
use crate::json::{Faults, Object};
use crate::units::MM_PER_POINT;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

const KINDS: [&str; 5] = ["html", "text", "latex", "mathml", "image"];

/// Bytes.
const LONGEST_TEXT: usize = 256 << 10;

/// A list of items, one after the other.
pub fn read_list(value: &Value, path: &str, context: &mut Context, faults: &mut Faults) -> Vec<Block> {
    match value {
        Value::Array(items) => {
            let item = |(i, item)| read_item(item, format!("{path}[{i}]"), context, faults);
            items.iter().enumerate().flat_map(item).collect()
        }
        item => read_item(item, path.to_owned(), context, faults),
    }
}

/// An object with one of `html`, `text`, `latex`, `mathml` and `image`; a string is HTML.
pub fn read_item(value: &Value, path: String, context: &mut Context, faults: &mut Faults) -> Vec<Block> {
    if let Value::String(source) = value {
        context.path = path;
        return html::read(source, context);
    }
    let mut object = Object::new(value, &path, faults);
    let kinds: Vec<&'static str> = KINDS.into_iter().filter(|kind| object.get(kind).is_some()).collect();
    let blocks = match kinds.as_slice() {
        [kind] => {
            context.path = object.path(kind);
            let source = object.opt_text(kind, faults).unwrap_or_default();
            match *kind {
                "html" => html::read(&source, context),
                "text" => plain(&source, context),
                "latex" => vec![Block::Equation { math: latex::read(&source, true, context) }],
                "mathml" => vec![Block::Equation { math: mathml::parse(&source, context).0 }],
                _ => image(&source, &mut object, context, faults),
            }
        }
        several => {
            if value.is_object() {
                let found = if several.is_empty() { "none".to_owned() } else { several.join(", ") };
                faults.add(path, format!("one of {} is expected; found: {found}", KINDS.join(", ")));
            }
            Vec::new()
        }
    };
    object.finish(faults);
    blocks
}

/// Paragraphs are set apart by empty lines, and other line breaks stay.
fn plain(text: &str, context: &mut Context) -> Vec<Block> {
    let end = text.floor_char_boundary(LONGEST_TEXT);
    let cut = (end < text.len()).then(|| {
        let why = format!("too long: what stands after {end} bytes is not read");
        context.placeholder("texto longo demais", why)
    });
    let text = &text[..end];
    let text = text.replace(['\u{b}', '\u{2028}', '\u{2029}'], "\n");
    let text: String = text.nfc().map(symbol::plain).filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect();
    let mut paragraphs: Vec<Vec<Inline>> = vec![Vec::new()];
    for line in text.lines().map(str::trim) {
        match paragraphs.last_mut() {
            Some(inlines) if !line.is_empty() => {
                if !inlines.is_empty() {
                    inlines.push(Inline::Break);
                }
                inlines.push(Inline::Text { text: line.to_owned() });
            }
            _ => paragraphs.push(Vec::new()),
        }
    }
    paragraphs.push(cut.into_iter().collect());
    paragraphs.retain(|inlines| !inlines.is_empty());
    paragraphs.into_iter().map(|inlines| Block::Paragraph { align: Align::Natural, inlines }).collect()
}

fn image(reference: &str, object: &mut Object, context: &mut Context, faults: &mut Faults) -> Vec<Block> {
    let width_mm = object.number("width", 1.0..=400.0, faults);
    let aligns =
        [("center", Align::Center), ("left", Align::Left), ("right", Align::Right), ("natural", Align::Natural)];
    let align = object.word("align", &aligns, faults);
    let alt = object.opt_text("alt", faults).unwrap_or_default();
    let caption = object.opt_text("caption", faults).unwrap_or_default();
    let caption = if caption.is_empty() { Vec::new() } else { vec![Inline::Text { text: caption.nfc().collect() }] };
    let width = |natural_pt, _| PictureWidth::Points(width_mm.map_or(natural_pt, |mm| mm / MM_PER_POINT));
    match context.picture(reference, &alt, width) {
        Ok(picture) => vec![Block::Figure { picture, align, caption }],
        Err(placeholder) => {
            let caption = if caption.is_empty() { None } else { Some(Block::Paragraph { align, inlines: caption }) };
            std::iter::once(Block::Paragraph { align, inlines: vec![placeholder] }).chain(caption).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::rich::{NoSource, Pictures};
    use serde_json::json;

    fn read(value: &Value) -> (Vec<Block>, Vec<String>, Vec<String>) {
        let mut context = Context::new(&NoSource, Pictures::new(false));
        let mut faults = Faults::default();
        let blocks = read_list(value, "q.stem", &mut context, &mut faults);
        let said = |faults: Vec<crate::json::Fault>| faults.iter().map(|f| f.to_string()).collect();
        (blocks, said(context.warnings), said(faults.0))
    }

    #[test]
    fn each_kind_is_read_and_faults_say_where() {
        let (blocks, warnings, faults) = read(&json!([
            "<b>a</b>",
            {"html": "b"},
            {"text": "c & d\ne\n\n\nf"},
            {"latex": "x^2"},
            {"mathml": "<math><mi>x</mi></math>"},
            {"image": "none.png", "width": 40, "caption": "Mapa"}
        ]));
        assert_eq!(faults, [""; 0]);
        assert_eq!(blocks.len(), 8, "{blocks:#?}");
        let break_within =
            |b: &Block| matches!(b, Block::Paragraph { inlines, .. } if inlines[1..2] == [Inline::Break]);
        assert!(break_within(&blocks[2]) && matches!(blocks[5], Block::Equation { .. }));
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].starts_with("q.stem[5].image: picture “none.png”: "), "{warnings:?}");

        let (_, _, faults) = read(&json!([{"html": "a", "text": "b"}, {}, 5, {"text": "a", "width": 3}, {"html": 1}]));
        let starts =
            ["q.stem[0]", "q.stem[1]", "q.stem[2]", "q.stem[3].width: unknown field", "q.stem[4].html: a string"];
        assert_eq!(faults.len(), starts.len(), "{faults:#?}");
        for (fault, start) in faults.iter().zip(starts) {
            assert!(fault.starts_with(start), "{fault}");
        }
    }
}
