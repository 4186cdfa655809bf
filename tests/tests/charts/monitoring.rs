//! Alerts and the dashboard: they ask for figures that exist, fire when they should, and lead to a page that helps.

use std::collections::BTreeSet;
use std::process::Command;

use operator::reconcile::build::pod::template;
use operator::reconcile::build::pod_monitor::pod_monitor;
use serde_json::{Value, json};

use crate::helm::{documents, read, rendered, root, run, tool};
use crate::metrics::{self, used};
use crate::objects::{self, all, one, text};
use crate::operator_chart::CHART;

const ALERTS: &str = "charts/tracker-operator/files/alerts.yaml";
const DASHBOARD: &str = "charts/tracker-operator/files/dashboard.json";
const GUIDE: &str = "docs/monitoring.md";

fn alerts() -> Vec<Value> {
    let file = documents(&read(ALERTS)).remove(0);
    let groups = file["groups"].as_array().expect("groups");
    groups.iter().flat_map(|group| group["rules"].as_array().expect("rules").clone()).collect()
}

fn dashboard() -> Value {
    serde_json::from_str(&read(DASHBOARD)).expect("the dashboard is JSON")
}

fn panels() -> Vec<Value> {
    let all = dashboard()["panels"].as_array().expect("panels").clone();
    all.into_iter().filter(|panel| panel["type"] != "row").collect()
}

fn queries(panel: &Value) -> Vec<&str> {
    panel["targets"].as_array().expect("targets").iter().map(|target| text(target, "/expr")).collect()
}

fn promtool(arguments: &[&str], folder: &std::path::Path) -> String {
    let output = run(Command::new(tool("promtool")).args(arguments).current_dir(folder));
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "promtool {arguments:?}: {said}");
    said
}

#[test]
fn alerts_and_panels_use_figures_that_exist() {
    let offered = metrics::series();
    assert!(offered.len() > 10, "{offered:?}");
    for alert in alerts() {
        let missing: Vec<_> = used(text(&alert, "/expr")).difference(&offered).cloned().collect();
        assert_eq!(missing, Vec::<String>::new(), "{}", alert["alert"]);
    }
    for panel in panels() {
        for query in queries(&panel) {
            let missing: Vec<_> = used(query).difference(&offered).cloned().collect();
            assert_eq!(missing, Vec::<String>::new(), "{}", panel["title"]);
        }
    }
}

#[test]
fn the_guide_lists_every_figure_and_no_other() {
    let guide = read(GUIDE);
    let listed: BTreeSet<String> = guide
        .lines()
        .filter(|line| line.starts_with("| `tracker_"))
        .flat_map(|line| used(line.split('|').nth(1).unwrap_or_default()))
        .collect();
    let offered: BTreeSet<String> = metrics::names();
    assert_eq!(listed, offered);
}

#[test]
fn each_alert_leads_to_its_section() {
    let guide = read(GUIDE);
    let mut names = BTreeSet::new();
    for alert in alerts() {
        let name = text(&alert, "/alert");
        assert!(names.insert(name.to_owned()), "{name} is there twice");
        assert!(["critical", "warning"].contains(&text(&alert, "/labels/severity")), "{name}");
        assert_eq!(text(&alert, "/annotations/runbook_url"), format!("{GUIDE}#{}", name.to_lowercase()));
        assert!(guide.contains(&format!("\n### {name}\n")), "{GUIDE} has no section {name}");
        for annotation in ["summary", "description"] {
            assert!(!text(&alert, &format!("/annotations/{annotation}")).is_empty(), "{name}");
        }
    }
    let sections: BTreeSet<String> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("### Tracker"))
        .map(|rest| format!("Tracker{rest}"))
        .collect();
    assert_eq!(sections, names, "sections without an alert");
    assert!(names.len() >= 6);
}

/// `tests/data/alerts_test.yaml` has a story for each alert, and one where all is well.
#[test]
fn alerts_fire_when_they_should() {
    let stories = read("tests/data/alerts_test.yaml");
    for alert in alerts() {
        let fires = format!("alertname=\"{}\"", text(&alert, "/alert"));
        assert!(stories.contains(&fires), "no story lets {fires} fire");
    }
    let folder = tempfile::tempdir().expect("a folder");
    for file in [ALERTS, "tests/data/alerts_test.yaml"] {
        let from = root().join(file);
        std::fs::copy(&from, folder.path().join(from.file_name().expect("a file")))
            .expect("it can be copied");
    }
    promtool(&["check", "rules", "alerts.yaml"], folder.path());
    promtool(&["test", "rules", "alerts_test.yaml"], folder.path());
}

#[test]
fn the_rule_has_every_alert_with_the_link_people_want() {
    let values = json!({"monitoring": {"rules": {
        "enabled": true, "runbookUrl": "https://wiki.example.org/tracker", "labels": {"release": "p"}
    }}});
    let objects = rendered(CHART, &values);
    let rule = one(&objects, "PrometheusRule");
    assert_eq!(rule["metadata"]["labels"]["release"], "p");
    let mut expected = documents(&read(ALERTS)).remove(0)["groups"].clone();
    let groups = expected.as_array_mut().expect("groups").iter_mut();
    for alert in groups.flat_map(|group| group["rules"].as_array_mut().expect("rules")) {
        let link = text(alert, "/annotations/runbook_url").replace(GUIDE, "https://wiki.example.org/tracker");
        alert["annotations"]["runbook_url"] = json!(link);
    }
    assert_eq!(rule["spec"]["groups"], expected);
}

