//! Tests of the way from text to [`Ast`] and back: what is understood, each mistake with its place, and that nothing panics.

use proptest::{collection::vec, option, prelude::*};

use super::{
    MAX_DEPTH, MAX_LENGTH,
    ast::{
        Ast, Clause, Direction, FieldRef, FunctionCall, Operand, Operator, Predicate, PredicateKind,
        PropertyPart, SortKey, Terminal,
    },
    parse,
};

/// Fails unless `text` parses and prints as `printed`.
fn prints(text: &str, printed: &str) {
    match parse(text) {
        Ok(ast) => assert_eq!(ast.to_string(), printed, "{text}"),
        Err(error) => panic!("{text}: {error}"),
    }
}

#[test]
fn understands_the_grammar() {
    for (text, printed) in [
        ("", ""),
        (" \t\r\n ", ""),
        ("project = DEMO", "project = DEMO"),
        ("PROJECT=demo aNd status!=Done", "PROJECT = demo AND status != Done"),
        ("a=1 OR b=2 AND NOT c=3", "a = 1 OR b = 2 AND NOT c = 3"),
        ("(a=1 OR b=2) AND !c=3", "(a = 1 OR b = 2) AND NOT c = 3"),
        ("a=1 & b=2 && c=3 | d=4 || e=5", "a = 1 AND b = 2 AND c = 3 OR d = 4 OR e = 5"),
        ("((((a=1))))", "a = 1"),
        ("NOT (a=1 AND b=2)", "NOT (a = 1 AND b = 2)"),
        ("!!a=1", "NOT NOT a = 1"),
        ("key in (A-1, 'A-2', (B-3, EMPTY))", "key in (A-1, A-2, (B-3, EMPTY))"),
        ("key NOT  IN (A-1)", "key not in (A-1)"),
        ("assignee is not null", "assignee is not EMPTY"),
        ("assignee IS EMPTY", "assignee is EMPTY"),
        ("assignee = currentUser()", "assignee = currentUser()"),
        ("created >= startOfDay(-1d)", "created >= startOfDay(-1d)"),
        ("created > -5d and updated <= '2026/01/31'", "created > -5d AND updated <= \"2026/01/31\""),
        ("created<'2026-01-31 12:00'", "created < \"2026-01-31 12:00\""),
        (
            "summary ~ 'it\\'s \\\"odd\\\"' or summary !~ \"a\\tb\"",
            "summary ~ \"it's \\\"odd\\\"\" OR summary !~ \"a\\tb\"",
        ),
        ("summary ~ over\\ there\\u0021", "summary ~ \"over there!\""),
        ("summary ~ '\\ud83d\\ude00'", "summary ~ \"😀\""),
        ("summary ~ überraschung", "summary ~ überraschung"),
        ("'select' = \"and\" or x = '5'", "\"select\" = \"and\" OR x = \"5\""),
        ("cf[10001] = 5 and 'cf'[1] = 2", "cf[10001] = 5 AND \"cf\"[\"1\"] = 2"),
        ("issue.property[key].a.b = 1 and x[ 'y z' ] = 2", "issue.property[key].a.b = 1 AND x[\"y z\"] = 2"),
        ("10001 = 3", "10001 = 3"),
        (
            "x = -9223372036854775808 and x = 9223372036854775807",
            "x = -9223372036854775808 AND x = 9223372036854775807",
        ),
        ("x = 007", "x = 7"),
        ("status was Open", "status was Open"),
        (
            "status WAS NOT IN (Open, Closed) AFTER '2026/01/01' BY bob",
            "status was not in (Open, Closed) AFTER \"2026/01/01\" BY bob",
        ),
        ("status was not Open during (a, b)", "status was not Open DURING (a, b)"),
        (
            "status changed from Open to Closed on now() and x = was",
            "status changed FROM Open TO Closed ON now() AND x = was",
        ),
        ("status changed", "status changed"),
        ("order by created desc, key", "ORDER BY created DESC, key"),
        ("a=1 ORDER BY cf[1] ASC,b", "a = 1 ORDER BY cf[1] ASC, b"),
        ("f = g(1, -2, 'x y', z)", "f = g(\"1\", \"-2\", \"x y\", z)"),
    ] {
        prints(text, printed);
    }
}

