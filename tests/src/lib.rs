//! Fixtures of the tests that look at the whole: the source tree, a cluster, the trackers in it and their clients.

pub mod cluster;
pub mod database;
pub mod forward;
pub mod kubectl;
pub mod measure;
pub mod namespace;
pub mod observers;
pub mod operator;
pub mod postgres;
pub mod process;
pub mod rest;
pub mod texts;
pub mod tidy;
pub mod trackers;
pub mod wait;
pub mod writer;
