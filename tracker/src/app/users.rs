//! User accounts.

use rand::CryptoRng;

use super::{
    App, Error, Problems, Result,
    auth::Actor,
    error::{forbidden, invalid_field, not_found},
    passwords::PASSWORD_MAX,
};
use crate::{
    domain::{
        text,
        user::{NAME_MAX, NewUser, User},
    },
    storage::{self, Conn, users},
};

/// A user as clients name one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRef {
    /// By login name.
    Name(String),
    /// By key.
    Key(String),
}

/// What a client says about a new user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// Login name.
    pub name: String,
    /// Password; one that nobody knows if none is given.
    pub password: Option<String>,
    /// Mail address.
    pub email: String,
    /// Name that people see.
    pub display_name: String,
}

/// Which users to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Beginning of name, mail address or a word of the display name; empty for all.
    pub prefix: String,
    /// Closed accounts too.
    pub include_inactive: bool,
    /// How many to leave out.
    pub start_at: u64,
    /// How many to answer at most.
    pub max_results: u64,
}

impl UserRef {
    /// The user, if there is one.
    pub(super) async fn find(&self, conn: &mut Conn) -> Result<Option<User>> {
        Ok(match self {
            Self::Name(name) => users::by_name(conn, name).await?,
            Self::Key(key) => users::by_key(conn, key).await?,
        })
    }

    /// The name or key itself.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Name(text) | Self::Key(text) => text,
        }
    }
}

impl App {
    /// One user.
    pub async fn user(&self, wanted: &UserRef) -> Result<User> {
        let mut conn = self.store().read().await?;
        find(&mut conn, wanted).await
    }

    /// Users whose names begin with a text.
    pub async fn search_users(&self, wanted: &Wanted) -> Result<Vec<User>> {
        let mut conn = self.store().read().await?;
        let number = |wanted: u64| i64::try_from(wanted).unwrap_or(i64::MAX);
        let (start, max) = (number(wanted.start_at), number(wanted.max_results));
        Ok(users::search(&mut conn, &wanted.prefix, wanted.include_inactive, start, max).await?)
    }

    /// Creates a user. Administrators only.
    pub async fn create_user(&self, actor: &Actor, input: Input) -> Result<User> {
        actor.must_be_admin()?;
        let mut problems = Problems::none();
        for (field, value, required) in [
            ("username", &input.name, true),
            ("emailAddress", &input.email, true),
            ("displayName", &input.display_name, true),
        ] {
            if required && value.trim().is_empty() {
                problems.field(field, "You must specify a value.");
            }
            if let Err(refusal) = text::check(value, NAME_MAX) {
                problems.field(field, format!("The value {refusal}."));
            }
        }
        // A colon would end the name in a Basic login; the others are Jira's rule.
        if input
            .name
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '&' | ':'))
        {
            problems.field("username", "A user name holds no spaces and none of < > & :");
        }
        if !input.email.contains('@') {
            problems.field("emailAddress", "You must specify a valid email address.");
        }
        if let Some(Err(sentence)) = input.password.as_deref().map(check_password) {
            problems.field("password", sentence);
        }
        problems.into_result()?;
        let password_hash = match &input.password {
            Some(password) => self.passwords().hash(password).await?,
            None => self.passwords().nobody().to_owned(),
        };
        let new = NewUser {
            name: input.name,
            email: input.email,
            display_name: input.display_name,
            password_hash,
            admin: false,
            time_zone: "UTC".to_owned(),
        };
        let mut tx = self.store().begin().await?;
        let user = users::insert(&mut tx, &new).await.map_err(taken)?;
        tx.commit().await?;
        Ok(user)
    }

    /// Closes an account: its user may not log in any more, what they wrote stays. Administrators only, and not their own.
    pub async fn close_user(&self, actor: &Actor, wanted: &UserRef) -> Result<()> {
        actor.must_be_admin()?;
        let mut tx = self.store().begin().await?;
        let mut user = find(&mut tx, wanted).await?;
        if user.id == actor.user.id {
            return Err(forbidden("You can't delete yourself."));
        }
        user.active = false;
        users::update(&mut tx, &user).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Sets a user's password. Administrators may set anybody's; the others their own, with the current one.
    pub async fn set_password(&self, actor: &Actor, wanted: &UserRef, password: &str) -> Result<()> {
        let mut conn = self.store().read().await?;
        let user = find(&mut conn, wanted).await?;
        drop(conn);
        if user.id != actor.user.id {
            actor.must_be_admin()?;
        }
        check_password(password).map_err(|sentence| invalid_field("password", sentence))?;
        let hash = self.passwords().hash(password).await?;
        let mut tx = self.store().begin().await?;
        users::set_password_hash(&mut tx, user.id, &hash).await?;
        tx.commit().await?;
        self.passwords().forget();
        Ok(())
    }
}

/// A password that nobody can guess, of characters that are easy to copy.
pub fn made_password(random: &mut impl CryptoRng) -> String {
    const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut bytes = [0; 32];
    random.fill_bytes(&mut bytes);
    // 32 characters of 56: far beyond guessing, although some are a little more frequent.
    bytes.into_iter().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])).collect()
}

pub(super) fn check_password(password: &str) -> Result<(), String> {
    if password.is_empty() {
        return Err("The password may not be empty.".to_owned());
    }
    if password.len() > PASSWORD_MAX || password.contains('\0') {
        return Err(format!("The password is longer than {PASSWORD_MAX} bytes or holds a NUL."));
    }
    Ok(())
}

async fn find(conn: &mut Conn, wanted: &UserRef) -> Result<User> {
    let what = match wanted {
        UserRef::Name(_) => "named",
        UserRef::Key(_) => "with the key",
    };
    let found = wanted.find(conn).await?;
    found.ok_or_else(|| not_found(format!("The user {what} '{}' does not exist", wanted.as_str())))
}

fn taken(error: storage::Error) -> Error {
    if error.is_taken("account.name_folded") {
        return invalid_field("username", "A user with that username already exists.");
    }
    error.into()
}
