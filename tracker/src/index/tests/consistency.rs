//! What was acknowledged on any node is found by every search that begins later, on every node.

use super::*;

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
