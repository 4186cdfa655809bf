//! What the operator writes into a pod is what the tracker reads: variables, addresses, paths, probes and times.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use ::operator::crd::TrackerCluster;
use ::operator::crd::examples::{merged, single, three_nodes};
use ::operator::crd::rules::RESERVED_ENV;
use ::operator::reconcile::build::pod;
use ::operator::reconcile::validate::validate;
use clap::{CommandFactory, Parser, Subcommand};
use k8s_openapi::api::core::v1::{Container, PodSpec, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::{Value, json};
use tracker::config::Serve;
use tracker::config::layers::{Surroundings, parse};

#[derive(Debug, Parser)]
struct Program {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Debug, Subcommand)]
enum Commands {
    Serve(Box<Serve>),
}

/// Resources that together use every field that reaches the pod.
fn resources() -> Vec<Value> {
    vec![
        single(),
        three_nodes(),
        merged(single(), json!({"spec": {"sharedHome": {"existingClaim": "files"}}})),
        merged(
            three_nodes(),
            json!({"spec": {
                "database": {"postgres": {"caSecretRef": {"name": "ca", "key": "bundle"}}},
                "admin": {"passwordSecretRef": {"name": "first", "key": "word"}},
                "http": {"baseUrl": "https://issues.example.org/tracker"},
                "update": {"drainTimeout": "2m"},
            }}),
        ),
    ]
}

fn pod_of(resource: &Value) -> PodSpec {
    let mut cluster: TrackerCluster = serde_json::from_value(resource.clone()).expect("an example");
    cluster.metadata.namespace = Some("here".to_owned());
    cluster.metadata.uid = Some("0-0-0-0".to_owned());
    let tracker = validate(&cluster, "localhost/tracker").expect("a valid example");
    pod::template(&tracker).spec.expect("a pod has a spec")
}

fn container(pod: &PodSpec) -> &Container {
    assert_eq!(pod.containers.len(), 1);
    &pod.containers[0]
}

/// The container's variables as the kubelet would set them for the first node.
fn variables(container: &Container) -> BTreeMap<String, String> {
    let all = container.env.iter().flatten().map(|variable| {
        let from_field = || {
            let field = variable.value_from.as_ref()?.field_ref.as_ref()?;
            assert_eq!(field.field_path, "metadata.name");
            Some("demo-0".to_owned())
        };
        (variable.name.clone(), variable.value.clone().or_else(from_field).expect("a value"))
    });
    all.collect()
}

/// The settings that a tracker in this pod has.
fn settings(pod: &PodSpec) -> Serve {
    let container = container(pod);
    let variables = variables(container);
    let mut arguments: Vec<OsString> = vec!["tracker".into()];
    arguments.extend(container.args.iter().flatten().map(OsString::from));
    let surroundings = Surroundings {
        variable: &|name| variables.get(name).map(OsString::from),
        read: &|path: &PathBuf| panic!("{} isn't in the image", path.display()),
    };
    let program: Program = parse(&arguments, &surroundings).unwrap_or_else(|error| panic!("{error}"));
    let Commands::Serve(settings) = program.command;
    *settings
}

#[test]
fn every_pods_settings_are_understood() {
    for resource in resources() {
        let pod = pod_of(&resource);
        let settings = settings(&pod);
        assert_eq!(settings.common.node.node_id.as_deref(), Some("demo-0"));
        assert_eq!(settings.http.listen.to_string(), format!("0.0.0.0:{}", pod::HTTP_PORT));
        assert_eq!(settings.ops.ops_listen.to_string(), format!("0.0.0.0:{}", pod::OPS_PORT));
        let wanted = &resource["spec"];
        assert_eq!(
            settings.common.database.database_file.is_some(),
            wanted["database"]["postgres"].is_object()
        );
        assert_eq!(
            settings.common.database.database_ca_file.is_some(),
            wanted["database"]["postgres"]["caSecretRef"].is_object()
        );
        assert_eq!(settings.common.homes.shared_home.is_some(), wanted["sharedHome"].is_object());
        assert_eq!(settings.http.base_url.is_some(), wanted["http"]["baseUrl"].is_string());
        assert!(settings.admin_password_file.is_some(), "else each start would make a password and print it");
        assert!(settings.ops.ops_token_file.is_some(), "else the operator could not ask the node");
    }
}

#[test]
fn every_variable_is_a_flag_and_reserved() {
    let serve = Program::command().find_subcommand("serve").expect("a command").clone();
    let flags: Vec<String> = serve.get_arguments().filter_map(|a| a.get_long().map(str::to_owned)).collect();
    for resource in resources() {
        for name in variables(container(&pod_of(&resource))).into_keys() {
            let flag = name.strip_prefix("TRACKER_").map(|rest| rest.to_lowercase().replace('_', "-"));
            assert!(
                flag.as_ref().is_some_and(|flag| flags.contains(flag)),
                "{name} is no flag of `tracker serve`"
            );
            assert!(RESERVED_ENV.contains(&name.as_str()), "people could set {name} too");
        }
    }
    for name in RESERVED_ENV {
        let flag = name["TRACKER_".len()..].to_lowercase().replace('_', "-");
        assert!(flags.contains(&flag), "{name} is reserved, but no flag");
    }
}

#[test]
fn every_path_lies_on_a_volume_of_the_pod() {
    for resource in resources() {
        let pod = pod_of(&resource);
        let settings = settings(&pod);
        let container = container(&pod);
        let claims = ["local-home"];
        let volumes: Vec<&str> =
            pod.volumes.iter().flatten().map(|volume| volume.name.as_str()).chain(claims).collect();
        let mounts = container.volume_mounts.as_ref().expect("mounts");
        for mount in mounts {
            assert!(volumes.contains(&mount.name.as_str()), "{} is mounted, but no volume", mount.name);
        }
        let paths = [
            settings.common.database.database_file,
            settings.common.database.database_ca_file,
            settings.common.homes.local_home,
            settings.common.homes.shared_home,
            settings.ops.ops_token_file,
            settings.admin_password_file,
        ];
        for path in paths.into_iter().flatten() {
            let on = mounts.iter().any(|mount| path.starts_with(&mount.mount_path));
            assert!(on, "{} is on no volume, and the root is read-only", path.display());
        }
    }
}

#[test]
fn probes_ask_the_operations_port() {
    for resource in resources() {
        let pod = pod_of(&resource);
        let container = container(&pod);
        let port = |name: &str| {
            let ports = container.ports.iter().flatten();
            ports
                .filter(|port| port.name.as_deref() == Some(name))
                .map(|port| port.container_port)
                .collect::<Vec<_>>()
        };
        assert_eq!(port("ops"), [pod::OPS_PORT]);
        let path = |probe: &Option<Probe>| {
            let get = probe.as_ref().and_then(|probe| probe.http_get.clone()).expect("an HTTP probe");
            assert_eq!(get.port, IntOrString::String("ops".to_owned()));
            get.path.expect("a path")
        };
        assert_eq!(path(&container.startup_probe), "/livez");
        assert_eq!(path(&container.liveness_probe), "/livez");
        assert_eq!(path(&container.readiness_probe), "/readyz");
    }
}

#[test]
fn the_kubelet_waits_longer_than_the_drain() {
    for (resource, drain) in resources().iter().zip([30, 30, 30, 120]) {
        let pod = pod_of(resource);
        let timeout = settings(&pod).ops.drain_timeout.0;
        assert_eq!(timeout.as_secs(), drain);
        assert_eq!(pod.termination_grace_period_seconds, Some(i64::try_from(drain).expect("small") + 15));
    }
}
