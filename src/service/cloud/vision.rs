//! Cloud Vision: what a crop says that every reader here gave up on (`images:annotate`, `TEXT_DETECTION`).
//!
//! A crop is the printed code's place and nothing else of a page. What comes back is only text: the caller holds it
//! against the code's check and against what was printed.

use super::Tokens;
use crate::service::config::{Reader, Secret};
use crate::service::watch::Metrics;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Images in a request, and bytes of its JSON (quotas of the API).
pub const MOST_IMAGES: usize = 16;
const MOST_BYTES: usize = 10_000_000;
const ATTEMPTS: u32 = 4;
/// No server's word keeps us away for longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

#[derive(Clone, Debug)]
pub struct VisionConfig {
    pub enabled: bool,
    pub endpoint: String,
    pub token: Option<Secret>,
    pub daily_images: u64,
    /// Of one image.
    pub price: f64,
    pub timeout: Duration,
    pub backoff: Duration,
    /// After so many requests in a row that failed nobody is asked for this long.
    pub failures: u32,
    pub pause: Duration,
}

impl VisionConfig {
    pub fn of(r: &mut Reader) -> Self {
        VisionConfig {
            enabled: r.flag(
                "vision.enabled",
                false,
                "Ask Google Cloud Vision what the printed code says, where no reader here could tell. It is sent a picture of \
                 the code and of nothing else.",
            ),
            endpoint: r.text("vision.endpoint", "https://vision.googleapis.com", "Where it is."),
            token: r.optional("vision.token", "text", "An access token, in place of that of the machine's own identity."),
            daily_images: r.whole("vision.daily_images", "500", 0..=1_000_000, "Images a day and tenant, at most."),
            price: r.value(
                "vision.price",
                "0.0015",
                "a number",
                "What one image costs, for the cost in /metrics: Google's list price, in US dollars.",
            ),
            timeout: r.duration("vision.timeout", "20s", "How long one request may take."),
            backoff: r.duration("vision.backoff", "500ms", "Before a request is repeated; it doubles, and up to half of it is left to chance."),
            failures: r.whole("vision.failures", "5", 1..=1_000, "After so many requests in a row that failed none is made for a while.")
                as u32,
            pause: r.duration("vision.pause", "60s", "How long that while is."),
        }
    }
}

#[derive(Clone)]
pub struct Vision(Arc<Inner>);

struct Inner {
    config: VisionConfig,
    client: reqwest::Client,
    tokens: Tokens,
    breaker: Mutex<Breaker>,
    metrics: Metrics,
}

#[derive(Default)]
struct Breaker {
    failures: u32,
    open_until: Option<Instant>,
}

/// Why a crop has no answer. It can be asked again another day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VisionError {
    #[error("Vision could not be reached: {0}")]
    Unreachable(String),
    #[error("Vision has failed too often and is left alone for a while")]
    Open,
    /// The request itself: none of others.
    #[error("Vision refused: {0}")]
    Refused(String),
    #[error("Vision does not take our credentials: {0}")]
    Denied(String),
    /// Nothing was sent.
    #[error("Vision can't be asked: {0}")]
    NoToken(String),
    /// Of one image among others.
    #[error("Vision could not read the picture: {0}")]
    Image(String),
}

impl VisionError {
    /// Whether the picture never left the service.
    pub fn is_unsent(&self) -> bool {
        matches!(self, VisionError::Open | VisionError::NoToken(_))
    }

    /// Whether others would fail as well.
    fn is_of_all(&self) -> bool {
        !matches!(self, VisionError::Refused(_) | VisionError::Image(_))
    }
}

/// An attempt that failed, and after how long at least another may be made; None: it would fail again.
struct Failed {
    error: VisionError,
    again: Option<Duration>,
}

#[derive(Deserialize)]
struct Answers {
    #[serde(default)]
    responses: Vec<Answer>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Answer {
    full_text_annotation: Option<Text>,
    text_annotations: Vec<Annotation>,
    error: Option<Status>,
}

#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    code: i32,
    #[serde(default)]
    message: String,
}

