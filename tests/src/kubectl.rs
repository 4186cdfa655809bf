//! kubectl and helm, run the way a person would.

use std::process::Stdio;

use anyhow::{Context, bail};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::cluster::{Cluster, Origin};

impl Cluster {
    /// The command `kubectl` for this cluster, without arguments: the local cluster brings its own.
    pub fn kubectl_program(&self) -> std::process::Command {
        let mut command = if let Origin::Local(program) = self.origin() {
            let mut command = std::process::Command::new(program);
            command.arg("kubectl");
            command
        } else {
            std::process::Command::new("kubectl")
        };
        command.env("KUBECONFIG", self.kubeconfig());
        command
    }

    /// Runs kubectl and returns what it printed; its complaint is the error.
    pub async fn kubectl(&self, arguments: &[&str]) -> anyhow::Result<String> {
        self.kubectl_with_input(arguments, "").await
    }

    /// Runs kubectl with text on its standard input.
    pub async fn kubectl_with_input(&self, arguments: &[&str], input: &str) -> anyhow::Result<String> {
        let mut command = self.kubectl_program();
        command.args(arguments);
        run(Command::from(command), input).await.with_context(|| format!("kubectl {}", arguments.join(" ")))
    }

    /// `kubectl apply -f -` of one or more YAML or JSON documents.
    pub async fn apply(&self, namespace: &str, documents: &str) -> anyhow::Result<String> {
        self.kubectl_with_input(&["apply", "--namespace", namespace, "-f", "-"], documents).await
    }

    /// Runs helm.
    pub async fn helm(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new("helm");
        command.args(arguments).env("KUBECONFIG", self.kubeconfig());
        run(command, "").await.with_context(|| format!("helm {}", arguments.join(" ")))
    }

    /// Runs the local cluster's program.
    pub async fn local_kubernetes(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let Origin::Local(program) = self.origin() else { bail!("this cluster is not the local one") };
        let mut command = Command::new(program);
        command.args(arguments);
        run(command, "").await.with_context(|| format!("local-kubernetes {}", arguments.join(" ")))
    }
}

async fn run(mut command: Command, input: &str) -> anyhow::Result<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("start {}", command.as_std().get_program().to_string_lossy()))?;
    let mut stdin = child.stdin.take().context("a pipe was asked for")?;
    // A program that doesn't read its input may have closed it.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    bail!("{}{}", String::from_utf8_lossy(&output.stderr).trim(), printed.trim())
}
