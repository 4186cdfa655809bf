//! What a node is at the moment, as a pure state machine: events in, the next role and what to do out.
//!
//! ```text
//! starting → recovering → passive ⇄ (activating → active → passivating)
//! any of these → draining → stopped
//! ```

use std::fmt;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The process is up, the database not prepared yet.
    Starting,
    /// The database is prepared, the index is not in step yet.
    Recovering,
    /// In step; may not serve.
    Passive,
    /// May serve; is getting ready for it.
    Activating,
    /// Serves requests and runs jobs.
    Active,
    /// May serve no longer; is giving it up.
    Passivating,
    /// Leaves: finishes what it began.
    Draining,
    /// Done; the process ends.
    Stopped,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Starting,
        Self::Recovering,
        Self::Passive,
        Self::Activating,
        Self::Active,
        Self::Passivating,
        Self::Draining,
        Self::Stopped,
    ];

    /// The word for it in metrics and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Recovering => "recovering",
            Self::Passive => "passive",
            Self::Activating => "activating",
            Self::Active => "active",
            Self::Passivating => "passivating",
            Self::Draining => "draining",
            Self::Stopped => "stopped",
        }
    }

    /// Whether requests are answered: also while leaving, because clients need about a second to hear of it.
    pub fn serves(self) -> bool {
        matches!(self, Self::Active | Self::Draining)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What happened to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The database answers and has the schema this version needs.
    Prepared,
    /// The index has caught up for the first time.
    InStep,
    /// The node may serve from now on.
    Granted,
    /// The node may no longer serve.
    Revoked,
    /// What [`Command::Activate`] asked for is done.
    Activated,
    /// What [`Command::Passivate`] asked for is done.
    Passivated,
    /// Leave: SIGTERM, or a call of the operator.
    Drain,
    /// Nothing is in flight any more, or the time for it is over.
    Drained,
}

/// What has to be done because of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Clear every cache, begin jobs; then report [`Event::Activated`].
    Activate,
    /// Stop jobs; then report [`Event::Passivated`].
    Passivate,
    /// Tell clients to go elsewhere, finish requests; then report [`Event::Drained`].
    Drain,
    /// End the process.
    Stop,
}

/// A role, and whether the node may serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    role: Role,
    granted: bool,
}

impl Machine {
    /// A node that just began. `granted`: it may serve as soon as it is in step, as every node of an active-active
    /// cluster may; else it waits for [`Event::Granted`].
    pub fn new(granted: bool) -> Self {
        Self { role: Role::Starting, granted }
    }

    /// The current role.
    pub fn role(self) -> Role {
        self.role
    }

    /// The machine after `event`, and what to do. An event that has no meaning in the current role changes nothing.
    pub fn step(self, event: Event) -> (Self, Option<Command>) {
        use Role::{Activating, Active, Draining, Passivating, Passive, Recovering, Starting, Stopped};

        let granted = match event {
            Event::Granted => true,
            Event::Revoked => false,
            _ => self.granted,
        };
        let to = |role| Self { role, granted };
        let enter =
            |granted| if granted { (to(Activating), Some(Command::Activate)) } else { (to(Passive), None) };
        match (self.role, event) {
            (Draining, Event::Drained) => (to(Stopped), Some(Command::Stop)),
            (Draining | Stopped, _) => (to(self.role), None),
            (_, Event::Drain) => (to(Draining), Some(Command::Drain)),
            (Starting, Event::Prepared) => (to(Recovering), None),
            (Recovering, Event::InStep) | (Passive, Event::Granted) | (Passivating, Event::Passivated) => {
                enter(granted)
            }
            (Activating, Event::Activated) => (to(Active), None),
            (Activating | Active, Event::Revoked) => (to(Passivating), Some(Command::Passivate)),
            _ => (to(self.role), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, Event, Machine, Role};

    /// Follows `events` from the start; answers the last role and all commands.
    fn follow(granted: bool, events: &[Event]) -> (Role, Vec<Command>) {
        let mut machine = Machine::new(granted);
        let mut commands = Vec::new();
        for event in events {
            let (next, command) = machine.step(*event);
            machine = next;
            commands.extend(command);
        }
        (machine.role(), commands)
    }

    #[test]
    fn journeys_end_where_they_should() {
        use Event::{Activated, Drain, Drained, Granted, InStep, Passivated, Prepared, Revoked};
        let table: &[(bool, &[Event], Role, &[Command])] = &[
            (true, &[], Role::Starting, &[]),
            (true, &[Prepared], Role::Recovering, &[]),
            (true, &[Prepared, InStep], Role::Activating, &[Command::Activate]),
            (true, &[Prepared, InStep, Activated], Role::Active, &[Command::Activate]),
            (false, &[Prepared, InStep], Role::Passive, &[]),
            (false, &[Prepared, InStep, Granted], Role::Activating, &[Command::Activate]),
            (false, &[Granted, Prepared, InStep], Role::Activating, &[Command::Activate]),
            (true, &[Revoked, Prepared, InStep], Role::Passive, &[]),
            (
                true,
                &[Prepared, InStep, Activated, Revoked],
                Role::Passivating,
                &[Command::Activate, Command::Passivate],
            ),
            (
                true,
                &[Prepared, InStep, Revoked, Activated],
                Role::Passivating,
                &[Command::Activate, Command::Passivate],
            ),
            (
                true,
                &[Prepared, InStep, Activated, Revoked, Passivated],
                Role::Passive,
                &[Command::Activate, Command::Passivate],
            ),
            (
                true,
                &[Prepared, InStep, Activated, Revoked, Granted, Passivated],
                Role::Activating,
                &[Command::Activate, Command::Passivate, Command::Activate],
            ),
            (true, &[Drain, Drained], Role::Stopped, &[Command::Drain, Command::Stop]),
            (
                true,
                &[Prepared, InStep, Activated, Drain, Drain, Revoked, Granted, Activated],
                Role::Draining,
                &[Command::Activate, Command::Drain],
            ),
            (true, &[Drain, Drained, Drain, Prepared], Role::Stopped, &[Command::Drain, Command::Stop]),
        ];
        for (granted, events, role, commands) in table {
            assert_eq!(follow(*granted, events), (*role, commands.to_vec()), "{granted} {events:?}");
        }
    }

    #[test]
    fn events_out_of_turn_change_nothing() {
        for event in [Event::InStep, Event::Activated, Event::Passivated, Event::Drained, Event::Granted] {
            assert_eq!(follow(true, &[event]), (Role::Starting, vec![]), "{event:?}");
        }
        let active = [Event::Prepared, Event::InStep, Event::Activated];
        for event in [Event::Prepared, Event::InStep, Event::Activated, Event::Passivated, Event::Drained] {
            let events = [&active[..], &[event]].concat();
            assert_eq!(follow(true, &events).0, Role::Active, "{event:?}");
        }
    }

    #[test]
    fn only_active_and_leaving_nodes_answer() {
        let serving: Vec<Role> = Role::ALL.into_iter().filter(|role| role.serves()).collect();
        assert_eq!(serving, [Role::Active, Role::Draining]);
    }
}
