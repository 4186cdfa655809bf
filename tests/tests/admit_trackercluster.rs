//! What the API server accepts and refuses, by the definition's rules alone: every refusal says what to change.

use ::operator::crd::examples::{Refused, merged, refused, refused_changes, single, three_nodes};
use serde_json::json;
use tests::cluster::Cluster;
use tests::namespace::Namespace;
use tests::operator;

/// Asks the API server whether it would take a resource, without leaving one.
async fn admit(namespace: &Namespace, resource: &serde_json::Value) -> anyhow::Result<String> {
    let arguments = ["apply", "--dry-run=server", "--namespace", namespace.name(), "-f", "-"];
    namespace.cluster().kubectl_with_input(&arguments, &resource.to_string()).await
}

/// What is wrong with the API server's answer to a resource it must refuse; nothing if all is well.
async fn complaint(namespace: &Namespace, case: &Refused) -> Option<String> {
    match admit(namespace, &case.resource).await {
        Ok(_) => Some(format!("{}: accepted", case.name)),
        Err(error) => {
            let said = format!("{error:#}");
            (!said.contains(case.message))
                .then(|| format!("{}: `{}` isn't in: {said}", case.name, case.message))
        }
    }
}

#[tokio::test]
async fn invalid_resources_are_refused_with_advice() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "refused").await;
    let cases = refused();
    assert!(cases.len() >= 12, "{} cases", cases.len());
    let mut complaints = Vec::new();
    for case in &cases {
        complaints.extend(complaint(&namespace, case).await);
    }
    assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), cases.len(), complaints.join("\n"));
}

#[tokio::test]
async fn changes_of_what_is_fixed_are_refused() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "fixed").await;
    let mut complaints = Vec::new();
    for (number, mut case) in refused_changes().into_iter().enumerate() {
        // Each with a resource of its own, paused, so that nothing is made for it.
        let own = json!({"metadata": {"name": format!("case-{number}")}, "spec": {"paused": true}});
        let before = merged(case.before.take().expect("a change has a before"), own.clone());
        case.resource = merged(case.resource, own);
        namespace
            .cluster()
            .apply(namespace.name(), &before.to_string())
            .await
            .expect("the resource before the change");
        complaints.extend(complaint(&namespace, &case).await);
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[tokio::test]
async fn valid_resources_are_accepted() {
    let Some(cluster) = Cluster::given().await else { return };
    operator::install(&cluster).await;
    let namespace = Namespace::new(&cluster, "accepted").await;
    for resource in [
        single(),
        three_nodes(),
        merged(three_nodes(), json!({"spec": {"nodes": 1, "sharedHome": null}})),
        merged(
            three_nodes(),
            json!({"spec": {"sharedHome": {"size": null, "storageClassName": null, "existingClaim": "files"}}}),
        ),
        merged(three_nodes(), json!({"spec": {"http": {"baseUrl": "https://issues.example.org/tracker"}}})),
    ] {
        let said = admit(&namespace, &resource).await;
        assert!(said.is_ok(), "{resource}: {said:?}");
    }
    // Growing is no breach of what is fixed.
    let paused = json!({"spec": {"paused": true}});
    let before = merged(three_nodes(), paused.clone());
    cluster.apply(namespace.name(), &before.to_string()).await.expect("a resource");
    let larger =
        merged(merged(three_nodes(), paused), json!({"spec": {"nodes": 5, "sharedHome": {"size": "2Gi"}}}));
    let said = admit(&namespace, &larger).await;
    assert!(said.is_ok(), "{said:?}");
}