#[test]
fn alerts_can_be_left_out_one_by_one() {
    let values =
        json!({"monitoring": {"rules": {"enabled": true, "disabled": ["TrackerSlow", "TrackerPanic"]}}});
    let objects = rendered(CHART, &values);
    let groups = one(&objects, "PrometheusRule")["spec"]["groups"].as_array().expect("groups").clone();
    let rules = groups.iter().flat_map(|group| group["rules"].as_array().expect("rules"));
    let left: BTreeSet<&str> = rules.map(|rule| text(rule, "/alert")).collect();
    let every = alerts();
    let mut expected: BTreeSet<&str> = every.iter().map(|alert| text(alert, "/alert")).collect();
    assert!(expected.remove("TrackerSlow") && expected.remove("TrackerPanic"));
    assert_eq!(left, expected);
}

#[test]
fn monitors_find_the_pods_they_are_for() {
    let values = json!({"monitoring": {"podMonitor": {"operator": true, "trackers": true}}});
    let objects = rendered(CHART, &values);
    let monitors = all(&objects, "PodMonitor");
    let (operator, trackers) = (monitors[0], monitors[1]);
    let port = text(operator, "/spec/podMetricsEndpoints/0/port");
    assert!(
        crate::references::selected_ports(&operator["spec"]["selector"]["matchLabels"], &objects)
            .contains(port)
    );
    assert_eq!(operator["spec"]["namespaceSelector"], json!({"matchNames": [crate::helm::NAMESPACE]}));
    assert_eq!(trackers["spec"]["namespaceSelector"], json!({"any": true}));
    assert_eq!(text(trackers, "/spec/podMetricsEndpoints/0/relabelings/0/targetLabel"), "cluster");

    let values = json!({"watchNamespaces": ["a", "b"], "monitoring": {"podMonitor": {"trackers": true}}});
    let objects = rendered(CHART, &values);
    assert_eq!(one(&objects, "PodMonitor")["spec"]["namespaceSelector"], json!({"matchNames": ["a", "b"]}));
}

/// One that the operator makes for a cluster, and the chart's for all of them, read the same pods in the same way.
#[test]
fn both_kinds_of_monitor_find_the_nodes() {
    let tracker = crate::built::tracker();
    let made = serde_json::to_value(pod_monitor(&tracker).expect("it was asked for")).expect("JSON");
    assert_eq!(objects::faults(&made), Vec::<String>::new());
    let objects = rendered(CHART, &json!({"monitoring": {"podMonitor": {"trackers": true}}}));
    let of_all = one(&objects, "PodMonitor");
    let template = serde_json::to_value(template(&tracker)).expect("JSON");
    for monitor in [&made, of_all] {
        let selector = &monitor["spec"]["selector"]["matchLabels"];
        assert!(objects::is_subset(selector, &template["metadata"]["labels"]), "{selector}");
        let endpoint = &monitor["spec"]["podMetricsEndpoints"][0];
        let ports = template["spec"]["containers"][0]["ports"].as_array().expect("ports");
        assert!(ports.iter().any(|port| port["name"] == endpoint["port"]), "{endpoint}");
        assert_eq!(endpoint["path"], "/metrics");
        assert_eq!(endpoint["relabelings"][0]["targetLabel"], "cluster");
    }
}

#[test]
fn the_dashboard_is_whole() {
    let dashboard = dashboard();
    let variables: BTreeSet<&str> = dashboard["templating"]["list"]
        .as_array()
        .expect("variables")
        .iter()
        .map(|variable| text(variable, "/name"))
        .collect();
    let mut ids = BTreeSet::new();
    let dollar = regex::Regex::new(r"\$([a-z_]+)").expect("a pattern");
    for panel in panels() {
        let title = text(&panel, "/title");
        assert!(ids.insert(panel["id"].as_i64().expect("an id")), "{title}: its id is there twice");
        assert_eq!(text(&panel, "/datasource/uid"), "${datasource}", "{title}");
        assert!(!text(&panel, "/description").is_empty(), "{title}");
        assert!(!queries(&panel).is_empty(), "{title}");
        for query in queries(&panel) {
            for name in dollar.captures_iter(query).map(|found| found[1].to_owned()) {
                assert!(name.starts_with("__") || variables.contains(name.as_str()), "{title}: ${name}");
            }
        }
    }
    assert!(ids.len() >= 10);
    let objects = rendered(CHART, &json!({"monitoring": {"dashboard": {"enabled": true}}}));
    let map = one(&objects, "ConfigMap");
    assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
    let held: Value = serde_json::from_str(text(map, "/data/trackercluster.json")).expect("JSON");
    assert_eq!(held, dashboard);
}

/// Every query is one that Prometheus can read: as a rule, promtool parses it.
#[test]
fn the_dashboards_queries_can_be_read() {
    let rules: Vec<Value> = panels()
        .iter()
        .flat_map(|panel| queries(panel).into_iter().map(str::to_owned).collect::<Vec<_>>())
        .enumerate()
        .map(|(number, query)| {
            let query = query.replace("$__rate_interval", "5m");
            json!({"record": format!("panel:query:{number}"), "expr": query})
        })
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let file = json!({"groups": [{"name": "panels", "rules": rules}]});
    std::fs::write(folder.path().join("panels.yaml"), file.to_string()).expect("it can be written");
    promtool(&["check", "rules", "panels.yaml"], folder.path());
}
