//! Journal of operations.

use sea_orm::entity::prelude::*;

/// A row of `operations`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "operations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    /// `operation_id`.
    pub operation_id: String,
    #[sea_orm(column_type = "Text")]
    /// `kind`.
    pub kind: String,
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    /// `request`.
    pub request: Vec<u8>,
    #[sea_orm(column_type = "Text")]
    /// `request_id`.
    pub request_id: Option<String>,
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    /// `request_hash`.
    pub request_hash: Vec<u8>,
    /// `task_keys`.
    pub task_keys: Vec<String>,
    #[sea_orm(column_type = "Text")]
    /// `state`.
    pub state: String,
    #[sea_orm(column_type = "JsonBinary")]
    /// `snapshot`.
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
