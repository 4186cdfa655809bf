//! Third step: an [`Ast`] becomes a [`Query`]: names become ids, dates become moments, and what a field doesn't support is
//! refused. The rule that `!=` and `NOT IN` don't match empty fields is applied here, and NOT is moved inwards to the
//! comparisons, because that rule holds for them: `NOT assignee = x` is `assignee != x`.

use jiff::tz::TimeZone;

use super::{
    Catalogue,
    ast::{Ast, Clause, Operand, Operator, Terminal},
    dates::Calendar,
    fields::{Field, Kind, shown},
    lookup::Lookup,
    order,
    query::{Filter, IdField, NumberField, Query},
    text,
    values::Value,
};
use crate::domain::id::UserId;

/// Who asks, when and where.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who asks; `None` for nobody known.
    pub user: Option<UserId>,
    /// Wall time, milliseconds.
    pub now_ms: i64,
    /// Where dates without a zone belong.
    pub time_zone: TimeZone,
}

/// Why a query that parses can't be answered. Prints as people know it from Jira.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ResolveError(pub(super) String);

/// Most words in all texts of one query together.
pub(super) const MAX_WORDS: usize = 2_000;
/// Most words with wildcards or likeness in one query.
pub(super) const MAX_PATTERNS: usize = 100;

/// Most mistakes reported at once.
const MAX_ERRORS: usize = 50;

/// The query that `ast` means, or what is wrong with it.
pub fn resolve(ast: &Ast, catalogue: &Catalogue, context: &Context) -> Result<Query, Vec<ResolveError>> {
    let (query, errors) = resolve_leniently(ast, catalogue, context);
    if errors.is_empty() { Ok(query) } else { Err(errors) }
}

/// The query that `ast` means, where each comparison with something wrong in it matches nothing, and all that is wrong: for
/// clients that ask not to have their query validated.
pub fn resolve_leniently(ast: &Ast, catalogue: &Catalogue, context: &Context) -> (Query, Vec<ResolveError>) {
    let mut resolver = Resolver {
        lookup: Lookup::new(catalogue),
        user: context.user,
        calendar: Calendar { now_ms: context.now_ms, zone: &context.time_zone },
        cost: text::Cost::default(),
        errors: Vec::new(),
    };
    let filter = ast.clause.as_ref().map_or(Filter::All, |clause| resolver.clause(clause, false));
    let sort = order::resolve(&ast.order_by, catalogue, &mut resolver.errors);
    let errors = resolver.errors;
    (Query { filter, sort }, errors)
}

pub(super) struct Resolver<'a> {
    pub(super) lookup: Lookup<'a>,
    pub(super) user: Option<UserId>,
    pub(super) calendar: Calendar<'a>,
    cost: text::Cost,
    pub(super) errors: Vec<ResolveError>,
}

/// A comparison that a [`Field`] supports.
pub(super) struct Comparison<'t> {
    pub(super) field: Field,
    /// The field as the query names it.
    pub(super) name: String,
    pub(super) operator: Operator,
    pub(super) operand: &'t Operand,
}

