//! Pure: what the status says, from what a pass found and did.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::figures;
use crate::crd::conditions::{self, reason};
use crate::crd::{IndexSummary, Member, MemberIndex, NodeCounts, Phase, TrackerClusterStatus};
use crate::nodes::IndexReport;
use crate::reconcile::build::metadata::{NODE, selector_labels};
use crate::reconcile::ownership::Who;
use crate::reconcile::plan::node::Node;
use crate::reconcile::plan::{Plan, Step};
use crate::reconcile::problem::Problem;

/// What a pass found and did.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Whose status it is.
    pub who: &'a Who,
    /// What the status said before.
    pub old: Option<&'a TrackerClusterStatus>,
    /// Nodes that should be.
    pub desired: i32,
    /// Version that should run; `None` if the spec can't be read.
    pub version: Option<&'a str>,
    /// Nodes that are.
    pub nodes: &'a [Node],
    /// Revision that every node should have; `None` while it isn't known.
    pub revision: Option<&'a str>,
    /// What the pass did; `None` if it only looked.
    pub plan: Option<&'a Plan>,
    /// What needs a person.
    pub problems: &'a [Problem],
    /// Whether the PodMonitor kind is known; `None` if no monitor was asked for.
    pub monitored: Option<bool>,
    /// The spec says so.
    pub paused: bool,
    /// The resource is being deleted.
    pub deleting: bool,
    /// The time.
    pub now: Timestamp,
}

/// The status.
pub fn compose(facts: &Facts<'_>) -> TrackerClusterStatus {
    let members: Vec<Member> = facts.nodes.iter().map(member).collect();
    let ready = readiness(facts);
    let is_ready = ready.is_ok();
    let (kind, why, message) = (conditions::READY, reason::ALL_NODES_READY, "all nodes are ready");
    let ready = match ready {
        Ok(()) => said(kind, true, why, message),
        Err((why, message)) => said(kind, false, why, &message),
    };
    let mut all = vec![ready, available(facts), progressing(facts), degraded(facts)];
    all.extend(facts.monitored.map(monitored));
    let old = facts.old.map(|old| old.conditions.as_slice()).unwrap_or_default();
    TrackerClusterStatus {
        observed_generation: Some(facts.who.generation),
        phase: Some(phase(facts, is_ready)),
        conditions: all.into_iter().map(|condition| dated(condition, old, facts)).collect(),
        version: if is_ready {
            facts.version.map(str::to_owned)
        } else {
            facts.old.and_then(|old| old.version.clone())
        },
        selector: Some(selector(&facts.who.name)),
        nodes: Some(counts(facts)),
        index: summary(&members),
        members,
        plan: facts.plan.and_then(Plan::status),
    }
}

/// A condition before it is dated.
struct Said {
    kind: &'static str,
    holds: bool,
    reason: &'static str,
    message: String,
}

fn said(kind: &'static str, holds: bool, reason: &'static str, message: &str) -> Said {
    Said { kind, holds, reason, message: message.to_owned() }
}

/// A condition changes its date only when it changes its status.
fn dated(said: Said, old: &[Condition], facts: &Facts<'_>) -> Condition {
    let status = if said.holds { "True" } else { "False" };
    let before = old.iter().find(|old| old.type_ == said.kind && old.status == status);
    Condition {
        type_: said.kind.to_owned(),
        status: status.to_owned(),
        reason: said.reason.to_owned(),
        message: said.message,
        observed_generation: Some(facts.who.generation),
        last_transition_time: before
            .map_or_else(|| Time(facts.now), |before| before.last_transition_time.clone()),
    }
}

fn readiness(facts: &Facts<'_>) -> Result<(), (&'static str, String)> {
    if facts.deleting {
        return Err((reason::DELETING, "the cluster is being deleted".to_owned()));
    }
    let unready: Vec<String> = (0..facts.desired)
        .filter(|ordinal| !facts.nodes.iter().any(|node| node.ordinal == *ordinal && node.ready))
        .map(|ordinal| format!("{}-{ordinal}", facts.who.name))
        .collect();
    if !unready.is_empty() {
        return Err((reason::NODES_NOT_READY, format!("not ready: {}", unready.join(", "))));
    }
    if facts.problems.iter().any(|problem| matches!(problem, Problem::InvalidSpec(_))) {
        return Err((
            reason::INVALID_SPEC,
            "the spec is not followed, see the condition Degraded".to_owned(),
        ));
    }
    let outdated: Vec<&str> = facts
        .nodes
        .iter()
        .filter(|node| facts.revision != Some(node.revision.as_str()) || node.ordinal >= facts.desired)
        .map(|node| node.name.as_str())
        .collect();
    if !outdated.is_empty() {
        return Err((
            reason::ROLLOUT_UNFINISHED,
            format!("not at the current revision: {}", outdated.join(", ")),
        ));
    }
    Ok(())
}

