//! Moments as queries write them: dates, periods before or after now, and the beginnings and ends of calendar units.

use jiff::{
    Span, Timestamp, ToSpan, Zoned,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

/// When "now" is, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calendar<'a> {
    pub(super) now_ms: i64,
    pub(super) zone: &'a TimeZone,
}

/// A unit of the calendar that functions round to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Week,
    Month,
    Year,
}

impl Calendar<'_> {
    /// The moment that `text` means: a date (midnight), a date and time, or a period from now. Milliseconds.
    pub(super) fn moment(self, text: &str) -> Option<i64> {
        let text = text.trim();
        if let Some(civil) = civil(text) {
            return Some(civil.to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond());
        }
        let moment = self.now()?.checked_add(period(text)?).ok()?;
        Some(moment.timestamp().as_millisecond())
    }

    /// The beginning or the end of the current `unit`, moved by `increment`, e.g. `-1`, `+2w`, or nothing.
    pub(super) fn boundary(self, unit: Unit, end: bool, increment: Option<&str>) -> Option<i64> {
        let mut now = self.now()?;
        if let Some(increment) = increment {
            now = now.checked_add(increment_of(unit, increment.trim())?).ok()?;
        }
        let first = first_day(unit, now.date())?;
        let start = if end {
            let next = match unit {
                Unit::Day => 1.day(),
                Unit::Week => 1.week(),
                Unit::Month => 1.month(),
                Unit::Year => 1.year(),
            };
            first.checked_add(next).ok()?
        } else {
            first
        };
        let moment = start.to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond();
        Some(if end { moment - 1 } else { moment })
    }

    fn now(self) -> Option<Zoned> {
        Some(Timestamp::from_millisecond(self.now_ms).ok()?.to_zoned(self.zone.clone()))
    }
}

/// Weeks begin on Sunday, as in Jira's default locale.
fn first_day(unit: Unit, date: Date) -> Option<Date> {
    Some(match unit {
        Unit::Day => date,
        Unit::Week => date.checked_sub(i64::from(date.weekday().to_sunday_zero_offset()).days()).ok()?,
        Unit::Month => date.first_of_month(),
        Unit::Year => date.first_of_year(),
    })
}

/// `yyyy-MM-dd` or `yyyy/MM/dd`, with ` HH:mm` or not; months, days and hours may be one digit.
fn civil(text: &str) -> Option<DateTime> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, Some(time.trim_start())),
        None => (text, None),
    };
    let separator = if date.contains('/') { '/' } else { '-' };
    let mut parts = date.split(separator);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let date = Date::new(number(year, 4)?, number(month, 2)?, number(day, 2)?).ok()?;
    let time = match time {
        None => Time::midnight(),
        Some(time) => {
            let (hour, minute) = time.split_once(':')?;
            Time::new(number(hour, 2)?, number(minute, 2)?, 0, 0).ok()?
        }
    };
    Some(date.to_datetime(time))
}

fn number<T: std::str::FromStr>(digits: &str, most: usize) -> Option<T> {
    let good = (1..=most).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    good.then(|| digits.parse().ok())?
}

/// `-5d`, `4w 2d`, `+1h30m`; the sign holds for all parts.
fn period(text: &str) -> Option<Span> {
    let (negative, mut rest) = signed(text);
    if rest.is_empty() {
        return None;
    }
    let mut span = Span::new();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let amount: i64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        span = add(span, unit, amount)?;
        rest = rest[digits + unit.len_utf8()..].trim_start();
    }
    Some(if negative { span.negate() } else { span })
}

/// A number with a unit or, without one, in units of the function.
fn increment_of(unit: Unit, text: &str) -> Option<Span> {
    let (negative, rest) = signed(text);
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let amount: i64 = rest[..digits].parse().ok()?;
    let letter = match (&rest[digits..], unit) {
        ("", Unit::Day) => 'd',
        ("", Unit::Week) => 'w',
        ("", Unit::Month) => 'M',
        ("", Unit::Year) => 'y',
        (letter, _) => {
            let mut chars = letter.chars();
            let first = chars.next()?;
            chars.next().is_none().then_some(first)?
        }
    };
    let span = add(Span::new(), letter, amount)?;
    Some(if negative { span.negate() } else { span })
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text).trim_start()),
    }
}

