//! Which step comes next, and what holds it.

use k8s_openapi::api::apps::v1::StatefulSetStatus;

use super::*;
use crate::nodes::{IndexReport, Report};
use crate::reconcile::build::stateful_set::stateful_set;
use crate::reconcile::build::tests::fixture;

const CURRENT: &str = "demo-new";
const OLD: &str = "demo-old";

/// A cluster that is settled, to be changed by a test.
pub(crate) struct Scene {
    pub(crate) tracker: ValidatedTracker,
    pub(crate) set: Option<StatefulSet>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) before: Option<PlanStatus>,
    pub(crate) now: Timestamp,
}

impl Scene {
    /// `nodes` nodes, all ready, at the current revision.
    pub(crate) fn settled(nodes: i32) -> Self {
        let tracker = ValidatedTracker { nodes, ..fixture("full") };
        let mut set = stateful_set(&tracker, nodes, &Template::Wanted);
        set.metadata.generation = Some(4);
        set.status = Some(StatefulSetStatus {
            observed_generation: Some(4),
            update_revision: Some(CURRENT.to_owned()),
            ..StatefulSetStatus::default()
        });
        Self {
            tracker,
            set: Some(set),
            nodes: (0..nodes).map(node).collect(),
            before: None,
            now: "2026-11-22T12:00:00Z".parse().unwrap(),
        }
    }

    /// The spec asks for another pod template than the one that is there.
    fn with_new_template(mut self) -> Self {
        self.tracker.version = "0.3.0".to_owned();
        self.tracker.image = "localhost/tracker:0.3.0".to_owned();
        self
    }

    /// The new template is released; `old` nodes still have the old one.
    fn rolling(mut self, old: &[i32]) -> Self {
        for ordinal in old {
            self.node(*ordinal).revision = OLD.to_owned();
        }
        self
    }

    fn node(&mut self, ordinal: i32) -> &mut Node {
        self.nodes.iter_mut().find(|node| node.ordinal == ordinal).unwrap()
    }

    fn report(&mut self, ordinal: i32) -> &mut Report {
        self.node(ordinal).report.as_mut().unwrap()
    }

    fn plan(&self) -> Plan {
        plan(&Situation {
            tracker: &self.tracker,
            stateful_set: self.set.as_ref(),
            nodes: &self.nodes,
            before: self.before.as_ref(),
            now: self.now,
        })
    }

    /// The next pass, so many seconds later.
    fn later(&mut self, after: &Plan, seconds: i64) {
        self.before = after.status();
        self.now += SignedDuration::from_secs(seconds);
    }
}

pub(crate) fn node(ordinal: i32) -> Node {
    Node {
        name: format!("demo-{ordinal}"),
        ordinal,
        uid: format!("uid-{ordinal}"),
        address: Some([10, 0, 0, 1].into()),
        ready: true,
        in_service: true,
        terminating: false,
        revision: CURRENT.to_owned(),
        failing: None,
        role: "active".to_owned(),
        report: Some(Report {
            state: "RUNNING".to_owned(),
            index: Some(IndexReport { lag_seconds: Some(0.1), ..IndexReport::default() }),
            ..Report::default()
        }),
    }
}

fn replaced(plan: &Plan) -> Option<&str> {
    plan.replace.as_ref().map(|(name, _)| name.as_str())
}

#[test]
fn a_new_cluster_is_made_whole() {
    let scene = Scene { set: None, nodes: Vec::new(), ..Scene::settled(3) };
    let plan = scene.plan();
    assert_eq!((plan.step, plan.replicas, plan.template), (Step::Create, 3, Template::Wanted));
}

#[test]
fn a_settled_cluster_is_left_alone() {
    let plan = Scene::settled(3).plan();
    assert_eq!((plan.step, plan.replicas, plan.status()), (Step::Settled, 3, None));
    assert!(plan.drain.is_empty() && plan.replace.is_none());
}

#[test]
fn a_lost_node_is_no_step_of_ours() {
    let mut scene = Scene::settled(3);
    scene.node(1).ready = false;
    assert_eq!(scene.plan().step, Step::Settled);
}

#[test]
fn a_step_lasts_until_all_nodes_are_ready() {
    let mut scene = Scene { set: None, nodes: Vec::new(), ..Scene::settled(3) };
    let made = scene.plan();
    let began = made.since;
    scene.later(&made, 5);
    scene.set = Scene::settled(3).set;
    scene.nodes = vec![node(0), node(1)];
    let plan = scene.plan();
    assert_eq!((plan.step, plan.since), (Step::Create, began));
    assert_eq!(plan.waiting_for, ["demo-2 to become ready"]);
    scene.later(&plan, 5);
    scene.nodes.push(node(2));
    assert_eq!(scene.plan().step, Step::Settled);
}

