//! Every cross-field rule of the spec: its CEL text and message for the API server.
//!
//! `reconcile::validate` checks the same rules in Rust and answers with the same
//! messages; a property test holds both against each other.

/// A CEL expression and the sentence people read when it is false.
pub type Rule = (&'static str, &'static str);

/// The operator sets these itself; `spec.pod.env` must not.
pub const RESERVED_ENV: [&str; 14] = [
    "TRACKER_NODE_ID",
    "TRACKER_LISTEN",
    "TRACKER_OPS_LISTEN",
    "TRACKER_LOCAL_HOME",
    "TRACKER_SHARED_HOME",
    "TRACKER_DATABASE",
    "TRACKER_DATABASE_FILE",
    "TRACKER_DATABASE_CA_FILE",
    "TRACKER_OPS_TOKEN_FILE",
    "TRACKER_ADMIN_PASSWORD_FILE",
    "TRACKER_TOPOLOGY",
    "TRACKER_BASE_URL",
    "TRACKER_DRAIN_TIMEOUT",
    "TRACKER_LOG_FORMAT",
];

/// Longest name of a cluster: pods, claims and labels derive from it.
pub const NAME_MAX: usize = 40;
/// Most nodes of one cluster.
pub const NODES_MAX: i32 = 50;
/// Longest drain, in seconds.
pub const DRAIN_MAX_SECONDS: u64 = 3600;

/// On the resource itself.
pub const NAME: Rule = (
    "self.metadata.name.size() <= 40 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
    "metadata.name must have at most 40 characters, only a-z, 0-9 and '-', start with a letter and not end with '-': \
     choose another name",
);

/// On `spec.version`.
pub const VERSION: Rule = (
    "self.matches('^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$')",
    "spec.version must be an image tag such as 0.1.0: letters, digits, '.', '_' and '-', at most 63 characters",
);

/// On `spec.image`.
pub const IMAGE: Rule = (
    "self.matches('^[A-Za-z0-9][A-Za-z0-9._:/@-]*$')",
    "spec.image must be an image reference such as example/tracker:0.1.0, without spaces",
);

/// On `spec.database`.
pub const ONE_DATABASE: Rule =
    ("has(self.postgres) != has(self.sqlite)", "spec.database must hold exactly one of postgres and sqlite");

/// On `spec`.
pub const SQLITE_ONE_NODE: Rule = (
    "!has(self.database.sqlite) || self.nodes == 1",
    "SQLite serves one node only: set spec.nodes to 1, or use spec.database.postgres",
);

/// On `spec`.
pub const SHARED_HOME_NEEDED: Rule = (
    "self.nodes == 1 || has(self.sharedHome)",
    "more than one node needs spec.sharedHome: add it, or set spec.nodes to 1",
);

/// On `spec.sharedHome`.
pub const SHARED_HOME_SOURCE: Rule = (
    "has(self.size) != has(self.existingClaim)",
    "spec.sharedHome must hold exactly one of size (a volume made for the cluster) and existingClaim (one of yours)",
);

/// On `spec.sharedHome`.
pub const SHARED_HOME_CLASS: Rule = (
    "!(has(self.existingClaim) && has(self.storageClassName))",
    "spec.sharedHome.storageClassName has no meaning with existingClaim: remove one of the two",
);

/// On each size.
pub const SIZE: Rule = (
    "self.matches('^[1-9][0-9]{0,11}(Ki|Mi|Gi|Ti|k|M|G|T)?$')",
    "a size must be a whole number above 0 with an optional unit, such as 10Gi",
);

/// On `spec.update.drainTimeout`.
pub const DRAIN_TIMEOUT: Rule = (
    "self.matches('^[1-9][0-9]{0,3}(s|m)$') && duration(self) <= duration('1h')",
    "spec.update.drainTimeout must be a number of seconds or minutes from 1s to 1h (60m), such as 30s",
);

/// On `spec.http.baseUrl`.
pub const BASE_URL: Rule = (
    "self.matches('^https?://[A-Za-z0-9][A-Za-z0-9.:-]*(/[A-Za-z0-9._~/-]*)?$')",
    "spec.http.baseUrl must be an http or https URL without query, such as https://issues.example.org/tracker",
);

