//! The small lists that each issue refers to, kept in memory for a short time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{App, Result};
use crate::{
    domain::{
        id::{IssueTypeId, PriorityId, StatusId},
        issue::{IssueType, Priority, Status},
    },
    storage::{Conn, lists},
};

/// How long the lists are kept. They change only with a new version's migrations.
const KEPT: Duration = Duration::from_secs(10);

/// The small lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// All issue types.
    pub issue_types: Vec<IssueType>,
    /// All statuses.
    pub statuses: Vec<Status>,
    /// All priorities, the most urgent first.
    pub priorities: Vec<Priority>,
}

/// The lists as last read.
#[derive(Debug, Default)]
pub(super) struct Kept {
    last: Mutex<Option<(Duration, Arc<Lists>)>>,
}

impl Kept {
    /// Reads them again next time.
    pub(super) fn forget(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Lists {
    /// The issue type with this id.
    pub fn issue_type(&self, id: IssueTypeId) -> Option<&IssueType> {
        self.issue_types.iter().find(|one| one.id == id)
    }

    /// The status with this id.
    pub fn status(&self, id: StatusId) -> Option<&Status> {
        self.statuses.iter().find(|one| one.id == id)
    }

    /// The priority with this id.
    pub fn priority(&self, id: PriorityId) -> Option<&Priority> {
        self.priorities.iter().find(|one| one.id == id)
    }
}

impl App {
    /// The small lists.
    pub async fn lists(&self) -> Result<Arc<Lists>> {
        if let Some(lists) = self.kept_lists() {
            return Ok(lists);
        }
        let mut conn = self.store().read().await?;
        self.lists_with(&mut conn).await
    }

    /// The small lists; read through `conn` if need be.
    pub(super) async fn lists_with(&self, conn: &mut Conn) -> Result<Arc<Lists>> {
        if let Some(lists) = self.kept_lists() {
            return Ok(lists);
        }
        let read = Arc::new(Lists {
            issue_types: lists::issue_types(conn).await?,
            statuses: lists::statuses(conn).await?,
            priorities: lists::priorities(conn).await?,
        });
        let kept = (self.clock().monotonic(), Arc::clone(&read));
        *self.kept().last.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(read)
    }

    fn kept_lists(&self) -> Option<Arc<Lists>> {
        let kept = self.kept().last.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, lists) = kept.as_ref()?;
        (self.clock().monotonic().saturating_sub(*at) < KEPT).then(|| Arc::clone(lists))
    }
}
