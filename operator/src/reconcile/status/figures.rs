//! Pure: figures that always move are rounded, and alone they cause a write only now and then.

use std::time::Duration;

use crate::crd::{IndexSummary, Member, MemberIndex, TrackerClusterStatus};

/// Moved figures alone are written no more often than this.
pub const REFRESH: Duration = Duration::from_secs(30);

/// Steps that a lag is rounded up to, in seconds.
const LAG_STEPS: [i64; 11] = [0, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 86_400];

/// A lag rounded up to a step.
pub fn lag(seconds: f64) -> i64 {
    let ceiling = seconds.max(0.0).ceil() as i64;
    LAG_STEPS.into_iter().find(|step| ceiling <= *step).unwrap_or(86_400)
}

/// A count to two figures.
pub fn count(documents: u64) -> i64 {
    let documents = i64::try_from(documents).unwrap_or(i64::MAX);
    let mut unit = 1;
    while documents / unit >= 100 {
        unit *= 10;
    }
    documents / unit * unit
}

/// Whether `new` must be written over `old`, whose figures are as old as `age` (`None`: not known).
pub fn worth_writing(old: &TrackerClusterStatus, new: &TrackerClusterStatus, age: Option<Duration>) -> bool {
    if old == new {
        return false;
    }
    if without_figures(old) != without_figures(new) {
        return true;
    }
    let moved = quiet(old) != quiet(new);
    moved && age.is_none_or(|age| age >= REFRESH)
}

/// The status with its figures blanked.
fn without_figures(status: &TrackerClusterStatus) -> TrackerClusterStatus {
    let blank = |member: &Member| Member {
        index: member
            .index
            .as_ref()
            .map(|index| MemberIndex { started_from: index.started_from.clone(), ..MemberIndex::default() }),
        ..member.clone()
    };
    TrackerClusterStatus {
        index: status.index.as_ref().map(|_| IndexSummary::default()),
        members: status.members.iter().map(blank).collect(),
        ..status.clone()
    }
}

/// The status without the part of positions that moves although nothing was changed.
///
/// A position is era/tx/seq; every transaction of the database raises tx, also those that only renew a heartbeat.
fn quiet(status: &TrackerClusterStatus) -> TrackerClusterStatus {
    let mut quiet = status.clone();
    if let Some(position) = quiet.index.as_mut().and_then(|index| index.position.as_mut()) {
        *position = without_transaction(position);
    }
    for index in quiet.members.iter_mut().filter_map(|member| member.index.as_mut()) {
        index.position = without_transaction(&index.position);
    }
    quiet
}

fn without_transaction(position: &str) -> String {
    match position.split('/').collect::<Vec<_>>().as_slice() {
        [era, _, seq] => format!("{era}//{seq}"),
        _ => position.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crd::Phase;

    fn status(position: &str, documents: i64) -> TrackerClusterStatus {
        let index = MemberIndex {
            position: position.into(),
            lag_seconds: 0,
            documents,
            started_from: "replay".into(),
        };
        let member = Member { name: "demo-0".into(), index: Some(index), ..Member::default() };
        TrackerClusterStatus {
            phase: Some(Phase::Ready),
            members: vec![member],
            ..TrackerClusterStatus::default()
        }
    }

    #[test]
    fn figures_are_rounded() {
        assert_eq!([0.0, 0.2, 1.5, 3.0, 59.0, 1e9].map(lag), [0, 1, 2, 5, 60, 86_400]);
        assert_eq!([0, 7, 99, 100, 109, 1234, 17_999].map(count), [0, 7, 99, 100, 100, 1200, 17_000]);
    }

    #[test]
    fn the_same_is_never_written() {
        assert!(!worth_writing(&status("1/2/3", 10), &status("1/2/3", 10), None));
    }

    #[test]
    fn figures_alone_wait_for_their_turn() {
        let (old, new) = (status("1/2/3", 10), status("1/9/8", 12));
        assert!(!worth_writing(&old, &new, Some(Duration::from_secs(29))));
        assert!(worth_writing(&old, &new, Some(Duration::from_secs(30))));
        assert!(worth_writing(&old, &new, None), "a new operator doesn't know their age");
    }

    #[test]
    fn a_transaction_without_a_change_is_nothing() {
        let (old, new) = (status("1/2/3", 10), status("1/900/3", 10));
        assert!(!worth_writing(&old, &new, Some(Duration::from_hours(1))));
    }

    #[test]
    fn everything_else_is_written_at_once() {
        let old = status("1/2/3", 10);
        let new = TrackerClusterStatus { phase: Some(Phase::Recovering), ..status("1/2/3", 10) };
        assert!(worth_writing(&old, &new, Some(Duration::ZERO)));
    }
}
