//! Many issues at once.

use super::{add_project, change_log, new_issue, scene};
use crate::{
    domain::{change::ChangeKind, id::IssueId},
    storage::{
        Conflict, Error,
        bulk::{DatedComment, DatedIssue, insert_issues},
        comments, issues,
        testing::stores,
    },
};

#[tokio::test]
async fn issues_of_several_projects_come_in_order_with_their_comments_and_dates() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let other = add_project(&test.store, "OTHER", ada.id).await.unwrap();
        let before = change_log::at_the_end(&test.store).await;
        // More than one statement's worth.
        let dated: Vec<DatedIssue> = (0..1201_i64)
            .map(|nth| DatedIssue {
                issue: new_issue(if nth % 3 == 0 { &other } else { &demo }, ada.id, &format!("issue {nth}")),
                created_ms: 1_000 + nth,
                updated_ms: 5_000 + nth,
                comments: (0..nth % 3)
                    .map(|comment| DatedComment {
                        author: ada.id,
                        body: format!("{nth}/{comment}"),
                        created_ms: 2_000 + comment,
                    })
                    .collect(),
            })
            .collect();
        let mut tx = test.store.begin().await.unwrap();
        let ids = insert_issues(&mut tx, &dated).await.unwrap();
        tx.commit().await.unwrap();

        let mut conn = test.store.read().await.unwrap();
        let documents = issues::documents(&mut conn, &ids).await.unwrap();
        assert_eq!(documents.len(), 1201);
        for (nth, document) in documents.iter().enumerate() {
            let (wanted, stored) = (&dated[nth], &document.issue);
            assert_eq!((&stored.summary, stored.created_ms), (&wanted.issue.summary, wanted.created_ms));
            assert_eq!(
                (stored.updated_ms, stored.version),
                (wanted.updated_ms, 1 + wanted.comments.len() as i64)
            );
            assert_eq!(document.comments, wanted.comments.iter().map(|c| c.body.clone()).collect::<Vec<_>>());
        }
        assert_eq!(
            (documents[0].issue.key.as_str(), documents[3].issue.key.as_str()),
            ("OTHER-1", "OTHER-2")
        );
        assert_eq!(
            (documents[1].issue.key.as_str(), documents[1200].issue.key.as_str()),
            ("DEMO-1", "OTHER-401")
        );
        let (first, total) = comments::list(&mut conn, ids[2], 0, 1).await.unwrap();
        assert_eq!((first[0].created_ms, total), (2_000, 2));
        drop(conn);
        let told = change_log::told(&change_log::settled(&test.store, &before).await);
        let range = (ids.iter().min().unwrap().0, ids.iter().max().unwrap().0);
        assert_eq!(told, [(ChangeKind::Issue, range.0, range.1)]);
        // Ordinary creation goes on after them.
        let mut tx = test.store.begin().await.unwrap();
        assert_eq!(issues::insert(&mut tx, &new_issue(&demo, ada.id, "x")).await.unwrap().key, "DEMO-801");
    }
}

#[tokio::test]
async fn one_bad_issue_refuses_them_all() {
    for test in stores().await {
        let (ada, demo) = scene(&test).await;
        let dated = |summary: &str| DatedIssue {
            issue: new_issue(&demo, ada.id, summary),
            created_ms: 1,
            updated_ms: 1,
            comments: Vec::new(),
        };
        let mut tx = test.store.begin().await.unwrap();
        let error = insert_issues(&mut tx, &[dated("good"), dated("a\0")]).await.unwrap_err();
        assert!(matches!(error, Error::Invalid(_)), "{error:?}");
        drop(tx);
        let mut tx = test.store.begin().await.unwrap();
        assert_eq!(insert_issues(&mut tx, &[]).await.unwrap(), Vec::<IssueId>::new());
        let mut gone = dated("good");
        gone.issue.project.0 = 77;
        let error = insert_issues(&mut tx, &[gone]).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Gone)), "{error:?}");
    }
}