impl Vision {
    /// # Errors
    /// TLS can't be set up.
    pub fn new(config: VisionConfig, metrics: Metrics) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(config.timeout).build()?;
        let tokens = Tokens::new(config.token.clone());
        Ok(Vision(Arc::new(Inner { config, client, tokens, breaker: Mutex::default(), metrics })))
    }

    pub fn config(&self) -> &VisionConfig {
        &self.0.config
    }

    /// What each crop (PNG) says, in their order; of one without text an empty string.
    pub async fn read(&self, crops: &[Bytes]) -> Vec<Result<String, VisionError>> {
        let mut all = Vec::new();
        for some in batches(crops) {
            match self.annotate(some).await {
                Ok(answers) => all.extend(answers),
                Err(e) => all.extend(some.iter().map(|_| Err(e.clone()))),
            }
        }
        all
    }

    async fn annotate(&self, crops: &[Bytes]) -> Result<Vec<Result<String, VisionError>>, VisionError> {
        self.is_closed()?;
        let image = |crop: &Bytes| json!({"image": {"content": STANDARD.encode(crop)}, "features": [{"type": "TEXT_DETECTION", "maxResults": 1}]});
        let body = json!({"requests": crops.iter().map(image).collect::<Vec<_>>()});
        let mut attempt = 0;
        loop {
            let Failed { error, again } = match self.attempt(&body).await {
                Ok(answers) => {
                    self.succeeded();
                    let answers = each(answers, crops.len());
                    let read = answers.iter().filter(|a| a.is_ok()).count() as u64;
                    let price = self.0.config.price;
                    self.0.metrics.vision_images("read", read, price);
                    self.0.metrics.vision_images("error", answers.len() as u64 - read, price);
                    return Ok(answers);
                }
                Err(failed) => failed,
            };
            attempt += 1;
            // Who asks to be left alone for longer than that is, by all.
            match again.filter(|least| attempt < ATTEMPTS && *least <= self.0.config.pause) {
                Some(least) => tokio::time::sleep(self.wait(attempt).max(least)).await,
                None => {
                    if error.is_of_all() {
                        self.failed(again.unwrap_or_default());
                    }
                    // What was sent before the token was lost was sent.
                    return Err(match error {
                        VisionError::NoToken(why) if attempt > 1 => VisionError::Denied(why),
                        error => error,
                    });
                }
            }
        }
    }

    /// Before the next attempt: many who failed at once must not come back at once.
    fn wait(&self, attempt: u32) -> Duration {
        (self.0.config.backoff * 2_u32.pow(attempt - 1)).mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    async fn attempt(&self, body: &Value) -> Result<Answers, Failed> {
        let failed = |error, again| Failed { error, again };
        let at_once = Some(Duration::ZERO);
        let token = self.0.tokens.get().await.map_err(|e| failed(VisionError::NoToken(e.to_string()), None))?;
        let url = format!("{}/v1/images:annotate", self.0.config.endpoint.trim_end_matches('/'));
        let sent = self.0.client.post(&url).bearer_auth(token).json(body).send().await;
        let outcome = match &sent {
            Ok(answer) if answer.status().is_success() => "answered",
            Ok(answer) if answer.status().is_client_error() && answer.status() != 429 => "refused",
            _ => "failed",
        };
        self.0.metrics.vision_request(outcome);
        // The URL in reqwest's error has nothing secret; the body is not in it.
        let unreachable = |e: reqwest::Error| failed(VisionError::Unreachable(e.to_string()), at_once);
        let response = sent.map_err(unreachable)?;
        let status = response.status();
        let said = format!("it answered {status}");
        match status.as_u16() {
            200..=299 => response.json().await.map_err(unreachable),
            401 => {
                self.0.tokens.forget().await;
                Err(failed(VisionError::Denied(said), at_once))
            }
            403 => Err(failed(VisionError::Denied(said), None)),
            429 | 500.. => {
                let least = retry_after(response.headers()).unwrap_or_default();
                Err(failed(VisionError::Unreachable(said), Some(least)))
            }
            _ => Err(failed(VisionError::Refused(said), None)),
        }
    }

    fn is_closed(&self) -> Result<(), VisionError> {
        let breaker = self.0.breaker.lock().unwrap_or_else(|e| e.into_inner());
        match breaker.open_until {
            Some(until) if until > Instant::now() => Err(VisionError::Open),
            _ => Ok(()),
        }
    }

    fn succeeded(&self) {
        *self.0.breaker.lock().unwrap_or_else(|e| e.into_inner()) = Breaker::default();
    }

    /// `least`: how long it asked to be left alone.
    fn failed(&self, least: Duration) {
        let VisionConfig { failures, pause, .. } = self.0.config;
        let mut breaker = self.0.breaker.lock().unwrap_or_else(|e| e.into_inner());
        breaker.failures += 1;
        if breaker.failures >= failures || least > pause {
            breaker.open_until = Some(Instant::now() + least.clamp(pause, pause.max(LONGEST_PAUSE)));
        }
    }
}

