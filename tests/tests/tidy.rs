//! The house rules, applied to the source tree.

use tests::tidy::{arrows, shape, sources, top};

/// Fails with all breaches at once, one a line.
fn none(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn files_are_one_idea() {
    let found = sources(".", &["rs", "go", "sh"]);
    assert!(found.len() > 20, "the tree was not found");
    none(&found.iter().filter_map(shape::length).collect::<Vec<_>>());
}

#[test]
fn files_say_their_part() {
    let found = ["operator", "tracker", "tests"].into_iter().flat_map(|folder| sources(folder, &["rs"]));
    none(&found.filter_map(|source| shape::first_sentence(&source)).collect::<Vec<_>>());
}

#[test]
fn arrows_point_down_in_the_tracker() {
    none(&sources("tracker/src", &["rs"]).iter().flat_map(arrows::tracker).collect::<Vec<_>>());
}

#[test]
fn pure_steps_of_the_operator_are_pure() {
    none(&sources("operator/src", &["rs"]).iter().flat_map(arrows::operator).collect::<Vec<_>>());
}

#[test]
fn versions_stand_once() {
    let manifests =
        ["operator", "tracker", "tests"].into_iter().flat_map(|folder| sources(folder, &["toml"]));
    let breaches: Vec<_> =
        manifests.filter(|m| m.path.ends_with("Cargo.toml")).flat_map(|m| shape::own_versions(&m)).collect();
    none(&breaches);
}

#[test]
fn the_two_programs_know_nothing_of_each_other() {
    for (member, other) in [("operator", "tracker"), ("tracker", "operator")] {
        let manifest = std::fs::read_to_string(top().join(member).join("Cargo.toml")).expect("a manifest");
        assert!(!manifest.contains(&format!("{other}.workspace")), "{member} depends on {other}");
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |database: &str| -> Vec<String> {
        sources(&format!("tracker/migrations/{database}"), &["sql"])
            .iter()
            .filter_map(|source| source.path.rsplit('/').next().map(str::to_owned))
            .collect()
    };
    let (postgres, sqlite) = (names("postgres"), names("sqlite"));
    assert_eq!(shape::only_in_one(&postgres, &sqlite), Vec::<&String>::new());
}

#[test]
fn one_provider_of_tls() {
    let lock = std::fs::read_to_string(top().join("Cargo.lock")).expect("a lock file");
    for refused in ["aws-lc-rs", "openssl", "native-tls"] {
        assert!(
            !lock.contains(&format!("name = \"{refused}\"")),
            "{refused} came in: `cargo tree -i {refused}`"
        );
    }
}
