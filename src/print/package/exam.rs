//! The exam: questions in sections, the texts that they share, and how a booklet looks.

use super::super::rich::model::{Align, Block, Inline, Marker};
use super::super::rich::text::beside_label;
use super::super::rich::{Context, content, with_gaps};
use crate::json::{Faults, Object};
use crate::sheet::{PageFormat, TextSize};
use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Exam {
    pub versions: Versions,
    pub seed: u64,
    /// Whether questions change places from version to version; alternatives do where their question says nothing else.
    pub shuffle_questions: bool,
    pub look: ExamLook,
    pub texts: Vec<BaseText>,
    pub sections: Vec<Section>,
    /// Of all sections, in master order.
    pub questions: Vec<Question>,
    /// PDFs whose pages come before and after the booklet's own, relative to the package.
    pub before: Vec<String>,
    pub after: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    Count(u64),
    /// Every student has an order of questions of his own.
    Student,
}

#[derive(Clone, Debug)]
pub struct ExamLook {
    pub columns: usize,
    pub format: PageFormat,
    pub text: TextSize,
    pub family: Family,
    /// Of a line, in its type's size.
    pub line_spacing: f64,
    pub justify: bool,
    pub alternatives: Alternatives,
    pub cover: bool,
    pub instructions: Vec<Block>,
    pub draft_pages: u16,
    /// A picture under every page, relative to the package.
    pub background: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Serif,
    Sans,
}

/// How alternatives stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alternatives {
    /// One under another.
    #[default]
    List,
    /// Where all of a question are short, side by side, in reading order.
    Rows,
}

/// A text that several questions are about.
#[derive(Clone, Debug)]
pub struct BaseText {
    pub id: String,
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
pub struct Section {
    pub title: String,
    /// Only who chose this language answers it; sections of different languages side by side have the same numbers.
    pub language: Option<String>,
    pub shuffle: bool,
    pub blocks: Vec<Block>,
    /// Indices in [`Exam::questions`].
    pub questions: std::ops::Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Choice,
    Multiple,
    Matrix,
    Sum,
    Numeric,
    Open,
    Essay,
    Cloze,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Choice => "choice",
            Kind::Multiple => "multiple",
            Kind::Matrix => "matrix",
            Kind::Sum => "sum",
            Kind::Numeric => "numeric",
            Kind::Open => "open",
            Kind::Essay => "essay",
            Kind::Cloze => "cloze",
        }
    }

    /// What a package calls the options of such a question.
    pub fn options_key(self) -> &'static str {
        match self {
            Kind::Matrix | Kind::Sum => "statements",
            _ => "alternatives",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Question {
    pub id: String,
    pub kind: Kind,
    pub path: String,
    pub stem: Vec<Block>,
    /// Alternatives, statements or propositions.
    pub options: Vec<Choice>,
    pub shuffle: bool,
    /// Stays in its place in every version.
    pub fixed: bool,
    /// Index in [`Exam::texts`].
    pub text: Option<usize>,
    /// Neighbours of one block stay together, in their order.
    pub block: Option<String>,
    pub space: Space,
    pub points: Option<f64>,
}

#[derive(Clone, Debug)]
pub struct Choice {
    pub blocks: Vec<Block>,
    pub fixed: bool,
}

/// Where an answer is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Space {
    None,
    Lines(u32),
    /// Heights in millimetres.
    Box(f64),
    Blank(f64),
}

/// More are no alternatives but a mistake; the alphabet ends where there is no letter for one.
pub const MOST_OPTIONS: usize = 26;
const ESSAY_LINES: u32 = 30;

