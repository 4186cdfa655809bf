//! Which part of a file a client asks for.

use std::ops::Range;

/// What to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The whole file.
    All,
    /// These bytes.
    Part(Range<u64>),
    /// Nothing of what is asked for is there.
    Impossible,
}

/// Reads a `Range` header for a file of `size` bytes. Several parts at once, and what makes no sense, mean the whole file,
/// as the standard allows.
pub fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some(asked) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else {
        return Wanted::All;
    };
    let Some((first, last)) = asked.split_once('-') else { return Wanted::All };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let part = match (number(first), number(last)) {
        (None, Some(0)) => return Wanted::Impossible,
        (None, Some(length)) if first.trim().is_empty() => size.saturating_sub(length)..size,
        (Some(first), None) if last.trim().is_empty() => first..size,
        (Some(first), Some(last)) if first <= last => first..size.min(last.saturating_add(1)),
        _ => return Wanted::All,
    };
    if part.start < part.end { Wanted::Part(part) } else { Wanted::Impossible }
}

#[cfg(test)]
mod tests {
    use super::{Wanted, wanted};

    #[test]
    fn parts_of_a_file() {
        for (header, expected) in [
            ("bytes=0-3", Wanted::Part(0..4)),
            ("bytes=4-", Wanted::Part(4..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-99", Wanted::Part(0..10)),
            ("bytes=9-99", Wanted::Part(9..10)),
            ("bytes=10-", Wanted::Impossible),
            ("bytes=-0", Wanted::Impossible),
            ("bytes=5-4", Wanted::All),
            ("bytes=0-1,3-4", Wanted::All),
            ("bytes=x-", Wanted::All),
            ("lines=0-1", Wanted::All),
            ("bytes=99999999999999999999-", Wanted::All),
        ] {
            assert_eq!(wanted(Some(header), 10), expected, "{header}");
        }
        assert_eq!(wanted(None, 10), Wanted::All);
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Impossible);
    }
}
