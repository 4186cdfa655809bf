//! Issues, and the small lists each issue refers to.

use super::id::{IssueId, IssueTypeId, PriorityId, ProjectId, StatusId, UserId};

/// An issue as its row says; the key is joined from the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Database id; grows with creation and is never used again.
    pub id: IssueId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// `<project key>-<number>`, e.g. `DEMO-12`.
    pub key: String,
    /// Number within the project; consecutive from 1.
    pub number: i64,
    /// Kind of issue.
    pub issue_type: IssueTypeId,
    /// Where it stands in its workflow.
    pub status: StatusId,
    /// How urgent it is.
    pub priority: PriorityId,
    /// One line.
    pub summary: String,
    /// Free text; `None` when never given or cleared.
    pub description: Option<String>,
    /// Who works on it.
    pub assignee: Option<UserId>,
    /// Who wants it.
    pub reporter: Option<UserId>,
    /// Who created it; never changes.
    pub creator: UserId,
    /// Words without spaces, sorted, each once.
    pub labels: Vec<String>,
    /// Raised by one with each change that is visible in the issue's document, comments and attachments included.
    pub version: i64,
    /// Random per change: tells two changes of one version on different timelines apart.
    pub rev: i64,
    /// Wall time of creation, milliseconds.
    pub created_ms: i64,
    /// Wall time of the last change, milliseconds.
    pub updated_ms: i64,
}

/// What is needed to create an issue. Key, number and version are given by storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIssue {
    /// See [`Issue::project`].
    pub project: ProjectId,
    /// See [`Issue::issue_type`].
    pub issue_type: IssueTypeId,
    /// See [`Issue::status`].
    pub status: StatusId,
    /// See [`Issue::priority`].
    pub priority: PriorityId,
    /// See [`Issue::summary`].
    pub summary: String,
    /// See [`Issue::description`].
    pub description: Option<String>,
    /// See [`Issue::assignee`].
    pub assignee: Option<UserId>,
    /// See [`Issue::reporter`].
    pub reporter: Option<UserId>,
    /// See [`Issue::creator`].
    pub creator: UserId,
    /// See [`Issue::labels`].
    pub labels: Vec<String>,
}

/// An issue with all that its search document needs, read in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueDocument {
    /// The issue.
    pub issue: Issue,
    /// Bodies of its comments, oldest first.
    pub comments: Vec<String>,
}

/// Kind of issue, e.g. Bug.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueType {
    /// Database id.
    pub id: IssueTypeId,
    /// Name that people see.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether issues of it live under a parent.
    pub subtask: bool,
}

/// One step of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Database id.
    pub id: StatusId,
    /// Name that people see.
    pub name: String,
    /// What it means.
    pub description: String,
    /// The category that boards and reports use.
    pub category: StatusCategory,
}

/// The fixed categories of statuses; ids, keys and colours as Jira's clients know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusCategory {
    /// Not categorised (1).
    None,
    /// Work not begun (2).
    ToDo,
    /// Work finished (3).
    Done,
    /// Work begun (4).
    InProgress,
}

impl StatusCategory {
    /// The id that the database and clients use.
    pub fn id(self) -> i64 {
        match self {
            Self::None => 1,
            Self::ToDo => 2,
            Self::Done => 3,
            Self::InProgress => 4,
        }
    }

    /// The category with this id.
    pub fn from_id(id: i64) -> Option<Self> {
        [Self::None, Self::ToDo, Self::Done, Self::InProgress]
            .into_iter()
            .find(|category| category.id() == id)
    }

    /// Machine key, e.g. `new`.
    pub fn key(self) -> &'static str {
        match self {
            Self::None => "undefined",
            Self::ToDo => "new",
            Self::Done => "done",
            Self::InProgress => "indeterminate",
        }
    }

    /// Name that people see.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "No Category",
            Self::ToDo => "To Do",
            Self::Done => "Done",
            Self::InProgress => "In Progress",
        }
    }

    /// Colour name that clients paint it in.
    pub fn color(self) -> &'static str {
        match self {
            Self::None => "medium-gray",
            Self::ToDo => "blue-gray",
            Self::Done => "green",
            Self::InProgress => "yellow",
        }
    }
}

/// How urgent an issue is. Order is by `rank`: the smaller, the more urgent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priority {
    /// Database id.
    pub id: PriorityId,
    /// Name that people see.
    pub name: String,
    /// What it means.
    pub description: String,
    /// Place in the list; 1 is the most urgent.
    pub rank: i64,
    /// `#rrggbb`.
    pub color: String,
}

/// Longest summary, in characters.
pub const SUMMARY_MAX: usize = 255;
/// Longest label, in characters.
pub const LABEL_MAX: usize = 255;
/// Longest description or comment, in characters (Jira's default limit).
pub const TEXT_MAX: usize = 32_767;
/// Most labels of one issue.
pub const LABELS_MAX: usize = 100;