/// Each mistake that is told apart: query, line, character, message.
const MISTAKES: [(&str, u32, u32, &str); 55] = [
    ("= 5", 1, 1, "Expecting a field name but got '='."),
    (
        "and",
        1,
        1,
        "Expecting a field name but got 'and'. You must surround 'and' in quotation marks to use it as a value.",
    ),
    ("a = 1 AND", 1, 10, "Expecting a field name before the end of the query."),
    ("(", 1, 2, "Expecting a field name before the end of the query."),
    ("a = 1 or )", 1, 10, "Expecting a field name but got ')'."),
    (
        "select = 1",
        1,
        1,
        "'select' is a reserved JQL word. You must surround it in quotation marks to use it in a query.",
    ),
    (
        "cf = 1",
        1,
        1,
        "'cf' is a reserved JQL word. You must surround it in quotation marks to use it in a query.",
    ),
    (
        "project DEMO",
        1,
        9,
        "Expecting an operator but got 'DEMO'. The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS', 'IS NOT', 'WAS', 'WAS IN', 'WAS NOT', 'WAS NOT IN' and 'CHANGED'.",
    ),
    (
        "project",
        1,
        8,
        "Expecting an operator before the end of the query. The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS', 'IS NOT', 'WAS', 'WAS IN', 'WAS NOT', 'WAS NOT IN' and 'CHANGED'.",
    ),
    (
        "project ! = x",
        1,
        9,
        "Expecting an operator but got '!'. The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS', 'IS NOT', 'WAS', 'WAS IN', 'WAS NOT', 'WAS NOT IN' and 'CHANGED'.",
    ),
    ("project not x", 1, 13, "Expecting the operator 'IN' after 'NOT' but got 'x'."),
    ("project not", 1, 12, "Expecting the operator 'IN' after 'NOT' before the end of the query."),
    ("project =", 1, 10, "Expecting either a value, list or function before the end of the query."),
    (
        "project = and",
        1,
        11,
        "Expecting either a value, list or function but got 'and'. You must surround 'and' in quotation marks to use it as a value.",
    ),
    (
        "project = default",
        1,
        11,
        "'default' is a reserved JQL word. You must surround it in quotation marks to use it in a query.",
    ),
    ("project = =", 1, 11, "Expecting either a value, list or function but got '='."),
    ("project in ()", 1, 13, "Expecting a value or function in the list but got ')'."),
    ("project in (a,", 1, 15, "Expecting a value or function in the list before the end of the query."),
    ("project in (a,,b)", 1, 15, "Expecting a value or function in the list but got ','."),
    ("project in (a b)", 1, 15, "Expecting either ')' or ',' in the list but got 'b'."),
    ("project in (a", 1, 14, "Expecting either ')' or ',' in the list before the end of the query."),
    ("a = f(", 1, 7, "Expecting an argument of the function before the end of the query."),
    ("a = f(,)", 1, 7, "Expecting an argument of the function but got ','."),
    (
        "a = f(x",
        1,
        8,
        "Expecting either ')' or ',' after the argument of the function before the end of the query.",
    ),
    ("a = f(x y)", 1, 9, "Expecting either ')' or ',' after the argument of the function but got 'y'."),
    ("(a = 1", 1, 7, "Expecting either 'OR', 'AND' or ')' before the end of the query."),
    ("(a = 1 b = 2)", 1, 8, "Expecting either 'OR', 'AND' or ')' but got 'b'."),
    ("a = 1 b = 2", 1, 7, "Expecting either 'OR' or 'AND' but got 'b'."),
    ("a = 1)", 1, 6, "Expecting either 'OR' or 'AND' but got ')'."),
    ("a = 1 not b = 2", 1, 7, "Expecting either 'OR' or 'AND' but got 'not'."),
    ("order", 1, 6, "Expecting 'BY' after 'ORDER' before the end of the query."),
    ("a = 1 order key", 1, 13, "Expecting 'BY' after 'ORDER' but got 'key'."),
    ("order by", 1, 9, "Expecting a field name to sort by before the end of the query."),
    ("order by a,", 1, 12, "Expecting a field name to sort by before the end of the query."),
    (
        "order by desc",
        1,
        10,
        "Expecting a field name to sort by but got 'desc'. You must surround 'desc' in quotation marks to use it as a value.",
    ),
    ("order by a up", 1, 12, "Expecting either 'ASC' or 'DESC' or ',' but got 'up'."),
    ("order by a asc desc", 1, 16, "Expecting either 'ASC' or 'DESC' or ',' but got 'desc'."),
    (
        "a = b/c",
        1,
        6,
        "The character '/' is a reserved JQL character. You must enclose it in a string or use the escape '\\u002f' instead.",
    ),
    (
        "a = 1 and\nb\n  @ 2",
        3,
        3,
        "The character '@' is a reserved JQL character. You must enclose it in a string or use the escape '\\u0040' instead.",
    ),
    (
        "a = \u{1}",
        1,
        5,
        "The character U+0001 is not allowed in a query. You must enclose it in a string as an escape '\\uXXXX' instead.",
    ),
    (
        "a = 'b\u{ffff}'",
        1,
        7,
        "The character U+FFFF is not allowed in a query. You must enclose it in a string as an escape '\\uXXXX' instead.",
    ),
    ("a = 'b", 1, 5, "The quoted string 'b' has not been completed."),
    ("a = \"", 1, 5, "The quoted string '' has not been completed."),
    (
        "a = \"b\\",
        1,
        7,
        "The query ends within an escape sequence. An unfinished escape sequence is not valid.",
    ),
    (
        "a = b\\u00",
        1,
        6,
        "The query ends within an escape sequence. An unfinished escape sequence is not valid.",
    ),
    (
        "a = 'ü\\x'",
        1,
        7,
        "'\\x' is an illegal JQL escape sequence. The valid escape sequences are \\', \\\", \\t, \\n, \\r, \\\\, '\\ ' and \\uXXXX.",
    ),
    (
        "a = '\\u00g0'",
        1,
        6,
        "'\\u00g' is an illegal JQL escape sequence. The valid escape sequences are \\', \\\", \\t, \\n, \\r, \\\\, '\\ ' and \\uXXXX.",
    ),
    (
        "a = '\\ud800'",
        1,
        6,
        "'\\ud800' is an illegal JQL escape sequence. The valid escape sequences are \\', \\\", \\t, \\n, \\r, \\\\, '\\ ' and \\uXXXX.",
    ),
    (
        "a = 9223372036854775808",
        1,
        5,
        "The number '9223372036854775808' is out of range. Numbers must be between -9223372036854775808 and 9223372036854775807.",
    ),
    (
        "cf[x] = 1",
        1,
        4,
        "'x' is not a valid id of a custom field. Write 'cf[10001]', with a number that is not negative.",
    ),
    (
        "cf[-1] = 1",
        1,
        4,
        "'-1' is not a valid id of a custom field. Write 'cf[10001]', with a number that is not negative.",
    ),
    ("cf[] = 1", 1, 4, "Expecting the id of a custom field, a whole number, but got ']'."),
    ("cf[1 = 1", 1, 6, "Expecting ']' but got '='."),
    ("a[] = 1", 1, 3, "Expecting a property key but got ']'."),
    ("a[b", 1, 4, "Expecting ']' before the end of the query."),
];

