//! What a node tells about its index.

use crate::domain::change::Position;

use super::start::StartedFrom;

/// What the index is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexState {
    /// Looking at what is on disk, or waiting for the database to say what it is worth.
    Starting,
    /// Reading the part of the change log that it missed.
    Replaying,
    /// Being made anew from the database. An older one may answer in the meantime, without the promise that it is in step.
    Rebuilding {
        /// Issues done.
        done: u64,
        /// Issues there were at the beginning.
        total: u64,
    },
    /// All that was committed at the last poll is in it.
    InStep,
    /// It can't be written to; says why. Tried again until it works. What was there before still answers.
    Broken(String),
}

/// The index of a node at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexStatus {
    /// What it is doing.
    pub state: IndexState,
    /// Everything up to here is in it, and would be after a crash; `None` before there is an index.
    pub position: Option<Position>,
    /// Committed changes known not to be in it yet.
    pub lag_entries: u64,
    /// How long ago it was last known to hold everything, seconds; 0 in normal work, where that is never longer than a poll ago.
    pub lag_seconds: f64,
    /// Documents in it.
    pub documents: u64,
    /// Its segments. Some dozens are normal; many more mean that merging doesn't keep up.
    pub segments: u64,
    /// Where it came from; `None` until that is decided.
    pub started_from: Option<StartedFrom>,
    /// How long it took from the start of the process to the first time in step, seconds; `None` until then.
    pub start_seconds: Option<f64>,
}
