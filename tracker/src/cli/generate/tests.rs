//! The generated data set: the same for a seed, as real ones are, and whole in the database.

use std::collections::BTreeMap;

use clap::Parser;

use super::{GenerateArgs, Options, generate, plan::Plan};
use crate::{
    domain::{id::IssueId, project::is_valid_key},
    storage::{issues, projects, testing::stores, users},
};

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    args: GenerateArgs,
}

fn options(arguments: &str) -> Options {
    let arguments = std::iter::once("generate").chain(arguments.split_whitespace());
    Options::new(&Program::try_parse_from(arguments).unwrap().args, 1_800_000_000_000)
}

fn planned(options: &Options) -> Vec<super::PlannedIssue> {
    Plan::new(options).issues().collect()
}

#[test]
fn a_seed_decides_everything() {
    let (one, two) = (options("--issues 300 --seed 7"), options("--issues 300 --seed 8"));
    assert_eq!(planned(&one), planned(&one));
    assert_ne!(planned(&one), planned(&two));
    // At another hour of the same day as well.
    let later = Options::new(
        &GenerateArgs { issues: 300, seed: 7, comments: 2.0, projects: None, users: None },
        1_800_000_000_000 + 3_600_000,
    );
    assert_eq!(planned(&one), planned(&later));
}

#[test]
fn the_data_looks_like_a_real_tracker() {
    let options = options("--issues 6000 --seed 3 --comments 2 --projects 60");
    let plan = Plan::new(&options);
    let issues: Vec<_> = plan.issues().collect();
    let comments: usize = issues.iter().map(|issue| issue.comments.len()).sum();
    assert!((10_000..14_000).contains(&comments), "{comments} comments");
    assert!(issues.iter().filter(|issue| issue.comments.is_empty()).count() > 1_000);
    assert!(issues.iter().any(|issue| issue.comments.len() > 10));

    let mut statuses: BTreeMap<&str, usize> = BTreeMap::new();
    for issue in &issues {
        *statuses.entry(issue.status).or_default() += 1;
        assert!(issue.created_ms <= issue.updated_ms && issue.updated_ms <= options.until_ms);
        assert!(issue.comments.iter().all(|c| (issue.created_ms..=issue.updated_ms).contains(&c.created_ms)));
    }
    assert!(
        statuses["Done"] > 3_000 && statuses["To Do"] > 500 && statuses["In Progress"] > 300,
        "{statuses:?}"
    );
    assert!(issues.is_sorted_by_key(|issue| issue.created_ms), "keys follow time");
    assert!(plan.projects.iter().all(|project| is_valid_key(&project.key)));
    let in_first = issues.iter().filter(|issue| issue.project == 0).count();
    let in_last = issues.iter().filter(|issue| issue.project == 59).count();
    assert!(in_first > 5 * in_last && in_last > 0, "{in_first} {in_last}");
}

#[test]
fn wrong_numbers_are_refused() {
    for arguments in
        ["--issues x", "--comments -1", "--comments NaN", "--comments 101", "--projects 0", "--users 0"]
    {
        let arguments = std::iter::once("generate").chain(arguments.split_whitespace());
        assert!(Program::try_parse_from(arguments.clone()).is_err(), "{:?}", arguments.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn what_was_planned_is_in_the_database() {
    for test in stores().await {
        let options = options("--issues 1100 --seed 5 --comments 1.5 --projects 3 --users 30");
        let mut told = Vec::new();
        let summary = generate(&test.store, &options, &mut |done| told.push(done)).await.unwrap();
        assert_eq!((summary.issues, summary.projects, summary.users), (1100, 3, 30));
        assert_eq!(told, [500, 1000, 1100]);
        let mut conn = test.store.read().await.unwrap();
        let documents =
            issues::documents_in_range(&mut conn, IssueId(0), IssueId(i64::MAX), 5_000).await.unwrap();
        assert_eq!(
            documents.iter().map(|document| document.comments.len() as u64).sum::<u64>(),
            summary.comments
        );
        for (planned, document) in planned(&options).iter().zip(&documents) {
            assert_eq!(
                (&planned.summary, planned.created_ms),
                (&document.issue.summary, document.issue.created_ms)
            );
        }
        // Numbers are consecutive in each project.
        let mut last: BTreeMap<i64, i64> = BTreeMap::new();
        for document in &documents {
            let last = last.entry(document.issue.project.0).or_default();
            *last += 1;
            assert_eq!(document.issue.number, *last);
        }
        drop(conn);
        // A second run adds to the same projects and people.
        let again = Options { issues: 10, seed: 6, ..options };
        generate(&test.store, &again, &mut |_| {}).await.unwrap();
        let mut conn = test.store.read().await.unwrap();
        assert_eq!(issues::count(&mut conn).await.unwrap(), 1110);
        assert_eq!(users::count(&mut conn).await.unwrap(), 30);
        assert_eq!(projects::list(&mut conn).await.unwrap().len(), 3);
    }
}
