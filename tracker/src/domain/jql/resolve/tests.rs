//! Tests of the way from names to ids: what each comparison means, and each reason to refuse one.

use super::*;
use crate::domain::{
    id::{IssueId, IssueTypeId, PriorityId, ProjectId, StatusId},
    issue::{IssueType, Priority, Status, StatusCategory},
    jql::{
        NamedIssue, parse,
        query::{OptionalField, Sort, SortBy, TextField},
        references,
        text::TextQuery,
    },
    project::Project,
    user::User,
};

/// 2026-01-31T12:00:00Z, a Saturday.
const NOW: i64 = 1_769_860_800_000;
const DAY: i64 = 86_400_000;

fn catalogue() -> Catalogue {
    let project = |id, key: &str, name: &str| Project {
        id: ProjectId(id),
        key: key.into(),
        name: name.into(),
        description: String::new(),
        lead: UserId(1),
        type_key: "software".into(),
        version: 1,
        created_ms: 0,
    };
    let status = |id, name: &str, category| Status {
        id: StatusId(id),
        name: name.into(),
        description: String::new(),
        category,
    };
    let priority = |id, name: &str, rank| Priority {
        id: PriorityId(id),
        name: name.into(),
        description: String::new(),
        rank,
        color: String::new(),
    };
    let user = |id, name: &str| User {
        id: UserId(id),
        key: format!("JIRAUSER{id}"),
        name: name.into(),
        email: String::new(),
        display_name: name.into(),
        active: true,
        admin: false,
        time_zone: "UTC".into(),
        version: 1,
        created_ms: 0,
    };
    let kind = |id, name: &str| IssueType {
        id: IssueTypeId(id),
        name: name.into(),
        description: String::new(),
        subtask: false,
    };
    Catalogue {
        projects: vec![project(10, "DEMO", "Demonstration"), project(11, "OPS", "DEMO")],
        statuses: vec![
            status(1, "Open", StatusCategory::ToDo),
            status(3, "In Progress", StatusCategory::InProgress),
            status(5, "Done", StatusCategory::Done),
            status(6, "Won't Do", StatusCategory::Done),
        ],
        issue_types: vec![kind(1, "Bug"), kind(2, "Task")],
        priorities: vec![priority(1, "High", 1), priority(2, "Medium", 2), priority(3, "Low", 3)],
        users: vec![user(1, "admin"), user(2, "Bob")],
        issues: vec![
            NamedIssue { id: IssueId(100), key: "DEMO-1".into() },
            NamedIssue { id: IssueId(101), key: "DEMO-2".into() },
        ],
        user_order: vec![UserId(2), UserId(1)],
    }
}

fn try_resolve(text: &str) -> Result<Query, Vec<ResolveError>> {
    let context = Context { user: Some(UserId(2)), now_ms: NOW, time_zone: TimeZone::UTC };
    resolve(&parse(text).expect(text), &catalogue(), &context)
}

fn filter(text: &str) -> Filter {
    try_resolve(text).unwrap_or_else(|errors| panic!("{text}: {errors:?}")).filter
}

fn ids(field: IdField, ids: &[i64]) -> Filter {
    Filter::Ids { field, ids: ids.to_vec() }
}

fn range(field: NumberField, from: Option<i64>, to: Option<i64>) -> Filter {
    Filter::Range { field, from, to }
}

fn word(fields: &[TextField], word: &str) -> Filter {
    Filter::Text { fields: fields.to_vec(), query: TextQuery::Word(word.into()) }
}

fn not(filter: Filter) -> Filter {
    Filter::Not(Box::new(filter))
}

