//! The fields that queries know, their names, and which operators each supports.

use super::{
    ast::{FieldRef, Operator},
    query::{IdField, OptionalField, TextField},
};

/// A field of issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Field {
    Issue,
    Project,
    IssueType,
    Status,
    StatusCategory,
    Priority,
    Assignee,
    Reporter,
    Creator,
    Labels,
    Created,
    Updated,
    Summary,
    Description,
    Comment,
    Text,
}

/// Every name of every field, in lower case.
const NAMES: [(&str, Field); 22] = [
    ("issue", Field::Issue),
    ("issuekey", Field::Issue),
    ("key", Field::Issue),
    ("id", Field::Issue),
    ("project", Field::Project),
    ("issuetype", Field::IssueType),
    ("type", Field::IssueType),
    ("status", Field::Status),
    ("statuscategory", Field::StatusCategory),
    ("priority", Field::Priority),
    ("assignee", Field::Assignee),
    ("reporter", Field::Reporter),
    ("creator", Field::Creator),
    ("labels", Field::Labels),
    ("created", Field::Created),
    ("createddate", Field::Created),
    ("updated", Field::Updated),
    ("updateddate", Field::Updated),
    ("summary", Field::Summary),
    ("description", Field::Description),
    ("comment", Field::Comment),
    ("text", Field::Text),
];

/// Families of fields that behave alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Refers to something by id.
    Reference,
    /// Refers to something that has an order.
    Ordered,
    /// A moment.
    Date,
    /// Words.
    Labels,
    /// Text of its own.
    Text,
    /// Several text fields at once.
    AllText,
}

impl Field {
    /// The field that a query means.
    pub(super) fn find(field: &FieldRef) -> Option<Self> {
        let FieldRef::Name(name) = field else { return None };
        NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, field)| *field)
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Project
            | Self::IssueType
            | Self::Status
            | Self::StatusCategory
            | Self::Assignee
            | Self::Reporter
            | Self::Creator => Kind::Reference,
            Self::Issue | Self::Priority => Kind::Ordered,
            Self::Created | Self::Updated => Kind::Date,
            Self::Labels => Kind::Labels,
            Self::Summary | Self::Description | Self::Comment => Kind::Text,
            Self::Text => Kind::AllText,
        }
    }

    /// History operators are supported by no field yet.
    pub(super) fn supports(self, operator: Operator) -> bool {
        use Operator as O;
        let equality = matches!(operator, O::Equals | O::NotEquals | O::In | O::NotIn);
        let emptiness = matches!(operator, O::Is | O::IsNot);
        let order = matches!(operator, O::Less | O::LessOrEqual | O::Greater | O::GreaterOrEqual);
        match self.kind() {
            Kind::Reference | Kind::Labels => equality || emptiness,
            Kind::Ordered | Kind::Date => equality || emptiness || order,
            Kind::Text => emptiness || matches!(operator, O::Like | O::NotLike),
            Kind::AllText => operator == O::Like,
        }
    }

    /// What says whether the field is empty; `None` when it never is.
    pub(super) fn presence(self) -> Option<OptionalField> {
        match self {
            Self::Assignee => Some(OptionalField::Assignee),
            Self::Reporter => Some(OptionalField::Reporter),
            Self::Labels => Some(OptionalField::Labels),
            Self::Description => Some(OptionalField::Description),
            Self::Comment => Some(OptionalField::Comment),
            _ => None,
        }
    }

    pub(super) fn texts(self) -> Vec<TextField> {
        match self {
            Self::Summary => vec![TextField::Summary],
            Self::Description => vec![TextField::Description],
            Self::Comment => vec![TextField::Comment],
            Self::Text => vec![TextField::Summary, TextField::Description, TextField::Comment],
            _ => Vec::new(),
        }
    }

    /// Where the index keeps the id that the field refers to.
    pub(super) fn id_field(self) -> Option<IdField> {
        match self {
            Self::Issue => Some(IdField::Issue),
            Self::Project => Some(IdField::Project),
            Self::IssueType => Some(IdField::IssueType),
            Self::Status | Self::StatusCategory => Some(IdField::Status),
            Self::Priority => Some(IdField::Priority),
            Self::Assignee => Some(IdField::Assignee),
            Self::Reporter => Some(IdField::Reporter),
            Self::Creator => Some(IdField::Creator),
            _ => None,
        }
    }
}

/// The field as messages name it.
pub(super) fn shown(field: &FieldRef) -> String {
    match field {
        FieldRef::Name(name) => name.clone(),
        field => field.to_string(),
    }
}
