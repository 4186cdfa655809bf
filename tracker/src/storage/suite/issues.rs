//! Issues.

use std::collections::BTreeSet;

use super::{add_project, new_issue, scene};
use crate::{
    domain::{
        id::{IssueId, PriorityId, StatusId, UserId},
        issue::{Issue, SUMMARY_MAX},
    },
    storage::{Conflict, Error, Store, issues, lists, testing::stores},
};

async fn add(store: &Store, new: &crate::domain::issue::NewIssue) -> Result<Issue, Error> {
    let mut tx = store.begin().await?;
    let issue = issues::insert(&mut tx, new).await?;
    tx.commit().await?;
    Ok(issue)
}

#[tokio::test]
async fn an_issue_reads_back_as_it_was_written() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let mut new = new_issue(&demo, ada.id, "Grüße \u{1F980} 'quoted' \\ %_");
        new.description = Some("line\nline".to_owned());
        new.assignee = Some(ada.id);
        new.labels = vec!["b".to_owned(), "a\"]".to_owned(), "b".to_owned()];
        let issue = add(&test.store, &new).await.unwrap();
        assert_eq!((issue.key.as_str(), issue.number, issue.version), ("DEMO-1", 1, 1));
        assert_eq!(issue.labels, ["a\"]", "b"]);
        assert_eq!(
            (&issue.summary, &issue.description, issue.assignee),
            (&new.summary, &new.description, Some(ada.id))
        );
        assert_eq!(issue.created_ms, issue.updated_ms);

        let mut conn = test.store.read().await.unwrap();
        assert_eq!(issues::by_id(&mut conn, issue.id).await.unwrap(), Some(issue.clone()));
        assert_eq!(issues::by_key(&mut conn, "demo-1").await.unwrap(), Some(issue.clone()));
        assert_eq!(issues::by_key(&mut conn, "DEMO-2").await.unwrap(), None);
        assert_eq!(issues::max_id(&mut conn).await.unwrap(), issue.id);
        assert_eq!(issues::count(&mut conn).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn an_update_needs_the_version_it_was_read_with() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let issue = add(&test.store, &new_issue(&demo, ada.id, "one")).await.unwrap();
        let changed =
            Issue { summary: "two".to_owned(), status: StatusId(2), reporter: None, ..issue.clone() };
        let mut tx = test.store.begin().await.unwrap();
        let stored = issues::update(&mut tx, &changed).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((stored.version, stored.summary.as_str(), stored.reporter), (2, "two", None));
        assert_ne!(stored.rev, issue.rev);
        assert!(stored.updated_ms >= issue.updated_ms && stored.created_ms == issue.created_ms);

        let mut tx = test.store.begin().await.unwrap();
        let error = issues::update(&mut tx, &changed).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Version)), "{error:?}");
        drop(tx);

        let mut tx = test.store.begin().await.unwrap();
        let touched = issues::touch(&mut tx, issue.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(touched.version, 3);
        assert_ne!(touched.rev, stored.rev);

        let mut tx = test.store.begin().await.unwrap();
        let error = issues::touch(&mut tx, IssueId(999)).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Gone)), "{error:?}");
    }
}

#[tokio::test]
async fn what_it_refers_to_must_exist() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let mut new = new_issue(&demo, ada.id, "x");
        new.priority = PriorityId(77);
        let error = add(&test.store, &new).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Reference)), "{error:?}");
        let error = add(&test.store, &new_issue(&demo, UserId(77), "x")).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Reference)), "{error:?}");
        // Failed creations leave no gap in the numbers.
        assert_eq!(add(&test.store, &new_issue(&demo, ada.id, "x")).await.unwrap().number, 1);
    }
}

#[tokio::test]
async fn texts_that_cannot_be_stored_are_refused() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        for (summary, label) in [
            ("a\0b".to_owned(), "ok".to_owned()),
            ("ä".repeat(SUMMARY_MAX + 1), "ok".to_owned()),
            ("ok".to_owned(), "\0".to_owned()),
        ] {
            let mut new = new_issue(&demo, ada.id, &summary);
            new.labels = vec![label];
            let error = add(&test.store, &new).await.unwrap_err();
            assert!(matches!(error, Error::Invalid(_)), "{error:?}");
        }
        add(&test.store, &new_issue(&demo, ada.id, &"ä".repeat(SUMMARY_MAX))).await.unwrap();
    }
}

