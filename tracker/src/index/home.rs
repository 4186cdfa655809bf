//! The index's place on the node's own disk: numbered generations, one of them in use, under a lock that keeps other processes out.
//!
//! A generation becomes good with its first commit, which is also the last step of making it: so one that was left behind by a crash
//! in the middle is never taken for a finished one. A new generation is made beside the one in use.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize};
use tantivy::{Index, IndexMeta};

use super::{
    Error,
    schema::{Fields, SCHEMA_VERSION, register_tokenizers},
    start::Local,
};
use crate::domain::change::Position;

const GENERATION: &str = "generation-";
const BROKEN: &str = "broken-";
const LOCK: &str = "lock";
/// Is there while no process uses the index, when the last one stopped in an orderly way.
const CLEAN: &str = "clean";

/// What each commit carries, so that documents and position can't disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// Version of fields and documents.
    pub(super) schema: u32,
    /// Everything up to here is in the index.
    pub(super) position: Position,
}

impl Stamp {
    pub(super) fn at(position: Position) -> Self {
        Self { schema: SCHEMA_VERSION, position }
    }
}

/// The directory, locked as long as this lives.
#[derive(Debug)]
pub(super) struct Home {
    dir: PathBuf,
    /// The greatest number that was ever seen here: a number is used once, even when its directory is gone.
    last_number: AtomicU64,
    _lock: File,
}

/// One index on disk.
#[derive(Clone)]
pub(super) struct Generation {
    pub(super) number: u64,
    pub(super) index: Index,
    pub(super) fields: Fields,
}

impl Home {
    /// Takes the directory, making it if there is none.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process has it.
    pub(super) fn lock(dir: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(dir)?;
        let lock = File::create(dir.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { dir: dir.to_owned(), last_number: AtomicU64::new(0), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked(dir.to_owned())),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// The newest good generation and what is to be said about it. Everything else is cleared away; what is broken is kept aside,
    /// once, for people to look at.
    pub(super) fn find(&self) -> Result<(Option<Generation>, Local), Error> {
        let clean = std::fs::remove_file(self.dir.join(CLEAN)).is_ok();
        let mut numbers = self.numbers(GENERATION)?;
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        let mut found = (None, Local::Missing);
        for number in numbers {
            let local = if found.0.is_some() {
                Local::Missing
            } else {
                match self.open(number, !clean) {
                    Ok((generation, local @ Local::Complete(_))) => {
                        found = (Some(generation), local);
                        continue;
                    }
                    Ok((_, local)) => local,
                    Err(error) => {
                        self.set_aside(number)?;
                        Local::Broken(error.to_string())
                    }
                }
            };
            self.remove(number)?;
            if found.1 == Local::Missing {
                found.1 = local;
            }
        }
        Ok(found)
    }

    /// A new, empty generation.
    pub(super) fn create(&self) -> Result<Generation, Error> {
        let seen = self.numbers(GENERATION)?.into_iter().max().unwrap_or(0);
        let number = self.last_number.fetch_max(seen, Ordering::SeqCst).max(seen) + 1;
        self.last_number.store(number, Ordering::SeqCst);
        let path = self.path(GENERATION, number);
        std::fs::create_dir(&path)?;
        let (schema, fields) = Fields::build();
        let index = Index::create_in_dir(&path, schema)?;
        register_tokenizers(&index);
        Ok(Generation { number, index, fields })
    }

    /// Removes a generation; files that are still open stay readable for those who have them.
    pub(super) fn remove(&self, number: u64) -> Result<(), Error> {
        remove_dir(&self.path(GENERATION, number))
    }

    /// Moves a generation out of the way; only the last one so moved is kept.
    pub(super) fn set_aside(&self, number: u64) -> Result<(), Error> {
        for old in self.numbers(BROKEN)? {
            remove_dir(&self.path(BROKEN, old))?;
        }
        let from = self.path(GENERATION, number);
        if from.exists() {
            std::fs::rename(from, self.path(BROKEN, number))?;
        }
        Ok(())
    }

    /// Notes that all is in order: the next start need not check every byte.
    pub(super) fn mark_clean(&self) -> Result<(), Error> {
        File::create(self.dir.join(CLEAN))?.sync_all()?;
        Ok(())
    }

    fn open(&self, number: u64, check: bool) -> Result<(Generation, Local), Error> {
        let index = Index::open_in_dir(self.path(GENERATION, number))?;
        let local = judge(&index.load_metas()?);
        let (schema, fields) = Fields::build();
        if !matches!(local, Local::Complete(_)) {
            return Ok((Generation { number, index, fields }, local));
        }
        if index.schema() != schema {
            return Ok((Generation { number, index, fields }, Local::OtherSchema(SCHEMA_VERSION)));
        }
        if check {
            let damaged = index.validate_checksum()?;
            if let Some(file) = damaged.iter().next() {
                let message =
                    format!("{} of its files are damaged, such as {}", damaged.len(), file.display());
                return Err(io::Error::new(io::ErrorKind::InvalidData, message).into());
            }
        }
        register_tokenizers(&index);
        Ok((Generation { number, index, fields }, local))
    }

    fn numbers(&self, prefix: &str) -> Result<Vec<u64>, Error> {
        let mut numbers = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            numbers.extend(
                name.to_str().and_then(|name| name.strip_prefix(prefix)).and_then(|n| n.parse::<u64>().ok()),
            );
        }
        Ok(numbers)
    }

    fn path(&self, prefix: &str, number: u64) -> PathBuf {
        self.dir.join(format!("{prefix}{number}"))
    }
}

/// What the last commit says.
fn judge(meta: &IndexMeta) -> Local {
    match meta.payload.as_deref().map(serde_json::from_str::<Stamp>) {
        None => Local::Unfinished,
        Some(Ok(stamp)) if stamp.schema == SCHEMA_VERSION => Local::Complete(stamp.position),
        Some(Ok(stamp)) => Local::OtherSchema(stamp.schema),
        // Written by a version whose stamps look different.
        Some(Err(_)) => Local::OtherSchema(0),
    }
}

fn remove_dir(path: &Path) -> Result<(), Error> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
