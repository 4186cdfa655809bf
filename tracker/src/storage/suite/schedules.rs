//! Schedules of concurrent writers on PostgreSQL: each one that a simpler log would get wrong. SQLite has one writer at a time.

use std::time::Duration;

use super::change_log::{at_the_end, set, settled, told};
use crate::{
    domain::change::{ChangeKind, ChangeOp, Cursor, NewChange, Poll, PositionCheck},
    storage::{
        Dialect, ReadConn, Store,
        change_log::{self, poll_on},
        sql,
        testing::{self, TestStore},
    },
};

/// A writer whose transaction is steered by hand, row by row.
struct Writer {
    store: Store,
    conn: ReadConn,
}

impl Writer {
    async fn begin(store: &Store) -> Self {
        let mut conn = store.read().await.unwrap();
        set(&mut conn, "BEGIN ISOLATION LEVEL READ COMMITTED").await;
        // The machine may be slow; a real writer that idles is ended after seconds.
        set(&mut conn, "SET LOCAL idle_in_transaction_session_timeout = 0").await;
        Self { store: store.clone(), conn }
    }

    /// Appends an entry now, not with the commit.
    async fn append(&mut self, entity: i64, op: ChangeOp) {
        let change = NewChange::one(ChangeKind::Issue, entity, 1, op);
        change_log::append(&mut self.conn, &[change], &self.store.author()).await.unwrap();
    }

    /// Draws a transaction number, as the first write does.
    async fn start(&mut self) -> i64 {
        let query = sqlx::query("SELECT pg_current_xact_id()::text::bigint");
        sql::get(&sql::one(&mut self.conn, query).await.unwrap(), 0).unwrap()
    }

    async fn commit(mut self) {
        set(&mut self.conn, "COMMIT").await;
    }
}

async fn poll(store: &Store, cursor: &Cursor) -> Poll {
    change_log::poll(store, cursor, 1000).await.unwrap()
}

async fn with(store: &Store, dialect: Dialect, cursor: &Cursor) -> Poll {
    poll_on(&mut store.read().await.unwrap(), dialect, cursor, 1000).await.unwrap().expect("not a standby")
}

fn entities(poll: &Poll) -> Vec<i64> {
    poll.changes.iter().map(|change| change.entity).collect()
}

/// A slow writer draws its sequence number and transaction number first and commits last. Returns the cursor before both, what was given
/// before the slow commit, and what is given after it to one who goes on and to one who starts again from what it stored.
async fn slow_writer(test: &TestStore, dialect: Dialect) -> (Vec<i64>, Vec<i64>, Vec<i64>) {
    let begin = at_the_end(&test.store).await;
    let mut slow = Writer::begin(&test.store).await;
    slow.append(1, ChangeOp::Update).await;
    let mut fast = Writer::begin(&test.store).await;
    fast.append(2, ChangeOp::Update).await;
    fast.commit().await;
    let before = with(&test.store, dialect, &begin).await;
    let restarted = Cursor::at(before.cursor.durable().clone());
    slow.commit().await;
    let going_on = with(&test.store, dialect, &before.cursor).await;
    let restarted = with(&test.store, dialect, &restarted).await;
    (entities(&before), entities(&going_on), entities(&restarted))
}

#[tokio::test]
async fn a_writer_that_commits_late_is_not_missed() {
    let Some(test) = testing::postgres().await else { return };
    let (before, going_on, restarted) = slow_writer(&test, test.store.dialect()).await;
    assert_eq!(before, [2], "committed rows beyond the horizon are given early");
    assert_eq!(going_on, [1], "a follower that goes on is given only what is new to it");
    assert_eq!(restarted, [1, 2], "a stored position does not pass a running writer");
}

