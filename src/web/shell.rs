//! What all pages have in common: who looks at them, in which language, and what stands around them.

use super::words::{EN, Lang, PT, Words};
use super::{assets, faults, says};
use crate::grade::Points;
use crate::json::Fault;
use crate::service::App;
use crate::service::auth::{Scope, session};
use crate::service::http::job::Job;
use crate::service::http::{Caller, Kind, Problem, caller, request_id};
use askama::Template;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use std::borrow::Borrow;

/// Whoever looks at a page.
pub struct Visitor {
    pub caller: Caller,
    pub lang: Lang,
    /// Nobody need sign in here.
    open: bool,
}

impl Visitor {
    pub fn w(&self) -> &'static Words {
        self.lang.words()
    }

    /// What stands around a page of this part.
    pub fn shell(&self, part: &'static str) -> Shell {
        let who = (!self.open).then(|| self.caller.who.clone());
        let may = |scope| self.caller.scopes.contains(&scope);
        Shell { lang: self.lang, w: self.w(), who, part, may_print: may(Scope::Print), may_review: may(Scope::Review) }
    }

    /// # Errors
    /// They may not read: 403. So below.
    pub fn read(&self) -> Result<caller::Read, Problem> {
        self.caller.may(Scope::Read)?;
        Ok(caller::Read(self.caller.clone()))
    }

    pub fn print(&self) -> Result<caller::Print, Problem> {
        self.caller.may(Scope::Print)?;
        Ok(caller::Print(self.caller.clone()))
    }

    pub fn review(&self) -> Result<caller::Review, Problem> {
        self.caller.may(Scope::Review)?;
        Ok(caller::Review(self.caller.clone()))
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let here = parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned();
        match app.auth.caller(&parts.headers).await {
            Ok(caller) => Ok(Visitor { caller, lang: Lang::of(&parts.headers), open: app.auth.is_open() }),
            // A script is told by the status; a person is asked who they are, and comes back here.
            Err(problem) if problem.status() == StatusCode::UNAUTHORIZED && wants_html(&parts.headers) => {
                let back = percent_encoding::utf8_percent_encode(&here, percent_encoding::NON_ALPHANUMERIC);
                let to = format!("/entrar?volta={back}");
                Err(match parts.headers.contains_key("hx-request") {
                    // A part of a page has no place for it: the whole page goes.
                    true => (StatusCode::UNAUTHORIZED, [(REDIRECT, to)]).into_response(),
                    false => Redirect::to(&to).into_response(),
                })
            }
            Err(problem) => Err(problem.into_response()),
        }
    }
}

/// What stands around a page.
pub struct Shell {
    pub lang: Lang,
    pub w: &'static Words,
    /// None where nobody need sign in.
    pub who: Option<String>,
    pub part: &'static str,
    pub may_print: bool,
    pub may_review: bool,
}

impl Shell {
    /// Around a page for somebody who is not known.
    pub fn outside(lang: Lang) -> Self {
        Shell { lang, w: lang.words(), who: None, part: "", may_print: false, may_review: false }
    }

    pub fn asset(&self, name: &str) -> &'static str {
        assets::address(name)
    }

    // Templates hand over values and references alike.

    pub fn number(&self, n: impl Borrow<u64>) -> String {
        says::number(self.lang, *n.borrow())
    }

    pub fn bytes(&self, n: impl Borrow<u64>) -> String {
        says::bytes(self.lang, *n.borrow())
    }

    pub fn decimal(&self, value: f64, decimals: usize) -> String {
        says::decimal(self.lang, value, decimals)
    }

    pub fn points(&self, points: Points) -> String {
        says::points(self.lang, points)
    }

    pub fn in_doubt(&self, n: impl Borrow<usize>) -> String {
        let n = *n.borrow() as u64;
        says::fill(if n == 1 { self.w.one_in_doubt } else { self.w.many_in_doubt }, &[&self.number(n)])
    }

    /// Of `n` batches to review, the so manieth.
    pub fn review_of(&self, i: usize, n: usize) -> String {
        match n {
            1 => self.w.review_now.to_owned(),
            n => says::fill(self.w.review_batch, &[&(i + 1).to_string(), &n.to_string()]),
        }
    }

    /// How much is still to be decided.
    pub fn left(&self, n: impl Borrow<u64>) -> String {
        let n = *n.borrow();
        says::fill(if n == 1 { self.w.one_left } else { self.w.many_left }, &[&self.number(n)])
    }

    /// How many of a room's sheets were not read.
    pub fn not_read(&self, missing: impl Borrow<usize>, printed: impl Borrow<u64>) -> String {
        says::fill(self.w.not_read_of, &[&self.number(*missing.borrow() as u64), &self.number(printed)])
    }

    /// In pages; 0 until it is known.
    pub fn total(&self, job: &Job) -> u64 {
        job.progress.total.unwrap_or(0)
    }

    /// How far a job is.
    pub fn far(&self, job: &Job) -> String {
        says::fill(self.w.pages_of, &[&self.number(job.progress.done), &self.number(self.total(job))])
    }

    /// Why a job failed.
    pub fn job_error(&self, job: &Job) -> String {
        faults::job(self.lang, job.error.as_ref())
    }

    /// What is wrong with a field.
    pub fn fault(&self, fault: &Fault) -> String {
        faults::message(self.lang, fault)
    }

    pub fn time(&self, said: &str) -> String {
        says::time(said)
    }
}

