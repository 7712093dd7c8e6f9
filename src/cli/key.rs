//! The key under which sheets are signed and checked, from the environment and from nowhere else.

use super::CliError;
use crate::sheet::SheetKey;
use std::ffi::OsString;
use std::io::Write;

const VARIABLE: &str = "GABARITO_SHEET_KEY";

/// Says on stderr when it is the laptop's key, which everybody knows.
pub fn sheet_key() -> Result<SheetKey, CliError> {
    match configured(std::env::var_os(VARIABLE))? {
        Some(key) => Ok(key),
        None => {
            let _ = writeln!(
                std::io::stderr(),
                "note: {VARIABLE} is not set; sheets are signed and checked with the key of a laptop, which everybody \
                 knows"
            );
            Ok(SheetKey::new(SheetKey::LAPTOP))
        }
    }
}

/// An empty key is refused: it is a deployment that lost its secret, and must not print sheets that anybody can forge.
fn configured(value: Option<OsString>) -> Result<Option<SheetKey>, CliError> {
    let Some(value) = value else { return Ok(None) };
    match value.to_str() {
        Some("") => Err(CliError::Usage(format!("{VARIABLE} is empty; unset it or give it a secret"))),
        Some(secret) => Ok(Some(SheetKey::new(secret))),
        None => Err(CliError::Usage(format!("{VARIABLE} is not UTF-8 text"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_key_is_refused_and_none_is_the_laptops() {
        assert!(matches!(configured(Some("".into())), Err(CliError::Usage(_))));
        assert!(matches!(configured(None), Ok(None)));
        let key = configured(Some("segredo".into())).unwrap().unwrap();
        assert_eq!(key.sheet_id("a", "b", 0), SheetKey::new("segredo").sheet_id("a", "b", 0));
    }
}
