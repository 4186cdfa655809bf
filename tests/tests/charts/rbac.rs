//! What the operator may do: the least, and the same in both modes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::helm::{NAMESPACE, read, rendered};
use crate::objects::{all, is_subset, one, title};
use crate::operator_chart::{CHART, scenarios};

/// Verbs by `group/resource`.
type Grants = BTreeMap<String, BTreeSet<String>>;

/// A role's rules, flattened.
pub fn grants(role: &Value) -> Grants {
    let strings = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut grants = Grants::new();
    for rule in role["rules"].as_array().into_iter().flatten() {
        for group in strings(&rule["apiGroups"]) {
            for resource in strings(&rule["resources"]) {
                grants.entry(format!("{group}/{resource}")).or_default().extend(strings(&rule["verbs"]));
            }
        }
    }
    grants
}

/// The role that the operator uses on what it looks after.
pub fn operator_grants() -> Grants {
    let objects = rendered(CHART, &json!({"rbac": {"aggregateToUserRoles": false}}));
    grants(one(&objects, "ClusterRole"))
}

fn roles(objects: &[Value]) -> Vec<&Value> {
    all(objects, "Role").into_iter().chain(all(objects, "ClusterRole")).collect()
}

#[test]
fn nothing_is_granted_by_a_wildcard() {
    for (name, values) in scenarios() {
        for role in roles(&rendered(CHART, &values)) {
            assert!(!role["rules"].to_string().contains('*'), "{name}: {}", title(role));
            for (resource, verbs) in grants(role) {
                for verb in ["escalate", "bind", "impersonate", "deletecollection", "approve", "sign"] {
                    let people = title(role).ends_with("-edit") && resource == "tracker.dev/trackerclusters";
                    assert!(people || !verbs.contains(verb), "{name}: {} may {verb} {resource}", title(role));
                }
            }
        }
    }
}

/// `operator/README.md` lists what the code needs; the chart gives that, and nothing more.
#[test]
fn rights_are_those_that_the_operator_asks_for() {
    let text = read("operator/README.md");
    let (_, table) = text.split_once("| API group | resources | verbs |").expect("the table of rights");
    let mut asked = Grants::new();
    for line in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let group = if cells[1] == "(core)" { "" } else { cells[1].trim_matches('`') };
        for resource in cells[2].split(',') {
            let verbs = cells[3].split(',').map(|verb| verb.trim().to_owned());
            asked.entry(format!("{group}/{}", resource.trim().trim_matches('`'))).or_default().extend(verbs);
        }
    }
    assert!(asked.len() > 10, "{asked:?}");
    assert_eq!(operator_grants(), asked);
}

/// Kubernetes refuses a Role that gives more than its maker has.
#[test]
fn the_operator_has_what_it_gives_to_the_nodes() {
    let role =
        operator::reconcile::build::service_account::role(&crate::built::tracker(), 3).expect("a Role");
    let given = grants(&serde_json::to_value(role).expect("JSON"));
    assert!(!given.is_empty());
    let own = operator_grants();
    for (resource, verbs) in given {
        assert!(own.get(&resource).is_some_and(|has| has.is_superset(&verbs)), "{resource}: {verbs:?}");
    }
}

/// The trackers' NetworkPolicies let the operator's pods in by their label.
#[test]
fn network_policies_know_the_operators_pods() {
    let policy =
        operator::reconcile::build::network_policy::network_policy(&crate::built::tracker(), NAMESPACE);
    let policy = serde_json::to_value(policy.expect("a policy")).expect("JSON");
    let objects = rendered(CHART, &json!({"fullnameOverride": "boss"}));
    let labels = &one(&objects, "Deployment")["spec"]["template"]["metadata"]["labels"];
    let rules = policy["spec"]["ingress"].as_array().expect("rules");
    let peers = rules.iter().flat_map(|rule| rule["from"].as_array().into_iter().flatten());
    let selectors: Vec<&Value> = peers
        .filter(|peer| peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] == NAMESPACE)
        .map(|peer| &peer["podSelector"]["matchLabels"])
        .collect();
    assert!(selectors.iter().any(|selector| is_subset(selector, labels)), "{selectors:?}");
}

#[test]
fn named_namespaces_get_the_same_rights_and_no_others() {
    let objects = rendered(
        CHART,
        &json!({"watchNamespaces": ["team-a", "team-b"], "rbac": {"aggregateToUserRoles": false}}),
    );
    assert!(all(&objects, "ClusterRole").is_empty() && all(&objects, "ClusterRoleBinding").is_empty());
    let mut places = BTreeSet::new();
    for role in all(&objects, "Role") {
        let place = role["metadata"]["namespace"].as_str().expect("a namespace");
        if role["metadata"]["name"] == "t-tracker-operator" {
            places.insert(place);
            assert_eq!(grants(role), operator_grants(), "{place}");
        } else {
            assert_eq!(title(role), format!("Role {NAMESPACE}/t-tracker-operator-leader"));
        }
    }
    assert_eq!(places, BTreeSet::from(["team-a", "team-b"]));
}

#[test]
fn only_its_own_lease_decides_who_leads() {
    let objects = rendered(CHART, &json!({"fullnameOverride": "boss"}));
    let role = one(&objects, "Role");
    assert_eq!(role["metadata"]["namespace"], NAMESPACE);
    assert_eq!(
        role["rules"],
        json!([
            {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["create"]},
            {
                "apiGroups": ["coordination.k8s.io"],
                "resources": ["leases"],
                "resourceNames": ["boss"],
                "verbs": ["get", "update"]
            },
        ])
    );
}

#[test]
fn people_get_clusters_with_their_namespace_and_nothing_else() {
    let objects = rendered(CHART, &json!({}));
    let named = |name: &str| {
        all(&objects, "ClusterRole")
            .into_iter()
            .find(|role| role["metadata"]["name"] == name)
            .expect("the role is there")
    };
    let view = named("t-tracker-operator-view");
    let edit = named("t-tracker-operator-edit");
    for (role, into) in [(view, "view"), (edit, "edit"), (edit, "admin")] {
        let label = format!("rbac.authorization.k8s.io/aggregate-to-{into}");
        assert_eq!(role["metadata"]["labels"][&label], "true", "{label}");
        assert!(grants(role).keys().all(|resource| resource.starts_with("tracker.dev/")));
    }
    let reads = BTreeSet::from(["get", "list", "watch"].map(str::to_owned));
    assert!(grants(view).values().all(|verbs| verbs.is_subset(&reads)));
    assert!(!grants(edit).contains_key("tracker.dev/trackerclusters/status"));
}

#[test]
fn roles_can_be_left_to_others() {
    assert!(roles(&rendered(CHART, &json!({"rbac": {"create": false}}))).is_empty());
}
