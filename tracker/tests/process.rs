//! The program itself as a process: exit codes, its first start, waiting for a database, signals.

use std::{
    net::TcpListener,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
};

/// Far more than anything takes; a hang ends here.
const HANG: Duration = Duration::from_mins(1);

struct Running {
    child: Child,
    people: u16,
    ops: u16,
}

fn tracker() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tracker"));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// A port that nobody listens on now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn serve(home: &Path, flags: &[&str]) -> Running {
    let (people, ops) = (free_port(), free_port());
    let mut command = tracker();
    command.arg("serve").arg("--local-home").arg(home).args(flags);
    command.args(["--listen", &format!("127.0.0.1:{people}"), "--ops-listen", &format!("127.0.0.1:{ops}")]);
    Running { child: command.spawn().expect("the program starts"), people, ops }
}

impl Running {
    fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let sent =
            std::process::Command::new("kill").args(["-s", name, &id]).status().expect("kill is there");
        assert!(sent.success());
    }

    /// Waits until a port answers a path with this status.
    async fn until(&mut self, port: u16, path: &str, status: u16) {
        let answered = async {
            while get(port, path).await != Some(status) {
                assert_eq!(self.child.try_wait().expect("its state"), None, "it ended");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(HANG, answered)
            .await
            .unwrap_or_else(|_| panic!("{path} never answered {status}"));
    }

    async fn end(self) -> Output {
        tokio::time::timeout(HANG, self.child.wait_with_output()).await.expect("it ends").expect("its output")
    }
}

/// The status that a path answers with; `None` when nobody answers.
async fn get(port: u16, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

fn home() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

async fn output(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = tokio::time::timeout(HANG, tracker().args(arguments).output()).await.expect("it ends");
    let output = output.expect("its output");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn exit_codes_tell_done_from_failed_from_misused() {
    let (code, out, _) = output(&["--version"]).await;
    assert_eq!((code, out.trim()), (Some(0), concat!("tracker ", env!("CARGO_PKG_VERSION"))));
    assert_eq!(output(&["--help"]).await.0, Some(0));
    for wrong in [
        &["none"][..],
        &["serve", "--none"],
        &["serve", "--listen", "x"],
        &["serve", "--config", "/none"],
        &[],
    ] {
        let (code, _, said) = output(wrong).await;
        assert_eq!(code, Some(2), "{wrong:?}: {said}");
        assert!(!said.is_empty());
    }
    let dir = home();
    let dir = dir.path().to_str().expect("text");
    let (code, _, said) =
        output(&["migrate", "--local-home", dir, "--database", "postgres://x@127.0.0.1:1/x"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the database is not available"), "{said}");
}

#[tokio::test]
async fn a_first_start_makes_one_password_and_shows_it_once() {
    let home = home();
    let mut first = serve(home.path(), &[]);
    first.until(first.people, "/status", 200).await;
    first.signal("TERM");
    let first = first.end().await;
    assert_eq!(first.status.code(), Some(0));
    let said = String::from_utf8(first.stdout).expect("text");
    let password = said.split_whitespace().skip_while(|word| *word != "password").nth(1).expect("a password");
    assert_eq!(password.len(), 32);
    assert!(!String::from_utf8_lossy(&first.stderr).contains(password), "it is in the log");

    let mut second = serve(home.path(), &[]);
    second.until(second.people, "/status", 200).await;
    second.signal("INT");
    let second = second.end().await;
    assert_eq!((second.status.code(), second.stdout.len()), (Some(0), 0));
}

#[tokio::test]
async fn a_node_waits_for_its_database_and_can_be_stopped_meanwhile() {
    let home = home();
    let database = format!("postgres://x@127.0.0.1:{}/x", free_port());
    let mut node = serve(home.path(), &["--database", &database]);
    node.until(node.ops, "/livez", 200).await;
    node.until(node.ops, "/readyz", 503).await;
    node.until(node.people, "/status", 503).await;
    node.until(node.people, "/rest/api/2/serverInfo", 503).await;
    node.signal("INT");
    assert_eq!(node.end().await.status.code(), Some(0));
}

#[tokio::test]
async fn a_leaving_node_turns_unready_serves_on_and_stops() {
    let home = home();
    let token = home.path().join("token");
    std::fs::write(&token, "t").expect("written");
    let mut node = serve(home.path(), &["--ops-token-file", token.to_str().expect("text")]);
    node.until(node.ops, "/readyz", 200).await;
    node.signal("TERM");
    node.until(node.ops, "/readyz", 503).await;
    assert_eq!(
        get(node.people, "/rest/api/2/serverInfo").await,
        Some(200),
        "clients need time to hear of it"
    );
    assert_eq!(get(node.people, "/status").await, Some(503));
    assert_eq!(get(node.ops, "/livez").await, Some(200));
    assert_eq!(node.end().await.status.code(), Some(0));
}

#[tokio::test]
async fn a_second_signal_stops_at_once() {
    let home = home();
    let token = home.path().join("token");
    std::fs::write(&token, "t").expect("written");
    let mut node = serve(home.path(), &["--ops-token-file", token.to_str().expect("text")]);
    node.until(node.people, "/status", 200).await;
    node.signal("TERM");
    node.until(node.ops, "/readyz", 503).await;
    node.signal("TERM");
    let ended = node.end().await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("a second time"));
}

#[tokio::test]
async fn commands_look_after_a_stopped_node_and_respect_a_running_one() {
    let home = home();
    let dir = home.path().to_str().expect("text");
    assert_eq!(output(&["migrate", "--local-home", dir]).await.0, Some(0));
    let (code, _, said) = output(&["reindex", "--local-home", dir]).await;
    assert_eq!(code, Some(0), "{said}");
    let (code, out, said) = output(&["doctor", "--local-home", dir]).await;
    assert!(out.contains("The database answers: SQLite 3."), "{out} {said}");
    assert!(out.contains("is not in use: the node is stopped"), "{out}");
    assert!(code == Some(0) || out.contains("MiB free"), "{out} {said}");
    let mut node = serve(home.path(), &[]);
    node.until(node.people, "/status", 200).await;
    let (code, _, said) = output(&["reindex", "--local-home", dir]).await;
    assert_eq!(code, Some(1));
    assert!(said.contains("stop the node first"), "{said}");
    assert!(output(&["doctor", "--local-home", dir]).await.1.contains("is in use: the node runs"));
    let second =
        output(&["serve", "--local-home", dir, "--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"])
            .await;
    assert_eq!(second.0, Some(1), "two nodes in one home: {}", second.2);
    node.signal("INT");
    assert_eq!(node.end().await.status.code(), Some(0));
}
