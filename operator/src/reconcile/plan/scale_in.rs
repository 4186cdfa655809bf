//! Nodes leave: they are asked to finish what they have, and then go, bounded by the drain time.

use jiff::SignedDuration;

use super::node::Node;
use super::{Move, Situation, Step, gates, lasted};

/// The step, and the replicas that go with it: still all of them, or as many as are wanted.
pub(super) fn step(situation: &Situation<'_>, current: i32) -> (Move, i32) {
    let wanted = situation.tracker.nodes;
    let leaving: Vec<&Node> = situation.nodes.iter().filter(|node| node.ordinal >= wanted).collect();
    let names = leaving.iter().map(|node| node.name.clone()).collect();
    let held = gates::before_leaving(situation.nodes, wanted);
    if !held.is_empty() {
        return (Move { nodes: names, waiting_for: held, ..Move::new(Step::ScaleIn) }, current);
    }
    let busy: Vec<&&Node> = leaving.iter().filter(|node| !node.drained()).collect();
    let so_far = lasted(situation, Step::Drain);
    let limit = SignedDuration::from_secs(i64::try_from(situation.tracker.drain_seconds).unwrap_or(i64::MAX));
    if busy.is_empty() || so_far >= limit {
        return (Move { nodes: names, ..Move::new(Step::ScaleIn) }, wanted);
    }
    let step = Move {
        nodes: names,
        waiting_for: busy.iter().map(|node| format!("{} to drain", node.name)).collect(),
        drain: busy.iter().filter(|node| !node.drains()).map(|node| node.name.clone()).collect(),
        ..Move::new(Step::Drain)
    };
    (step, current)
}
