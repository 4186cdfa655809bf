//! What can be wrong with the text of a query, and where.

use super::{MAX_DEPTH, MAX_LENGTH};

/// A query that can't be parsed. Prints as people know it from Jira.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Error in the JQL Query: {message} (line {line}, character {column})")]
pub struct SyntaxError {
    /// Line of the place, from 1.
    pub line: u32,
    /// Character within that line, from 1.
    pub column: u32,
    /// What is wrong, a full sentence.
    pub message: String,
}

/// A place in a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Place {
    pub(super) const START: Self = Self { line: 1, column: 1 };

    pub(super) fn error(self, situation: &Situation) -> SyntaxError {
        SyntaxError { line: self.line, column: self.column, message: situation.message() }
    }
}

/// What the parser was looking for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected {
    Field,
    SortField,
    Operator,
    InAfterNot,
    Operand,
    ListItem,
    ListEnd,
    Argument,
    ArgumentsEnd,
    Connective,
    ConnectiveOrClose,
    By,
    Direction,
    CustomFieldId,
    PropertyKey,
    BracketClose,
    PredicateOperand,
    PredicateOrConnective,
}

impl Expected {
    fn phrase(self) -> &'static str {
        match self {
            Self::Field => "a field name",
            Self::SortField => "a field name to sort by",
            Self::Operator => "an operator",
            Self::InAfterNot => "the operator 'IN' after 'NOT'",
            Self::Operand | Self::PredicateOperand => "either a value, list or function",
            Self::ListItem => "a value or function in the list",
            Self::ListEnd => "either ')' or ',' in the list",
            Self::Argument => "an argument of the function",
            Self::ArgumentsEnd => "either ')' or ',' after the argument of the function",
            Self::Connective => "either 'OR' or 'AND'",
            Self::ConnectiveOrClose => "either 'OR', 'AND' or ')'",
            Self::By => "'BY' after 'ORDER'",
            Self::Direction => "either 'ASC' or 'DESC' or ','",
            Self::CustomFieldId => "the id of a custom field, a whole number,",
            Self::PropertyKey => "a property key",
            Self::BracketClose => "']'",
            Self::PredicateOrConnective => "a predicate of the history operator, 'OR' or 'AND'",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Operator => {
                " The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS', \
                 'IS NOT', 'WAS', 'WAS IN', 'WAS NOT', 'WAS NOT IN' and 'CHANGED'."
            }
            _ => "",
        }
    }

    /// Whether quoting the word that stands there instead would make it right.
    fn takes_strings(self) -> bool {
        matches!(
            self,
            Self::Field
                | Self::SortField
                | Self::Operand
                | Self::PredicateOperand
                | Self::ListItem
                | Self::Argument
                | Self::PropertyKey
        )
    }
}

/// What is wrong.
#[derive(Clone, Debug)]
pub(super) enum Situation<'a> {
    /// Something else stands there; `word` when it is a bare word.
    Got {
        expected: Expected,
        got: &'a str,
        word: bool,
    },
    /// The query ends there.
    End {
        expected: Expected,
    },
    ReservedWord(&'a str),
    ReservedCharacter(char),
    IllegalCharacter(char),
    UnfinishedString(&'a str),
    UnfinishedEscape,
    IllegalEscape(&'a str),
    NumberOutOfRange(&'a str),
    BadCustomFieldId(&'a str),
    PredicateWithoutHistory {
        predicate: &'static str,
        operator: &'static str,
    },
    PredicateOnlyAfterChanged(&'static str),
    OperandAfterChanged(&'a str),
    DuringNeedsTwo,
    TooDeep,
    TooLong,
}

impl Situation<'_> {
    fn message(&self) -> String {
        match self {
            Self::Got { expected, got, word } => {
                let (phrase, hint, got) = (expected.phrase(), expected.hint(), shortened(got));
                let quote = if *word && expected.takes_strings() {
                    format!(" You must surround '{got}' in quotation marks to use it as a value.")
                } else {
                    String::new()
                };
                format!("Expecting {phrase} but got '{got}'.{hint}{quote}")
            }
            Self::End { expected } => {
                format!("Expecting {} before the end of the query.{}", expected.phrase(), expected.hint())
            }
            Self::ReservedWord(word) => format!(
                "'{word}' is a reserved JQL word. You must surround it in quotation marks to use it in a query."
            ),
            Self::ReservedCharacter(c) => format!(
                "The character '{c}' is a reserved JQL character. You must enclose it in a string or use the \
                 escape '\\u{:04x}' instead.",
                u32::from(*c)
            ),
            Self::IllegalCharacter(c) => format!(
                "The character U+{:04X} is not allowed in a query. You must enclose it in a string as an escape \
                 '\\uXXXX' instead.",
                u32::from(*c)
            ),
            Self::UnfinishedString(text) => {
                format!("The quoted string '{}' has not been completed.", shortened(text))
            }
            Self::UnfinishedEscape => {
                "The query ends within an escape sequence. An unfinished escape sequence is not valid."
                    .to_owned()
            }
            Self::IllegalEscape(escape) => format!(
                "'{escape}' is an illegal JQL escape sequence. The valid escape sequences are \\', \\\", \\t, \\n, \
                 \\r, \\\\, '\\ ' and \\uXXXX."
            ),
            Self::NumberOutOfRange(text) => format!(
                "The number '{}' is out of range. Numbers must be between {} and {}.",
                shortened(text),
                i64::MIN,
                i64::MAX
            ),
            Self::BadCustomFieldId(text) => format!(
                "'{}' is not a valid id of a custom field. Write 'cf[10001]', with a number that is not negative.",
                shortened(text)
            ),
            Self::PredicateWithoutHistory { predicate, operator } => format!(
                "The predicate '{predicate}' can't follow the operator '{operator}'. It follows 'WAS' and 'CHANGED' \
                 only."
            ),
            Self::PredicateOnlyAfterChanged(predicate) => {
                format!("The predicate '{predicate}' can follow the operator 'CHANGED' only.")
            }
            Self::OperandAfterChanged(got) => format!(
                "The operator 'CHANGED' takes no value but got '{}'. A predicate, 'OR' or 'AND' may follow it.",
                shortened(got)
            ),
            Self::DuringNeedsTwo => {
                "The predicate 'DURING' needs a list of two values: ('from', 'to').".to_owned()
            }
            Self::TooDeep => {
                format!("The query is nested too deeply. At most {MAX_DEPTH} levels are allowed.")
            }
            Self::TooLong => format!("The query is too long. At most {MAX_LENGTH} bytes are allowed."),
        }
    }
}

/// The beginning of `text` when it is too long to be shown to people.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
