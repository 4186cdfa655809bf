//! The bearer tokens of `/ops` calls.

use std::path::PathBuf;

use subtle::ConstantTimeEq;

/// How many lines of the file count: the current token and, during a rotation, the one before or after it.
const VALID_MAX: usize = 2;

/// The file with the tokens. It is small and calls are rare, so it is read at each call: a change counts at once.
#[derive(Debug)]
pub(super) struct Tokens {
    file: Option<PathBuf>,
}

/// What a token is worth.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Valid,
    Wrong,
    /// No file was given.
    Closed,
    /// The file can't be read now.
    Unreadable,
}

impl Tokens {
    pub(super) fn new(file: Option<PathBuf>) -> Self {
        Self { file }
    }

    pub(super) async fn check(&self, given: Option<&str>) -> Verdict {
        let Some(file) = &self.file else { return Verdict::Closed };
        match tokio::fs::read_to_string(file).await {
            Ok(text) => verdict(&text, given),
            Err(error) => {
                tracing::warn!(%error, file = %file.display(), "operations token can't be read");
                Verdict::Unreadable
            }
        }
    }
}

fn verdict(file: &str, given: Option<&str>) -> Verdict {
    let Some(given) = given else { return Verdict::Wrong };
    // Hashes have one length, so the comparison tells nothing about the token's.
    let given = blake3::hash(given.as_bytes());
    let mut valid = subtle::Choice::from(0);
    for token in file.lines().map(str::trim).filter(|line| !line.is_empty()).take(VALID_MAX) {
        valid |= blake3::hash(token.as_bytes()).as_bytes().ct_eq(given.as_bytes());
    }
    if valid.into() { Verdict::Valid } else { Verdict::Wrong }
}

#[cfg(test)]
mod tests {
    use super::{Tokens, Verdict, verdict};

    #[test]
    fn two_tokens_are_valid_during_a_rotation() {
        let file = "new-token\n\n old-token \nforgotten\n";
        for (given, expected) in [
            (Some("new-token"), Verdict::Valid),
            (Some("old-token"), Verdict::Valid),
            (Some("forgotten"), Verdict::Wrong),
            (Some("new"), Verdict::Wrong),
            (Some(""), Verdict::Wrong),
            (None, Verdict::Wrong),
        ] {
            assert_eq!(verdict(file, given), expected, "{given:?}");
        }
        assert_eq!(verdict("", Some("")), Verdict::Wrong, "an empty file opens nothing");
    }

    #[tokio::test]
    async fn a_changed_file_counts_at_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("token");
        let tokens = Tokens::new(Some(file.clone()));
        assert_eq!(tokens.check(Some("a")).await, Verdict::Unreadable);
        std::fs::write(&file, "a\n").expect("written");
        assert_eq!(tokens.check(Some("a")).await, Verdict::Valid);
        std::fs::write(&file, "b\n").expect("written");
        assert_eq!(tokens.check(Some("a")).await, Verdict::Wrong);
        assert_eq!(Tokens::new(None).check(Some("a")).await, Verdict::Closed);
    }
}
