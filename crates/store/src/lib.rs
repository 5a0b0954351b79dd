//! Postgres: entities, and the queries that services share.

pub mod cleaning;
pub mod clusters;
mod conditions;
pub mod effects;
pub mod embeddings;
pub mod emerging;
pub mod enhancement;
pub mod entities;
pub mod error;
pub mod extraction;
pub mod import;
pub mod jobs;
pub mod journal;
pub mod page;
pub mod schedules;
pub mod scraping;
pub mod search;
pub mod skills;
pub mod stats;
pub mod taxonomy;

use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbErr, Statement, Value};

pub use error::into_error;
pub use sea_orm;

/// A process that stops in the middle of a transaction (SIGSTOP, a swapped-out machine) keeps
/// its locks, and all others wait for it: Postgres ends its session after so long.
const IDLE_IN_TRANSACTION: (&str, &str) = ("idle_in_transaction_session_timeout", "10s");

/// Opens a pool without connecting: a service starts, and says so in its
/// health, also while Postgres is away. `max_connections` per process.
///
/// # Errors
/// When the URL can't be parsed.
pub async fn connect(url: &str, max_connections: u32) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(max_connections)
        .connect_lazy(true)
        .connect_timeout(Duration::from_secs(3))
        .acquire_timeout(Duration::from_secs(3))
        .idle_timeout(Duration::from_secs(300))
        .map_sqlx_postgres_opts(|options| options.options([IDLE_IN_TRANSACTION]))
        .sqlx_logging(false);
    sea_orm::Database::connect(options).await
}

/// Answers whether Postgres does.
///
/// # Errors
/// Why it doesn't, in a sentence.
pub async fn ping(db: &DatabaseConnection) -> Result<(), String> {
    db.ping().await.map_err(|error| error.to_string())
}

/// Runs a statement whose rows nobody asks for.
async fn execute<C: ConnectionTrait>(db: &C, sql: &str, values: impl IntoIterator<Item = Value>) -> Result<(), DbErr> {
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await.map(|_| ())
}