impl Exam {
    pub fn read(package: &mut Object, context: &mut Context, faults: &mut Faults) -> Option<Self> {
        let value = package.get("exam")?;
        let mut o = Object::new(value, "exam", faults);
        let versions = versions(&mut o, faults);
        let seed = o.whole("seed", 0..=u64::MAX, faults).unwrap_or(0);
        let shuffle_questions = o.flag("shuffle_questions", true, faults);
        let look = ExamLook::read(&mut o, context, faults);
        let texts = texts(&mut o, context, faults);
        let (before, after) = (paths(&mut o, "before", faults), paths(&mut o, "after", faults));
        let mut exam = Exam {
            versions,
            seed,
            shuffle_questions,
            look,
            texts,
            sections: Vec::new(),
            questions: Vec::new(),
            before,
            after,
        };
        for (i, value) in o.list("sections", faults).unwrap_or_default().iter().enumerate() {
            exam.section(value, format!("exam.sections[{i}]"), context, faults);
        }
        o.finish(faults);
        exam.check(faults);
        Some(exam)
    }

    fn section(&mut self, value: &Value, path: String, context: &mut Context, faults: &mut Faults) {
        let mut o = Object::new(value, &path, faults);
        let first = self.questions.len();
        let section = Section {
            title: super::roster::clean(&o.opt_text("title", faults).unwrap_or_default()),
            language: o.opt_text("language", faults),
            shuffle: o.flag("shuffle", true, faults),
            blocks: items(&mut o, "content", context, faults),
            questions: first..first,
        };
        for (i, value) in o.list("questions", faults).unwrap_or_default().iter().enumerate() {
            let question = Question::read(value, format!("{path}.questions[{i}]"), &self.texts, context, faults);
            self.questions.push(question);
        }
        o.finish(faults);
        self.sections.push(Section { questions: first..self.questions.len(), ..section });
    }

    fn check(&self, faults: &mut Faults) {
        let mut seen = std::collections::HashSet::new();
        for q in &self.questions {
            if !q.id.is_empty() && !seen.insert(&q.id) {
                faults.add(format!("{}.id", q.path), "duplicate: another question in this exam has the same id");
            }
        }
    }

    /// Versions that the students are divided among; None where each has an order of his own.
    pub fn version_count(&self) -> Option<u64> {
        match self.versions {
            Versions::Count(n) => Some(n),
            Versions::Student => None,
        }
    }
}

fn versions(o: &mut Object, faults: &mut Faults) -> Versions {
    match o.get("versions") {
        Some(Value::String(s)) if s == "student" => Versions::Student,
        Some(Value::String(s)) => {
            faults.add(
                o.path("versions"),
                format!("“{s}” is not known; a number from 1 to 99, or \"student\", is expected"),
            );
            Versions::Count(1)
        }
        _ => Versions::Count(o.whole("versions", 1..=99, faults).unwrap_or(1)),
    }
}

fn items(o: &mut Object, key: &'static str, context: &mut Context, faults: &mut Faults) -> Vec<Block> {
    let path = o.path(key);
    o.get(key).map_or_else(Vec::new, |value| content::read_list(value, &path, context, faults))
}

fn texts(o: &mut Object, context: &mut Context, faults: &mut Faults) -> Vec<BaseText> {
    let mut texts: Vec<BaseText> = Vec::new();
    for (i, value) in o.list("texts", faults).unwrap_or_default().iter().enumerate() {
        let path = format!("exam.texts[{i}]");
        let mut o = Object::new(value, &path, faults);
        let text = BaseText { id: o.text("id", faults), blocks: items(&mut o, "content", context, faults) };
        if texts.iter().any(|t| t.id == text.id) {
            faults.add(format!("{path}.id"), "duplicate: another text in this exam has the same id");
        }
        o.finish(faults);
        texts.push(text);
    }
    texts
}

/// Names of files in the package's folder.
fn paths(o: &mut Object, key: &'static str, faults: &mut Faults) -> Vec<String> {
    let list = o.list(key, faults).unwrap_or_default();
    let path = o.path(key);
    let name = |(i, value): (usize, &Value)| match value.as_str() {
        Some(name) if super::application::is_inside(name) => Some(name.to_owned()),
        _ => {
            faults.add(format!("{path}[{i}]"), "a PDF file in the package's folder is expected, such as capa.pdf");
            None
        }
    };
    list.iter().enumerate().filter_map(name).collect()
}

