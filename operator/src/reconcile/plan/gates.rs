//! The gates that a step must pass before it touches a node, each with a name people can look for.

use super::node::Node;

/// A search index further behind than this keeps the others in service, in seconds.
const LAG_LOW_SECONDS: f64 = 5.0;

/// Every other node is ready and gets requests, so that taking one away leaves the rest.
pub const ALL_OTHERS_READY: &str = "AllOthersReady";
/// The index of every other node is close to the change log, so that their searches are quick.
pub const INDEX_LAG_LOW: &str = "IndexLagLow";
/// Some node that stays serves requests, before those that leave stop.
pub const REMAINING_SERVE: &str = "RemainingServe";

/// What holds `candidate` from being replaced in a cluster of `replicas` nodes; empty if nothing does.
pub fn before_replacing(candidate: &Node, nodes: &[Node], replicas: i32) -> Vec<String> {
    let mut held = Vec::new();
    for ordinal in (0..replicas).filter(|ordinal| *ordinal != candidate.ordinal) {
        let Some(other) = nodes.iter().find(|node| node.ordinal == ordinal) else {
            held.push(format!("{ALL_OTHERS_READY}: node {ordinal} does not exist yet"));
            continue;
        };
        if let Some(why) = not_serving(other) {
            held.push(format!("{ALL_OTHERS_READY}: {} {why}", other.name));
        } else if let Some(why) = lagging(other) {
            held.push(format!("{INDEX_LAG_LOW}: {} {why}", other.name));
        }
    }
    held
}

/// What holds the nodes from `remaining` upwards from leaving; empty if nothing does.
pub fn before_leaving(nodes: &[Node], remaining: i32) -> Vec<String> {
    let serves = |stays: bool| nodes.iter().any(|node| (node.ordinal < remaining) == stays && node.serves());
    if serves(false) && !serves(true) {
        vec![format!("{REMAINING_SERVE}: none of the nodes that stay serves")]
    } else {
        Vec::new()
    }
}

fn not_serving(node: &Node) -> Option<&'static str> {
    if node.terminating {
        Some("is going")
    } else if !node.ready {
        Some("is not ready")
    } else if !node.in_service {
        Some("gets no requests yet")
    } else {
        None
    }
}

fn lagging(node: &Node) -> Option<String> {
    match node.report.as_ref().and_then(|report| report.index.as_ref()?.lag_seconds) {
        None => Some("gives no figures".to_owned()),
        Some(lag) if lag > LAG_LOW_SECONDS => Some(format!("is more than {LAG_LOW_SECONDS} s behind")),
        Some(_) => None,
    }
}
