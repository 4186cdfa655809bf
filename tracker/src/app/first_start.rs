//! The first start of all: without an administrator nobody could do anything.

use super::{
    App, Result,
    error::invalid,
    users::{check_password, made_password},
};
use crate::{domain::user::NewUser, storage::users};

/// Login name of the first administrator.
pub const ADMIN: &str = "admin";

/// The password of the first administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdminPassword {
    /// This one.
    Given(String),
    /// One to be made.
    Made,
}

impl App {
    /// Whether there is any user.
    pub async fn has_users(&self) -> Result<bool> {
        let mut conn = self.store().read().await?;
        Ok(users::count(&mut conn).await? > 0)
    }

    /// Makes the first administrator if there is no user at all. Answers the password if it was made here: nobody else
    /// will ever know it.
    pub async fn make_first_admin(&self, password: &AdminPassword) -> Result<Option<String>> {
        let (word, made) = match password {
            AdminPassword::Given(given) => (given.clone(), None),
            AdminPassword::Made => {
                let made = made_password();
                (made.clone(), Some(made))
            }
        };
        check_password(&word).map_err(invalid)?;
        // Hashed before the lock is taken: it takes a while, and other nodes wait.
        let password_hash = self.passwords().hash(&word).await?;
        let mut tx = self.store().begin().await?;
        tx.lock_first_start().await?;
        if users::count(&mut tx).await? > 0 {
            return Ok(None);
        }
        let admin = NewUser {
            name: ADMIN.to_owned(),
            email: "admin@localhost".to_owned(),
            display_name: "Administrator".to_owned(),
            password_hash,
            admin: true,
            time_zone: "UTC".to_owned(),
        };
        users::insert(&mut tx, &admin).await?;
        tx.commit().await?;
        tracing::info!(user.name = ADMIN, "first administrator made");
        Ok(made)
    }
}
