//! The pod of a node: one container, no root, nothing writable but its homes and /tmp.

use k8s_openapi::api::core::v1::{
    Capabilities, Container, ContainerPort, EmptyDirVolumeSource, EnvVar, EnvVarSource, HTTPGetAction,
    KeyToPath, ObjectFieldSelector, PersistentVolumeClaimVolumeSource, PodSecurityContext, PodSpec,
    PodTemplateSpec, Probe, SeccompProfile, SecretVolumeSource, SecurityContext, TopologySpreadConstraint,
    Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::{NODE, Names, ROLE, object_labels, selector, selector_labels};
use super::secret::{PASSWORD_KEY, TOKEN_KEY};
use super::volume_claim::LOCAL_HOME;
use crate::crd::SecretKeyRef;
use crate::reconcile::validate::{DatabaseSource, SharedHomeSource, ValidatedTracker};

/// People and clients.
pub const HTTP_PORT: i32 = 8080;
/// Operations.
pub const OPS_PORT: i32 = 9090;
/// Name of the container.
pub const CONTAINER: &str = "tracker";

const LOCAL_HOME_PATH: &str = "/var/lib/tracker/local";
const SHARED_HOME_PATH: &str = "/var/lib/tracker/shared";
const USER: i64 = 10001;
/// Beyond the drain: time to close the index and say goodbye before the kubelet kills.
const GRACE_BEYOND_DRAIN_SECONDS: u64 = 15;

/// What the pod mounts beside its homes: a folder and the file that a Secret's key becomes.
struct SecretFile {
    volume: &'static str,
    folder: &'static str,
    file: &'static str,
    variable: &'static str,
    secret: SecretKeyRef,
}

/// The template that every node is made from.
pub fn template(tracker: &ValidatedTracker) -> PodTemplateSpec {
    let mut labels = tracker.pod.labels.clone();
    labels.extend(object_labels(tracker, NODE));
    labels.insert(ROLE.to_owned(), "active".to_owned());
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(labels),
            annotations: Some(tracker.pod.annotations.clone()).filter(|annotations| !annotations.is_empty()),
            ..ObjectMeta::default()
        }),
        spec: Some(spec(tracker)),
    }
}

fn spec(tracker: &ValidatedTracker) -> PodSpec {
    let files = secret_files(tracker);
    let settings = &tracker.pod;
    let grace = tracker.drain_seconds + GRACE_BEYOND_DRAIN_SECONDS;
    PodSpec {
        service_account_name: Some(tracker.name.clone()),
        // No node talks to Kubernetes in this topology.
        automount_service_account_token: Some(false),
        // Nor does it need the addresses of every Service in its environment.
        enable_service_links: Some(false),
        termination_grace_period_seconds: i64::try_from(grace).ok(),
        security_context: Some(settings.security_context.clone().unwrap_or_else(pod_security)),
        containers: vec![container(tracker, &files)],
        volumes: Some(volumes(tracker, &files)),
        affinity: settings.affinity.clone(),
        tolerations: some_if_any(&settings.tolerations),
        topology_spread_constraints: Some(
            settings
                .topology_spread_constraints
                .clone()
                .unwrap_or_else(|| vec![spread_over_machines(tracker)]),
        ),
        image_pull_secrets: some_if_any(&settings.image_pull_secrets),
        priority_class_name: settings.priority_class_name.clone(),
        ..PodSpec::default()
    }
}

fn container(tracker: &ValidatedTracker, files: &[SecretFile]) -> Container {
    Container {
        name: CONTAINER.to_owned(),
        image: Some(tracker.image.clone()),
        args: Some(vec!["serve".to_owned()]),
        env: Some(environment(tracker, files)),
        ports: Some(vec![container_port("http", HTTP_PORT), container_port("ops", OPS_PORT)]),
        // Ten minutes: the process answers /livez long before its migrations and its index are done.
        startup_probe: Some(Probe { failure_threshold: Some(300), ..probe("/livez", 2, 5) }),
        liveness_probe: Some(Probe { failure_threshold: Some(6), ..probe("/livez", 10, 5) }),
        readiness_probe: Some(Probe { failure_threshold: Some(2), ..probe("/readyz", 1, 2) }),
        resources: tracker.pod.resources.clone(),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities {
                drop: Some(vec!["ALL".to_owned()]),
                ..Capabilities::default()
            }),
            read_only_root_filesystem: Some(true),
            run_as_non_root: Some(true),
            ..SecurityContext::default()
        }),
        volume_mounts: Some(mounts(tracker, files)),
        ..Container::default()
    }
}

