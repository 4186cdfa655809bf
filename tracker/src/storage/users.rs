//! User accounts.

use sqlx::any::AnyRow;

use super::{
    Conflict, Conn, Error, Tx,
    sql::{self, check_texts, flag, get},
};
use crate::domain::{
    change::{ChangeKind, ChangeOp, NewChange},
    id::UserId,
    text::fold,
    user::{NAME_MAX, NewUser, TIME_ZONE_MAX, User},
};

const COLUMNS: &str = "id, key, name, email, display_name, active, admin, time_zone, version, created_at";

/// Number of the first account's key; keys are as clients know them, e.g. `JIRAUSER10000`.
const FIRST_KEY: i64 = 10_000;

/// Creates an account.
///
/// # Errors
/// [`Conflict::Taken`] of `account.name_folded` if the name is taken, in whatever case.
pub async fn insert(tx: &mut Tx, new: &NewUser) -> Result<User, Error> {
    check(&new.name, &new.email, &new.display_name, &new.time_zone)?;
    let now_ms = tx.now_ms();
    let insert = sqlx::query(
        "INSERT INTO account (key, name, name_folded, email, email_folded, display_name, display_folded, password_hash,
                              active, admin, time_zone, version, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, 1, $11) RETURNING id",
    )
    // The key follows from the id, which isn't known before.
    .bind(format!("new-{}", tx.random().uid()))
    .bind(&new.name)
    .bind(fold(&new.name))
    .bind(&new.email)
    .bind(fold(&new.email))
    .bind(&new.display_name)
    .bind(fold(&new.display_name))
    .bind(&new.password_hash)
    .bind(i16::from(new.admin))
    .bind(&new.time_zone)
    .bind(now_ms);
    let id: i64 = get(&sql::one(tx, insert).await?, "id")?;
    let update = "UPDATE account SET key = $1 WHERE id = $2";
    sql::execute(tx, sqlx::query(update).bind(format!("JIRAUSER{}", FIRST_KEY + id - 1)).bind(id)).await?;
    tx.log(NewChange::one(ChangeKind::User, id, 1, ChangeOp::Create)).await?;
    by_id(tx, UserId(id)).await?.ok_or_else(|| Error::Internal("a new account can't be read".to_owned()))
}

/// The account with this id.
pub async fn by_id(conn: &mut Conn, id: UserId) -> Result<Option<User>, Error> {
    optional(conn, "id = $1", |query| query.bind(id.0)).await
}

/// The account with this login name, without regard to case.
pub async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<User>, Error> {
    optional(conn, "name_folded = $1", |query| query.bind(searchable(name))).await
}

/// The account with this key.
pub async fn by_key(conn: &mut Conn, key: &str) -> Result<Option<User>, Error> {
    optional(conn, "key = $1", |query| query.bind(key.replace('\0', ""))).await
}

/// The accounts with these ids, in the asked order; unknown ones are left out.
pub async fn by_ids(conn: &mut Conn, ids: &[UserId]) -> Result<Vec<User>, Error> {
    let dialect = conn.dialect;
    let query = format!("SELECT {COLUMNS} FROM account WHERE id {}", dialect.in_list("$1"));
    let rows = sql::all(conn, sql::dynamic(query).bind(dialect.id_list(ids.iter().map(|id| id.0)))).await?;
    let users =
        rows.iter().map(|row| of_row(row).map(|user| (user.id, user))).collect::<Result<Vec<_>, _>>()?;
    let users: std::collections::HashMap<_, _> = users.into_iter().collect();
    Ok(ids.iter().filter_map(|id| users.get(id).cloned()).collect())
}

/// Accounts whose name, mail address or a word of the display name begins with `prefix`, without regard to case, by name. An empty
/// prefix finds all.
pub async fn search(
    conn: &mut Conn,
    prefix: &str,
    include_inactive: bool,
    start: i64,
    max: i64,
) -> Result<Vec<User>, Error> {
    let query = format!(
        "SELECT {COLUMNS} FROM account
         WHERE (name_folded LIKE $1 ESCAPE '\\' OR email_folded LIKE $1 ESCAPE '\\'
                OR display_folded LIKE $1 ESCAPE '\\' OR display_folded LIKE $2 ESCAPE '\\')
           AND (active = 1 OR $3 = 1)
         ORDER BY name_folded LIMIT $4 OFFSET $5"
    );
    let escaped = searchable(prefix).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let query = sql::dynamic(query)
        .bind(format!("{escaped}%"))
        .bind(format!("% {escaped}%"))
        .bind(i64::from(include_inactive))
        .bind(max.max(0))
        .bind(start.max(0));
    sql::all(conn, query).await?.iter().map(of_row).collect()
}

