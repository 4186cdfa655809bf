//! Secrets that the operator makes once: the operations token and the administrator's password.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;

use super::metadata::{Names, claim_labels, kept};
use crate::reconcile::validate::ValidatedTracker;

/// Key of the token in the Secret `<cluster>-ops`.
pub const TOKEN_KEY: &str = "token";
/// Key of the password in the Secret `<cluster>-admin`.
pub const PASSWORD_KEY: &str = "password";

/// A Secret without its random part: that is drawn only if the Secret isn't there yet.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeSecret {
    /// All but the random part.
    pub secret: Secret,
    /// Key of the random part.
    pub random_key: &'static str,
}

impl MadeSecret {
    /// The Secret with `random` in its place.
    pub fn filled(mut self, random: String) -> Secret {
        let key = self.random_key.to_owned();
        self.secret.data.get_or_insert_with(BTreeMap::new).insert(key, ByteString(random.into_bytes()));
        self.secret
    }
}

/// The Secrets of a cluster. They carry no owner, so that a cluster made again still fits its data.
pub fn secrets(tracker: &ValidatedTracker) -> Vec<MadeSecret> {
    let names = Names(&tracker.name);
    let mut made = vec![MadeSecret {
        secret: Secret {
            metadata: kept(tracker, names.ops(), claim_labels(&tracker.name, "ops-token")),
            ..Secret::default()
        },
        random_key: TOKEN_KEY,
    }];
    if tracker.admin_password.is_none() {
        let username = ("username".to_owned(), ByteString(b"admin".to_vec()));
        made.push(MadeSecret {
            secret: Secret {
                metadata: kept(tracker, names.admin(), claim_labels(&tracker.name, "admin-password")),
                data: Some(BTreeMap::from([username])),
                ..Secret::default()
            },
            random_key: PASSWORD_KEY,
        });
    }
    made
}
