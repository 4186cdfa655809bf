//! What people can do with the tracker: each use case checks, changes and logs in one transaction.

pub mod error;
pub mod health;

use std::sync::Arc;

pub use self::error::{Error, Problems};
use self::health::Health;
use crate::{cluster::Node, domain::clock::Clock};

/// Result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The use cases; cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    node: Node,
    clock: Arc<dyn Clock>,
    health: Health,
}

impl App {
    /// The use cases of `node`. Time comes from `clock`.
    pub fn new(node: Node, clock: Arc<dyn Clock>) -> Self {
        let health = Health::new(node.clone());
        Self { inner: Arc::new(Inner { node, clock, health }) }
    }

    /// This process as a node.
    pub fn node(&self) -> &Node {
        &self.inner.node
    }

    /// The time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    /// How this node is.
    pub fn health(&self) -> &Health {
        &self.inner.health
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("node", &self.inner.node).finish_non_exhaustive()
    }
}
