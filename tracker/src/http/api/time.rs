//! Times as clients know them: `2026-01-31T12:00:00.000+0000`.

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

/// `ms` (milliseconds since 1970) in UTC. A time that no calendar has becomes null.
pub fn render(ms: i64) -> Value {
    let Ok(time) = Timestamp::from_millisecond(ms) else { return Value::Null };
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%3f%z").to_string().into()
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn times_have_milliseconds_and_an_offset_without_colon() {
        assert_eq!(render(1_769_860_800_000), "2026-01-31T12:00:00.000+0000");
        assert_eq!(render(7), "1970-01-01T00:00:00.007+0000");
        assert_eq!(render(i64::MAX), serde_json::Value::Null);
    }
}
