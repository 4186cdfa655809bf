//! A namespace of a test's own, removed at its end; if the test fails, what went on in it is printed first.

use k8s_openapi::api::core::v1::Namespace as Object;
use kube::Api;
use kube::api::PostParams;
use serde_json::json;

use crate::cluster::Cluster;

/// A temporary namespace. Its drop asks for its removal and doesn't wait.
#[derive(Debug)]
pub struct Namespace {
    cluster: Cluster,
    name: String,
    lasting: bool,
}

impl Namespace {
    /// Makes a namespace whose name begins with the purpose.
    pub async fn new(cluster: &Cluster, purpose: &str) -> Self {
        let name = format!("{purpose}-{:06x}", rand::random::<u32>() & 0x00ff_ffff);
        let object: Object = serde_json::from_value(
            json!({"metadata": {"name": name, "labels": {"trackercluster-test": "true"}}}),
        )
        .expect("a namespace");
        Api::<Object>::all(cluster.client())
            .create(&PostParams::default(), &object)
            .await
            .expect("make a namespace");
        Self { cluster: cluster.clone(), name, lasting: std::env::var_os("TRACKER_E2E_KEEP").is_some() }
    }

    /// A namespace of this name, made if it isn't there, that stays.
    pub async fn lasting(cluster: &Cluster, name: &str) -> Self {
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        cluster.apply("default", &object.to_string()).await.expect("make a namespace");
        Self { cluster: cluster.clone(), name: name.to_owned(), lasting: true }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The cluster it is in.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    fn print(&self, arguments: &[&str]) {
        let output =
            self.cluster.kubectl_program().args(["--namespace", &self.name]).args(arguments).output();
        if let Ok(output) = output {
            println!("--- kubectl {}\n{}", arguments.join(" "), String::from_utf8_lossy(&output.stdout));
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.print(&["get", "tkc,sts,pods,pvc,svc", "-o", "wide"]);
            self.print(&["get", "tkc", "-o", "yaml"]);
            self.print(&["get", "events", "--sort-by=.lastTimestamp"]);
            let nodes = "--selector=app.kubernetes.io/managed-by=tracker-operator";
            self.print(&["logs", nodes, "--prefix", "--tail=60", "--all-containers"]);
            self.print(&["logs", nodes, "--prefix", "--tail=40", "--previous"]);
            self.print(&["logs", "--selector=app.kubernetes.io/name=postgres", "--tail=30"]);
            self.print(&[
                "logs",
                "--namespace=tracker-system",
                "--selector=app.kubernetes.io/name=tracker-operator",
                "--prefix",
                "--tail=80",
            ]);
        }
        if !self.lasting {
            let _ = self
                .cluster
                .kubectl_program()
                .args(["delete", "namespace", &self.name, "--wait=false"])
                .output();
        }
    }
}
