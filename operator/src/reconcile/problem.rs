//! What a pass found that needs a person.

use crate::crd::conditions::reason;

/// Something that waiting doesn't cure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The resource can't be read, or breaks rules.
    InvalidSpec(String),
    /// An object of a name we need isn't ours.
    NameConflict {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// The API server refused an object.
    ApplyFailed {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
        /// What the API server said.
        message: String,
    },
    /// Something that the spec names isn't there.
    ReferenceMissing(String),
    /// A node's pod can't start.
    NodeFailing {
        /// The pod.
        name: String,
        /// Why, in Kubernetes' word.
        why: String,
    },
}

impl Problem {
    /// The reason of condition and event.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidSpec(_) => reason::INVALID_SPEC,
            Self::NameConflict { .. } => reason::NAME_CONFLICT,
            Self::ApplyFailed { .. } => reason::APPLY_FAILED,
            Self::ReferenceMissing(_) => reason::REFERENCE_MISSING,
            Self::NodeFailing { .. } => reason::NODE_FAILING,
        }
    }

    /// A sentence that says what is wrong and, where it can, what to do.
    pub fn message(&self) -> String {
        match self {
            Self::InvalidSpec(message) => message.clone(),
            Self::NameConflict { kind, name } => {
                format!(
                    "{kind} {name} exists and belongs to someone else: rename this cluster, or remove that object"
                )
            }
            Self::ApplyFailed { kind, name, message } => format!("{kind} {name} was refused: {message}"),
            Self::ReferenceMissing(what) => what.clone(),
            Self::NodeFailing { name, why } => format!("pod {name} can't start: {why}"),
        }
    }
}
