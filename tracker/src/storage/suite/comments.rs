//! Comments, as part of their issue's document.

use super::{new_issue, scene};
use crate::{
    domain::{
        comment::NewComment,
        id::{CommentId, IssueId, UserId},
        issue::TEXT_MAX,
    },
    storage::{Conflict, Error, comments, issues, testing::stores},
};

#[tokio::test]
async fn each_change_of_a_comment_is_a_change_of_its_issue() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let mut tx = test.store.begin().await.unwrap();
        let issue = issues::insert(&mut tx, &new_issue(&demo, ada.id, "x")).await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = test.store.begin().await.unwrap();
        let new = NewComment { issue: issue.id, author: ada.id, body: "first".to_owned() };
        let first = comments::insert(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.store.begin().await.unwrap();
        let edited = comments::update(&mut tx, first.id, ada.id, "edited").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(
            (edited.id, edited.body.as_str(), edited.created_ms),
            (first.id, "edited", first.created_ms)
        );

        let mut conn = test.store.read().await.unwrap();
        let document = issues::documents(&mut conn, &[issue.id]).await.unwrap().remove(0);
        assert_eq!((document.issue.version, document.comments), (3, vec!["edited".to_owned()]));
        assert_ne!(document.issue.rev, issue.rev);
        assert_eq!(comments::by_id(&mut conn, first.id).await.unwrap(), Some(edited));
        drop(conn);

        let mut tx = test.store.begin().await.unwrap();
        comments::delete(&mut tx, first.id).await.unwrap();
        tx.commit().await.unwrap();
        let mut conn = test.store.read().await.unwrap();
        assert_eq!(issues::by_id(&mut conn, issue.id).await.unwrap().unwrap().version, 4);
        assert_eq!(comments::by_id(&mut conn, first.id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn comments_are_listed_in_pages_oldest_first() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let mut tx = test.store.begin().await.unwrap();
        let issue = issues::insert(&mut tx, &new_issue(&demo, ada.id, "x")).await.unwrap();
        for body in ["a", "b", "c", "d", "e"] {
            let new = NewComment { issue: issue.id, author: ada.id, body: body.to_owned() };
            comments::insert(&mut tx, &new).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut conn = test.store.read().await.unwrap();
        for (start, max, expected) in
            [(0, 50, "abcde"), (1, 2, "bc"), (4, 9, "e"), (9, 9, ""), (0, 0, ""), (-1, -1, "")]
        {
            let (page, total) = comments::list(&mut conn, issue.id, start, max).await.unwrap();
            let bodies: String = page.iter().map(|comment| comment.body.as_str()).collect();
            assert_eq!((bodies.as_str(), total), (expected, 5), "{start} {max}");
        }
        let documents = issues::documents_in_range(&mut conn, IssueId(0), issue.id, 10).await.unwrap();
        assert_eq!(documents[0].comments, ["a", "b", "c", "d", "e"]);
    }
}

#[tokio::test]
async fn what_is_not_there_or_cannot_be_stored_is_refused() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let mut tx = test.store.begin().await.unwrap();
        let issue = issues::insert(&mut tx, &new_issue(&demo, ada.id, "x")).await.unwrap();
        tx.commit().await.unwrap();
        let gone = |error: &Error| matches!(error, Error::Conflict(Conflict::Gone));
        let new =
            |issue: IssueId, author: UserId, body: &str| NewComment { issue, author, body: body.to_owned() };

        let mut tx = test.store.begin().await.unwrap();
        assert!(gone(&comments::insert(&mut tx, &new(IssueId(99), ada.id, "x")).await.unwrap_err()));
        assert!(gone(&comments::update(&mut tx, CommentId(99), ada.id, "x").await.unwrap_err()));
        assert!(gone(&comments::delete(&mut tx, CommentId(99)).await.unwrap_err()));
        for body in ["a\0b".to_owned(), "x".repeat(TEXT_MAX + 1)] {
            let error = comments::insert(&mut tx, &new(issue.id, ada.id, &body)).await.unwrap_err();
            assert!(matches!(error, Error::Invalid(_)), "{error:?}");
        }
        comments::insert(&mut tx, &new(issue.id, ada.id, &"ä".repeat(TEXT_MAX))).await.unwrap();
        let error = comments::insert(&mut tx, &new(issue.id, UserId(99), "x")).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Reference)), "{error:?}");
    }
}

#[tokio::test]
async fn deleting_an_issue_takes_its_comments_along() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let mut tx = test.store.begin().await.unwrap();
        let issue = issues::insert(&mut tx, &new_issue(&demo, ada.id, "x")).await.unwrap();
        let new = NewComment { issue: issue.id, author: ada.id, body: "bye".to_owned() };
        let comment = comments::insert(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.store.begin().await.unwrap();
        issues::delete(&mut tx, issue.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(comments::by_id(&mut test.store.read().await.unwrap(), comment.id).await.unwrap(), None);
    }
}
