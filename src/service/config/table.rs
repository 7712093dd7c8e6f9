//! `docs/configuration.md`, made from the settings themselves.

use super::{Config, OTHERS, Reader};
use std::fmt::Write;

/// A table of all settings, in Markdown: path in the file, variable, default, what it does.
pub fn table() -> String {
    let mut reader = Reader::new(None, []);
    Config::of(&mut reader);
    let (settings, _) = reader.finish(&OTHERS);
    let mut text = String::from("| in the file | in the environment | default | |\n|---|---|---|---|\n");
    for setting in settings {
        let default = if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
        let doc = setting.doc.replace('|', "\\|");
        let _ = writeln!(text, "| `{}` | `{}` | {default} | {doc} |", setting.path, setting.variable());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGINS: &str = "| in the file |";

    /// `UPDATE=1 cargo test --lib the_documentation` writes it anew.
    #[test]
    fn the_documentation_has_every_setting() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
        let document = std::fs::read_to_string(path).unwrap();
        let at = document.find(BEGINS).unwrap();
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, format!("{}{}", &document[..at], table())).unwrap();
            return;
        }
        assert_eq!(&document[at..], table(), "UPDATE=1 cargo test --lib the_documentation writes it anew");
    }
}
