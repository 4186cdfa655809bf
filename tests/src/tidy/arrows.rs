//! Who may import whom inside the two programs, and which modules alone may name a library.

use std::sync::LazyLock;

use regex::Regex;

use super::Source;

/// A module of the tracker and the modules it may name. `lib.rs` and `main.rs` may name all.
///
/// `config` holds plain values: each module takes its own section of it, and only `cli` sees the whole.
const TRACKER: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("config", &["domain"]),
    ("telemetry", &["config"]),
    ("storage", &["domain", "config"]),
    ("index", &["domain", "config", "storage"]),
    ("cluster", &["domain", "config", "storage"]),
    ("app", &["domain", "config", "storage", "index", "cluster"]),
    ("http", &["domain", "config", "telemetry", "cluster", "app"]),
    ("cli", &["domain", "config", "telemetry", "storage", "index", "cluster", "app", "http"]),
    // Tests of the whole node in process.
    ("suite", &["domain", "config", "telemetry", "storage", "index", "cluster", "app", "http"]),
];

/// Libraries that one module of the tracker hides from all others.
const HIDDEN: &[(&str, &str)] =
    &[("sqlx", "storage"), ("tantivy", "index"), ("axum", "http"), ("clap", "cli")];

/// Modules that may name a hidden library beside its owner.
const ALSO: &[(&str, &str)] = &[
    // The flags are described where their values are.
    ("clap", "config"),
    // They put routers and listeners together.
    ("axum", "cli"),
    ("axum", "suite"),
    ("clap", "suite"),
];

/// The operator's steps that take values and return values.
const PURE_STEPS: &[&str] =
    &["operator/src/reconcile/validate", "operator/src/reconcile/plan", "operator/src/reconcile/build"];

static CRATE_PATH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bcrate::\{?\s*(\w+)").expect("a constant"));
static CRATE_GROUP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?s)\buse crate::\{(.*?)\};").expect("a constant"));

/// The tracker's module that a path belongs to: `storage` for `tracker/src/storage/dialect.rs`.
fn module_of(path: &str) -> Option<&str> {
    let below = path.strip_prefix("tracker/src/")?;
    let first = below.split('/').next()?;
    Some(first.strip_suffix(".rs").unwrap_or(first)).filter(|m| !matches!(*m, "lib" | "main"))
}

/// The modules of its own crate that a source names, with the line.
fn named_modules(source: &Source) -> Vec<(usize, String)> {
    let mut named = Vec::new();
    for (line, code) in source.code() {
        for found in CRATE_PATH.captures_iter(code) {
            named.push((line, found[1].to_owned()));
        }
    }
    // `use crate::{a, b::c};` names more than its first module, perhaps over several lines.
    let code = source.code().map(|(_, code)| code).collect::<Vec<_>>().join("\n");
    for group in CRATE_GROUP.captures_iter(&code) {
        for name in top_level_names(&group[1]) {
            named.push((0, name));
        }
    }
    named
}

/// The first names of a use group: `a, b::{c, d}, e` gives a, b, e.
fn top_level_names(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = vec![String::new()];
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(String::new()),
            _ if depth == 0 => names.last_mut().expect("never empty").push(c),
            _ => {}
        }
    }
    names
        .iter()
        .filter_map(|name| name.trim().split("::").next().map(str::to_owned))
        .filter(|name| !name.is_empty())
        .collect()
}

/// Breaches of the arrows in one source of the tracker.
pub fn tracker(source: &Source) -> Vec<String> {
    let Some(module) = module_of(&source.path) else { return Vec::new() };
    let Some((_, allowed)) = TRACKER.iter().find(|(name, _)| *name == module) else {
        return vec![format!(
            "{}: the module `{module}` has no arrows yet: add it to arrows.rs",
            source.path
        )];
    };
    let mut breaches = Vec::new();
    for (line, named) in named_modules(source) {
        let known = TRACKER.iter().any(|(name, _)| *name == named);
        if known && named != module && !allowed.contains(&named.as_str()) {
            breaches.push(format!("{}:{line}: `{module}` may not name `{named}`", source.path));
        }
    }
    for (library, owner) in HIDDEN {
        if *owner == module || ALSO.contains(&(*library, module)) {
            continue;
        }
        let pattern = Regex::new(&format!(r"\b{library}::|\buse {library}\b")).expect("a library's name");
        for (line, code) in source.code() {
            if pattern.is_match(code) {
                breaches.push(format!("{}:{line}: only `{owner}` names {library}", source.path));
            }
        }
    }
    if module == "domain" {
        breaches.extend(not_async(source));
    }
    breaches
}

