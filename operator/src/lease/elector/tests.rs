//! Two candidates on a simulated clock and API server: never do both lead.

use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1000;

fn at(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn held_by(holder: &str, version: u64) -> Record {
    Record {
        holder: Some(holder.to_owned()),
        duration: LEASE_DURATION,
        transitions: 3,
        version: version.to_string(),
    }
}

#[test]
fn a_missing_lease_is_made() {
    assert_eq!(Elector::new("a".into()).decide(None, at(0)), Move::Create);
}

#[test]
fn anothers_lease_is_taken_only_after_its_whole_duration_unchanged() {
    let mut elector = Elector::new("a".into());
    assert_eq!(elector.decide(Some(&held_by("b", 1)), at(5000)), Move::Wait);
    assert_eq!(elector.decide(Some(&held_by("b", 1)), at(14_999)), Move::Wait);
    let taken = Move::Take { version: "1".into(), transitions: 4 };
    assert_eq!(elector.decide(Some(&held_by("b", 1)), at(15_000)), taken);
}

#[test]
fn a_renewal_starts_the_count_anew() {
    let mut elector = Elector::new("a".into());
    elector.decide(Some(&held_by("b", 1)), at(0));
    assert_eq!(elector.decide(Some(&held_by("b", 2)), at(9999)), Move::Wait);
    assert_eq!(elector.decide(Some(&held_by("b", 2)), at(19_998)), Move::Wait);
    assert!(matches!(elector.decide(Some(&held_by("b", 2)), at(19_999)), Move::Take { .. }));
}

#[test]
fn a_released_lease_is_taken_at_once() {
    let mut elector = Elector::new("a".into());
    assert!(matches!(elector.decide(Some(&held_by("", 1)), at(0)), Move::Take { .. }));
}

#[test]
fn ones_own_lease_is_renewed() {
    let mut elector = Elector::new("a".into());
    assert_eq!(elector.decide(Some(&held_by("a", 7)), at(0)), Move::Renew { version: "7".into() });
}

#[test]
fn leading_ends_by_itself() {
    let mut elector = Elector::new("a".into());
    assert!(!elector.leads(at(0)));
    elector.wrote(at(1000));
    assert!(elector.leads(at(7999)));
    assert!(!elector.leads(at(8000)), "seven seconds after the renewal was sent");
}

/// The Lease as the API server keeps it: a write must name the version that is there.
#[derive(Default)]
struct Server {
    record: Option<Record>,
    version: u64,
}

impl Server {
    fn write(&mut self, holder: &str, read: Option<&str>) -> bool {
        if self.record.as_ref().map(|record| record.version.as_str()) != read {
            return false;
        }
        self.version += 1;
        self.record = Some(held_by(holder, self.version));
        true
    }
}

/// What happens to one try of a candidate.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Works,
    /// The request never arrives.
    Lost,
    /// The request arrives, its answer doesn't.
    AnswerLost,
    /// The process stops for so long between reading and writing, in milliseconds.
    Stops(u64),
}

struct Candidate {
    name: &'static str,
    elector: Elector,
    next: u64,
    /// A write on its way: when it arrives, when it was sent, and the version it names.
    pending: Option<(u64, u64, Option<String>)>,
}

fn fates() -> impl Strategy<Value = Vec<(Fate, u64)>> {
    let fate = prop_oneof![
        6 => Just(Fate::Works),
        2 => Just(Fate::Lost),
        2 => Just(Fate::AnswerLost),
        2 => (0..25 * SECOND).prop_map(Fate::Stops),
    ];
    prop::collection::vec((fate, 200..4 * SECOND), 40..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_do_both_lead(left in fates(), right in fates()) {
        let mut server = Server::default();
        let candidate =
            |name| Candidate { name, elector: Elector::new(String::from(name)), next: 0, pending: None };
        let mut all = [candidate("a"), candidate("b")];
        let mut fates = [left.into_iter(), right.into_iter()];
        let mut somebody_led = false;
        for now in (0..150 * SECOND).step_by(50) {
            for (candidate, fates) in all.iter_mut().zip(&mut fates) {
                step(candidate, fates, &mut server, now);
            }
            let leaders = all.iter().filter(|candidate| candidate.elector.leads(at(now))).count();
            somebody_led |= leaders > 0;
            prop_assert!(leaders <= 1, "two lead at {now} ms");
        }
        prop_assert!(somebody_led || server.record.is_none(), "the simulation does something");
    }
}

fn step(
    candidate: &mut Candidate,
    fates: &mut impl Iterator<Item = (Fate, u64)>,
    server: &mut Server,
    now: u64,
) {
    if let Some((arrives, sent, version)) = candidate.pending.clone() {
        if now < arrives {
            return;
        }
        candidate.pending = None;
        if server.write(candidate.name, version.as_deref()) {
            candidate.elector.wrote(at(sent));
        }
    }
    if now < candidate.next {
        return;
    }
    let Some((fate, pause)) = fates.next() else { return };
    candidate.next = now + pause;
    if matches!(fate, Fate::Lost) {
        return;
    }
    let read = server.record.clone();
    if candidate.elector.decide(read.as_ref(), at(now)) == Move::Wait {
        return;
    }
    let version = read.map(|record| record.version);
    match fate {
        Fate::AnswerLost => {
            server.write(candidate.name, version.as_deref());
        }
        Fate::Stops(for_so_long) => candidate.pending = Some((now + for_so_long, now, version)),
        Fate::Works | Fate::Lost => {
            if server.write(candidate.name, version.as_deref()) {
                candidate.elector.wrote(at(now));
            }
        }
    }
}
