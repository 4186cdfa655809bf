//! The operator of TrackerCluster: it turns `TrackerCluster` resources into running trackers.

pub mod cache;
pub mod cli;
pub mod crd;
pub mod health;
pub mod lease;
pub mod metrics;
pub mod nodes;
pub mod reconcile;
pub mod rim;
pub mod run;
pub mod telemetry;
pub mod writes;
