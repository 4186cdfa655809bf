//! JQL, the query language: text → [`parse`] → [`Ast`] → [`resolve`] (names become ids) → [`Query`], which the index answers.
//!
//! Nothing here does I/O: between the two steps the caller looks up what [`references()`] names and puts it into a
//! [`Catalogue`].

pub mod ast;
pub mod query;
pub mod text;

mod catalogue;
mod dates;
mod error;
mod fields;
mod lexer;
mod lookup;
mod order;
mod parser;
mod print;
mod references;
mod reserved;
mod resolve;
mod values;

pub use ast::Ast;
pub use catalogue::{Catalogue, NamedIssue};
pub use error::SyntaxError;
pub use query::Query;
pub use references::{References, references};
pub use resolve::{Context, ResolveError, resolve, resolve_leniently};

/// Longest query, in bytes. Lists of thousands of keys fit.
pub const MAX_LENGTH: usize = 128 * 1024;
/// Deepest nesting of parentheses, lists and negations.
pub const MAX_DEPTH: usize = 100;

/// Parses a query. The time it takes grows with the length only, and the stack is bounded.
pub fn parse(text: &str) -> Result<Ast, SyntaxError> {
    if text.len() > MAX_LENGTH {
        return Err(error::Place::START.error(&error::Situation::TooLong));
    }
    parser::Parser::new(text)?.query()
}

#[cfg(test)]
mod tests;