/// Number of accounts.
pub async fn count(conn: &mut Conn) -> Result<i64, Error> {
    get(&sql::one(conn, sqlx::query("SELECT count(*) FROM account")).await?, 0)
}

/// Changes an account to what `user` says; `user.version` is the version it was read with.
///
/// # Errors
/// [`Conflict::Version`] if it was changed since, [`Conflict::Gone`], [`Conflict::Taken`] as for [`insert`].
pub async fn update(tx: &mut Tx, user: &User) -> Result<User, Error> {
    check(&user.name, &user.email, &user.display_name, &user.time_zone)?;
    let update = sqlx::query(
        "UPDATE account SET name = $3, name_folded = $4, email = $5, email_folded = $6, display_name = $7,
                            display_folded = $8, active = $9, admin = $10, time_zone = $11, version = version + 1
         WHERE id = $1 AND version = $2",
    )
    .bind(user.id.0)
    .bind(user.version)
    .bind(&user.name)
    .bind(fold(&user.name))
    .bind(&user.email)
    .bind(fold(&user.email))
    .bind(&user.display_name)
    .bind(fold(&user.display_name))
    .bind(i16::from(user.active))
    .bind(i16::from(user.admin))
    .bind(&user.time_zone);
    let changed = sql::execute(tx, update).await?;
    let stored = by_id(tx, user.id).await?.ok_or(Conflict::Gone)?;
    if changed == 0 {
        return Err(Conflict::Version.into());
    }
    tx.log(NewChange::one(ChangeKind::User, user.id.0, stored.version, ChangeOp::Update)).await?;
    Ok(stored)
}

/// The account with this login name, and its password's hash (a PHC string).
pub async fn credentials(conn: &mut Conn, name: &str) -> Result<Option<(User, String)>, Error> {
    let query = format!("SELECT {COLUMNS}, password_hash FROM account WHERE name_folded = $1");
    let row = sql::optional(conn, sql::dynamic(query).bind(searchable(name))).await?;
    row.map(|row| Ok((of_row(&row)?, get(&row, "password_hash")?))).transpose()
}

/// Replaces the password's hash.
///
/// # Errors
/// [`Conflict::Gone`].
pub async fn set_password_hash(tx: &mut Tx, id: UserId, hash: &str) -> Result<(), Error> {
    let update =
        "UPDATE account SET password_hash = $1, version = version + 1 WHERE id = $2 RETURNING version";
    let row = sql::optional(tx, sqlx::query(update).bind(hash).bind(id.0)).await?.ok_or(Conflict::Gone)?;
    tx.log(NewChange::one(ChangeKind::User, id.0, get(&row, "version")?, ChangeOp::Update)).await
}

async fn optional(
    conn: &mut Conn,
    condition: &str,
    bind: impl FnOnce(sql::Query<'static>) -> sql::Query<'static>,
) -> Result<Option<User>, Error> {
    let query = sql::dynamic(format!("SELECT {COLUMNS} FROM account WHERE {condition}"));
    sql::optional(conn, bind(query)).await?.as_ref().map(of_row).transpose()
}

/// The folded form of something asked for. No stored name has a NUL, and PostgreSQL would refuse to look for it.
fn searchable(name: &str) -> String {
    fold(name).replace('\0', "\u{1}")
}

fn check(name: &str, email: &str, display_name: &str, time_zone: &str) -> Result<(), Error> {
    check_texts(&[
        ("name", name, NAME_MAX),
        ("emailAddress", email, NAME_MAX),
        ("displayName", display_name, NAME_MAX),
        ("timeZone", time_zone, TIME_ZONE_MAX),
    ])
}

fn of_row(row: &AnyRow) -> Result<User, Error> {
    Ok(User {
        id: UserId(get(row, "id")?),
        key: get(row, "key")?,
        name: get(row, "name")?,
        email: get(row, "email")?,
        display_name: get(row, "display_name")?,
        active: flag(row, "active")?,
        admin: flag(row, "admin")?,
        time_zone: get(row, "time_zone")?,
        version: get(row, "version")?,
        created_ms: get(row, "created_at")?,
    })
}
