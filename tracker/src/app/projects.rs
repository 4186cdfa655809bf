//! Projects.

use super::{
    App, Error, Problems, Result,
    auth::Actor,
    error::{invalid_field, not_found},
    idempotency::{Answer, Begun, Creation},
    users::UserRef,
};
use crate::{
    domain::{
        id::ProjectId,
        issue::TEXT_MAX,
        project::{KEY_MAX, NAME_MAX, NewProject, Project, is_valid_key},
        text,
        user::User,
    },
    storage::{self, Conn, projects, users},
};

/// Kinds of projects that clients may ask for.
pub const TYPE_KEYS: [&str; 2] = ["software", "business"];

/// A project with the person responsible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Led {
    /// The project.
    pub project: Project,
    /// The person responsible.
    pub lead: User,
}

/// What a client says about a new project, or about changes of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// Its key.
    pub key: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// The person responsible.
    pub lead: Option<UserRef>,
    /// One of [`TYPE_KEYS`].
    pub type_key: Option<String>,
}

impl App {
    /// All projects, by key.
    pub async fn projects(&self) -> Result<Vec<Led>> {
        let mut conn = self.store().read().await?;
        let found = projects::list(&mut conn).await?;
        with_leads(&mut conn, found).await
    }

    /// The project with this id or key.
    pub async fn project(&self, id_or_key: &str) -> Result<Led> {
        let mut conn = self.store().read().await?;
        let project = find(&mut conn, id_or_key).await?;
        with_lead(&mut conn, project).await
    }

    /// Creates a project. Administrators only.
    pub async fn create_project(&self, input: Input, creation: Creation<'_, Project>) -> Result<Answer> {
        creation.actor.must_be_admin()?;
        let key = input.key.as_deref().unwrap_or_default().trim();
        let name = input.name.as_deref().unwrap_or_default().trim();
        let mut problems = Problems::none();
        if !is_valid_key(key) {
            problems.field(
                "projectKey",
                format!(
                    "Project keys must start with an uppercase letter, followed by one or more uppercase alphanumeric \
                     characters, and have at most {KEY_MAX}."
                ),
            );
        }
        check(&mut problems, name, &input);
        problems.into_result()?;

        let mut creating = match self.begin_creation(creation.actor, creation.once).await? {
            Begun::Before(answer) => return Ok(answer),
            Begun::Now(creating) => creating,
        };
        let lead = match &input.lead {
            Some(lead) => lead_of(&mut creating.tx, lead).await?,
            None => creation.actor.user.clone(),
        };
        let new = NewProject {
            key: key.to_owned(),
            name: name.to_owned(),
            description: input.description.unwrap_or_default(),
            lead: lead.id,
            type_key: input.type_key.unwrap_or_else(|| TYPE_KEYS[0].to_owned()),
        };
        let project = projects::insert(&mut creating.tx, &new).await.map_err(taken)?;
        let answer = (creation.render)(&project);
        self.finish_creation(creating, answer).await
    }

    /// Changes a project. Administrators only.
    pub async fn update_project(&self, actor: &Actor, id_or_key: &str, input: Input) -> Result<Led> {
        actor.must_be_admin()?;
        let mut tx = self.store().begin().await?;
        let mut project = find(&mut tx, id_or_key).await?;
        if input.key.as_ref().is_some_and(|key| *key != project.key) {
            return Err(invalid_field("projectKey", "The key of a project can't be changed."));
        }
        if let Some(name) = &input.name {
            project.name = name.trim().to_owned();
        }
        let mut problems = Problems::none();
        check(&mut problems, &project.name, &input);
        problems.into_result()?;
        if let Some(lead) = &input.lead {
            project.lead = lead_of(&mut tx, lead).await?.id;
        }
        if let Some(description) = input.description {
            project.description = description;
        }
        if let Some(type_key) = input.type_key {
            project.type_key = type_key;
        }
        let project = projects::update(&mut tx, &project).await.map_err(taken)?;
        let led = with_lead(&mut tx, project).await?;
        tx.commit().await?;
        Ok(led)
    }

    /// Deletes a project with all that is in it. Administrators only.
    pub async fn delete_project(&self, actor: &Actor, id_or_key: &str) -> Result<()> {
        actor.must_be_admin()?;
        let mut tx = self.store().begin().await?;
        let project = find(&mut tx, id_or_key).await?;
        let files = projects::delete(&mut tx, project.id).await?;
        tx.commit().await?;
        self.remove_files(files).await;
        Ok(())
    }
}

/// The project with this id or key.
pub(super) async fn find(conn: &mut Conn, id_or_key: &str) -> Result<Project> {
    // A key never begins with a digit.
    if let Ok(id) = id_or_key.parse() {
        let found = projects::by_id(conn, ProjectId(id)).await?;
        return found.ok_or_else(|| not_found(format!("No project could be found with id '{id}'.")));
    }
    let found = projects::by_key(conn, id_or_key).await?;
    found.ok_or_else(|| not_found(format!("No project could be found with key '{id_or_key}'.")))
}

async fn with_lead(conn: &mut Conn, project: Project) -> Result<Led> {
    let mut led = with_leads(conn, vec![project]).await?;
    led.pop().ok_or_else(|| Error::Internal("a project without its lead".into()))
}

async fn with_leads(conn: &mut Conn, found: Vec<Project>) -> Result<Vec<Led>> {
    let ids: Vec<_> = found.iter().map(|project| project.lead).collect();
    let leads = users::by_ids(conn, &ids).await?;
    let lead = |project: &Project| leads.iter().find(|user| user.id == project.lead).cloned();
    Ok(found.into_iter().filter_map(|project| Some(Led { lead: lead(&project)?, project })).collect())
}

async fn lead_of(conn: &mut Conn, lead: &UserRef) -> Result<User> {
    let found = lead.find(conn).await?.filter(|user| user.active);
    found.ok_or_else(|| invalid_field("projectLead", "You must specify a valid project lead."))
}

fn check(problems: &mut Problems, name: &str, input: &Input) {
    if name.is_empty() {
        problems.field("projectName", "You must specify a valid project name.");
    }
    if let Err(refusal) = text::check(name, NAME_MAX) {
        problems.field("projectName", format!("The project name {refusal}."));
    }
    if let Some(Err(refusal)) =
        input.description.as_deref().map(|description| text::check(description, TEXT_MAX))
    {
        problems.field("description", format!("The description {refusal}."));
    }
    if input.type_key.as_ref().is_some_and(|type_key| !TYPE_KEYS.contains(&type_key.as_str())) {
        problems.field("projectTypeKey", "The project type is not known; it is 'software' or 'business'.");
    }
}

/// A name or key that another project has.
fn taken(error: storage::Error) -> Error {
    if error.is_taken("project.key") {
        return invalid_field("projectKey", "A project with that key already exists.");
    }
    if error.is_taken("project.name_folded") {
        return invalid_field("projectName", "A project with that name already exists.");
    }
    error.into()
}
