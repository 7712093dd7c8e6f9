//! Settings from three layers: a default in the code, a TOML file, the environment. What reads a setting is also what
//! documents it, so [`table`](super::table) can't differ from what is obeyed.

use crate::json::Fault;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A value that is shown nowhere.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Secret(value.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Ok(Secret(s.to_owned()))
    }
}

/// A setting, for `docs/configuration.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub path: &'static str,
    pub default: String,
    pub doc: &'static str,
}

impl Setting {
    /// `database.url` is `GABARITO_DATABASE_URL`.
    pub fn variable(&self) -> String {
        variable(self.path)
    }
}

fn variable(path: &str) -> String {
    format!("GABARITO_{}", path.replace('.', "_").to_uppercase())
}

pub struct Reader {
    file: BTreeMap<String, toml::Value>,
    environment: BTreeMap<String, String>,
    settings: Vec<Setting>,
    faults: Vec<Fault>,
}

impl Reader {
    /// `environment` is looked at for `GABARITO_…` alone.
    pub fn new(file: Option<&str>, environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let environment = environment.into_iter().filter(|(name, _)| name.starts_with("GABARITO_")).collect();
        let mut reader = Reader { file: BTreeMap::new(), environment, settings: Vec::new(), faults: Vec::new() };
        match file.map(toml::from_str::<toml::Table>) {
            Some(Ok(table)) => flatten(String::new(), table, &mut reader.file),
            Some(Err(e)) => reader.fault("", format!("the file is not TOML: {e}")),
            None => {}
        }
        reader
    }

    pub fn fault(&mut self, path: &str, message: impl Into<String>) {
        self.faults.push(Fault { path: path.to_owned(), message: message.into() });
    }

    /// What the environment or the file says, as text: the environment wins. `said_by` names which, for a fault.
    fn said(&mut self, path: &'static str, default: &str, doc: &'static str) -> Option<(String, String)> {
        self.settings.push(Setting { path, default: default.to_owned(), doc });
        let from_file = self.file.remove(path);
        let variable = variable(path);
        if let Some(text) = self.environment.remove(&variable) {
            return Some((text, variable));
        }
        let text = match from_file? {
            toml::Value::String(s) => s,
            toml::Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join(","),
            other => plain(&other),
        };
        Some((text, path.to_owned()))
    }

    fn parse<T>(
        &mut self,
        said: Option<(String, String)>,
        default: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> T {
        if let Some((text, by)) = said {
            match parse(text.trim()) {
                Ok(value) => return value,
                // The value is not repeated: it may be a secret that landed in the wrong place.
                Err(expected) => self.fault(&by, format!("{expected} is expected")),
            }
        }
        parse(default).unwrap_or_else(|e| unreachable!("a default is valid: {e}"))
    }

    /// Anything that is spelled as text; `what` says what would be valid.
    pub fn value<T: FromStr>(&mut self, path: &'static str, default: &str, what: &str, doc: &'static str) -> T {
        let said = self.said(path, default, doc);
        self.parse(said, default, |s| s.parse().map_err(|_| what.to_owned()))
    }

    /// Absent where nobody says anything, or says nothing.
    pub fn optional<T: FromStr>(&mut self, path: &'static str, what: &str, doc: &'static str) -> Option<T> {
        let said = self.said(path, "", doc).filter(|(text, _)| !text.trim().is_empty());
        let (text, by) = said?;
        let value = text.trim().parse().ok();
        if value.is_none() {
            self.fault(&by, format!("{what} is expected"));
        }
        value
    }

    pub fn text(&mut self, path: &'static str, default: &str, doc: &'static str) -> String {
        self.value(path, default, "text", doc)
    }

    pub fn whole(
        &mut self,
        path: &'static str,
        default: &str,
        valid: std::ops::RangeInclusive<u64>,
        doc: &'static str,
    ) -> u64 {
        let said = self.said(path, default, doc);
        let what = format!("a whole number from {} to {}", valid.start(), valid.end());
        self.parse(said, default, |s| s.parse().ok().filter(|n| valid.contains(n)).ok_or_else(|| what.clone()))
    }

    /// `500ms`, `30s`, `5m`, `12h`, `90d`; none that is over at once.
    pub fn duration(&mut self, path: &'static str, default: &str, doc: &'static str) -> Duration {
        let said = self.said(path, default, doc);
        let expected = || "a time longer than none, such as 500ms, 30s, 5m, 12h or 90d,".to_owned();
        self.parse(said, default, |s| time(s).ok().filter(|d| !d.is_zero()).ok_or_else(expected))
    }

    /// A time, or 0 of any unit where that means something else.
    pub fn duration_or_zero(&mut self, path: &'static str, default: &str, doc: &'static str) -> Duration {
        let said = self.said(path, default, doc);
        self.parse(said, default, time)
    }

    /// `64KB`, `8MiB`, `1GiB`, or a number of bytes.
    pub fn bytes(&mut self, path: &'static str, default: &str, doc: &'static str) -> u64 {
        let said = self.said(path, default, doc);
        self.parse(said, default, |s| bytes(s).ok_or_else(|| "a size such as 500KB, 8MiB or 1GiB".to_owned()))
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, path: &'static str, words: &[(&'static str, T)], doc: &'static str) -> T {
        let said = self.said(path, words[0].0, doc);
        let valid = words.iter().map(|(w, _)| *w).collect::<Vec<_>>().join(", ");
        self.parse(said, words[0].0, |s| {
            words.iter().find(|(w, _)| *w == s).map(|(_, v)| *v).ok_or_else(|| format!("one of {valid}"))
        })
    }

    /// A list in the file, or commas in the environment.
    pub fn list(&mut self, path: &'static str, doc: &'static str) -> Vec<String> {
        let said = self.said(path, "", doc).unwrap_or_default().0;
        said.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned).collect()
    }

    /// A list, each element of which is read; what can't be is a fault.
    pub fn each<T: FromStr<Err: ToString>>(&mut self, path: &'static str, doc: &'static str) -> Vec<T> {
        let mut read = Vec::new();
        for (at, text) in self.list(path, doc).iter().enumerate() {
            match text.parse() {
                Ok(value) => read.push(value),
                Err(e) => self.fault(&format!("{path}[{at}]"), format!("{} is expected", T::Err::to_string(&e))),
            }
        }
        read
    }

    pub fn flag(&mut self, path: &'static str, default: bool, doc: &'static str) -> bool {
        let default = if default { "true" } else { "false" };
        self.value(path, default, "true or false", doc)
    }

    /// All settings that were asked for, and everything that is wrong. What nobody asked for is wrong too: it is a
    /// setting misspelt, and whoever wrote it believes that it is obeyed.
    pub fn finish(mut self, others: &[&str]) -> (Vec<Setting>, Vec<Fault>) {
        let unknown: BTreeSet<String> = self
            .file
            .keys()
            .cloned()
            .chain(self.environment.keys().filter(|name| !others.contains(&name.as_str())).cloned())
            .collect();
        for name in unknown {
            self.fault(&name, "no such setting; docs/configuration.md lists all");
        }
        (self.settings, self.faults)
    }
}

