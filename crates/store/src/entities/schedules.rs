//! What runs by itself.

use sea_orm::entity::prelude::*;

/// A row of `schedules`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "schedules")]
pub struct Model {
    /// `schedule_id`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub schedule_id: String,
    /// `cron`.
    #[sea_orm(column_type = "Text")]
    pub cron: String,
    /// `time_zone`.
    #[sea_orm(column_type = "Text")]
    pub time_zone: String,
    /// `operation_kind`.
    #[sea_orm(column_type = "Text")]
    pub operation_kind: String,
    /// `request`.
    #[sea_orm(column_type = "JsonBinary")]
    pub request: Json,
    /// `paused`.
    pub paused: bool,
    /// `last_tick`.
    pub last_tick: DateTimeUtc,
    /// `updated_at`.
    pub updated_at: DateTimeUtc,
    /// `description`.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// `missed_ticks`.
    #[sea_orm(column_type = "Text")]
    pub missed_ticks: String,
    /// `created_at`.
    pub created_at: DateTimeUtc,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
