//! Names of a [`Catalogue`] turned into ids, without regard to case.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
};

use super::{
    Catalogue,
    ast::Operator,
    fields::Field,
    query::{Filter, IdField},
};
use crate::domain::{id::ProjectId, issue::StatusCategory, project::Project};

/// Ids by lower-case name; made when first asked for, since most queries need few of them.
#[derive(Debug)]
pub(super) struct Lookup<'a> {
    catalogue: &'a Catalogue,
    projects: OnceCell<Names>,
    statuses: OnceCell<Names>,
    issue_types: OnceCell<Names>,
    priorities: OnceCell<Names>,
    users: OnceCell<Names>,
    issues: OnceCell<Names>,
    /// A query may name thousands of issues, so these are not searched one by one.
    issue_ids: OnceCell<HashSet<i64>>,
}

type Names = HashMap<String, i64>;

impl<'a> Lookup<'a> {
    pub(super) fn new(catalogue: &'a Catalogue) -> Self {
        Self {
            catalogue,
            projects: OnceCell::new(),
            statuses: OnceCell::new(),
            issue_types: OnceCell::new(),
            priorities: OnceCell::new(),
            users: OnceCell::new(),
            issues: OnceCell::new(),
            issue_ids: OnceCell::new(),
        }
    }

    /// What `name` means for a field that refers to one thing: its name, else its id.
    pub(super) fn by_name(&self, field: Field, name: &str) -> Option<i64> {
        let name = name.trim();
        let found = self.names(field)?.get(&name.to_lowercase()).copied();
        found.or_else(|| self.by_id(field, name.parse().ok()?))
    }

    /// `id`, if the field can have it.
    pub(super) fn by_id(&self, field: Field, id: i64) -> Option<i64> {
        let catalogue = self.catalogue;
        let exists = match field {
            Field::Project => catalogue.projects.iter().any(|project| project.id.0 == id),
            Field::Status => catalogue.statuses.iter().any(|status| status.id.0 == id),
            Field::IssueType => catalogue.issue_types.iter().any(|issue_type| issue_type.id.0 == id),
            Field::Priority => catalogue.priorities.iter().any(|priority| priority.id.0 == id),
            Field::Issue => self.issue_ids().contains(&id),
            _ => false,
        };
        exists.then_some(id)
    }

    /// The project whose key is `key`.
    pub(super) fn project_with_key(&self, key: &str) -> Option<ProjectId> {
        let same = |project: &&Project| project.key.eq_ignore_ascii_case(key);
        self.catalogue.projects.iter().find(same).map(|project| project.id)
    }

    /// Statuses of the category that `name` (or its key, or its id) means.
    pub(super) fn statuses_of_category(&self, name: &str) -> Option<Vec<i64>> {
        let category = (1..=4).filter_map(StatusCategory::from_id).find(|category| {
            category.name().eq_ignore_ascii_case(name)
                || category.key().eq_ignore_ascii_case(name)
                || category.id().to_string() == name
        })?;
        let statuses = self.catalogue.statuses.iter().filter(|status| status.category == category);
        Some(statuses.map(|status| status.id.0).collect())
    }

    /// Issues whose priority compares by `operator` with the priority `id`; more urgent is greater.
    pub(super) fn priorities(&self, operator: Operator, id: i64) -> Filter {
        let priorities = &self.catalogue.priorities;
        let Some(rank) = priorities.iter().find(|priority| priority.id.0 == id).map(|p| p.rank) else {
            return Filter::Nothing;
        };
        let fits = |other: i64| match operator {
            Operator::Greater => other < rank,
            Operator::GreaterOrEqual => other <= rank,
            Operator::Less => other > rank,
            _ => other >= rank,
        };
        let mut ids: Vec<i64> = priorities.iter().filter(|p| fits(p.rank)).map(|p| p.id.0).collect();
        ids.sort_unstable();
        if ids.is_empty() { Filter::Nothing } else { Filter::Ids { field: IdField::Priority, ids } }
    }

    fn issue_ids(&self) -> &HashSet<i64> {
        self.issue_ids.get_or_init(|| self.catalogue.issues.iter().map(|issue| issue.id.0).collect())
    }

    fn names(&self, field: Field) -> Option<&Names> {
        let catalogue = self.catalogue;
        Some(match field {
            Field::Project => self.projects.get_or_init(|| {
                let names = catalogue.projects.iter().map(|p| (&p.name, p.id.0));
                // Keys last: they win over another project's name.
                named(names.chain(catalogue.projects.iter().map(|p| (&p.key, p.id.0))))
            }),
            Field::Status => {
                self.statuses.get_or_init(|| named(catalogue.statuses.iter().map(|s| (&s.name, s.id.0))))
            }
            Field::IssueType => self
                .issue_types
                .get_or_init(|| named(catalogue.issue_types.iter().map(|t| (&t.name, t.id.0)))),
            Field::Priority => {
                self.priorities.get_or_init(|| named(catalogue.priorities.iter().map(|p| (&p.name, p.id.0))))
            }
            Field::Assignee | Field::Reporter | Field::Creator => self.users.get_or_init(|| {
                let keys = catalogue.users.iter().map(|u| (&u.key, u.id.0));
                // Login names last: they win over another user's key.
                named(keys.chain(catalogue.users.iter().map(|u| (&u.name, u.id.0))))
            }),
            Field::Issue => {
                self.issues.get_or_init(|| named(catalogue.issues.iter().map(|i| (&i.key, i.id.0))))
            }
            _ => return None,
        })
    }
}

fn named<'a>(entries: impl Iterator<Item = (&'a String, i64)>) -> Names {
    entries.map(|(name, id)| (name.to_lowercase(), id)).collect()
}
