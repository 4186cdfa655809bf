//! Types and reasons of conditions, and the reasons of events.

/// All desired nodes are ready at the current revision and generation.
pub const READY: &str = "Ready";
/// At least one node answers through the Service.
pub const AVAILABLE: &str = "Available";
/// The operator is working towards the spec.
pub const PROGRESSING: &str = "Progressing";
/// Something needs a person.
pub const DEGRADED: &str = "Degraded";
/// The PodMonitor that was asked for exists. Only there when it was asked for.
pub const MONITORED: &str = "Monitored";

/// Reasons that conditions and events share.
pub mod reason {
    /// Nothing to say against it.
    pub const AS_EXPECTED: &str = "AsExpected";
    /// All desired nodes are ready.
    pub const ALL_NODES_READY: &str = "AllNodesReady";
    /// Some desired nodes aren't ready.
    pub const NODES_NOT_READY: &str = "NodesNotReady";
    /// Not all nodes run the current revision.
    pub const ROLLOUT_UNFINISHED: &str = "RolloutUnfinished";
    /// A node answers through the Service.
    pub const ENDPOINTS_READY: &str = "EndpointsReady";
    /// No node answers through the Service.
    pub const NO_ENDPOINTS: &str = "NoEndpoints";
    /// The spec can't be read, or breaks a rule.
    pub const INVALID_SPEC: &str = "InvalidSpec";
    /// An object of a name we need belongs to someone else.
    pub const NAME_CONFLICT: &str = "NameConflict";
    /// The API server refused an object.
    pub const APPLY_FAILED: &str = "ApplyFailed";
    /// A Secret or claim that the spec names is missing, or its key is.
    pub const REFERENCE_MISSING: &str = "ReferenceMissing";
    /// A node's pod can't start.
    pub const NODE_FAILING: &str = "NodeFailing";
    /// `spec.paused` is set.
    pub const PAUSED: &str = "Paused";
    /// The cluster is being deleted.
    pub const DELETING: &str = "Deleting";
    /// The cluster has no PodMonitor kind.
    pub const POD_MONITOR_KIND_MISSING: &str = "PodMonitorKindMissing";
    /// The PodMonitor is in place.
    pub const POD_MONITOR_APPLIED: &str = "PodMonitorApplied";
    /// Made once: a Secret with random content.
    pub const SECRET_CREATED: &str = "SecretCreated";
    /// The number of nodes changes.
    pub const SCALING: &str = "Scaling";
    /// Leaving nodes are asked to finish what they have.
    pub const DRAINING: &str = "Draining";
    /// A pod is replaced.
    pub const ROLLING: &str = "Rolling";
    /// A step waits at its gates.
    pub const WAITING: &str = "Waiting";
}