#[test]
fn nodes_are_added_at_once() {
    let mut scene = Scene::settled(3);
    scene.tracker.nodes = 5;
    let plan = scene.plan();
    assert_eq!((plan.step, plan.replicas), (Step::ScaleOut, 5));
}

#[test]
fn leaving_nodes_drain_first() {
    let mut scene = Scene::settled(5);
    scene.tracker.nodes = 2;
    let plan = scene.plan();
    assert_eq!((plan.step, plan.replicas), (Step::Drain, 5));
    assert_eq!(plan.drain, ["demo-2", "demo-3", "demo-4"]);
    scene.later(&plan, 2);
    for ordinal in 2..5 {
        scene.report(ordinal).state = "DRAINING".to_owned();
        scene.node(ordinal).in_service = false;
    }
    scene.report(3).in_flight = 1;
    let plan = scene.plan();
    assert_eq!((plan.step, plan.replicas), (Step::Drain, 5), "one still answers a request");
    assert_eq!(plan.waiting_for, ["demo-3 to drain"]);
    assert!(plan.drain.is_empty(), "it was asked already");
    scene.report(3).in_flight = 0;
    let plan = scene.plan();
    assert_eq!((plan.step, plan.replicas), (Step::ScaleIn, 2));
}

#[test]
fn draining_is_bounded() {
    let mut scene = Scene::settled(3);
    scene.tracker.nodes = 2;
    let first = scene.plan();
    scene.later(&first, 59);
    let second = scene.plan();
    assert_eq!((second.step, second.replicas), (Step::Drain, 3));
    scene.later(&second, 1);
    let plan = scene.plan();
    assert_eq!((plan.step, plan.replicas), (Step::ScaleIn, 2), "a minute, as the spec says");
}

#[test]
fn the_last_that_serve_do_not_leave() {
    let mut scene = Scene::settled(3);
    scene.tracker.nodes = 1;
    scene.node(0).ready = false;
    let plan = scene.plan();
    assert_eq!((plan.step, plan.replicas), (Step::ScaleIn, 3));
    assert_eq!(plan.waiting_for, ["RemainingServe: none of the nodes that stay serves"]);
    assert!(plan.drain.is_empty());
}

#[test]
fn a_new_template_is_released_when_all_are_well_and_held_when_not() {
    let plan = Scene::settled(3).with_new_template().plan();
    assert_eq!((plan.step, plan.template, plan.replace), (Step::Roll, Template::Wanted, None));
    let mut scene = Scene::settled(3).with_new_template();
    scene.node(0).ready = false;
    scene.node(1).ready = false;
    let plan = scene.plan();
    assert_eq!(plan.step, Step::Roll);
    assert!(matches!(plan.template, Template::Held { .. }), "an evicted pod would take it at once");
    (scene.node(0).ready, scene.node(1).ready) = (true, true);
    scene.node(0).in_service = false;
    let plan = scene.plan();
    assert_eq!(plan.waiting_for, ["AllOthersReady: demo-0 gets no requests yet"]);
}

#[test]
fn pods_are_replaced_one_at_a_time_from_the_last() {
    let mut scene = Scene::settled(3).rolling(&[0, 1, 2]);
    let plan = scene.plan();
    assert_eq!((plan.step, replaced(&plan)), (Step::Roll, Some("demo-2")));
    scene.node(2).terminating = true;
    scene.node(2).ready = false;
    let plan = scene.plan();
    assert_eq!((plan.step, replaced(&plan)), (Step::Roll, None));
    assert_eq!(plan.waiting_for, ["AllOthersReady: demo-2 is going"]);
    scene.nodes.pop();
    assert_eq!(scene.plan().waiting_for, ["AllOthersReady: node 2 does not exist yet"]);
    scene.nodes.push(Node { ready: false, in_service: false, ..node(2) });
    assert_eq!(scene.plan().waiting_for, ["AllOthersReady: demo-2 is not ready"]);
    scene.nodes[2] = node(2);
    assert_eq!(replaced(&scene.plan()), Some("demo-1"));
}