impl ExamLook {
    fn read(o: &mut Object, context: &mut Context, faults: &mut Faults) -> Self {
        let format = PageFormat::ALL.map(|f| (f.name(), f));
        let text = TextSize::ALL.map(|t| (t.name(), t));
        let background = o.opt_text("background", faults);
        if background.as_deref().is_some_and(|b| !super::application::is_inside(b)) {
            faults
                .add(o.path("background"), "a PNG or JPEG file in the package's folder is expected, such as fundo.png");
        }
        let cover = o.flag("cover", false, faults);
        ExamLook {
            columns: o.whole("columns", 1..=3, faults).unwrap_or(2) as usize,
            format: o.word("page", &format, faults),
            text: o.word("size", &text, faults),
            family: o.word("font", &[("serif", Family::Serif), ("sans", Family::Sans)], faults),
            line_spacing: o.number("line_spacing", 1.0..=3.0, faults).unwrap_or(1.28),
            justify: o.flag("justify", true, faults),
            alternatives: o.word("alternatives", &[("list", Alternatives::List), ("rows", Alternatives::Rows)], faults),
            cover,
            instructions: match items(o, "instructions", context, faults) {
                said if said.is_empty() && cover => usual_instructions(),
                said => said,
            },
            draft_pages: o.whole("draft_pages", 0..=20, faults).unwrap_or(0) as u16,
            background,
        }
    }
}

/// Where a package says none, and has a cover for them.
fn usual_instructions() -> Vec<Block> {
    let said = [
        "Confira seu nome e a versão neste caderno e na folha de respostas. Se algo não estiver certo, avise o aplicador.",
        "Verifique se o caderno está completo: cada página traz seu número e o total de páginas.",
        "Marque as respostas na folha de respostas, com caneta azul ou preta, preenchendo a bolha por inteiro. O que \
         ficar só neste caderno não será corrigido.",
        "Não dobre nem amasse a folha de respostas, e não escreva sobre os códigos e os quadrados pretos.",
        "Ao terminar, entregue a folha de respostas ao aplicador.",
    ];
    let item = |text: &&str| {
        vec![Block::Paragraph { align: Align::Natural, inlines: vec![Inline::Text { text: (*text).to_owned() }] }]
    };
    vec![Block::List { marker: Marker::Number { start: 1, style: '1' }, items: said.iter().map(item).collect() }]
}

impl Question {
    fn read(value: &Value, path: String, texts: &[BaseText], context: &mut Context, faults: &mut Faults) -> Self {
        let mut o = Object::new(value, &path, faults);
        let id = o.text("id", faults);
        let kind = o.word(
            "kind",
            &[
                ("choice", Kind::Choice),
                ("multiple", Kind::Multiple),
                ("matrix", Kind::Matrix),
                ("sum", Kind::Sum),
                ("numeric", Kind::Numeric),
                ("open", Kind::Open),
                ("essay", Kind::Essay),
                ("cloze", Kind::Cloze),
            ],
            faults,
        );
        let mut stem = items(&mut o, "stem", context, faults);
        if kind == Kind::Cloze {
            stem = with_gaps(stem);
        }
        let options = options(&mut o, kind, context, faults);
        let text = o.opt_text("text", faults);
        let found = text.as_ref().and_then(|id| texts.iter().position(|t| t.id == *id));
        if let (Some(id), None) = (&text, found) {
            faults.add(
                o.path("text"),
                format!("“{id}” is no text of this exam; the id of one of exam.texts is expected"),
            );
        }
        let question = Question {
            id,
            kind,
            stem,
            options,
            shuffle: o.flag("shuffle", true, faults),
            fixed: o.flag("fixed", false, faults),
            text: found,
            block: o.opt_text("block", faults),
            space: space(&mut o, kind, faults),
            points: o.number("points", 0.0..=1000.0, faults),
            path,
        };
        if question.stem.is_empty() && question.text.is_none() {
            faults.add(o.path("stem"), "missing; a list such as [{\"html\": \"<p>…</p>\"}] is expected");
        }
        o.finish(faults);
        question
    }
}

