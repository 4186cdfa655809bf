//! Attachments' rows.

use super::{new_issue, scene};
use crate::{
    domain::{
        attachment::NewAttachment,
        id::{AttachmentId, IssueId, UserId},
    },
    storage::{Conflict, Error, attachments, issues, projects, testing::stores},
};

fn new(issue: IssueId, author: UserId, path: &str) -> NewAttachment {
    NewAttachment {
        issue,
        author,
        filename: "Bild ü.png".to_owned(),
        mime_type: "image/png".to_owned(),
        size: 5_000_000_000,
        hash: "00".repeat(32),
        path: path.to_owned(),
    }
}

#[tokio::test]
async fn a_row_reads_back_and_its_issue_knows() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let mut tx = test.store.begin().await.unwrap();
        let issue = issues::insert(&mut tx, &new_issue(&demo, ada.id, "x")).await.unwrap();
        let one = attachments::insert(&mut tx, &new(issue.id, ada.id, "aa/bb/1")).await.unwrap();
        let two = attachments::insert(&mut tx, &new(issue.id, ada.id, "aa/bb/2")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((one.size, one.filename.as_str()), (5_000_000_000, "Bild ü.png"));

        let mut conn = test.store.read().await.unwrap();
        assert_eq!(attachments::by_id(&mut conn, one.id).await.unwrap().as_ref(), Some(&one));
        assert_eq!(attachments::list(&mut conn, issue.id).await.unwrap(), [one.clone(), two]);
        assert_eq!(issues::by_id(&mut conn, issue.id).await.unwrap().unwrap().version, 3);
        let asked = ["aa/bb/1", "x\"]", "aa/bb/9"].map(str::to_owned);
        assert_eq!(attachments::referred(&mut conn, &asked).await.unwrap(), ["aa/bb/1"]);
        assert!(attachments::referred(&mut conn, &[]).await.unwrap().is_empty());
        drop(conn);

        let mut tx = test.store.begin().await.unwrap();
        assert_eq!(attachments::delete(&mut tx, one.id).await.unwrap(), one);
        let error = attachments::delete(&mut tx, one.id).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Gone)), "{error:?}");
    }
}

#[tokio::test]
async fn deletions_name_the_files_to_remove() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let mut tx = test.store.begin().await.unwrap();
        let mut issue_ids = Vec::new();
        for path in ["a", "b", "c"] {
            let issue = issues::insert(&mut tx, &new_issue(&demo, ada.id, "x")).await.unwrap();
            attachments::insert(&mut tx, &new(issue.id, ada.id, path)).await.unwrap();
            issue_ids.push(issue.id);
        }
        tx.commit().await.unwrap();
        let mut tx = test.store.begin().await.unwrap();
        assert_eq!(issues::delete(&mut tx, issue_ids[1]).await.unwrap(), ["b"]);
        assert_eq!(projects::delete(&mut tx, demo.id).await.unwrap(), ["a", "c"]);
        tx.commit().await.unwrap();
        let mut conn = test.store.read().await.unwrap();
        assert!(
            attachments::referred(&mut conn, &["a", "b", "c"].map(str::to_owned)).await.unwrap().is_empty()
        );
    }
}

#[tokio::test]
async fn what_is_not_there_or_cannot_be_stored_is_refused() {
    for test in stores().await {
        let (ada, _) = scene(&test).await;
        let mut tx = test.store.begin().await.unwrap();
        let error = attachments::insert(&mut tx, &new(IssueId(9), ada.id, "a")).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Gone)), "{error:?}");
        let error = attachments::delete(&mut tx, AttachmentId(9)).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Gone)), "{error:?}");
        let bad = NewAttachment { filename: "a\0".to_owned(), ..new(IssueId(9), ada.id, "a") };
        let error = attachments::insert(&mut tx, &bad).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error:?}");
    }
}
