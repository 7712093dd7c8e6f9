//! What reading a page yields: one line of `gabarito read --format jsonl`.

use serde::{Deserialize, Serialize};

/// A page. Who only hands its fields on may have them in another form, such as the text that they are in JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageReading<Fields = Vec<FieldReading>> {
    pub source: Source,
    pub outcome: Outcome,
    pub sheet: Option<SheetRef>,
    pub identified_by: Option<IdentifiedBy>,
    pub registration: Option<RegistrationReport>,
    pub fields: Fields,
    /// Where a key was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    pub issues: Vec<Issue>,
    pub timings_ms: Timings,
}

impl<Fields> PageReading<Fields> {
    /// The same of a page, with its fields in another form.
    pub fn with_fields<Others>(self, fields: Others) -> PageReading<Others> {
        let PageReading { source, outcome, sheet, identified_by, registration, fields: _, score, issues, timings_ms } =
            self;
        PageReading { source, outcome, sheet, identified_by, registration, fields, score, issues, timings_ms }
    }

    pub fn without_fields(&self) -> PageReading<()> {
        PageReading {
            source: self.source.clone(),
            outcome: self.outcome,
            sheet: self.sheet.clone(),
            identified_by: self.identified_by,
            registration: self.registration.clone(),
            fields: (),
            score: self.score.clone(),
            issues: self.issues.clone(),
            timings_ms: self.timings_ms,
        }
    }

    /// Raises an issue that a person must see.
    pub fn review(&mut self, issue: Issue) {
        if self.outcome == Outcome::Read {
            self.outcome = Outcome::Review;
        }
        self.issues.push(issue);
    }

    /// Whether the same page of the same sheet was read before in this run, with the same answers: it counts no more.
    pub fn is_duplicate(&self) -> bool {
        self.issues.iter().any(|i| i.code == "duplicate")
    }

    /// Whether this page of this sheet was read before, with the same answers or with others.
    pub fn is_repeated(&self) -> bool {
        self.is_duplicate() || self.issues.iter().any(|i| i.code == "duplicate_differs")
    }
}

impl PageReading {
    /// A reading that has found nothing yet.
    pub fn new(source: Source, outcome: Outcome) -> Self {
        PageReading {
            source,
            outcome,
            sheet: None,
            identified_by: None,
            registration: None,
            fields: Vec::new(),
            score: None,
            issues: Vec::new(),
            timings_ms: Timings::default(),
        }
    }
}

/// Where a page came from. Pages count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Source {
    pub file: String,
    pub page: u32,
}

impl Source {
    /// For the detail of an issue.
    pub fn said(&self) -> String {
        format!("page {} of {}", self.page, self.file)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing for a person to do.
    Read,
    /// Read, with doubtful fields or an issue that a person must see.
    Review,
    Unidentified,
    /// An empty page.
    Blank,
    /// Not a sheet of ours.
    Foreign,
    Error,
}

impl Outcome {
    pub const ALL: [Outcome; 6] =
        [Outcome::Read, Outcome::Review, Outcome::Unidentified, Outcome::Blank, Outcome::Foreign, Outcome::Error];

    pub fn name(self) -> &'static str {
        match self {
            Outcome::Read => "read",
            Outcome::Review => "review",
            Outcome::Unidentified => "unidentified",
            Outcome::Blank => "blank",
            Outcome::Foreign => "foreign",
            Outcome::Error => "error",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SheetRef {
    pub id: Option<String>,
    pub page: Option<u16>,
    pub layout: Option<String>,
    pub student: Option<String>,
    pub operation: Option<String>,
    pub model: Option<u32>,
    pub version: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifiedBy {
    Qr,
    Backup,
    PrintedCode,
    Vision,
    Roster,
    Person,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegistrationReport {
    /// Degrees clockwise by which the picture shows the page turned: 0, 90, 180 or 270.
    pub rotation: u16,
    pub mirrored: bool,
    pub dpi: f64,
    /// Root mean square distance between where marks were expected and found.
    pub residual_mm: f64,
    /// How many registration marks were found.
    pub marks: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldStatus {
    Answered,
    Blank,
    Multiple,
    /// An incomplete number, say.
    Invalid,
    /// A person must look; what is said is a best guess.
    Doubtful,
}

impl FieldStatus {
    pub fn name(self) -> &'static str {
        match self {
            FieldStatus::Answered => "answered",
            FieldStatus::Blank => "blank",
            FieldStatus::Multiple => "multiple",
            FieldStatus::Invalid => "invalid",
            FieldStatus::Doubtful => "doubtful",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldReading {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub status: FieldStatus,
    /// Labels that count as marked, in order.
    #[serde(default)]
    pub marked: Vec<String>,
    pub value: Option<String>,
    pub confidence: f64,
    /// Left out of a [gist](crate::read::batch::gist).
    #[serde(default)]
    pub marks: Vec<MarkReading>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkState {
    Empty,
    Filled,
    Faint,
    Erased,
    Crossed,
    Checked,
    Cancelled,
    Outside,
    Ambiguous,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MarkReading {
    pub label: String,
    /// 0 is this page's paper, 1 is this page's solid ink.
    pub ink: f64,
    pub state: MarkState,
    /// Probability that the mark was meant.
    pub probability: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

/// What a page's answers are worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Of the questions that are decided.
    pub points: f64,
    pub max: f64,
    /// A question waits for a person: the points will change.
    pub provisional: bool,
    pub questions: Vec<QuestionScore>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuestionScore {
    pub id: String,
    pub verdict: Verdict,
    /// None where a doubtful answer decides them.
    pub points: Option<f64>,
    /// Which rule of the key gave them: `DEFAULT.correct`, `BONUS.incorrect`, `q3.answers.B`.
    pub rule: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Correct,
    Incorrect,
    Unmarked,
    Doubtful,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    pub code: String,
    pub detail: String,
    /// The other page that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Source>,
    /// The fields that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// What is suggested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Issue {
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        Issue { code: code.to_owned(), detail: detail.into(), ..Issue::default() }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    pub decode: f64,
    pub register: f64,
    pub identify: f64,
    pub marks: f64,
    pub total: f64,
}
