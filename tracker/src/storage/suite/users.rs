//! Accounts.

use super::{add_user, new_user};
use crate::storage::{Conflict, Error, testing::stores, users};

#[tokio::test]
async fn names_are_unique_without_regard_to_case() {
    for test in stores().await {
        let ada = add_user(&test.store, "Ädä").await.unwrap();
        assert_eq!(ada.key, format!("JIRAUSER{}", 9_999 + ada.id.0));
        let error = add_user(&test.store, "äDÄ").await.unwrap_err();
        assert!(error.is_taken("account.name_folded"), "{error:?}");
        let mut conn = test.store.read().await.unwrap();
        assert_eq!(users::by_name(&mut conn, "ÄdÄ").await.unwrap(), Some(ada.clone()));
        assert_eq!(users::by_key(&mut conn, &ada.key).await.unwrap(), Some(ada.clone()));
        assert_eq!(users::by_id(&mut conn, ada.id).await.unwrap(), Some(ada));
        assert_eq!(users::by_name(&mut conn, "a\0b").await.unwrap(), None);
        assert_eq!(users::by_key(&mut conn, "a\0b").await.unwrap(), None);
        assert_eq!(users::count(&mut conn).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn an_update_needs_the_version_it_was_read_with() {
    for test in stores().await {
        let ada = add_user(&test.store, "ada").await.unwrap();
        let mut changed = ada.clone();
        changed.display_name = "Ada Lovelace".to_owned();
        changed.active = false;
        changed.admin = true;
        let mut tx = test.store.begin().await.unwrap();
        let stored = users::update(&mut tx, &changed).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(stored, crate::domain::user::User { version: 2, ..changed.clone() });

        let mut tx = test.store.begin().await.unwrap();
        let error = users::update(&mut tx, &changed).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Version)), "{error:?}");
        drop(tx);

        changed.id.0 = 999;
        let mut tx = test.store.begin().await.unwrap();
        let error = users::update(&mut tx, &changed).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Gone)), "{error:?}");
    }
}

#[tokio::test]
async fn credentials_come_with_the_hash_and_a_new_hash_raises_the_version() {
    for test in stores().await {
        let ada = add_user(&test.store, "ada").await.unwrap();
        let mut tx = test.store.begin().await.unwrap();
        users::set_password_hash(&mut tx, ada.id, "$argon2id$other").await.unwrap();
        tx.commit().await.unwrap();
        let mut conn = test.store.read().await.unwrap();
        let (user, hash) = users::credentials(&mut conn, "ADA").await.unwrap().unwrap();
        assert_eq!((user.id, user.version, hash.as_str()), (ada.id, 2, "$argon2id$other"));
        assert_eq!(users::credentials(&mut conn, "eve").await.unwrap(), None);
    }
}

#[tokio::test]
async fn search_finds_beginnings_and_takes_wildcards_as_they_are() {
    for test in stores().await {
        for (name, display) in
            [("grace", "Grace Hopper"), ("a_b", "Under Score"), ("axb", "No Score"), ("p%", "Per Cent")]
        {
            let mut new = new_user(name);
            new.display_name = display.to_owned();
            let mut tx = test.store.begin().await.unwrap();
            users::insert(&mut tx, &new).await.unwrap();
            tx.commit().await.unwrap();
        }
        let mut conn = test.store.read().await.unwrap();
        for (prefix, expected) in [
            ("GR", vec!["grace"]),
            ("hopp", vec!["grace"]),
            ("opper", vec![]),
            ("a_", vec!["a_b"]),
            ("p%", vec!["p%"]),
            ("%", vec![]),
            ("score", vec!["a_b", "axb"]),
            ("grace@example", vec!["grace"]),
            ("", vec!["a_b", "axb", "grace", "p%"]),
        ] {
            let found = users::search(&mut conn, prefix, false, 0, 50).await.unwrap();
            let names: Vec<_> = found.iter().map(|user| user.name.as_str()).collect();
            assert_eq!(names, expected, "{prefix}");
        }
        let page = users::search(&mut conn, "", true, 1, 2).await.unwrap();
        assert_eq!(page.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["axb", "grace"]);
    }
}

#[tokio::test]
async fn texts_that_cannot_be_stored_are_refused() {
    for test in stores().await {
        for name in ["a\0b".to_owned(), "ä".repeat(256)] {
            let error = add_user(&test.store, &name).await.unwrap_err();
            assert!(matches!(&error, Error::Invalid(text) if text.starts_with("name ")), "{error:?}");
        }
        add_user(&test.store, &"ä".repeat(243)).await.unwrap();
    }
}

#[tokio::test]
async fn ids_are_read_in_the_asked_order() {
    for test in stores().await {
        let mut ids = Vec::new();
        for name in ["a", "b", "c"] {
            ids.push(add_user(&test.store, name).await.unwrap().id);
        }
        let asked = [ids[2], crate::domain::id::UserId(77), ids[0]];
        let mut conn = test.store.read().await.unwrap();
        let found = users::by_ids(&mut conn, &asked).await.unwrap();
        assert_eq!(found.iter().map(|user| user.id).collect::<Vec<_>>(), [ids[2], ids[0]]);
        assert!(users::by_ids(&mut conn, &[]).await.unwrap().is_empty());
    }
}
