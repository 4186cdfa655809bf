//! The small lists, and what clients ask a server first.

use super::support::TestApp;

#[tokio::test]
async fn a_new_server_has_what_clients_expect() {
    for app in TestApp::all().await {
        let names = async |path: &str| {
            let list = app.api("GET", path).send().await.expect(200);
            let names = list
                .as_array()
                .expect("a list")
                .iter()
                .map(|one| one["name"].as_str().expect("a name").to_owned());
            names.collect::<Vec<_>>()
        };
        assert_eq!(names("/priority").await, ["Highest", "High", "Medium", "Low", "Lowest"]);
        assert_eq!(names("/statuscategory").await, ["No Category", "To Do", "Done", "In Progress"]);
        let types = names("/issuetype").await;
        for expected in ["Bug", "Task", "Story", "Epic", "Sub-task", "New Feature", "Improvement"] {
            assert!(types.iter().any(|name| name == expected), "{expected}");
        }
        assert!(names("/status").await.contains(&"In Progress".to_owned()));
        assert!(names("/field").await.contains(&"Summary".to_owned()));
    }
}

#[tokio::test]
async fn entries_are_found_by_id_or_name_and_link_to_themselves() {
    let app = TestApp::sqlite(&[]).await;
    for list in ["/status", "/priority", "/issuetype", "/statuscategory"] {
        for entry in app.api("GET", list).send().await.expect(200).as_array().expect("a list") {
            let link = entry["self"].as_str().expect("a link").strip_prefix("http://t.example/rest/api/2");
            assert_eq!(&app.api("GET", link.expect("a link to here")).send().await.expect(200), entry);
        }
        app.api("GET", &format!("{list}/999")).send().await.refused(404);
        app.api("GET", &format!("{list}/none")).send().await.refused(404);
    }
    let status = app.api("GET", "/status/in%20progress").send().await.expect(200);
    assert_eq!(status["statusCategory"]["key"], "indeterminate");
    assert_eq!(app.api("GET", "/statuscategory/done").send().await.expect(200)["id"], 3);
}

#[tokio::test]
async fn pictures_that_answers_link_to_are_there() {
    let app = TestApp::sqlite(&[]).await;
    app.project("DEMO").await;
    let mut links = Vec::new();
    for (path, field) in [("/priority/1", "iconUrl"), ("/status/1", "iconUrl"), ("/issuetype/1", "iconUrl")] {
        let found = app.api("GET", path).send().await;
        if found.status == 200 {
            links.push(found.json()[field].as_str().expect("a link").to_owned());
        }
    }
    for path in ["/myself", "/project/DEMO"] {
        let avatars = app.api("GET", path).send().await.expect(200)["avatarUrls"].clone();
        links.extend(
            avatars
                .as_object()
                .expect("links")
                .values()
                .map(|link| link.as_str().expect("a link").to_owned()),
        );
    }
    assert!(links.len() >= 9);
    for link in links {
        let path = link.strip_prefix("http://t.example").expect("a link to here");
        let picture = app.anonymous("GET", path).send().await;
        assert_eq!(
            (picture.status.as_u16(), picture.header("content-type")),
            (200, Some("image/svg+xml")),
            "{link}"
        );
    }
    app.anonymous("GET", "/images/icons/priorities/zzzzzz.svg").send().await.refused(404);
    app.anonymous("GET", "/images/icons/nothing/ffffff.svg").send().await.refused(404);
}

#[tokio::test]
async fn permissions_are_told() {
    let app = TestApp::sqlite(&[]).await;
    app.user("ada").await;
    let have = async |name: &str| {
        let reply =
            app.api("GET", "/mypermissions").login(name, super::support::PASSWORD).send().await.expect(200);
        reply["permissions"]["ADMINISTER"]["havePermission"].clone()
    };
    assert_eq!(have("admin").await, true);
    assert_eq!(have("ada").await, false);
    app.api("GET", "/mypermissions?projectKey=NONE").send().await.refused(404);
}
