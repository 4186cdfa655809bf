//! Changing issues: fields, assignee, status.

use super::{
    fields::{Assignee, Fields},
    find,
};
use crate::{
    app::{
        App, Error, Problems, Result,
        auth::Actor,
        error::{invalid, invalid_field},
    },
    domain::{
        comment::NewComment,
        id::StatusId,
        issue::{Issue, Status},
    },
    storage::{self, Conflict, comments, issues, projects},
};

/// How often a change is tried again because others changed the issue at the same time. A change says only what is to be
/// different, so it is still what was asked for.
const TRIES: u32 = 8;

/// Changes of one issue.
#[derive(Clone, Debug, Default)]
struct Change<'a> {
    fields: Option<&'a Fields>,
    status: Option<&'a str>,
}

impl App {
    /// Changes fields of an issue.
    pub async fn edit_issue(&self, actor: &Actor, id_or_key: &str, fields: &Fields) -> Result<Issue> {
        self.change_issue(actor, id_or_key, &Change { fields: Some(fields), status: None }).await
    }

    /// Says who works on an issue.
    pub async fn assign_issue(&self, actor: &Actor, id_or_key: &str, assignee: Assignee) -> Result<Issue> {
        let fields = Fields { assignee: Some(assignee), ..Fields::default() };
        self.edit_issue(actor, id_or_key, &fields).await
    }

    /// Where an issue may go from where it is. In the default workflow: everywhere else.
    pub async fn transitions(&self, id_or_key: &str) -> Result<Vec<Status>> {
        let mut conn = self.store().read().await?;
        let issue = find(&mut conn, id_or_key).await?;
        let lists = self.lists_with(&mut conn).await?;
        Ok(transitions(&issue, &lists.statuses))
    }

    /// Takes an issue through the transition with this id, and changes fields on the way.
    pub async fn transition_issue(
        &self,
        actor: &Actor,
        id_or_key: &str,
        transition: &str,
        fields: &Fields,
    ) -> Result<Issue> {
        self.change_issue(actor, id_or_key, &Change { fields: Some(fields), status: Some(transition) }).await
    }

    async fn change_issue(&self, actor: &Actor, id_or_key: &str, change: &Change<'_>) -> Result<Issue> {
        for _ in 1..TRIES {
            match self.try_change(actor, id_or_key, change).await {
                Err(Failed::Stale) => {}
                Err(Failed::Other(error)) => return Err(error),
                Ok(issue) => return Ok(issue),
            }
        }
        match self.try_change(actor, id_or_key, change).await {
            Err(Failed::Stale) => Err(storage::Error::from(Conflict::Version).into()),
            Err(Failed::Other(error)) => Err(error),
            Ok(issue) => Ok(issue),
        }
    }

    async fn try_change(&self, actor: &Actor, id_or_key: &str, change: &Change<'_>) -> Result<Issue, Failed> {
        let mut tx = self.store().begin().await.map_err(Error::from)?;
        let before = find(&mut tx, id_or_key).await?;
        let lists = self.lists_with(&mut tx).await?;
        let mut after = before.clone();
        let mut problems = Problems::none();
        if let Some(transition) = change.status {
            after.status = target(&before, transition, &lists.statuses)?;
        }
        if let Some(fields) = change.fields {
            let project = projects::by_id(&mut tx, before.project).await.map_err(Error::from)?;
            let lead = project.ok_or(Error::Internal("an issue without a project".into()))?.lead;
            let people = fields.people(&mut tx, lead, &mut problems).await?;
            fields.apply(&mut after, &people, &lists, &mut problems);
        }
        problems.into_result()?;
        if after != before {
            after = match issues::update(&mut tx, &after).await {
                Err(storage::Error::Conflict(Conflict::Version)) => return Err(Failed::Stale),
                updated => updated.map_err(Error::from)?,
            };
        }
        for body in change.fields.map(|fields| fields.comments.as_slice()).unwrap_or_default() {
            let comment = NewComment { issue: before.id, author: actor.user.id, body: body.clone() };
            comments::insert(&mut tx, &comment).await.map_err(Error::from)?;
        }
        tx.commit().await.map_err(Error::from)?;
        Ok(after)
    }
}

/// Why a change did not happen.
enum Failed {
    /// Someone else changed the issue since it was read.
    Stale,
    Other(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

fn transitions(issue: &Issue, statuses: &[Status]) -> Vec<Status> {
    statuses.iter().filter(|status| status.id != issue.status).cloned().collect()
}

/// Where the transition with this id leads: its id is the status's.
fn target(issue: &Issue, transition: &str, statuses: &[Status]) -> Result<StatusId> {
    let id =
        transition.parse().map_err(|_| invalid_field("transition", "The id of a transition is a number."))?;
    let found = transitions(issue, statuses).into_iter().find(|status| status.id == StatusId(id));
    let found = found.ok_or_else(|| {
        invalid(format!(
            "The transition '{id}' is not valid for this issue: it is not there, or leads where the issue is."
        ))
    })?;
    Ok(found.id)
}
