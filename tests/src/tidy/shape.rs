//! How a file looks: its length, its first sentence, and where dependencies and migrations are named.

use super::Source;

/// A file longer than this is two ideas.
pub const MOST_LINES: usize = 600;

/// A file that is too long.
pub fn length(source: &Source) -> Option<String> {
    let lines = source.text.lines().count();
    (lines > MOST_LINES).then(|| format!("{}: {lines} lines, {MOST_LINES} at the most", source.path))
}

/// A Rust file that doesn't begin with the sentence that says its part in the story.
pub fn first_sentence(source: &Source) -> Option<String> {
    let first = source.text.lines().next().unwrap_or("");
    let said = first.strip_prefix("//! ").is_some_and(|sentence| !sentence.trim().is_empty());
    (!said).then(|| format!("{}: begin with a `//!` sentence", source.path))
}

/// Dependencies of a member's Cargo.toml whose version doesn't come from the workspace.
pub fn own_versions(manifest: &Source) -> Vec<String> {
    let mut inside = false;
    let mut breaches = Vec::new();
    for line in manifest.text.lines() {
        if line.starts_with('[') {
            inside = line.contains("dependencies");
        } else if inside && line.contains('=') && !line.contains("workspace") && !line.starts_with('#') {
            breaches.push(format!("{}: `{line}` belongs into the workspace table", manifest.path));
        }
    }
    breaches
}

/// Names that stand in one of two lists only.
pub fn only_in_one<'a>(left: &'a [String], right: &'a [String]) -> Vec<&'a String> {
    let missing = left.iter().filter(|name| !right.contains(name));
    missing.chain(right.iter().filter(|name| !left.contains(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_hundred_lines_are_the_end() {
        assert!(length(&Source::new("a.rs", &"x\n".repeat(600))).is_none());
        assert!(length(&Source::new("a.rs", &"x\n".repeat(601))).is_some());
    }

    #[test]
    fn a_file_says_its_part() {
        assert!(first_sentence(&Source::new("a.rs", "//! Reads what others wrote.\n")).is_none());
        assert!(first_sentence(&Source::new("a.rs", "use std::fmt;\n")).is_some());
        assert!(first_sentence(&Source::new("a.rs", "//!\n")).is_some());
    }

    #[test]
    fn versions_stand_in_the_workspace() {
        let own = Source::new(
            "x/Cargo.toml",
            "[dependencies]\nserde.workspace = true\nrand = \"1\"\n[lints]\na = 1\n",
        );
        assert_eq!(own_versions(&own).len(), 1);
    }

    #[test]
    fn both_lists_must_hold_a_name() {
        let (a, b) = (vec!["1".to_owned(), "2".to_owned()], vec!["2".to_owned(), "3".to_owned()]);
        assert_eq!(only_in_one(&a, &b), ["1", "3"]);
    }
}