/// Case tells months from minutes.
fn add(span: Span, unit: char, amount: i64) -> Option<Span> {
    match unit {
        'y' | 'Y' => span.try_years(amount.checked_add(span.get_years().into())?),
        'M' => span.try_months(amount.checked_add(span.get_months().into())?),
        'w' | 'W' => span.try_weeks(amount.checked_add(span.get_weeks().into())?),
        'd' | 'D' => span.try_days(amount.checked_add(span.get_days().into())?),
        'h' | 'H' => span.try_hours(amount.checked_add(span.get_hours().into())?),
        'm' => span.try_minutes(amount.checked_add(span.get_minutes())?),
        _ => return None,
    }
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails unless the moment that `found` gives is shown as `expected` in the calendar's zone.
    fn is(calendar: Calendar<'_>, what: &str, found: Option<i64>, expected: &str) {
        let shown = found.map(|ms| {
            let moment = Timestamp::from_millisecond(ms).expect("in range").to_zoned(calendar.zone.clone());
            moment.strftime("%Y-%m-%d %H:%M:%S%.f").to_string()
        });
        assert_eq!(shown.as_deref(), (!expected.is_empty()).then_some(expected), "{what}");
    }

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").expect("a zone")
    }

    /// Saturday, 2026-03-28 13:30 in Berlin: the night after it is an hour short.
    const NOW: i64 = 1_774_701_000_000;

    #[test]
    fn moments() {
        let zone = berlin();
        let calendar = Calendar { now_ms: NOW, zone: &zone };
        for (text, expected) in [
            ("2026-01-31", "2026-01-31 00:00:00"),
            ("2026/1/3 9:05", "2026-01-03 09:05:00"),
            ("2026-01-31 23:59", "2026-01-31 23:59:00"),
            // This hour doesn't exist: the one after it.
            ("2026-03-29 02:30", "2026-03-29 03:30:00"),
            ("-1d", "2026-03-27 13:30:00"),
            ("1d", "2026-03-29 13:30:00"),
            ("24h", "2026-03-29 14:30:00"),
            ("-1w 2d", "2026-03-19 13:30:00"),
            ("+1h30m", "2026-03-28 15:00:00"),
            ("-1M", "2026-02-28 13:30:00"),
            ("-1m", "2026-03-28 13:29:00"),
            ("1y", "2027-03-28 13:30:00"),
            ("", ""),
            ("soon", ""),
            ("5", ""),
            ("-", ""),
            ("5x", ""),
            ("d", ""),
            ("2026-13-01", ""),
            ("2026-02-30", ""),
            ("26-02-03", ""),
            ("2026-01-01 25:00", ""),
            ("2026-01-01-01", ""),
            ("2026/01-01", ""),
            ("99999999999999999999d", ""),
            ("9223372036854775807w", ""),
            ("9000y 9000y 9000y", ""),
            ("5ü", ""),
        ] {
            is(calendar, text, calendar.moment(text), expected);
        }
    }

    #[test]
    fn boundaries() {
        let zone = berlin();
        let calendar = Calendar { now_ms: NOW, zone: &zone };
        for (unit, end, increment, expected) in [
            (Unit::Day, false, None, "2026-03-28 00:00:00"),
            (Unit::Day, true, None, "2026-03-28 23:59:59.999"),
            (Unit::Day, true, Some("1"), "2026-03-29 23:59:59.999"),
            (Unit::Day, false, Some("-1w"), "2026-03-21 00:00:00"),
            (Unit::Week, false, None, "2026-03-22 00:00:00"),
            (Unit::Week, true, None, "2026-03-28 23:59:59.999"),
            (Unit::Week, false, Some("+1"), "2026-03-29 00:00:00"),
            (Unit::Month, false, Some("-1"), "2026-02-01 00:00:00"),
            (Unit::Month, true, Some("-1"), "2026-02-28 23:59:59.999"),
            (Unit::Year, false, None, "2026-01-01 00:00:00"),
            (Unit::Year, true, Some("-1y"), "2025-12-31 23:59:59.999"),
            (Unit::Day, false, Some(""), ""),
            (Unit::Day, false, Some("x"), ""),
            (Unit::Day, false, Some("1dd"), ""),
            (Unit::Year, false, Some("99999"), ""),
        ] {
            let what = format!("{unit:?} {end} {increment:?}");
            is(calendar, &what, calendar.boundary(unit, end, increment), expected);
        }
    }
}
