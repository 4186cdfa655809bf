//! A node as planning sees it: its pod and what it says of itself, in a few plain fields.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodStatus};
use kube::ResourceExt;

use crate::nodes::Report;
use crate::reconcile::build::metadata::ROLE;

/// Reasons of a waiting container that no waiting cures.
const FAILING: [&str; 7] = [
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ImagePullBackOff",
    "InvalidImageName",
    "RunContainerError",
];

/// A pod that no machine has taken for longer than this isn't just new.
const UNSCHEDULABLE: SignedDuration = SignedDuration::from_secs(30);

/// One node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Name of the pod, id of the node.
    pub name: String,
    /// Its number in the StatefulSet.
    pub ordinal: i32,
    /// Uid of the pod, so that its successor isn't hit instead.
    pub uid: String,
    /// Where to ask it.
    pub address: Option<IpAddr>,
    /// The pod is ready.
    pub ready: bool,
    /// The Service sends it requests.
    pub in_service: bool,
    /// The pod is on its way out.
    pub terminating: bool,
    /// Revision of the pod template it was made from.
    pub revision: String,
    /// Why the pod can't start, if it can't.
    pub failing: Option<String>,
    /// The role label.
    pub role: String,
    /// What it says of itself; `None` if it can't be asked.
    pub report: Option<Report>,
}

impl Node {
    /// A node from its pod. `in_service` holds the names of the pods that the Service sends requests to.
    ///
    /// `None` for a pod whose name has no ordinal.
    pub fn new(pod: &Pod, in_service: &BTreeSet<String>, now: Timestamp) -> Option<Self> {
        let name = pod.name_any();
        let ordinal = name.rsplit_once('-')?.1.parse().ok()?;
        let label = |key: &str| pod.labels().get(key).cloned().unwrap_or_default();
        let status = pod.status.as_ref();
        let terminating = pod.metadata.deletion_timestamp.is_some();
        Some(Self {
            ordinal,
            uid: pod.uid().unwrap_or_default(),
            address: status.and_then(|status| status.pod_ip.as_deref()?.parse().ok()),
            ready: !terminating && status.is_some_and(|status| has_condition(status, "Ready")),
            in_service: in_service.contains(&name),
            terminating,
            revision: label("controller-revision-hash"),
            failing: status.and_then(|status| failure(status, now)),
            role: label(ROLE),
            report: None,
            name,
        })
    }

    /// Ready, and reached through the Service.
    pub fn serves(&self) -> bool {
        self.ready && self.in_service
    }

    /// Whether it was asked to drain and is still there.
    pub fn drains(&self) -> bool {
        self.report.as_ref().is_some_and(|report| report.state == "DRAINING")
    }

    /// Whether nothing is lost when it goes now.
    pub fn drained(&self) -> bool {
        if self.terminating {
            return true;
        }
        match &self.report {
            Some(report) => self.drains() && report.in_flight == 0 && !self.in_service,
            None => !self.serves(),
        }
    }
}

fn has_condition(status: &PodStatus, kind: &str) -> bool {
    status.conditions.iter().flatten().any(|condition| condition.type_ == kind && condition.status == "True")
}

/// Why a pod can't start: its container's reason, or that no machine has taken it for a while.
fn failure(status: &PodStatus, now: Timestamp) -> Option<String> {
    let waiting = |container: &ContainerStatus| {
        let waiting = container.state.as_ref()?.waiting.as_ref()?;
        let reason = waiting.reason.clone()?;
        // The kubelet goes to and fro between the two; a status must not.
        let reason = if reason == "ErrImagePull" { "ImagePullBackOff".to_owned() } else { reason };
        FAILING.contains(&reason.as_str()).then_some(reason)
    };
    let unschedulable = status.conditions.iter().flatten().find_map(|condition| {
        let stuck = condition.type_ == "PodScheduled"
            && condition.status == "False"
            && condition.reason.as_deref() == Some("Unschedulable")
            // A volume that is still being made is no failure.
            && condition.last_transition_time.as_ref().is_some_and(|since| now.duration_since(since.0) > UNSCHEDULABLE);
        stuck.then(|| "Unschedulable".to_owned())
    });
    status.container_statuses.iter().flatten().find_map(waiting).or(unschedulable)
}
