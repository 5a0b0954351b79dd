//! What runs by itself.

use sea_orm::entity::prelude::*;

/// A row of `schedules`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "schedules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    /// `schedule_id`.
    pub schedule_id: String,
    #[sea_orm(column_type = "Text")]
    /// `cron`.
    pub cron: String,
    #[sea_orm(column_type = "Text")]
    /// `time_zone`.
    pub time_zone: String,
    #[sea_orm(column_type = "Text")]
    /// `operation_kind`.
    pub operation_kind: String,
    #[sea_orm(column_type = "JsonBinary")]
    /// `request`.
    pub request: Json,
    /// `paused`.
    pub paused: bool,
    /// `last_tick`.
    pub last_tick: Option<DateTimeUtc>,
    /// `updated_at`.
    pub updated_at: DateTimeUtc,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
