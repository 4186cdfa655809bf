//! Values for the tests of views.

use std::{collections::HashMap, sync::Arc};

use crate::{
    app::{
        lists::Lists,
        related::{Comments, Related},
    },
    domain::{
        attachment::Attachment,
        comment::Comment,
        id::{AttachmentId, CommentId, IssueId, IssueTypeId, PriorityId, ProjectId, StatusId, UserId},
        issue::{Issue, IssueType, Priority, Status, StatusCategory},
        project::Project,
        user::User,
    },
};

const NOON_MS: i64 = 1_769_860_800_000;

/// A user.
pub fn user(id: i64, name: &str) -> User {
    User {
        id: UserId(id),
        key: format!("JIRAUSER{}", 9_999 + id),
        name: name.to_owned(),
        email: format!("{name}@t.example"),
        display_name: name.to_uppercase(),
        active: true,
        admin: false,
        time_zone: "Europe/Berlin".to_owned(),
        version: 1,
        created_ms: NOON_MS,
    }
}

/// A project.
pub fn project() -> Project {
    Project {
        id: ProjectId(10_000),
        key: "DEMO".to_owned(),
        name: "Demo".to_owned(),
        description: "For trying out".to_owned(),
        lead: UserId(1),
        type_key: "software".to_owned(),
        version: 1,
        created_ms: NOON_MS,
    }
}

/// Small lists with one or two entries each.
pub fn lists() -> Lists {
    let status = |id, name: &str, category| Status {
        id: StatusId(id),
        name: name.to_owned(),
        description: String::new(),
        category,
    };
    Lists {
        issue_types: vec![IssueType {
            id: IssueTypeId(1),
            name: "Bug".to_owned(),
            description: "Something is broken.".to_owned(),
            subtask: false,
        }],
        statuses: vec![
            status(1, "To Do", StatusCategory::ToDo),
            status(3, "In Progress", StatusCategory::InProgress),
        ],
        priorities: vec![Priority {
            id: PriorityId(3),
            name: "Medium".to_owned(),
            description: String::new(),
            rank: 3,
            color: "#ffab00".to_owned(),
        }],
    }
}

/// An issue of the project.
pub fn issue() -> Issue {
    Issue {
        id: IssueId(10_100),
        project: ProjectId(10_000),
        key: "DEMO-7".to_owned(),
        number: 7,
        issue_type: IssueTypeId(1),
        status: StatusId(1),
        priority: PriorityId(3),
        summary: "It doesn't start".to_owned(),
        description: Some("No <light>\nat all".to_owned()),
        assignee: None,
        reporter: Some(UserId(1)),
        creator: UserId(2),
        labels: vec!["a".to_owned(), "b".to_owned()],
        version: 3,
        rev: 99,
        created_ms: NOON_MS,
        updated_ms: NOON_MS + 1_234,
    }
}

/// What the issue refers to.
pub fn related() -> Related {
    let comment = Comment {
        id: CommentId(5),
        issue: IssueId(10_100),
        author: UserId(1),
        update_author: UserId(2),
        body: "Same <here>".to_owned(),
        created_ms: NOON_MS,
        updated_ms: NOON_MS,
    };
    let attachment = Attachment {
        id: AttachmentId(6),
        issue: IssueId(10_100),
        author: UserId(1),
        filename: "a photo.png".to_owned(),
        mime_type: "image/png".to_owned(),
        size: 12,
        hash: "ab".to_owned(),
        path: "ab".to_owned(),
        created_ms: NOON_MS,
    };
    Related {
        lists: Arc::new(lists()),
        projects: HashMap::from([(ProjectId(10_000), project())]),
        users: HashMap::from([(UserId(1), user(1, "ada")), (UserId(2), user(2, "bob"))]),
        comments: HashMap::from([(IssueId(10_100), Comments { list: vec![comment], total: 1 })]),
        attachments: HashMap::from([(IssueId(10_100), vec![attachment])]),
    }
}