fn options(o: &mut Object, kind: Kind, context: &mut Context, faults: &mut Faults) -> Vec<Choice> {
    let key = kind.options_key();
    let path = o.path(key);
    let list = o.list(key, faults).unwrap_or_default();
    let wanted = matches!(kind, Kind::Choice | Kind::Multiple | Kind::Matrix | Kind::Sum);
    if wanted && list.len() < 2 {
        faults.add(&path, format!("{} is not enough; at least 2 are expected", list.len()));
    }
    if !wanted && !list.is_empty() {
        faults.add(&path, "a question of this kind has none; remove them, or change its kind");
    }
    if list.len() > MOST_OPTIONS {
        faults.add(&path, format!("{} are too many; at most {MOST_OPTIONS} are expected", list.len()));
        return Vec::new();
    }
    let choice = |(i, value): (usize, &Value)| {
        let mut value = value.clone();
        let fixed = value.as_object_mut().and_then(|o| o.remove("fixed"));
        let path = format!("{path}[{i}]");
        if fixed.as_ref().is_some_and(|f| !f.is_boolean()) {
            faults.add(format!("{path}.fixed"), "true or false is expected");
        }
        let blocks = beside_label(content::read_item(&value, path, context, faults));
        let fixed = fixed.and_then(|f| f.as_bool()).unwrap_or_else(|| points_at_the_others(&blocks));
        Choice { blocks, fixed }
    };
    list.iter().enumerate().map(choice).collect()
}

/// “Todas as anteriores” means something only where it is last.
fn points_at_the_others(blocks: &[Block]) -> bool {
    let text = plain_text(blocks).to_lowercase();
    let text = text.trim().trim_end_matches('.');
    let ends = ["anteriores", "acima"].iter().any(|end| text.ends_with(end));
    let begins =
        ["todas as", "nenhuma das", "todas acima", "nenhuma acima"].iter().any(|begin| text.starts_with(begin));
    (begins && ends && text.chars().count() < 60) || ["n.d.a", "nda"].contains(&text)
}

/// The words of paragraphs: an alternative that points at others has nothing else.
fn plain_text(blocks: &[Block]) -> String {
    fn words(inlines: &[Inline], out: &mut String) {
        for inline in inlines {
            match inline {
                Inline::Text { text } => out.push_str(text),
                Inline::Styled { inlines, .. } => words(inlines, out),
                _ => out.push(' '),
            }
        }
    }
    let mut out = String::new();
    for block in blocks {
        if let Block::Paragraph { inlines, .. } = block {
            words(inlines, &mut out);
        }
    }
    out
}

fn space(o: &mut Object, kind: Kind, faults: &mut Faults) -> Space {
    let Some(value) = o.get("space") else {
        return match kind {
            Kind::Essay => Space::Lines(ESSAY_LINES),
            Kind::Open => Space::Lines(5),
            _ => Space::None,
        };
    };
    let mut s = Object::new(value, o.path("space"), faults);
    let lines = s.whole("lines", 1..=200, faults).map(|n| Space::Lines(n as u32));
    let boxed = s.number("box", 5.0..=400.0, faults).map(Space::Box);
    let blank = s.number("blank", 5.0..=400.0, faults).map(Space::Blank);
    let said: Vec<Space> = [lines, boxed, blank].into_iter().flatten().collect();
    if said.len() != 1 {
        faults.add(
            o.path("space"),
            "one of {\"lines\": 10}, {\"box\": 40} and {\"blank\": 40} (millimetres) is expected",
        );
    }
    s.finish(faults);
    said.first().copied().unwrap_or(Space::None)
}
