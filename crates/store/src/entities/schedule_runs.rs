//! What schedules did.

use sea_orm::entity::prelude::*;

/// A row of `schedule_runs`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "schedule_runs")]
pub struct Model {
    /// `schedule_id`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub schedule_id: String,
    /// `tick`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tick: DateTimeUtc,
    /// `state`.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// `manual`.
    pub manual: bool,
    /// `operation_kind`.
    #[sea_orm(column_type = "Text")]
    pub operation_kind: String,
    /// `request`.
    #[sea_orm(column_type = "JsonBinary")]
    pub request: Json,
    /// `request_id`.
    #[sea_orm(column_type = "Text")]
    pub request_id: String,
    /// `operation_id`.
    #[sea_orm(column_type = "Text")]
    pub operation_id: String,
    /// `error`.
    #[sea_orm(column_type = "Text")]
    pub error: String,
    /// `attempts`.
    pub attempts: i32,
    /// `next_attempt`.
    pub next_attempt: DateTimeUtc,
    /// `created_at`.
    pub created_at: DateTimeUtc,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
