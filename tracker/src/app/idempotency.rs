//! Creating requests that carry an `Idempotency-Key`: the same key within a day gives the same answer, and creates once.

use super::{App, Error, Result, auth::Actor};
use crate::{
    domain::id::UserId,
    storage::{Conflict, Tx, idempotency},
};

/// What makes two requests the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// The client's key.
    pub key: String,
    /// Hash of all that the request says.
    pub fingerprint: String,
}

/// An answer as it goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON.
    pub body: String,
    /// Whether it is that of an earlier request.
    pub repeated: bool,
}

/// How a creating request wants to be answered.
#[derive(Clone, Copy)]
pub struct Creation<'a, T> {
    /// Who creates.
    pub actor: &'a Actor,
    /// Given when the client may repeat the request.
    pub once: Option<&'a Once>,
    /// Makes the answer for what was created.
    pub render: &'a (dyn Fn(&T) -> Answer + Send + Sync),
}

/// A creation that has begun.
pub(super) enum Begun {
    /// It was done before; this was the answer.
    Before(Answer),
    /// To be done in this transaction.
    Now(Box<Creating>),
}

/// The transaction of a creation.
pub(super) struct Creating {
    pub(super) tx: Tx,
    user: UserId,
    once: Option<Once>,
}

impl App {
    /// Begins a creation, unless it was done before.
    pub(super) async fn begin_creation(&self, actor: &Actor, once: Option<&Once>) -> Result<Begun> {
        let mut tx = self.store().begin().await?;
        if let Some(once) = once
            && let Some(stored) = idempotency::find(&mut tx, actor.user.id, &once.key).await?
        {
            return Ok(Begun::Before(same(once, stored)?));
        }
        Ok(Begun::Now(Box::new(Creating { tx, user: actor.user.id, once: once.cloned() })))
    }

    /// Commits a creation together with its answer. Should another request with the same key have been faster, nothing is
    /// created and its answer is given.
    pub(super) async fn finish_creation(
        &self,
        mut creating: Box<Creating>,
        answer: Answer,
    ) -> Result<Answer> {
        if let Some(once) = &creating.once {
            let stored = idempotency::Stored {
                fingerprint: once.fingerprint.clone(),
                status: answer.status,
                body: answer.body.clone(),
            };
            match idempotency::store(&mut creating.tx, creating.user, &once.key, &stored).await {
                Ok(()) => {}
                Err(crate::storage::Error::Conflict(Conflict::Taken(_))) => {
                    creating.tx.rollback().await?;
                    return self.answered_before(creating.user, once).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        creating.tx.commit().await?;
        Ok(answer)
    }

    async fn answered_before(&self, user: UserId, once: &Once) -> Result<Answer> {
        let mut conn = self.store().read().await?;
        match idempotency::find(&mut conn, user, &once.key).await? {
            Some(stored) => same(once, stored),
            None => Err(Error::Conflict(
                "Another request with this Idempotency-Key is not finished yet.".to_owned(),
            )),
        }
    }
}

/// The stored answer, if it belongs to the same request.
fn same(once: &Once, stored: idempotency::Stored) -> Result<Answer> {
    if stored.fingerprint == once.fingerprint {
        return Ok(Answer { status: stored.status, body: stored.body, repeated: true });
    }
    Err(Error::KeyReused("This Idempotency-Key was used for another request; use a new one.".to_owned()))
}
