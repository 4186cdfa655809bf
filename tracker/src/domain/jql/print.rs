//! An [`Ast`] as text again, with no more quotes and parentheses than it needs.

use std::fmt::{self, Display, Formatter, Write as _};

use super::{
    ast::{Ast, Clause, Direction, FieldRef, Operand, Predicate, PropertyPart, SortKey, Terminal},
    lexer::is_number,
    reserved::{is_illegal, is_keyword, is_reserved_character, is_reserved_word},
};

impl Display for Ast {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(clause) = &self.clause {
            clause.fmt(f)?;
        }
        for (i, key) in self.order_by.iter().enumerate() {
            let before = match (i, &self.clause) {
                (0, None) => "ORDER BY ",
                (0, Some(_)) => " ORDER BY ",
                _ => ", ",
            };
            write!(f, "{before}{key}")?;
        }
        Ok(())
    }
}

impl Display for Clause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(clauses) => join(f, clauses, " AND ", |c| matches!(c, Self::And(_) | Self::Or(_))),
            Self::Or(clauses) => join(f, clauses, " OR ", |c| matches!(c, Self::Or(_))),
            Self::Not(clause) if matches!(**clause, Self::And(_) | Self::Or(_)) => {
                write!(f, "NOT ({clause})")
            }
            Self::Not(clause) => write!(f, "NOT {clause}"),
            Self::Terminal(terminal) => terminal.fmt(f),
        }
    }
}

fn join(
    f: &mut Formatter<'_>,
    clauses: &[Clause],
    between: &str,
    needs_parentheses: impl Fn(&Clause) -> bool,
) -> fmt::Result {
    for (i, clause) in clauses.iter().enumerate() {
        if i > 0 {
            f.write_str(between)?;
        }
        if needs_parentheses(clause) { write!(f, "({clause})")? } else { clause.fmt(f)? }
    }
    Ok(())
}

impl Display for Terminal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.operator.as_str())?;
        if let Some(operand) = &self.operand {
            write!(f, " {operand}")?;
        }
        for Predicate { kind, operand } in &self.predicates {
            write!(f, " {} {operand}", kind.as_str())?;
        }
        Ok(())
    }
}

impl Display for FieldRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => string(f, name),
            Self::Number(number) => number.fmt(f),
            Self::Custom(id) => write!(f, "cf[{id}]"),
            Self::Property { name, parts } => {
                string(f, name)?;
                for PropertyPart { key, path } in parts {
                    f.write_char('[')?;
                    string(f, key)?;
                    f.write_char(']')?;
                    path.iter().try_for_each(|path| bare(f, path))?;
                }
                Ok(())
            }
        }
    }
}

impl Display for Operand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => string(f, text),
            Self::Number(number) => number.fmt(f),
            Self::Empty => f.write_str("EMPTY"),
            Self::Function(call) => {
                string(f, &call.name)?;
                list(f, &call.arguments, |f, argument| string(f, argument))
            }
            Self::List(items) => list(f, items, |f, item| item.fmt(f)),
        }
    }
}

impl Display for SortKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.field.fmt(f)?;
        match self.direction {
            None => Ok(()),
            Some(Direction::Ascending) => f.write_str(" ASC"),
            Some(Direction::Descending) => f.write_str(" DESC"),
        }
    }
}

fn list<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    print: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_char('(')?;
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        print(f, item)?;
    }
    f.write_char(')')
}

/// Bare where it stays the same, else in quotes.
fn string(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let word = !text.is_empty() && text.chars().all(plain) && !text.starts_with('.');
    if word && !is_keyword(text) && !is_reserved_word(text) && !is_number(text) {
        return f.write_str(text);
    }
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\t' => f.write_str("\\t")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            c if is_illegal(c) => escape(f, c)?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

/// Without quotes, everything odd escaped.
fn bare(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    text.chars().try_for_each(|c| {
        if c == '\\' || c.is_whitespace() || is_reserved_character(c) || is_illegal(c) {
            escape(f, c)
        } else {
            f.write_char(c)
        }
    })
}

fn escape(f: &mut Formatter<'_>, c: char) -> fmt::Result {
    c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(f, "\\u{unit:04x}"))
}
