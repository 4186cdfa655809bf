//! Pure: a custom resource becomes a [`ValidatedTracker`], or the list of rules it breaks.
//!
//! The API server has checked the same rules by CEL before; they are checked again for
//! resources that were stored before a rule came in, and where the definition is older.

use crate::crd::{PodSettings, SecretKeyRef, SharedHome, TrackerCluster, TrackerClusterSpec, rules};

/// A resource that holds to every rule; the only input of planning and building.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidatedTracker {
    /// Name of the cluster and of its StatefulSet.
    pub name: String,
    /// Namespace of everything.
    pub namespace: String,
    /// Uid of the resource: who owns what is built.
    pub uid: String,
    /// Generation of the spec.
    pub generation: i64,
    /// Version of the tracker.
    pub version: String,
    /// Full image reference.
    pub image: String,
    /// How many nodes run.
    pub nodes: i32,
    /// Where the truth is kept.
    pub database: DatabaseSource,
    /// The administrator's password; `None`: in the Secret that the operator makes.
    pub admin_password: Option<SecretKeyRef>,
    /// Size of a node's own volume.
    pub local_home_size: String,
    /// Storage class of it.
    pub local_home_class: Option<String>,
    /// The shared file tree, if there is one.
    pub shared_home: Option<SharedHomeSource>,
    /// How long a leaving node may take, in seconds.
    pub drain_seconds: u64,
    /// The URL that people use.
    pub base_url: Option<String>,
    /// Make a PodMonitor.
    pub pod_monitor: bool,
    /// Make a NetworkPolicy.
    pub network_policy: bool,
    /// Settings of the pods.
    pub pod: PodSettings,
    /// Change nothing.
    pub paused: bool,
}

/// Where the truth is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum DatabaseSource {
    /// A PostgreSQL server, by the Secret that holds its URL and maybe that of its authority.
    Postgres {
        /// The URL.
        url: SecretKeyRef,
        /// The certificate authority, in PEM.
        authority: Option<SecretKeyRef>,
    },
    /// A file in the local home.
    Sqlite,
}

/// Where the shared file tree comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SharedHomeSource {
    /// A claim the operator makes.
    Made {
        /// How much is asked for.
        size: String,
        /// Its storage class.
        class: Option<String>,
    },
    /// A claim of the user's.
    Existing(String),
}

/// Rules that a resource breaks, as sentences that say what to change.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct Invalid(pub Vec<String>);

/// Check every rule; `repository` is the image without its tag.
pub fn validate(cluster: &TrackerCluster, repository: &str) -> Result<ValidatedTracker, Invalid> {
    let mut broken: Vec<String> = violations(cluster).into_iter().map(str::to_owned).collect();
    broken.extend(beyond_limits(&cluster.spec));
    let spec = &cluster.spec;
    let database = match (&spec.database.postgres, &spec.database.sqlite) {
        (Some(postgres), None) => DatabaseSource::Postgres {
            url: postgres.url_secret_ref.clone(),
            authority: postgres.ca_secret_ref.clone(),
        },
        _ => DatabaseSource::Sqlite,
    };
    let shared_home = spec.shared_home.as_ref().map(shared_home_source);
    let (Some(drain_seconds), true) = (drain_seconds(&spec.update.drain_timeout), broken.is_empty()) else {
        return Err(Invalid(broken));
    };
    Ok(ValidatedTracker {
        name: cluster.metadata.name.clone().unwrap_or_default(),
        namespace: cluster.metadata.namespace.clone().unwrap_or_default(),
        uid: cluster.metadata.uid.clone().unwrap_or_default(),
        generation: cluster.metadata.generation.unwrap_or_default(),
        version: spec.version.clone(),
        image: spec.image.clone().unwrap_or_else(|| format!("{repository}:{}", spec.version)),
        nodes: spec.nodes,
        database,
        admin_password: spec.admin.password_secret_ref.clone(),
        local_home_size: spec.local_home.size.clone(),
        local_home_class: spec.local_home.storage_class_name.clone(),
        shared_home,
        drain_seconds,
        base_url: spec.http.base_url.clone(),
        pod_monitor: spec.monitoring.pod_monitor,
        network_policy: spec.network_policy,
        pod: spec.pod.clone(),
        paused: spec.paused,
    })
}

fn shared_home_source(home: &SharedHome) -> SharedHomeSource {
    match &home.existing_claim {
        Some(claim) => SharedHomeSource::Existing(claim.clone()),
        None => SharedHomeSource::Made {
            size: home.size.clone().unwrap_or_default(),
            class: home.storage_class_name.clone(),
        },
    }
}

