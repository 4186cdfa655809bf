//! Placeholder of the workspace set-up.