#[test]
fn tells_mistakes_apart() {
    for (text, line, column, message) in MISTAKES {
        let error = parse(text).expect_err(text);
        assert_eq!((error.line, error.column, error.message.as_str()), (line, column, message), "{text}");
        assert_eq!(
            error.to_string(),
            format!("Error in the JQL Query: {message} (line {line}, character {column})")
        );
    }
}

#[test]
fn tells_mistakes_of_history_apart() {
    for (text, column, message) in [
        (
            "a = 1 by b",
            7,
            "The predicate 'BY' can't follow the operator '='. It follows 'WAS' and 'CHANGED' only.",
        ),
        ("a was b from c", 9, "The predicate 'FROM' can follow the operator 'CHANGED' only."),
        ("a was b by", 11, "Expecting either a value, list or function before the end of the query."),
        ("a was b x", 9, "Expecting a predicate of the history operator, 'OR' or 'AND' but got 'x'."),
        ("a was", 6, "Expecting either a value, list or function before the end of the query."),
        (
            "a changed b",
            11,
            "The operator 'CHANGED' takes no value but got 'b'. A predicate, 'OR' or 'AND' may follow it.",
        ),
        ("a changed during b", 18, "The predicate 'DURING' needs a list of two values: ('from', 'to')."),
        ("a changed during (b)", 18, "The predicate 'DURING' needs a list of two values: ('from', 'to')."),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!((error.line, error.column, error.message.as_str()), (1, column, message), "{text}");
    }
}

