//! Projects: the containers of issues.

use super::id::{ProjectId, UserId};

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Database id.
    pub id: ProjectId,
    /// Short upper-case key that begins each issue key, e.g. `DEMO`; unique.
    pub key: String,
    /// Name that people see; unique without regard to case.
    pub name: String,
    /// Free text; may be empty.
    pub description: String,
    /// The person responsible.
    pub lead: UserId,
    /// `software` or `business`, as clients know it.
    pub type_key: String,
    /// Raised by one with each change.
    pub version: i64,
    /// Wall time of creation, milliseconds.
    pub created_ms: i64,
}

/// What is needed to create a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProject {
    /// See [`Project::key`].
    pub key: String,
    /// See [`Project::name`].
    pub name: String,
    /// See [`Project::description`].
    pub description: String,
    /// See [`Project::lead`].
    pub lead: UserId,
    /// See [`Project::type_key`].
    pub type_key: String,
}

/// Longest project key.
pub const KEY_MAX: usize = 10;
/// Longest project name, in characters.
pub const NAME_MAX: usize = 80;

/// Whether `key` may be a project key: two to [`KEY_MAX`] characters, an upper-case letter first, then upper-case letters,
/// digits or `_`.
pub fn is_valid_key(key: &str) -> bool {
    let mut chars = key.chars();
    let starts_well = chars.next().is_some_and(|c| c.is_ascii_uppercase());
    starts_well
        && (2..=KEY_MAX).contains(&key.len())
        && chars.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::is_valid_key;

    #[test]
    fn keys_are_short_upper_case_words() {
        for good in ["AB", "DEMO", "A1", "A_B", "ABCDEFGHIJ"] {
            assert!(is_valid_key(good), "{good}");
        }
        for bad in ["", "A", "1A", "_A", "demo", "A-B", "ABCDEFGHIJK", "ÄB", "A B"] {
            assert!(!is_valid_key(bad), "{bad}");
        }
    }
}
