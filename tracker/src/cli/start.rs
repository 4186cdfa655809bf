//! What a node does from its start until it serves: wait for the database, prepare it, catch up, become active.

use std::{
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use rand::rngs::StdRng;
use tokio_util::sync::CancellationToken;

use crate::{
    app::{App, Opened, first_start::ADMIN, users::made_password},
    cluster::{
        Node,
        role::{Command, Event},
    },
    index::{Index, IndexState, Replicator},
    storage::{
        self, Store,
        files::{FileError, SharedHome},
        upkeep,
    },
};

/// Pause between two tries to reach the database or the shared home.
const RETRY: Duration = Duration::from_millis(500);
/// Pause between two looks at how far the index is.
const LOOK: Duration = Duration::from_millis(20);

/// What a start works with.
pub(super) struct Start {
    pub(super) app: App,
    pub(super) store: Store,
    pub(super) shared_home: PathBuf,
    pub(super) index: Index,
    pub(super) replicator: Replicator,
    pub(super) admin_password_file: Option<PathBuf>,
    pub(super) stop: CancellationToken,
}

impl Start {
    /// Starts the node and keeps its index in step until it is stopped.
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let stop = self.stop.clone();
        let Some(opened) = stop.run_until_cancelled(self.open()).await else { return Ok(()) };
        let opened = opened?;
        let tidy = upkeep::run(self.store.clone(), opened.files.clone(), upkeep::CHANGE_LOG_RETENTION);
        self.app.open(opened);
        report(&self.app, Event::Prepared);
        let follow = self.replicator.run(stop.clone());
        let activate = stop.run_until_cancelled(activate(&self.app, &self.index));
        let (followed, _, _) = tokio::join!(follow, activate, stop.run_until_cancelled(tidy));
        Ok(followed?)
    }

    async fn open(&self) -> anyhow::Result<Opened> {
        prepare(&self.store).await?;
        self.make_admin().await?;
        let files = open_shared_home(&self.shared_home).await;
        Ok(Opened { index: self.index.clone(), files })
    }

    async fn make_admin(&self) -> anyhow::Result<()> {
        if self.app.has_users().await? {
            return Ok(());
        }
        // Read only now: after the first start the file may be gone.
        if let Some(given) = given_password(self.admin_password_file.as_deref())? {
            self.app.make_first_admin(&given).await?;
            return Ok(());
        }
        let made = made_password(&mut rand::make_rng::<StdRng>());
        if self.app.make_first_admin(&made).await? {
            show(&made)?;
        }
        Ok(())
    }
}

/// Prepares the database, waiting as long as it can't be reached.
pub(super) async fn prepare(store: &Store) -> Result<(), storage::Error> {
    let mut said = String::new();
    loop {
        match store.prepare().await {
            Err(error @ (storage::Error::Unavailable(_) | storage::Error::Busy(_))) => {
                let reason = error.to_string();
                if reason != said {
                    tracing::warn!(%error, "waiting for the database");
                    said = reason;
                }
                tokio::time::sleep(RETRY).await;
            }
            done => return done,
        }
    }
}

async fn open_shared_home(root: &Path) -> SharedHome {
    let mut said = false;
    loop {
        match SharedHome::open(root).await {
            Ok(files) => return files,
            Err(error) => log_once(&mut said, &error),
        }
        tokio::time::sleep(RETRY).await;
    }
}

fn log_once(said: &mut bool, error: &FileError) {
    if !std::mem::replace(said, true) {
        tracing::warn!(%error, "waiting for the shared home");
    }
}

async fn activate(app: &App, index: &Index) {
    while index.status().state != IndexState::InStep {
        tokio::time::sleep(LOOK).await;
    }
    report(app, Event::InStep);
}

/// Tells the node what happened, and does what follows from it.
fn report(app: &App, event: Event) {
    let node: &Node = app.node();
    let mut next = node.report(event);
    while let Some(command) = next {
        next = match command {
            Command::Activate => {
                app.clear_caches();
                node.report(Event::Activated)
            }
            Command::Passivate => node.report(Event::Passivated),
            // Whoever runs the process watches the role.
            Command::Drain | Command::Stop => None,
        };
    }
}

/// Nobody else will ever know it, so it goes to the terminal, and not to the log.
fn show(password: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "The first user is '{ADMIN}' with the password {password}")?;
    writeln!(out, "It is shown only this once.")
}

fn given_password(file: Option<&Path>) -> anyhow::Result<Option<String>> {
    let given = match file {
        Some(file) => Some(
            std::fs::read_to_string(file)
                .with_context(|| format!("read the first password from {}", file.display()))?,
        ),
        None => std::env::var("TRACKER_ADMIN_PASSWORD").ok().filter(|password| !password.is_empty()),
    };
    Ok(given.map(|password| password.trim_end_matches(['\n', '\r']).to_owned()))
}
