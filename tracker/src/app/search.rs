//! Search: a JQL query becomes ids in the index, ids become issues in the database.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::{
    App, Error, Problems, Result,
    auth::Actor,
    error::invalid,
    related::{Parts, Related},
    users::UserRef,
};
use crate::{
    domain::{
        id::IssueId,
        issue::Issue,
        jql::{self, Ast, Catalogue, Context, NamedIssue, References},
        user::User,
    },
    storage::{Conn, issues, projects, users},
};

/// Which issues are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The query.
    pub jql: String,
    /// How many to leave out.
    pub start_at: u64,
    /// How many to answer at most.
    pub max_results: u64,
    /// Whether names that don't exist are mistakes; else what they stand in matches nothing.
    pub strict: bool,
    /// What is wanted beside the issues.
    pub parts: Parts,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The asked part of the issues.
    pub issues: Vec<Issue>,
    /// What they refer to.
    pub related: Related,
    /// How many there are in all.
    pub total: u64,
    /// Whether all that was acknowledged before the search began was looked at.
    pub consistent: bool,
    /// What was wrong with the query when mistakes were to be passed over.
    pub warnings: Vec<String>,
}

impl App {
    /// Finds issues.
    pub async fn search(&self, actor: &Actor, wanted: &Wanted) -> Result<Found> {
        let ast = jql::parse(&wanted.jql).map_err(|error| invalid(error.to_string()))?;
        let (query, warnings) = self.resolve(actor, &ast, wanted.strict).await?;
        let hits = self.index()?.search(&query, wanted.start_at, wanted.max_results).await?;
        let mut conn = self.store().read().await?;
        let issues = issues::by_ids(&mut conn, &hits.ids).await?;
        let related = self.related(&mut conn, &issues, wanted.parts).await?;
        Ok(Found { issues, related, total: hits.total, consistent: hits.consistent, warnings })
    }

    async fn resolve(&self, actor: &Actor, ast: &Ast, strict: bool) -> Result<(jql::Query, Vec<String>)> {
        let references = jql::references(ast);
        let catalogue = self.catalogue(&references).await?;
        let context = Context {
            user: Some(actor.user.id),
            now_ms: self.clock().now_ms(),
            time_zone: TimeZone::get(&actor.user.time_zone).unwrap_or(TimeZone::UTC),
        };
        let (query, errors) = jql::resolve_leniently(ast, &catalogue, &context);
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        if strict && !errors.is_empty() {
            let problems = Problems { messages: errors, ..Problems::none() };
            return Err(Error::Invalid(problems));
        }
        Ok((query, errors))
    }

    /// Looks up what a query names, and nothing else.
    async fn catalogue(&self, references: &References) -> Result<Catalogue> {
        let mut catalogue = Catalogue::default();
        if *references == References::default() {
            return Ok(catalogue);
        }
        let mut conn = self.store().read().await?;
        if !references.projects.is_empty() {
            catalogue.projects = projects::list(&mut conn).await?;
        }
        if references.lists {
            let lists = self.lists_with(&mut conn).await?;
            catalogue.statuses.clone_from(&lists.statuses);
            catalogue.issue_types.clone_from(&lists.issue_types);
            catalogue.priorities.clone_from(&lists.priorities);
        }
        if references.user_order {
            let everybody = users::search(&mut conn, "", true, 0, i64::MAX).await?;
            catalogue.user_order = by_display_name(everybody);
        }
        catalogue.users = named_users(&mut conn, &references.users).await?;
        catalogue.issues = named_issues(&mut conn, references).await?;
        Ok(catalogue)
    }
}

fn by_display_name(mut users: Vec<User>) -> Vec<crate::domain::id::UserId> {
    users.sort_by_cached_key(|user| (user.display_name.to_lowercase(), user.id));
    users.into_iter().map(|user| user.id).collect()
}

async fn named_users(conn: &mut Conn, names: &BTreeSet<String>) -> Result<Vec<User>> {
    let mut found = Vec::new();
    for name in names {
        for wanted in [UserRef::Name(name.clone()), UserRef::Key(name.clone())] {
            if let Some(user) = wanted.find(conn).await? {
                found.push(user);
                break;
            }
        }
    }
    Ok(found)
}

async fn named_issues(conn: &mut Conn, references: &References) -> Result<Vec<NamedIssue>> {
    let ids: Vec<IssueId> = references.issue_ids.iter().copied().map(IssueId).collect();
    let mut found = issues::by_ids(conn, &ids).await?;
    for key in &references.issue_keys {
        found.extend(issues::by_key(conn, key).await?);
    }
    Ok(found.into_iter().map(|issue| NamedIssue { id: issue.id, key: issue.key }).collect())
}
