//! An issue as clients know one.

use serde_json::{Map, Value, json};

use super::{
    super::{attachments, comments, fields::Wanted, lists, projects, time, users},
    rendered::html,
};
use crate::{
    app::related::Related,
    domain::{id::UserId, issue::Issue},
    http::links::Links,
};

/// What the view of an issue is made with.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Makes links.
    pub links: &'a Links,
    /// What the issue refers to.
    pub related: &'a Related,
    /// Which fields to show.
    pub wanted: &'a Wanted,
    /// What to show beside the fields.
    pub expand: &'a Expand,
}

/// Something that a client may want beside the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// Texts as HTML.
    RenderedFields,
    /// Names of the fields.
    Names,
    /// Types of the fields.
    Schema,
    /// Transitions that are open.
    Transitions,
}

/// What a client wants beside the fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expand(Vec<Extra>);

impl Expand {
    /// Reads the names asked for; unknown ones mean nothing.
    pub fn new(asked: Option<&[String]>) -> Self {
        let extra = |name: &String| match name.as_str() {
            "renderedFields" => Some(Extra::RenderedFields),
            "names" => Some(Extra::Names),
            "schema" => Some(Extra::Schema),
            "transitions" => Some(Extra::Transitions),
            _ => None,
        };
        Self(asked.unwrap_or_default().iter().filter_map(extra).collect())
    }

    /// Whether this is wanted.
    pub fn has(&self, extra: Extra) -> bool {
        self.0.contains(&extra)
    }
}

/// An issue with the fields asked for.
pub fn issue(context: &Context<'_>, issue: &Issue) -> Value {
    let id = issue.id.0.to_string();
    let mut view = json!({
        "expand": "renderedFields,names,schema,transitions",
        "id": id,
        "self": context.links.api(&format!("issue/{id}")),
        "key": issue.key,
        "fields": fields(context, issue),
    });
    if context.expand.has(Extra::RenderedFields) {
        view["renderedFields"] = rendered(context, issue);
    }
    view
}

/// Adds what is the same for all issues of an answer.
pub fn expand_whole(view: &mut Value, wanted: &Wanted, expand: &Expand) {
    if expand.has(Extra::Names) {
        view["names"] = wanted.names();
    }
    if expand.has(Extra::Schema) {
        view["schema"] = wanted.schema();
    }
}

fn fields(context: &Context<'_>, issue: &Issue) -> Value {
    let Context { links, related, wanted, .. } = *context;
    let mut fields = Map::new();
    let mut put = |name: &str, value: &dyn Fn() -> Value| {
        if wanted.has(name) {
            fields.insert(name.to_owned(), value());
        }
    };
    put("summary", &|| issue.summary.clone().into());
    put("description", &|| issue.description.clone().into());
    put("issuetype", &|| {
        related.lists.issue_type(issue.issue_type).map(|found| lists::issue_type_view(links, found)).into()
    });
    put("project", &|| {
        related.projects.get(&issue.project).map(|project| projects::view(links, project)).into()
    });
    put("status", &|| {
        related.lists.status(issue.status).map(|found| lists::status_view(links, found)).into()
    });
    put("priority", &|| {
        related.lists.priority(issue.priority).map(|found| lists::priority_view(links, found)).into()
    });
    put("assignee", &|| person(context, issue.assignee));
    put("reporter", &|| person(context, issue.reporter));
    put("creator", &|| person(context, Some(issue.creator)));
    put("labels", &|| issue.labels.clone().into());
    put("created", &|| time::render(issue.created_ms));
    put("updated", &|| time::render(issue.updated_ms));
    put("comment", &|| comments_field(context, issue));
    put("attachment", &|| attachments_field(context, issue));
    fields.into()
}

fn person(context: &Context<'_>, id: Option<UserId>) -> Value {
    let user = id.and_then(|id| context.related.users.get(&id));
    user.map(|user| users::view(context.links, user)).into()
}

fn comments_field(context: &Context<'_>, issue: &Issue) -> Value {
    let Some(comments) = context.related.comments.get(&issue.id) else { return Value::Null };
    let users = &context.related.users;
    let views: Vec<Value> =
        comments.list.iter().map(|comment| comments::view(context.links, users, comment)).collect();
    json!({"comments": views, "maxResults": views.len(), "total": comments.total, "startAt": 0})
}

fn attachments_field(context: &Context<'_>, issue: &Issue) -> Value {
    let attachments = context.related.attachments.get(&issue.id).map(Vec::as_slice).unwrap_or_default();
    let users = &context.related.users;
    attachments.iter().map(|attachment| attachments::view(context.links, users, attachment)).collect()
}

fn rendered(context: &Context<'_>, issue: &Issue) -> Value {
    let mut rendered = Map::new();
    if context.wanted.has("description") {
        rendered.insert("description".to_owned(), issue.description.as_deref().map(html).into());
    }
    if let Some(comments) = context.related.comments.get(&issue.id) {
        let texts: Vec<Value> = comments
            .list
            .iter()
            .map(|comment| json!({"id": comment.id.0.to_string(), "body": html(&comment.body)}))
            .collect();
        let field =
            json!({"comments": texts, "maxResults": texts.len(), "total": comments.total, "startAt": 0});
        rendered.insert("comment".to_owned(), field);
    }
    rendered.into()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{Context, Expand, expand_whole, issue};
    use crate::http::{
        api::{
            fields::{Default, Wanted},
            samples,
        },
        links::Links,
    };

    fn view(wanted: &Wanted, expand: &Expand) -> Value {
        let (links, related) = (Links::below("https://t.example"), samples::related());
        let context = Context { links: &links, related: &related, wanted, expand };
        let mut view = issue(&context, &samples::issue());
        expand_whole(&mut view, wanted, expand);
        view
    }

    #[test]
    fn an_issue_looks_as_clients_expect() {
        insta::assert_json_snapshot!(view(&Wanted::new(None, Default::All), &Expand::default()));
    }

    #[test]
    fn an_issue_can_be_expanded() {
        let wanted = Wanted::new(Some(&["description".into(), "labels".into()]), Default::All);
        let asked = ["renderedFields", "names", "schema", "nonsense"].map(str::to_owned);
        insta::assert_json_snapshot!(view(&wanted, &Expand::new(Some(&asked))));
    }
}