impl Lang {
    fn words(self) -> &'static Words {
        match self {
            Lang::Pt => &PT,
            Lang::En => &EN,
        }
    }

    /// As chosen, or as the browser says; Portuguese otherwise.
    pub fn of(headers: &HeaderMap) -> Lang {
        if let Some(chosen) = session::said(headers, "idioma") {
            return if chosen == "en" { Lang::En } else { Lang::Pt };
        }
        let said = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let mut first = said.split(',').map(|l| l.trim().get(..2).unwrap_or_default().to_ascii_lowercase());
        match first.find(|l| l == "pt" || l == "en").as_deref() {
            Some("en") => Lang::En,
            _ => Lang::Pt,
        }
    }
}

/// Scripts and styles of ours alone; nobody else's page around ours.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub fn html(page: &impl Template) -> Result<Response, Problem> {
    let text = page.render().map_err(std::io::Error::other)?;
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::VARY, "Cookie, Accept-Language"),
    ];
    Ok((headers, Html(text)).into_response())
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage<'a> {
    s: Shell,
    title: &'static str,
    advice: Option<&'static str>,
    /// What it was, where the page's language has words for it.
    said: Option<String>,
    detail: &'a str,
    request: Option<String>,
}

/// Says what went wrong in the page's words, where a page or the script of one asks.
pub async fn in_words(State(_): State<App>, request: Request, next: Next) -> Response {
    let asked = wants_html(request.headers()) && !request.uri().path().starts_with("/v1/");
    let part = request.headers().contains_key("hx-request");
    if !asked && !part {
        return next.run(request).await;
    }
    let lang = Lang::of(request.headers());
    let request_id = request_id(&request).map(str::to_owned);
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>().cloned() else { return response };
    if !asked {
        return faults::told(lang, problem).into_response();
    }
    let status = problem.status();
    let s = Shell::outside(lang);
    let (title, advice) = s.w.fault(status);
    if part {
        return (status, Html(format!("<p class=\"note bad\" role=\"alert\">{title}. {advice}</p>"))).into_response();
    }
    let request = (status == StatusCode::INTERNAL_SERVER_ERROR).then_some(request_id).flatten();
    let said = faults::detail(lang, &problem);
    // What is known to be wrong is not the address.
    let advice = Some(advice).filter(|_| said.is_none() || status != StatusCode::NOT_FOUND);
    let page = FaultPage { s, title, advice, said, detail: problem.detail(), request };
    match html(&page) {
        Ok(mut page) => {
            *page.status_mut() = status;
            page
        }
        Err(problem) => problem.into_response(),
    }
}

pub fn wants_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|a| a.contains("text/html"))
}

/// Where to go back to: a path of ours, whatever a link claims.
pub fn back(said: Option<&str>) -> &str {
    let ours =
        |path: &&str| path.starts_with('/') && !path[1..].starts_with(['/', '\\']) && !path.contains(char::is_control);
    said.filter(ours).unwrap_or("/")
}

/// An id as a part of a path.
pub fn segment(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A response that also sets a cookie.
pub fn with_cookie(mut response: Response, cookie: &str) -> Result<Response, Problem> {
    let value = HeaderValue::from_str(cookie).map_err(|_| Kind::Internal.because("a cookie can't be told"))?;
    response.headers_mut().append(header::SET_COOKIE, value);
    Ok(response)
}

/// Tells htmx to load another page.
pub const REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_is_ours() {
        assert_eq!(back(Some("/lotes?x=1")), "/lotes?x=1");
        for foreign in ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1", "", "/a\r\nb"] {
            assert_eq!(back(Some(foreign)), "/", "{foreign}");
        }
    }

    #[test]
    fn portuguese_unless_english_is_asked_for() {
        let lang = |name: HeaderName, value: &str| Lang::of(&HeaderMap::from_iter([(name, value.parse().unwrap())]));
        assert_eq!(lang(header::ACCEPT_LANGUAGE, "en-US,en;q=0.9,pt;q=0.8"), Lang::En);
        assert_eq!(lang(header::ACCEPT_LANGUAGE, "pt-BR,en;q=0.5"), Lang::Pt);
        assert_eq!(lang(header::ACCEPT_LANGUAGE, "de,fr"), Lang::Pt);
        assert_eq!(lang(header::COOKIE, "idioma=en"), Lang::En);
    }
}
