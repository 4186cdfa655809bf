//! The client against a real little server.

use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use super::*;

const NODE: &str = r#"{"id":"demo-0","uid":"u","version":"0.1.0","state":"RUNNING","role":"active",
    "topology":"active-active","index":{"position":"1/700/42","lagEntries":0,"lagSeconds":0.5,"documents":1000,
    "startedFrom":"replay","startSeconds":1.2},"inFlight":2}"#;

async fn serve(handler: fn(Request) -> Response) -> Nodes {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = Router::new().fallback(move |request: Request| async move { handler(request) });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Nodes::new(port).unwrap()
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[tokio::test]
async fn a_node_says_what_it_is() {
    let nodes = serve(|request| {
        assert_eq!(request.uri().path(), "/ops/v1/node");
        assert_eq!(request.headers()["authorization"], "Bearer secret");
        NODE.into_response()
    })
    .await;
    // A file's last line break isn't part of the token.
    let report = nodes.report(HERE, "secret\n").await.unwrap();
    assert_eq!((report.state.as_str(), report.role.as_str()), ("RUNNING", "active"));
    let index = report.index.unwrap();
    assert_eq!((index.documents, report.in_flight), (Some(1000), 2));
    assert_eq!(index.position.as_deref(), Some("1/700/42"));
}

#[tokio::test]
async fn a_younger_node_may_say_less_or_more() {
    let nodes = serve(|_| r#"{"state":"STARTING","index":null,"mood":"fine"}"#.into_response()).await;
    assert_eq!(nodes.report(HERE, "t").await.unwrap().state, "STARTING");
    let nodes = serve(|_| {
        r#"{"state":"RECOVERING","index":{"position":null,"lagEntries":null,"lagSeconds":null,"documents":0,
            "startedFrom":null,"startSeconds":null}}"#
            .into_response()
    })
    .await;
    assert_eq!(nodes.report(HERE, "t").await.unwrap().index.unwrap().position, None);
}

#[tokio::test]
async fn a_wrong_token_is_said() {
    let nodes = serve(|_| StatusCode::UNAUTHORIZED.into_response()).await;
    assert!(matches!(nodes.report(HERE, "t").await, Err(Error::Refused(StatusCode::UNAUTHORIZED))));
}

#[tokio::test]
async fn a_node_is_asked_to_drain() {
    let nodes = serve(|request| {
        assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/ops/v1/drain"));
        (StatusCode::ACCEPTED, NODE).into_response()
    })
    .await;
    nodes.drain(HERE, "t").await.unwrap();
}

#[tokio::test]
async fn nobody_there_is_an_error_and_soon() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    // It listens and never answers.
    let nodes = Nodes::new(listener.local_addr().unwrap().port()).unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(20), nodes.report(HERE, "t")).await.unwrap();
    assert!(matches!(answer, Err(Error::Http(_))));
}
