//! What a person decides, from a form or from the script; and taking it back.

use super::super::form::Form;
use super::super::shell::{Visitor, back, segment, wants_html};
use super::second;
use crate::read::decision::{Answer, Decision};
use crate::service::App;
use crate::service::http::extract::{Json, Path};
use crate::service::http::{Problem, pages, undo};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
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

/// The other page's ETag beside the page's own, where something was done with both.
const OTHER_ETAG: HeaderName = HeaderName::from_static("other-etag");

/// The page as the form says that it was seen.
fn seen(form: &Form, name: &str) -> HeaderMap {
    let etag = form.get(name).and_then(|e| HeaderValue::from_str(e).ok());
    etag.map(|etag| (header::IF_MATCH, etag)).into_iter().collect()
}

/// The page that goes with this one, and how it was seen.
fn other(form: &Form, name: &str) -> Option<(u32, HeaderMap)> {
    Some((form.get(name)?.parse().ok()?, seen(form, "etag_outra")))
}

fn and_other(mut page: Response, other: &Response) -> Response {
    if let Some(etag) = other.headers().get(header::ETAG) {
        page.headers_mut().insert(OTHER_ETAG, etag.clone());
    }
    page
}

pub async fn decide(
    State(app): State<App>,
    v: Visitor,
    Path((id, n)): Path<(Uuid, u32)>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let decision = decision(&form)?;
    let look = match form.get("segunda") {
        Some(_) => Some(second::look(&app, &v.review()?.0, id, n, &decision).await?),
        None => None,
    };
    if let Some(look) = look.as_ref().filter(|look| look.agrees) {
        look.note(&app, &v.caller, id).await?;
        let page = pages::get(State(app), v.read()?, Path((id, n)), HeaderMap::new()).await?;
        return Ok(answered(page, &headers, &form, n));
    }
    let decide = |n, seen, decision| {
        let review = v.review()?;
        Ok::<_, Problem>(pages::decide(State(app.clone()), review, Path((id, n)), seen, Json(decision)))
    };
    // Of two pages one counts: what is decided of the other goes with it.
    let discard = || Decision { discard: true, ..Decision::default() };
    let accept = || Decision { accept: true, ..Decision::default() };
    let other = match other(&form, "contra") {
        Some((number, seen)) => Some((number, seen, discard())),
        None => other(&form, "favor").map(|(number, seen)| (number, seen, accept())),
    };
    if let Some((number, seen, _)) = &other {
        pages::as_seen(&app, &v.review()?.0, id, *number, seen).await?;
    }
    let mut decided = decide(n, seen(&form, "etag"), decision)?.await?;
    if let Some(look) = look {
        look.note(&app, &v.caller, id).await?;
    }
    if let Some((number, seen, decision)) = other {
        decided = and_other(decided, &decide(number, seen, decision)?.await?);
    }
    Ok(answered(decided, &headers, &form, n))
}

/// Takes back what was last decided of a page, and of the other one where that went with it.
pub async fn take_back(
    State(app): State<App>,
    v: Visitor,
    Path((id, n)): Path<(Uuid, u32)>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, Problem> {
    let undo = |n, seen| {
        let review = v.review()?;
        Ok::<_, Problem>(undo::undo(State(app.clone()), review, Path((id, n)), seen))
    };
    let seen = seen(&form, "etag");
    let undone = match other(&form, "outra") {
        Some((other, other_seen)) => {
            pages::as_seen(&app, &v.review()?.0, id, n, &seen).await?;
            let other = undo(other, other_seen)?.await?;
            and_other(undo(n, seen)?.await?, &other)
        }
        None => undo(n, seen)?.await?,
    };
    Ok(answered(undone, &headers, &form, n))
}

/// The script is told the page as it stands; a form goes on to the next page.
fn answered(page: Response, headers: &HeaderMap, form: &Form, n: u32) -> Response {
    if !wants_html(headers) {
        return page;
    }
    let to = back(form.get("volta"));
    let to = if to.contains("/revisao") {
        let etag = |name| page.headers().get(name).and_then(|e| e.to_str().ok()).map(segment).unwrap_or_default();
        let done = format!("feito={n}&etag={}", etag(header::ETAG));
        let other = ["contra", "favor", "outra"].iter().find_map(|name| form.get(name)?.parse::<u32>().ok());
        let other = other.map(|n| format!("&outra={n}&etag_outra={}", etag(OTHER_ETAG))).unwrap_or_default();
        format!("{to}{}{done}{other}", if to.contains('?') { '&' } else { '?' })
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
