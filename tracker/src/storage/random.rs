//! Random numbers for uids and revs: one source per store, seeded by the system or, in a test that must repeat, by hand.

use std::sync::{Mutex, PoisonError};

use rand::{Rng, SeedableRng, rngs::StdRng};

/// A source of random numbers.
pub(super) struct Random(Mutex<StdRng>);

impl Random {
    /// A source that repeats itself with the same seed.
    pub(super) fn new(seed: Option<u64>) -> Self {
        Self(Mutex::new(seed.map_or_else(rand::make_rng, StdRng::seed_from_u64)))
    }

    /// The next number.
    pub(super) fn next(&self) -> u64 {
        // Whatever state a panic elsewhere left, the next number is as random.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }

    /// A name that no other thing has.
    pub(super) fn uid(&self) -> String {
        format!("{:016x}", self.next())
    }

    /// A number for `Issue::rev`: not negative.
    pub(super) fn rev(&self) -> i64 {
        (self.next() >> 1) as i64
    }
}
