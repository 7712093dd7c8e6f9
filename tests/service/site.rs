//! Another server, on this machine, that remembers what it was asked.

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::Response;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

pub struct Site {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub headers: HeaderMap,
}

impl Site {
    /// Answers by path.
    pub async fn start(answer: impl Fn(&str) -> Response + Clone + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let remember = asked.clone();
        let router = axum::Router::new().fallback(move |request: Request| {
            let path = request.uri().path().to_owned();
            remember.lock().unwrap().push(Asked { path: path.clone(), headers: request.headers().clone() });
            let answer = answer(&path);
            async move { answer }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Site { address, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Every request so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

pub fn answer(status: u16, content_type: &str, body: impl Into<Body>) -> Response {
    Response::builder().status(status).header("content-type", content_type).body(body.into()).unwrap()
}

pub fn redirect(to: &str) -> Response {
    Response::builder().status(302).header("location", to).body(Body::empty()).unwrap()
}