fn available(facts: &Facts<'_>) -> Said {
    let serving = facts.nodes.iter().filter(|node| node.serves()).count();
    if serving > 0 {
        said(conditions::AVAILABLE, true, reason::ENDPOINTS_READY, "nodes answer through the Service")
    } else {
        said(conditions::AVAILABLE, false, reason::NO_ENDPOINTS, "no node answers through the Service")
    }
}

fn progressing(facts: &Facts<'_>) -> Said {
    if facts.paused {
        return said(conditions::PROGRESSING, false, reason::PAUSED, "spec.paused is set");
    }
    if facts.deleting {
        return said(conditions::PROGRESSING, true, reason::DELETING, "the cluster is being deleted");
    }
    let Some((name, plan)) = facts.plan.and_then(|plan| Some((plan.step.name()?, plan))) else {
        return said(conditions::PROGRESSING, false, reason::AS_EXPECTED, "nothing to do");
    };
    let message = if plan.waiting_for.is_empty() {
        plan.nodes.join(", ")
    } else {
        format!("waiting for {}", plan.waiting_for.join("; "))
    };
    said(conditions::PROGRESSING, true, name, &message)
}

fn degraded(facts: &Facts<'_>) -> Said {
    match facts.problems.first() {
        None => said(conditions::DEGRADED, false, reason::AS_EXPECTED, "nothing is wrong"),
        Some(first) => {
            let all: Vec<String> = facts.problems.iter().map(Problem::message).collect();
            // The API server takes 32768 bytes at most.
            let message: String = all.join("; ").chars().take(4000).collect();
            said(conditions::DEGRADED, true, first.reason(), &message)
        }
    }
}

fn monitored(known: bool) -> Said {
    if known {
        said(conditions::MONITORED, true, reason::POD_MONITOR_APPLIED, "the PodMonitor is in place")
    } else {
        said(
            conditions::MONITORED,
            false,
            reason::POD_MONITOR_KIND_MISSING,
            "spec.monitoring.podMonitor is set, but the cluster has no PodMonitor kind: install the Prometheus operator",
        )
    }
}

fn phase(facts: &Facts<'_>, is_ready: bool) -> Phase {
    if facts.deleting {
        return Phase::Deleting;
    }
    if facts.paused {
        return Phase::Paused;
    }
    if !facts.problems.is_empty() {
        return Phase::Degraded;
    }
    match facts.plan.map(|plan| plan.step) {
        Some(Step::Create) => Phase::Starting,
        Some(Step::ScaleOut | Step::Drain | Step::ScaleIn) => Phase::Scaling,
        Some(Step::Roll | Step::Restart) => Phase::Rolling,
        Some(Step::Settled) | None if is_ready => Phase::Ready,
        Some(Step::Settled) | None => Phase::Recovering,
    }
}

fn counts(facts: &Facts<'_>) -> NodeCounts {
    let number = |of: &dyn Fn(&Node) -> bool| {
        i32::try_from(facts.nodes.iter().filter(|node| of(node)).count()).unwrap_or(i32::MAX)
    };
    let ready = number(&|node| node.ready);
    NodeCounts {
        desired: facts.desired,
        current: number(&|_| true),
        ready,
        active: number(&|node| node.serves() && node.role == "active"),
        summary: format!("{ready}/{}", facts.desired),
    }
}

fn member(node: &Node) -> Member {
    let report = node.report.as_ref();
    Member {
        name: node.name.clone(),
        role: node.role.clone(),
        state: report.map_or("Unknown", |report| report.state.as_str()).to_owned(),
        ready: node.ready,
        version: report.map(|report| report.version.clone()),
        index: report.and_then(|report| member_index(report.index.as_ref()?)),
    }
}

/// None before the index has a position.
fn member_index(index: &IndexReport) -> Option<MemberIndex> {
    Some(MemberIndex {
        position: index.position.clone()?,
        lag_seconds: figures::lag(index.lag_seconds.unwrap_or_default()),
        documents: figures::count(index.documents.unwrap_or_default()),
        started_from: index.started_from.clone().unwrap_or_default(),
    })
}

/// The node that is furthest behind speaks for all.
fn summary(members: &[Member]) -> Option<IndexSummary> {
    let indexes = members.iter().filter_map(|member| member.index.as_ref());
    let slowest =
        indexes.max_by_key(|index| (index.lag_seconds, std::cmp::Reverse(sequence(&index.position))))?;
    Some(IndexSummary { lag_seconds: Some(slowest.lag_seconds), position: Some(slowest.position.clone()) })
}

fn sequence(position: &str) -> i64 {
    position.rsplit('/').next().and_then(|seq| seq.parse().ok()).unwrap_or(0)
}

fn selector(cluster: &str) -> String {
    let pairs = selector_labels(cluster, NODE).into_iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests;
