//! `make bench`: start, memory, throughput and visibility, measured on release builds and printed as a table.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tests::database::Database;
use tests::measure::{Times, run};
use tests::process::{Process, program};
use tests::rest::Rest;
use tests::texts::texts;

/// How many issues the large database has.
const LARGE: usize = 100_000;
/// Requests in each measurement.
const REQUESTS: usize = 2000;

#[tokio::main]
async fn main() -> Result<()> {
    let server = std::env::var("TRACKER_TEST_DATABASE").context("no PostgreSQL: run this by `make bench`")?;
    let large = std::env::var("BENCH_ISSUES").ok().and_then(|text| text.parse().ok()).unwrap_or(LARGE);
    println!("| what | figure |\n|---|---|");

    let (tracker, started) = start(&[]).await;
    row("SQLite, empty: start to RUNNING", &format!("{started:.2} s"));
    settle().await;
    row("SQLite, empty: resident memory (aim < 60 MB)", &format!("{:.0} MB", tracker.resident_mib()));
    drop(tracker);

    let database = Database::new(&server, "bench_small").await?;
    let (tracker, started) = start(&["--database", database.url()]).await;
    row("PostgreSQL, empty: start to RUNNING", &format!("{started:.2} s"));
    settle().await;
    row("PostgreSQL, empty: resident memory (aim < 60 MB)", &format!("{:.0} MB", tracker.resident_mib()));
    tracker.rest().create_project("BENCH").await?;
    let words = Arc::new(texts(REQUESTS, 7));
    for clients in [1, 8] {
        let times = creates(&tracker.rest(), clients, &words).await?;
        row(&format!("create, {clients} at a time"), &figures(&times));
    }
    for clients in [1, 8] {
        let times = searches(&tracker.rest(), clients, "BENCH").await?;
        row(&format!("search of {} issues, {clients} at a time", 2 * REQUESTS), &figures(&times));
    }
    let shared = tracker.home().join("home/shared");
    let (second, _) = start(&[
        "--database",
        database.url(),
        "--shared-home",
        &shared.to_string_lossy(),
        "--node-id",
        "second",
    ])
    .await;
    let times = visibility(&tracker.rest(), &second.rest()).await?;
    row("acknowledged on one node, found on another (aim p99 < 100 ms)", &figures(&times));
    drop((tracker, second));

    let database = Database::new(&server, "bench_large").await?;
    // The first start makes the administrator; generated users can't log in.
    drop(start(&["--database", database.url()]).await);
    let begin = Instant::now();
    let issues = large.to_string();
    let home = tempfile::tempdir()?;
    let generated = tokio::process::Command::new(program("tracker"))
        .args(["generate", "--issues", &issues, "--seed", "1", "--database", database.url()])
        .arg("--local-home")
        .arg(home.path())
        .stdout(std::process::Stdio::null())
        .status()
        .await?;
    ensure!(generated.success(), "tracker generate: {generated}");
    row(&format!("generate {large} issues"), &format!("{:.0} s", begin.elapsed().as_secs_f64()));
    let (tracker, started) = start(&["--database", database.url()]).await;
    row(&format!("{large} issues: start with a rebuild of the index"), &format!("{started:.1} s"));
    settle().await;
    row(
        &format!("{large} issues: resident memory (aim < 200 MB)"),
        &format!("{:.0} MB", tracker.resident_mib()),
    );
    for clients in [1, 8] {
        let times = searches(&tracker.rest(), clients, "").await?;
        row(&format!("search of {large} issues, {clients} at a time"), &figures(&times));
    }
    row(
        &format!("{large} issues: resident memory after the searches"),
        &format!("{:.0} MB", tracker.resident_mib()),
    );
    let home = tracker.kill().await;
    let begin = Instant::now();
    let tracker = Process::start_at(home, &["--database", database.url()]);
    tracker.running().await;
    row(
        &format!("{large} issues: start with the index it had"),
        &format!("{:.2} s", begin.elapsed().as_secs_f64()),
    );
    Ok(())
}

async fn start(arguments: &[&str]) -> (Process, f64) {
    let begin = Instant::now();
    let tracker = Process::start(arguments);
    tracker.running().await;
    (tracker, begin.elapsed().as_secs_f64())
}

/// Lets what a start leaves behind come to rest before memory is read.
async fn settle() {
    tokio::time::sleep(Duration::from_secs(5)).await;
}

async fn creates(rest: &Rest, clients: usize, words: &Arc<Vec<tests::texts::Text>>) -> Result<Times> {
    let (rest, words) = (rest.clone(), Arc::clone(words));
    run(clients, REQUESTS, move |number| {
        let (rest, words) = (rest.clone(), Arc::clone(&words));
        async move {
            let text = &words[number % words.len()];
            let fields = serde_json::json!({"summary": text.title, "description": text.description});
            rest.create_issue_with("BENCH", fields, None).await.map(drop)
        }
    })
    .await
}

/// Three kinds of search in turn: a filter, a text, both with an order.
async fn searches(rest: &Rest, clients: usize, project: &str) -> Result<Times> {
    let scope =
        if project.is_empty() { "project IS NOT EMPTY".to_owned() } else { format!("project = {project}") };
    let queries = Arc::new([
        format!("{scope} AND status = \"To Do\" ORDER BY created DESC"),
        format!("{scope} AND text ~ \"error\""),
        format!("{scope} AND priority = Medium AND summary ~ \"slow\" ORDER BY updated DESC"),
    ]);
    let rest = rest.clone();
    run(clients, REQUESTS, move |number| {
        let (rest, queries) = (rest.clone(), Arc::clone(&queries));
        async move { rest.search(&queries[number % queries.len()], 0, 50).await.map(drop) }
    })
    .await
}

/// From the acknowledgement on one node until a search on the other has found it.
async fn visibility(one: &Rest, other: &Rest) -> Result<Times> {
    let mut times = Vec::new();
    let wall = Instant::now();
    for number in 0..300 {
        let created = one.create_issue("BENCH", &format!("visible{number}"), None).await?;
        let begin = Instant::now();
        while other.search(&format!("summary ~ visible{number}"), 0, 1).await?.keys != [created.key.clone()] {
            ensure!(begin.elapsed() < Duration::from_secs(30), "{} never became visible", created.key);
        }
        times.push(begin.elapsed());
    }
    Ok(Times::new(times, wall.elapsed()))
}

fn figures(times: &Times) -> String {
    let ms = |part| times.quantile(part).as_secs_f64() * 1000.0;
    format!("{:.0}/s, p50 {:.1} ms, p99 {:.1} ms", times.rate(), ms(0.5), ms(0.99))
}

fn row(what: &str, figure: &str) {
    println!("| {what} | {figure} |");
}
