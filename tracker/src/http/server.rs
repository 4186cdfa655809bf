//! Accepts connections, and lets them go when the node leaves.

use std::{io, net::SocketAddr, time::Duration};

use axum::{Router, body::Body};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::links::Peer;

/// How long a client may take to send the head of a request, idle time between two requests included.
const HEAD_TIMEOUT: Duration = Duration::from_mins(1);
/// Most header lines of a request; more get 431.
const HEADERS_MAX: usize = 100;
/// About how many bytes a request's head may have; more get 431.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Pause after an accept that failed for want of resources, so that others can be freed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A port that is open.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    router: Router,
}

impl Server {
    /// Opens `address`. Clients may connect from now on; they are answered once [`Server::run`] runs.
    pub async fn bind(address: SocketAddr, router: Router) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, router })
    }

    /// The address that was opened: where port 0 was asked for, the port that was given.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop`; then takes no more connections, lets requests in flight finish, and returns when the last
    /// one has. The caller bounds that time by dropping the future.
    pub async fn run(self, stop: CancellationToken) {
        let graceful = GracefulShutdown::new();
        while let Some(accepted) = stop.run_until_cancelled(self.listener.accept()).await {
            match accepted {
                Ok((stream, peer)) => serve(&graceful, stream, peer, self.router.clone()),
                Err(error) => {
                    tracing::warn!(%error, "connection not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.listener);
        graceful.shutdown().await;
    }
}

/// Serves one connection in a task of its own.
fn serve(graceful: &GracefulShutdown, stream: TcpStream, peer: SocketAddr, router: Router) {
    // Answers are small; waiting to fill packets would only add delay.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "connection without TCP_NODELAY");
    }
    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            // Mostly clients that went away; nothing for an operator to do.
            tracing::debug!(%error, %peer, "connection ended early");
        }
    });
}
