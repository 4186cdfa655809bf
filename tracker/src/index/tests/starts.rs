//! How an index begins: from what lies on disk if that serves, else from the database; and what a crash leaves behind.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{consistency::rows, *};
use crate::{
    domain::change::{ChangeKind, ChangeOp, NewChange, Position, PositionCheck},
    index::{
        StartedFrom,
        home::{Home, Stamp},
        start::Local,
        writer::Writer,
    },
    storage::change_log,
};

/// Starts a node, waits until it is in step and compares it with the rows.
async fn begin(world: &World, dir: &Path, from: StartedFrom) -> Node {
    let node = Node::start(world.store().clone(), dir).await;
    node.in_step().await;
    node.search("").await;
    let status = node.index.status();
    assert_eq!(status.started_from, Some(from));
    assert!(status.start_seconds.is_some());
    assert_eq!(node.contents(), rows(world.store()).await);
    node
}

async fn fill(world: &World, issues: usize) {
    let mut tx = world.store().begin().await.expect("a transaction");
    for number in 0..issues {
        issues::insert(&mut tx, &world.new_issue(&format!("issue {number}"))).await.expect("an issue");
    }
    tx.commit().await.expect("commit");
}

fn generations(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").path());
    entries.filter(|path| path.to_string_lossy().contains("generation-")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_then_a_rebuild_then_replays() {
    for world in World::each().await {
        let dirs = [dir(), dir()];
        let node = begin(&world, dirs[0].path(), StartedFrom::New).await;
        fill(&world, 250).await;
        node.search("").await;
        node.stop().await;
        world.create("while it was away").await;
        begin(&world, dirs[0].path(), StartedFrom::Replay).await.stop().await;
        // Another node has nothing yet.
        begin(&world, dirs[1].path(), StartedFrom::Rebuild).await.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_at_any_point_it_equals_the_rows() {
    for world in World::each().await {
        let dir = dir();
        let mut made = Vec::new();
        for round in 0..12u64 {
            let node = Node::start(world.store().clone(), dir.path()).await;
            for _ in 0..5 {
                made.push(world.create("x").await.id);
            }
            if round % 3 == 1 {
                world.delete(made.swap_remove(0)).await;
            }
            if round % 4 == 2 {
                // A bulk change, of which a crash may see any part done.
                bulk(&world, &format!("BULK{round}")).await;
            }
            // From "before it looked at its files" to "in step".
            tokio::time::sleep(Duration::from_millis(round * round)).await;
            node.crash().await;
        }
        let node = Node::start(world.store().clone(), dir.path()).await;
        node.in_step().await;
        node.search("").await;
        assert_eq!(node.contents(), rows(world.store()).await);
        node.stop().await;
        assert_eq!(generations(dir.path()).len(), 1, "what is not used is cleared away");
    }
}

/// Makes a project with some issues and deletes it again: one entry of the log for all of them.
async fn bulk(world: &World, key: &str) {
    let mut tx = world.store().begin().await.expect("a transaction");
    let project = projects::insert(&mut tx, &new_project(key, world.user)).await.expect("a project");
    let new = NewIssue { project: project.id, ..world.new_issue("bulk") };
    for _ in 0..350 {
        issues::insert(&mut tx, &new).await.expect("an issue");
    }
    tx.commit().await.expect("commit");
    let mut tx = world.store().begin().await.expect("a transaction");
    projects::delete(&mut tx, project.id).await.expect("deleted");
    tx.commit().await.expect("commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_change_that_was_cut_short_is_begun_again() {
    let world = World::of(storage::testing::sqlite().await).await;
    fill(&world, 3_000).await;
    let dir = dir();
    let node = begin(&world, dir.path(), StartedFrom::Rebuild).await;
    let before = node.index.status().position.expect("a position");
    let mut tx = world.store().begin().await.expect("a transaction");
    tx.log(NewChange::range(ChangeKind::Issue, 1, i64::MAX, ChangeOp::Update)).await.expect("logged");
    tx.commit().await.expect("commit");
    node.until("some slices", |status| status.lag_entries > 0).await;
    node.crash().await;
    let home = tokio::time::timeout(GUARD, async {
        loop {
            match Home::lock(dir.path()) {
                Ok(home) => break home,
                Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        }
    });
    // What its slices have committed must not claim that all of it is done.
    assert_eq!(home.await.expect("free").find().expect("found").1, Local::Complete(before));
    begin(&world, dir.path(), StartedFrom::Replay).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_during_a_rebuild_is_not_missed() {
    for world in World::each().await {
        fill(&world, 1_000).await;
        let ids: Vec<i64> = rows(world.store()).await.into_keys().collect();
        let dir = dir();
        let node = Node::start(world.store().clone(), dir.path()).await;
        // Rows that it has read already, rows that it will read, and new ones behind the last, until it is done and beyond.
        for ids in ids.chunks(3).take(100) {
            world.delete(IssueId(ids[0])).await;
            let mut tx = world.store().begin().await.expect("a transaction");
            issues::touch(&mut tx, IssueId(ids[1])).await.expect("touched");
            tx.commit().await.expect("commit");
            world.create("new").await;
            if node.index.status().state == IndexState::InStep {
                break;
            }
        }
        node.in_step().await;
        node.search("").await;
        assert_eq!(node.contents(), rows(world.store()).await);
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_was_cut_short_is_begun_again() {
    let world = World::of(storage::testing::sqlite().await).await;
    fill(&world, 1_000).await;
    let dir = dir();
    let node = Node::start(world.store().clone(), dir.path()).await;
    node.until("half done", |status| matches!(status.state, IndexState::Rebuilding { done: 300.., .. }))
        .await;
    assert!(matches!(node.index.search(&query(""), 0, 1).await, Err(Error::NotReady)));
    node.crash().await;
    begin(&world, dir.path(), StartedFrom::Rebuild).await.stop().await;
}

#[test]
fn only_a_stamped_generation_is_good() {
    let dir = dir();
    let home = Home::lock(dir.path()).expect("free");
    assert_eq!(home.find().expect("found").1, Local::Missing);
    let generation = home.create().expect("created");
    assert_eq!(home.find().expect("found").1, Local::Unfinished);
    assert!(generations(dir.path()).is_empty());

    let generation = {
        drop(generation);
        home.create().expect("created")
    };
    let position = Position { era: 1, tx: 2, seq: 3, uid: "u".into() };
    let mut writer = Writer::open(&generation, 1, 0).expect("a writer");
    writer.commit(&Stamp::at(position.clone())).expect("committed");
    let newer = home.create().expect("created");
    let (found, local) = home.find().expect("found");
    assert_eq!(local, Local::Complete(position));
    assert_eq!(found.expect("one").number, generation.number, "the newer one was never finished");
    assert_ne!(newer.number, generation.number);

    let other = Stamp { schema: 0, position: Position::origin() };
    writer.commit(&other).expect("committed");
    assert_eq!(home.find().expect("found").1, Local::OtherSchema(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_index_is_set_aside() {
    let world = World::of(storage::testing::sqlite().await).await;
    fill(&world, 50).await;
    for damage in [flip_bits as fn(&Path), cut_meta, lose_a_file] {
        let dir = dir();
        begin(&world, dir.path(), StartedFrom::Rebuild).await.crash().await;
        damage(&generations(dir.path())[0]);
        // A file that a crash left behind is no damage.
        fs::write(generations(dir.path())[0].join("0123456789abcdef0123456789abcdef.store"), "left")
            .expect("written");
        begin(&world, dir.path(), StartedFrom::Rebuild).await.stop().await;
        let aside = fs::read_dir(dir.path()).expect("a directory").filter_map(Result::ok);
        assert!(aside.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("broken-")));
        begin(&world, dir.path(), StartedFrom::Replay).await.stop().await;
    }
}

/// A file of the index, of a kind that is looked into only when a search needs it.
fn segment_file(generation: &Path) -> PathBuf {
    let files = fs::read_dir(generation).expect("a directory").map(|entry| entry.expect("an entry").path());
    files.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "pos")).expect("a segment")
}

fn flip_bits(generation: &Path) {
    let path = segment_file(generation);
    let mut bytes = fs::read(&path).expect("readable");
    let middle = bytes.len() / 3;
    bytes[middle] ^= 0xFF;
    fs::write(path, bytes).expect("written");
}

fn cut_meta(generation: &Path) {
    fs::write(generation.join("meta.json"), "{").expect("written");
}

fn lose_a_file(generation: &Path) {
    fs::remove_file(segment_file(generation)).expect("removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_cannot_be_written_is_made_anew_while_the_old_one_answers() {
    let world = World::of(storage::testing::sqlite().await).await;
    let dir = dir();
    let node = begin(&world, dir.path(), StartedFrom::New).await;
    world.create("one").await;
    assert_eq!(node.search("").await.total, 1);
    fs::remove_dir_all(&generations(dir.path())[0]).expect("removed");
    let second = world.create("two").await;
    node.until("a new one", |status| status.documents == 2 && status.state == IndexState::InStep).await;
    assert_eq!(node.search("summary ~ two").await.ids, [second.id]);
    assert_eq!(generations(dir.path()).len(), 1);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_at_a_time() {
    let world = World::of(storage::testing::sqlite().await).await;
    let dir = dir();
    let node = begin(&world, dir.path(), StartedFrom::New).await;
    let mut registry = Registry::default();
    let settings = IndexSettings::new(dir.path().to_owned());
    let again = Index::open(settings, world.store().clone(), &mut registry);
    assert!(matches!(again.await.map(drop), Err(Error::Locked(_))));
    node.stop().await;
    begin(&world, dir.path(), StartedFrom::Replay).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_trimmed_too_far_means_a_rebuild() {
    for world in World::each().await {
        let dir = dir();
        let node = begin(&world, dir.path(), StartedFrom::New).await;
        let stored = node.index.status().position.expect("a position");
        node.stop().await;
        for _ in 0..3 {
            world.create("trimmed").await;
        }
        trim_beyond(&world, &stored).await;
        let node = begin(&world, dir.path(), StartedFrom::Rebuild).await;
        // Trimming what it has seen doesn't hurt a running one.
        world.create("seen").await;
        node.search("").await;
        trim_beyond(&world, &stored).await;
        world.create("after").await;
        assert_eq!(node.search("").await.total, 5);
        node.stop().await;
        begin(&world, dir.path(), StartedFrom::Replay).await.stop().await;
    }
}

/// Trims until `position` is not in the log any more. Other tests on the same server may hold the horizon for a moment.
async fn trim_beyond(world: &World, position: &Position) {
    let trimmed = tokio::time::timeout(GUARD, async {
        loop {
            let mut tx = world.store().begin().await.expect("a transaction");
            change_log::trim(&mut tx, Duration::ZERO).await.expect("trimmed");
            tx.commit().await.expect("commit");
            let mut conn = world.store().read().await.expect("a connection");
            if change_log::check(&mut conn, position).await.expect("checked") == PositionCheck::Trimmed {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    trimmed.await.expect("nothing holds the horizon for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_database_means_a_rebuild() {
    for (one, other) in World::each().await.into_iter().zip(World::each().await) {
        let dir = dir();
        fill(&one, 3).await;
        begin(&one, dir.path(), StartedFrom::Rebuild).await.stop().await;
        fill(&other, 5).await;
        begin(&other, dir.path(), StartedFrom::Rebuild).await.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_database_means_a_new_index_while_the_old_one_answers() {
    let Some(test) = storage::testing::postgres().await else { return };
    let world = World::of(test).await;
    let dir = dir();
    fill(&world, 3).await;
    let node = begin(&world, dir.path(), StartedFrom::Rebuild).await;
    let before = generations(dir.path());
    storage::testing::promote(world.store()).await;
    node.until("the new era", |status| status.position.as_ref().is_some_and(|position| position.era == 2))
        .await;
    node.in_step().await;
    assert_ne!(generations(dir.path()), before);
    world.create("in the new era").await;
    assert_eq!(node.search("").await.total, 4);
    assert_eq!(node.contents(), rows(world.store()).await);
    node.stop().await;
    begin(&world, dir.path(), StartedFrom::Replay).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_it_waits_and_can_be_stopped() {
    let store = storage::testing::connect("postgres://nobody@127.0.0.1:1/none", "node-0").await;
    let dir = dir();
    let node = Node::start(store, dir.path()).await;
    node.until("started", |_| true).await;
    assert!(matches!(node.index.search(&query(""), 0, 1).await, Err(Error::NotReady)));
    tokio::time::timeout(GUARD, node.stop()).await.expect("stops");
}
