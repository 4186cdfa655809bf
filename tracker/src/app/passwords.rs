//! Passwords: hashed with argon2id, off the threads that serve requests, and remembered for a short time once verified.

use std::{fmt, sync::Arc, time::Duration};

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use moka::future::Cache;
use rand::CryptoRng;
use tokio::sync::Semaphore;

use super::{Error, Result};
use crate::domain::id::UserId;

/// How long a verified password is remembered. A changed password is refused at once all the same: what is remembered
/// belongs to the stored hash.
const REMEMBERED: Duration = Duration::from_mins(5);
/// Most passwords remembered.
const REMEMBERED_MAX: u64 = 10_000;
/// Longest password, in bytes: more would only be work for an attacker's benefit.
pub const PASSWORD_MAX: usize = 1_024;

/// Hashes and verifies passwords.
pub struct Passwords {
    /// Random per process: what is remembered means nothing outside of it.
    key: [u8; 32],
    verified: Cache<[u8; 32], ()>,
    /// Hashing takes 19 MiB and a processor each time; more at once would take both from everything else.
    permits: Arc<Semaphore>,
    /// A hash that no password has, for names that no user has.
    nobody: String,
}

/// Why a password could not be verified.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// It is wrong.
    Wrong,
    /// Too many wrong ones came before.
    Throttled,
    /// Verifying failed.
    Failed(String),
}

impl Passwords {
    /// `parallel`: how many hashes are computed at the same time.
    pub fn new(parallel: usize, random: &mut impl CryptoRng) -> Self {
        let salt = BASE64_STANDARD_NO_PAD.encode(bytes::<16>(random));
        let hash = BASE64_STANDARD_NO_PAD.encode(bytes::<32>(random));
        let params = argon2::Params::DEFAULT;
        let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
        Self {
            key: bytes(random),
            verified: Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(REMEMBERED).build(),
            permits: Arc::new(Semaphore::new(parallel.max(1))),
            nobody: format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}"),
        }
    }

    /// The hash to store for `password`.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let password = password.to_owned();
        let hashed = self.compute(move || Argon2::default().hash_password(password.as_bytes())).await?;
        hashed.map(|hash| hash.to_string()).map_err(|error| Error::Internal(error.to_string().into()))
    }

    /// A hash that no password has.
    pub fn nobody(&self) -> &str {
        &self.nobody
    }

    /// Whether `password` is the one that `stored` was made of. `stored` is `None` when there is no such user: that takes
    /// as long as a wrong password. Requests with the same credentials at the same time cost one hash. `may_try` is asked
    /// before each hash is computed, and `failed` told after each wrong one.
    pub async fn verify(
        &self,
        stored: Option<(UserId, &str)>,
        password: &str,
        gate: &impl Gate,
    ) -> Result<(), Refusal> {
        if password.len() > PASSWORD_MAX {
            return Err(Refusal::Wrong);
        }
        let (user, hash) = stored.unwrap_or((UserId(0), &self.nobody));
        let digest = self.digest(user, hash, password);
        let verifying = async {
            let right = self
                .compute_if(|| gate.may_try(), {
                    let (hash, password) = (hash.to_owned(), password.to_owned());
                    move || is_right(&hash, &password)
                })
                .await?;
            if right && stored.is_some() {
                return Ok(());
            }
            gate.failed();
            Err(Refusal::Wrong)
        };
        self.verified.try_get_with(digest, verifying).await.map_err(|refusal| (*refusal).clone())
    }

    /// Forgets every verified password.
    pub fn forget(&self) {
        self.verified.invalidate_all();
    }

    fn digest(&self, user: UserId, hash: &str, password: &str) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&user.0.to_le_bytes());
        // Lengths keep the parts apart.
        hasher.update(&(hash.len() as u64).to_le_bytes());
        hasher.update(hash.as_bytes());
        hasher.update(password.as_bytes());
        hasher.finalize().into()
    }

    async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let failed = |what: String| Error::Internal(what.into());
        let permit = self.permits.clone().acquire_owned().await.map_err(|error| failed(error.to_string()))?;
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|error| failed(error.to_string()))
    }

    async fn compute_if(
        &self,
        may_try: impl Fn() -> bool,
        work: impl FnOnce() -> bool + Send + 'static,
    ) -> Result<bool, Refusal> {
        let failed = |error: &dyn fmt::Display| Refusal::Failed(error.to_string());
        let permit = self.permits.clone().acquire_owned().await.map_err(|error| failed(&error))?;
        // Asked only now: while this one waited, others may have failed.
        if !may_try() {
            return Err(Refusal::Throttled);
        }
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        done.await.map_err(|error| failed(&error))
    }
}

/// Decides whether one more guess is allowed.
pub trait Gate: Sync {
    /// Whether a password may be tried now.
    fn may_try(&self) -> bool;
    /// A wrong one was tried.
    fn failed(&self);
}

fn bytes<const N: usize>(random: &mut impl CryptoRng) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill_bytes(&mut bytes);
    bytes
}

fn is_right(hash: &str, password: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else {
        tracing::error!("a stored password hash can't be read");
        return false;
    };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
}
