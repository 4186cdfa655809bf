//! Who asks: the user behind a name and a password.

use std::net::IpAddr;

use super::{
    App, Error, Result,
    error::forbidden,
    passwords::{Gate, Refusal},
    throttle::{Pair, Throttle},
};
use crate::{domain::user::User, storage::users};

/// A user who proved who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub user: User,
}

/// What a client sent to prove who it is.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// Login name.
    pub name: &'a str,
    /// Password.
    pub password: &'a str,
    /// Where it comes from.
    pub address: Option<IpAddr>,
}

/// Why nobody was let in.
#[derive(Debug)]
pub enum Denied {
    /// No such user, a wrong password, or an account that is closed: clients can't tell which.
    Failed,
    /// Too many wrong passwords before.
    Throttled,
    /// It could not be found out.
    Error(Error),
}

impl Actor {
    /// An error unless the user is an administrator.
    pub fn must_be_admin(&self) -> Result<()> {
        if self.user.admin { Ok(()) } else { Err(forbidden("You are not an administrator of this tracker.")) }
    }
}

impl App {
    /// The user that `credentials` belong to.
    pub async fn authenticate(&self, credentials: Credentials<'_>) -> Result<Actor, Denied> {
        let found = self.stored_credentials(credentials.name).await.map_err(Denied::Error)?;
        let gate =
            Guesses { throttle: self.throttle(), pair: Pair::new(credentials.name, credentials.address) };
        let stored = found.as_ref().map(|(user, hash)| (user.id, hash.as_str()));
        match self.passwords().verify(stored, credentials.password, &gate).await {
            Ok(()) => gate.throttle.succeeded(&gate.pair),
            Err(Refusal::Wrong) => return Err(Denied::Failed),
            Err(Refusal::Throttled) => return Err(Denied::Throttled),
            Err(Refusal::Failed(reason)) => return Err(Denied::Error(Error::Internal(reason.into()))),
        }
        match found {
            Some((user, _)) if user.active => Ok(Actor { user }),
            _ => Err(Denied::Failed),
        }
    }

    /// Read at each request, so that a changed password or a closed account counts at once on every node.
    async fn stored_credentials(&self, name: &str) -> Result<Option<(User, String)>> {
        let mut conn = self.store().read().await?;
        Ok(users::credentials(&mut conn, name).await?)
    }
}

struct Guesses<'a> {
    throttle: &'a Throttle,
    pair: Pair,
}

impl Gate for Guesses<'_> {
    fn may_try(&self) -> bool {
        self.throttle.may_try(&self.pair)
    }

    fn failed(&self) {
        self.throttle.failed(&self.pair);
    }
}