#[test]
fn counts_lines_and_characters_as_people_do() {
    for (text, line, column) in [
        ("a\n=\n/", 3, 1),
        ("a\r\n=\r\n /", 3, 2),
        ("a\r=\r/", 3, 1),
        ("\n\n\na = 1 ü", 4, 7),
        ("'ü😀' = /", 1, 8),
        ("a = 'x\ny' /", 2, 4),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!((error.line, error.column), (line, column), "{text:?}");
    }
}

#[test]
fn long_words_are_shortened_in_messages() {
    let error = parse(&format!("a {}", "x".repeat(100_000))).expect_err("two words");
    assert!(error.message.chars().count() < 400, "{}", error.message);
}

#[test]
fn depth_is_limited_and_the_stack_safe() {
    let nested = |open: &str, inner: &str, close: &str, depth: usize| {
        [open.repeat(depth), inner.to_owned(), close.repeat(depth)].concat()
    };
    for (open, inner, close) in
        [("(", "a = 1", ")"), ("NOT ", "a = 1", ""), ("!", "a = 1", ""), ("a in (", "b", ")"), ("(", "", "")]
    {
        // Only the first bracket of a nested list stands after an operator.
        let (first, open) = if open == "a in (" { ("a in ", "(") } else { ("", open) };
        let good = format!("{first}{}", nested(open, inner, close, MAX_DEPTH));
        assert_eq!(parse(&good).is_ok(), !inner.is_empty(), "{open}");
        let bad = format!("{first}{}", nested(open, inner, close, MAX_LENGTH / 10));
        let error = parse(&bad).expect_err("deep");
        assert!(error.message.starts_with("The query is nested too deeply."), "{error}");
        assert_eq!(error.column as usize, first.len() + MAX_DEPTH * open.len() + 1);
    }
}

#[test]
fn length_is_limited() {
    let long = format!("a = '{}'", "x".repeat(MAX_LENGTH));
    assert_eq!(
        parse(&long).expect_err("long").message,
        "The query is too long. At most 131072 bytes are allowed."
    );
    assert!(parse(&long[long.len() - MAX_LENGTH..]).is_err());
    let clauses = vec!["a = 1"; MAX_LENGTH / 10].join(" OR ");
    assert!(matches!(
        parse(&clauses[..MAX_LENGTH / 20 * 9 - 4]),
        Ok(Ast { clause: Some(Clause::Or(_)), .. })
    ));
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z]{1,8}",
        2 => "[A-Z]{2,4}-[0-9]{1,3}",
        1 => prop::sample::select(vec!["and", "Order", "select", "cf", "was", "changed", "empty", "5", "-5", "", " ", "."]).prop_map(str::to_owned),
        2 => any::<String>(),
    ]
}

