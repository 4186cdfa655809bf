//! Builds what every command needs: the directories and the database.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context;
use directories::ProjectDirs;
use uuid::Uuid;

use crate::{
    config::{
        Common,
        database::Database,
        homes::{Homes, Paths},
    },
    domain::clock::{Clock, SystemClock},
    storage::{DatabaseSettings, Identity, Store, UrlSource},
};

/// What every command works with.
pub(super) struct Setup {
    pub(super) paths: Paths,
    pub(super) store: Store,
}

/// Finds and makes the directories, and gets ready to connect to the database; it need not be up.
pub(super) async fn prepare(settings: &Common) -> anyhow::Result<Setup> {
    let paths = find_homes(&settings.homes)?;
    for dir in [&paths.local, &paths.shared] {
        make_private(dir).with_context(|| format!("make directory {}", dir.display()))?;
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let identity = identity(settings.node.node_id.as_deref())?;
    let store = Store::connect(database(&settings.database, &paths)?, identity, clock).await?;
    Ok(Setup { paths, store })
}

/// The homes as set, else below the platform's data directory.
fn find_homes(homes: &Homes) -> anyhow::Result<Paths> {
    let data_dir = ProjectDirs::from("dev", "tracker", "tracker").map(|dirs| dirs.data_dir().to_owned());
    homes.resolve(data_dir).context("no home directory is known here: give --local-home")
}

fn database(settings: &Database, paths: &Paths) -> anyhow::Result<DatabaseSettings> {
    let url = match (&settings.database, &settings.database_file) {
        (Some(url), _) => UrlSource::Url(url.0.clone()),
        (None, Some(file)) => UrlSource::File(file.clone()),
        (None, None) => UrlSource::Url(sqlite_url(&paths.sqlite())?),
    };
    Ok(DatabaseSettings {
        ca_file: settings.database_ca_file.clone(),
        max_connections: settings.database_connections,
        ..DatabaseSettings::new(url)
    })
}

/// A path as URL; spaces and such are encoded.
fn sqlite_url(file: &PathBuf) -> anyhow::Result<String> {
    let file = std::path::absolute(file)?;
    let url =
        url::Url::from_file_path(&file).ok().with_context(|| format!("{} is no path", file.display()))?;
    Ok(url.as_str().replacen("file://", "sqlite://", 1))
}

fn identity(node_id: Option<&str>) -> anyhow::Result<Identity> {
    let node = match node_id {
        Some(id) => id.to_owned(),
        None => hostname::get()?.into_string().ok().context("the host's name is no text: give --node-id")?,
    };
    Ok(Identity { node, uid: Uuid::new_v4().simple().to_string() })
}

/// Only this user may look in: the embedded database and attachments are in there.
fn make_private(dir: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(test)]
mod tests {
    use super::sqlite_url;

    #[test]
    fn any_path_becomes_a_url() {
        let url = sqlite_url(&"/a b/ü/tracker.db".into()).expect("a URL");
        assert_eq!(url, "sqlite:///a%20b/%C3%BC/tracker.db");
    }
}
