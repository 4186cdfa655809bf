//! The whole node in process: real router, real storage on each database there is, real index. Each test gets its own.

mod attachments;
mod auth;
mod bad_input;
mod comments;
mod edge;
mod fuzz;
mod idempotency;
mod issues;
mod lists;
mod ops;
mod projects;
mod search;
mod serving;
mod support;
mod users;
