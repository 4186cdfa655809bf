//! Which figures the two programs offer, read from their sources, and which ones a query uses.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use tests::tidy::{Source, sources};

/// What each kind of figure adds to its name in Prometheus.
const KINDS: [(&str, &[&str]); 4] = [
    ("Counter", &["_total"]),
    ("Histogram", &["_bucket", "_sum", "_count"]),
    ("Info", &["_info"]),
    ("Gauge", &[""]),
];

/// Names as Prometheus stores them, such as `tracker_http_panics_total`.
pub fn series() -> BTreeSet<String> {
    registered()
        .into_iter()
        .flat_map(|(name, endings)| endings.iter().map(move |end| format!("{name}{end}")))
        .collect()
}

/// Names as the guide lists them: as Prometheus stores them, but a histogram's without its three endings.
pub fn names() -> BTreeSet<String> {
    registered()
        .into_iter()
        .map(|(name, endings)| if let [end] = endings { format!("{name}{end}") } else { name })
        .collect()
}

/// Names that a query speaks of.
pub fn used(query: &str) -> BTreeSet<String> {
    let name = Regex::new(r"\btracker_[a-z0-9_]+").expect("a pattern");
    name.find_iter(query).map(|found| found.as_str().to_owned()).collect()
}

/// The name of each figure as documented, with the endings that its kind adds in Prometheus.
fn registered() -> BTreeMap<String, &'static [&'static str]> {
    [("tracker/src", "tracker_"), ("operator/src", "tracker_operator_")]
        .into_iter()
        .flat_map(|(folder, prefix)| sources(folder, &["rs"]).into_iter().map(move |source| (source, prefix)))
        .flat_map(|(source, prefix)| {
            in_source(&source).into_iter().map(move |(name, endings)| (format!("{prefix}{name}"), endings))
        })
        .collect()
}

fn in_source(source: &Source) -> Vec<(String, &'static [&'static str])> {
    let code = source.code().map(|(_, line)| line).collect::<Vec<_>>().join("\n");
    let pattern = |text| Regex::new(text).expect("a pattern");
    // A file that makes a registry of its own below the given one registers all its figures there.
    let part = pattern(r#"sub_registry_with_prefix\("([a-z_]+)"\)"#);
    let part = part.captures(&code).map(|found| format!("{}_", &found[1])).unwrap_or_default();
    let register = pattern(r#"\.register(?:_with_unit)?\(\s*"([a-z0-9_]+)",([^;]*?)\);"#);
    let variable = pattern(r"([a-z_]+)(?:\.clone\(\))?,?\s*$");
    let registered = register.captures_iter(&code).map(|call| {
        let unit = if call[2].contains("Unit::Seconds") { "_seconds" } else { "" };
        let variable = variable.captures(&call[2]).expect("a figure is handed over");
        (format!("{part}{}{unit}", &call[1]), endings(&code, &variable[1], &source.path))
    });
    // Figures that are taken when they are asked for.
    let described =
        pattern(r#"encode_descriptor\(\s*"([a-z0-9_]+)",[^;]*?MetricType::([A-Za-z]+)\s*,?\s*\)"#);
    let described = described.captures_iter(&code).map(|call| {
        let kind = KINDS.into_iter().find(|(kind, _)| *kind == &call[2]);
        (format!("{part}{}", &call[1]), kind.expect("a kind of figure").1)
    });
    registered.chain(described).collect()
}

/// The kind of a figure from where its variable or field is declared in the same file.
fn endings(code: &str, variable: &str, path: &str) -> &'static [&'static str] {
    let declared = Regex::new(&format!(r"\b{variable}(?::| =)\s([^;]*?)(?:[;\n])")).expect("a pattern");
    declared
        .captures_iter(code)
        .find_map(|found| KINDS.into_iter().find(|(kind, _)| found[1].contains(kind)))
        .unwrap_or_else(|| panic!("{path}: what kind of figure is {variable}? declare it in this file"))
        .1
}

#[test]
fn figures_are_found_with_their_kind() {
    let source = Source::new(
        "a.rs",
        r#"
struct Figures {
    requests: Family<Labels, Counter>,
    took: Family<Labels, Histogram, fn() -> Histogram>,
    pub(super) age: Gauge<f64, AtomicU64>,
}
fn new(registry: &mut Registry) {
    let registry = registry.sub_registry_with_prefix("well");
    let depth = Gauge::<i64>::default();
    registry.register("depth", "How deep", depth.clone());
    registry.register("requests", "How many", requests.clone());
    registry.register(
        "took_seconds",
        "How long, in all",
        self.took.clone(),
    );
    registry.register_with_unit("age", "How old", Unit::Seconds, self.age.clone());
    let build = Info::new(vec![("version", version)]);
    registry.register("build", "Which", build);
}
fn encode(&self, mut encoder: DescriptorEncoder<'_>) {
    let gauge = encoder.encode_descriptor("role", help, None, MetricType::Gauge)?;
}
#[cfg(test)]
mod tests { fn x() { registry.register("not_this", "", x.clone()); } }
"#,
    );
    let found: Vec<(String, &[&str])> = in_source(&source);
    let expected: Vec<(String, &[&str])> = vec![
        ("well_depth".into(), &[""]),
        ("well_requests".into(), &["_total"]),
        ("well_took_seconds".into(), &["_bucket", "_sum", "_count"]),
        ("well_age_seconds".into(), &[""]),
        ("well_build".into(), &["_info"]),
        ("well_role".into(), &[""]),
    ];
    assert_eq!(found, expected);
}

/// A name in a query, and nothing around it.
#[test]
fn names_are_found_in_queries() {
    let query = "sum by (cluster) (rate(tracker_a_total[5m])) / tracker_b{tracker=\"x\"} > up";
    assert_eq!(used(query), BTreeSet::from(["tracker_a_total".to_owned(), "tracker_b".to_owned()]));
}
