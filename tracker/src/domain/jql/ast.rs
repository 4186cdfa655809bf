//! What a JQL query says, before any name in it is looked up. The grammar is whole: also what no field supports yet is here.

/// A parsed query. Printing it gives a query that parses to the same value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ast {
    /// The condition; `None` for all issues.
    pub clause: Option<Clause>,
    /// Sort keys, the most important first; may be empty.
    pub order_by: Vec<SortKey>,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clause {
    /// All of two or more.
    And(Vec<Clause>),
    /// Any of two or more.
    Or(Vec<Clause>),
    /// The opposite.
    Not(Box<Clause>),
    /// One comparison.
    Terminal(Terminal),
}

/// One comparison: field, operator, operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// What is compared.
    pub field: FieldRef,
    /// How.
    pub operator: Operator,
    /// With what; `None` after [`Operator::Changed`] and only there.
    pub operand: Option<Operand>,
    /// Narrow a history operator down; empty with every other operator.
    pub predicates: Vec<Predicate>,
}

/// How a query names a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FieldRef {
    /// By name, quoted or not.
    Name(String),
    /// By number.
    Number(i64),
    /// `cf[10001]`.
    Custom(u64),
    /// `issue.property[key].path`, `field[property]`.
    Property {
        /// What stands before the first bracket.
        name: String,
        /// Each pair of brackets with what follows it.
        parts: Vec<PropertyPart>,
    },
}

/// `[key]` or `[key].path`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PropertyPart {
    /// What stands in the brackets.
    pub key: String,
    /// What follows them, its leading dot included.
    pub path: Option<String>,
}

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `=`
    Equals,
    /// `!=`
    NotEquals,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `~`
    Like,
    /// `!~`
    NotLike,
    /// `IN`
    In,
    /// `NOT IN`
    NotIn,
    /// `IS`
    Is,
    /// `IS NOT`
    IsNot,
    /// `WAS`
    Was,
    /// `WAS NOT`
    WasNot,
    /// `WAS IN`
    WasIn,
    /// `WAS NOT IN`
    WasNotIn,
    /// `CHANGED`
    Changed,
}

impl Operator {
    /// As queries write it, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "=",
            Self::NotEquals => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Like => "~",
            Self::NotLike => "!~",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Is => "is",
            Self::IsNot => "is not",
            Self::Was => "was",
            Self::WasNot => "was not",
            Self::WasIn => "was in",
            Self::WasNotIn => "was not in",
            Self::Changed => "changed",
        }
    }

    /// Whether it asks about the past of a field.
    pub fn is_history(self) -> bool {
        matches!(self, Self::Was | Self::WasNot | Self::WasIn | Self::WasNotIn | Self::Changed)
    }
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A string, quoted or not.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A call, e.g. `currentUser()`.
    Function(FunctionCall),
    /// One or more operands in parentheses; lists may nest.
    List(Vec<Operand>),
    /// `EMPTY` or `NULL`.
    Empty,
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionCall {
    /// Name as written.
    pub name: String,
    /// Arguments as written, without quotes.
    pub arguments: Vec<String>,
}

/// Narrows a history operator down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// Which way.
    pub kind: PredicateKind,
    /// With what; a list of two for [`PredicateKind::During`].
    pub operand: Operand,
}

/// The ways to narrow a history operator down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PredicateKind {
    /// `BEFORE date`
    Before,
    /// `AFTER date`
    After,
    /// `ON date`
    On,
    /// `DURING (date, date)`
    During,
    /// `BY user`
    By,
    /// `FROM value`, after `CHANGED` only
    From,
    /// `TO value`, after `CHANGED` only
    To,
}

impl PredicateKind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Before, Self::After, Self::On, Self::During, Self::By, Self::From, Self::To];

    /// The keyword, in upper case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Before => "BEFORE",
            Self::After => "AFTER",
            Self::On => "ON",
            Self::During => "DURING",
            Self::By => "BY",
            Self::From => "FROM",
            Self::To => "TO",
        }
    }
}

/// One key of the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// What to sort by.
    pub field: FieldRef,
    /// Which way; `None` leaves it to the field.
    pub direction: Option<Direction>,
}

/// A direction of sorting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `ASC`
    Ascending,
    /// `DESC`
    Descending,
}
