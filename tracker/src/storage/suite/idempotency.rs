//! Answers that are given again.

use std::{sync::Arc, time::Duration};

use super::{add_user, new_project};
use crate::{
    domain::clock::ManualClock,
    storage::{
        Error,
        idempotency::{self, KEEP, KEY_MAX, Stored},
        projects,
        testing::{connect_at, stores},
    },
};

fn answer(body: &str) -> Stored {
    Stored { fingerprint: "f".to_owned(), status: 201, body: body.to_owned() }
}

#[tokio::test]
async fn an_answer_is_stored_with_its_change_or_not_at_all() {
    for test in stores().await {
        let (ada, bob) =
            (add_user(&test.store, "ada").await.unwrap(), add_user(&test.store, "bob").await.unwrap());
        let mut tx = test.store.begin().await.unwrap();
        idempotency::store(&mut tx, ada.id, "k", &answer("lost")).await.unwrap();
        tx.rollback().await.unwrap();
        let mut tx = test.store.begin().await.unwrap();
        idempotency::store(&mut tx, ada.id, "k", &answer("one")).await.unwrap();
        tx.commit().await.unwrap();
        let mut conn = test.store.read().await.unwrap();
        assert_eq!(idempotency::find(&mut conn, ada.id, "k").await.unwrap(), Some(answer("one")));
        assert_eq!(idempotency::find(&mut conn, bob.id, "k").await.unwrap(), None, "keys belong to a user");
        assert_eq!(idempotency::find(&mut conn, ada.id, "K").await.unwrap(), None);
        for key in ["a\0".to_owned(), "x".repeat(KEY_MAX + 1)] {
            let error = idempotency::find(&mut conn, ada.id, &key).await.unwrap_err();
            assert!(matches!(error, Error::Invalid(_)), "{error:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_the_same_request_sent_twice_at_once_one_happens() {
    for test in stores().await {
        let ada = add_user(&test.store, "ada").await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..8 {
            let (store, ada) = (test.store.clone(), ada.id);
            tasks.spawn(async move {
                let mut tx = store.begin().await?;
                // Different keys, so that only the answer's key can tell that it is one request.
                projects::insert(&mut tx, &new_project(&format!("P{task}"), ada)).await?;
                idempotency::store(&mut tx, ada, "same", &answer(&task.to_string())).await?;
                tx.commit().await
            });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        let taken = |error: &Error| error.is_taken("idempotency.account_id, idempotency.key");
        assert!(results.iter().filter_map(|result| result.as_ref().err()).all(taken), "{results:?}");
        let mut conn = test.store.read().await.unwrap();
        let happened = projects::list(&mut conn).await.unwrap();
        let told = idempotency::find(&mut conn, ada.id, "same").await.unwrap().unwrap();
        assert_eq!(
            happened.iter().map(|project| project.key.clone()).collect::<Vec<_>>(),
            [format!("P{}", told.body)]
        );
    }
}

#[tokio::test]
async fn answers_are_kept_for_a_day() {
    for test in stores().await {
        let clock = Arc::new(ManualClock::at(1_000_000_000_000));
        let store = connect_at(&test.url, "node-0", clock.clone()).await;
        let ada = add_user(&store, "ada").await.unwrap();
        let mut trimmed = Vec::new();
        for (key, step) in [("old", Duration::ZERO), ("young", Duration::from_secs(1)), ("now", KEEP)] {
            clock.advance(step);
            let mut tx = store.begin().await.unwrap();
            trimmed.push(idempotency::trim(&mut tx).await.unwrap());
            idempotency::store(&mut tx, ada.id, key, &answer(key)).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(trimmed, [0, 0, 1]);
        let mut conn = store.read().await.unwrap();
        for (key, kept) in [("old", false), ("young", true), ("now", true)] {
            assert_eq!(idempotency::find(&mut conn, ada.id, key).await.unwrap().is_some(), kept, "{key}");
        }
    }
}
