//! What was acknowledged on any node is found by every search that begins later, on every node.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::*;
use crate::{
    domain::change::{ChangeKind, ChangeOp, Cursor, NewChange, Position},
    storage::change_log,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_search_sees_what_was_acknowledged_on_another_node() {
    for world in World::each().await {
        let (dir_a, dir_b) = (dir(), dir());
        let store_b = world.test.another("node-1").await;
        let a = Node::start(world.store().clone(), dir_a.path()).await;
        let b = Node::start(store_b.clone(), dir_b.path()).await;
        a.in_step().await;
        b.in_step().await;
        let stores = [world.store(), &store_b];
        for round in 0..100 {
            let word = format!("word{round}");
            let issue = create_on(stores[round % 2], &world.new_issue(&word)).await;
            // The other node first: it has had no time yet.
            for node in if round % 2 == 0 { [&b, &a] } else { [&a, &b] } {
                let hits = node.search(&format!("summary ~ {word} and id > 0 order by id")).await;
                assert_eq!((hits.ids, hits.total), (vec![issue.id], 1), "round {round}");
            }
        }
        a.stop().await;
        b.stop().await;
    }
}

/// Several writers on two nodes create, change and delete; each checks what it was told on the other node.
#[tokio::test(flavor = "multi_thread")]
async fn under_load_nothing_is_missing_and_nothing_comes_back() {
    for world in World::each().await {
        let (dir_a, dir_b) = (dir(), dir());
        let store_b = world.test.another("node-1").await;
        let a = Node::start(world.store().clone(), dir_a.path()).await;
        let b = Node::start(store_b.clone(), dir_b.path()).await;
        a.in_step().await;
        b.in_step().await;
        let writers = (0..4).map(|writer| {
            let (store, other) = if writer % 2 == 0 { (world.store(), &b) } else { (&store_b, &a) };
            write_and_check(&world, store, other, writer)
        });
        futures::future::join_all(writers).await;
        for node in [&a, &b] {
            node.search("").await;
            assert_eq!(node.contents(), rows(world.store()).await);
        }
        a.stop().await;
        b.stop().await;
    }
}

async fn write_and_check(world: &World, store: &Store, other: &Node, writer: u64) {
    let mut random = StdRng::seed_from_u64(writer);
    let mut mine: Vec<Issue> = Vec::new();
    for step in 0..25 {
        let (id, alive, summary) = match random.random_range(0..4) {
            0 if !mine.is_empty() => {
                let issue = mine.swap_remove(random.random_range(0..mine.len()));
                let mut tx = store.begin().await.expect("a transaction");
                issues::delete(&mut tx, issue.id).await.expect("deleted");
                tx.commit().await.expect("commit");
                (issue.id, false, issue.summary)
            }
            1 if !mine.is_empty() => {
                let at = random.random_range(0..mine.len());
                let changed = Issue { summary: format!("changed{writer}x{step}"), ..mine[at].clone() };
                let mut tx = store.begin().await.expect("a transaction");
                mine[at] = issues::update(&mut tx, &changed).await.expect("changed");
                tx.commit().await.expect("commit");
                (changed.id, true, changed.summary)
            }
            _ => {
                let issue = create_on(store, &world.new_issue(&format!("new{writer}x{step}"))).await;
                mine.push(issue.clone());
                (issue.id, true, issue.summary)
            }
        };
        let hits = other.search(&format!("summary ~ {summary}")).await;
        assert_eq!(
            hits.ids,
            if alive { vec![id] } else { vec![] },
            "writer {writer}, step {step}: {summary}"
        );
    }
}

/// On PostgreSQL a transaction gets its place in the log when it first writes, and may commit long after others that come behind it.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_transaction_is_neither_missed_nor_waited_for() {
    let Some(test) = storage::testing::postgres().await else { return };
    let world = World::of(test).await;
    let other = world.test.another("node-1").await;
    let (dir_a, dir_b) = (dir(), dir());
    let a = Node::start(other.clone(), dir_a.path()).await;
    let b = Node::start(other.clone(), dir_b.path()).await;
    a.in_step().await;
    b.in_step().await;

    let mut second = world.new_issue("slow");
    second.project = {
        let mut tx = world.store().begin().await.expect("a transaction");
        let project = projects::insert(&mut tx, &new_project("SLOW", world.user)).await.expect("a project");
        tx.commit().await.expect("commit");
        project.id
    };
    let mut slow = world.store().begin().await.expect("a transaction");
    let late = issues::insert(&mut slow, &second).await.expect("an issue");
    for round in 0..20 {
        let fast = create_on(&other, &world.new_issue(&format!("fast{round}"))).await;
        let hits = a.search(&format!("summary ~ fast{round}")).await;
        assert_eq!(hits.ids, [fast.id], "it waited for the slow one");
    }
    let stored = a.index.status().position.expect("a position");
    // One node stops here and begins again from its stored position, the other one goes on.
    b.stop().await;
    let b = Node::start(other.clone(), dir_b.path()).await;
    b.in_step().await;
    slow.commit().await.expect("commit");
    // What is committed may be shown, but the stored position had to stay before the slow one's place.
    let log = change_log::poll(world.store(), &Cursor::at(Position::origin()), 1_000).await.expect("the log");
    let place = log
        .changes
        .iter()
        .find(|change| change.entity == late.id.0 && change.kind == Some(ChangeKind::Issue));
    assert!(stored < place.expect("an entry").position);
    for node in [&a, &b] {
        assert_eq!(node.search("summary ~ slow").await.ids, [late.id]);
        assert_eq!(node.search("summary ~ 'fast*'").await.total, 20);
    }
    a.stop().await;
    b.crash().await;
    // A later change moves the position beyond it.
    let b = Node::start(other, dir_b.path()).await;
    b.in_step().await;
    world.create("after").await;
    assert_eq!(b.search("").await.total, 22);
    b.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_change_is_taken_in_slices() {
    for world in World::each().await {
        let dir = dir();
        let node = Node::start(world.store().clone(), dir.path()).await;
        node.in_step().await;
        let mut tx = world.store().begin().await.expect("a transaction");
        let project = projects::insert(&mut tx, &new_project("BULK", world.user)).await.expect("a project");
        let new = NewIssue { project: project.id, ..world.new_issue("bulk") };
        for _ in 0..250 {
            issues::insert(&mut tx, &new).await.expect("an issue");
        }
        tx.commit().await.expect("commit");
        let kept = world.create("kept").await;
        assert_eq!(node.search("").await.total, 251);

        // Looking again at all of them, and at many that don't exist, changes nothing.
        let mut tx = world.store().begin().await.expect("a transaction");
        tx.log(NewChange::range(ChangeKind::Issue, 1, i64::MAX, ChangeOp::Update)).await.expect("logged");
        tx.commit().await.expect("commit");
        assert_eq!(node.search("").await.total, 251);
        assert_eq!(node.contents(), rows(world.store()).await);

        let mut tx = world.store().begin().await.expect("a transaction");
        projects::delete(&mut tx, project.id).await.expect("deleted");
        tx.commit().await.expect("commit");
        assert_eq!(node.search("").await.ids, [kept.id]);
        assert_eq!(node.index.status().lag_entries, 0);
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn past_the_limit_the_answer_says_that_it_may_be_old() {
    let world = World::of(storage::testing::sqlite().await).await;
    let dir = dir();
    let settings =
        IndexSettings { barrier_limit: Duration::from_millis(50), ..IndexSettings::new(dir.path().into()) };
    let store = world.test.another("node-1").await;
    let mut registry = Registry::default();
    let (index, replicator) = Index::open(settings, store.clone(), &mut registry).await.expect("free");
    let stop = CancellationToken::new();
    let node = Node { index, task: tokio::spawn(replicator.run(stop.clone())), stop };
    let issue = world.create("one").await;
    // On a busy machine 50 ms may be too short even when all is well.
    node.until("the issue", |status| status.documents == 1).await;
    store.close().await;
    let hits = node.index.search(&query(""), 0, 10).await.expect("an answer");
    assert_eq!((hits.ids, hits.total, hits.consistent), (vec![issue.id], 1, false));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).expect("text");
    assert!(text.contains("index_inconsistent_searches_total"), "{text}");
    assert!(!text.contains("index_inconsistent_searches_total 0"), "{text}");
    node.stop().await;
}

/// Issues by id, with version and rev.
pub(super) async fn rows(store: &Store) -> BTreeMap<i64, (i64, i64)> {
    let rows = super::differential::rows(store).await;
    rows.into_iter().map(|row| (row.issue.id.0, (row.issue.version, row.issue.rev))).collect()
}
