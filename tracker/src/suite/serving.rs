//! A real server on a real socket: keep-alive, draining, limits of the protocol.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::support::TestApp;
use crate::{cluster::role::Event, http::server::Server};

/// Far more than anything takes; a hang ends here.
const HANG: Duration = Duration::from_secs(30);

struct Serving {
    address: SocketAddr,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

async fn serve(router: axum::Router) -> Serving {
    let server = Server::bind(([127, 0, 0, 1], 0).into(), router).await.expect("a port");
    let (address, stop) = (server.address().expect("an address"), CancellationToken::new());
    let server = tokio::spawn(server.run(stop.clone()));
    Serving { address, stop, server }
}

/// Sends bytes; answers what comes back until the server closes or the head and body of one answer are there.
async fn exchange(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    let reading = async {
        loop {
            let read = stream.read(&mut buffer).await.unwrap_or(0);
            all.extend_from_slice(&buffer[..read]);
            if read == 0 || is_whole(&all) {
                return String::from_utf8_lossy(&all).into_owned();
            }
        }
    };
    tokio::time::timeout(HANG, reading).await.expect("an answer in time")
}

fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.and_then(|length| length.trim().parse::<usize>().ok()).is_some_and(|length| body.len() >= length)
}

const REQUEST: &str = "GET /status HTTP/1.1\r\nHost: t\r\n\r\n";

#[tokio::test]
async fn a_leaving_node_closes_connections_after_their_answers_and_finishes_what_it_began() {
    let app = TestApp::sqlite(&[]).await;
    let (began, go_on) = (CancellationToken::new(), CancellationToken::new());
    let (has_begun, may_go_on) = (began.clone(), go_on.clone());
    let slow = axum::routing::get(async move || {
        has_begun.cancel();
        may_go_on.cancelled().await;
        "finished"
    });
    let serving = serve(app.router.clone().route("/slow", slow)).await;
    let mut kept = TcpStream::connect(serving.address).await.expect("connected");
    assert!(exchange(&mut kept, REQUEST).await.starts_with("HTTP/1.1 200"));
    let address = serving.address;
    let in_flight = tokio::spawn(async move {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        exchange(&mut stream, "GET /slow HTTP/1.1\r\nHost: t\r\n\r\n").await
    });
    tokio::time::timeout(HANG, began.cancelled()).await.expect("the slow request began");

    let _: Option<_> = app.app.node().report(Event::Drain);
    let answer = exchange(&mut kept, REQUEST).await.to_lowercase();
    assert!(answer.contains("connection: close"), "{answer}");
    assert_eq!(exchange(&mut kept, "").await, "", "closed");

    serving.stop.cancel();
    go_on.cancel();
    let finished = in_flight.await.expect("no panic");
    assert!(finished.ends_with("finished"), "{finished}");
    tokio::time::timeout(HANG, serving.server).await.expect("the server ends").expect("no panic");
    assert!(TcpStream::connect(serving.address).await.is_err(), "the port is closed");
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused() {
    let app = TestApp::sqlite(&[]).await;
    let serving = serve(app.router.clone()).await;
    let many = "x: y\r\n".repeat(200);
    let long = format!("x: {}\r\n", "y".repeat(500_000));
    for headers in [many, long] {
        let mut stream = TcpStream::connect(serving.address).await.expect("connected");
        let answer =
            exchange(&mut stream, &format!("GET /status HTTP/1.1\r\nHost: t\r\n{headers}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    for garbage in ["\r\n\r\n\0\r\n\r\n", "GET\r\n\r\n", "GET /status HTTP/9.9\r\n\r\n"] {
        let mut stream = TcpStream::connect(serving.address).await.expect("connected");
        let answer = exchange(&mut stream, garbage).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5"),
            "{answer}"
        );
    }
    let mut stream = TcpStream::connect(serving.address).await.expect("connected");
    assert!(exchange(&mut stream, REQUEST).await.starts_with("HTTP/1.1 200"), "it lives");
}
