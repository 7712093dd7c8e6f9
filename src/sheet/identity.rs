//! Who a page is: an opaque sheet id, the page's number, its layout, and a keyed check. Nothing else is on paper.
//!
//! Three spellings of one identity, all in Crockford's base 32 (no I, L, O, U), which is also within the alphanumeric
//! mode of QR (ISO/IEC 18004, 7.4.4) and the C40 set of Data Matrix (ISO/IEC 16022, 5.2.5):
//!
//! - the **code text**, in the QR and in the backup code: `GB1` + sheet 16 + page 2 + layout 12 + MAC 12 = 45 characters;
//! - the **printed code**, for people and OCR: sheet 16 + page 1 + layout's first 3 + check 4 = 24 characters.
//!
//! MAC and check are truncations of HMAC-SHA-256 under the configured key, over the characters before them, each under
//! a domain of its own. 60 bits of MAC cannot be forged by trial; 20 bits of check let one typing or OCR error in a
//! million through, and then the id still has to exist.

use super::lize::Uuid;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use std::str::FromStr;

/// Of all spellings: the value of a digit is its place.
pub const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX: &str = "GB1";
const SHEET_CHARS: usize = 16;
const PAGE_CHARS: usize = 2;
const LAYOUT_CHARS: usize = 12;
const MAC_CHARS: usize = 12;
/// At the end of a printed code.
pub const CHECK_CHARS: usize = 4;
const PRINTED_LAYOUT_CHARS: usize = 3;

/// Characters of every code text.
pub const CODE_CHARS: usize = PREFIX.len() + SHEET_CHARS + PAGE_CHARS + LAYOUT_CHARS + MAC_CHARS;
/// Characters of every printed code, without its spaces.
pub const PRINTED_CHARS: usize = SHEET_CHARS + 1 + PRINTED_LAYOUT_CHARS + CHECK_CHARS;
/// The highest page number that the printed code's one character can say.
pub const MAX_PAGE: u16 = 31;

/// The key of the MAC. Its `Debug` does not show it.
#[derive(Clone)]
pub struct SheetKey(Vec<u8>);

impl SheetKey {
    /// What a laptop uses when nobody configured a key: good for trying out, not against forgery.
    pub const LAPTOP: &'static str = "gabarito on a laptop";

    pub fn new(secret: &str) -> Self {
        SheetKey(secret.as_bytes().to_vec())
    }

    fn mac(&self, domain: &str, text: &str, chars: usize) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(domain.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        base32(&mac.finalize().into_bytes(), chars)
    }

    /// The id of a Lize sheet, or of an application, that has no uuid of its own: it too leads to neither.
    pub fn uuid(&self, application: &str, student: &str) -> Uuid {
        let text = format!("{}:{application}{}:{student}", application.len(), student.len());
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(b"uuid\0");
        mac.update(text.as_bytes());
        let bytes = mac.finalize().into_bytes();
        Uuid::from_bytes(std::array::from_fn(|i| bytes[i]))
    }

    /// The id of a student's sheet in an application: the same input gives the same id, and without the key it cannot
    /// be traced back to either. `copy` tells spares and further sheets of one student apart.
    pub fn sheet_id(&self, application: &str, student: &str, copy: u32) -> SheetId {
        let (a, s) = (application.len(), student.len());
        SheetId(self.mac("sheet", &format!("{a}:{application}{s}:{student}{copy}"), SHEET_CHARS))
    }
}

impl fmt::Debug for SheetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SheetKey(…)")
    }
}

