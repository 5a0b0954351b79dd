//! Effects of tasks: see `crate::effects`.

use sea_orm::entity::prelude::*;

/// A row of `task_effects`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task_effects")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    /// `operation_id`.
    pub operation_id: String,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    /// `task_key`.
    pub task_key: String,
    #[sea_orm(column_type = "Text")]
    /// `outcome`.
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
