//! Tests of the whole: rows in a database, searches on one or several nodes.
//!
//! Each rule was broken once to see its test fail: a search that counts a poll already begun, or is told before the reload
//! (`consistency`); rows that are gone but stay in the index; a rebuild whose position is taken after its rows; a stamp that runs ahead
//! of a bulk change or of what is final; no checksum after a crash, no lock, no look at the era, an unfinished index taken for a
//! finished one, a generation's number used twice (`starts`); `!=` that matches empty fields, empty fields first, ties the wrong way,
//! strings compared by their places in different segments, moments by the millisecond, excluded phrases asked backwards
//! (`differential`); a new writer whose first operation does work (`writer.rs`, found by the crashes of `starts`).

mod consistency;
mod differential;
mod figures;
mod random;
mod slow;
mod starts;

use std::{collections::BTreeMap, path::Path, time::Duration};

use jiff::tz::TimeZone;
use prometheus_client::registry::Registry;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{Error, Hits, Index, IndexSettings, IndexState};
use crate::{
    domain::{
        id::{IssueId, IssueTypeId, PriorityId, StatusId, UserId},
        issue::{Issue, NewIssue},
        jql::{self, Catalogue, Context, Query},
        project::{NewProject, Project},
        user::NewUser,
    },
    storage::{self, Store, issues, projects, testing::TestStore, users},
};

/// A hang guard: nothing here should take nearly so long.
const GUARD: Duration = Duration::from_mins(2);

/// A database with a user and a project.
struct World {
    test: TestStore,
    user: UserId,
    project: Project,
}

impl World {
    async fn of(test: TestStore) -> Self {
        let mut tx = test.store.begin().await.expect("a transaction");
        let user = NewUser {
            name: "ann".into(),
            email: "ann@example.com".into(),
            display_name: "Ann".into(),
            password_hash: "none".into(),
            admin: false,
            time_zone: "UTC".into(),
        };
        let user = users::insert(&mut tx, &user).await.expect("a user").id;
        let project = projects::insert(&mut tx, &new_project("DEMO", user)).await.expect("a project");
        tx.commit().await.expect("commit");
        Self { test, user, project }
    }

    /// One of each database there is.
    async fn each() -> Vec<Self> {
        let mut worlds = Vec::new();
        for test in storage::testing::stores().await {
            worlds.push(Self::of(test).await);
        }
        worlds
    }

    fn store(&self) -> &Store {
        &self.test.store
    }

    fn new_issue(&self, summary: &str) -> NewIssue {
        NewIssue {
            project: self.project.id,
            issue_type: IssueTypeId(1),
            status: StatusId(1),
            priority: PriorityId(3),
            summary: summary.into(),
            description: None,
            assignee: None,
            reporter: None,
            creator: self.user,
            labels: Vec::new(),
        }
    }

    async fn create(&self, summary: &str) -> Issue {
        create_on(self.store(), &self.new_issue(summary)).await
    }

    async fn delete(&self, id: IssueId) {
        let mut tx = self.store().begin().await.expect("a transaction");
        issues::delete(&mut tx, id).await.expect("deleted");
        tx.commit().await.expect("commit");
    }
}

async fn create_on(store: &Store, new: &NewIssue) -> Issue {
    let mut tx = store.begin().await.expect("a transaction");
    let issue = issues::insert(&mut tx, new).await.expect("an issue");
    tx.commit().await.expect("commit");
    issue
}

fn new_project(key: &str, lead: UserId) -> NewProject {
    NewProject {
        key: key.into(),
        name: format!("Project {key}"),
        description: String::new(),
        lead,
        type_key: "software".into(),
    }
}

/// A running index on a directory that outlives it.
struct Node {
    index: Index,
    task: JoinHandle<Result<(), Error>>,
    stop: CancellationToken,
}

impl Node {
    async fn start(store: Store, dir: &Path) -> Self {
        // Busy machines are slow: what matters here is that the wait ends with the promise kept.
        let settings = IndexSettings { barrier_limit: GUARD, ..IndexSettings::new(dir.to_owned()) };
        Self::start_with(store, settings).await
    }

    async fn start_with(store: Store, settings: IndexSettings) -> Self {
        let mut registry = Registry::default();
        let opened = tokio::time::timeout(GUARD, async {
            loop {
                match Index::open(settings.clone(), store.clone(), &mut registry).await {
                    // One that was ended by force may still be busy with its last write.
                    Err(Error::Locked(_)) => tokio::time::sleep(Duration::from_millis(1)).await,
                    opened => break opened,
                }
            }
        });
        let (index, replicator) = opened.await.expect("in time").expect("the directory is free");
        let stop = CancellationToken::new();
        let task = tokio::spawn(replicator.run(stop.clone()));
        Self { index, task, stop }
    }

    /// Waits until the index is in `state`.
    async fn until(&self, what: &str, mut reached: impl FnMut(&super::IndexStatus) -> bool) {
        let waited = tokio::time::timeout(GUARD, async {
            while !reached(&self.index.status()) {
                assert!(!self.task.is_finished(), "{what}: the replicator ended");
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
        assert!(waited.await.is_ok(), "{what}: {:?}", self.index.status());
    }

    async fn in_step(&self) {
        self.until("in step", |status| status.state == IndexState::InStep).await;
    }

    async fn search(&self, text: &str) -> Hits {
        let hits = self.index.search(&query(text), 0, 100_000).await.expect("an answer");
        assert!(hits.consistent, "{text}: {:?}", self.index.status());
        hits
    }

    /// Ids in the index, with version and rev. Fails if an issue is there twice.
    fn contents(&self) -> BTreeMap<i64, (i64, i64)> {
        let searcher = self.index.searcher().expect("an index").reader.searcher();
        let mut contents = BTreeMap::new();
        for segment in searcher.segment_readers() {
            let column = |name| segment.fast_fields().i64(name).expect("a column");
            let (id, version, rev) = (column("id"), column("version"), column("rev"));
            for doc in segment.doc_ids_alive() {
                let value = |column: &tantivy::columnar::Column<i64>| column.first(doc).expect("a value");
                let twice = contents.insert(value(&id), (value(&version), value(&rev)));
                assert_eq!(twice, None, "issue {} is there twice", value(&id));
            }
        }
        contents
    }

    /// Ends it in an orderly way.
    async fn stop(self) {
        self.stop.cancel();
        self.task.await.expect("no panic").expect("no error");
    }

    /// Ends it wherever it is.
    async fn crash(self) {
        self.task.abort();
        // The lock is given back only when all that works on the directory is gone.
        let _ = self.task.await;
    }
}

/// A query with nothing in it that must be looked up.
fn query(text: &str) -> Query {
    let context = Context { user: None, now_ms: 0, time_zone: TimeZone::UTC };
    jql::resolve(&jql::parse(text).expect(text), &Catalogue::default(), &context).expect(text)
}

fn dir() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}
