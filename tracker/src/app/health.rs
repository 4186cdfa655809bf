//! How this node is, for load balancers, probes and the operator.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};

use crate::{
    cluster::{Node, role::Role},
    index::{Index, IndexState, IndexStatus, StartedFrom},
};

/// The state that `/status` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Serves, and its index is in step.
    Running,
    /// Waits for the database.
    Starting,
    /// Its index catches up.
    Recovering,
    /// Could serve, but may not.
    Passive,
    /// Leaves.
    Draining,
    /// Its index is broken.
    Error,
}

impl State {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Starting => "STARTING",
            Self::Recovering => "RECOVERING",
            Self::Passive => "PASSIVE",
            Self::Draining => "DRAINING",
            Self::Error => "ERROR",
        }
    }
}

/// Whether a node may get traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// What the node is.
    pub role: Role,
    /// What is missing; nothing means ready.
    pub missing: Vec<String>,
}

/// Watches over this node.
pub struct Health {
    node: Node,
    index: OnceLock<Index>,
    was_ready: AtomicBool,
}

impl Health {
    /// The health of `node`.
    pub fn new(node: Node) -> Self {
        Self { node, index: OnceLock::new(), was_ready: AtomicBool::new(false) }
    }

    /// Watches over the index too, from now on.
    pub(super) fn watch(&self, index: Index) {
        let _: Result<(), Index> = self.index.set(index);
    }

    /// What `/status` shows.
    pub fn state(&self) -> State {
        state(self.node.role(), self.index_state().as_ref())
    }

    /// What `/readyz` shows. After the first readiness only causes of this node alone count.
    pub fn readiness(&self) -> Readiness {
        let role = self.node.role();
        let missing = missing(role, self.index_state().as_ref(), self.was_ready.load(Ordering::Relaxed));
        if missing.is_empty() {
            self.was_ready.store(true, Ordering::Relaxed);
        }
        Readiness { role, missing }
    }

    /// What `/ops/v1/node` shows.
    pub fn node_report(&self) -> Value {
        let identity = self.node.identity();
        let role = self.node.role();
        json!({
            "id": identity.node,
            "uid": identity.uid,
            "version": env!("CARGO_PKG_VERSION"),
            "state": self.state().as_str(),
            "role": if role.serves() { "active" } else { "passive" },
            "topology": self.node.topology().as_str(),
            "index": self.index.get().map(|index| index_report(&index.status())),
            "inFlight": self.node.in_flight(),
        })
    }

    fn index_state(&self) -> Option<IndexState> {
        self.index.get().map(|index| index.status().state)
    }
}

fn index_report(status: &IndexStatus) -> Value {
    json!({
        "position": status.position.as_ref().map(ToString::to_string),
        "lagEntries": status.lag_entries,
        "lagSeconds": status.lag_seconds,
        "documents": status.documents,
        "startedFrom": status.started_from.map(StartedFrom::as_str),
        "startSeconds": status.start_seconds,
    })
}

fn state(role: Role, index: Option<&IndexState>) -> State {
    match (role, index) {
        (Role::Draining | Role::Stopped, _) => State::Draining,
        (_, Some(IndexState::Broken(_))) => State::Error,
        (Role::Starting, _) => State::Starting,
        (Role::Passive | Role::Activating | Role::Passivating, _) => State::Passive,
        (Role::Active, Some(IndexState::InStep)) => State::Running,
        (Role::Recovering | Role::Active, _) => State::Recovering,
    }
}

fn missing(role: Role, index: Option<&IndexState>, was_ready: bool) -> Vec<String> {
    let mut missing = Vec::new();
    if matches!(role, Role::Draining | Role::Stopped) {
        missing.push("the node is leaving".to_owned());
    }
    if let Some(IndexState::Broken(reason)) = index {
        missing.push(format!("the index is broken: {reason}"));
    }
    if was_ready {
        return missing;
    }
    match role {
        Role::Starting => missing.push("the database is not prepared yet".to_owned()),
        Role::Activating | Role::Passivating => missing.push(format!("the node is {role}")),
        _ => {}
    }
    match index {
        None | Some(IndexState::Starting) => missing.push("the index is not open yet".to_owned()),
        Some(IndexState::Replaying) => missing.push("the index replays the change log".to_owned()),
        Some(IndexState::Rebuilding { done, total }) => {
            missing.push(format!("the index is rebuilt: {done} of about {total} issues are done"));
        }
        Some(IndexState::InStep | IndexState::Broken(_)) => {}
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::{State, missing, state};
    use crate::{cluster::role::Role, index::IndexState};

    const IN_STEP: Option<&IndexState> = Some(&IndexState::InStep);
    const REPLAYING: Option<&IndexState> = Some(&IndexState::Replaying);

    #[test]
    fn a_node_runs_only_when_it_serves_and_is_in_step() {
        let broken = IndexState::Broken("disk full".to_owned());
        let table = [
            (Role::Starting, None, State::Starting),
            (Role::Recovering, REPLAYING, State::Recovering),
            (Role::Passive, IN_STEP, State::Passive),
            (Role::Activating, IN_STEP, State::Passive),
            (Role::Active, IN_STEP, State::Running),
            (Role::Active, REPLAYING, State::Recovering),
            (Role::Active, None, State::Recovering),
            (Role::Active, Some(&broken), State::Error),
            (Role::Draining, Some(&broken), State::Draining),
            (Role::Stopped, IN_STEP, State::Draining),
        ];
        for (role, index, expected) in table {
            assert_eq!(state(role, index), expected, "{role} {index:?}");
        }
        for role in Role::ALL {
            for index in [None, REPLAYING, IN_STEP, Some(&broken)] {
                let runs = state(role, index) == State::Running;
                assert_eq!(runs, role == Role::Active && index == IN_STEP, "{role} {index:?}");
            }
        }
    }

    #[test]
    fn the_first_readiness_needs_all_and_later_ones_only_this_nodes_health() {
        let broken = IndexState::Broken("disk full".to_owned());
        let ready = |role, index, was_ready| missing(role, index, was_ready).is_empty();
        assert!(ready(Role::Active, IN_STEP, false));
        assert!(ready(Role::Passive, IN_STEP, false), "it could take over");
        assert!(!ready(Role::Starting, None, false));
        assert!(!ready(Role::Recovering, REPLAYING, false));
        assert!(!ready(Role::Active, REPLAYING, false));
        assert!(!ready(Role::Activating, IN_STEP, false));
        // A database that is away makes every node lag: no reason to take them all out of service.
        assert!(ready(Role::Active, REPLAYING, true));
        assert!(ready(Role::Activating, IN_STEP, true));
        for was_ready in [false, true] {
            assert!(!ready(Role::Draining, IN_STEP, was_ready));
            assert!(!ready(Role::Active, Some(&broken), was_ready));
        }
        let rebuilding = IndexState::Rebuilding { done: 5, total: 9 };
        let said = missing(Role::Recovering, Some(&rebuilding), false);
        assert_eq!(said, ["the index is rebuilt: 5 of about 9 issues are done"]);
    }
}
