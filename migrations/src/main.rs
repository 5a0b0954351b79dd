//! `observatory-migrate up|down|status|fresh`: applies the schema to the database
//! named by OBSERVATORY_DATABASE_URL.

use sea_orm_migration::{cli, sea_orm::Database};

#[tokio::main]
async fn main() {
    cli::run_cli_with_custom_connection(observatory_migrations::Migrator, async || {
        let url = std::env::var("OBSERVATORY_DATABASE_URL")
            .map_err(|_| sea_orm_migration::DbErr::Custom("set OBSERVATORY_DATABASE_URL".into()))?;
        Database::connect(url).await
    })
    .await;
}
