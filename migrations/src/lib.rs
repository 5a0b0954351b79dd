//! The database schema, up and down.

use sea_orm_migration::prelude::*;

mod m0001_core;
mod m0002_extraction;
mod m0003_scraping;
mod m0004_schedules;
mod m0005_meaning;
mod m0006_clusters;

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_core::Migration),
            Box::new(m0002_extraction::Migration),
            Box::new(m0003_scraping::Migration),
            Box::new(m0004_schedules::Migration),
            Box::new(m0005_meaning::Migration),
            Box::new(m0006_clusters::Migration),
        ]
    }
}
