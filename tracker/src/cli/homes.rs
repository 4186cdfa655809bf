//! Finds and makes the directories of a node.

use std::path::Path;

use anyhow::Context;
use directories::ProjectDirs;

use crate::config::homes::{Homes, Paths};

/// The homes as set, else below the platform's data directory.
pub(super) fn find(homes: &Homes) -> anyhow::Result<Paths> {
    let data_dir = ProjectDirs::from("dev", "tracker", "tracker").map(|dirs| dirs.data_dir().to_owned());
    homes.resolve(data_dir).context("no home directory is known here: give --local-home")
}

/// Makes the homes where they are missing.
pub(super) fn make(paths: &Paths) -> anyhow::Result<()> {
    for dir in [&paths.local, &paths.shared] {
        make_private(dir).with_context(|| format!("make directory {}", dir.display()))?;
    }
    Ok(())
}

/// Only this user may look in: the embedded database and attachments are in there.
fn make_private(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}
