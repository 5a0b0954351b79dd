//! Database errors as every caller sees them.

use observatory_proto::Error;
use sea_orm::{DbErr, RuntimeErr};

/// A lost or refused connection is UNAVAILABLE, so that callers try again;
/// anything else is ours, goes to the log whole, and out without its SQL.
pub fn into_error(error: DbErr) -> Error {
    if is_unavailable(&error) {
        return Error::unavailable("postgres", "the connection failed; try again");
    }
    tracing::error!(%error, "database error");
    Error::internal("a database query failed")
}

/// True where the same statement may succeed a moment later.
pub fn is_unavailable(error: &DbErr) -> bool {
    use sea_orm::sqlx::Error as Sqlx;
    let runtime = match error {
        DbErr::ConnectionAcquire(_) => return true,
        DbErr::Conn(e) | DbErr::Exec(e) | DbErr::Query(e) => e,
        _ => return false,
    };
    let RuntimeErr::SqlxError(sqlx) = runtime else { return matches!(error, DbErr::Conn(_)) };
    match sqlx.as_ref() {
        Sqlx::Io(_) | Sqlx::PoolTimedOut | Sqlx::PoolClosed | Sqlx::Protocol(_) | Sqlx::Tls(_) => true,
        // 08: connection; 40: serialization, deadlock; 53: resources; 57P: shutdown.
        Sqlx::Database(db) => {
            db.code().is_some_and(|code| ["08", "40", "53", "57P"].iter().any(|class| code.starts_with(class)))
        }
        _ => matches!(error, DbErr::Conn(_)),
    }
}
