//! Faults at random under a writer for `SOAK_MINUTES`; `SOAK_SEED` repeats a run. Only `make soak` runs it.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tests::cluster::Cluster;
use tests::namespace::Namespace;
use tests::rest::Rest;
use tests::trackers::{CONTAINER, Trackers};
use tests::writer::{IMPATIENT, Writer};
use tests::{operator, postgres};

#[derive(Debug, Clone, Copy)]
enum Fault {
    KillProcess,
    DeletePod,
    CutNetwork,
    KillDatabase,
    KillOperator,
    Scale,
    Roll,
}

const FAULTS: &[Fault] = &[
    Fault::KillProcess,
    Fault::DeletePod,
    Fault::CutNetwork,
    Fault::KillDatabase,
    Fault::KillOperator,
    Fault::Scale,
    Fault::Roll,
];

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test]
#[ignore = "takes SOAK_MINUTES; `make soak` runs it"]
async fn faults_at_random_lose_nothing() {
    let Some(cluster) = Cluster::given().await else { return };
    if cluster.local().is_none() {
        return;
    }
    let seed = number("SOAK_SEED", rand::random::<u32>().into());
    println!("SOAK_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "soak").await;
    let trackers = Trackers::with_postgres(&namespace, 3).await;
    let service = trackers.service().await;
    let rest = Rest::new(&service.url(), &trackers.password().await);
    rest.create_project("SOAK").await.expect("a project");
    let writer = Writer::start(&rest, "SOAK", 3, IMPATIENT);

    let mut nodes = 3;
    let end = Instant::now() + Duration::from_mins(number("SOAK_MINUTES", 30));
    let mut round = 0;
    while Instant::now() < end {
        round += 1;
        let fault = *FAULTS.choose(&mut random).expect("never empty");
        let victim = trackers.node_name(random.random_range(0..nodes));
        println!("{round}: {fault:?} ({victim} of {nodes}), {} acknowledged", writer.count());
        let kill = async |pod: &str, container: &str| {
            cluster
                .local_kubernetes(&["kill-pod-process", namespace.name(), pod, container])
                .await
                .expect("kill -9");
        };
        match fault {
            Fault::KillProcess => kill(&victim, CONTAINER).await,
            Fault::KillDatabase => kill(postgres::POD, "postgres").await,
            Fault::DeletePod => {
                let arguments = ["delete", "pod", &victim, "--namespace", namespace.name(), "--wait=false"];
                cluster.kubectl(&arguments).await.expect("delete a pod");
            }
            Fault::CutNetwork => {
                let machine = trackers.machine_of(&victim).await;
                cluster.local_kubernetes(&["node", "cut", &machine]).await.expect("cut");
                tokio::time::sleep(Duration::from_secs(random.random_range(1..30))).await;
                cluster.local_kubernetes(&["node", "heal", &machine]).await.expect("heal");
            }
            Fault::KillOperator => {
                operator::settled(&cluster).await;
                operator::kill_leader(&cluster).await.expect("kill the leader");
            }
            Fault::Scale => {
                nodes = random.random_range(2..6);
                trackers.scale(nodes).await;
            }
            Fault::Roll => {
                trackers
                    .patch(
                        &json!({"spec": {"pod": {"annotations": {"example.org/round": round.to_string()}}}}),
                    )
                    .await;
            }
        }
        writer.goes_on(20).await;
        trackers.ready(nodes).await;
    }

    let log = writer.stop().await;
    println!(
        "{} acknowledged, {} attempts failed, slowest {:?}",
        log.acknowledged.len(),
        log.failures.len(),
        log.slowest
    );
    for node in trackers.nodes(nodes).await {
        log.verify(&node.rest, "SOAK").await.unwrap_or_else(|error| panic!("{}: {error:#}", node.name));
    }
}
