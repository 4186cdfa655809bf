//! The Kubernetes that the end-to-end tests run on, as `deploy/with-cluster.sh` hands it over.

use std::path::PathBuf;
use std::sync::Arc;

use kube::Client;

/// Where the cluster comes from; decides which faults may be done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The project's own, on this machine, with its program: every fault is allowed.
    Local(PathBuf),
    /// kind, on this machine.
    Kind,
    /// Someone's: nothing outside our own namespaces is touched.
    Context,
}

/// A cluster with this project's images. Cheap to clone.
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    client: Client,
    origin: Origin,
    kubeconfig: PathBuf,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("origin", &self.0.origin).finish_non_exhaustive()
    }
}

impl Cluster {
    /// The cluster that was given. `None`, with a message, when there is none; but that is a failure in CI.
    pub async fn given() -> Option<Self> {
        let Ok(kind) = std::env::var("TRACKER_E2E") else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "no cluster is given: run the end-to-end tests by `make e2e` or `make test`"
            );
            println!("skipped: no cluster is given; `make e2e` brings one up");
            return None;
        };
        let origin = match kind.as_str() {
            "local" => Origin::Local(setting("TRACKER_LOCAL_KUBERNETES").into()),
            "kind" => Origin::Kind,
            "context" => Origin::Context,
            other => panic!("TRACKER_E2E is local, kind or context, not {other}"),
        };
        let kubeconfig = PathBuf::from(setting("KUBECONFIG"));
        let config = kube::config::Kubeconfig::read_from(&kubeconfig).expect("the cluster's kubeconfig");
        let config =
            kube::Config::from_custom_kubeconfig(config, &kube::config::KubeConfigOptions::default())
                .await
                .expect("a complete kubeconfig");
        let client = Client::try_from(config).expect("a client of the cluster");
        Some(Self(Arc::new(Inner { client, origin, kubeconfig })))
    }

    /// A client of the API server, with all rights.
    pub fn client(&self) -> Client {
        self.0.client.clone()
    }

    /// Where the cluster comes from.
    pub fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// The kubeconfig for programs.
    pub fn kubeconfig(&self) -> &PathBuf {
        &self.0.kubeconfig
    }

    /// The program of the local cluster; `None`, with a message, where faults of machines can't be made.
    pub fn local(&self) -> Option<&PathBuf> {
        if let Origin::Local(program) = &self.0.origin {
            return Some(program);
        }
        println!("skipped: machines are broken on the local cluster only");
        None
    }

    /// An image of this project, by its name and version.
    pub fn image(&self, name: &str) -> String {
        format!("{}/{name}:{}", setting("TRACKER_IMAGES"), version())
    }

    /// The repository of an image, without a tag.
    pub fn repository(&self, name: &str) -> String {
        format!("{}/{name}", setting("TRACKER_IMAGES"))
    }

    /// The PostgreSQL image.
    pub fn postgres_image(&self) -> String {
        setting("TRACKER_POSTGRES_IMAGE")
    }

    /// The Prometheus image.
    pub fn prometheus_image(&self) -> String {
        setting("TRACKER_PROMETHEUS_IMAGE")
    }

    /// The storage class whose volumes all nodes see.
    pub fn shared_class(&self) -> String {
        setting("TRACKER_SHARED_CLASS")
    }
}

/// The version of the programs, which is the tag of the images.
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

fn setting(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: deploy/with-cluster.sh does that"))
}
