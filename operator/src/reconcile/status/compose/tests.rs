//! What people read, situation by situation.

use super::*;
use crate::crd::PlanStatus;
use crate::reconcile::build::Template;
use crate::reconcile::plan::tests::node;

const REVISION: &str = "demo-new";

fn who() -> Who {
    Who { name: "demo".into(), namespace: "issues".into(), uid: "u".into(), generation: 7 }
}

fn plan(step: Step, waiting_for: &[&str]) -> Plan {
    Plan {
        step,
        nodes: vec!["demo-2".into()],
        waiting_for: waiting_for.iter().map(|text| (*text).to_owned()).collect(),
        since: now(),
        replicas: 3,
        template: Template::Wanted,
        drain: Vec::new(),
        replace: None,
    }
}

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn facts<'a>(who: &'a Who, nodes: &'a [Node]) -> Facts<'a> {
    Facts {
        who,
        old: None,
        desired: 3,
        version: Some("0.1.0"),
        nodes,
        revision: Some(REVISION),
        plan: None,
        problems: &[],
        monitored: None,
        paused: false,
        deleting: false,
        now: now(),
    }
}

/// Status and reason of a condition.
fn condition<'a>(status: &'a TrackerClusterStatus, kind: &str) -> (&'a str, &'a str) {
    let found = status.conditions.iter().find(|condition| condition.type_ == kind).unwrap();
    (found.status.as_str(), found.reason.as_str())
}

#[test]
fn a_settled_cluster_is_ready() {
    let (who, nodes) = (who(), [node(0), node(1), node(2)]);
    let status = compose(&Facts { plan: Some(&plan(Step::Settled, &[])), ..facts(&who, &nodes) });
    assert_eq!(status.phase, Some(Phase::Ready));
    assert_eq!(condition(&status, "Ready"), ("True", "AllNodesReady"));
    assert_eq!(condition(&status, "Available").0, "True");
    assert_eq!(condition(&status, "Progressing").0, "False");
    assert_eq!(condition(&status, "Degraded").0, "False");
    assert_eq!((status.observed_generation, status.version.as_deref()), (Some(7), Some("0.1.0")));
    let counts = status.nodes.unwrap();
    assert_eq!((counts.summary.as_str(), counts.active, counts.current), ("3/3", 3, 3));
    assert_eq!(status.plan, None);
    assert!(status.conditions.iter().all(|condition| condition.observed_generation == Some(7)));
}

#[test]
fn no_pods_is_never_ready_nor_available() {
    let who = who();
    let status = compose(&facts(&who, &[]));
    assert_eq!(condition(&status, "Ready"), ("False", "NodesNotReady"));
    assert_eq!(condition(&status, "Available"), ("False", "NoEndpoints"));
    assert_eq!(status.nodes.unwrap().summary, "0/3");
}

#[test]
fn a_ready_node_of_an_older_revision_is_not_enough() {
    let who = who();
    let mut nodes = [node(0), node(1), node(2)];
    nodes[1].revision = "demo-old".into();
    let status = compose(&facts(&who, &nodes));
    assert_eq!(condition(&status, "Ready"), ("False", "RolloutUnfinished"));
    assert_eq!(status.version, None, "not all nodes run it");
    let all_new = [node(0), node(1), node(2)];
    let unknown = compose(&Facts { revision: None, ..facts(&who, &all_new) });
    assert_eq!(condition(&unknown, "Ready").0, "False", "the wanted template isn't released");
}

#[test]
fn a_lost_node_is_unknown_and_the_rest_serves() {
    let who = who();
    let mut nodes = [node(0), node(1), node(2)];
    nodes[2].ready = false;
    nodes[2].in_service = false;
    nodes[2].report = None;
    let status = compose(&Facts { plan: Some(&plan(Step::Settled, &[])), ..facts(&who, &nodes) });
    assert_eq!(status.phase, Some(Phase::Recovering));
    assert_eq!(condition(&status, "Available").0, "True");
    assert_eq!(status.members[2].state, "Unknown");
    assert_eq!(status.nodes.unwrap().summary, "2/3");
}