fn any_field() -> impl Strategy<Value = FieldRef> {
    let path = "\\.[a-z.\\\\ =]{0,6}";
    let part = (any_text(), option::of(path)).prop_map(|(key, path)| PropertyPart { key, path });
    prop_oneof![
        5 => any_text().prop_map(FieldRef::Name),
        1 => any::<i64>().prop_map(FieldRef::Number),
        1 => any::<u64>().prop_map(FieldRef::Custom),
        1 => (any_text(), vec(part, 1..3)).prop_map(|(name, parts)| FieldRef::Property { name, parts }),
    ]
}

fn any_operand() -> impl Strategy<Value = Operand> {
    let call =
        (any_text(), vec(any_text(), 0..3)).prop_map(|(name, arguments)| FunctionCall { name, arguments });
    let leaf = prop_oneof![
        4 => any_text().prop_map(Operand::Text),
        1 => any::<i64>().prop_map(Operand::Number),
        1 => call.prop_map(Operand::Function),
        1 => Just(Operand::Empty),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| vec(inner, 1..4).prop_map(Operand::List))
}

fn any_terminal() -> impl Strategy<Value = Terminal> {
    use Operator as O;
    let plain = prop::sample::select(vec![
        O::Equals,
        O::NotEquals,
        O::Less,
        O::LessOrEqual,
        O::Greater,
        O::GreaterOrEqual,
        O::Like,
        O::NotLike,
        O::In,
        O::NotIn,
        O::Is,
        O::IsNot,
    ]);
    let was = prop::sample::select(vec![O::Was, O::WasNot, O::WasIn, O::WasNotIn]);
    let predicate = |most: usize| {
        let kind = prop::sample::select(PredicateKind::ALL[..most].to_vec());
        (kind, any_operand(), any_operand()).prop_map(|(kind, first, second)| {
            let two = kind == PredicateKind::During;
            Predicate { kind, operand: if two { Operand::List(vec![first, second]) } else { first } }
        })
    };
    prop_oneof![
        4 => (any_field(), plain, any_operand().prop_map(Some), Just(Vec::new())).boxed(),
        1 => (any_field(), was, any_operand().prop_map(Some), vec(predicate(5), 0..3)).boxed(),
        1 => (any_field(), Just(O::Changed), Just(None), vec(predicate(7), 0..3)).boxed(),
    ]
    .prop_map(|(field, operator, operand, predicates)| Terminal { field, operator, operand, predicates })
}

fn any_ast() -> impl Strategy<Value = Ast> {
    let clause = any_terminal().prop_map(Clause::Terminal).prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Clause::And),
            vec(inner.clone(), 2..4).prop_map(Clause::Or),
            inner.prop_map(|clause| Clause::Not(Box::new(clause))),
        ]
    });
    let direction = option::of(prop::sample::select(vec![Direction::Ascending, Direction::Descending]));
    let key = (any_field(), direction).prop_map(|(field, direction)| SortKey { field, direction });
    (option::of(clause), vec(key, 0..3)).prop_map(|(clause, order_by)| Ast { clause, order_by })
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same(ast in any_ast()) {
        let printed = ast.to_string();
        prop_assert_eq!(parse(&printed).map_err(|error| format!("{error}: {printed}")), Ok(ast));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_tokens_make_it_panic(tokens in vec(prop::sample::select(vec![
        "a", "=", "!=", "!", "~", "(", ")", ",", "[", "]", "and", "or", "not", "in", "is", "was", "changed", "by",
        "order", "empty", "'", "\"", "\\", "\\u12", "5", "-", "cf", ".", "during", "\n", "<", "/", "\u{0}", "desc",
    ]), 0..30), between in prop::sample::select(vec!["", " "])) {
        let text = tokens.join(between);
        if let Err(error) = parse(&text) {
            prop_assert!(error.line >= 1 && error.column >= 1);
            let lines: Vec<&str> = text.split('\n').collect();
            let line = lines[error.line as usize - 1];
            prop_assert!(error.column as usize <= line.chars().count() + 1, "{} {:?}", error, text);
        }
    }
}