fn flatten(prefix: String, table: toml::Table, into: &mut BTreeMap<String, toml::Value>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(table) => flatten(path, table, into),
            value => {
                into.insert(path, value);
            }
        }
    }
}

fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}

/// A time as settings have it, or what would be one.
pub fn time(text: &str) -> Result<Duration, String> {
    duration(text).ok_or_else(|| "a time such as 500ms, 30s, 5m, 12h or 90d".to_owned())
}

fn duration(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let n: u64 = text[..at].parse().ok()?;
    let seconds = |s: u64| n.checked_mul(s).map(Duration::from_secs);
    match &text[at..] {
        "ms" => Some(Duration::from_millis(n)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3_600),
        "d" => seconds(86_400),
        _ => None,
    }
}

fn bytes(text: &str) -> Option<u64> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let n: u64 = text[..at].parse().ok()?;
    let unit = match text[at..].trim() {
        "" | "B" => 1,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    n.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let file = "[a]\nb = 5\nc = [\"x\", \"y\"]\nd = \"2m\"";
        let mut reader = Reader::new(Some(file), env(&[("GABARITO_A_B", "7"), ("PATH", "/bin")]));
        assert_eq!(reader.whole("a.b", "1", 0..=9, ""), 7);
        assert_eq!(reader.list("a.c", ""), ["x", "y"]);
        assert_eq!(reader.duration("a.d", "1s", ""), Duration::from_secs(120));
        assert_eq!(reader.bytes("a.e", "8MiB", ""), 8 << 20);
        let (settings, faults) = reader.finish(&[]);
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(settings[3].variable(), "GABARITO_A_E");
    }

    #[test]
    fn every_fault_is_told_with_what_would_be_valid_and_without_the_value() {
        let file = "[a]\nb = 50\nlist = 1\n[z]\ny = 1";
        let mut reader = Reader::new(Some(file), env(&[("GABARITO_KIND", "hunter2"), ("GABARITO_TYPO", "1")]));
        assert_eq!(reader.whole("a.b", "1", 0..=9, ""), 1);
        reader.word("kind", &[("local", 0), ("s3", 1)], "");
        assert_eq!(reader.list("a.list", ""), ["1"]);
        let said: Vec<String> = reader.finish(&[]).1.iter().map(ToString::to_string).collect();
        assert_eq!(said[0], "a.b: a whole number from 0 to 9 is expected");
        assert_eq!(said[1], "GABARITO_KIND: one of local, s3 is expected");
        assert!(said[2].starts_with("GABARITO_TYPO: no such setting"));
        assert!(said[3].starts_with("z.y: no such setting"));
        assert!(!format!("{said:?} {:?}", Secret::new("hunter2")).contains("hunter2"));
    }
}
