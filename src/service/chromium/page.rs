//! One page: a context that shares nothing with others, a proxy of its own, and an end to both whatever happens.

use super::running::Running;
use super::socks::Proxy;
use super::{Inner, Job, PrintFailed};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chromiumoxide::Page;
use chromiumoxide::cdp::browser_protocol::browser::{
    BrowserContextId, SetDownloadBehaviorBehavior, SetDownloadBehaviorParams,
};
use chromiumoxide::cdp::browser_protocol::fetch::{
    self, ContinueRequestParams, EventRequestPaused, FailRequestParams, HeaderEntry,
};
use chromiumoxide::cdp::browser_protocol::inspector::{self, EventTargetCrashed};
use chromiumoxide::cdp::browser_protocol::io::{ReadParams, StreamHandle};
use chromiumoxide::cdp::browser_protocol::network::{ErrorReason, EventResponseReceived, ResourceType};
use chromiumoxide::cdp::browser_protocol::page::{
    EventJavascriptDialogOpening, HandleJavaScriptDialogParams, PrintToPdfParams, PrintToPdfTransferMode,
};
use chromiumoxide::cdp::browser_protocol::target::{CreateBrowserContextParams, CreateTargetParams};
use chromiumoxide::error::CdpError;
use futures_util::{Stream, StreamExt};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;
use url::Url;

/// How long a context may take to go. One that does not is stuck, and the browser is not used any more.
const PUT_AWAY: Duration = Duration::from_secs(5);
/// How often it is looked whether a page says that it is loaded.
const LOOK: Duration = Duration::from_millis(50);
/// In inches. A page that says its own size (`@page`) has that.
const A4: (f64, f64) = (210.0 / 25.4, 297.0 / 25.4);

impl From<CdpError> for PrintFailed {
    fn from(e: CdpError) -> Self {
        match e {
            CdpError::ChromeMessage(said) if said.starts_with("net::") => PrintFailed::Unreachable(said),
            CdpError::Ws(_) | CdpError::ChannelSendError(_) | CdpError::NoResponse => PrintFailed::BrowserEnded,
            e => PrintFailed::Browser(e.to_string()),
        }
    }
}

/// Prints a page, which is given up at that moment.
pub async fn print(running: &Running, job: &Job, with: &Inner, until: Instant) -> Result<(), PrintFailed> {
    let done = in_proxy(running, job, with, until).await;
    if matches!(done, Err(PrintFailed::BrowserEnded)) {
        running.gone.cancel();
    }
    done
}

async fn in_proxy(running: &Running, job: &Job, with: &Inner, until: Instant) -> Result<(), PrintFailed> {
    let proxy = Proxy::start(with.rules.clone(), with.config.bytes).await?;
    let context = CreateBrowserContextParams::builder()
        .dispose_on_detach(true)
        .proxy_server(format!("socks5://{}", proxy.address))
        .proxy_bypass_list("<-loopback>")
        .build();
    let context = running.browser.create_browser_context(context).await?;
    let time = with.config.time;
    let done = tokio::select! {
        done = tokio::time::timeout_at(until, in_context(running, &context, job, with)) => {
            done.unwrap_or(Err(PrintFailed::TimedOut { what: "the page", time }))
        }
        () = running.gone.cancelled() => Err(PrintFailed::BrowserEnded),
    };
    // Else what it had by then would pass for the whole.
    let done = if proxy.exhausted() { Err(PrintFailed::LoadsTooMuch(with.config.bytes)) } else { done };
    drop(proxy);
    let put_away = tokio::time::timeout(PUT_AWAY, running.browser.dispose_browser_context(context)).await;
    if !matches!(put_away, Ok(Ok(()))) {
        running.gone.cancel();
    }
    done
}

async fn in_context(running: &Running, context: &BrowserContextId, job: &Job, with: &Inner) -> Result<(), PrintFailed> {
    let downloads = SetDownloadBehaviorParams {
        browser_context_id: Some(context.clone()),
        ..SetDownloadBehaviorParams::new(SetDownloadBehaviorBehavior::Deny)
    };
    running.browser.execute(downloads).await?;
    let target =
        CreateTargetParams { browser_context_id: Some(context.clone()), ..CreateTargetParams::new("about:blank") };
    let page = running.browser.new_page(target).await?;
    let requests = page.event_listener::<EventRequestPaused>().await?;
    let dialogs = page.event_listener::<EventJavascriptDialogOpening>().await?;
    let responses = page.event_listener::<EventResponseReceived>().await?;
    let mut crashes = page.event_listener::<EventTargetCrashed>().await?;
    page.execute(inspector::EnableParams::default()).await?;
    page.execute(fetch::EnableParams::default()).await?;
    let status = AtomicI64::new(0);
    tokio::select! {
        done = load_and_print(&page, job, with, &status) => done,
        () = admit(&page, requests, with) => Err(PrintFailed::BrowserEnded),
        () = dismiss(&page, dialogs) => Err(PrintFailed::BrowserEnded),
        () = note(&page, responses, &status) => Err(PrintFailed::BrowserEnded),
        _ = crashes.next() => Err(PrintFailed::Crashed),
    }
}

