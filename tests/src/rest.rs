//! A client of one tracker address: Jira's REST v2 as far as the tests need it, and the operations port.

use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Client, Method, RequestBuilder, StatusCode, multipart};
use serde_json::{Value, json};

/// Name of the first administrator.
pub const ADMIN: &str = "admin";

/// One issue as the server answered its creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The id, digits.
    pub id: String,
    /// The key, such as `DEMO-1`.
    pub key: String,
}

/// What a search found.
#[derive(Debug, Clone)]
pub struct Found {
    /// How many issues match in all.
    pub total: u64,
    /// Keys of this page, in order.
    pub keys: Vec<String>,
    /// The `Warning` header, if the answer may lack the newest changes.
    pub warning: Option<String>,
}

/// A client with its own address, name and password. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Rest {
    http: Client,
    base: String,
    user: String,
    password: String,
}

impl Rest {
    /// A client that opens a connection for each request, as most scripts do.
    pub fn new(base: &str, password: &str) -> Self {
        Self::with(base, password, Client::builder().pool_max_idle_per_host(0))
    }

    /// A client that keeps its connections, as most servers do.
    pub fn keeping(base: &str, password: &str) -> Self {
        Self::with(base, password, Client::builder())
    }

    fn with(base: &str, password: &str, http: reqwest::ClientBuilder) -> Self {
        let http = http.timeout(Duration::from_secs(10)).build().expect("a client");
        Self { http, base: base.to_owned(), user: ADMIN.to_owned(), password: password.to_owned() }
    }

    /// The address it speaks to.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request with this client's name and password, to a path from the root.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).basic_auth(&self.user, Some(&self.password))
    }

    /// Sends a request and reads the JSON of a successful answer; anything else is an error that quotes the answer.
    pub async fn json(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        let answer = request.send().await.context("no answer")?;
        let status = answer.status();
        let text = answer.text().await.context("no whole answer")?;
        if !status.is_success() {
            bail!("{status}: {text}");
        }
        if text.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_str(&text).with_context(|| format!("no JSON: {text}"))
    }

    /// `GET` of a path below `/rest/api/2`.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.json(self.request(Method::GET, &format!("/rest/api/2{path}"))).await
    }

    /// Makes a project.
    pub async fn create_project(&self, key: &str) -> anyhow::Result<()> {
        let body = json!({"key": key, "name": format!("Project {key}"), "projectTypeKey": "software", "lead": ADMIN});
        self.json(self.request(Method::POST, "/rest/api/2/project").json(&body)).await?;
        Ok(())
    }

    /// Makes a project unless it is there.
    pub async fn ensure_project(&self, key: &str) -> anyhow::Result<()> {
        let there = self.request(Method::GET, &format!("/rest/api/2/project/{key}")).send().await?;
        if there.status() == StatusCode::NOT_FOUND { self.create_project(key).await } else { Ok(()) }
    }

    /// Makes an issue. With an idempotency key a second call gives the same issue.
    pub async fn create_issue(
        &self,
        project: &str,
        summary: &str,
        idempotency: Option<&str>,
    ) -> anyhow::Result<Created> {
        self.create_issue_with(project, json!({"summary": summary}), idempotency).await
    }

    /// Makes an issue from more fields than its summary.
    pub async fn create_issue_with(
        &self,
        project: &str,
        mut fields: Value,
        idempotency: Option<&str>,
    ) -> anyhow::Result<Created> {
        fields["project"] = json!({"key": project});
        if fields.get("issuetype").is_none() {
            fields["issuetype"] = json!({"name": "Task"});
        }
        let mut request = self.request(Method::POST, "/rest/api/2/issue").json(&json!({"fields": fields}));
        if let Some(key) = idempotency {
            request = request.header("Idempotency-Key", key);
        }
        let answer = self.json(request).await?;
        let text = |name: &str| {
            answer[name].as_str().map(str::to_owned).with_context(|| format!("no {name} in {answer}"))
        };
        Ok(Created { id: text("id")?, key: text("key")? })
    }

    /// Searches; returns one page of keys.
    pub async fn search(&self, jql: &str, start: u64, max: u64) -> anyhow::Result<Found> {
        let query = [
            ("jql", jql),
            ("startAt", &start.to_string()),
            ("maxResults", &max.to_string()),
            ("fields", "summary"),
        ];
        let answer = self
            .request(Method::GET, "/rest/api/2/search")
            .query(&query)
            .send()
            .await
            .context("no answer")?;
        let warning = answer.headers().get("Warning").and_then(|w| w.to_str().ok()).map(str::to_owned);
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            bail!("search: {status}: {text}");
        }
        let body: Value = serde_json::from_str(&text).context("a search answers with JSON")?;
        let issues = body["issues"].as_array().context("no issues in the answer")?;
        let keys = issues.iter().filter_map(|issue| issue["key"].as_str().map(str::to_owned)).collect();
        Ok(Found { total: body["total"].as_u64().context("no total in the answer")?, keys, warning })
    }

    /// All keys that a search finds, page by page.
    pub async fn search_all(&self, jql: &str) -> anyhow::Result<Vec<String>> {
        let mut keys = Vec::new();
        loop {
            let page = self.search(jql, keys.len() as u64, 500).await?;
            let done = page.keys.is_empty();
            keys.extend(page.keys);
            if done || keys.len() as u64 >= page.total {
                return Ok(keys);
            }
        }
    }

    /// Attaches bytes to an issue; returns the attachment's id.
    pub async fn attach(&self, issue: &str, name: &str, bytes: Vec<u8>) -> anyhow::Result<String> {
        let form =
            multipart::Form::new().part("file", multipart::Part::bytes(bytes).file_name(name.to_owned()));
        let request = self
            .request(Method::POST, &format!("/rest/api/2/issue/{issue}/attachments"))
            .header("X-Atlassian-Token", "no-check")
            .multipart(form);
        let answer = self.json(request).await?;
        answer[0]["id"].as_str().map(str::to_owned).with_context(|| format!("no attachment in {answer}"))
    }

    /// The bytes of an attachment, from where its `content` points, at this client's address.
    pub async fn attachment(&self, id: &str) -> anyhow::Result<Vec<u8>> {
        let about = self.get(&format!("/attachment/{id}")).await?;
        let content = about["content"].as_str().with_context(|| format!("no content in {about}"))?;
        // The link names the address people use; its path is the same everywhere.
        let path = reqwest::Url::parse(content).context("content is a URL")?.path().to_owned();
        let answer = self.request(Method::GET, &path).send().await?;
        if !answer.status().is_success() {
            bail!("{path}: {}", answer.status());
        }
        Ok(answer.bytes().await?.to_vec())
    }

    /// The state that `/status` names, whatever its HTTP status.
    pub async fn state(&self) -> anyhow::Result<String> {
        let answer: Value = self.http.get(format!("{}/status", self.base)).send().await?.json().await?;
        answer["state"].as_str().map(str::to_owned).with_context(|| format!("no state in {answer}"))
    }
}
