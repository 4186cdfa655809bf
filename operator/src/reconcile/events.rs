//! Pure: what happened between two statuses, as events that people see at the resource.

use kube::runtime::events::{Event, EventType};

use crate::crd::TrackerClusterStatus;
use crate::crd::conditions::{DEGRADED, reason};
use crate::reconcile::plan::{Plan, Step};

/// The longest note that the API server takes, in bytes.
const NOTE_MAX: usize = 1000;

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
            events.push(event(EventType::Normal, reason::WAITING, name, &note));
        }
    }
    if let Some((pod, _)) = &plan.replace {
        events.push(event(EventType::Normal, reason::ROLLING, "Replace", &format!("replacing pod {pod}")));
    }
    events
}

/// An event about a Secret that was made just now.
pub fn secret_made(name: &str) -> Event {
    event(EventType::Normal, reason::SECRET_CREATED, "Create", &format!("made Secret {name}"))
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
        Step::ScaleIn => format!("{} leave", plan.nodes.join(", ")),
        Step::Roll => format!("rolling {}, one at a time", plan.nodes.join(", ")),
        Step::Restart => format!("starting {} anew", plan.nodes.join(", ")),
    }
}

fn event(type_: EventType, reason: &str, action: &str, note: &str) -> Event {
    let end = (0..=NOTE_MAX.min(note.len())).rev().find(|at| note.is_char_boundary(*at)).unwrap_or(0);
    Event {
        type_,
        reason: reason.to_owned(),
        note: Some(note[..end].to_owned()),
        action: action.to_owned(),
        secondary: None,
    }
}