/// How long to wait, in seconds or until a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(until.duration_since(jiff::Timestamp::now()).try_into().unwrap_or_default())
}

/// One answer for each picture, even where the service gave fewer.
fn each(answers: Answers, count: usize) -> Vec<Result<String, VisionError>> {
    let mut all: Vec<_> = answers.responses.into_iter().take(count).map(said).collect();
    all.resize_with(count, || Err(VisionError::Image("it was not answered".to_owned())));
    all
}

fn said(answer: Answer) -> Result<String, VisionError> {
    if let Some(Status { code, message }) = answer.error {
        return Err(VisionError::Image(format!("{code}: {message}")));
    }
    let first = answer.text_annotations.into_iter().next().map(|a| a.description);
    Ok(answer.full_text_annotation.map(|t| t.text).or(first).unwrap_or_default())
}

/// At most so many images and bytes at once. Base64 has four bytes for three.
fn batches(crops: &[Bytes]) -> Vec<&[Bytes]> {
    let mut all = Vec::new();
    let (mut from, mut bytes) = (0, 0);
    for (i, crop) in crops.iter().enumerate() {
        let size = crop.len() * 4 / 3 + 200;
        if i > from && (i - from == MOST_IMAGES || bytes + size > MOST_BYTES) {
            all.push(&crops[from..i]);
            (from, bytes) = (i, 0);
        }
        bytes += size;
    }
    if from < crops.len() {
        all.push(&crops[from..]);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_hold_sixteen_images_and_ten_megabytes() {
        let sizes = |crops: &[Bytes]| batches(crops).iter().map(|b| b.len()).collect::<Vec<_>>();
        assert_eq!(sizes(&vec![Bytes::from_static(b"x"); 35]), [16, 16, 3]);
        assert_eq!(sizes(&vec![Bytes::from(vec![0; 3_000_000]); 5]), [2, 2, 1]);
        assert_eq!(sizes(&[]), Vec::<usize>::new());
    }

    #[test]
    fn an_error_of_one_image_is_not_that_of_the_others() {
        let answers = json!({"responses": [
            {"fullTextAnnotation": {"text": "ABCD 1234"}},
            {"error": {"code": 3, "message": "Bad image data."}},
            {"textAnnotations": [{"description": "EFGH"}]},
            {}]});
        let said = each(serde_json::from_value(answers).unwrap(), 5);
        assert_eq!((said[0].as_deref(), said[2].as_deref(), said[3].as_deref()), (Ok("ABCD 1234"), Ok("EFGH"), Ok("")));
        assert!(matches!(said[1], Err(VisionError::Image(_))) && matches!(said[4], Err(VisionError::Image(_))));
    }

    /// One that answers this, request by request; and how often it was asked.
    async fn server(answers: Vec<(u16, Option<&'static str>)>) -> (String, Arc<Mutex<usize>>) {
        let asked = Arc::new(Mutex::new(0));
        let count = asked.clone();
        let answer = move || {
            let mut asked = count.lock().unwrap();
            let (status, retry_after) = answers[*asked];
            *asked += 1;
            let mut answer = http::Response::builder().status(status);
            if let Some(retry_after) = retry_after {
                answer = answer.header(RETRY_AFTER, retry_after);
            }
            let answer = answer.body(r#"{"responses": [{}]}"#.to_owned()).unwrap();
            async move { answer }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = axum::Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (format!("http://{address}"), asked)
    }

    async fn asking(
        answers: Vec<(u16, Option<&'static str>)>,
        failures: u32,
        pause: Duration,
    ) -> (Vision, Arc<Mutex<usize>>) {
        let (endpoint, asked) = server(answers).await;
        let mut config = VisionConfig::of(&mut Reader::new(None, []));
        (config.endpoint, config.token, config.backoff) = (endpoint, Some(Secret::new("a")), Duration::from_millis(1));
        (config.failures, config.pause) = (failures, pause);
        (Vision::new(config, Metrics::default()).unwrap(), asked)
    }

    async fn one(vision: &Vision) -> Result<String, VisionError> {
        vision.read(&[Bytes::from_static(b"x")]).await.remove(0)
    }

    #[tokio::test]
    async fn what_fails_again_and_again_is_left_alone_for_a_while() {
        let statuses = [503, 503, 429, 500, 403, 200, 401, 401, 401, 401, 400, 400, 200, 403, 401, 200];
        let (vision, asked) = asking(statuses.map(|s| (s, None)).into(), 2, Duration::from_millis(300)).await;
        let asked = || *asked.lock().unwrap();
        assert!(matches!(one(&vision).await, Err(VisionError::Unreachable(_))));
        assert!(matches!(one(&vision).await, Err(VisionError::Denied(_))));
        assert_eq!((one(&vision).await, asked()), (Err(VisionError::Open), 5));
        tokio::time::sleep(Duration::from_millis(350)).await;
        assert_eq!(one(&vision).await.as_deref(), Ok(""));
        // One failure, and two that are of the requests alone.
        assert!(matches!(one(&vision).await, Err(VisionError::Denied(_))));
        for _ in 0..2 {
            assert!(matches!(one(&vision).await, Err(VisionError::Refused(_))));
        }
        assert_eq!((one(&vision).await.as_deref(), asked()), (Ok(""), 13));
        // A token that is not taken is not the end.
        assert!(matches!(one(&vision).await, Err(VisionError::Denied(_))));
        assert_eq!((one(&vision).await.as_deref(), asked()), (Ok(""), 16));
        let no_token = VisionError::NoToken(String::new());
        assert!(no_token.is_of_all() && no_token.is_unsent() && VisionError::Open.is_unsent());
        assert!(!VisionError::Unreachable(String::new()).is_unsent());
    }

    #[tokio::test]
    async fn nobody_is_asked_again_before_the_time_that_was_named() {
        let (vision, asked) =
            asking(vec![(429, Some("1")), (200, None), (503, Some("60"))], 9, Duration::from_secs(2)).await;
        let begun = Instant::now();
        assert_eq!(one(&vision).await.as_deref(), Ok(""));
        assert!(begun.elapsed() >= Duration::from_secs(1));
        assert!(matches!(one(&vision).await, Err(VisionError::Unreachable(_))));
        assert!(begun.elapsed() < Duration::from_secs(20));
        assert_eq!((one(&vision).await, *asked.lock().unwrap()), (Err(VisionError::Open), 3));

        let after = |text: &str| retry_after(&[(RETRY_AFTER, text.parse().unwrap())].into_iter().collect());
        assert_eq!(after("120"), Some(Duration::from_secs(120)));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert!(after("Fri, 31 Dec 2100 23:59:59 GMT").unwrap() > Duration::from_secs(86_400));
        assert_eq!(after("soon"), None);
    }

    #[test]
    fn attempts_are_further_and_further_apart_and_not_all_alike() {
        let mut config = VisionConfig::of(&mut Reader::new(None, []));
        (config.token, config.backoff) = (Some(Secret::new("a")), Duration::from_secs(1));
        let vision = Vision::new(config, Metrics::default()).unwrap();
        let waits: Vec<Duration> = (0..50).map(|_| vision.wait(3)).collect();
        assert!(waits.iter().all(|w| (2.0..=4.0).contains(&w.as_secs_f64())));
        assert!(waits.iter().any(|w| *w != waits[0]));
    }
}
