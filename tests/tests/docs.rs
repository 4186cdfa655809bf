//! The documents say what the programs do.

use clap::{Args, Command};

fn read(path: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    std::fs::read_to_string(format!("{root}/{path}")).expect(path)
}

#[test]
fn configuration_page_has_each_flag_of_serve_and_no_other() {
    let page = read("docs/configuration.md");
    let serve = tracker::config::Serve::augment_args(Command::new("serve"));
    let mut flags: Vec<String> =
        serve.get_arguments().filter_map(|flag| flag.get_long()).map(str::to_owned).collect();
    flags.sort();
    let mut listed: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `--")?.split(['`', ' ']).next())
        .map(str::to_owned)
        .collect();
    listed.sort();
    listed.dedup();
    assert_eq!(listed, flags);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)#:]+)(?:#[^)]*)?\)").expect("a valid pattern");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut pages: Vec<String> =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "deploy/local/README.md"]
            .map(str::to_owned)
            .to_vec();
    for entry in std::fs::read_dir(format!("{root}/docs")).expect("docs") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name in UTF-8");
        pages.push(format!("docs/{name}"));
    }
    let mut broken = Vec::new();
    for page in pages {
        let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
        for found in link.captures_iter(&read(&page)) {
            if !std::path::Path::new(root).join(folder).join(&found[1]).exists() {
                broken.push(format!("{page}: {}", &found[1]));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
