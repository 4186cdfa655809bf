//! What exists, as far as a query needs to know: filled by the caller from the database, so that resolving is pure.

use crate::domain::{
    id::{IssueId, UserId},
    issue::{IssueType, Priority, Status},
    project::Project,
    user::User,
};

/// The things that names in a query can mean. Holds only what the user may see: the rest doesn't exist for them. What
/// [`super::references`] doesn't ask for may be left out.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Projects, in any order.
    pub projects: Vec<Project>,
    /// Statuses, in the order that sorting by status gives.
    pub statuses: Vec<Status>,
    /// Issue types, in the order that sorting by type gives.
    pub issue_types: Vec<IssueType>,
    /// Priorities, in any order (they carry their rank).
    pub priorities: Vec<Priority>,
    /// Users, in any order.
    pub users: Vec<User>,
    /// Issues, in any order.
    pub issues: Vec<NamedIssue>,
    /// All users by the name that people see; needed only when [`super::References::user_order`] says so.
    pub user_order: Vec<UserId>,
}

/// An issue that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedIssue {
    /// Its id.
    pub id: IssueId,
    /// Its key.
    pub key: String,
}
