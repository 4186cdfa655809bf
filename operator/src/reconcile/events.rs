//! Pure: what happened between two statuses, as events that people see at the resource.

use kube::runtime::events::{Event, EventType};

use crate::crd::TrackerClusterStatus;
use crate::crd::conditions::{DEGRADED, reason};
use crate::reconcile::plan::{Plan, Step};

/// The longest note that the API server takes, in bytes.
const NOTE_MAX: usize = 1000;
/// The longest action, in bytes.
const ACTION_MAX: usize = 128;

/// Events for what is new. The same status again gives none, so that a settled cluster is silent.
pub fn since(
    old: Option<&TrackerClusterStatus>,
    new: &TrackerClusterStatus,
    plan: Option<&Plan>,
) -> Vec<Event> {
    let mut events = Vec::new();
    let degraded = |status: &TrackerClusterStatus| {
        let condition = status.conditions.iter().find(|condition| condition.type_ == DEGRADED)?;
        (condition.status == "True").then(|| (condition.reason.clone(), condition.message.clone()))
    };
    if let Some((why, message)) = degraded(new)
        && old.and_then(degraded).as_ref() != Some(&(why.clone(), message.clone()))
    {
        events.push(event(EventType::Warning, &why, "Reconcile", &message));
    }
    let Some(plan) = plan else { return events };
    let before = old.and_then(|old| old.plan.as_ref());
    if let Some(name) = plan.step.name() {
        if before.is_none_or(|before| before.step != name) {
            events.push(event(EventType::Normal, step_reason(plan.step), name, &began(plan)));
        }
        let waited_for = before.map(|before| before.waiting_for.as_slice()).unwrap_or_default();
        if !plan.waiting_for.is_empty() && plan.waiting_for != waited_for {
            let note = format!("{name} waits for {}", plan.waiting_for.join("; "));
            // Events of the same action become one, with the first one's note: so each wait is an action of its own.
            events.push(event(EventType::Normal, reason::WAITING, &plan.waiting_for[0], &note));
        }
    }
    if let Some((pod, _)) = &plan.replace {
        let action = format!("Replace {pod}");
        events.push(event(EventType::Normal, reason::ROLLING, &action, &format!("replacing pod {pod}")));
    }
    events
}

/// An event about Secrets that were made just now.
pub fn secrets_made(names: &[String]) -> Option<Event> {
    let note = format!("made Secret {}", names.join(", "));
    (!names.is_empty()).then(|| event(EventType::Normal, reason::SECRET_CREATED, "Create", &note))
}

fn step_reason(step: Step) -> &'static str {
    match step {
        Step::Settled => reason::AS_EXPECTED,
        Step::Create | Step::ScaleOut | Step::ScaleIn => reason::SCALING,
        Step::Drain => reason::DRAINING,
        Step::Roll | Step::Restart => reason::ROLLING,
    }
}

fn began(plan: &Plan) -> String {
    match plan.step {
        Step::Settled => "nothing to do".to_owned(),
        Step::Create => format!("making {} nodes", plan.replicas),
        Step::ScaleOut => format!("growing to {} nodes", plan.replicas),
        Step::Drain => format!("asking {} to drain", plan.nodes.join(", ")),
        Step::ScaleIn => format!("leaving: {}", plan.nodes.join(", ")),
        Step::Roll => format!("rolling {}, one at a time", plan.nodes.join(", ")),
        Step::Restart => format!("starting {} anew", plan.nodes.join(", ")),
    }
}

fn event(type_: EventType, reason: &str, action: &str, note: &str) -> Event {
    Event {
        type_,
        reason: reason.to_owned(),
        note: Some(cut(note, NOTE_MAX)),
        action: cut(action, ACTION_MAX),
        secondary: None,
    }
}

fn cut(text: &str, most: usize) -> String {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crd::PlanStatus;
    use crate::reconcile::build::Template;

    fn rolling(waiting_for: &[&str]) -> Plan {
        Plan {
            step: Step::Roll,
            nodes: vec!["demo-1".into(), "demo-0".into()],
            waiting_for: waiting_for.iter().map(|text| (*text).to_owned()).collect(),
            since: "2026-11-22T12:00:00Z".parse().unwrap(),
            replicas: 2,
            template: Template::Wanted,
            drain: Vec::new(),
            replace: None,
        }
    }

    fn status(plan: Option<PlanStatus>) -> TrackerClusterStatus {
        TrackerClusterStatus { plan, ..TrackerClusterStatus::default() }
    }

    fn notes(old: &TrackerClusterStatus, plan: &Plan) -> Vec<String> {
        let events = since(Some(old), &status(plan.status()), Some(plan));
        events.into_iter().filter_map(|event| event.note).collect()
    }

    #[test]
    fn a_step_and_each_of_its_waits_are_told_once() {
        let waits = rolling(&["AllOthersReady: demo-0 is not ready"]);
        assert_eq!(
            notes(&status(None), &waits),
            ["rolling demo-1, demo-0, one at a time", "Roll waits for AllOthersReady: demo-0 is not ready"]
        );
        assert_eq!(notes(&status(waits.status()), &waits), Vec::<String>::new());
        let other = rolling(&["IndexLagLow: demo-0 gives no figures"]);
        assert_eq!(
            notes(&status(waits.status()), &other),
            ["Roll waits for IndexLagLow: demo-0 gives no figures"]
        );
    }

    #[test]
    fn long_texts_are_cut_between_letters() {
        let event = event(EventType::Normal, "R", "A", &"ü".repeat(2000));
        assert_eq!(event.note.unwrap().len(), NOTE_MAX);
    }
}