/// The same schedule read with broken rules: the test above would notice.
#[tokio::test]
async fn without_the_horizon_the_late_writer_would_be_missed() {
    let Some(test) = testing::postgres().await else { return };
    // As if all that is visible were final: what a reader by sequence number assumes.
    let all_final = Dialect { horizon: "9223372036854775807", ..test.store.dialect() };
    let (_, _, restarted) = slow_writer(&test, all_final).await;
    assert_eq!(restarted, Vec::<i64>::new(), "missed for ever");
    // As if no transaction had been running at the last poll.
    let none_running = Dialect { snapshot: "'1:1:'", ..test.store.dialect() };
    let (_, going_on, _) = slow_writer(&test, none_running).await;
    assert_eq!(going_on, Vec::<i64>::new(), "missed for ever");
}

#[tokio::test]
async fn rows_and_horizon_read_apart_would_miss_rows() {
    let Some(test) = testing::postgres().await else { return };
    let begin = at_the_end(&test.store).await;
    let mut slow = Writer::begin(&test.store).await;
    slow.append(1, ChangeOp::Update).await;
    let mut fast = Writer::begin(&test.store).await;
    fast.append(2, ChangeOp::Update).await;
    fast.commit().await;
    let rows = poll(&test.store, &begin).await;
    slow.commit().await;
    // What the second statement of a reader in two steps would see: the fast writer's row is below the horizon, and so it would be
    // stored as the position. The slow writer's row stands before it and was not among the rows.
    let later = settled(&test.store, &begin).await;
    assert!(later.changes[1].is_final && later.changes[1].position == rows.changes[0].position);
    assert_eq!((entities(&rows), entities(&later)), (vec![2], vec![1, 2]));
    // In one statement the two agree: the row is not final as long as it may be preceded.
    assert!(!rows.changes[0].is_final && rows.cursor.durable() == begin.durable());
}

#[tokio::test]
async fn the_log_may_tell_a_deletion_before_an_older_update() {
    let Some(test) = testing::postgres().await else { return };
    let begin = at_the_end(&test.store).await;
    let mut deleter = Writer::begin(&test.store).await;
    let mut updater = Writer::begin(&test.store).await;
    // The one who deletes drew its number first, then waited for the row that the other one was changing.
    assert!(deleter.start().await < updater.start().await);
    updater.append(5, ChangeOp::Update).await;
    updater.commit().await;
    deleter.append(5, ChangeOp::Delete).await;
    deleter.commit().await;
    let poll = settled(&test.store, &begin).await;
    let seqs: Vec<i64> = poll.changes.iter().map(|change| change.position.seq).collect();
    assert_eq!(told(&poll), [(ChangeKind::Issue, 5, 5); 2]);
    assert!(
        seqs[0] > seqs[1],
        "the deletion, logged last, stands first: only the current row tells the truth"
    );
}