/// On `spec.pod.env`.
pub const ENV: Rule = (
    "self.all(e, !(e.name in ['TRACKER_NODE_ID', 'TRACKER_LISTEN', 'TRACKER_OPS_LISTEN', 'TRACKER_LOCAL_HOME', \
     'TRACKER_SHARED_HOME', 'TRACKER_DATABASE', 'TRACKER_DATABASE_FILE', 'TRACKER_DATABASE_CA_FILE', \
     'TRACKER_OPS_TOKEN_FILE', 'TRACKER_ADMIN_PASSWORD_FILE', 'TRACKER_TOPOLOGY', 'TRACKER_BASE_URL', \
     'TRACKER_DRAIN_TIMEOUT', 'TRACKER_LOG_FORMAT']))",
    "spec.pod.env must not set a variable that the operator sets: use the field of the spec instead",
);

/// On `spec.pod.labels`.
pub const POD_LABELS: Rule = (
    "self.all(k, !k.startsWith('app.kubernetes.io/') && !k.startsWith('tracker.dev/'))",
    "spec.pod.labels must not use the prefixes app.kubernetes.io/ and tracker.dev/: the operator sets those",
);

/// On `spec.pod.annotations`.
pub const POD_ANNOTATIONS: Rule = (
    "self.all(k, !k.startsWith('tracker.dev/'))",
    "spec.pod.annotations must not use the prefix tracker.dev/: the operator sets those",
);

/// On `spec`, at a change.
pub const DATABASE_KIND_FIXED: Rule = (
    "has(self.database.postgres) == has(oldSelf.database.postgres)",
    "the kind of spec.database can't change: set it back, or make a new cluster and move the data",
);

/// On `spec`, at a change.
pub const SHARED_HOME_FIXED: Rule = (
    "has(self.sharedHome) == has(oldSelf.sharedHome)",
    "spec.sharedHome can't be added or removed later: set it back, or make a new cluster and move the data",
);

/// On `spec`, at a change.
pub const LOCAL_CLASS_FIXED: Rule = (
    "has(self.localHome.storageClassName) == has(oldSelf.localHome.storageClassName) && \
     (!has(self.localHome.storageClassName) || self.localHome.storageClassName == oldSelf.localHome.storageClassName)",
    "spec.localHome.storageClassName can't change: set it back",
);

/// On `spec`, at a change.
pub const SHARED_CLASS_FIXED: Rule = (
    "!has(self.sharedHome) || !has(oldSelf.sharedHome) || \
     (has(self.sharedHome.storageClassName) == has(oldSelf.sharedHome.storageClassName) && \
     (!has(self.sharedHome.storageClassName) || \
     self.sharedHome.storageClassName == oldSelf.sharedHome.storageClassName))",
    "spec.sharedHome.storageClassName can't change: set it back",
);

/// On `spec`, at a change.
pub const EXISTING_CLAIM_FIXED: Rule = (
    "!has(self.sharedHome) || !has(oldSelf.sharedHome) || \
     (has(self.sharedHome.existingClaim) == has(oldSelf.sharedHome.existingClaim) && \
     (!has(self.sharedHome.existingClaim) || self.sharedHome.existingClaim == oldSelf.sharedHome.existingClaim))",
    "spec.sharedHome.existingClaim can't change: set it back",
);

/// On `spec`, at a change. Growing is refused, rather than accepted and not done.
pub const LOCAL_SIZE_FIXED: Rule = (
    "!self.localHome.size.matches('^[1-9][0-9]{0,11}(Ki|Mi|Gi|Ti|k|M|G|T)?$') || !oldSelf.localHome.size.matches('^[1-9][0-9]{0,11}(Ki|Mi|Gi|Ti|k|M|G|T)?$') || \
     quantity(self.localHome.size).compareTo(quantity(oldSelf.localHome.size)) == 0",
    "spec.localHome.size can't change in this version: set it back",
);

/// On `spec`, at a change.
pub const SHARED_SIZE_GROWS: Rule = (
    "!has(self.sharedHome) || !has(oldSelf.sharedHome) || !has(self.sharedHome.size) || \
     !has(oldSelf.sharedHome.size) || !self.sharedHome.size.matches('^[1-9][0-9]{0,11}(Ki|Mi|Gi|Ti|k|M|G|T)?$') || !oldSelf.sharedHome.size.matches('^[1-9][0-9]{0,11}(Ki|Mi|Gi|Ti|k|M|G|T)?$') || \
     quantity(self.sharedHome.size).compareTo(quantity(oldSelf.sharedHome.size)) >= 0",
    "spec.sharedHome.size can only grow: set it back, or higher",
);
