//! What stands on the pictures, in Portuguese and in English.

use serde::Deserialize;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "service", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    Pt,
    En,
}

impl Language {
    pub(super) fn say(self, portuguese: &'static str, english: &'static str) -> &'static str {
        match self {
            Language::Pt => portuguese,
            Language::En => english,
        }
    }

    pub(super) fn code(self) -> &'static str {
        self.say("pt-BR", "en")
    }

    /// With so many decimals; a comma before them in Portuguese.
    pub(super) fn number(self, value: f64, decimals: usize) -> String {
        let text = format!("{:.decimals$}", value + 0.0);
        if self == Language::Pt { text.replace('.', ",") } else { text }
    }

    /// Of a share from 0 to 1.
    pub(super) fn percent(self, share: Option<f64>) -> String {
        share.map_or_else(|| "–".to_owned(), |s| format!("{} %", self.number(100.0 * s, 0)))
    }
}
