//! Phrases that may be skills, once an ad.

use sea_orm::entity::prelude::*;

/// A row of `skill_candidates`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "skill_candidates")]
pub struct Model {
    /// `job_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: Uuid,
    /// `phrase`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub phrase: String,
    /// `surface`.
    #[sea_orm(column_type = "Text")]
    pub surface: String,
    /// `pattern`.
    #[sea_orm(column_type = "Text")]
    pub pattern: String,
    /// `span_start`.
    pub span_start: i32,
    /// `span_end`.
    pub span_end: i32,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The row of `raw_jobs` that it belongs to.
    #[sea_orm(belongs_to = "super::raw_jobs::Entity", from = "Column::JobId", to = "super::raw_jobs::Column::JobId")]
    RawJob,
}

impl Related<super::raw_jobs::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::RawJob.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
