//! Creating issues, one or many.

use super::fields::Fields;
use crate::{
    app::{
        App, Error, Problems, Result,
        auth::Actor,
        idempotency::{Answer, Begun, Creation},
        lists::Lists,
        projects,
    },
    domain::{
        comment::NewComment,
        id::{IssueId, IssueTypeId, PriorityId, StatusId},
        issue::{Issue, NewIssue, StatusCategory},
    },
    storage::{Tx, comments, issues},
};

/// Name of the priority of an issue that doesn't say one.
const DEFAULT_PRIORITY: &str = "Medium";

/// What a client says about a new issue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewFields {
    /// Id or key of the project.
    pub project: Option<String>,
    /// The other fields.
    pub fields: Fields,
}

/// What became of one of many.
pub type BulkOutcome = Result<Issue>;

impl App {
    /// Creates an issue.
    pub async fn create_issue(&self, new: &NewFields, creation: Creation<'_, Issue>) -> Result<Answer> {
        let mut creating = match self.begin_creation(creation.actor, creation.once).await? {
            Begun::Before(answer) => return Ok(answer),
            Begun::Now(creating) => creating,
        };
        let lists = self.lists_with(&mut creating.tx).await?;
        let issue = insert(&mut creating.tx, creation.actor, new, &lists).await?;
        let answer = (creation.render)(&issue);
        self.finish_creation(creating, answer).await
    }

    /// Creates those of many issues that are right, all at once; `all` has one entry per issue, in order, which is an error
    /// where the client's words could not even be read.
    pub async fn create_issues(
        &self,
        all: Vec<Result<NewFields>>,
        creation: Creation<'_, Vec<BulkOutcome>>,
    ) -> Result<Answer> {
        let mut creating = match self.begin_creation(creation.actor, creation.once).await? {
            Begun::Before(answer) => return Ok(answer),
            Begun::Now(creating) => creating,
        };
        let lists = self.lists_with(&mut creating.tx).await?;
        let mut outcomes = Vec::with_capacity(all.len());
        for new in all {
            let outcome = match new {
                Ok(new) => insert(&mut creating.tx, creation.actor, &new, &lists).await,
                Err(error) => Err(error),
            };
            match outcome {
                // What is wrong with one issue is its own affair; anything else ends them all.
                Err(error @ (Error::Unavailable { .. } | Error::Internal(_) | Error::Conflict(_))) => {
                    return Err(error);
                }
                outcome => outcomes.push(outcome),
            }
        }
        let answer = (creation.render)(&outcomes);
        if outcomes.iter().all(Result::is_err) {
            return Ok(answer);
        }
        self.finish_creation(creating, answer).await
    }
}

async fn insert(tx: &mut Tx, actor: &Actor, new: &NewFields, lists: &Lists) -> Result<Issue> {
    let mut problems = Problems::none();
    for (field, missing, sentence) in [
        ("project", new.project.is_none(), "project is required"),
        ("issuetype", new.fields.issue_type.is_none(), "issue type is required"),
        ("summary", new.fields.summary.is_none(), "You must specify a summary of the issue."),
    ] {
        if missing {
            problems.field(field, sentence);
        }
    }
    let project = match &new.project {
        Some(project) => match projects::find(tx, project).await {
            Ok(project) => Some(project),
            Err(Error::NotFound(_)) => {
                problems.field("project", "valid project is required");
                None
            }
            Err(error) => return Err(error),
        },
        None => None,
    };
    let Some(project) = project else {
        return problems.into_result().and(Err(Error::Internal("a new issue without a project".into())));
    };
    let people = new.fields.people(tx, project.lead, &mut problems).await?;
    // A draft on which the rules for changes do their work; storage gives the rest.
    let mut draft = Issue {
        id: IssueId(0),
        project: project.id,
        key: String::new(),
        number: 0,
        issue_type: IssueTypeId(0),
        status: first_status(lists)?,
        priority: default_priority(lists)?,
        summary: String::new(),
        description: None,
        assignee: None,
        reporter: Some(actor.user.id),
        creator: actor.user.id,
        labels: Vec::new(),
        version: 0,
        rev: 0,
        created_ms: 0,
        updated_ms: 0,
    };
    new.fields.apply(&mut draft, &people, lists, &mut problems);
    problems.into_result()?;
    let new_issue = NewIssue {
        project: draft.project,
        issue_type: draft.issue_type,
        status: draft.status,
        priority: draft.priority,
        summary: draft.summary,
        description: draft.description,
        assignee: draft.assignee,
        reporter: draft.reporter,
        creator: draft.creator,
        labels: draft.labels,
    };
    let issue = issues::insert(tx, &new_issue).await?;
    for body in &new.fields.comments {
        let comment = NewComment { issue: issue.id, author: actor.user.id, body: body.clone() };
        comments::insert(tx, &comment).await?;
    }
    Ok(issue)
}

/// Where every issue begins: the first status of the category To Do.
fn first_status(lists: &Lists) -> Result<StatusId> {
    let first = lists.statuses.iter().find(|status| status.category == StatusCategory::ToDo);
    first.map(|status| status.id).ok_or_else(|| Error::Internal("no status to begin with".into()))
}

fn default_priority(lists: &Lists) -> Result<PriorityId> {
    let default = lists.priorities.iter().find(|priority| priority.name == DEFAULT_PRIORITY);
    let default = default.or(lists.priorities.first());
    default.map(|priority| priority.id).ok_or_else(|| Error::Internal("no priority to begin with".into()))
}
