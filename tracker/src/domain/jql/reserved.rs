//! Words and characters that a bare string can't be or hold.

/// Words of the language itself; sorted. `was`, `changed` and `during` are words of the language too, but only where an
/// operator or a predicate is expected, so that they may be values.
const KEYWORDS: [&str; 16] = [
    "after", "and", "asc", "before", "by", "desc", "empty", "from", "in", "is", "not", "null", "on", "or",
    "order", "to",
];

/// Words kept back, most of them of SQL; sorted.
const RESERVED: [&str; 162] = [
    "abort",
    "access",
    "add",
    "alias",
    "all",
    "alter",
    "any",
    "are",
    "as",
    "audit",
    "avg",
    "begin",
    "between",
    "boolean",
    "break",
    "byte",
    "catch",
    "cf",
    "char",
    "character",
    "check",
    "checkpoint",
    "collate",
    "collation",
    "column",
    "commit",
    "connect",
    "continue",
    "count",
    "create",
    "current",
    "date",
    "decimal",
    "declare",
    "decrement",
    "default",
    "defaults",
    "define",
    "delete",
    "delimiter",
    "difference",
    "distinct",
    "divide",
    "do",
    "double",
    "drop",
    "else",
    "encoding",
    "end",
    "equals",
    "escape",
    "exclusive",
    "exec",
    "execute",
    "exists",
    "explain",
    "false",
    "fetch",
    "field",
    "file",
    "first",
    "float",
    "for",
    "function",
    "go",
    "goto",
    "grant",
    "greater",
    "group",
    "having",
    "identified",
    "if",
    "immediate",
    "increment",
    "index",
    "initial",
    "inner",
    "inout",
    "input",
    "insert",
    "int",
    "integer",
    "intersect",
    "intersection",
    "into",
    "isempty",
    "isnull",
    "join",
    "last",
    "left",
    "less",
    "like",
    "limit",
    "lock",
    "long",
    "max",
    "min",
    "minus",
    "mode",
    "modify",
    "modulo",
    "more",
    "multiply",
    "next",
    "noaudit",
    "notin",
    "nowait",
    "number",
    "object",
    "of",
    "option",
    "outer",
    "output",
    "power",
    "previous",
    "prior",
    "privileges",
    "public",
    "raise",
    "raw",
    "remainder",
    "rename",
    "resource",
    "return",
    "returns",
    "revoke",
    "right",
    "row",
    "rowid",
    "rownum",
    "rows",
    "select",
    "session",
    "set",
    "share",
    "size",
    "sqrt",
    "start",
    "strict",
    "string",
    "subtract",
    "sum",
    "synonym",
    "table",
    "then",
    "trans",
    "transaction",
    "trigger",
    "true",
    "uid",
    "union",
    "unique",
    "update",
    "user",
    "validate",
    "values",
    "view",
    "when",
    "whenever",
    "where",
    "while",
    "with",
];

/// Whether the bare `word` is one of the language's own.
pub(super) fn is_keyword(word: &str) -> bool {
    contains(&KEYWORDS, word)
}

/// Whether the bare `word` is kept back.
pub(super) fn is_reserved_word(word: &str) -> bool {
    contains(&RESERVED, word)
}

/// Whether `c` ends a bare string. White space does too, but isn't among these.
pub(super) fn is_reserved_character(c: char) -> bool {
    "\"'=!<>()~,[]|&{}*/%+^$#@?;".contains(c)
}

/// Whether `c` may stand nowhere in a query unless escaped: control characters other than white space, and code points that
/// Unicode keeps for the inside of programs.
pub(super) fn is_illegal(c: char) -> bool {
    let code = u32::from(c);
    (c.is_control() && !c.is_whitespace()) || (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}

fn contains(words: &[&str], word: &str) -> bool {
    // Longer than any of them: not worth a copy.
    word.len() <= 16 && words.binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lists_are_sorted_and_apart() {
        assert!(KEYWORDS.is_sorted() && RESERVED.is_sorted());
        assert!(KEYWORDS.iter().all(|word| !is_reserved_word(word)));
    }

    #[test]
    fn case_does_not_matter() {
        assert!(is_keyword("And") && is_reserved_word("SELECT") && !is_keyword("summary"));
    }
}