#[test]
fn a_step_and_its_gates_are_said() {
    let (who, nodes) = (who(), [node(0), node(1), node(2)]);
    let rolling = plan(Step::Roll, &["AllOthersReady: demo-1 is not ready"]);
    let status = compose(&Facts { plan: Some(&rolling), ..facts(&who, &nodes) });
    assert_eq!(status.phase, Some(Phase::Rolling));
    assert_eq!(condition(&status, "Progressing"), ("True", "Roll"));
    let PlanStatus { step, waiting_for, .. } = status.plan.unwrap();
    assert_eq!(
        (step.as_str(), waiting_for),
        ("Roll", vec!["AllOthersReady: demo-1 is not ready".to_owned()])
    );
}

#[test]
fn problems_come_first() {
    let (who, nodes) = (who(), [node(0), node(1), node(2)]);
    let problems = [Problem::NameConflict { kind: "Service".into(), name: "demo".into() }];
    let status =
        compose(&Facts { problems: &problems, plan: Some(&plan(Step::Roll, &[])), ..facts(&who, &nodes) });
    assert_eq!(status.phase, Some(Phase::Degraded));
    assert_eq!(condition(&status, "Degraded"), ("True", "NameConflict"));
}

#[test]
fn an_invalid_spec_is_not_ready_though_the_nodes_are() {
    let (who, nodes) = (who(), [node(0), node(1), node(2)]);
    let problems = [Problem::InvalidSpec("spec.nodes must be between 1 and 50".into())];
    let status = compose(&Facts { problems: &problems, ..facts(&who, &nodes) });
    assert_eq!(condition(&status, "Ready"), ("False", "InvalidSpec"));
    assert_eq!(condition(&status, "Available").0, "True");
}

#[test]
fn a_paused_cluster_still_tells_the_truth() {
    let who = who();
    let mut nodes = [node(0), node(1), node(2)];
    nodes[0].ready = false;
    let status = compose(&Facts { paused: true, ..facts(&who, &nodes) });
    assert_eq!(status.phase, Some(Phase::Paused));
    assert_eq!(condition(&status, "Ready").0, "False");
    assert_eq!(condition(&status, "Progressing"), ("False", "Paused"));
}

#[test]
fn a_condition_keeps_its_date_while_its_status_stays() {
    let (who, nodes) = (who(), [node(0), node(1), node(2)]);
    let first = compose(&facts(&who, &nodes));
    let later = now() + jiff::SignedDuration::from_secs(90);
    let same = compose(&Facts { old: Some(&first), now: later, ..facts(&who, &nodes) });
    assert_eq!(first, same, "nothing to write");
    let changed = compose(&Facts { old: Some(&first), now: later, ..facts(&who, &nodes[..2]) });
    let date = |status: &TrackerClusterStatus, kind: &str| {
        status.conditions.iter().find(|condition| condition.type_ == kind).unwrap().last_transition_time.0
    };
    assert_eq!(date(&changed, "Ready"), later);
    assert_eq!(date(&changed, "Available"), now());
}

#[test]
fn a_missing_pod_monitor_kind_is_a_condition_and_no_problem() {
    let (who, nodes) = (who(), [node(0), node(1), node(2)]);
    let status = compose(&Facts {
        monitored: Some(false),
        plan: Some(&plan(Step::Settled, &[])),
        ..facts(&who, &nodes)
    });
    assert_eq!(condition(&status, "Monitored"), ("False", "PodMonitorKindMissing"));
    assert_eq!(status.phase, Some(Phase::Ready));
    assert!(compose(&facts(&who, &nodes)).conditions.iter().all(|condition| condition.type_ != "Monitored"));
}

#[test]
fn the_slowest_index_speaks_for_all() {
    let who = who();
    let mut nodes = [node(0), node(1)];
    for (node, (lag, position)) in nodes.iter_mut().zip([(0.2, "1/5/90"), (7.0, "1/4/80")]) {
        let index = node.report.as_mut().unwrap().index.as_mut().unwrap();
        (index.lag_seconds, index.position) = (Some(lag), Some(position.to_owned()));
    }
    let index = compose(&facts(&who, &nodes)).index.unwrap();
    assert_eq!((index.lag_seconds, index.position.as_deref()), (Some(10), Some("1/4/80")));
}
