//! One exam of fifty questions with five alternatives and a formula each, as each of the candidates takes it.

use serde_json::{Value, json};

const QUESTIONS: usize = 50;

/// Words before the formula, the formula, and words after it.
fn stem(n: usize) -> (String, String, String) {
    let formulas = [
        format!(r"x=\frac{{-b\pm\sqrt{{b^2-{n}ac}}}}{{2a}}"),
        format!(r"\sum_{{i=1}}^{{{n}}} i^2=\frac{{n(n+1)(2n+1)}}{{6}}"),
        format!(r"f(x)=x^2+{n}x+1"),
        format!(r"E=mc^2+{n}"),
        format!(r"\alpha_{{{n}}}+\beta\leq\gamma"),
    ];
    let formula = formulas[n % formulas.len()].clone();
    (
        format!("Item {n}: considere a seguinte relação entre as grandezas apresentadas no enunciado, em que "),
        formula,
        " é dada no Sistema Internacional. Qual das alternativas apresenta a resposta correta para o problema proposto?"
            .to_owned(),
    )
}

fn alternative(n: usize, letter: usize) -> String {
    format!("Alternativa de número {} com texto de exemplo para a questão {n}.", 7 * n + letter)
}

fn exam(salt: usize, versions: &Value) -> Value {
    let question = |i: usize| {
        let n = salt + i;
        let (before, formula, after) = stem(n);
        let alternatives: Vec<Value> =
            (0..5).map(|a| json!({"html": format!("<p>{}</p>", alternative(n, a))})).collect();
        json!({"id": format!("q{i}"), "kind": "choice", "alternatives": alternatives,
               "stem": [{"html": format!(r"<p>{before}\({formula}\){after}</p>")}]})
    };
    json!({"columns": 2, "versions": versions, "seed": 7, "sections": [
        {"title": "Conhecimentos gerais", "questions": (1..=QUESTIONS).map(question).collect::<Vec<_>>()}]})
}

fn package(exam: Value, students: usize, room: usize, contents: Value) -> Value {
    let names = ["Ana Beatriz da Conceição", "João Gonçalves de Souza", "Íris Müller", "José Antônio da Assunção Lima"];
    let student = |i: usize| json!({"id": format!("s{i}"), "name": names[i % 4], "enrollment": format!("2026{i:06}")});
    let rooms: Vec<Value> = (0..students)
        .step_by(room)
        .map(|first| {
            let students: Vec<Value> = (first..(first + room).min(students)).map(student).collect();
            json!({"id": format!("r{first}"), "name": format!("Sala {}", first / room + 1), "students": students})
        })
        .collect();
    json!({
        "application": {"id": "bench", "title": "2º simulado", "date": "2026-11-20", "institution": {"name": "Escola"}},
        "sheet": {"fields": [{"type": "choice", "id": "q{n}", "count": QUESTIONS}]},
        "exam": exam,
        "units": [{"id": "u", "name": "Unidade Centro", "rooms": rooms}],
        "contents": contents,
    })
}

/// One student's booklet and nothing else.
pub fn one_booklet(salt: usize) -> Value {
    package(exam(salt, &1.into()), 1, 1, json!(["booklet"]))
}

pub fn students(count: usize, versions: &Value) -> Value {
    package(exam(0, versions), count, 40, json!(["booklet", "sheet"]))
}

/// Booklets of four pages in four versions, sheets, lists and covers; forty students to a room.
pub fn malote(count: usize, per: &str) -> Value {
    let mut exam = exam(0, &4.into());
    let questions = exam["sections"][0]["questions"].as_array_mut().expect("a list");
    questions.truncate(26);
    let mut package = package(exam, count, 40, json!(["cover", "attendance", "booklet", "sheet"]));
    package["sheet"]["fields"][0]["count"] = 26.into();
    package["options"] = json!({"per": per});
    package
}

/// As prova-pdf's `generate_pdf` takes it.
pub fn for_prova_pdf(salt: usize) -> Value {
    let question = |i: usize| {
        let n = salt + i;
        let (before, formula, after) = stem(n);
        let text = |value: String| json!({"type": "text", "value": value});
        let alternatives: Vec<Value> = (0..5)
            .map(|a| json!({"label": char::from(b'A' + a as u8).to_string(), "content": [text(alternative(n, a))]}))
            .collect();
        json!({"kind": "choice", "stem": [text(before), {"type": "math", "latex": formula, "display": false}, text(after)],
               "answer": {"type": "choice", "alternatives": alternatives}})
    };
    json!({
        "config": {"columns": 2, "fontSize": 10},
        "header": {"institution": "Escola", "title": "2º simulado", "studentFields": [{"label": "Nome"}]},
        "sections": [{"title": "Conhecimentos gerais", "questions": (1..=QUESTIONS).map(question).collect::<Vec<_>>()}],
    })
}

/// For a browser. It knows MathML, into which the formulas are converted beforehand; or it is given them as LaTeX, as the
/// exam has them, and the path of MathJax.
pub fn as_html(salt: usize, mathjax: Option<&str>) -> String {
    let script = mathjax.map_or(String::new(), |path| format!("<script src=\"{path}\"></script>"));
    let mut body = String::new();
    for i in 1..=QUESTIONS {
        let n = salt + i;
        let (before, formula, after) = stem(n);
        let formula = if mathjax.is_some() { format!(r"\({formula}\)") } else { mathml(&formula) };
        body += &format!("<section><h3>QUESTÃO {i:02}</h3><p>{before}{formula}{after}</p><ol type=A>");
        (0..5).for_each(|a| body += &format!("<li>{}</li>", alternative(n, a)));
        body += "</ol></section>";
    }
    format!(
        "<!doctype html><html lang=pt-BR><meta charset=utf-8><title>2º simulado</title><style>@page{{size:A4;margin:15mm}}\
         body{{font:10pt serif;columns:2;text-align:justify;hyphens:auto}}section{{break-inside:avoid}}</style>{script}{body}</html>"
    )
}

fn mathml(latex: &str) -> String {
    let storage = pulldown_latex::Storage::new();
    let mut out = String::new();
    let events = pulldown_latex::Parser::new(latex, &storage);
    pulldown_latex::push_mathml(&mut out, events, Default::default()).expect("the formula is sound");
    out
}