#[test]
fn a_lagging_index_holds_the_roll() {
    let mut scene = Scene::settled(3).rolling(&[2]);
    scene.report(1).index.as_mut().unwrap().lag_seconds = Some(6.0);
    let plan = scene.plan();
    assert_eq!(plan.waiting_for, ["IndexLagLow: demo-1 is more than 5 s behind"]);
    assert!(plan.replace.is_none());
    scene.report(1).index = None;
    assert_eq!(scene.plan().waiting_for, ["IndexLagLow: demo-1 gives no figures"]);
    scene.node(1).report = None;
    assert_eq!(scene.plan().waiting_for, ["IndexLagLow: demo-1 gives no figures"]);
    scene.nodes[1] = node(1);
    assert_eq!(replaced(&scene.plan()), Some("demo-2"));
}

#[test]
fn a_pod_that_cannot_start_is_replaced_first_and_whatever_the_others_do() {
    let mut scene = Scene::settled(3).rolling(&[0, 1, 2]);
    for ordinal in [0, 1] {
        scene.node(ordinal).ready = false;
        scene.node(ordinal).failing = Some("CrashLoopBackOff".to_owned());
    }
    assert_eq!(replaced(&scene.plan()), Some("demo-1"), "two broken ones must not hold each other");
    let mut scene = Scene::settled(3).with_new_template();
    scene.node(0).ready = false;
    scene.node(0).failing = Some("ImagePullBackOff".to_owned());
    scene.node(1).ready = false;
    assert_eq!(scene.plan().template, Template::Wanted, "the new template may be the cure");
}

#[test]
fn nothing_is_replaced_before_the_revision_is_known() {
    let mut scene = Scene::settled(3).rolling(&[0, 1, 2]);
    scene.set.as_mut().unwrap().metadata.generation = Some(5);
    assert!(scene.plan().replace.is_none());
}

#[test]
fn one_node_is_rolled_without_others() {
    let plan = Scene::settled(1).rolling(&[0]).plan();
    assert_eq!(replaced(&plan), Some("demo-0"));
}

#[test]
fn nodes_leave_before_others_are_rolled() {
    let mut scene = Scene::settled(3).with_new_template();
    scene.tracker.nodes = 2;
    let plan = scene.plan();
    assert_eq!(plan.step, Step::Drain);
    assert!(matches!(plan.template, Template::Held { .. }));
    // Lowered, and the pod is still going.
    scene.set = Some(stateful_set(&fixture("full"), 2, &Template::Wanted));
    scene.node(2).terminating = true;
    let plan = scene.plan();
    assert_eq!((plan.step, plan.replicas), (Step::ScaleIn, 2));
    assert!(matches!(plan.template, Template::Held { .. }));
}

#[test]
fn a_node_that_drained_and_shall_stay_is_started_anew() {
    let mut scene = Scene::settled(3);
    scene.report(2).state = "DRAINING".to_owned();
    scene.node(2).ready = false;
    let plan = scene.plan();
    assert_eq!((plan.step, replaced(&plan)), (Step::Restart, Some("demo-2")));
}

/// Never two at once, whatever happens: random histories of a roll with pods that come, go and lag.
#[test]
fn a_roll_never_takes_a_second_node_away() {
    for seed in 0..20_u64 {
        let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut roll = move |sides: u64| {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            dice % sides
        };
        let mut scene = Scene::settled(5).rolling(&[0, 1, 2, 3, 4]);
        for _ in 0..400 {
            let plan = scene.plan();
            if plan.step == Step::Settled {
                break;
            }
            if let Some(name) = replaced(&plan).map(str::to_owned) {
                let others = scene.nodes.iter().filter(|node| node.name != name);
                assert_eq!(
                    others.filter(|node| node.serves()).count(),
                    4,
                    "seed {seed}: {name} was not alone"
                );
                let node = scene.nodes.iter_mut().find(|node| node.name == name).unwrap();
                *node = Node { terminating: true, ready: false, in_service: roll(2) == 0, ..node.clone() };
            }
            for at in 0..5 {
                let node = &mut scene.nodes[at];
                match roll(6) {
                    0 if node.terminating => {
                        *node = Node { ready: false, in_service: false, ..self::node(node.ordinal) }
                    }
                    1 if !node.terminating && !node.ready => {
                        (node.ready, node.in_service) = (true, roll(2) == 0);
                    }
                    2 if !node.terminating => node.in_service = node.ready,
                    3 if !node.terminating && roll(8) == 0 => (node.ready, node.in_service) = (false, false),
                    4 => {
                        let lag = if roll(5) == 0 { 60.0 } else { 0.0 };
                        node.report.as_mut().unwrap().index.as_mut().unwrap().lag_seconds = Some(lag);
                    }
                    _ => {}
                }
            }
            scene.before = plan.status();
        }
        let finished = scene.nodes.iter().all(|node| node.revision == CURRENT);
        assert!(finished, "seed {seed}: the roll never ended");
    }
}
