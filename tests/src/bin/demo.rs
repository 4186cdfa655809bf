//! `make demo`: a tracker of three nodes on a real Kubernetes, filled, searched, broken, and still there.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tests::cluster::{Cluster, Origin};
use tests::namespace::Namespace;
use tests::rest::Rest;
use tests::texts::texts;
use tests::trackers::{CONTAINER, NAME, Trackers};
use tests::writer::{IMPATIENT, Writer};
use tests::{operator, postgres};

const NAMESPACE: &str = "tracker-demo";
const PROJECT: &str = "DEMO";
const ISSUES: usize = 1000;
const NODES: usize = 3;

#[tokio::main]
async fn main() -> Result<()> {
    let cluster = Cluster::given().await.context("no cluster: run this by `make demo`")?;
    step("The operator, by its Helm chart");
    operator::install(&cluster).await;
    step("PostgreSQL and a TrackerCluster of three nodes");
    let namespace = Namespace::lasting(&cluster, NAMESPACE).await;
    postgres::deploy(&namespace).await;
    let begin = Instant::now();
    let trackers = Trackers::apply(&namespace, &tests::trackers::resource(&namespace, NODES)).await;
    trackers.ready(NODES).await;
    say(&format!("all Ready after {:.1} s", begin.elapsed().as_secs_f64()));

    let service = trackers.service().await;
    let password = trackers.password().await;
    let rest = Rest::new(&service.url(), &password);
    step(&format!("{ISSUES} issues through the REST API"));
    load(&Rest::keeping(&service.url(), &password)).await?;

    step("The same search, asked of each node");
    let jql = format!("project = {PROJECT} AND text ~ \"error\" ORDER BY created DESC");
    say(&jql);
    for node in trackers.nodes(NODES).await {
        let begin = Instant::now();
        let found = node.rest.search(&jql, 0, 3).await?;
        let newest = found.keys.join(", ");
        say(&format!(
            "{}: {} issues in {:.1} ms; the newest: {newest}",
            node.name,
            found.total,
            ms(begin.elapsed())
        ));
    }

    step("A node is killed while clients create issues");
    break_one(&cluster, &namespace, &trackers, &rest).await?;

    step("What is there now");
    println!("{}", cluster.kubectl(&["get", "tkc,pods", "--namespace", NAMESPACE]).await?);
    let address = lasting_address(&cluster).await?;
    println!("The tracker: {address}   user admin   password {password}");
    println!("    curl -u admin:{password} '{address}/rest/api/2/search?jql=project={PROJECT}&maxResults=2'");
    if let Origin::Local(program) = cluster.origin() {
        println!("The cluster: {} kubectl get tkc --namespace {NAMESPACE}", program.display());
        println!("             make local-down takes it away");
    }
    Ok(())
}

/// Fills the project up to the number of issues, eight at a time.
async fn load(rest: &Rest) -> Result<()> {
    rest.ensure_project(PROJECT).await?;
    let there = rest.search(&format!("project = {PROJECT}"), 0, 0).await?.total;
    let missing = ISSUES.saturating_sub(usize::try_from(there)?);
    let bar = ProgressBar::new(missing as u64);
    bar.set_style(ProgressStyle::with_template("   {bar:40} {pos}/{len}  {per_sec}, {eta} left")?);
    let begin = Instant::now();
    let mut created =
        futures::stream::iter(texts(missing, 1).into_iter().enumerate().map(|(number, text)| {
            let kind = ["Bug", "Task", "Story"][number % 3];
            let priority = ["Highest", "High", "Medium", "Low", "Lowest"][number % 5];
            let fields = json!({
                "summary": text.title,
                "description": text.description,
                "issuetype": {"name": kind},
                "priority": {"name": priority},
                "labels": ["demo"],
            });
            async move { rest.create_issue_with(PROJECT, fields, None).await }
        }))
        .buffer_unordered(8);
    while let Some(issue) = created.next().await {
        issue?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if missing > 0 {
        say(&format!("{missing} created, {:.0} a second", missing as f64 / begin.elapsed().as_secs_f64()));
    }
    Ok(())
}

/// Kills one node the hardest way there is, and counts what clients of the Service saw of it.
async fn break_one(
    cluster: &Cluster,
    namespace: &Namespace,
    trackers: &Trackers<'_>,
    rest: &Rest,
) -> Result<()> {
    let victim = trackers.node_name(1);
    rest.ensure_project("LIVE").await?;
    let writer = Writer::start(rest, "LIVE", 2, IMPATIENT);
    writer.goes_on(20).await;
    let before = writer.count();
    if let Origin::Local(_) = cluster.origin() {
        cluster.local_kubernetes(&["kill-pod-process", namespace.name(), &victim, CONTAINER]).await?;
        say(&format!("{victim}: kill -9"));
    } else {
        let arguments =
            ["delete", "pod", &victim, "--namespace", namespace.name(), "--grace-period=0", "--force"];
        cluster.kubectl(&arguments).await?;
        say(&format!("{victim}: deleted by force"));
    }
    writer.goes_on(100).await;
    say(&format!("{} issues acknowledged since then", writer.count() - before));
    trackers.ready(NODES).await;
    let log = writer.stop().await;
    say(&format!(
        "{} acknowledged in all, {} attempts repeated, the longest wait {:.1} s",
        log.acknowledged.len(),
        log.failures.len(),
        log.slowest.as_secs_f64()
    ));
    for node in trackers.nodes(NODES).await {
        let found = log.verify_at_least(&node.rest, "LIVE").await?;
        say(&format!("{}: all of them found, among {found} issues", node.name));
    }
    Ok(())
}

/// An address that still leads to the Service when this program has ended.
async fn lasting_address(cluster: &Cluster) -> Result<String> {
    let Origin::Local(program) = cluster.origin() else {
        return Ok(format!(
            "kubectl port-forward --namespace {NAMESPACE} svc/{NAME} 8080:80, then http://127.0.0.1:8080"
        ));
    };
    for port in [8080, tests::process::free_port()] {
        let listen = format!("127.0.0.1:{port}");
        let target = format!("svc/{NAMESPACE}/{NAME}:80");
        let mut command = std::process::Command::new(program);
        command.args(["forward", "--listen", &listen, "--to", &target]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let address = format!("http://{listen}");
        for _ in 0..50 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            if child.try_wait()?.is_some() {
                break;
            }
            if Rest::new(&address, "").state().await.is_ok() {
                return Ok(address);
            }
        }
    }
    anyhow::bail!("no port leads to the Service")
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn step(text: &str) {
    println!("\n== {text}");
}

fn say(text: &str) {
    println!("   {text}");
}
