//! The charts and the plain manifests: rendered by helm, and checked without a cluster.

mod built;
mod helm;
mod objects;
mod references;
mod structural;

mod cluster_chart;
mod crd;
mod manifests;
mod metrics;
mod monitoring;
mod operator_chart;
mod rbac;
mod values;