#[test]
fn names_become_ids_without_regard_to_case() {
    for (text, expected) in [
        ("", Filter::All),
        // A key wins over another project's name.
        ("project = demo", ids(IdField::Project, &[10])),
        ("project = 'demonstration'", ids(IdField::Project, &[10])),
        ("project = 11 or project = '11'", Filter::Or(vec![ids(IdField::Project, &[11]); 2])),
        ("project in (OPS, (DEMO, ops))", ids(IdField::Project, &[10, 11])),
        ("type = BUG", ids(IdField::IssueType, &[1])),
        ("issueType != bug", not(ids(IdField::IssueType, &[1]))),
        ("status in ('in progress', 1)", ids(IdField::Status, &[1, 3])),
        ("statusCategory = Done", ids(IdField::Status, &[5, 6])),
        ("statusCategory != done", not(ids(IdField::Status, &[5, 6]))),
        ("assignee = bob", ids(IdField::Assignee, &[2])),
        ("reporter = jirauser1", ids(IdField::Reporter, &[1])),
        ("creator = currentUser()", ids(IdField::Creator, &[2])),
        ("key = demo-2", ids(IdField::Issue, &[101])),
        ("id = 100 or issue = '100'", Filter::Or(vec![ids(IdField::Issue, &[100]); 2])),
        ("issuekey in (DEMO-1, DEMO-2)", ids(IdField::Issue, &[100, 101])),
        ("labels = Red", Filter::Labels(vec!["red".into()])),
        ("labels in (b, a, B)", Filter::Labels(vec!["a".into(), "b".into()])),
    ] {
        assert_eq!(filter(text), expected, "{text}");
    }
}

#[test]
fn order_is_by_rank_place_or_second() {
    for (text, expected) in [
        ("priority > Medium", ids(IdField::Priority, &[1])),
        ("priority >= medium", ids(IdField::Priority, &[1, 2])),
        ("priority < 1", ids(IdField::Priority, &[2, 3])),
        ("priority <= low", ids(IdField::Priority, &[3])),
        ("priority > High", Filter::Nothing),
        // The issue need not exist: clients page like this.
        ("id > 7", range(NumberField::Id, Some(8), None)),
        ("id <= 7", range(NumberField::Id, None, Some(7))),
        ("key >= DEMO-77", Filter::Numbers { project: ProjectId(10), from: Some(77), to: None }),
        ("key < demo-77", Filter::Numbers { project: ProjectId(10), from: None, to: Some(76) }),
        ("created > 1769860800000", range(NumberField::CreatedMs, Some(NOW + 1000), None)),
        ("created >= '1970-01-02'", range(NumberField::CreatedMs, Some(DAY), None)),
        ("updated < '1970/01/02 00:01'", range(NumberField::UpdatedMs, None, Some(DAY + 59_999))),
        ("updatedDate <= '1970/1/2'", range(NumberField::UpdatedMs, None, Some(DAY + 999))),
        ("createdDate = '1970-01-02'", range(NumberField::CreatedMs, Some(DAY), Some(DAY + 999))),
        ("created != '1970-01-02'", not(range(NumberField::CreatedMs, Some(DAY), Some(DAY + 999)))),
        ("created >= -1d", range(NumberField::CreatedMs, Some(NOW - DAY), None)),
        ("created >= now()", range(NumberField::CreatedMs, Some(NOW), None)),
        ("created >= startOfDay(-1)", range(NumberField::CreatedMs, Some(NOW - DAY - DAY / 2), None)),
    ] {
        assert_eq!(filter(text), expected, "{text}");
    }
}

#[test]
fn unequal_does_not_match_empty_and_not_moves_inwards() {
    let bob = || ids(IdField::Assignee, &[2]);
    let assigned = || Filter::Present(OptionalField::Assignee);
    for (text, expected) in [
        ("assignee != bob", Filter::And(vec![assigned(), not(bob())])),
        ("not assignee = bob", Filter::And(vec![assigned(), not(bob())])),
        ("not not assignee = bob", bob()),
        ("assignee not in (bob)", Filter::And(vec![assigned(), not(bob())])),
        ("assignee not in (bob, empty)", Filter::And(vec![assigned(), not(bob())])),
        ("assignee in (bob, empty)", Filter::Or(vec![bob(), not(assigned())])),
        ("assignee is empty", not(assigned())),
        ("assignee = empty", not(assigned())),
        ("assignee is not empty", assigned()),
        ("not assignee is empty", assigned()),
        (
            "labels != red",
            Filter::And(vec![
                Filter::Present(OptionalField::Labels),
                not(Filter::Labels(vec!["red".into()])),
            ]),
        ),
        ("project is empty", Filter::Nothing),
        ("project is not empty", Filter::All),
        ("not id > 7", range(NumberField::Id, None, Some(7))),
        (
            "not (assignee is empty and id > 7)",
            Filter::Or(vec![assigned(), range(NumberField::Id, None, Some(7))]),
        ),
        (
            "not (assignee is empty or id > 7)",
            Filter::And(vec![assigned(), range(NumberField::Id, None, Some(7))]),
        ),
        ("summary ~ rust", word(&[TextField::Summary], "rust")),
        ("summary !~ rust", not(word(&[TextField::Summary], "rust"))),
        (
            "not description ~ rust",
            Filter::And(vec![
                Filter::Present(OptionalField::Description),
                not(word(&[TextField::Description], "rust")),
            ]),
        ),
        ("description is empty", not(Filter::Present(OptionalField::Description))),
        ("text ~ 5", word(&[TextField::Summary, TextField::Description, TextField::Comment], "5")),
    ] {
        assert_eq!(filter(text), expected, "{text}");
    }
}

