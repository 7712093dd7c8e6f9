//! Colour spaces that are plain enough to take an image as it is (ISO 32000-1, 8.6).

use super::super::luma;
use super::filters;
use hayro_syntax::object::{Array, Dict, Object};

/// Gray as far as reading is concerned: calibrated spaces count as their device ones.
pub enum Plain {
    Gray,
    Rgb,
    /// The luma of each index.
    Indexed(Vec<u8>),
}

pub fn either<'a, T>(dict: &Dict<'a>, short: &str, long: &str) -> Option<T>
where
    T: TryFrom<Object<'a>>,
{
    let object = dict.get::<Object<'a>>(long).or_else(|| dict.get::<Object<'a>>(short))?;
    T::try_from(object).ok()
}

pub fn size(dict: &Dict<'_>) -> Option<(u32, u32)> {
    Some((either::<u32>(dict, "W", "Width")?, either::<u32>(dict, "H", "Height")?))
}

/// Whether /Decode turns black and white round; None for what is neither that nor nothing.
pub fn inverted(dict: &Dict<'_>, space: &Plain, bits: u8) -> Option<bool> {
    let Some(array) = either::<Array<'_>>(dict, "D", "Decode") else { return Some(false) };
    let values: Vec<f32> = array.iter::<f32>().collect();
    let top = if matches!(space, Plain::Indexed(_)) { ((1u32 << bits) - 1) as f32 } else { 1.0 };
    let all = |from: f32, to: f32| values.chunks(2).all(|pair| pair == [from, to]);
    if all(0.0, top) { Some(false) } else { (all(top, 0.0) && !matches!(space, Plain::Indexed(_))).then_some(true) }
}

pub fn plain_space(object: Object<'_>, bits: u8) -> Option<Plain> {
    let named = |name: &[u8]| match name {
        b"DeviceGray" | b"G" | b"CalGray" => Some(Plain::Gray),
        b"DeviceRGB" | b"RGB" | b"CalRGB" => Some(Plain::Rgb),
        _ => None,
    };
    match object {
        Object::Name(name) => named(name.as_ref()),
        Object::Array(array) => {
            let mut items = array.iter::<Object<'_>>();
            let family = items.next()?.into_name()?;
            match family.as_ref() {
                b"ICCBased" => match items.next()?.into_stream()?.dict().get::<u8>("N")? {
                    1 => Some(Plain::Gray),
                    3 => Some(Plain::Rgb),
                    _ => None,
                },
                b"Indexed" | b"I" => {
                    let base = plain_space_of_base(items.next()?)?;
                    items.next()?;
                    let table = match items.next()? {
                        Object::String(s) => s.as_bytes().to_vec(),
                        Object::Stream(s) => {
                            let chain = filters::filters(&s);
                            filters::decode(s.raw_data(), &chain, 768, 4096).ok()??.into_owned()
                        }
                        _ => return None,
                    };
                    let mut lumas = if matches!(base, Plain::Rgb) { luma::from_rgb(&table) } else { table };
                    if lumas.is_empty() || bits > 8 {
                        return None;
                    }
                    lumas.resize(256, 255);
                    Some(Plain::Indexed(lumas))
                }
                other => named(other),
            }
        }
        _ => None,
    }
}

/// An index can't stand for an index (8.6.6.3), so this ends.
fn plain_space_of_base(object: Object<'_>) -> Option<Plain> {
    if let Object::Array(array) = &object
        && array.iter::<Object<'_>>().next().and_then(Object::into_name).is_some_and(|n| n.as_ref() == b"Indexed")
    {
        return None;
    }
    plain_space(object, 8)
}
