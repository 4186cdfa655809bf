//! What people can do with the tracker: each use case checks, changes and logs in one transaction.

pub mod attachments;
pub mod auth;
pub mod comments;
pub mod error;
pub mod first_start;
pub mod health;
pub mod idempotency;
pub mod issues;
pub mod lists;
mod passwords;
pub mod projects;
pub mod related;
pub mod search;
mod throttle;
pub mod users;

use std::sync::{Arc, OnceLock};

use rand::CryptoRng;

pub use self::error::{Error, Problems};
use self::{health::Health, passwords::Passwords, throttle::Throttle};
use crate::{
    cluster::Node,
    domain::clock::Clock,
    index::Index,
    storage::{Store, files::SharedHome},
};

/// Result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How many passwords are hashed at the same time.
const HASHES: usize = 2;

/// The use cases; cheap to clone.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    node: Node,
    store: Store,
    /// Given once they are open: the ports are open before.
    opened: OnceLock<Opened>,
    health: Health,
    passwords: Passwords,
    throttle: Throttle,
    lists: lists::Kept,
}

/// What a node opens while it starts.
#[derive(Clone)]
pub struct Opened {
    /// The search index.
    pub index: Index,
    /// The bytes of attachments.
    pub files: SharedHome,
}

impl App {
    /// The use cases of `node` on `store`. `random` makes the secrets of this process.
    pub fn new(node: Node, store: Store, random: &mut impl CryptoRng) -> Self {
        let inner = Inner {
            health: Health::new(node.clone()),
            passwords: Passwords::new(HASHES, random),
            throttle: Throttle::new(Arc::clone(store.clock())),
            lists: lists::Kept::default(),
            opened: OnceLock::new(),
            node,
            store,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Hands over what is open now; a second time changes nothing.
    pub fn open(&self, opened: Opened) {
        self.inner.health.watch(opened.index.clone());
        let _: Result<(), Opened> = self.inner.opened.set(opened);
    }

    /// This process as a node.
    pub fn node(&self) -> &Node {
        &self.inner.node
    }

    /// The time.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        self.inner.store.clock()
    }

    /// How this node is.
    pub fn health(&self) -> &Health {
        &self.inner.health
    }

    /// Forgets all that is kept in memory: done whenever the node becomes active.
    pub fn clear_caches(&self) {
        self.inner.passwords.forget();
        self.inner.lists.forget();
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }

    fn index(&self) -> Result<&Index> {
        self.opened().map(|opened| &opened.index)
    }

    fn files(&self) -> Result<&SharedHome> {
        self.opened().map(|opened| &opened.files)
    }

    fn opened(&self) -> Result<&Opened> {
        let starting =
            || Error::Unavailable { message: "This node is still starting.".to_owned(), source: None };
        self.inner.opened.get().ok_or_else(starting)
    }

    fn passwords(&self) -> &Passwords {
        &self.inner.passwords
    }

    fn throttle(&self) -> &Throttle {
        &self.inner.throttle
    }

    fn kept(&self) -> &lists::Kept {
        &self.inner.lists
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("node", &self.inner.node).finish_non_exhaustive()
    }
}
