//! Random queries over random rows find the same issues in the same order as the slow way.

use std::sync::Arc;

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use super::{
    random::{Scene, written},
    slow::order,
    *,
};
use crate::{
    domain::{
        clock::{Clock, ManualClock},
        comment::NewComment,
        issue::IssueDocument,
    },
    storage::{comments, lists, testing::connect_at},
};

const ISSUES: usize = 80;
const QUERIES: usize = 400;

#[tokio::test(flavor = "multi_thread")]
async fn finds_what_the_slow_way_finds() {
    for (seed, world) in World::each().await.into_iter().enumerate() {
        let clock = Arc::new(ManualClock::at(1_700_000_000_123));
        let store = connect_at(&world.test.url, "node-0", clock.clone()).await;
        let mut scene = scene(&world, &store, seed as u64).await;
        let dir = dir();
        let node = Node::start(store.clone(), dir.path()).await;
        // Some are in the index from its beginning, others come while it follows, so that there are several segments.
        for at in 0..ISSUES {
            if at == ISSUES / 4 {
                node.in_step().await;
            }
            change(&mut scene, &store).await;
            clock.advance(Duration::from_millis(scene.random.random_range(1..90_000_000)));
        }
        let (rows, catalogue) = (rows(&store).await, catalogue(&scene, &store).await);
        let users: Vec<i64> = catalogue.user_order.iter().map(|user| user.0).collect();
        let mut found = 0;
        for number in 0..QUERIES {
            let (cond, keys) = scene.query(&rows);
            let text = written(cond.as_ref(), &keys);
            let context = Context { user: None, now_ms: clock.now_ms(), time_zone: TimeZone::UTC };
            let ast = jql::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let query = jql::resolve(&ast, &catalogue, &context).unwrap_or_else(|e| panic!("{text}: {e:?}"));

            let mut expected: Vec<_> =
                rows.iter().filter(|row| cond.as_ref().is_none_or(|cond| cond.holds(row))).collect();
            let keys = if keys.is_empty() { vec![("key", true)] } else { keys };
            expected.sort_by(|a, b| order(&keys, &users, a, b));
            let expected: Vec<_> = expected.iter().map(|row| row.issue.id).collect();

            let all = node.index.search(&query, 0, 1_000).await.expect("an answer");
            assert_eq!(all.ids, expected, "query {number} on seed {seed}: {text}");
            assert_eq!(all.total, expected.len() as u64, "{text}");
            // A page is that part of the whole.
            let start = scene.random.random_range(0..=expected.len() + 1);
            let max = scene.random.random_range(0..10);
            let page = node.index.search(&query, start as u64, max as u64).await.expect("an answer");
            let part: Vec<_> = expected.iter().copied().skip(start).take(max).collect();
            assert_eq!((page.ids, page.total), (part, all.total), "{start} {max} {text}");
            found += usize::from(!expected.is_empty() && expected.len() < rows.len());
        }
        assert!(found > QUERIES / 3, "only {found} queries tell issues apart");
        node.stop().await;
    }
}

async fn scene(world: &World, store: &Store, seed: u64) -> Scene {
    let mut tx = store.begin().await.expect("a transaction");
    let mut projects = vec![world.project.clone()];
    let mut people = vec![(world.user, "ann".to_owned())];
    for key in ["AB", "DEMO2"] {
        projects.push(projects::insert(&mut tx, &new_project(key, world.user)).await.expect("a project"));
    }
    for name in ["zoe", "bob", "Émile"] {
        let user = NewUser {
            name: name.into(),
            email: String::new(),
            display_name: name.into(),
            password_hash: "none".into(),
            admin: false,
            time_zone: "UTC".into(),
        };
        people.push((users::insert(&mut tx, &user).await.expect("a user").id, name.to_owned()));
    }
    tx.commit().await.expect("commit");
    Scene { random: StdRng::seed_from_u64(seed), projects, users: people }
}

/// Mostly new issues; also comments, changes and deletions.
async fn change(scene: &mut Scene, store: &Store) {
    let new = scene.issue();
    let issue = create_on(store, &new).await;
    let mut tx = store.begin().await.expect("a transaction");
    for _ in 0..scene.random.random_range(0..3) {
        let body = scene.text(1, 6);
        let comment = NewComment { issue: issue.id, author: scene.users[0].0, body };
        comments::insert(&mut tx, &comment).await.expect("a comment");
    }
    tx.commit().await.expect("commit");
    let rows = rows(store).await;
    let other = rows.choose(&mut scene.random).expect("a row").issue.clone();
    let mut tx = store.begin().await.expect("a transaction");
    match scene.random.random_range(0..8) {
        0 => drop(issues::delete(&mut tx, other.id).await.expect("deleted")),
        1..=2 => {
            let new = scene.issue();
            let (summary, assignee, labels) = (new.summary, new.assignee, new.labels);
            let changed = Issue { summary, assignee, labels, status: new.status, ..other };
            issues::update(&mut tx, &changed).await.expect("changed");
        }
        _ => {}
    }
    tx.commit().await.expect("commit");
}

pub(super) async fn rows(store: &Store) -> Vec<IssueDocument> {
    let mut conn = store.read().await.expect("a connection");
    issues::documents_in_range(&mut conn, IssueId(0), IssueId(i64::MAX), 100_000).await.expect("rows")
}

async fn catalogue(scene: &Scene, store: &Store) -> Catalogue {
    let mut conn = store.read().await.expect("a connection");
    let ids: Vec<UserId> = scene.users.iter().map(|(id, _)| *id).collect();
    let mut people = users::by_ids(&mut conn, &ids).await.expect("users");
    people.sort_by(|a, b| a.display_name.cmp(&b.display_name));
    let rows =
        issues::documents_in_range(&mut conn, IssueId(0), IssueId(i64::MAX), 100_000).await.expect("rows");
    Catalogue {
        projects: scene.projects.clone(),
        statuses: lists::statuses(&mut conn).await.expect("statuses"),
        issue_types: lists::issue_types(&mut conn).await.expect("types"),
        priorities: lists::priorities(&mut conn).await.expect("priorities"),
        user_order: people.iter().map(|user| user.id).collect(),
        users: people,
        issues: rows
            .into_iter()
            .map(|row| jql::NamedIssue { id: row.issue.id, key: row.issue.key })
            .collect(),
    }
}