#[tokio::test]
async fn a_long_writer_holds_positions_but_nothing_else() {
    let Some(test) = testing::postgres().await else { return };
    let other = testing::postgres().await.expect("the same server");
    let begin = at_the_end(&test.store).await;
    // Even a writer in another database holds the horizon.
    let mut long = Writer::begin(&other.store).await;
    let number = long.start().await;
    let mut cursor = begin.clone();
    for entity in 1..=50 {
        let mut writer = Writer::begin(&test.store).await;
        writer.append(entity, ChangeOp::Update).await;
        writer.commit().await;
        let poll = poll(&test.store, &cursor).await;
        assert_eq!(entities(&poll), [entity], "each row is given once, at once");
        assert!(!poll.changes[0].is_final && poll.changes[0].position.tx > number, "{number} {poll:?}");
        cursor = poll.cursor;
    }
    assert_eq!(cursor.durable(), begin.durable());
    let horizon = change_log::horizon(&mut test.store.read().await.unwrap()).await.unwrap();
    assert!(horizon.age.is_some() && horizon.holder.is_some(), "{horizon:?}");

    long.commit().await;
    let poll = tokio::time::timeout(Duration::from_mins(1), async {
        loop {
            let poll = poll(&test.store, &cursor).await;
            assert!(poll.changes.is_empty(), "nothing is given twice");
            if poll.cursor.durable() > begin.durable()
                && poll.cursor.durable().order() == poll.cursor.reached()
            {
                return poll;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    poll.await.expect("the horizon moves on, and the position with it");
}

#[tokio::test]
async fn the_holder_of_the_horizon_is_named() {
    let Some(test) = testing::postgres().await else { return };
    let mut writer = Writer::begin(&test.store).await;
    writer.start().await;
    let named = async {
        loop {
            let horizon = change_log::horizon(&mut test.store.read().await.unwrap()).await.unwrap();
            let holder = horizon.holder.expect("at least our own writer");
            if holder.contains("tracker/") && holder.contains("node-0") {
                return horizon.age;
            }
            // An older writer of another test.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let age = tokio::time::timeout(Duration::from_mins(1), named).await.expect("named");
    assert!(age.is_some());
}

#[tokio::test]
async fn another_server_begins_another_era() {
    let Some(test) = testing::postgres().await else { return };
    let before = at_the_end(&test.store).await;
    for (nth, change) in [
        "UPDATE era SET database_identifier = '4711/1'", // a dump that was restored on another server
        "UPDATE era SET timeline = timeline - 1",        // a standby that was promoted
    ]
    .into_iter()
    .enumerate()
    {
        set(&mut test.store.read().await.unwrap(), change).await;
        // All nodes come back at the same time.
        let mut nodes = tokio::task::JoinSet::new();
        for node in 0..8 {
            let store = test.another(&format!("node-{node}")).await;
            nodes.spawn(async move { store.ping().await });
        }
        assert!(nodes.join_all().await.iter().all(Result::is_ok));
        let node = test.another("late").await;
        let mut conn = node.read().await.unwrap();
        assert_eq!(change_log::check(&mut conn, before.durable()).await.unwrap(), PositionCheck::OtherEra);
        drop(conn);
        super::add_user(&node, &format!("user-{nth}")).await.unwrap();
        let poll = settled(&node, &before).await;
        let eras: Vec<_> =
            poll.changes.iter().map(|change| (change.kind.unwrap(), change.position.era)).collect();
        let expected: Vec<_> = (2..)
            .flat_map(|era| [(ChangeKind::Era, era), (ChangeKind::User, era)])
            .take(2 * nth + 2)
            .collect();
        assert_eq!(eras, expected, "raised once, with a row of its own first");
        assert_eq!(poll.era, nth as i64 + 2);
        let mut conn = node.read().await.unwrap();
        assert_eq!(change_log::check(&mut conn, poll.cursor.durable()).await.unwrap(), PositionCheck::Usable);
    }
}

#[tokio::test]
async fn a_standby_is_left_at_once() {
    let Some(test) = testing::postgres().await else { return };
    let cursor = at_the_end(&test.store).await;
    let standby = Dialect { in_recovery: "1", ..test.store.dialect() };
    let mut conn: ReadConn = test.store.read().await.unwrap();
    assert_eq!(poll_on(&mut conn, standby, &cursor, 10).await.unwrap(), None);
}

#[tokio::test]
async fn other_nodes_are_woken() {
    let Some(test) = testing::postgres().await else { return };
    let other = test.another("node-1").await;
    let mut wakeups = other.subscribe();
    let woken = async |wakeups: &mut crate::storage::Wakeups| {
        tokio::time::timeout(Duration::from_mins(1), wakeups.next()).await.expect("woken");
    };
    // It listens now, and says so because it may have missed something before.
    woken(&mut wakeups).await;
    for name in ["ada", "bob", "eve"] {
        super::add_user(&test.store, name).await.unwrap();
        woken(&mut wakeups).await;
    }
}

#[tokio::test]
async fn two_nodes_may_prepare_one_database_at_once() {
    let Some(empty) = testing::unprepared_postgres().await else { return };
    let mut nodes = tokio::task::JoinSet::new();
    for node in 0..4 {
        let store = empty.another(&format!("node-{node}")).await;
        nodes.spawn(async move { store.prepare().await });
    }
    for prepared in nodes.join_all().await {
        prepared.unwrap();
    }
    assert_eq!(
        told(&settled(&empty.store, &Cursor::at(crate::domain::change::Position::origin())).await),
        [(ChangeKind::Era, 1, 1)]
    );
}
