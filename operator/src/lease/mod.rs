//! The Lease that decides which operator leads: its client, and the loop that keeps it.
//!
//! Every write names the version that was read, so of two candidates one is refused.

pub mod elector;

use std::future::Future;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::{Api, PostParams};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use self::elector::{Elector, LEASE_DURATION, Move, RENEW_DEADLINE, RETRY_PERIOD, Record};
use crate::rim::Rim;

/// Why leading ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No renewal went through in time, or someone else has the Lease.
    #[error("leadership was lost")]
    Lost,
    /// The API server refuses: most likely a missing permission.
    #[error("the Lease can't be used: {0}")]
    Refused(String),
}

/// The Lease and this candidate for it.
pub struct Keeper {
    api: Api<Lease>,
    name: String,
    identity: String,
    rim: Rim,
    elector: Elector,
    started: Instant,
    /// Whether the API server answered last time: readiness.
    reached: watch::Sender<bool>,
}

impl Keeper {
    /// A candidate for the Lease `name`. What `reached` says is whether the API server answers.
    pub fn new(
        api: Api<Lease>,
        name: String,
        identity: String,
        rim: Rim,
        reached: watch::Sender<bool>,
    ) -> Self {
        let elector = Elector::new(identity.clone());
        Self { api, name, identity, rim, elector, started: Instant::now(), reached }
    }

    /// Wait until this candidate leads. Ends with an error only where trying again is of no use.
    pub async fn acquire(&mut self) -> Result<(), Error> {
        loop {
            self.attempt(RENEW_DEADLINE).await?;
            if self.elector.leads(self.now()) {
                tracing::info!(identity = %self.identity, "leading");
                return Ok(());
            }
            sleep(RETRY_PERIOD).await;
        }
    }

    /// Renew until that no longer works; then this process must stop leading at once.
    pub async fn keep(&mut self) -> Error {
        loop {
            let Some(left) = self.left() else { return Error::Lost };
            sleep(RETRY_PERIOD.min(left)).await;
            let Some(left) = self.left() else { return Error::Lost };
            match self.attempt(left).await {
                Ok(true) => {}
                // Someone else has it: there is no point in going on until the deadline.
                Ok(false) => return Error::Lost,
                Err(error) => return error,
            }
        }
    }

    /// Give the Lease back, so that the next one need not wait for it to expire.
    pub async fn release(&mut self) {
        let released = timeout(RETRY_PERIOD, async {
            let Some(mut lease) = self.api.get_opt(&self.name).await? else { return Ok(()) };
            if record(&lease).holder.as_deref() != Some(self.identity.as_str()) {
                return Ok(());
            }
            let spec = lease.spec.get_or_insert_with(LeaseSpec::default);
            spec.holder_identity = Some(String::new());
            spec.lease_duration_seconds = Some(1);
            spec.renew_time = Some(MicroTime((self.rim.now)()));
            self.api.replace(&self.name, &PostParams::default(), &lease).await.map(drop)
        })
        .await;
        match released {
            Ok(Ok(())) => tracing::info!("gave the Lease back"),
            Ok(Err(error)) => tracing::warn!(%error, "can't give the Lease back"),
            Err(_) => tracing::warn!("can't give the Lease back in time"),
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// How long leading lasts without another renewal; `None` when it is over.
    fn left(&self) -> Option<Duration> {
        self.elector.deadline()?.checked_sub(self.now()).filter(|left| !left.is_zero())
    }

    /// One try within `limit`. False if someone else holds the Lease; failures of the API server are borne.
    async fn attempt(&mut self, limit: Duration) -> Result<bool, Error> {
        let Ok(tried) = timeout(limit, self.try_once()).await else {
            self.reached.send_replace(false);
            tracing::warn!("no answer about the Lease");
            return Ok(true);
        };
        match tried {
            Ok(held) => {
                self.reached.send_replace(true);
                Ok(held)
            }
            Err(kube::Error::Api(status)) if matches!(status.code, 401 | 403) => {
                Err(Error::Refused(status.message.clone()))
            }
            // Someone was quicker: read again at the next try.
            Err(kube::Error::Api(status)) if status.code == 409 => {
                self.reached.send_replace(true);
                Ok(true)
            }
            Err(error) => {
                self.reached.send_replace(false);
                tracing::warn!(%error, "the Lease can't be read or written");
                Ok(true)
            }
        }
    }

    async fn try_once(&mut self) -> Result<bool, kube::Error> {
        let lease = self.api.get_opt(&self.name).await?;
        let found = lease.as_ref().map(record);
        let sent = self.now();
        match self.elector.decide(found.as_ref(), sent) {
            Move::Create => {
                self.api.create(&PostParams::default(), &self.lease(None, 0)).await?;
            }
            Move::Take { transitions, .. } => {
                self.api.replace(&self.name, &PostParams::default(), &self.lease(lease, transitions)).await?;
            }
            Move::Renew { .. } => {
                let transitions = found.map_or(0, |record| record.transitions);
                self.api.replace(&self.name, &PostParams::default(), &self.lease(lease, transitions)).await?;
            }
            Move::Wait => return Ok(false),
        }
        self.elector.wrote(sent);
        Ok(true)
    }

    /// The Lease as we want it, from the one that was read and with its version.
    fn lease(&self, read: Option<Lease>, transitions: i32) -> Lease {
        let now = MicroTime((self.rim.now)());
        let (metadata, spec) = read.map_or_else(Default::default, |lease| (lease.metadata, lease.spec));
        let held = spec.filter(|spec| spec.holder_identity.as_deref() == Some(&self.identity));
        Lease {
            metadata: ObjectMeta { name: Some(self.name.clone()), ..metadata },
            spec: Some(LeaseSpec {
                holder_identity: Some(self.identity.clone()),
                lease_duration_seconds: i32::try_from(LEASE_DURATION.as_secs()).ok(),
                acquire_time: held.and_then(|held| held.acquire_time).or_else(|| Some(now.clone())),
                renew_time: Some(now),
                lease_transitions: Some(transitions),
                ..LeaseSpec::default()
            }),
        }
    }
}

/// Lead while `work` runs. What ends first counts: the work, or the leadership.
pub async fn lead<T>(keeper: &mut Keeper, work: impl Future<Output = T>) -> Result<T, Error> {
    tokio::select! {
        done = work => Ok(done),
        error = keeper.keep() => Err(error),
    }
}

fn record(lease: &Lease) -> Record {
    let spec = lease.spec.clone().unwrap_or_default();
    let seconds = spec.lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
    Record {
        holder: spec.holder_identity,
        duration: seconds.map_or(LEASE_DURATION, Duration::from_secs),
        transitions: spec.lease_transitions.unwrap_or(0),
        version: lease.metadata.resource_version.clone().unwrap_or_default(),
    }
}
