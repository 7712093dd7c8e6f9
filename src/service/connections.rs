//! Connections: so many at once, each with a time by which the head of a request is there. HTTP/1 and, with prior knowledge,
//! HTTP/2 without TLS, as Cloud Run speaks to a port that is named h2c.

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Before another connection is taken where none can be: the process may have too many files open.
const REST: Duration = Duration::from_millis(500);

/// Answers connections until `stop` resolves, and then those requests that are under way.
///
/// `most` are open at once, and others wait; one on which no head of a request comes for `head` is closed.
pub async fn answer(
    listener: TcpListener,
    router: Router,
    most: usize,
    head: Duration,
    stop: impl Future<Output = ()>,
) {
    let mut http = Builder::new(TokioExecutor::new());
    http.http1().timer(TokioTimer::new()).header_read_timeout(head);
    http.http2().timer(TokioTimer::new());
    let (http, open) = (Arc::new(http), Arc::new(Semaphore::new(most)));
    let service = TowerToHyperService::new(router);
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let taken = tokio::select! {
            taken = take(&listener, &open) => taken,
            () = &mut stop => break,
        };
        let Ok((stream, place)) = taken else {
            tokio::time::sleep(REST).await;
            continue;
        };
        let connection = http.serve_connection(TokioIo::new(stream), service.clone()).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // What breaks off is the client's.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn take(
    listener: &TcpListener,
    open: &Arc<Semaphore>,
) -> io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = open.clone().acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, place))
}
