//! What can go wrong in the index.

use std::path::PathBuf;

use crate::storage;

/// An error of the index. The texts are for logs and operators.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has the directory open.
    #[error("the index directory {} is in use by another process", .0.display())]
    Locked(PathBuf),
    /// There is nothing to search in yet: the index is being opened or made. Try again later.
    #[error("the search index is not ready yet")]
    NotReady,
    /// A file can't be read or written.
    #[error("index file: {0}")]
    File(#[from] std::io::Error),
    /// The index can't be read or written.
    #[error("search index: {0}")]
    Index(#[from] tantivy::TantivyError),
    /// The database can't be read.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// A defect: work in the background panicked.
    #[error("search index: work in the background ended early: {0}")]
    Background(String),
}

impl Error {
    /// Whether the disk is full, so that a new index would do no better.
    pub(super) fn is_disk_full(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        let full = |error: &std::io::Error| matches!(error.kind(), StorageFull | QuotaExceeded);
        match self {
            Self::File(error) => full(error),
            Self::Index(tantivy::TantivyError::IoError(error)) => full(error),
            // Errors of the index's own threads keep only their texts.
            Self::Index(error) => error.to_string().contains("No space left"),
            _ => false,
        }
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Background(error.to_string())
    }
}
