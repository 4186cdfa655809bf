//! The database and the shared home: the truth of the tracker. The only module that names sqlx.
//!
//! Reads take a [`Conn`] (a [`ReadConn`] or a [`Tx`] gives one), writes take a [`Tx`] and note their entries in the change log
//! themselves. How to add a resource: its tables as migrations for both databases, its value types in `domain`, one file here, one file
//! in `suite/`.

pub mod about;
pub mod attachments;
pub mod bulk;
pub mod change_log;
pub mod comments;
mod conn;
mod connector;
mod dialect;
mod era;
mod error;
pub mod files;
pub mod idempotency;
pub mod issues;
pub mod lists;
mod metrics;
mod pool;
pub mod projects;
mod random;
mod schema;
mod settings;
mod sql;
mod store;
#[cfg(test)]
mod suite;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod tx;
pub mod upkeep;
pub mod users;
mod wakeups;

pub use conn::Conn;
pub use dialect::{Dialect, Kind};
pub use error::{Conflict, Error};
pub use pool::Pooled as ReadConn;
pub use settings::{DatabaseSettings, UrlSource};
pub use store::{Identity, Store};
pub use tx::Tx;
pub use wakeups::Wakeups;
