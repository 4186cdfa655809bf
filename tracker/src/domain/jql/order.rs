//! What ORDER BY means.

use std::{collections::HashMap, sync::Arc};

use super::{
    Catalogue,
    ast::{Direction, FieldRef, SortKey},
    fields::{Field, shown},
    query::{IdField, Sort, SortBy},
    resolve::ResolveError,
};

/// The order that `keys` ask for. Without any it is by key, newest first. A field that comes twice counts once.
pub(super) fn resolve(keys: &[SortKey], catalogue: &Catalogue, errors: &mut Vec<ResolveError>) -> Vec<Sort> {
    let mut sort: Vec<Sort> = Vec::new();
    for key in keys {
        match sort_by(&key.field, catalogue) {
            Ok(by) if sort.iter().any(|earlier| earlier.by == by) => {}
            Ok(by) => {
                let descending = match key.direction {
                    Some(direction) => direction == Direction::Descending,
                    None => descends_by_itself(&key.field),
                };
                sort.push(Sort { by, descending });
            }
            Err(error) if errors.contains(&error) => {}
            Err(error) => errors.push(error),
        }
    }
    if sort.is_empty() {
        sort.push(Sort { by: SortBy::Key, descending: true });
    }
    sort
}

fn sort_by(field: &FieldRef, catalogue: &Catalogue) -> Result<SortBy, ResolveError> {
    let name = shown(field);
    let Some(found) = Field::find(field) else {
        let message = format!("Field '{name}' does not exist or you do not have permission to view it.");
        return Err(ResolveError(message));
    };
    Ok(match found {
        // The other names of the field go by project key and number, which isn't the order of creation.
        Field::Issue if name.eq_ignore_ascii_case("id") => SortBy::Id,
        Field::Issue => SortBy::Key,
        Field::Project => SortBy::Project,
        Field::Created => SortBy::Created,
        Field::Updated => SortBy::Updated,
        Field::Summary => SortBy::Summary,
        Field::Description => SortBy::Description,
        Field::Labels => SortBy::Labels,
        Field::Status | Field::StatusCategory => {
            let mut statuses: Vec<_> = catalogue.statuses.iter().collect();
            if found == Field::StatusCategory {
                statuses.sort_by_key(|status| status.category.id());
            }
            ranked(IdField::Status, statuses.iter().map(|status| status.id.0))
        }
        Field::IssueType => ranked(IdField::IssueType, catalogue.issue_types.iter().map(|kind| kind.id.0)),
        Field::Priority => {
            // Ascending is from the least to the most urgent.
            let mut priorities: Vec<_> = catalogue.priorities.iter().collect();
            priorities.sort_by_key(|priority| std::cmp::Reverse(priority.rank));
            ranked(IdField::Priority, priorities.iter().map(|priority| priority.id.0))
        }
        Field::Assignee => ranked(IdField::Assignee, catalogue.user_order.iter().map(|user| user.0)),
        Field::Reporter => ranked(IdField::Reporter, catalogue.user_order.iter().map(|user| user.0)),
        Field::Creator => ranked(IdField::Creator, catalogue.user_order.iter().map(|user| user.0)),
        Field::Text | Field::Comment => {
            return Err(ResolveError(format!("Not able to sort using field '{name}'.")));
        }
    })
}

fn ranked(field: IdField, ids: impl Iterator<Item = i64>) -> SortBy {
    let ranks: HashMap<i64, u32> = ids.zip(0..).collect();
    SortBy::Rank { field, ranks: Arc::new(ranks) }
}

/// Fields where people look for the newest or the most urgent first.
fn descends_by_itself(field: &FieldRef) -> bool {
    matches!(Field::find(field), Some(Field::Created | Field::Updated | Field::Priority))
}