#[tokio::test]
async fn many_ids_are_one_bind() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let first = add(&test.store, &new_issue(&demo, ada.id, "1")).await.unwrap();
        let second = add(&test.store, &new_issue(&demo, ada.id, "2")).await.unwrap();
        // More than either database's limit on binds.
        let mut asked: Vec<IssueId> = (100_000..200_000).map(IssueId).collect();
        asked.insert(0, second.id);
        asked.push(first.id);
        let mut conn = test.store.read().await.unwrap();
        let found = issues::by_ids(&mut conn, &asked).await.unwrap();
        assert_eq!(found, [second.clone(), first.clone()]);
        let range = issues::documents_in_range(&mut conn, IssueId(0), IssueId(i64::MAX), 1).await.unwrap();
        assert_eq!(range.iter().map(|document| &document.issue).collect::<Vec<_>>(), [&first]);
        let range = issues::documents_in_range(&mut conn, first.id, second.id, 10).await.unwrap();
        assert_eq!(range.iter().map(|document| &document.issue).collect::<Vec<_>>(), [&second]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_creates_are_numbered_without_gap_or_double() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let other_node = if test.store.dialect().kind == crate::storage::Kind::Postgres {
            test.another("node-1").await
        } else {
            test.store.clone()
        };
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..16 {
            let store = if task % 2 == 0 { test.store.clone() } else { other_node.clone() };
            let (demo, ada) = (demo.clone(), ada.clone());
            tasks.spawn(async move {
                let mut numbers = Vec::new();
                for issue in 0..8 {
                    numbers.push(
                        add(&store, &new_issue(&demo, ada.id, &format!("{task}/{issue}")))
                            .await
                            .unwrap()
                            .number,
                    );
                }
                numbers
            });
        }
        let numbers: Vec<i64> = tasks.join_all().await.into_iter().flatten().collect();
        assert_eq!(numbers.len(), 128);
        assert_eq!(numbers.into_iter().collect::<BTreeSet<_>>(), (1..=128).collect());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_update_is_lost() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let issue = add(&test.store, &new_issue(&demo, ada.id, "0")).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (store, id) = (test.store.clone(), issue.id);
            tasks.spawn(async move {
                let mut done = 0;
                while done < 5 {
                    // Read without any lock, as a client does that edits what it was shown.
                    let mut shown =
                        issues::by_id(&mut store.read().await.unwrap(), id).await.unwrap().unwrap();
                    shown.summary = (shown.summary.parse::<i64>().unwrap() + 1).to_string();
                    let mut tx = store.begin().await.unwrap();
                    match issues::update(&mut tx, &shown).await {
                        Ok(_) => {
                            tx.commit().await.unwrap();
                            done += 1;
                        }
                        Err(Error::Conflict(Conflict::Version)) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
            });
        }
        tasks.join_all().await;
        let mut conn = test.store.read().await.unwrap();
        let stored = issues::by_id(&mut conn, issue.id).await.unwrap().unwrap();
        assert_eq!((stored.summary.as_str(), stored.version), ("40", 41));
    }
}

#[tokio::test]
async fn out_of_the_box_lists_are_as_clients_know_them() {
    for test in stores().await {
        let mut conn = test.store.read().await.unwrap();
        let priorities = lists::priorities(&mut conn).await.unwrap();
        let priorities: Vec<_> = priorities.iter().map(|row| (row.id.0, row.name.as_str())).collect();
        assert_eq!(priorities, [(1, "Highest"), (2, "High"), (3, "Medium"), (4, "Low"), (5, "Lowest")]);
        let statuses = lists::statuses(&mut conn).await.unwrap();
        let statuses: Vec<_> = statuses.iter().map(|row| (row.name.as_str(), row.category.name())).collect();
        assert_eq!(statuses, [("To Do", "To Do"), ("In Progress", "In Progress"), ("Done", "Done")]);
        let types = lists::issue_types(&mut conn).await.unwrap();
        let types: Vec<_> = types.iter().map(|row| (row.name.as_str(), row.subtask)).collect();
        let subtask = |name| (name, name == "Sub-task");
        assert_eq!(
            types,
            ["Bug", "New Feature", "Task", "Improvement", "Sub-task", "Epic", "Story"].map(subtask)
        );
    }
}

#[tokio::test]
async fn a_deleted_issue_is_gone_and_its_number_is_not_given_again() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        add_project(&test.store, "OTHER", ada.id).await.unwrap();
        let issue = add(&test.store, &new_issue(&demo, ada.id, "x")).await.unwrap();
        let mut tx = test.store.begin().await.unwrap();
        issues::delete(&mut tx, issue.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(issues::by_id(&mut test.store.read().await.unwrap(), issue.id).await.unwrap(), None);
        let next = add(&test.store, &new_issue(&demo, ada.id, "y")).await.unwrap();
        assert_eq!(next.key, "DEMO-2");
        assert!(next.id > issue.id);
        let mut tx = test.store.begin().await.unwrap();
        let error = issues::delete(&mut tx, issue.id).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Gone)), "{error:?}");
    }
}
