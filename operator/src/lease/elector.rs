//! Pure: when to take, renew and give up the Lease, by client-go's rules.
//!
//! Time is a monotonic clock of this process alone. A record has expired when this process has itself seen it
//! unchanged for its full duration; the clocks of others are never compared.

use std::time::Duration;

/// How long a candidate waits after the last change of the record.
pub const LEASE_DURATION: Duration = Duration::from_secs(10);
/// How long a leader goes on after the moment it sent its last good renewal.
pub const RENEW_DEADLINE: Duration = Duration::from_secs(7);
/// How often both try.
pub const RETRY_PERIOD: Duration = Duration::from_secs(2);

/// What the Lease says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Who holds it; `None` or empty: nobody.
    pub holder: Option<String>,
    /// How long it holds without a change.
    pub duration: Duration,
    /// How often it changed hands.
    pub transitions: i32,
    /// The version that an update must name.
    pub version: String,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// There is no Lease: make it, with ourselves as holder.
    Create,
    /// It is free or expired: take it, naming its version.
    Take {
        /// The version that was read.
        version: String,
        /// The new number of changes of hands.
        transitions: i32,
    },
    /// It is ours: renew it, naming its version.
    Renew {
        /// The version that was read.
        version: String,
    },
    /// Somebody else holds it.
    Wait,
}

/// One candidate.
#[derive(Clone, Debug)]
pub struct Elector {
    identity: String,
    /// Version of the record seen last, and when it was first seen.
    seen: Option<(String, Duration)>,
    /// When the last good write was sent.
    renewed: Option<Duration>,
}

impl Elector {
    /// A candidate; `identity` must be this process' alone.
    pub fn new(identity: String) -> Self {
        Self { identity, seen: None, renewed: None }
    }

    /// What to do about the record that was read just now, at `now`.
    pub fn decide(&mut self, record: Option<&Record>, now: Duration) -> Move {
        let Some(record) = record else { return Move::Create };
        let since = match &self.seen {
            Some((version, since)) if *version == record.version => *since,
            _ => {
                self.seen = Some((record.version.clone(), now));
                now
            }
        };
        let holder = record.holder.as_deref().filter(|holder| !holder.is_empty());
        if holder == Some(self.identity.as_str()) {
            return Move::Renew { version: record.version.clone() };
        }
        if holder.is_some() && now < since + record.duration {
            return Move::Wait;
        }
        Move::Take { version: record.version.clone(), transitions: record.transitions + 1 }
    }

    /// The write that was sent at `sent` went through.
    pub fn wrote(&mut self, sent: Duration) {
        self.renewed = Some(sent);
    }

    /// Whether this candidate leads at `now`.
    pub fn leads(&self, now: Duration) -> bool {
        self.deadline().is_some_and(|deadline| now < deadline)
    }

    /// When leading ends without another good write; `None` for one that never led.
    pub fn deadline(&self) -> Option<Duration> {
        Some(self.renewed? + RENEW_DEADLINE)
    }
}

#[cfg(test)]
mod tests;
