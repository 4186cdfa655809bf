//! Slows down guessing: after too many wrong passwords for one name from one address, no more are tried for a while.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::domain::{clock::Clock, text::fold};

/// Wrong passwords allowed within [`WINDOW`].
const FAILURES_MAX: u32 = 10;
/// How long failures count, from the first one.
const WINDOW: Duration = Duration::from_mins(1);
/// Most pairs of name and address remembered. Past it the oldest are forgotten, so that memory stays bounded.
const PAIRS_MAX: usize = 10_000;

/// Counts wrong passwords by name and address.
pub struct Throttle {
    clock: Arc<dyn Clock>,
    counts: Mutex<HashMap<Pair, Count>>,
}

/// Who guesses whose password.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    name: String,
    address: Option<IpAddr>,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    first: Duration,
    failures: u32,
}

impl Pair {
    /// `name` in any case, from `address` (`None` when it isn't known).
    pub fn new(name: &str, address: Option<IpAddr>) -> Self {
        Self { name: fold(name), address }
    }
}

impl Throttle {
    /// Nothing counted yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, counts: Mutex::default() }
    }

    /// Whether one more password may be tried.
    pub fn may_try(&self, pair: &Pair) -> bool {
        let now = self.clock.monotonic();
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(pair).is_none_or(|count| !count.is_full() || count.is_over(now))
    }

    /// Notes a wrong password.
    pub fn failed(&self, pair: &Pair) {
        let now = self.clock.monotonic();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= PAIRS_MAX && !counts.contains_key(pair) {
            counts.retain(|_, count| !count.is_over(now));
            if counts.len() >= PAIRS_MAX {
                counts.clear();
            }
        }
        let count = counts.entry(pair.clone()).or_insert(Count { first: now, failures: 0 });
        if count.is_over(now) {
            *count = Count { first: now, failures: 0 };
        }
        count.failures += 1;
    }

    /// Forgets what was counted, because the right password came.
    pub fn succeeded(&self, pair: &Pair) {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).remove(pair);
    }
}

impl Count {
    fn is_full(self) -> bool {
        self.failures >= FAILURES_MAX
    }

    fn is_over(self, now: Duration) -> bool {
        now.saturating_sub(self.first) >= WINDOW
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{FAILURES_MAX, PAIRS_MAX, Pair, Throttle, WINDOW};
    use crate::domain::clock::ManualClock;

    #[test]
    fn guessing_stops_for_a_while() {
        let clock = Arc::new(ManualClock::at(0));
        let throttle = Throttle::new(clock.clone());
        let ada = Pair::new("Ada", "1.2.3.4".parse().ok());
        for _ in 0..FAILURES_MAX {
            assert!(throttle.may_try(&ada));
            throttle.failed(&ada);
        }
        assert!(!throttle.may_try(&Pair::new("ADA", "1.2.3.4".parse().ok())));
        assert!(throttle.may_try(&Pair::new("ada", "1.2.3.5".parse().ok())), "others are not locked out");
        clock.advance(WINDOW);
        assert!(throttle.may_try(&ada));
        throttle.failed(&ada);
        assert!(throttle.may_try(&ada), "counting began anew");
    }

    #[test]
    fn the_right_password_clears_the_count_and_memory_is_bounded() {
        let throttle = Throttle::new(Arc::new(ManualClock::at(0)));
        let ada = Pair::new("ada", None);
        for _ in 0..FAILURES_MAX {
            throttle.failed(&ada);
        }
        throttle.succeeded(&ada);
        assert!(throttle.may_try(&ada));
        for n in 0..=PAIRS_MAX {
            throttle.failed(&Pair::new(&n.to_string(), None));
        }
        assert!(throttle.counts.lock().expect("not poisoned").len() <= PAIRS_MAX);
    }
}
