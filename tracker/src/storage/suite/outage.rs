//! Losing the database is normal: quick and honest errors, nothing acknowledged lost, back by itself.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{
    add_user,
    change_log::set,
    new_issue,
    proxy::{Line, Proxy},
    scene,
};
use crate::{
    domain::{clock::SystemClock, id::IssueId},
    storage::{
        DatabaseSettings, Error, Identity, Store, UrlSource, issues,
        testing::{self, TestStore, connect},
        users,
    },
};

/// Hang guard around something that must end by itself within seconds.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), work).await.expect("it ends by itself")
}

/// Tries until it works.
async fn heals(store: &Store) {
    soon(async {
        while store.ping().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// A store behind a proxy, with short limits.
async fn behind(url: UrlSource) -> Store {
    let settings = DatabaseSettings {
        connect_timeout: Duration::from_millis(500),
        acquire_timeout: Duration::from_secs(1),
        ..DatabaseSettings::new(url)
    };
    let identity = Identity { node: "node-0".to_owned(), uid: "0".to_owned() };
    Store::connect(settings, identity, Arc::new(SystemClock::new())).await.unwrap()
}

async fn proxied(test: &TestStore) -> (Proxy, Store) {
    let (proxy, url) = Proxy::before(&test.url).await;
    (proxy, behind(UrlSource::Url(url)).await)
}

#[tokio::test]
async fn a_cut_or_frozen_line_is_unavailable_quickly_and_heals() {
    let Some(test) = testing::postgres().await else { return };
    let (proxy, store) = proxied(&test).await;
    store.ping().await.unwrap();
    for line in [Line::Cut, Line::Frozen] {
        proxy.set(line);
        for _ in 0..3 {
            assert!(soon(store.ping()).await.unwrap_err().is_unavailable(), "{line:?}");
            assert!(soon(store.begin()).await.err().unwrap().is_unavailable(), "{line:?}");
        }
        proxy.set(Line::Open);
        heals(&store).await;
        soon(add_user(&store, &format!("{line:?}"))).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_and_may_come_later() {
    let Some(test) = testing::postgres().await else { return };
    let (proxy, url) = Proxy::before(&test.url).await;
    proxy.set(Line::Cut);
    let store = behind(UrlSource::Url(url)).await;
    assert!(soon(store.prepare()).await.unwrap_err().is_unavailable());
    assert!(soon(store.read()).await.err().unwrap().is_unavailable());
    proxy.set(Line::Open);
    soon(store.prepare()).await.unwrap();
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_not_acknowledged() {
    let Some(test) = testing::postgres().await else { return };
    let (proxy, store) = proxied(&test).await;
    let mut tx = store.begin().await.unwrap();
    users::insert(&mut tx, &super::new_user("ada")).await.unwrap();
    proxy.set(Line::LoseCommit);
    let commit = tokio::spawn(tx.commit());
    soon(async {
        while users::by_name(&mut test.store.read().await.unwrap(), "ada").await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    // It happened, but nobody told us.
    proxy.set(Line::Cut);
    let error = soon(commit).await.unwrap().unwrap_err();
    assert!(matches!(&error, Error::Unavailable(reason) if reason.contains("not known")), "{error:?}");
    // Asking again with an Idempotency-Key is how a client finds out: see `idempotency.rs`.
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_acknowledged_is_lost_under_faults() {
    let Some(test) = testing::postgres().await else { return };
    let (ada, demo) = scene(&test).await;
    let (proxy, store) = proxied(&test).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (store, demo, ada, stop) = (store.clone(), demo.clone(), ada.id, stop.clone());
        writers.spawn(async move {
            let (mut acknowledged, mut refused) = (Vec::new(), 0);
            while !stop.is_cancelled() {
                let created = async {
                    let mut tx = store.begin().await?;
                    let issue = issues::insert(&mut tx, &new_issue(&demo, ada, "x")).await?;
                    tx.commit().await?;
                    Ok::<_, Error>(issue)
                };
                match created.await {
                    Ok(issue) => acknowledged.push((issue.id, issue.number)),
                    Err(Error::Unavailable(_) | Error::Busy(_)) => refused += 1,
                    Err(error) => panic!("{error:?}"),
                }
            }
            (acknowledged, refused)
        });
    }
    for round in 0..6 {
        // Some work gets done in between: a condition, not a time.
        let before = issues::count(&mut test.store.read().await.unwrap()).await.unwrap();
        soon(async {
            while issues::count(&mut test.store.read().await.unwrap()).await.unwrap() < before + 20 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
        if round % 2 == 0 {
            proxy.set(Line::Cut);
            assert!(soon(store.ping()).await.unwrap_err().is_unavailable());
            proxy.set(Line::Open);
        } else {
            let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()";
            set(&mut test.store.read().await.unwrap(), end).await;
        }
    }
    stop.cancel();
    let results = soon(writers.join_all()).await;
    let refused: usize = results.iter().map(|(_, refused)| refused).sum();
    let acknowledged: Vec<(IssueId, i64)> = results.into_iter().flat_map(|(done, _)| done).collect();
    assert!(refused > 0, "the faults were felt");
    let mut conn = test.store.read().await.unwrap();
    let ids: Vec<IssueId> = acknowledged.iter().map(|(id, _)| *id).collect();
    let stored = issues::by_ids(&mut conn, &ids).await.unwrap();
    assert_eq!(stored.iter().map(|issue| (issue.id, issue.number)).collect::<Vec<_>>(), acknowledged);
    let numbers: BTreeSet<i64> = acknowledged.iter().map(|(_, number)| *number).collect();
    assert_eq!(numbers.len(), acknowledged.len(), "no key twice");
    // Numbers are consecutive all the same: what was not acknowledged either happened or left no gap.
    let count = issues::count(&mut conn).await.unwrap();
    assert!(numbers.last().is_some_and(|last| *last <= count));
}

#[tokio::test]
async fn a_rotated_secret_needs_no_restart() {
    let Some(test) = testing::postgres().await else { return };
    let (proxy, old) = Proxy::before(&test.url).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("url");
    std::fs::write(&file, format!("{old}\n")).unwrap();
    let store = behind(UrlSource::File(file.clone())).await;
    store.ping().await.unwrap();
    // The old address is no more; the file still names it.
    proxy.set(Line::Cut);
    assert!(soon(store.ping()).await.unwrap_err().is_unavailable());
    // Kubernetes replaces a mounted secret by renaming.
    let next = dir.path().join("next");
    std::fs::write(&next, &test.url).unwrap();
    std::fs::rename(&next, &file).unwrap();
    soon(store.ping()).await.unwrap();
    // A file that is missing for a moment is an outage like another.
    std::fs::remove_file(&file).unwrap();
    store.drop_connections();
    assert!(soon(store.ping()).await.unwrap_err().is_unavailable());
    std::fs::write(&file, &test.url).unwrap();
    soon(store.ping()).await.unwrap();
}

#[tokio::test]
async fn a_request_that_is_given_up_harms_no_other() {
    for test in testing::stores().await {
        let (ada, demo) = scene(&test).await;
        for nth in 0..40 {
            let work = async {
                let mut tx = test.store.begin().await.unwrap();
                issues::insert(&mut tx, &new_issue(&demo, ada.id, "given up")).await.unwrap();
                std::future::pending::<()>().await;
            };
            // Wherever it is by then.
            tokio::time::timeout(Duration::from_micros(nth * 150), work).await.unwrap_err();
        }
        // More than the pool has connections: none of them was kept by a dead request, and no transaction is still open.
        let mut tx = soon(test.store.begin()).await.unwrap();
        let issue = soon(issues::insert(&mut tx, &new_issue(&demo, ada.id, "x"))).await.unwrap();
        soon(tx.commit()).await.unwrap();
        assert_eq!(issue.number, 1);
    }
}

#[tokio::test]
async fn a_closed_store_says_so() {
    for test in testing::stores().await {
        let store = connect(&test.url, "node-1").await;
        store.ping().await.unwrap();
        store.close().await;
        assert!(soon(store.ping()).await.unwrap_err().is_unavailable());
        assert!(soon(store.begin()).await.err().unwrap().is_unavailable());
    }
}

#[tokio::test]
async fn metrics_tell_what_happened() {
    for test in testing::stores().await {
        let mut registry = prometheus_client::registry::Registry::default();
        test.store.register(&mut registry);
        add_user(&test.store, "ada").await.unwrap();
        super::change_log::at_the_end(&test.store).await;
        let held = test.store.read().await.unwrap();
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        drop(held);
        for line in
            ["database_commits_total 1", "database_connections_in_use 1", "database_connections_open 1"]
        {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(text.contains("database_change_log_rows_total"), "{text}");
    }
}