macro_rules! base32_id {
    ($name:ident, $chars:expr, $what:literal) => {
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = CodeError;
            fn from_str(s: &str) -> Result<Self, CodeError> {
                if s.len() == $chars && s.bytes().all(|b| ALPHABET.contains(&b)) {
                    Ok($name(s.to_owned()))
                } else {
                    Err(CodeError::Malformed(concat!($what, " of the base-32 alphabet 0-9 A-Z without I, L, O, U")))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = CodeError;
            fn try_from(s: String) -> Result<Self, CodeError> {
                s.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

base32_id!(SheetId, SHEET_CHARS, "a sheet id is 16 characters");
base32_id!(LayoutId, LAYOUT_CHARS, "a layout id is 12 characters");

impl LayoutId {
    /// The name of a layout with this content.
    pub fn of_content(content: &[u8]) -> Self {
        use sha2::Digest;
        LayoutId(base32(&Sha256::digest(content), LAYOUT_CHARS))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    pub sheet: SheetId,
    /// From 1 to [`MAX_PAGE`].
    pub page: u16,
    pub layout: LayoutId,
}

/// What a printed code says: the layout only in part, enough to catch a wrong one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedIdentity {
    pub sheet: SheetId,
    pub page: u16,
    pub layout_begins: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("the code is not one of this system: it does not begin with {PREFIX}")]
    NotOurs,
    #[error("malformed code: {0}")]
    Malformed(&'static str),
    #[error("the code's check does not hold under the configured key: altered, or printed under another key")]
    WrongMac,
}

impl Identity {
    pub fn to_code(&self, key: &SheetKey) -> String {
        let page = [self.page / 32 % 32, self.page % 32].map(|d| ALPHABET[usize::from(d)] as char);
        let body = format!("{PREFIX}{}{}{}{}", self.sheet, page[0], page[1], self.layout);
        let mac = key.mac("code", &body, MAC_CHARS);
        body + &mac
    }

    pub fn from_code(text: &str, key: &SheetKey) -> Result<Self, CodeError> {
        let rest = text.strip_prefix(PREFIX).ok_or(CodeError::NotOurs)?;
        if text.len() != CODE_CHARS || !rest.bytes().all(|b| ALPHABET.contains(&b)) {
            return Err(CodeError::Malformed("45 characters of the base-32 alphabet are expected"));
        }
        let (body, mac) = text.split_at(CODE_CHARS - MAC_CHARS);
        if !same(mac, &key.mac("code", body, MAC_CHARS)) {
            return Err(CodeError::WrongMac);
        }
        let (sheet, rest) = rest.split_at(SHEET_CHARS);
        let (page, rest) = rest.split_at(PAGE_CHARS);
        let page = page.bytes().fold(0, |n, b| n * 32 + digit(b));
        if !(1..=MAX_PAGE).contains(&page) {
            return Err(CodeError::Malformed("the page number is outside 1 to 31"));
        }
        Ok(Identity { sheet: sheet.parse()?, page, layout: rest[..LAYOUT_CHARS].parse()? })
    }

    /// In groups of four: `7KQM 4T9X W2HD 6RPF 1AB3 C9DY`.
    pub fn to_printed(&self, key: &SheetKey) -> String {
        let page = ALPHABET[usize::from(self.page % 32)] as char;
        let body = format!("{}{page}{}", self.sheet, &self.layout.0[..PRINTED_LAYOUT_CHARS]);
        let text = format!("{body}{}", key.mac("printed", &body, CHECK_CHARS));
        let groups: Vec<&str> = (0..PRINTED_CHARS / 4).map(|i| &text[4 * i..4 * i + 4]).collect();
        groups.join(" ")
    }

    /// Takes what a person types or OCR sees: spaces, hyphens and lower case do not matter, and I, L, O are taken for
    /// the digits that they look like (Crockford).
    pub fn from_printed(text: &str, key: &SheetKey) -> Result<PrintedIdentity, CodeError> {
        let mut plain = String::with_capacity(PRINTED_CHARS);
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let c = match c.to_ascii_uppercase() {
                'I' | 'L' => '1',
                'O' => '0',
                c => c,
            };
            if !c.is_ascii() || !ALPHABET.contains(&(c as u8)) || plain.len() == PRINTED_CHARS {
                return Err(CodeError::Malformed("24 characters of the base-32 alphabet are expected"));
            }
            plain.push(c);
        }
        if plain.len() != PRINTED_CHARS {
            return Err(CodeError::Malformed("24 characters of the base-32 alphabet are expected"));
        }
        let (body, check) = plain.split_at(PRINTED_CHARS - CHECK_CHARS);
        if !same(check, &key.mac("printed", body, CHECK_CHARS)) {
            return Err(CodeError::WrongMac);
        }
        let page = digit(body.as_bytes()[SHEET_CHARS]);
        if page == 0 {
            return Err(CodeError::Malformed("the page number is outside 1 to 31"));
        }
        let layout_begins = body[SHEET_CHARS + 1..].to_owned();
        Ok(PrintedIdentity { sheet: body[..SHEET_CHARS].parse()?, page, layout_begins })
    }
}

fn base32(bytes: &[u8], chars: usize) -> String {
    let bit = |i: usize| bytes[i / 8] >> (7 - i % 8) & 1;
    (0..chars)
        .map(|c| (0..5).fold(0, |n, b| n << 1 | bit(5 * c + b)))
        .map(|d| ALPHABET[usize::from(d)] as char)
        .collect()
}

fn digit(b: u8) -> u16 {
    ALPHABET.iter().position(|&a| a == b).unwrap_or(0) as u16
}

/// Compares in constant time, so that a MAC can't be found out character by character.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |d, (x, y)| d | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn identity() -> impl Strategy<Value = Identity> {
        ("[0-9A-HJKMNP-TV-Z]{16}", 1..=MAX_PAGE, "[0-9A-HJKMNP-TV-Z]{12}").prop_map(|(sheet, page, layout)| Identity {
            sheet: sheet.parse().unwrap(),
            page,
            layout: layout.parse().unwrap(),
        })
    }

    proptest! {
        #[test]
        fn a_code_says_what_was_written(id in identity(), secret in ".*") {
            let key = SheetKey::new(&secret);
            let text = id.to_code(&key);
            prop_assert_eq!(text.len(), CODE_CHARS);
            prop_assert_eq!(Identity::from_code(&text, &key), Ok(id.clone()));
            let printed = Identity::from_printed(&id.to_printed(&key).to_lowercase(), &key).unwrap();
            prop_assert_eq!((printed.sheet, printed.page), (id.sheet, id.page));
            prop_assert!(id.layout.as_str().starts_with(&printed.layout_begins));
        }

        #[test]
        fn one_changed_character_is_caught(id in identity(), at in 0..CODE_CHARS, by in 1..32_u16) {
            let key = SheetKey::new("k");
            let mut text = id.to_code(&key).into_bytes();
            text[at] = ALPHABET[usize::from((digit(text[at]) + by) % 32)];
            prop_assert!(Identity::from_code(std::str::from_utf8(&text).unwrap(), &key).is_err());
        }

        #[test]
        fn another_key_is_refused(id in identity()) {
            let text = id.to_code(&SheetKey::new("one"));
            prop_assert_eq!(Identity::from_code(&text, &SheetKey::new("two")), Err(CodeError::WrongMac));
        }

        #[test]
        fn any_text_is_taken_without_panic(text in ".{0,60}") {
            let key = SheetKey::new("k");
            prop_assert!(Identity::from_code(&text, &key).is_err());
            let _ = Identity::from_printed(&text, &key);
        }
    }

    #[test]
    fn a_sheet_id_depends_on_student_copy_and_key() {
        let key = SheetKey::new("k");
        let ids = [
            key.sheet_id("a", "b", 0),
            key.sheet_id("a", "b", 1),
            key.sheet_id("ab", "", 0),
            key.sheet_id("", "ab", 0),
            SheetKey::new("l").sheet_id("a", "b", 0),
        ];
        for (i, a) in ids.iter().enumerate() {
            assert!(ids[i + 1..].iter().all(|b| a != b));
        }
        assert_eq!(ids[0], key.sheet_id("a", "b", 0));
    }

    #[test]
    fn the_key_is_not_shown() {
        assert!(!format!("{:?}", SheetKey::new("secret")).contains("secret"));
    }
}
