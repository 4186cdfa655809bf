//! Pure: the next safe step towards the spec, from what is there now.
//!
//! One pass takes one step. What it waits for is said by name, and the next pass looks again.

pub mod gates;
pub mod node;
mod roll;
mod scale_in;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use self::node::Node;
use crate::crd::PlanStatus;
use crate::reconcile::build::Template;
use crate::reconcile::build::metadata::TEMPLATE;
use crate::reconcile::build::stateful_set::{live_template, template_differs};
use crate::reconcile::validate::ValidatedTracker;

/// What a pass looks at. The StatefulSet is one that this cluster controls, or none.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What is wanted.
    pub tracker: &'a ValidatedTracker,
    /// What is there.
    pub stateful_set: Option<&'a StatefulSet>,
    /// Its nodes, by ordinal.
    pub nodes: &'a [Node],
    /// What the pass before was doing.
    pub before: Option<&'a PlanStatus>,
    /// The time, for bounded waits.
    pub now: Timestamp,
}

/// The step of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing to do.
    Settled,
    /// The cluster is made.
    Create,
    /// Nodes join.
    ScaleOut,
    /// Nodes that will leave finish what they have.
    Drain,
    /// Nodes leave.
    ScaleIn,
    /// Nodes are replaced by ones of a newer template.
    Roll,
    /// A node that drained but shall stay is started anew.
    Restart,
}

impl Step {
    /// Its name in the status; none if there is nothing to do.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Settled => None,
            Self::Create => Some("Create"),
            Self::ScaleOut => Some("ScaleOut"),
            Self::Drain => Some("Drain"),
            Self::ScaleIn => Some("ScaleIn"),
            Self::Roll => Some("Roll"),
            Self::Restart => Some("Restart"),
        }
    }
}

/// What a pass does.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// In a word.
    pub step: Step,
    /// Nodes that the step is about.
    pub nodes: Vec<String>,
    /// Gates that hold it.
    pub waiting_for: Vec<String>,
    /// When the step began.
    pub since: Timestamp,
    /// Replicas of the StatefulSet.
    pub replicas: i32,
    /// Its pod template.
    pub template: Template,
    /// Nodes to ask to drain.
    pub drain: Vec<String>,
    /// The pod to delete, by name and uid, so that its successor has the current template.
    pub replace: Option<(String, String)>,
}

impl Plan {
    /// As the status says it.
    pub fn status(&self) -> Option<PlanStatus> {
        Some(PlanStatus {
            step: self.step.name()?.to_owned(),
            since: Some(Time(self.since)),
            nodes: self.nodes.clone(),
            waiting_for: self.waiting_for.clone(),
        })
    }
}

/// A step before it is put into a plan.
struct Move {
    step: Step,
    nodes: Vec<String>,
    waiting_for: Vec<String>,
    drain: Vec<String>,
    replace: Option<(String, String)>,
}

impl Move {
    fn new(step: Step) -> Self {
        Self { step, nodes: Vec::new(), waiting_for: Vec::new(), drain: Vec::new(), replace: None }
    }
}

/// The next step.
pub fn plan(situation: &Situation<'_>) -> Plan {
    let wanted = situation.tracker.nodes;
    let Some(stateful_set) = situation.stateful_set else {
        return finish(situation, Move::new(Step::Create), wanted, Template::Wanted);
    };
    let current = replicas(stateful_set);
    let differs = template_differs(situation.tracker, stateful_set);
    let kept = || if differs { held(stateful_set) } else { Template::Wanted };
    if wanted < current {
        let (step, replicas) = scale_in::step(situation, current);
        return finish(situation, step, replicas, kept());
    }
    if situation.nodes.iter().any(|node| node.ordinal >= current) {
        let leaving = situation.nodes.iter().filter(|node| node.ordinal >= current);
        let step =
            Move { nodes: leaving.map(|node| node.name.clone()).collect(), ..Move::new(Step::ScaleIn) };
        return finish(situation, step, wanted, kept());
    }
    if let Some((step, released)) = roll::step(situation, stateful_set, differs) {
        let template = if released { Template::Wanted } else { kept() };
        return finish(situation, step, wanted, template);
    }
    let step = if wanted > current { Step::ScaleOut } else { Step::Settled };
    finish(situation, Move::new(step), wanted, Template::Wanted)
}

/// Replicas that the StatefulSet asks for now.
pub fn replicas(stateful_set: &StatefulSet) -> i32 {
    stateful_set.spec.as_ref().and_then(|spec| spec.replicas).unwrap_or(1)
}

fn held(stateful_set: &StatefulSet) -> Template {
    Template::Held {
        live: Box::new(live_template(stateful_set)),
        fingerprint: stateful_set
            .metadata
            .annotations
            .as_ref()
            .and_then(|annotations| annotations.get(TEMPLATE))
            .cloned(),
    }
}

/// A plan from its step. A step goes on until all nodes are ready again.
fn finish(situation: &Situation<'_>, mut step: Move, replicas: i32, template: Template) -> Plan {
    let before = situation.before;
    if step.step == Step::Settled {
        let unready = unready(situation.nodes, &situation.tracker.name, replicas);
        if let (false, Some(unfinished)) = (unready.is_empty(), before.and_then(unfinished)) {
            step.step = unfinished;
            step.waiting_for = unready.iter().map(|name| format!("{name} to become ready")).collect();
            step.nodes = unready;
        }
    }
    let going_on = before.filter(|before| Some(before.step.as_str()) == step.step.name());
    Plan {
        since: going_on.and_then(|before| before.since.as_ref()).map_or(situation.now, |since| since.0),
        step: step.step,
        nodes: step.nodes,
        waiting_for: step.waiting_for,
        replicas,
        template,
        drain: step.drain,
        replace: step.replace,
    }
}

/// The step before, if it ends only when all nodes are ready.
fn unfinished(before: &PlanStatus) -> Option<Step> {
    [Step::Create, Step::ScaleOut, Step::Roll, Step::Restart]
        .into_iter()
        .find(|step| step.name() == Some(before.step.as_str()))
}

fn unready(nodes: &[Node], cluster: &str, replicas: i32) -> Vec<String> {
    (0..replicas)
        .filter(|ordinal| !nodes.iter().any(|node| node.ordinal == *ordinal && node.serves()))
        .map(|ordinal| format!("{cluster}-{ordinal}"))
        .collect()
}

/// How long the step before has lasted, if it was `step`.
fn lasted(situation: &Situation<'_>, step: Step) -> SignedDuration {
    let same = situation.before.filter(|before| Some(before.step.as_str()) == step.name());
    let since = same.and_then(|before| before.since.as_ref()).map_or(situation.now, |since| since.0);
    situation.now.duration_since(since)
}

#[cfg(test)]
pub(crate) mod tests;
