//! The storage suite: every rule on every database. SQLite always; PostgreSQL when `TRACKER_TEST_DATABASE` names a server
//! (`deploy/test-postgres.sh start` makes one), and always in CI.

mod attachments;
mod bulk;
mod change_log;
mod comments;
mod files;
mod idempotency;
mod issues;
mod outage;
mod projects;
mod proxy;
mod schedules;
mod schema;
mod users;

use super::{Error, Store, projects as project_rows, testing::TestStore, users as user_rows};
use crate::domain::{
    id::{IssueTypeId, PriorityId, StatusId, UserId},
    issue::NewIssue,
    project::{NewProject, Project},
    user::{NewUser, User},
};

#[test]
fn ci_runs_the_suite_on_postgres_too() {
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci || std::env::var("TRACKER_TEST_DATABASE").is_ok(), "CI must set TRACKER_TEST_DATABASE");
}

fn new_user(name: &str) -> NewUser {
    NewUser {
        name: name.to_owned(),
        email: format!("{name}@example.com"),
        display_name: format!("{name} Example"),
        password_hash: "$argon2id$none".to_owned(),
        admin: false,
        time_zone: "Europe/Berlin".to_owned(),
    }
}

fn new_project(key: &str, lead: UserId) -> NewProject {
    NewProject {
        key: key.to_owned(),
        name: format!("Project {key}"),
        description: String::new(),
        lead,
        type_key: "software".to_owned(),
    }
}

fn new_issue(project: &Project, creator: UserId, summary: &str) -> NewIssue {
    NewIssue {
        project: project.id,
        issue_type: IssueTypeId(1),
        status: StatusId(1),
        priority: PriorityId(3),
        summary: summary.to_owned(),
        description: None,
        assignee: None,
        reporter: Some(creator),
        creator,
        labels: Vec::new(),
    }
}

async fn add_user(store: &Store, name: &str) -> Result<User, Error> {
    let mut tx = store.begin().await?;
    let user = user_rows::insert(&mut tx, &new_user(name)).await?;
    tx.commit().await?;
    Ok(user)
}

async fn add_project(store: &Store, key: &str, lead: UserId) -> Result<Project, Error> {
    let mut tx = store.begin().await?;
    let project = project_rows::insert(&mut tx, &new_project(key, lead)).await?;
    tx.commit().await?;
    Ok(project)
}

/// A user and a project, which most tests need.
type Scene = (User, Project);

async fn scene(test: &TestStore) -> Scene {
    let user = add_user(&test.store, "ada").await.expect("a user");
    let project = add_project(&test.store, "DEMO", user.id).await.expect("a project");
    (user, project)
}
