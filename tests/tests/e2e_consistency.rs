//! What was acknowledged by one node is found on every other, at once and every time.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tests::cluster::Cluster;
use tests::namespace::Namespace;
use tests::operator;
use tests::trackers::{Node, Trackers};

/// How many issues are created and searched.
const ROUNDS: usize = 1000;
/// Rounds that run beside each other.
const LANES: usize = 4;

/// A node that can't be in step within its limit (a second) says so with a `Warning`, and is asked again. How often that
/// happens is the machine's affair, as long as it is the exception.
const MOST_WARNINGS: usize = ROUNDS / 5;
/// A guard against a node that never comes into step.
const IN_STEP: Duration = Duration::from_mins(1);

/// What a lane of rounds saw.
#[derive(Debug, Default)]
struct Seen {
    missed: Vec<String>,
    warnings: usize,
}

/// One lane of rounds: create on one node, search on all others, each time with the next node as the creator.
async fn lane(nodes: &[Node], lane: usize) -> Seen {
    let mut seen = Seen::default();
    for round in (lane..ROUNDS).step_by(LANES) {
        let creator = &nodes[round % nodes.len()];
        let created =
            creator.rest.create_issue("CONS", &format!("needle{round}"), None).await.expect("create");
        for other in nodes.iter().filter(|node| node.name != creator.name) {
            let jql = format!("summary ~ needle{round}");
            let mut found = other.rest.search(&jql, 0, 10).await.expect("search");
            let begin = Instant::now();
            while found.warning.is_some() && begin.elapsed() < IN_STEP {
                seen.warnings += 1;
                found = other.rest.search(&jql, 0, 10).await.expect("search");
            }
            if found.keys != [created.key.clone()] {
                seen.missed.push(format!(
                    "{} on {}: {:?} (warning {:?})",
                    created.key, other.name, found.keys, found.warning
                ));
            }
        }
    }
    seen
}

#[tokio::test]
async fn searches_and_attachments_are_the_same_on_every_node() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "consistency").await;
    let trackers = Trackers::with_postgres(&namespace, 3).await;
    let nodes = trackers.nodes(3).await;
    nodes[0].rest.create_project("CONS").await.expect("a project");

    let lanes = futures::future::join_all((0..LANES).map(|number| lane(&nodes, number))).await;
    let warnings: usize = lanes.iter().map(|lane| lane.warnings).sum();
    println!("{warnings} of {} searches were warned of and repeated", 2 * ROUNDS);
    let missed: Vec<_> = lanes.into_iter().flat_map(|lane| lane.missed).collect();
    assert!(missed.is_empty(), "{} of {} searches missed:\n{}", missed.len(), 2 * ROUNDS, missed.join("\n"));
    assert!(warnings <= MOST_WARNINGS, "{warnings} searches came with a warning");
    for node in &nodes {
        let found = node.rest.search("project = CONS", 0, 1).await.expect("search");
        assert_eq!(found.total, ROUNDS as u64, "{}", node.name);
    }

    let mut random = StdRng::seed_from_u64(7);
    for size in [0, 1, 64 * 1024, 3 * 1024 * 1024 + 17] {
        let mut bytes = vec![0; size];
        random.fill_bytes(&mut bytes);
        for (ordinal, node) in nodes.iter().enumerate() {
            let id = node
                .rest
                .attach("CONS-1", &format!("file {ordinal} \u{e4}.bin"), bytes.clone())
                .await
                .expect("attach");
            for other in &nodes {
                let read = other.rest.attachment(&id).await.expect("download");
                assert!(read == bytes, "{size} bytes attached on {} differ on {}", node.name, other.name);
            }
        }
    }
}
