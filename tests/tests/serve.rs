//! `tracker serve` alone on a bare machine: it runs at once, and the README's quick start works as printed.

use std::time::{Duration, Instant};

use tests::process::{PASSWORD, Process};
use tests::tidy::top;

#[tokio::test]
async fn a_bare_tracker_works_at_once() {
    let begin = Instant::now();
    let tracker = Process::start(&[]);
    tracker.running().await;
    println!("RUNNING after {:.2} s (aim 1 s)", begin.elapsed().as_secs_f64());
    let rest = tracker.rest();
    rest.create_project("BARE").await.expect("a project");
    let created = rest.create_issue("BARE", "works without anything", None).await.expect("an issue");
    assert_eq!(created.key, "BARE-1");
    let found = rest.search("project = BARE AND summary ~ anything", 0, 10).await.expect("search");
    assert_eq!(found.keys, ["BARE-1"]);

    // Killed as by a power cut, it comes back with all it acknowledged.
    let home = tracker.kill().await;
    let tracker = Process::start_at(home, &[]);
    tracker.running().await;
    assert_eq!(tracker.rest().search("project = BARE", 0, 10).await.expect("search").keys, ["BARE-1"]);
}

#[tokio::test]
async fn a_large_attachment_comes_back_as_it_was() {
    let tracker = Process::start(&[]);
    tracker.running().await;
    let rest = tracker.rest();
    rest.create_project("LARGE").await.expect("a project");
    rest.create_issue("LARGE", "with a large file", None).await.expect("an issue");
    // Above the 2 MB that frameworks allow a body by default.
    let bytes: Vec<u8> = (0..9_000_017_u32).map(|n| (n % 253) as u8).collect();
    let id = rest.attach("LARGE-1", "large.bin", bytes.clone()).await.expect("an attachment");
    assert!(rest.attachment(&id).await.expect("download") == bytes, "the bytes differ");
}

/// The lines of the code block after the mark, as printed.
fn quick_start() -> Vec<String> {
    let readme = std::fs::read_to_string(top().join("README.md")).expect("the README");
    let (_, after) = readme.split_once("<!-- quick-start").expect("the README marks its quick start");
    let block = after.split("```").nth(1).expect("a code block");
    block.lines().skip(1).filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

#[tokio::test]
async fn the_readmes_quick_start_works_as_printed() {
    let readme = std::fs::read_to_string(top().join("README.md")).expect("the README");
    assert!(readme.contains(&format!("TRACKER_ADMIN_PASSWORD={PASSWORD} cargo run -p tracker -- serve")));
    let tracker = Process::start(&[]);
    tracker.running().await;
    let lines = quick_start();
    assert_eq!(lines.len(), 5, "five lines");
    let mut last = String::new();
    for line in &lines {
        assert!(line.contains("http://127.0.0.1:8080/"), "another address: {line}");
        // This tracker listens elsewhere, so that the test runs beside one of yours.
        let line = line.replace("http://127.0.0.1:8080", tracker.http());
        let limit = Duration::from_mins(1);
        let run = tokio::process::Command::new("sh").arg("-c").arg(&line).output();
        let output = tokio::time::timeout(limit, run).await.expect("curl ends").expect("sh runs");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{line}\n{printed}{}\n{}",
            String::from_utf8_lossy(&output.stderr),
            tracker.log()
        );
        last = printed;
    }
    let found: serde_json::Value = serde_json::from_str(&last).expect("the search answers with JSON");
    assert_eq!(found["total"], 1, "{found}");
    let issue = &found["issues"][0];
    assert_eq!(issue["key"], "DEMO-1");
    assert_eq!(issue["fields"]["priority"]["name"], "Highest");
    assert_eq!(issue["fields"]["summary"], "The printer is on fire");
}