impl Resolver<'_> {
    fn clause(&mut self, clause: &Clause, negated: bool) -> Filter {
        match clause {
            Clause::Not(inner) => self.clause(inner, !negated),
            Clause::And(clauses) | Clause::Or(clauses) => {
                let filters: Vec<_> = clauses.iter().map(|clause| self.clause(clause, negated)).collect();
                if matches!(clause, Clause::And(_)) == negated {
                    Filter::any(filters)
                } else {
                    Filter::all(filters)
                }
            }
            Clause::Terminal(terminal) => match self.comparison(terminal) {
                // What is wrong matches nothing, negated or not.
                None => Filter::Nothing,
                Some(comparison) => self.compare(&comparison, negated).unwrap_or(Filter::Nothing),
            },
        }
    }

    /// Checks field, operator and the shape of the operand.
    fn comparison<'t>(&mut self, terminal: &'t Terminal) -> Option<Comparison<'t>> {
        let (name, operator) = (shown(&terminal.field), terminal.operator);
        let Some(field) = Field::find(&terminal.field) else {
            return self
                .refuse(format!("Field '{name}' does not exist or you do not have permission to view it."));
        };
        if !field.supports(operator) {
            return self.refuse(format!(
                "The operator '{}' is not supported by the '{name}' field.",
                operator.as_str()
            ));
        }
        let operand = terminal.operand.as_ref()?;
        let sign = operator.as_str();
        match (operator, operand) {
            (Operator::In | Operator::NotIn, Operand::List(_) | Operand::Function(_))
            | (Operator::Is | Operator::IsNot, Operand::Empty) => {}
            (Operator::In | Operator::NotIn, operand) => {
                return self.refuse(format!(
                    "The operator '{sign}' does not support the non-list value '{operand}' for the field '{name}'."
                ));
            }
            (Operator::Is | Operator::IsNot, operand) => {
                return self.refuse(format!(
                    "The operator '{sign}' supports EMPTY and NULL only, not the value '{operand}' for the field \
                     '{name}'."
                ));
            }
            (_, Operand::List(_)) => {
                return self.refuse(format!(
                    "The operator '{sign}' does not support the list value '{operand}' for the field '{name}'."
                ));
            }
            (
                Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual,
                Operand::Empty,
            ) => {
                return self
                    .refuse(format!("The operator '{sign}' does not support EMPTY for the field '{name}'."));
            }
            _ => {}
        }
        Some(Comparison { field, name, operator, operand })
    }

    fn compare(&mut self, comparison: &Comparison<'_>, negated: bool) -> Option<Filter> {
        let values = self.values(comparison)?;
        let operator = if negated { opposite(comparison.operator) } else { comparison.operator };
        match comparison.field.kind() {
            Kind::Text | Kind::AllText => self.texts(comparison, values, operator),
            _ if is_order(operator) => self.order(comparison, values, operator),
            _ => Some(equality(comparison, &values, operator)),
        }
    }

    /// `<`, `<=`, `>`, `>=`. Moments are compared by the second.
    fn order(
        &mut self,
        comparison: &Comparison<'_>,
        values: Vec<Value>,
        operator: Operator,
    ) -> Option<Filter> {
        let (number_field, value) = match (comparison.field, values.into_iter().next()?) {
            (Field::Created, Value::Moment(ms)) => (NumberField::CreatedMs, Bounds::of(operator, ms, 1000)),
            (Field::Updated, Value::Moment(ms)) => (NumberField::UpdatedMs, Bounds::of(operator, ms, 1000)),
            (Field::Priority, Value::Id(id)) => return Some(self.lookup.priorities(operator, id)),
            (Field::Issue, Value::Id(id)) => (NumberField::Id, Bounds::of(operator, id, 1)),
            (Field::Issue, Value::Key { project, number }) => {
                let bounds = Bounds::of(operator, number, 1);
                return Some(Filter::Numbers { project, from: bounds.from, to: bounds.to });
            }
            _ => return None,
        };
        Some(Filter::Range { field: number_field, from: value.from, to: value.to })
    }

    /// `~`, `!~`, IS, IS NOT.
    fn texts(
        &mut self,
        comparison: &Comparison<'_>,
        values: Vec<Value>,
        operator: Operator,
    ) -> Option<Filter> {
        let positive = matches!(operator, Operator::Like | Operator::Is);
        let present = comparison.field.presence().map_or(Filter::All, Filter::Present);
        let Value::Text(words) = values.into_iter().next()? else {
            return Some(if positive { present.negated() } else { present });
        };
        let name = &comparison.name;
        let (query, cost) = match text::parse(&words) {
            Ok(parsed) => parsed,
            Err(text::Error::Empty) => {
                return self
                    .refuse(format!("The field '{name}' does not support searching for an empty string."));
            }
            Err(text::Error::LeadingWildcard(c)) => {
                return self.refuse(format!(
                    "The text query '{words}' for the field '{name}' is not allowed to start with character '{c}'."
                ));
            }
            Err(text::Error::Unparsable) => {
                return self.refuse(format!("Unable to parse the text '{words}' for the field '{name}'."));
            }
        };
        self.cost.words += cost.words;
        self.cost.patterns += cost.patterns;
        if self.cost.words > MAX_WORDS || self.cost.patterns > MAX_PATTERNS {
            return self.refuse(format!(
                "The query searches for too many words. At most {MAX_WORDS} are allowed, {MAX_PATTERNS} of them with \
                 wildcards."
            ));
        }
        let found = Filter::Text { fields: comparison.field.texts(), query };
        Some(if positive { found } else { Filter::all([present, found.negated()]) })
    }

    /// Notes what is wrong; the comparison can't be used.
    pub(super) fn refuse<T>(&mut self, message: String) -> Option<T> {
        let error = ResolveError(message);
        if self.errors.len() < MAX_ERRORS && !self.errors.contains(&error) {
            self.errors.push(error);
        }
        None
    }
}

