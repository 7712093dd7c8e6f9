//! What a Lize sheet's code says: `#operation:model:uuid#`.
//!
//! There is no MAC in it: whoever can print a QR can print any sheet's. So a code proves nothing by itself, and a reader
//! believes an answer only where the page's print bears out the layout of the model that the code names.

use std::fmt;
use std::str::FromStr;

/// A universally unique identifier as text (RFC 9562, section 4), in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uuid(String);

impl Uuid {
    /// Version 8 (RFC 9562, section 5.8): 122 bits that somebody else made.
    pub fn from_bytes(mut bytes: [u8; 16]) -> Self {
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let groups = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        Uuid(groups.join("-"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Uuid {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        const HYPHENS: [usize; 4] = [8, 13, 18, 23];
        let fits = |(i, b): (usize, u8)| if HYPHENS.contains(&i) { b == b'-' } else { b.is_ascii_hexdigit() };
        if text.len() == 36 && text.bytes().enumerate().all(fits) {
            Ok(Uuid(text.to_ascii_lowercase()))
        } else {
            Err(CodeError::Malformed("the last part is not a UUID"))
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A pupil's sheet: the uuid is the pupil in the application.
    Pupil,
    /// A loose sheet, "avulsa": the uuid is the application, and the matrícula grid says whose it is.
    Loose,
    /// A pupil's sheet with questions in an order of its own; a version number says which.
    Shuffled,
}

impl Operation {
    pub const ALL: [Operation; 3] = [Operation::Pupil, Operation::Loose, Operation::Shuffled];

    pub fn letter(self) -> &'static str {
        match self {
            Operation::Pupil => "S",
            Operation::Loose => "A",
            Operation::Shuffled => "R",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    pub operation: Operation,
    pub model: u32,
    /// Of a shuffled sheet.
    pub version: Option<u32>,
    pub id: Uuid,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("the code is not one of a Lize sheet: it is not between #")]
    NotLize,
    #[error("malformed code: {0}")]
    Malformed(&'static str),
}

/// Digits of a model's or version's number.
const LONGEST_NUMBER: usize = 6;

impl FromStr for Code {
    type Err = CodeError;

    /// A shuffled sheet's version may stand before or after the uuid: both were plausible to write.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let inner = text.trim().strip_prefix('#').and_then(|t| t.strip_suffix('#')).ok_or(CodeError::NotLize)?;
        let parts: Vec<&str> = inner.split(':').collect();
        let (model, version, id) = match parts[..] {
            [_, model, id] => (model, None, id),
            ["R", model, version, id] if version.len() <= LONGEST_NUMBER => (model, Some(version), id),
            ["R", model, id, version] => (model, Some(version), id),
            _ => return Err(CodeError::Malformed("operation, model and uuid are expected")),
        };
        let operation = Operation::ALL.into_iter().find(|o| o.letter() == parts[0]);
        Ok(Code {
            operation: operation.ok_or(CodeError::Malformed("the operation is none of S, A and R"))?,
            model: number(model)?,
            version: version.map(number).transpose()?,
            id: id.parse()?,
        })
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Code { operation, model, version, id } = self;
        match version {
            Some(version) => write!(f, "#{}:{model}:{version}:{id}#", operation.letter()),
            None => write!(f, "#{}:{model}:{id}#", operation.letter()),
        }
    }
}

/// The code of a discursive sheet's box: which question is answered in it, and on whose sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoxCode {
    pub question: u32,
    pub id: Uuid,
}

impl FromStr for BoxCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let inner = text.trim().strip_prefix("#Q:").and_then(|t| t.strip_suffix('#')).ok_or(CodeError::NotLize)?;
        let (question, id) = inner.split_once(':').ok_or(CodeError::Malformed("a question and a uuid are expected"))?;
        Ok(BoxCode { question: number(question)?, id: id.parse()? })
    }
}

impl fmt::Display for BoxCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#Q:{}:{}#", self.question, self.id)
    }
}

fn number(text: &str) -> Result<u32, CodeError> {
    let digits = !text.is_empty() && text.len() <= LONGEST_NUMBER && text.bytes().all(|b| b.is_ascii_digit());
    let value = if digits { text.parse().ok() } else { None };
    value.ok_or(CodeError::Malformed("a number of up to six digits is expected"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ID: &str = "2ea687c7-8ff8-4821-8d55-1443fe392a9c";

    #[test]
    fn the_printed_code_is_read() {
        let code: Code = format!("#A:1:{ID}#").parse().unwrap();
        assert_eq!((code.operation, code.model, code.version, code.id.as_str()), (Operation::Loose, 1, None, ID));
        assert_eq!(code.to_string(), format!("#A:1:{ID}#"));
        for text in [format!("#R:8:12:{ID}#"), format!("#R:8:{}:12#", ID.to_uppercase())] {
            let code: Code = text.parse().unwrap();
            assert_eq!((code.model, code.version, code.id.as_str()), (8, Some(12), ID));
        }
        let code: BoxCode = format!("#Q:7:{ID}#").parse().unwrap();
        assert_eq!((code.question, code.to_string()), (7, format!("#Q:7:{ID}#")));
    }

    #[test]
    fn what_is_not_quite_a_code_is_none() {
        let wrong = [
            String::new(),
            "##".into(),
            "#S:1#".into(),
            format!("S:1:{ID}"),
            format!("#S:1:{ID}"),
            format!("#X:1:{ID}#"),
            format!("#s:1:{ID}#"),
            format!("#S::{ID}#"),
            format!("#S:-1:{ID}#"),
            format!("#S:1234567:{ID}#"),
            format!("#S:1:2:{ID}#"),
            format!("#S:1:{ID}:#"),
            format!("#R:1:2:{ID}:3#"),
            format!("#S:1:{}#", &ID[1..]),
            format!("#S:1:{}g#", &ID[..35]),
            format!("#S:1:{}#", ID.replace('-', "0")),
            format!("#S:1:{ID}##"),
        ];
        for text in wrong {
            assert!(text.parse::<Code>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_code_survives_its_text(bytes in any::<[u8; 16]>(), model in 0..1_000_000_u32, version in 0..1_000_000_u32) {
            let id = Uuid::from_bytes(bytes);
            for (operation, version) in [(Operation::Pupil, None), (Operation::Shuffled, Some(version))] {
                let code = Code { operation, model, version, id: id.clone() };
                prop_assert_eq!(code.to_string().parse(), Ok(code));
            }
        }

        #[test]
        fn any_text_is_taken_without_panic(text in "#?[SARQ]?:?.{0,60}#?") {
            let _ = text.parse::<Code>();
            let _ = text.parse::<BoxCode>();
        }
    }
}
