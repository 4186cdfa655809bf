//! Figures, not promises: `cargo test -p tracker --lib index::tests::figures -- --ignored --nocapture`.

use std::time::Instant;

use super::*;

const ISSUES: usize = 20_000;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; fails only when something doesn't work at all"]
#[expect(clippy::disallowed_methods, reason = "measures real time")]
async fn figures() {
    for world in World::each().await {
        println!("--- {:?}", world.store().dialect().kind);
        let words: Vec<String> = (0..500).map(|number| format!("word{number}")).collect();
        for batch in 0..ISSUES / 1_000 {
            let mut tx = world.store().begin().await.expect("a transaction");
            for number in (0..1_000).map(|number| batch * 1_000 + number) {
                let text = |from: usize, count: usize| {
                    (0..count)
                        .map(|at| words[(from * 31 + at * at * 7) % 500].as_str())
                        .collect::<Vec<_>>()
                        .join(" ")
                };
                let new = NewIssue {
                    description: Some(text(number, 100)),
                    status: StatusId(number as i64 % 3 + 1),
                    priority: PriorityId(number as i64 % 5 + 1),
                    assignee: (number % 4 > 0).then_some(world.user),
                    ..world.new_issue(&text(number, 8))
                };
                issues::insert(&mut tx, &new).await.expect("an issue");
            }
            tx.commit().await.expect("commit");
        }
        let dir = dir();
        let began = Instant::now();
        let node = Node::start(world.store().clone(), dir.path()).await;
        node.in_step().await;
        println!("rebuild of {ISSUES}: {:.0} a second", ISSUES as f64 / began.elapsed().as_secs_f64());

        measure("search of one issue by id, idle", 300, async || {
            drop(node.search("id > 6 and id < 8").await);
        })
        .await;
        for text in [
            "project is not EMPTY",
            "status = 2 and priority in (1, 2) and assignee is not EMPTY order by updated desc",
            "text ~ 'word12 word77'",
            "text ~ 'word1*' order by summary",
            "id > 10000 order by id",
            "order by priority, summary",
        ] {
            let query = resolved(&world, text).await;
            let searcher = node.index.searcher().expect("an index");
            let total = searcher.search(&query, 0, 0).expect("an answer").total;
            for start in [0, 10_000] {
                let what = format!("index alone, {total} found, from {start}: {text}");
                measure(&what, 100, async || drop(searcher.search(&query, start, 50).expect("an answer")))
                    .await;
            }
        }
        measure("create, then search that sees it", 100, async || {
            let issue = world.create("fresh").await;
            let hits = node.search(&format!("id > {}", issue.id.0 - 1)).await;
            assert_eq!(hits.ids, [issue.id]);
        })
        .await;

        let began = Instant::now();
        let mut tx = world.store().begin().await.expect("a transaction");
        for id in 1..=2_000 {
            issues::touch(&mut tx, IssueId(id)).await.expect("touched");
        }
        tx.commit().await.expect("commit");
        let written = began.elapsed();
        node.search("id > 6 and id < 8").await;
        let seconds = began.elapsed().saturating_sub(written).as_secs_f64();
        println!("2,000 changes at once: applied {:.0} a second", 2_000.0 / seconds);
        println!("{:?}", node.index.status());
        node.stop().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "measures real time")]
async fn measure(what: &str, times: usize, work: impl AsyncFn()) {
    let mut taken = Vec::with_capacity(times);
    for _ in 0..times {
        let began = Instant::now();
        work().await;
        taken.push(began.elapsed());
    }
    taken.sort_unstable();
    println!("{what}: p50 {:?}, p99 {:?}", taken[times / 2], taken[times * 99 / 100]);
}

async fn resolved(world: &World, text: &str) -> Query {
    let mut conn = world.store().read().await.expect("a connection");
    let catalogue = Catalogue {
        statuses: storage::lists::statuses(&mut conn).await.expect("statuses"),
        priorities: storage::lists::priorities(&mut conn).await.expect("priorities"),
        ..Catalogue::default()
    };
    let context = Context { user: None, now_ms: 0, time_zone: TimeZone::UTC };
    jql::resolve(&jql::parse(text).expect(text), &catalogue, &context).expect(text)
}
