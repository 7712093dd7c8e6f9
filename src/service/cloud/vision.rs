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
use serde::Deserialize;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Images in a request, and bytes of its JSON (quotas of the API).
const MOST_IMAGES: usize = 16;
const MOST_BYTES: usize = 10_000_000;
const ATTEMPTS: u32 = 4;
/// After so many failures in a row nobody is asked for a while.
const FAILURES: u32 = 5;
const PAUSE: Duration = Duration::from_secs(60);

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
            backoff: r.duration("vision.backoff", "500ms", "Before a request is repeated; it doubles."),
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
    #[error("Vision refused: {0}")]
    Refused(String),
    /// Of one image among others.
    #[error("Vision could not read the picture: {0}")]
    Image(String),
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
        let url = format!("{}/v1/images:annotate", self.0.config.endpoint.trim_end_matches('/'));
        let mut last = VisionError::Open;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(self.0.config.backoff * 2_u32.pow(attempt - 1)).await;
            }
            let token = self.0.tokens.get().await.map_err(|e| VisionError::Unreachable(e.to_string()))?;
            let sent = self.0.client.post(&url).bearer_auth(token).json(&body).send().await;
            let outcome = match &sent {
                Ok(answer) if answer.status().is_success() => "answered",
                Ok(answer) if answer.status().is_client_error() && answer.status() != 429 => "refused",
                _ => "failed",
            };
            self.0.metrics.vision_request(outcome);
            // The URL in reqwest's error has nothing secret; the body is not in it.
            let response = match sent {
                Ok(response) => response,
                Err(e) => {
                    last = VisionError::Unreachable(e.to_string());
                    continue;
                }
            };
            let status = response.status();
            if status.as_u16() == 429 || status.is_server_error() {
                last = VisionError::Unreachable(format!("it answered {status}"));
                continue;
            }
            if !status.is_success() {
                return Err(VisionError::Refused(format!("it answered {status}")));
            }
            match response.json::<Answers>().await {
                Ok(answers) => {
                    self.succeeded();
                    let answers = each(answers, crops.len());
                    let read = answers.iter().filter(|a| a.is_ok()).count() as u64;
                    let price = self.0.config.price;
                    self.0.metrics.vision_images("read", read, price);
                    self.0.metrics.vision_images("error", answers.len() as u64 - read, price);
                    return Ok(answers);
                }
                Err(e) => last = VisionError::Unreachable(e.to_string()),
            }
        }
        self.failed();
        Err(last)
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

    fn failed(&self) {
        let mut breaker = self.0.breaker.lock().unwrap_or_else(|e| e.into_inner());
        breaker.failures += 1;
        if breaker.failures >= FAILURES {
            breaker.open_until = Some(Instant::now() + PAUSE);
        }
    }
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
}
