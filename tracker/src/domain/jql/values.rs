//! The values that an operand means for a field.

use super::{
    ast::{FunctionCall, Operand, Operator},
    dates::Unit,
    fields::{Field, Kind},
    references::split_key,
    resolve::{Comparison, Resolver},
};
use crate::domain::id::ProjectId;

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Empty,
    /// What no issue holds, such as the current user when nobody is logged in.
    Unheld,
    /// One thing.
    Id(i64),
    /// Any of several things.
    Ids(Vec<i64>),
    /// A place within a project.
    Key {
        project: ProjectId,
        number: i64,
    },
    /// Milliseconds.
    Moment(i64),
    /// A label, or something to find in a text.
    Text(String),
}

impl Value {
    pub(super) fn ids(&self) -> &[i64] {
        match self {
            Self::Id(id) => std::slice::from_ref(id),
            Self::Ids(ids) => ids,
            _ => &[],
        }
    }
}

impl Resolver<'_> {
    /// All values of the operand that mean something; `None` when none does, the reasons noted.
    pub(super) fn values(&mut self, comparison: &Comparison<'_>) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        let mut waiting = vec![comparison.operand];
        while let Some(operand) = waiting.pop() {
            if let Operand::List(items) = operand {
                waiting.extend(items.iter().rev());
            } else if let Some(value) = self.value(comparison, operand) {
                values.push(value);
            }
        }
        (!values.is_empty()).then_some(values)
    }

    fn value(&mut self, comparison: &Comparison<'_>, operand: &Operand) -> Option<Value> {
        match operand {
            Operand::Empty => Some(Value::Empty),
            Operand::Function(call) => self.function(comparison, call),
            Operand::Text(text) => self.text(comparison, text),
            Operand::Number(number) => self.number(comparison, *number),
            Operand::List(_) => None,
        }
    }

    fn text(&mut self, comparison: &Comparison<'_>, text: &str) -> Option<Value> {
        let (field, name) = (comparison.field, &comparison.name);
        match field {
            _ if matches!(field.kind(), Kind::Labels | Kind::Text | Kind::AllText) => {
                Some(Value::Text(text.to_owned()))
            }
            Field::Created | Field::Updated => match self.calendar.moment(text) {
                Some(ms) => Some(Value::Moment(ms)),
                None => self.refuse(format!(
                    "Date value '{text}' for field '{name}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', \
                     'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
                )),
            },
            Field::StatusCategory => match self.lookup.statuses_of_category(text.trim()) {
                Some(ids) => Some(Value::Ids(ids)),
                None => self.unknown(comparison, text),
            },
            Field::Issue => self.issue(comparison, text),
            _ => match self.lookup.by_name(field, text) {
                Some(id) => Some(Value::Id(id)),
                None => self.unknown(comparison, text),
            },
        }
    }

    fn number(&mut self, comparison: &Comparison<'_>, number: i64) -> Option<Value> {
        let field = comparison.field;
        match field {
            // Milliseconds since 1970.
            Field::Created | Field::Updated => Some(Value::Moment(number)),
            // Places in the order of ids: clients page by `id > n`, and that issue may be gone.
            Field::Issue if is_order(comparison.operator) => Some(Value::Id(number)),
            Field::Issue | Field::Project | Field::Status | Field::IssueType | Field::Priority => {
                let found = self.lookup.by_id(field, number);
                match found.or_else(|| self.lookup.by_name(field, &number.to_string())) {
                    Some(id) => Some(Value::Id(id)),
                    None => self.refuse(format!(
                        "A value with ID '{number}' does not exist for the field '{}'.",
                        comparison.name
                    )),
                }
            }
            _ => self.text(comparison, &number.to_string()),
        }
    }

    fn issue(&mut self, comparison: &Comparison<'_>, text: &str) -> Option<Value> {
        let (text, name) = (text.trim(), &comparison.name);
        if let Ok(id) = text.parse() {
            return self.number(comparison, id);
        }
        let Some((project, number)) = split_key(text) else {
            return self.refuse(format!("The issue key '{text}' for field '{name}' is invalid."));
        };
        if is_order(comparison.operator) {
            // A place in the order again: the project must exist, the issue not.
            return match self.lookup.project_with_key(&project) {
                Some(project) => Some(Value::Key { project, number }),
                None => self.no_issue(comparison, text),
            };
        }
        match self.lookup.by_name(Field::Issue, text) {
            Some(id) => Some(Value::Id(id)),
            None => self.no_issue(comparison, text),
        }
    }

    fn function(&mut self, comparison: &Comparison<'_>, call: &FunctionCall) -> Option<Value> {
        let name = call.name.to_lowercase();
        match name.as_str() {
            "currentuser" => {
                self.arguments(call, 0, 0)?;
                if !matches!(comparison.field, Field::Assignee | Field::Reporter | Field::Creator) {
                    return self.misplaced(comparison, call);
                }
                Some(self.user.map_or(Value::Unheld, |user| Value::Id(user.0)))
            }
            "now" => {
                self.arguments(call, 0, 0)?;
                let now_ms = self.calendar.now_ms;
                self.moment(comparison, call, now_ms)
            }
            name => {
                let Some((unit, end)) = boundary(name) else {
                    return self.refuse(format!(
                        "Unable to find JQL function '{}'.",
                        Operand::Function(call.clone())
                    ));
                };
                self.arguments(call, 0, 1)?;
                let increment = call.arguments.first().map(String::as_str);
                match self.calendar.boundary(unit, end, increment) {
                    Some(ms) => self.moment(comparison, call, ms),
                    None => self.refuse(format!(
                        "The argument '{}' of the function '{}' is not a period, e.g. '-1', '+2w'.",
                        increment.unwrap_or_default(),
                        call.name
                    )),
                }
            }
        }
    }

    fn moment(&mut self, comparison: &Comparison<'_>, call: &FunctionCall, ms: i64) -> Option<Value> {
        if comparison.field.kind() == Kind::Date {
            return Some(Value::Moment(ms));
        }
        self.misplaced(comparison, call)
    }

    fn arguments(&mut self, call: &FunctionCall, least: usize, most: usize) -> Option<()> {
        let got = call.arguments.len();
        if (least..=most).contains(&got) {
            return Some(());
        }
        let expected = if least == most { format!("'{least}'") } else { format!("'{least}' to '{most}'") };
        self.refuse(format!(
            "The function '{}' expected {expected} arguments but received '{got}'.",
            call.name
        ))
    }

    fn misplaced<T>(&mut self, comparison: &Comparison<'_>, call: &FunctionCall) -> Option<T> {
        let (function, field) = (&call.name, &comparison.name);
        self.refuse(format!(
            "A value provided by the function '{function}' is invalid for the field '{field}'."
        ))
    }

    fn unknown<T>(&mut self, comparison: &Comparison<'_>, value: &str) -> Option<T> {
        self.refuse(format!("The value '{value}' does not exist for the field '{}'.", comparison.name))
    }

    fn no_issue<T>(&mut self, comparison: &Comparison<'_>, key: &str) -> Option<T> {
        self.refuse(format!("An issue with key '{key}' does not exist for field '{}'.", comparison.name))
    }
}

fn is_order(operator: Operator) -> bool {
    matches!(operator, Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual)
}

/// The unit that a function such as `endOfDay` rounds to, and whether to its end.
fn boundary(name: &str) -> Option<(Unit, bool)> {
    let (end, unit) = match name.strip_prefix("startof") {
        Some(unit) => (false, unit),
        None => (true, name.strip_prefix("endof")?),
    };
    let unit = match unit {
        "day" => Unit::Day,
        "week" => Unit::Week,
        "month" => Unit::Month,
        "year" => Unit::Year,
        _ => return None,
    };
    Some((unit, end))
}
