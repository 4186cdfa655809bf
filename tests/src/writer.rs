//! A client that keeps creating issues while something is being broken, and afterwards asks for each one it was promised.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::task::JoinHandle;

use crate::rest::{Created, Rest};

/// Patience of a client that expects faults: what isn't answered by then is tried again.
pub const IMPATIENT: Duration = Duration::from_secs(2);
/// Patience of a client that expects none.
pub const PATIENT: Duration = Duration::from_secs(10);

/// A writer at work.
#[derive(Debug)]
pub struct Writer {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<Log>>,
}

/// What a writer was promised and what went wrong on the way.
#[derive(Debug, Default)]
pub struct Log {
    /// Each summary that was acknowledged, with its issue.
    pub acknowledged: BTreeMap<String, Created>,
    /// Attempts that failed and were repeated.
    pub failures: Vec<String>,
    /// The longest time from the first attempt to the acknowledgement.
    pub slowest: Duration,
}

impl Writer {
    /// Starts several clients that each create one issue after the other; an attempt that isn't answered within `patience`
    /// is tried again. Every creation carries an `Idempotency-Key`, so that its repetitions make no second issue.
    pub fn start(rest: &Rest, project: &str, clients: usize, patience: Duration) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(AtomicU64::new(0));
        let run = rand::random::<u32>();
        let tasks = (0..clients)
            .map(|client| {
                let (rest, project) = (rest.clone(), project.to_owned());
                let (stop, acknowledged) = (Arc::clone(&stop), Arc::clone(&acknowledged));
                tokio::spawn(async move {
                    let mut log = Log::default();
                    let mut number = 0;
                    while !stop.load(Ordering::Relaxed) {
                        number += 1;
                        let summary = format!("written {run:08x} {client} {number}");
                        let created = create(&rest, &project, &summary, patience, &mut log).await;
                        log.acknowledged.insert(summary, created);
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                    log
                })
            })
            .collect();
        Self { stop, acknowledged, tasks }
    }

    /// How many creations were acknowledged so far.
    pub fn count(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Waits until so many more creations were acknowledged: the work goes on.
    pub async fn goes_on(&self, more: u64) {
        let goal = self.count() + more;
        crate::wait::until("the writer's work goes on", Duration::from_mins(2), async || {
            crate::wait::ensure(self.count() >= goal, format!("{} of {goal}", self.count()))
        })
        .await;
    }

    /// Lets each client finish what it has begun, and returns what they were promised.
    pub async fn stop(self) -> Log {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Log::default();
        for task in self.tasks {
            let limit = Duration::from_mins(2);
            let log = tokio::time::timeout(limit, task)
                .await
                .expect("the last creation ends")
                .expect("no client panics");
            all.acknowledged.extend(log.acknowledged);
            all.failures.extend(log.failures);
            all.slowest = all.slowest.max(log.slowest);
        }
        all
    }
}

async fn create(rest: &Rest, project: &str, summary: &str, patience: Duration, log: &mut Log) -> Created {
    let begin = Instant::now();
    loop {
        let attempt =
            tokio::time::timeout(patience, rest.create_issue(project, summary, Some(summary))).await;
        let failure = match attempt {
            Ok(Ok(created)) => {
                log.slowest = log.slowest.max(begin.elapsed());
                return created;
            }
            Ok(Err(error)) => format!("{error:#}"),
            Err(_) => format!("no answer within {patience:?}"),
        };
        assert!(begin.elapsed() < Duration::from_mins(3), "{summary} can't be written: {failure}");
        log.failures.push(format!("{summary}: {failure}"));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

impl Log {
    /// Asks a node for everything that was promised, in a project that holds nothing else.
    pub async fn verify(&self, rest: &Rest, project: &str) -> anyhow::Result<usize> {
        let found = self.verify_at_least(rest, project).await?;
        let promised = self.acknowledged.len();
        ensure!(found == promised, "{promised} were acknowledged, {found} are there");
        Ok(found)
    }

    /// Asks a node for everything that was promised: each acknowledged issue is there with its summary, no summary twice,
    /// no key twice. Returns how many issues the project has.
    pub async fn verify_at_least(&self, rest: &Rest, project: &str) -> anyhow::Result<usize> {
        let mut by_summary: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut start = 0;
        loop {
            let jql = format!("project = {project} ORDER BY key");
            let query = [
                ("jql", jql.as_str()),
                ("startAt", &start.to_string()),
                ("maxResults", "500"),
                ("fields", "summary"),
            ];
            let page =
                rest.json(rest.request(reqwest::Method::GET, "/rest/api/2/search").query(&query)).await?;
            let issues = page["issues"].as_array().context("no issues")?;
            for issue in issues {
                let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
                by_summary.entry(text(&issue["fields"]["summary"])).or_default().push(text(&issue["key"]));
            }
            start += issues.len();
            if issues.is_empty() || start as u64 >= page["total"].as_u64().context("no total")? {
                break;
            }
        }
        let twice: Vec<_> = by_summary.iter().filter(|(_, keys)| keys.len() > 1).collect();
        ensure!(twice.is_empty(), "written twice: {twice:?}");
        let mut keys: Vec<_> = self.acknowledged.values().map(|created| &created.key).collect();
        keys.sort();
        keys.dedup();
        ensure!(keys.len() == self.acknowledged.len(), "two acknowledged issues have the same key");
        for (summary, created) in &self.acknowledged {
            let found = by_summary.get(summary);
            ensure!(
                found == Some(&vec![created.key.clone()]),
                "{} `{summary}` was acknowledged; found {found:?}",
                created.key
            );
        }
        Ok(start)
    }
}
