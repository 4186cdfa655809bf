//! What the tracker is about, as plain values: no I/O, no async, no database.

pub mod attachment;
pub mod change;
pub mod clock;
pub mod comment;
pub mod id;
pub mod issue;
pub mod jql;
pub mod project;
pub mod text;
pub mod user;
