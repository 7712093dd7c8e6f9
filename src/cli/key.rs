//! The key under which sheets are signed and checked, from the environment and from nowhere else.

use super::CliError;
use crate::sheet::SheetKey;
use std::ffi::OsString;
use std::io::Write;

const VARIABLE: &str = "GABARITO_SHEET_KEY";

/// The key under which this run signs and checks.
pub fn sheet_key() -> Result<SheetKey, CliError> {
    sheet_secret().map(|secret| SheetKey::new(&secret))
}

/// What the key is made of. Says on stderr when it is the laptop's, which everybody knows.
pub fn sheet_secret() -> Result<String, CliError> {
    match configured(std::env::var_os(VARIABLE))? {
        Some(secret) => Ok(secret),
        None => {
            let _ = writeln!(
                std::io::stderr(),
                "note: {VARIABLE} is not set; sheets are signed and checked with the key of a laptop, which everybody \
                 knows"
            );
            Ok(SheetKey::LAPTOP.to_owned())
        }
    }
}

/// An empty key is refused: it is a deployment that lost its secret, and must not print sheets that anybody can forge.
fn configured(value: Option<OsString>) -> Result<Option<String>, CliError> {
    let Some(value) = value else { return Ok(None) };
    match value.to_str() {
        Some("") => Err(CliError::Usage(format!("{VARIABLE} is empty; unset it or give it a secret"))),
        Some(secret) => Ok(Some(secret.to_owned())),
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
        assert_eq!(configured(Some("segredo".into())).unwrap().unwrap(), "segredo");
    }
}
