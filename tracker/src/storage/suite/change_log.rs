//! The change log: what is written, what a follower is given, what a position is worth, and trimming.

use std::time::Duration;

use super::{add_project, add_user, new_issue, scene};
use crate::{
    domain::{
        change::{ChangeKind, ChangeOp, Cursor, NewChange, Poll, Position, PositionCheck},
        comment::NewComment,
        issue::Issue,
    },
    storage::{Conn, Store, change_log, comments, issues, sql, testing::stores},
};

/// Polls until everything given is final: another test's writer on the same server can hold the horizon for a moment.
pub(super) async fn settled(store: &Store, cursor: &Cursor) -> Poll {
    let settled = async {
        loop {
            let poll = change_log::poll(store, cursor, 1000).await.unwrap();
            if poll.changes.iter().all(|change| change.is_final) {
                return poll;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), settled).await.expect("the horizon moves on")
}

/// A cursor at the end of the log.
pub(super) async fn at_the_end(store: &Store) -> Cursor {
    settled(store, &Cursor::at(Position::origin())).await.cursor
}

/// Kind, entity and last id of what a poll gave.
pub(super) fn told(poll: &Poll) -> Vec<(ChangeKind, i64, i64)> {
    poll.changes.iter().map(|change| (change.kind.unwrap(), change.entity, change.last)).collect()
}

pub(super) async fn set(conn: &mut Conn, statement: &'static str) {
    sql::execute(conn, sqlx::query(statement)).await.unwrap();
}

async fn add_issue(store: &Store, summary: &str, scene: &super::Scene) -> Issue {
    let mut tx = store.begin().await.unwrap();
    let issue = issues::insert(&mut tx, &new_issue(&scene.1, scene.0.id, summary)).await.unwrap();
    tx.commit().await.unwrap();
    issue
}

#[tokio::test]
async fn every_write_tells_which_entity_to_look_at() {
    for test in stores().await {
        let begin = Cursor::at(Position::origin());
        assert_eq!(told(&settled(&test.store, &begin).await), [(ChangeKind::Era, 1, 1)]);
        let cursor = at_the_end(&test.store).await;
        let scene = scene(&test).await;
        let issue = add_issue(&test.store, "x", &scene).await.id.0;
        let poll = settled(&test.store, &cursor).await;
        let (user, project) = (scene.0.id.0, scene.1.id.0);
        assert_eq!(
            told(&poll),
            [
                (ChangeKind::User, user, user),
                (ChangeKind::Project, project, project),
                (ChangeKind::Issue, issue, issue)
            ]
        );
        assert!(poll.changes.iter().all(|change| change.node == "node-0" && change.position.uid.len() == 16));
        assert_eq!(poll.cursor.durable(), &poll.changes.last().unwrap().position);
        assert!((poll.now_ms - poll.changes[0].at_ms).abs() < 600_000 && !poll.more && poll.era == 1);
        assert_eq!(told(&settled(&test.store, &poll.cursor).await), []);
    }
}

#[tokio::test]
async fn one_transaction_says_each_thing_once_and_a_rollback_says_nothing() {
    for test in stores().await {
        let scene = scene(&test).await;
        let issue = add_issue(&test.store, "x", &scene).await;
        let cursor = at_the_end(&test.store).await;
        let new = NewComment { issue: issue.id, author: scene.0.id, body: "hello".to_owned() };

        let mut tx = test.store.begin().await.unwrap();
        comments::insert(&mut tx, &new).await.unwrap();
        tx.rollback().await.unwrap();
        let mut tx = test.store.begin().await.unwrap();
        comments::insert(&mut tx, &new).await.unwrap();
        drop(tx);

        let mut tx = test.store.begin().await.unwrap();
        comments::insert(&mut tx, &new).await.unwrap();
        comments::insert(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        let poll = settled(&test.store, &cursor).await;
        assert_eq!(told(&poll), [(ChangeKind::Issue, issue.id.0, issue.id.0)]);
        let mut conn = test.store.read().await.unwrap();
        let document = issues::documents(&mut conn, &[issue.id]).await.unwrap().remove(0);
        assert_eq!((document.issue.version, document.comments.len()), (3, 2));
    }
}

#[tokio::test]
async fn a_transaction_that_failed_is_not_acknowledged() {
    for test in stores().await {
        let ada = add_user(&test.store, "ada").await.unwrap();
        for logs in [false, true] {
            let mut tx = test.store.begin().await.unwrap();
            if logs {
                tx.log(NewChange::one(ChangeKind::User, ada.id.0, 1, ChangeOp::Update)).await.unwrap();
            }
            // A caller that goes on after an error. PostgreSQL would answer its COMMIT with a quiet rollback.
            let project = super::new_project("DEMO", ada.id);
            crate::storage::projects::insert(&mut tx, &project).await.unwrap();
            crate::storage::projects::insert(&mut tx, &project).await.unwrap_err();
            let committed = tx.commit().await.is_ok();
            let stored = crate::storage::projects::by_key(&mut test.store.read().await.unwrap(), "DEMO")
                .await
                .unwrap();
            assert_eq!(committed, stored.is_some(), "what commit says must be what happened");
            if let Some(project) = stored {
                let mut tx = test.store.begin().await.unwrap();
                crate::storage::projects::delete(&mut tx, project.id).await.unwrap();
                tx.commit().await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_cut_answer_goes_on_where_it_ended() {
    for test in stores().await {
        let scene = scene(&test).await;
        let begin = at_the_end(&test.store).await;
        let mut tx = test.store.begin().await.unwrap();
        // More than one statement's worth of rows.
        for id in 1..=1201 {
            tx.log(NewChange::one(ChangeKind::Project, scene.1.id.0 + id, 1, ChangeOp::Update))
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        settled(&test.store, &begin).await;
        let (mut cursor, mut seen) = (begin, 0);
        for round in 0..4 {
            let poll = change_log::poll(&test.store, &cursor, 400).await.unwrap();
            seen += poll.changes.len();
            assert_eq!((poll.changes.len(), poll.more), if round < 3 { (400, true) } else { (1, false) });
            assert_eq!(poll.cursor.durable(), &poll.changes.last().unwrap().position);
            cursor = poll.cursor;
            let left = change_log::backlog(&mut test.store.read().await.unwrap(), &cursor).await.unwrap();
            assert_eq!(left, 1201 - seen as i64);
        }
    }
}

#[tokio::test]
async fn a_position_is_worth_something_only_in_its_own_log() {
    for test in stores().await {
        let scene = scene(&test).await;
        add_issue(&test.store, "x", &scene).await;
        let end = at_the_end(&test.store).await.durable().clone();
        let mut conn = test.store.read().await.unwrap();
        let check =
            async |conn: &mut Conn, position: &Position| change_log::check(conn, position).await.unwrap();
        assert_eq!(check(&mut conn, &end).await, PositionCheck::Usable);
        let other_row = Position { uid: "0123456789abcdef".to_owned(), ..end.clone() };
        assert_eq!(check(&mut conn, &other_row).await, PositionCheck::Unknown);
        let lost_row = Position { seq: end.seq + 5, ..end.clone() };
        assert_eq!(check(&mut conn, &lost_row).await, PositionCheck::Unknown);
        assert_eq!(check(&mut conn, &Position { era: 0, ..end.clone() }).await, PositionCheck::OtherEra);
        assert_eq!(check(&mut conn, &Position { era: 7, ..end }).await, PositionCheck::Unknown);
    }
}

#[tokio::test]
async fn trimming_takes_old_rows_and_tells_who_missed_them() {
    for test in stores().await {
        let scene = scene(&test).await;
        let first = at_the_end(&test.store).await;
        add_issue(&test.store, "old", &scene).await;
        let second = at_the_end(&test.store).await;
        // The rows so far are two days old.
        set(&mut test.store.read().await.unwrap(), "UPDATE change SET at = at - 172800000").await;
        add_issue(&test.store, "new", &scene).await;
        let end = at_the_end(&test.store).await;

        let trim = async |keep| {
            let mut tx = test.store.begin().await.unwrap();
            let trimmed = change_log::trim(&mut tx, keep).await.unwrap();
            tx.commit().await.unwrap();
            trimmed
        };
        assert_eq!(trim(Duration::from_hours(72)).await, 0);
        assert_eq!(trim(Duration::from_hours(24)).await, 4, "era, user, project, issue");
        assert_eq!(trim(Duration::from_hours(24)).await, 0);

        let mut conn = test.store.read().await.unwrap();
        for (cursor, worth) in [
            (&first, PositionCheck::Trimmed),
            (&second, PositionCheck::Usable),
            (&end, PositionCheck::Usable),
        ] {
            assert_eq!(change_log::check(&mut conn, cursor.durable()).await.unwrap(), worth);
        }
        let impostor = Position { uid: "0123456789abcdef".to_owned(), ..second.durable().clone() };
        assert_eq!(change_log::check(&mut conn, &impostor).await.unwrap(), PositionCheck::Unknown);
        drop(conn);
        // A follower that is behind sees the point above its own position.
        let poll = settled(&test.store, &first).await;
        assert!(poll.trimmed_to == *second.durable() && poll.trimmed_to > *first.durable());
        assert_eq!(told(&settled(&test.store, &second).await).len(), 1);

        // With everything trimmed, the trim point is where a rebuild begins.
        set(&mut test.store.read().await.unwrap(), "UPDATE change SET at = at - 172800000").await;
        assert_eq!(trim(Duration::from_hours(24)).await, 1);
        let mut conn = test.store.read().await.unwrap();
        let head = change_log::head(&mut conn).await.unwrap();
        assert_eq!(&head, end.durable());
        assert_eq!(change_log::check(&mut conn, &head).await.unwrap(), PositionCheck::Usable);
        drop(conn);
        // Numbers don't start again: on SQLite they would without AUTOINCREMENT.
        add_project(&test.store, "NEXT", scene.0.id).await.unwrap();
        assert_eq!(told(&settled(&test.store, &Cursor::at(head)).await).len(), 1);
    }
}

#[tokio::test]
async fn the_head_is_where_a_rebuild_begins() {
    for test in stores().await {
        let scene = scene(&test).await;
        add_issue(&test.store, "x", &scene).await;
        let end = at_the_end(&test.store).await;
        let mut conn = test.store.read().await.unwrap();
        assert_eq!(&change_log::head(&mut conn).await.unwrap(), end.durable());
    }
}

#[tokio::test]
async fn a_commit_wakes_its_own_process() {
    for test in stores().await {
        let mut wakeups = test.store.subscribe();
        add_user(&test.store, "ada").await.unwrap();
        tokio::time::timeout(Duration::from_mins(1), wakeups.next()).await.expect("woken");
    }
}

#[tokio::test]
async fn a_poll_does_not_go_through_the_log_on_sqlite() {
    let test = crate::storage::testing::sqlite().await;
    let mut conn = test.store.read().await.unwrap();
    let query = sql::dynamic(format!("EXPLAIN QUERY PLAN {}", change_log::statement(conn.dialect)));
    let query = query.bind(1_i64).bind(0_i64).bind(500_i64).bind("[]").bind(10_i64);
    let rows = sql::all(&mut conn, query).await.unwrap();
    let plan: Vec<String> = rows.iter().map(|row| sql::get(row, "detail").unwrap()).collect();
    let reads: Vec<&String> =
        plan.iter().filter(|step| step.contains(" change ") || step.ends_with(" change")).collect();
    // The new rows by their number, the last final one from the index's end, the late ones by their transaction.
    for wanted in ["(rowid>?)", "(era,tx)<(?,?)", "(era=? AND tx=?)"] {
        assert!(reads.iter().any(|step| step.contains(wanted)), "{wanted}: {plan:#?}");
    }
    assert_eq!(reads.len(), 3, "{plan:#?}");
}
