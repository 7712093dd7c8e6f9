//! Foreign objects as bytes, with every reference in them changed.

use super::number;
use lopdf::{Dictionary, Object, ObjectId};
use std::io;

/// What becomes of what is copied.
pub trait Target {
    /// The number that an object has here, or None for one that is left behind.
    fn number(&mut self, id: ObjectId) -> Option<i64>;

    /// Whether nothing stands in a dictionary's place.
    fn is_left_out(&mut self, _dict: &Dictionary) -> bool {
        false
    }

    /// What stands in place of an entry's value.
    fn entry(&mut self, _dict: &Dictionary, _key: &[u8], _value: &Object) -> Option<Object> {
        None
    }
}

/// References that are indices, to objects numbered in a row from this one on.
pub struct InARow(pub i64);

impl Target for InARow {
    fn number(&mut self, (index, _): ObjectId) -> Option<i64> {
        Some(self.0 + i64::from(index))
    }
}

/// An object; of a stream, its dictionary. What nests too deep for the stack was refused by the parser.
pub fn write(out: &mut Vec<u8>, object: &Object, target: &mut impl Target) -> io::Result<()> {
    match object {
        Object::Reference(id) => match target.number(*id) {
            Some(n) => {
                number::int(out, n);
                out.extend_from_slice(b" 0 R");
            }
            None => out.extend_from_slice(b"null"),
        },
        Object::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b' ');
                }
                write(out, item, target)?;
            }
            out.push(b']');
        }
        Object::Dictionary(dict) if target.is_left_out(dict) => out.extend_from_slice(b"null"),
        Object::Dictionary(dict) => {
            out.extend_from_slice(b"<<");
            entries(out, dict, &[], target)?;
            out.extend_from_slice(b">>");
        }
        Object::Stream(stream) => write(out, &Object::Dictionary(stream.dict.clone()), target)?,
        // Neither has a spelling.
        Object::Real(value) if !value.is_finite() => out.push(b'0'),
        plain => lopdf::Writer::write_object(out, plain)?,
    }
    Ok(())
}

/// A dictionary's entries but for some.
pub fn entries(out: &mut Vec<u8>, dict: &Dictionary, but: &[&[u8]], target: &mut impl Target) -> io::Result<()> {
    for (key, value) in dict.iter().filter(|(key, _)| !but.contains(&key.as_slice())) {
        lopdf::Writer::write_object(out, &Object::Name(key.clone()))?;
        out.push(b' ');
        match target.entry(dict, key, value) {
            Some(other) => write(out, &other, target)?,
            None => write(out, value, target)?,
        }
    }
    Ok(())
}