#[test]
fn refuses_with_the_reason() {
    for (text, expected) in [
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("cf[5] = red", "Field 'cf[5]' does not exist or you do not have permission to view it."),
        ("key[a].b = red", "Field 'key[a].b' does not exist or you do not have permission to view it."),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("project = 99", "A value with ID '99' does not exist for the field 'project'."),
        ("status = 99", "A value with ID '99' does not exist for the field 'status'."),
        ("assignee = eve", "The value 'eve' does not exist for the field 'assignee'."),
        ("key = DEMO-9", "An issue with key 'DEMO-9' does not exist for field 'key'."),
        ("key > NOPE-9", "An issue with key 'NOPE-9' does not exist for field 'key'."),
        ("issue = nonsense", "The issue key 'nonsense' for field 'issue' is invalid."),
        ("id = 5", "A value with ID '5' does not exist for the field 'id'."),
        ("project ~ DEMO", "The operator '~' is not supported by the 'project' field."),
        ("summary = x", "The operator '=' is not supported by the 'summary' field."),
        ("text !~ x", "The operator '!~' is not supported by the 'text' field."),
        ("status > Open", "The operator '>' is not supported by the 'status' field."),
        ("status was Open", "The operator 'was' is not supported by the 'status' field."),
        ("status was not in (Open)", "The operator 'was not in' is not supported by the 'status' field."),
        ("priority changed by bob", "The operator 'changed' is not supported by the 'priority' field."),
        (
            "project in DEMO",
            "The operator 'in' does not support the non-list value 'DEMO' for the field 'project'.",
        ),
        (
            "project is DEMO",
            "The operator 'is' supports EMPTY and NULL only, not the value 'DEMO' for the field 'project'.",
        ),
        (
            "project = (DEMO)",
            "The operator '=' does not support the list value '(DEMO)' for the field 'project'.",
        ),
        (
            "created < (1, 2)",
            "The operator '<' does not support the list value '(1, 2)' for the field 'created'.",
        ),
        ("created < EMPTY", "The operator '<' does not support EMPTY for the field 'created'."),
        ("summary ~ (a)", "The operator '~' does not support the list value '(a)' for the field 'summary'."),
        ("summary ~ ' '", "The field 'summary' does not support searching for an empty string."),
        (
            "summary ~ '*a'",
            "The text query '*a' for the field 'summary' is not allowed to start with character '*'.",
        ),
        ("text ~ '(a'", "Unable to parse the text '(a' for the field 'text'."),
        ("assignee = nobody()", "Unable to find JQL function 'nobody()'."),
        ("assignee = currentUser(1)", "The function 'currentUser' expected '0' arguments but received '1'."),
        (
            "created > startOfDay(1, 2)",
            "The function 'startOfDay' expected '0' to '1' arguments but received '2'.",
        ),
        (
            "created > endOfYear(soon)",
            "The argument 'soon' of the function 'endOfYear' is not a period, e.g. '-1', '+2w'.",
        ),
        (
            "project = currentUser()",
            "A value provided by the function 'currentUser' is invalid for the field 'project'.",
        ),
        ("summary ~ now()", "A value provided by the function 'now' is invalid for the field 'summary'."),
        ("order by colour", "Field 'colour' does not exist or you do not have permission to view it."),
        ("order by text", "Not able to sort using field 'text'."),
        (
            "created > 2026-02-30",
            "Date value '2026-02-30' for field 'created' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', \
             'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
        ),
    ] {
        let errors = try_resolve(text).expect_err(text);
        assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected], "{text}");
    }
}

