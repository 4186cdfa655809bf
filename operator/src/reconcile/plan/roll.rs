//! The roller: one pod at a time, through gates, and never before its template may be released.

use k8s_openapi::api::apps::v1::StatefulSet;

use super::node::Node;
use super::{Move, Situation, Step, gates};

/// The step and whether the wanted template is released; `None` if no node needs to be replaced.
///
/// A pod that can't start is replaced whatever the others do: it serves nobody, and the new template may be
/// its cure. Without that, two broken pods would hold each other for ever.
pub(super) fn step(
    situation: &Situation<'_>,
    stateful_set: &StatefulSet,
    differs: bool,
) -> Option<(Move, bool)> {
    let revision = current_revision(stateful_set);
    if !differs && revision.is_none() {
        return None;
    }
    let needs = |node: &Node| differs || Some(node.revision.as_str()) != revision || node.drains();
    let mut candidates: Vec<&Node> =
        situation.nodes.iter().filter(|node| !node.terminating && needs(node)).collect();
    candidates.sort_by_key(|node| (node.failing.is_none(), node.ready, -node.ordinal));
    let Some(candidate) = candidates.first() else {
        return differs.then(|| (Move::new(Step::Roll), true));
    };
    let step =
        if differs || Some(candidate.revision.as_str()) != revision { Step::Roll } else { Step::Restart };
    let held = if candidate.failing.is_some() {
        Vec::new()
    } else {
        gates::before_replacing(candidate, situation.nodes, situation.tracker.nodes)
    };
    let nodes = candidates.iter().map(|node| node.name.clone()).collect();
    let released = differs && held.is_empty();
    // The pod waits for the next pass, which sees the revision that the released template got.
    let now = !differs && held.is_empty();
    let replace = now.then(|| (candidate.name.clone(), candidate.uid.clone()));
    Some((Move { nodes, waiting_for: held, replace, ..Move::new(step) }, released))
}

/// The revision of the released template; `None` until the StatefulSet's controller has seen it.
fn current_revision(stateful_set: &StatefulSet) -> Option<&str> {
    let status = stateful_set.status.as_ref()?;
    (status.observed_generation >= stateful_set.metadata.generation)
        .then_some(status.update_revision.as_deref())
        .flatten()
}