/// `=`, `!=`, IN, NOT IN, IS, IS NOT.
fn equality(comparison: &Comparison<'_>, values: &[Value], operator: Operator) -> Filter {
    let positive = matches!(operator, Operator::Equals | Operator::In | Operator::Is);
    let presence = comparison.field.presence();
    let present = presence.map_or(Filter::All, Filter::Present);
    let empty_asked = values.contains(&Value::Empty);
    let held = match comparison.field {
        Field::Labels => labels(values),
        Field::Created => seconds(NumberField::CreatedMs, values),
        Field::Updated => seconds(NumberField::UpdatedMs, values),
        field => ids(field.id_field().unwrap_or(IdField::Issue), values),
    };
    if positive {
        let empty = if empty_asked { present.negated() } else { Filter::Nothing };
        Filter::any([held, empty])
    } else {
        Filter::all([present, held.negated()])
    }
}

/// Both ends included; `None` is open.
struct Bounds {
    from: Option<i64>,
    to: Option<i64>,
}

impl Bounds {
    /// What compares by `operator` with `value`, when values within the same `step` are equal.
    fn of(operator: Operator, value: i64, step: i64) -> Self {
        let first = value.saturating_sub(value.rem_euclid(step));
        let last = first.saturating_add(step - 1);
        match operator {
            Operator::Less => Self { from: None, to: Some(first.saturating_sub(1)) },
            Operator::LessOrEqual => Self { from: None, to: Some(last) },
            Operator::Greater => Self { from: Some(last.saturating_add(1)), to: None },
            Operator::GreaterOrEqual => Self { from: Some(first), to: None },
            _ => Self { from: Some(first), to: Some(last) },
        }
    }
}

fn ids(field: IdField, values: &[Value]) -> Filter {
    let mut ids: Vec<i64> = values.iter().flat_map(Value::ids).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() { Filter::Nothing } else { Filter::Ids { field, ids } }
}

fn labels(values: &[Value]) -> Filter {
    let mut labels: Vec<String> = values
        .iter()
        .filter_map(|value| if let Value::Text(label) = value { Some(label.to_lowercase()) } else { None })
        .collect();
    labels.sort_unstable();
    labels.dedup();
    if labels.is_empty() { Filter::Nothing } else { Filter::Labels(labels) }
}

fn seconds(field: NumberField, values: &[Value]) -> Filter {
    Filter::any(values.iter().filter_map(|value| {
        let Value::Moment(ms) = value else { return None };
        let bounds = Bounds::of(Operator::Equals, *ms, 1000);
        Some(Filter::Range { field, from: bounds.from, to: bounds.to })
    }))
}

fn is_order(operator: Operator) -> bool {
    matches!(operator, Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual)
}

fn opposite(operator: Operator) -> Operator {
    match operator {
        Operator::Equals => Operator::NotEquals,
        Operator::NotEquals => Operator::Equals,
        Operator::Less => Operator::GreaterOrEqual,
        Operator::GreaterOrEqual => Operator::Less,
        Operator::Greater => Operator::LessOrEqual,
        Operator::LessOrEqual => Operator::Greater,
        Operator::Like => Operator::NotLike,
        Operator::NotLike => Operator::Like,
        Operator::In => Operator::NotIn,
        Operator::NotIn => Operator::In,
        Operator::Is => Operator::IsNot,
        Operator::IsNot => Operator::Is,
        history => history,
    }
}

#[cfg(test)]
mod tests;
