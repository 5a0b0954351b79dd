//! Journal of operations.

use sea_orm::entity::prelude::*;

/// A row of `operations`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "operations")]
pub struct Model {
    /// `operation_id`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub operation_id: String,
    /// `kind`.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// `request`.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub request: Vec<u8>,
    /// `request_id`.
    #[sea_orm(column_type = "Text")]
    pub request_id: Option<String>,
    /// `request_hash`.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub request_hash: Vec<u8>,
    /// `task_keys`.
    pub task_keys: Vec<String>,
    /// `state`.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// `snapshot`.
    #[sea_orm(column_type = "JsonBinary")]
    pub snapshot: Option<Json>,
    /// `create_time`.
    pub create_time: DateTimeUtc,
    /// `end_time`.
    pub end_time: Option<DateTimeUtc>,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
