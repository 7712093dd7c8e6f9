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
