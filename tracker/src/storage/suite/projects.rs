//! Projects and their counters.

use super::{add_project, add_user, new_issue, scene};
use crate::{
    domain::{id::UserId, project::Project},
    storage::{Conflict, Error, issues, projects, testing::stores},
};

#[tokio::test]
async fn keys_and_names_are_unique() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let error = add_project(&test.store, "DEMO", ada.id).await.unwrap_err();
        assert!(error.is_taken("project.key") || error.is_taken("project.name_folded"), "{error:?}");

        let mut new = super::new_project("OTHER", ada.id);
        new.name = "PROJECT demo".to_owned();
        let mut tx = test.store.begin().await.unwrap();
        let error = projects::insert(&mut tx, &new).await.unwrap_err();
        assert!(error.is_taken("project.name_folded"), "{error:?}");
        drop(tx);

        let mut conn = test.store.read().await.unwrap();
        assert_eq!(projects::by_key(&mut conn, "demo").await.unwrap(), Some(demo.clone()));
        assert_eq!(projects::by_id(&mut conn, demo.id).await.unwrap(), Some(demo.clone()));
        assert_eq!(projects::by_key(&mut conn, "D\0").await.unwrap(), None);
        assert_eq!(projects::list(&mut conn).await.unwrap(), [demo]);
    }
}

#[tokio::test]
async fn a_lead_must_exist() {
    for test in stores().await {
        let error = add_project(&test.store, "DEMO", UserId(5)).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Reference)), "{error:?}");
    }
}

#[tokio::test]
async fn an_update_needs_the_version_it_was_read_with() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let changed = Project { name: "Renamed".to_owned(), description: "new".to_owned(), ..demo.clone() };
        let mut tx = test.store.begin().await.unwrap();
        let stored = projects::update(&mut tx, &changed).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(stored, Project { version: 2, ..changed.clone() });
        let mut tx = test.store.begin().await.unwrap();
        let error = projects::update(&mut tx, &changed).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Version)), "{error:?}");
        drop(tx);
        // The old name is free again.
        let mut new = super::new_project("TWO", ada.id);
        new.name = demo.name;
        let mut tx = test.store.begin().await.unwrap();
        projects::insert(&mut tx, &new).await.unwrap();
    }
}

#[tokio::test]
async fn deleting_takes_the_issues_along() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let other = add_project(&test.store, "OTHER", ada.id).await.unwrap();
        let mut kept = Vec::new();
        for number in 0..6 {
            let project = if number % 3 == 2 { &other } else { &demo };
            let mut tx = test.store.begin().await.unwrap();
            let issue = issues::insert(&mut tx, &new_issue(project, ada.id, "x")).await.unwrap();
            tx.commit().await.unwrap();
            if project.id == other.id {
                kept.push(issue);
            }
        }
        let mut tx = test.store.begin().await.unwrap();
        assert!(projects::delete(&mut tx, demo.id).await.unwrap().is_empty());
        tx.commit().await.unwrap();

        let mut conn = test.store.read().await.unwrap();
        assert_eq!(issues::count(&mut conn).await.unwrap(), 2);
        assert_eq!(projects::by_id(&mut conn, demo.id).await.unwrap(), None);
        drop(conn);
        let mut tx = test.store.begin().await.unwrap();
        let error = issues::insert(&mut tx, &new_issue(&demo, ada.id, "late")).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Gone)), "{error:?}");
        drop(tx);
        let mut tx = test.store.begin().await.unwrap();
        let error = projects::delete(&mut tx, demo.id).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Gone)), "{error:?}");
    }
}

#[tokio::test]
async fn a_rollback_leaves_no_gap() {
    for test in stores().await {
        let ada = add_user(&test.store, "ada").await.unwrap();
        let demo = add_project(&test.store, "DEMO", ada.id).await.unwrap();
        let mut numbers = Vec::new();
        for commit in [true, false, true, false, true] {
            let mut tx = test.store.begin().await.unwrap();
            let number = projects::next_issue_number(&mut tx, demo.id).await.unwrap();
            if commit {
                numbers.push(number);
                tx.commit().await.unwrap();
            }
        }
        assert_eq!(numbers, [1, 2, 3]);
        let mut tx = test.store.begin().await.unwrap();
        assert_eq!(projects::reserve_issue_numbers(&mut tx, demo.id, 10).await.unwrap(), 4);
        assert_eq!(projects::next_issue_number(&mut tx, demo.id).await.unwrap(), 14);
    }
}
