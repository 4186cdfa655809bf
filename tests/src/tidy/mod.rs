//! The house rules as functions over source text; `tests/tidy.rs` applies them to the tree.

pub mod arrows;
pub mod shape;

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// One file of the tree: its path from the top of the checkout, and its text.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path from the top, with `/` between the parts.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A source from its parts, for the rules' own tests.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Lines of code with their numbers: without comments, and without the file's inline test module.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
            .map(|(n, line)| (n + 1, line.split("//").next().unwrap_or("")))
            .filter(|(_, line)| !line.trim().is_empty())
    }
}

/// The top of the checkout.
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the checkout").to_owned()
}

/// All files below `folder` (from the top) with one of these endings, in order of their path.
pub fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let top = top();
    let mut found: Vec<Source> = WalkDir::new(top.join(folder))
        .into_iter()
        .filter_entry(|entry| !matches!(entry.file_name().to_str(), Some(".git" | "target")))
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .filter(|entry| {
            entry.path().extension().is_some_and(|ending| endings.iter().any(|e| ending.to_str() == Some(e)))
        })
        .map(|entry| Source {
            path: entry.path().strip_prefix(&top).expect("below the top").to_string_lossy().into_owned(),
            text: std::fs::read_to_string(entry.path()).expect("sources are UTF-8"),
        })
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}