#[test]
fn all_mistakes_are_told_each_once_and_the_rest_still_means_something() {
    let ast = parse("project in (A, DEMO, B, A) or x = 1 or not y = 1 order by z").expect("parses");
    let context = Context { user: None, now_ms: NOW, time_zone: TimeZone::UTC };
    let (query, errors) = resolve_leniently(&ast, &catalogue(), &context);
    assert_eq!(errors.len(), 5, "{errors:?}");
    assert_eq!(query.filter, ids(IdField::Project, &[10]));
    let many: Vec<_> = (0..500).map(|i| format!("f{i} = 1")).collect();
    assert_eq!(try_resolve(&many.join(" and ")).expect_err("no such fields").len(), MAX_ERRORS);
}

#[test]
fn nobody_is_no_user() {
    let context = Context { user: None, now_ms: NOW, time_zone: TimeZone::UTC };
    let ast = parse("assignee = currentUser()").expect("parses");
    assert_eq!(resolve(&ast, &catalogue(), &context).expect("resolves").filter, Filter::Nothing);
}

#[test]
fn dates_belong_to_the_zone_of_the_user() {
    let time_zone = TimeZone::get("Europe/Berlin").expect("a zone");
    let context = Context { user: None, now_ms: NOW, time_zone };
    let ast = parse("created >= '1970-01-02'").expect("parses");
    let expected = range(NumberField::CreatedMs, Some(DAY - 3_600_000), None);
    assert_eq!(resolve(&ast, &catalogue(), &context).expect("resolves").filter, expected);
}

#[test]
fn costly_texts_are_refused() {
    let words = vec!["summary ~ 'a b c d e f g h i j'"; 201].join(" or ");
    let patterns = vec!["summary ~ 'a*'"; 101].join(" or ");
    for text in [words, patterns] {
        let errors = try_resolve(&text).expect_err("too much");
        assert!(errors[0].to_string().starts_with("The query searches for too many words."), "{errors:?}");
    }
}

#[test]
fn orders() {
    let order = |text: &str| try_resolve(text).expect(text).sort;
    assert_eq!(order(""), [Sort { by: SortBy::Key, descending: true }]);
    assert_eq!(
        order("order by created, key, id asc, issuekey desc, summary DESC"),
        [
            Sort { by: SortBy::Created, descending: true },
            Sort { by: SortBy::Key, descending: false },
            Sort { by: SortBy::Id, descending: false },
            Sort { by: SortBy::Summary, descending: true },
        ]
    );
    let ranks = |text: &str| match order(text).remove(0) {
        Sort { by: SortBy::Rank { field, ranks }, descending } => {
            let mut ids: Vec<i64> = ranks.keys().copied().collect();
            ids.sort_by_key(|id| ranks[id]);
            (field, ids, descending)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(ranks("order by priority"), (IdField::Priority, vec![3, 2, 1], true));
    assert_eq!(ranks("order by assignee"), (IdField::Assignee, vec![2, 1], false));
    assert_eq!(ranks("order by status desc"), (IdField::Status, vec![1, 3, 5, 6], true));
}

#[test]
fn references_are_what_must_be_looked_up() {
    let text = "project in (demo, 5) and key in (demo-1, 7, '8') and id > ops-3 and (assignee = ' Bob ' or \
                creator = 'x\\u0000') and status = Open order by reporter";
    let found = references(&parse(text).expect("parses"));
    let set = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    assert_eq!(found.projects, set(&["demo", "5", "DEMO", "OPS"]));
    assert_eq!(found.issue_keys, set(&["DEMO-1", "OPS-3"]));
    assert_eq!(found.issue_ids, [7, 8].into());
    assert_eq!(found.users, set(&["Bob"]));
    assert!(found.lists && found.user_order);
    let none = references(&parse("created > -5d order by key").expect("parses"));
    assert!(!none.lists && !none.user_order && none.projects.is_empty());
}
