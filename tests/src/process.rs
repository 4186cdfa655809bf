//! A tracker as a plain process on this machine, on ports and in folders of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use crate::rest::Rest;
use crate::tidy::top;
use crate::wait::{ensure, until};

/// The first administrator's password.
pub const PASSWORD: &str = "secret";

/// A tracker process; it is killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    home: tempfile::TempDir,
    http: String,
    ops: String,
}

/// The program that cargo has built: beside the test's own folder.
pub fn program(name: &str) -> PathBuf {
    let mut folder = std::env::current_exe().expect("a running program has a path");
    while folder.pop() {
        let candidate = folder.join(name);
        if candidate.is_file() {
            return candidate;
        }
    }
    panic!("{name} is not built: `cargo build --workspace` in {}", top().display())
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

impl Process {
    /// Starts a tracker with these arguments beside its addresses and homes, and returns without waiting.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_at(tempfile::tempdir().expect("a folder"), arguments)
    }

    /// Starts a tracker in the homes of an earlier one.
    pub fn start_at(home: tempfile::TempDir, arguments: &[&str]) -> Self {
        let (http, ops) = (format!("127.0.0.1:{}", free_port()), format!("127.0.0.1:{}", free_port()));
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(home.path().join("log"))
            .expect("a log file");
        let child = Command::new(program("tracker"))
            .args(["serve", "--listen", &http, "--ops-listen", &ops])
            .arg("--local-home")
            .arg(home.path().join("home"))
            .args(arguments)
            .env("TRACKER_ADMIN_PASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the same file"))
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("start the tracker");
        Self { child, home, http: format!("http://{http}"), ops: format!("http://{ops}") }
    }

    /// Waits until `/status` says RUNNING.
    pub async fn running(&self) {
        until("the tracker runs", Duration::from_mins(1), async || {
            let state = self.rest().state().await?;
            ensure(state == "RUNNING", state)
        })
        .await;
    }

    /// A client that keeps its connections.
    pub fn rest(&self) -> Rest {
        Rest::keeping(&self.http, PASSWORD)
    }

    /// The base of people's URLs.
    pub fn http(&self) -> &str {
        &self.http
    }

    /// The base of the operations' URLs.
    pub fn ops(&self) -> &str {
        &self.ops
    }

    /// What it wrote so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    /// The folder with everything it keeps.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Resident memory in MiB.
    pub fn resident_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0.0);
        kib / 1024.0
    }

    /// Kills it as a power cut would, and gives back its folder.
    pub async fn kill(mut self) -> tempfile::TempDir {
        self.child.kill().await.expect("a process of ours");
        self.home
    }
}
