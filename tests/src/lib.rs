//! Fixtures of the tests that look at the whole: the source tree, a cluster, the trackers in it and their clients.

pub mod tidy;
