//! LSH bands of the signatures of usable ads.

use sea_orm::entity::prelude::*;

/// A row of `duplicate_bands`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "duplicate_bands")]
pub struct Model {
    /// `band`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub band: i64,
    /// `job_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: Uuid,
}

/// No relations are followed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
