//! Effects of tasks: see `crate::effects`.

use sea_orm::entity::prelude::*;

/// A row of `task_effects`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task_effects")]
pub struct Model {
    /// `operation_id`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub operation_id: String,
    /// `task_key`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub task_key: String,
    /// `outcome`.
    #[sea_orm(column_type = "Text")]
    pub outcome: String,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The row of `operations` that it belongs to.
    #[sea_orm(
        belongs_to = "super::operations::Entity",
        from = "Column::OperationId",
        to = "super::operations::Column::OperationId"
    )]
    Operation,
}

impl Related<super::operations::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Operation.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