/// Breaches of purity in one source of the operator.
pub fn operator(source: &Source) -> Vec<String> {
    if !PURE_STEPS.iter().any(|step| source.path.starts_with(step)) {
        return Vec::new();
    }
    let client = Regex::new(r"\bClient\b|\bkube::Api\b|\bApi<").expect("a constant");
    let mut breaches = not_async(source);
    for (line, code) in source.code() {
        if client.is_match(code) {
            breaches.push(format!("{}:{line}: a pure step takes no client", source.path));
        }
    }
    breaches
}

fn not_async(source: &Source) -> Vec<String> {
    let pattern = Regex::new(r"\basync\b|\.await\b|\btokio::").expect("a constant");
    source
        .code()
        .filter(|(_, code)| pattern.is_match(code))
        .map(|(line, _)| format!("{}:{line}: nothing here is async", source.path))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(path: &str, text: &str) -> usize {
        tracker(&Source::new(path, text)).len()
    }

    #[test]
    fn an_upward_arrow_is_found() {
        assert_eq!(breaches("tracker/src/storage/issues.rs", "use crate::index::Index;\n"), 1);
        assert_eq!(breaches("tracker/src/index/apply.rs", "fn f(n: crate::cluster::Node) {}\n"), 1);
        assert_eq!(breaches("tracker/src/http/mod.rs", "use crate::storage::Store;\n"), 1);
    }

    #[test]
    fn a_downward_arrow_is_fine() {
        assert_eq!(
            breaches("tracker/src/app/issues.rs", "use crate::{domain::Issue, storage::{self, Store}};\n"),
            0
        );
        assert_eq!(breaches("tracker/src/cli/serve.rs", "use crate::http;\n"), 0);
    }

    #[test]
    fn a_group_over_several_lines_is_read() {
        let text = "use crate::{\n    domain::{Issue, Project},\n    http::Router,\n};\n";
        assert_eq!(breaches("tracker/src/app/issues.rs", text), 1);
    }

    #[test]
    fn comments_and_inline_tests_may_name_anything() {
        let text = "// crate::http is far away\n#[cfg(test)]\nmod tests { use crate::http; }\n";
        assert_eq!(breaches("tracker/src/storage/mod.rs", text), 0);
    }

    #[test]
    fn libraries_stay_hidden() {
        assert_eq!(breaches("tracker/src/app/issues.rs", "use sqlx::Row;\n"), 1);
        assert_eq!(breaches("tracker/src/storage/mod.rs", "use sqlx::Row;\n"), 0);
        assert_eq!(breaches("tracker/src/storage/mod.rs", "let x: tantivy::Index;\n"), 1);
    }

    #[test]
    fn domain_is_not_async() {
        assert_eq!(breaches("tracker/src/domain/issue.rs", "pub async fn f() {}\n"), 1);
    }

    #[test]
    fn an_unknown_module_must_be_given_its_arrows() {
        assert_eq!(breaches("tracker/src/gossip/mod.rs", "use std::fmt;\n"), 1);
    }

    #[test]
    fn pure_steps_take_no_client() {
        let step = |text: &str| operator(&Source::new("operator/src/reconcile/build/service.rs", text)).len();
        assert_eq!(step("pub fn f(client: kube::Client) {}\n"), 1);
        assert_eq!(step("pub async fn f() {}\n"), 1);
        assert_eq!(step("pub fn f() -> u8 { 1 }\n"), 0);
        assert_eq!(
            operator(&Source::new("operator/src/reconcile/apply.rs", "async fn f(c: Client) {}")).len(),
            0
        );
    }
}
