//! A port on this machine that leads to a Service or a pod of the cluster.

use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::cluster::{Cluster, Origin};

/// A running forwarder; it ends when dropped.
#[derive(Debug)]
pub struct Forward {
    child: Child,
    address: SocketAddr,
}

impl Forward {
    /// Leads to a Service. On the local cluster each new connection goes the way of every client in the cluster, to any
    /// of the Service's endpoints; elsewhere kubectl picks one pod.
    pub async fn to_service(
        cluster: &Cluster,
        namespace: &str,
        name: &str,
        port: u16,
    ) -> anyhow::Result<Self> {
        Self::start(cluster, "svc", namespace, name, port).await
    }

    /// Leads to one pod, also to the next one of the same name.
    pub async fn to_pod(cluster: &Cluster, namespace: &str, name: &str, port: u16) -> anyhow::Result<Self> {
        Self::start(cluster, "pod", namespace, name, port).await
    }

    async fn start(
        cluster: &Cluster,
        kind: &str,
        namespace: &str,
        name: &str,
        port: u16,
    ) -> anyhow::Result<Self> {
        let mut command = if let Origin::Local(program) = cluster.origin() {
            let mut command = Command::new(program);
            let target = format!("{kind}/{namespace}/{name}:{port}");
            command.args(["forward", "--listen", "127.0.0.1:0", "--to", &target, "--until-eof"]);
            command
        } else {
            let mut command = Command::from(cluster.kubectl_program());
            command.args([
                "port-forward",
                "--namespace",
                namespace,
                &format!("{kind}/{name}"),
                &format!(":{port}"),
            ]);
            command
        };
        // The end of its input is the wish to stop, so that it doesn't outlive a test that was killed.
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("start the forwarder")?;
        let mut lines = BufReader::new(child.stdout.take().context("a pipe was asked for")?).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some(address) = address_in(&line) {
                return Ok(Self { child, address });
            }
        }
        let status = child.wait().await?;
        anyhow::bail!("the forwarder to {kind}/{namespace}/{name}:{port} ended with {status}")
    }

    /// The base of URLs through this forwarder.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether the forwarder still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    line.split_whitespace().find_map(|word| word.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forwarders_say_where_they_listen() {
        let expected: SocketAddr = "127.0.0.1:4711".parse().expect("an address");
        assert_eq!(address_in("forwarding 127.0.0.1:4711"), Some(expected));
        assert_eq!(address_in("Forwarding from 127.0.0.1:4711 -> 8080"), Some(expected));
        assert_eq!(address_in("something else"), None);
    }
}
