//! People who use the tracker.

use super::id::UserId;

/// A user account. The password hash is not part of it: only `storage::users` and `app::auth` handle that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Database id.
    pub id: UserId,
    /// Stable key that other entities and clients refer to; never changes, e.g. `JIRAUSER10000`.
    pub key: String,
    /// Login name; unique without regard to case.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Name that people see.
    pub display_name: String,
    /// Whether the user may log in.
    pub active: bool,
    /// May administer the tracker (create projects and users).
    pub admin: bool,
    /// IANA time zone, e.g. `Europe/Berlin`.
    pub time_zone: String,
    /// Raised by one with each change.
    pub version: i64,
    /// Wall time of creation, milliseconds.
    pub created_ms: i64,
}

/// What is needed to create a user; the hash is made by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// Login name.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Name that people see.
    pub display_name: String,
    /// PHC string of the password's argon2id hash.
    pub password_hash: String,
    /// May administer the tracker.
    pub admin: bool,
    /// IANA time zone.
    pub time_zone: String,
}

/// Longest login name, mail address or display name, in characters.
pub const NAME_MAX: usize = 255;
/// Longest name of a time zone, in characters.
pub const TIME_ZONE_MAX: usize = 64;
