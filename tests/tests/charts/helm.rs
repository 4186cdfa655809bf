//! Runs helm and promtool, the way a person would.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Name of the releases in these tests.
pub const RELEASE: &str = "t";
/// Their namespace.
pub const NAMESPACE: &str = "here";

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}

/// A file of the checkout.
pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("can't read {path}: {error}"))
}

/// The objects that a chart gives with these values, or what helm says against them.
pub fn render(chart: &str, values: &Value) -> Result<Vec<Value>, String> {
    render_as(RELEASE, NAMESPACE, chart, values)
}

/// The same for a release and a namespace of these names.
pub fn render_as(release: &str, namespace: &str, chart: &str, values: &Value) -> Result<Vec<Value>, String> {
    let output = on_chart(&["template", release], chart, values, &["--namespace", namespace]);
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(documents(&String::from_utf8(output.stdout).expect("helm writes UTF-8")))
}

/// The objects of a chart with values that must do.
pub fn rendered(chart: &str, values: &Value) -> Vec<Value> {
    render(chart, values).unwrap_or_else(|error| panic!("{chart} with {values}: {error}"))
}

/// What `helm lint --strict` says against a chart with these values; nothing if all is well.
pub fn lint(chart: &str, values: &Value) -> Result<(), String> {
    let output = on_chart(&["lint", "--strict"], chart, values, &[]);
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stdout).into_owned()) }
}

/// What a person reads after `helm install`.
pub fn notes(chart: &str, values: &Value) -> String {
    let output =
        on_chart(&["install", RELEASE], chart, values, &["--namespace", NAMESPACE, "--dry-run=client"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{chart}: {}", String::from_utf8_lossy(&output.stderr));
    text.split_once("NOTES:").unwrap_or_else(|| panic!("{chart} says nothing: {text}")).1.to_owned()
}

/// The YAML documents of a text, empty ones left out.
pub fn documents(text: &str) -> Vec<Value> {
    serde_norway::Deserializer::from_str(text)
        .map(|document| serde::Deserialize::deserialize(document).expect("each document is YAML"))
        .filter(|value: &Value| !value.is_null())
        .collect()
}

/// A program that `make` puts into the cache, or the one on the PATH.
pub fn tool(name: &str) -> PathBuf {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = variable("TRACKER_CACHE")
        .or_else(|| Some(variable("XDG_CACHE_HOME")?.join("trackercluster")))
        .or_else(|| Some(variable("HOME")?.join(".cache/trackercluster")));
    cache
        .map(|cache| cache.join("bin").join(name))
        .filter(|path| path.is_file())
        .unwrap_or_else(|| name.into())
}

/// Run a program to its end.
pub fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| {
        panic!("can't run {}, which `make charts` installs: {error}", command.get_program().display())
    })
}

fn on_chart(verb: &[&str], chart: &str, values: &Value, more: &[&str]) -> Output {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(values.to_string().as_bytes()).expect("it can be written");
    let chart = root().join("charts").join(chart);
    run(Command::new(tool("helm")).args(verb).arg(chart).args(more).arg("--values").arg(file.path()))
}
