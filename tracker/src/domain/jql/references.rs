//! What a query names: tells the caller what to look up, so that a search needs few small queries.

use std::collections::BTreeSet;

use super::{
    ast::{Ast, Clause, Operand, SortKey, Terminal},
    fields::Field,
};

/// What must be in the [`super::Catalogue`] for a query to be resolved. Texts are as the query has them, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    /// Projects by key, name or id.
    pub projects: BTreeSet<String>,
    /// Users by login name or key.
    pub users: BTreeSet<String>,
    /// Issues by key, in upper case.
    pub issue_keys: BTreeSet<String>,
    /// Issues by id.
    pub issue_ids: BTreeSet<i64>,
    /// Whether the small lists are needed: statuses, issue types, priorities.
    pub lists: bool,
    /// Whether [`super::Catalogue::user_order`] is needed.
    pub user_order: bool,
}

/// What `ast` names.
pub fn references(ast: &Ast) -> References {
    let mut references = References::default();
    if let Some(clause) = &ast.clause {
        references.clause(clause);
    }
    for key in &ast.order_by {
        references.sort_key(key);
    }
    references
}

impl References {
    fn clause(&mut self, clause: &Clause) {
        match clause {
            Clause::And(clauses) | Clause::Or(clauses) => {
                for clause in clauses {
                    self.clause(clause);
                }
            }
            Clause::Not(clause) => self.clause(clause),
            Clause::Terminal(terminal) => self.terminal(terminal),
        }
    }

    fn terminal(&mut self, terminal: &Terminal) {
        let Some(field) = Field::find(&terminal.field) else { return };
        self.lists(field);
        if let Some(operand) = &terminal.operand {
            self.operand(field, operand);
        }
    }

    fn lists(&mut self, field: Field) {
        self.lists |=
            matches!(field, Field::Status | Field::StatusCategory | Field::IssueType | Field::Priority);
    }

    fn operand(&mut self, field: Field, operand: &Operand) {
        match operand {
            Operand::List(items) => {
                for item in items {
                    self.operand(field, item);
                }
            }
            Operand::Number(number) if field == Field::Issue => {
                self.issue_ids.insert(*number);
            }
            Operand::Number(number) => self.name(field, &number.to_string()),
            // No name holds a NUL, and databases refuse it.
            Operand::Text(text) if !text.contains('\0') => self.name(field, text.trim()),
            Operand::Text(_) | Operand::Function(_) | Operand::Empty => {}
        }
    }

    fn name(&mut self, field: Field, name: &str) {
        match field {
            Field::Project => {
                self.projects.insert(name.to_owned());
            }
            Field::Assignee | Field::Reporter | Field::Creator => {
                self.users.insert(name.to_owned());
            }
            Field::Issue => {
                if let Ok(id) = name.parse() {
                    self.issue_ids.insert(id);
                } else if let Some((project, _)) = split_key(name) {
                    self.projects.insert(project);
                    self.issue_keys.insert(name.to_uppercase());
                }
            }
            _ => {}
        }
    }

    fn sort_key(&mut self, key: &SortKey) {
        match Field::find(&key.field) {
            Some(Field::Assignee | Field::Reporter | Field::Creator) => self.user_order = true,
            Some(field) => self.lists(field),
            None => {}
        }
    }
}

/// An issue key's project, in upper case, and number; `None` if `key` isn't made like a key.
pub(super) fn split_key(key: &str) -> Option<(String, i64)> {
    let (project, number) = key.rsplit_once('-')?;
    let number = number.bytes().all(|b| b.is_ascii_digit()).then(|| number.parse().ok())??;
    (!project.is_empty()).then(|| (project.to_uppercase(), number))
}
