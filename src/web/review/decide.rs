//! What a person decides, from a form or from the script; and taking it back.

use super::super::form::Form;
use super::super::shell::{Visitor, back, wants_html};
use super::second;
use crate::read::decision::{Answer, Decision};
use crate::service::App;
use crate::service::http::extract::{Json, Path};
use crate::service::http::{Problem, pages, undo};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

/// What is decided.
fn decision(form: &Form) -> Result<Decision, Problem> {
    let mut decision = Decision::default();
    if let Some(field) = form.get("campo") {
        decision.fields.insert(field.to_owned(), answer(form)?);
    }
    match form.get("acao") {
        Some("aceitar") => decision.accept = true,
        Some("descartar") => decision.discard = true,
        _ => {}
    }
    if let Some(code) = form.get("codigo") {
        decision.code = Some(code.to_owned());
    }
    if let Some(student) = form.get("estudante") {
        decision.student = Some(student.to_owned());
        // Whoever says whose page it is has seen what it says of that.
        decision.accept = true;
    }
    Ok(decision)
}

fn answer(form: &Form) -> Result<Answer, Problem> {
    let marked = form.all("marca");
    match (form.get("estado"), form.get("valor")) {
        (Some("blank"), _) => Ok(Answer::Blank),
        (Some("multiple"), _) => Ok(Answer::Multiple),
        (Some("invalid"), _) => Ok(Answer::Invalid),
        (Some("written"), _) => Ok(Answer::Written),
        (_, Some(value)) => Ok(Answer::Value(value.trim().to_owned())),
        _ if !marked.is_empty() => Ok(Answer::Marked(marked)),
        // A box that was left empty.
        _ if form.has("valor") => Ok(Answer::Blank),
        _ => Err(Problem::field("marca", "missing; an answer is expected")),
    }
}

pub async fn decide(
    State(app): State<App>,
    v: Visitor,
    Path((id, n)): Path<(Uuid, u32)>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let decision = decision(&form)?;
    let mut seen = HeaderMap::new();
    if let Some(etag) = form.get("etag").and_then(|e| HeaderValue::from_str(e).ok()) {
        seen.insert(header::IF_MATCH, etag);
    }
    if form.get("segunda").is_some() {
        let review = v.review()?;
        if second::look(&app, &review.0, id, n, &decision).await? {
            let page = pages::get(State(app), v.read()?, Path((id, n)), HeaderMap::new()).await?;
            return Ok(answered(page, &headers, &form, n));
        }
    }
    let decide = |n, seen, decision| {
        let review = v.review()?;
        Ok::<_, Problem>(pages::decide(State(app.clone()), review, Path((id, n)), seen, Json(decision)))
    };
    let decided = decide(n, seen, decision)?.await?;
    // Of two pages one counts: what is decided of the other goes with it.
    for (name, other) in [
        ("contra", Decision { discard: true, ..Decision::default() }),
        ("favor", Decision { accept: true, ..Decision::default() }),
    ] {
        if let Some(number) = form.get(name).and_then(|n| n.parse().ok()) {
            decide(number, HeaderMap::new(), other)?.await?;
        }
    }
    Ok(answered(decided, &headers, &form, n))
}

/// Takes back what was last decided of a page.
pub async fn take_back(
    State(app): State<App>,
    v: Visitor,
    Path((id, n)): Path<(Uuid, u32)>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let undone = undo::undo(State(app), v.review()?, Path((id, n))).await?;
    Ok(answered(undone, &headers, &form, n))
}

/// The script is told the page as it stands; a form goes on to the next page.
fn answered(page: Response, headers: &HeaderMap, form: &Form, n: u32) -> Response {
    if !wants_html(headers) {
        return page;
    }
    let to = back(form.get("volta"));
    let to = if to.contains("/revisao") {
        format!("{to}{}feito={n}", if to.contains('?') { '&' } else { '?' })
    } else {
        to.to_owned()
    };
    Redirect::to(&to).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_what_is_decided() {
        let decided = |body: &str| serde_json::to_value(decision(&Form::of(body.as_bytes())).unwrap()).unwrap();
        assert_eq!(decided("campo=q1&marca=B")["fields"]["q1"]["marked"], serde_json::json!(["B"]));
        assert_eq!(decided("campo=q1&marca=B&marca=C")["fields"]["q1"]["marked"], serde_json::json!(["B", "C"]));
        assert_eq!(decided("campo=q1&estado=blank&valor=")["fields"]["q1"], "blank");
        assert_eq!(decided("campo=n1&valor=+12%2C5+")["fields"]["n1"]["value"], "12,5");
        assert_eq!(decided("estudante=a7")["student"], "a7");
        assert_eq!(decided("acao=descartar")["discard"], true);
        assert_eq!(decided("campo=n1&valor=")["fields"]["n1"], "blank");
        assert!(decision(&Form::of(b"campo=q1")).is_err());
    }
}