fn environment(tracker: &ValidatedTracker, files: &[SecretFile]) -> Vec<EnvVar> {
    let node_id = EnvVar {
        name: "TRACKER_NODE_ID".to_owned(),
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                field_path: "metadata.name".to_owned(),
                ..ObjectFieldSelector::default()
            }),
            ..EnvVarSource::default()
        }),
        ..EnvVar::default()
    };
    let mut all = vec![
        node_id,
        variable("TRACKER_LISTEN", format!("0.0.0.0:{HTTP_PORT}")),
        variable("TRACKER_OPS_LISTEN", format!("0.0.0.0:{OPS_PORT}")),
        variable("TRACKER_LOCAL_HOME", LOCAL_HOME_PATH),
    ];
    if tracker.shared_home.is_some() {
        all.push(variable("TRACKER_SHARED_HOME", SHARED_HOME_PATH));
    }
    all.extend(files.iter().map(|file| variable(file.variable, format!("{}/{}", file.folder, file.file))));
    all.push(variable("TRACKER_TOPOLOGY", "active-active"));
    if let Some(url) = &tracker.base_url {
        all.push(variable("TRACKER_BASE_URL", url.clone()));
    }
    all.push(variable("TRACKER_DRAIN_TIMEOUT", format!("{}s", tracker.drain_seconds)));
    all.push(variable("TRACKER_LOG_FORMAT", "json"));
    all.extend(tracker.pod.env.iter().cloned());
    all
}

fn secret_files(tracker: &ValidatedTracker) -> Vec<SecretFile> {
    let names = Names(&tracker.name);
    let made = |name, key: &str| SecretKeyRef { name, key: key.to_owned() };
    let mut files = Vec::new();
    if let DatabaseSource::Postgres { url, authority } = &tracker.database {
        files.push(SecretFile {
            volume: "database",
            folder: "/etc/tracker/database",
            file: "url",
            variable: "TRACKER_DATABASE_FILE",
            secret: url.clone(),
        });
        files.extend(authority.clone().map(|secret| SecretFile {
            volume: "database-ca",
            folder: "/etc/tracker/database-ca",
            file: "ca.crt",
            variable: "TRACKER_DATABASE_CA_FILE",
            secret,
        }));
    }
    files.push(SecretFile {
        volume: "ops-token",
        folder: "/etc/tracker/ops",
        file: "token",
        variable: "TRACKER_OPS_TOKEN_FILE",
        secret: made(names.ops(), TOKEN_KEY),
    });
    files.push(SecretFile {
        volume: "admin-password",
        folder: "/etc/tracker/admin",
        file: "password",
        variable: "TRACKER_ADMIN_PASSWORD_FILE",
        secret: tracker.admin_password.clone().unwrap_or_else(|| made(names.admin(), PASSWORD_KEY)),
    });
    files
}

fn volumes(tracker: &ValidatedTracker, files: &[SecretFile]) -> Vec<Volume> {
    let mut all = vec![Volume {
        name: "tmp".to_owned(),
        empty_dir: Some(EmptyDirVolumeSource::default()),
        ..Volume::default()
    }];
    if let Some(home) = &tracker.shared_home {
        let claim_name = match home {
            SharedHomeSource::Made { .. } => Names(&tracker.name).shared_home(),
            SharedHomeSource::Existing(claim) => claim.clone(),
        };
        all.push(Volume {
            name: "shared-home".to_owned(),
            persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
                claim_name,
                ..Default::default()
            }),
            ..Volume::default()
        });
    }
    all.extend(files.iter().map(|file| Volume {
        name: file.volume.to_owned(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(file.secret.name.clone()),
            items: Some(vec![KeyToPath {
                key: file.secret.key.clone(),
                path: file.file.to_owned(),
                ..KeyToPath::default()
            }]),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    }));
    all
}

fn mounts(tracker: &ValidatedTracker, files: &[SecretFile]) -> Vec<VolumeMount> {
    let mount = |name: &str, path: &str| VolumeMount {
        name: name.to_owned(),
        mount_path: path.to_owned(),
        ..VolumeMount::default()
    };
    let mut all = vec![mount("tmp", "/tmp"), mount(LOCAL_HOME, LOCAL_HOME_PATH)];
    if tracker.shared_home.is_some() {
        all.push(mount("shared-home", SHARED_HOME_PATH));
    }
    all.extend(
        files.iter().map(|file| VolumeMount { read_only: Some(true), ..mount(file.volume, file.folder) }),
    );
    all
}

fn pod_security() -> PodSecurityContext {
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(USER),
        run_as_group: Some(USER),
        fs_group: Some(USER),
        fs_group_change_policy: Some("OnRootMismatch".to_owned()),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            ..SeccompProfile::default()
        }),
        ..PodSecurityContext::default()
    }
}

fn spread_over_machines(tracker: &ValidatedTracker) -> TopologySpreadConstraint {
    TopologySpreadConstraint {
        max_skew: 1,
        topology_key: "kubernetes.io/hostname".to_owned(),
        // A cluster with fewer machines than nodes still runs all of them.
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(selector(selector_labels(&tracker.name, NODE))),
        ..TopologySpreadConstraint::default()
    }
}

fn probe(path: &str, period_seconds: i32, timeout_seconds: i32) -> Probe {
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::String("ops".to_owned()),
            ..HTTPGetAction::default()
        }),
        period_seconds: Some(period_seconds),
        timeout_seconds: Some(timeout_seconds),
        ..Probe::default()
    }
}

fn container_port(name: &str, number: i32) -> ContainerPort {
    ContainerPort {
        name: Some(name.to_owned()),
        container_port: number,
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    }
}

fn variable(name: &str, value: impl Into<String>) -> EnvVar {
    EnvVar { name: name.to_owned(), value: Some(value.into()), ..EnvVar::default() }
}

fn some_if_any<T: Clone>(items: &[T]) -> Option<Vec<T>> {
    (!items.is_empty()).then(|| items.to_vec())
}
