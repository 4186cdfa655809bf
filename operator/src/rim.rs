//! The rim: the clock and the random source, which everything else takes as parameters.

use jiff::Timestamp;
use rand::TryRng;
use rand::rngs::SysRng;

/// What everything else takes as a parameter.
#[derive(Clone, Copy, Debug)]
pub struct Rim {
    /// The time of day, for conditions and events; never to judge whether something expired.
    pub now: fn() -> Timestamp,
    /// 160 random bits as text: for passwords, tokens and identities.
    pub random: fn() -> Result<String, RandomError>,
}

/// The operating system gives no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gives no random bytes")]
pub struct RandomError;

impl Rim {
    /// The machine's clock and random source.
    pub fn real() -> Self {
        Self { now: machine_clock, random: machine_random }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock comes in")]
fn machine_clock() -> Timestamp {
    Timestamp::now()
}

fn machine_random() -> Result<String, RandomError> {
    // 32 letters, so that each stands for 5 bits; none that look alike.
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0_u8; 32];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| RandomError)?;
    Ok(bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_texts_are_long_and_differ() {
        let (left, right) = (machine_random().unwrap(), machine_random().unwrap());
        assert_eq!(left.len(), 32);
        assert_ne!(left, right);
        assert!(left.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
