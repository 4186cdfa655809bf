//! The operator of TrackerCluster: it turns `TrackerCluster` resources into running trackers.

pub mod cli;
pub mod crd;