async fn load_and_print(page: &Page, job: &Job, with: &Inner, status: &AtomicI64) -> Result<(), PrintFailed> {
    let gone_to = page.goto(job.url.as_str()).await;
    // What came before this answer is noted before what comes after it.
    tokio::task::yield_now().await;
    match status.load(Ordering::Relaxed) {
        0..400 => {}
        status => return Err(PrintFailed::Status(status)),
    }
    gone_to?;
    if job.until_loaded {
        // A page that is about to lead elsewhere has no context for a moment.
        while !page
            .evaluate("document.getElementById('loaded') !== null")
            .await
            .is_ok_and(|said| said.into_value().unwrap_or(false))
        {
            tokio::time::sleep(LOOK).await;
        }
    }
    tokio::time::sleep(job.wait).await;
    // Fonts that are used for the first time by what came late. A page may have put something else in their place.
    let _ = page.evaluate("document.fonts.ready.then(() => true)").await;
    let printing = PrintToPdfParams {
        print_background: Some(true),
        prefer_css_page_size: Some(true),
        paper_width: Some(A4.0),
        paper_height: Some(A4.1),
        margin_top: Some(0.0),
        margin_bottom: Some(0.0),
        margin_left: Some(0.0),
        margin_right: Some(0.0),
        // One more than may be: that it is there shows that there are too many.
        page_ranges: Some(format!("1-{}", with.config.pages + 1)),
        transfer_mode: Some(PrintToPdfTransferMode::ReturnAsStream),
        ..PrintToPdfParams::default()
    };
    let printed = page.execute(printing).await?.result;
    let stream = printed.stream.ok_or_else(|| PrintFailed::Browser("it gives no PDF".to_owned()))?;
    save(page, stream, job, with.config.bytes).await
}

async fn save(page: &Page, stream: StreamHandle, job: &Job, most: u64) -> Result<(), PrintFailed> {
    let mut file = tokio::fs::File::create(&job.out).await?;
    let mut bytes = 0;
    loop {
        let read = ReadParams { size: Some(1 << 20), ..ReadParams::new(stream.clone()) };
        let piece = page.execute(read).await?.result;
        let data = match piece.base64_encoded {
            Some(true) => STANDARD.decode(&piece.data).map_err(|e| PrintFailed::Browser(e.to_string()))?,
            _ => piece.data.into_bytes(),
        };
        bytes += data.len() as u64;
        if bytes > most {
            return Err(PrintFailed::TooLarge(most));
        }
        file.write_all(&data).await?;
        if piece.eof {
            return Ok(file.flush().await?);
        }
    }
}

/// Lets requests through that the rules allow, those to the monolith with the token. The proxy checks them again; here
/// it shows what belongs to the monolith. A redirect's next request comes here by itself, without the token.
async fn admit(
    page: &Page,
    mut requests: impl Stream<Item = std::sync::Arc<EventRequestPaused>> + Unpin,
    with: &Inner,
) {
    while let Some(paused) = requests.next().await {
        let url = Url::parse(&paused.request.url).ok();
        let inner = url.as_ref().is_some_and(|u| matches!(u.scheme(), "data" | "blob" | "about"));
        let allowed = inner || url.as_ref().is_some_and(|u| with.rules.url(u).is_ok());
        let id = paused.request_id.clone();
        let answered = if allowed {
            let headers = url.and_then(|url| with_token(&url, &paused, with));
            page.execute(ContinueRequestParams { headers, ..ContinueRequestParams::new(id) }).await.map(drop)
        } else {
            page.execute(FailRequestParams::new(id, ErrorReason::BlockedByClient)).await.map(drop)
        };
        // A request that its page gave up meanwhile can't be answered.
        if let Err(e) = answered {
            tracing::debug!(error = %e, "a page's request was not answered");
        }
    }
}

/// All headers of a request to the monolith, with the token. None: as they are.
fn with_token(url: &Url, paused: &EventRequestPaused, with: &Inner) -> Option<Vec<HeaderEntry>> {
    let (name, token) = with.token.as_ref()?;
    let (host, port) = (url.host()?, url.port_or_known_default()?);
    if !with.config.monolith.iter().any(|h| h.allows(url.scheme(), &host, port)) {
        return None;
    }
    let said = paused.request.headers.inner().as_object()?;
    let others = said.iter().filter(|(said, _)| !said.eq_ignore_ascii_case(name.as_str()));
    let mut headers: Vec<HeaderEntry> =
        others.filter_map(|(name, value)| Some(HeaderEntry::new(name, value.as_str()?))).collect();
    headers.push(HeaderEntry::new(name.as_str(), token.to_str().ok()?));
    Some(headers)
}

/// Nobody sits there to press a button.
async fn dismiss(page: &Page, mut dialogs: impl Stream<Item = std::sync::Arc<EventJavascriptDialogOpening>> + Unpin) {
    while dialogs.next().await.is_some() {
        if let Err(e) = page.execute(HandleJavaScriptDialogParams::new(true)).await {
            tracing::debug!(error = %e, "a page's dialog was not closed");
        }
    }
}

/// What the server of the page itself answered.
async fn note(
    page: &Page,
    mut responses: impl Stream<Item = std::sync::Arc<EventResponseReceived>> + Unpin,
    status: &AtomicI64,
) {
    let main = page.mainframe().await.ok().flatten();
    while let Some(response) = responses.next().await {
        if response.r#type == ResourceType::Document && response.frame_id == main {
            status.store(response.response.status, Ordering::Relaxed);
        }
    }
}