/// The rules that a resource breaks by itself, as CEL would say them.
pub fn violations(cluster: &TrackerCluster) -> Vec<&'static str> {
    let spec = &cluster.spec;
    let database = &spec.database;
    let shared = spec.shared_home.as_ref();
    let sizes = std::iter::once(&spec.local_home.size).chain(shared.and_then(|home| home.size.as_ref()));
    let checks = [
        (is_name(cluster.metadata.name.as_deref().unwrap_or_default()), rules::NAME),
        (is_version(&spec.version), rules::VERSION),
        (spec.image.as_deref().is_none_or(is_image), rules::IMAGE),
        (database.postgres.is_some() != database.sqlite.is_some(), rules::ONE_DATABASE),
        (database.sqlite.is_none() || spec.nodes == 1, rules::SQLITE_ONE_NODE),
        (spec.nodes == 1 || shared.is_some(), rules::SHARED_HOME_NEEDED),
        (
            shared.is_none_or(|home| home.size.is_some() != home.existing_claim.is_some()),
            rules::SHARED_HOME_SOURCE,
        ),
        (
            shared.is_none_or(|home| home.existing_claim.is_none() || home.storage_class_name.is_none()),
            rules::SHARED_HOME_CLASS,
        ),
        (drain_seconds(&spec.update.drain_timeout).is_some(), rules::DRAIN_TIMEOUT),
        (spec.http.base_url.as_deref().is_none_or(is_base_url), rules::BASE_URL),
        (spec.pod.env.iter().all(|env| !rules::RESERVED_ENV.contains(&env.name.as_str())), rules::ENV),
        (
            spec.pod
                .labels
                .keys()
                .all(|key| !key.starts_with("app.kubernetes.io/") && !key.starts_with("tracker.dev/")),
            rules::POD_LABELS,
        ),
        (spec.pod.annotations.keys().all(|key| !key.starts_with("tracker.dev/")), rules::POD_ANNOTATIONS),
    ];
    let by_field = checks.into_iter().filter(|(holds, _)| !holds).map(|(_, rule)| rule.1);
    by_field.chain(sizes.filter(|size| bytes(size).is_none()).map(|_| rules::SIZE.1)).collect()
}

/// The rules that a change from `old` to `new` breaks, as CEL would say them.
pub fn change_violations(new: &TrackerClusterSpec, old: &TrackerClusterSpec) -> Vec<&'static str> {
    let both = new.shared_home.as_ref().zip(old.shared_home.as_ref());
    let same_for_both =
        |same: fn(&SharedHome, &SharedHome) -> bool| both.is_none_or(|(new, old)| same(new, old));
    let checks = [
        (new.database.postgres.is_some() == old.database.postgres.is_some(), rules::DATABASE_KIND_FIXED),
        (new.shared_home.is_some() == old.shared_home.is_some(), rules::SHARED_HOME_FIXED),
        (new.local_home.storage_class_name == old.local_home.storage_class_name, rules::LOCAL_CLASS_FIXED),
        (
            same_for_both(|new, old| new.storage_class_name == old.storage_class_name),
            rules::SHARED_CLASS_FIXED,
        ),
        (same_for_both(|new, old| new.existing_claim == old.existing_claim), rules::EXISTING_CLAIM_FIXED),
        (
            match (bytes(&new.local_home.size), bytes(&old.local_home.size)) {
                (Some(new), Some(old)) => new == old,
                _ => true,
            },
            rules::LOCAL_SIZE_FIXED,
        ),
        (
            same_for_both(|new, old| {
                let size = |home: &SharedHome| home.size.as_deref().and_then(bytes);
                match (size(new), size(old)) {
                    (Some(new), Some(old)) => new >= old,
                    _ => true,
                }
            }),
            rules::SHARED_SIZE_GROWS,
        ),
    ];
    checks.into_iter().filter(|(holds, _)| !holds).map(|(_, rule)| rule.1).collect()
}

/// Limits that the schema states outside CEL.
fn beyond_limits(spec: &TrackerClusterSpec) -> Option<String> {
    (!(1..=rules::NODES_MAX).contains(&spec.nodes))
        .then(|| format!("spec.nodes must be between 1 and {}", rules::NODES_MAX))
}

/// Seconds of a drain time such as 30s or 2m; `None` if it is none, or beyond an hour.
fn drain_seconds(text: &str) -> Option<u64> {
    let (digits, factor) = match text.split_at_checked(text.len().checked_sub(1)?)? {
        (digits, "s") => (digits, 1),
        (digits, "m") => (digits, 60),
        _ => return None,
    };
    let seconds = positive_number(digits, 4)? * factor;
    (seconds <= rules::DRAIN_MAX_SECONDS).then_some(seconds)
}

/// Bytes of a size such as 10Gi; `None` if it is none.
pub fn bytes(text: &str) -> Option<u128> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(unit_at);
    let factor: u128 = match unit {
        "" => 1,
        "k" => 1000,
        "M" => 1000_u128.pow(2),
        "G" => 1000_u128.pow(3),
        "T" => 1000_u128.pow(4),
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        _ => return None,
    };
    Some(u128::from(positive_number(digits, 12)?) * factor)
}

fn positive_number(digits: &str, at_most: usize) -> Option<u64> {
    let plain =
        digits.len() <= at_most && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if plain { digits.parse().ok() } else { None }
}

fn is_name(name: &str) -> bool {
    name.len() <= rules::NAME_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_version(version: &str) -> bool {
    version.len() <= 63
        && version.starts_with(|c: char| c.is_ascii_alphanumeric())
        && version.ends_with(|c: char| c.is_ascii_alphanumeric())
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

fn is_image(image: &str) -> bool {
    image.starts_with(|c: char| c.is_ascii_alphanumeric())
        && image.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:/@-".contains(&b))
}

fn is_base_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return false;
    };
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-".contains(&b))
        && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~/-".contains(&b))
}

#[cfg(test)]
mod tests;
