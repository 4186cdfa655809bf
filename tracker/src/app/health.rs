//! How this node is, for load balancers, probes and the operator.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::cluster::{Node, role::Role};

/// The state that `/status` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Serves, and its index is in step.
    Running,
    /// Waits for the database.
    Starting,
    /// Catches up.
    Recovering,
    /// Could serve, but another node does.
    Passive,
    /// Leaves.
    Draining,
    /// Can't serve and won't by itself.
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
    pub missing: Vec<&'static str>,
}

/// Watches over this node.
#[derive(Debug)]
pub struct Health {
    node: Node,
    was_ready: AtomicBool,
}

impl Health {
    /// The health of `node`.
    pub fn new(node: Node) -> Self {
        Self { node, was_ready: AtomicBool::new(false) }
    }

    /// What `/status` shows.
    pub fn state(&self) -> State {
        state(self.node.role())
    }

    /// What `/readyz` shows. After the first readiness only causes of this node alone count.
    pub fn readiness(&self) -> Readiness {
        let role = self.node.role();
        let missing = missing(role, self.was_ready.load(Ordering::Relaxed));
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
            "id": identity.id,
            "uid": identity.uid,
            "version": env!("CARGO_PKG_VERSION"),
            "state": role.as_str(),
            "role": if role.serves() { "active" } else { "passive" },
            "topology": self.node.topology().as_str(),
            "inFlight": self.node.in_flight(),
        })
    }
}

fn state(role: Role) -> State {
    match role {
        Role::Starting => State::Starting,
        Role::Recovering => State::Recovering,
        Role::Passive | Role::Activating | Role::Passivating => State::Passive,
        Role::Active => State::Running,
        Role::Draining | Role::Stopped => State::Draining,
    }
}

fn missing(role: Role, was_ready: bool) -> Vec<&'static str> {
    match role {
        Role::Draining | Role::Stopped => vec!["the node is leaving"],
        _ if was_ready => Vec::new(),
        Role::Starting => vec!["the database is not prepared yet"],
        Role::Recovering => vec!["the index is not in step yet"],
        Role::Activating => vec!["the node is still activating"],
        Role::Passivating | Role::Passive | Role::Active => Vec::new(),
    }
}
