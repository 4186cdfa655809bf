//! This process as a node of its cluster: who it is, its role, and what is in flight in it.

pub mod role;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, gauge::ConstGauge},
    registry::Registry,
};
use tokio::sync::watch;

use self::role::{Command, Event, Machine, Role};
pub use crate::{config::node::Topology, storage::Identity};

/// This process as a node; cheap to clone.
#[derive(Clone, Debug)]
pub struct Node {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    identity: Identity,
    topology: Topology,
    machine: Mutex<Machine>,
    role: watch::Sender<Role>,
    in_flight: AtomicU64,
}

impl Node {
    /// A node that is starting.
    pub fn new(identity: Identity, topology: Topology) -> Self {
        let granted = match topology {
            Topology::ActiveActive => true,
        };
        let machine = Machine::new(granted);
        let inner = Inner {
            identity,
            topology,
            machine: Mutex::new(machine),
            role: watch::Sender::new(machine.role()),
            in_flight: AtomicU64::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Who this is.
    pub fn identity(&self) -> &Identity {
        &self.inner.identity
    }

    /// Which of the cluster's nodes serve.
    pub fn topology(&self) -> Topology {
        self.inner.topology
    }

    /// The role now.
    pub fn role(&self) -> Role {
        *self.inner.role.borrow()
    }

    /// The role now and whenever it changes.
    pub fn roles(&self) -> watch::Receiver<Role> {
        self.inner.role.subscribe()
    }

    /// Tells the node what happened; answers what the caller has to do because of it.
    #[must_use]
    pub fn report(&self, event: Event) -> Option<Command> {
        // The lock is held while the new role is shown, so that roles are seen in the order they were taken.
        let mut machine = self.inner.machine.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, command) = machine.step(event);
        if next.role() != machine.role() {
            tracing::info!(node.id = %self.inner.identity.node, from = %machine.role(), to = %next.role(), "role changed");
        }
        *machine = next;
        self.inner.role.send_if_modified(|role| std::mem::replace(role, next.role()) != next.role());
        command
    }

    /// Shows the role and the requests in flight in `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register_collector(Box::new(Figures { node: self.clone() }));
    }

    /// Counts a request as in flight until the guard is dropped.
    pub fn enter(&self) -> InFlight {
        self.inner.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight { node: self.clone() }
    }

    /// Requests in flight.
    pub fn in_flight(&self) -> u64 {
        self.inner.in_flight.load(Ordering::Relaxed)
    }
}

/// Figures of a node, taken when they are asked for.
#[derive(Debug)]
struct Figures {
    node: Node,
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let role = self.node.role();
        let help = "1 for the role that the node has, 0 for the others";
        let mut roles = encoder.encode_descriptor("node_role", help, None, MetricType::Gauge)?;
        for one in Role::ALL {
            let gauge = ConstGauge::new(i64::from(one == role));
            gauge.encode(roles.encode_family(&[("role", one.as_str())])?)?;
        }
        let in_flight = ConstGauge::new(i64::try_from(self.node.in_flight()).unwrap_or(i64::MAX));
        let help = "Requests that are being answered";
        let gauge = encoder.encode_descriptor("http_requests_in_flight", help, None, MetricType::Gauge)?;
        in_flight.encode(gauge)
    }
}

/// One request in flight.
#[derive(Debug)]
pub struct InFlight {
    node: Node,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.node.inner.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Identity, Node, Topology,
        role::{Command, Event, Role},
    };

    fn node() -> Node {
        let identity = Identity { node: "node-0".to_owned(), uid: "u".to_owned() };
        Node::new(identity, Topology::ActiveActive)
    }

    #[test]
    fn a_reported_event_is_seen_by_subscribers() {
        let node = node();
        let mut roles = node.roles();
        assert_eq!(*roles.borrow_and_update(), Role::Starting);
        assert_eq!(node.report(Event::Prepared), None);
        assert!(roles.has_changed().expect("the node lives"));
        assert_eq!(*roles.borrow_and_update(), Role::Recovering);
        assert_eq!(node.report(Event::Prepared), None);
        assert!(!roles.has_changed().expect("the node lives"), "nothing changed");
        assert_eq!(node.report(Event::InStep), Some(Command::Activate));
        assert_eq!(node.role(), Role::Activating);
    }

    #[test]
    fn requests_count_until_their_guard_is_gone() {
        let node = node();
        let first = node.enter();
        let second = node.enter();
        assert_eq!(node.in_flight(), 2);
        drop((first, second));
        assert_eq!(node.in_flight(), 0);
    }
}
