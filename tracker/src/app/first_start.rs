//! The first start of all: without an administrator nobody could do anything.

use super::{App, Result, error::invalid, users::check_password};
use crate::{domain::user::NewUser, storage::users};

/// Login name of the first administrator.
pub const ADMIN: &str = "admin";

impl App {
    /// Whether there is any user.
    pub async fn has_users(&self) -> Result<bool> {
        let mut conn = self.store().read().await?;
        Ok(users::count(&mut conn).await? > 0)
    }

    /// Makes the first administrator if there is no user at all. Answers whether it did: another node may be faster.
    pub async fn make_first_admin(&self, password: &str) -> Result<bool> {
        check_password(password).map_err(invalid)?;
        // Hashed before the lock is taken: it takes a while, and other nodes wait.
        let password_hash = self.passwords().hash(password).await?;
        let mut tx = self.store().begin().await?;
        tx.lock_first_start().await?;
        if users::count(&mut tx).await? > 0 {
            return Ok(false);
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
        Ok(true)
    }
}
