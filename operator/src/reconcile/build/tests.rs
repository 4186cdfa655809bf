//! YAML in, manifests out: snapshots of everything, and the rules that no manifest may break.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PodSpec;
use serde::Serialize;
use serde_json::Value;

use super::*;
use crate::crd::TrackerCluster;
use crate::reconcile::plan::{Situation, plan};
use crate::reconcile::validate::validate;

/// The tracker that a fixture describes.
pub(crate) fn fixture(name: &str) -> ValidatedTracker {
    let path = format!("{}/fixtures/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    let cluster: TrackerCluster = serde_norway::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    validate(&cluster, "localhost/tracker").unwrap()
}

fn built(tracker: &ValidatedTracker) -> Resources<Prepared> {
    let situation = Situation {
        tracker,
        stateful_set: None,
        nodes: &[],
        before: None,
        now: "2026-11-22T12:00:00Z".parse().unwrap(),
    };
    build(tracker, &plan(&situation), "operators")
}

/// Every manifest by kind and name.
fn manifests(resources: Resources<Prepared>) -> BTreeMap<String, Value> {
    let Resources {
        service_account,
        role,
        role_binding,
        secrets,
        services,
        shared_home,
        disruption_budget,
        network_policy,
        pod_monitor,
        stateful_set,
        state: _,
    } = resources;
    let mut all = BTreeMap::new();
    let mut add = |object: Value| {
        let name = object["metadata"]["name"].as_str().unwrap();
        assert!(all.insert(format!("{} {name}", object["kind"].as_str().unwrap()), object.clone()).is_none());
    };
    add(json(service_account));
    role.map(json).into_iter().for_each(&mut add);
    role_binding.map(json).into_iter().for_each(&mut add);
    secrets.into_iter().map(|made| json(made.filled("RANDOM".into()))).for_each(&mut add);
    services.into_iter().map(json).for_each(&mut add);
    shared_home.map(json).into_iter().for_each(&mut add);
    disruption_budget.map(json).into_iter().for_each(&mut add);
    network_policy.map(json).into_iter().for_each(&mut add);
    pod_monitor.map(json).into_iter().for_each(&mut add);
    add(json(stateful_set));
    all
}

fn json<T: Serialize>(object: T) -> Value {
    serde_json::to_value(object).unwrap()
}

fn pod_spec(resources: &Resources<Prepared>) -> PodSpec {
    resources.stateful_set.spec.clone().unwrap().template.spec.unwrap()
}

#[test]
fn a_minimal_cluster() {
    insta::assert_yaml_snapshot!(manifests(built(&fixture("minimal"))));
}

#[test]
fn a_cluster_with_everything() {
    insta::assert_yaml_snapshot!(manifests(built(&fixture("full"))));
}

#[test]
fn a_cluster_on_a_claim_of_the_users() {
    let all = manifests(built(&fixture("existing-claim")));
    let kinds: Vec<&str> = all.keys().map(String::as_str).collect();
    assert!(!kinds.iter().any(|kind| kind.starts_with("PersistentVolumeClaim")), "{kinds:?}");
    assert!(!kinds.iter().any(|kind| kind.starts_with("NetworkPolicy")), "{kinds:?}");
    let text = all["StatefulSet demo"].to_string();
    assert!(text.contains(r#""claimName":"files""#), "{text}");
}

#[test]
fn volumes_and_secrets_have_no_owner_and_all_else_has() {
    for name in ["minimal", "full", "existing-claim"] {
        for (what, object) in manifests(built(&fixture(name))) {
            let kept = what.starts_with("Secret ") || what.starts_with("PersistentVolumeClaim ");
            let owners = &object["metadata"]["ownerReferences"];
            assert_eq!(owners.is_null(), kept, "{what}: {owners}");
            if !kept {
                assert_eq!(owners[0]["uid"], "6d1f6b1e-0000-4000-8000-000000000001", "{what}");
                assert_eq!(owners[0]["controller"], true, "{what}");
            }
            assert_eq!(object["metadata"]["namespace"], "issues", "{what}");
            assert_eq!(object["metadata"]["labels"]["app.kubernetes.io/instance"], "demo", "{what}");
            assert_eq!(
                object["metadata"]["labels"]["app.kubernetes.io/managed-by"], "tracker-operator",
                "{what}"
            );
        }
    }
}

#[test]
fn the_version_is_in_no_selector_and_no_claim_template() {
    let resources = built(&fixture("full"));
    let set = resources.stateful_set.spec.clone().unwrap();
    let claim = set.volume_claim_templates.unwrap().remove(0);
    let selectors = [set.selector.match_labels.unwrap(), claim.metadata.labels.unwrap()];
    let services = resources.services.iter().map(|service| service.spec.clone().unwrap().selector.unwrap());
    for labels in selectors.into_iter().chain(services) {
        assert!(!labels.contains_key("app.kubernetes.io/version"), "{labels:?}");
    }
}

#[test]
fn people_reach_only_active_nodes() {
    let resources = built(&fixture("full"));
    let people = resources.services.iter().find(|service| service.metadata.name.as_deref() == Some("demo"));
    let selector = people.unwrap().spec.clone().unwrap().selector.unwrap();
    assert_eq!(selector[metadata::ROLE], "active");
    let labels = resources.stateful_set.spec.unwrap().template.metadata.unwrap().labels.unwrap();
    assert!(selector.iter().all(|(key, value)| labels.get(key) == Some(value)), "{labels:?}");
}

#[test]
fn no_pod_may_do_more_than_it_must() {
    for name in ["minimal", "full", "existing-claim"] {
        let pod = pod_spec(&built(&fixture(name)));
        assert_eq!(pod.automount_service_account_token, Some(false), "{name}");
        let container = pod.containers[0].security_context.clone().unwrap();
        assert_eq!(container.read_only_root_filesystem, Some(true), "{name}");
        assert_eq!(container.run_as_non_root, Some(true), "{name}");
        assert_eq!(container.allow_privilege_escalation, Some(false), "{name}");
        assert_eq!(container.capabilities.unwrap().drop.unwrap(), ["ALL"], "{name}");
        // Secrets are files, never environment.
        let environment = pod.containers[0].env.clone().unwrap();
        let by_secret = |env: &k8s_openapi::api::core::v1::EnvVar| {
            env.value_from.as_ref().is_some_and(|from| from.secret_key_ref.is_some())
        };
        assert!(!environment.iter().any(by_secret), "{name}");
    }
}

#[test]
fn the_role_names_only_own_pods() {
    let resources = built(&fixture("full"));
    let rules = resources.role.unwrap().rules.unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0].resource_names.clone().unwrap(), ["demo-0", "demo-1", "demo-2"]);
    assert_eq!(rules[0].verbs, ["get", "patch"]);
    assert!(built(&fixture("minimal")).role.is_none(), "one node needs nothing");
}

#[test]
fn a_pod_outlives_its_drain() {
    assert_eq!(pod_spec(&built(&fixture("minimal"))).termination_grace_period_seconds, Some(45));
    assert_eq!(pod_spec(&built(&fixture("full"))).termination_grace_period_seconds, Some(75));
}

#[test]
fn a_held_template_stays_as_it_is() {
    let tracker = fixture("full");
    let mut live = pod::template(&fixture("minimal"));
    live.spec.as_mut().unwrap().restart_policy = Some("Always".to_owned());
    let held = Template::Held { live: Box::new(live.clone()), fingerprint: Some("abc".to_owned()) };
    let set = stateful_set::stateful_set(&tracker, 5, &held);
    assert_eq!(set.metadata.annotations.unwrap()[metadata::TEMPLATE], "abc");
    let spec = set.spec.unwrap();
    assert_eq!((spec.replicas, spec.template), (Some(5), live));
}

#[test]
fn fingerprints_tell_apart_and_never_change() {
    let (minimal, full) = (pod::template(&fixture("minimal")), pod::template(&fixture("full")));
    assert_ne!(fingerprint::fingerprint(&minimal), fingerprint::fingerprint(&full));
    assert_eq!(fingerprint::fingerprint(&"tracker"), "a4c5cf195adfc96b");
}
