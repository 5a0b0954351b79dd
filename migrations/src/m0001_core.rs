//! Ads, skills, taxonomy, clusters, operations, schedules. Plain SQL: the types
//! and indexes used here (vector, tsvector, HNSW, trigrams) have no builder.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(include_str!("../sql/0001_core_up.sql")).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(include_str!("../sql/0001_core_down.sql")).await?;
        Ok(())
    }
}
