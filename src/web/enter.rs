//! Signing in and out, and the language.

use super::form::Form;
use super::shell::{Shell, back, html, with_cookie};
use super::words::Lang;
use crate::service::App;
use crate::service::http::Problem;
use crate::service::http::extract::{Path, Query};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::time::Duration;

#[derive(Template)]
#[template(path = "enter.html")]
struct EnterPage {
    s: Shell,
    back: String,
    /// What did not work.
    wrong: Option<&'static str>,
}

#[derive(Deserialize)]
pub struct Come {
    /// Of the monolith.
    token: Option<String>,
    volta: Option<String>,
}

/// Takes whom the monolith hands over, or asks who it is.
pub async fn form(State(app): State<App>, Query(come): Query<Come>, headers: HeaderMap) -> Result<Response, Problem> {
    let lang = Lang::of(&headers);
    let to = back(come.volta.as_deref()).to_owned();
    let mut page = EnterPage { s: Shell::outside(lang), back: to.clone(), wrong: None };
    if let Some(token) = come.token {
        match app.auth.handed_over(&token).await {
            // The token must not stay in the address, in the history, or in what is sent as the referrer.
            Ok(session) => return with_cookie(Redirect::to(&to).into_response(), &app.auth.cookie(&session)),
            Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => page.wrong = Some(page.s.w.enter_token_bad),
            Err(problem) => return Err(problem),
        }
    } else if app.auth.is_open() {
        return Ok(Redirect::to(&to).into_response());
    }
    let mut response = html(&page)?;
    if page.wrong.is_some() {
        *response.status_mut() = StatusCode::UNAUTHORIZED;
    }
    Ok(response)
}

/// After a wrong password: so long until the answer, so that guessing takes its time.
const PAUSE: Duration = Duration::from_millis(700);

pub async fn enter(State(app): State<App>, headers: HeaderMap, form: Form) -> Result<Response, Problem> {
    let to = back(form.get("volta"));
    if let Some(session) =
        app.auth.sign_in(form.get("usuario").unwrap_or_default().trim(), form.get("senha").unwrap_or_default()).await?
    {
        return with_cookie(Redirect::to(to).into_response(), &app.auth.cookie(&session));
    }
    tokio::time::sleep(PAUSE).await;
    let s = Shell::outside(Lang::of(&headers));
    let wrong = Some(s.w.enter_bad);
    let page = html(&EnterPage { s, back: to.to_owned(), wrong })?;
    Ok((StatusCode::UNAUTHORIZED, page).into_response())
}

pub async fn leave(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    app.auth.leave(&headers).await?;
    // Scans that wait to be sent are kept in the browser, which may be everybody's.
    let clear = [("clear-site-data", "\"cache\", \"storage\"")];
    with_cookie((clear, Redirect::to("/entrar")).into_response(), &app.auth.no_session())
}

/// From now on in this language; back to where it was asked for.
pub async fn language(Path(lang): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let lang = if lang == "en" { "en" } else { "pt" };
    let from = headers.get(header::REFERER).and_then(|v| v.to_str().ok()).and_then(|r| url::Url::parse(r).ok());
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
    let ours = from.filter(|url| Some(url.authority()) == host);
    let to = ours.map(|url| url[url::Position::BeforePath..].to_owned());
    let cookie = format!("idioma={lang}; Path=/; Max-Age=31536000; SameSite=Lax");
    with_cookie(Redirect::to(back(to.as_deref())).into_response(), &cookie)
}
