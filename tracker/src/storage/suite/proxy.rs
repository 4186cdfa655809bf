//! A line to the database that a test can cut, freeze, or make deaf in one direction.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use url::Url;

/// What happens on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Everything passes.
    Open,
    /// Connections are closed, new ones too.
    Cut,
    /// Nothing passes, nothing is closed: a network that drops packets.
    Frozen,
    /// Everything passes up to the next COMMIT; its answer is held back, and all that follows.
    LoseCommit,
    /// Requests pass, answers don't.
    Mute,
}

/// A proxy in front of a server; ends when dropped.
pub(super) struct Proxy {
    line: Arc<watch::Sender<Line>>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// A proxy to the server of a URL, and the URL through it.
    pub(super) async fn before(url: &str) -> (Self, String) {
        let mut url = Url::parse(url).unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let line = Arc::new(watch::channel(Line::Open).0);
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, server, line.clone()));
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(address.port())).unwrap();
        (Self { line, _tasks: tasks }, url.into())
    }

    pub(super) fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

async fn accept(listener: TcpListener, server: String, line: Arc<watch::Sender<Line>>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((client, _)) = listener.accept().await else { return };
        connections.spawn(connect(client, server.clone(), line.clone()));
    }
}

async fn connect(client: TcpStream, server: String, line: Arc<watch::Sender<Line>>) {
    if *line.borrow() == Line::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let mut cut = line.subscribe();
    tokio::select! {
        () = copy(from_client, to_server, &line, |line| !matches!(line, Line::Cut | Line::Frozen)) => {}
        () = copy(from_server, to_client, &line, |line| matches!(line, Line::Open | Line::LoseCommit)) => {}
        _ = cut.wait_for(|line| *line == Line::Cut) => {}
    }
}

async fn copy(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    line: &watch::Sender<Line>,
    passes: fn(Line) -> bool,
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut state = line.subscribe();
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else { return };
        let bytes = &buffer[..length];
        if state.wait_for(|line| passes(*line)).await.is_err() {
            return;
        }
        // Before it is passed on, so that no answer can be quicker. PostgreSQL's answer says COMMIT too, but then it is held already.
        if *line.borrow() == Line::LoseCommit && bytes.windows(7).any(|window| window == b"COMMIT\0") {
            line.send_replace(Line::Mute);
        }
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
