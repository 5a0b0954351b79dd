//! What people decided on phrases that may be skills.

use sea_orm::entity::prelude::*;

/// A row of `candidate_reviews`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "candidate_reviews")]
pub struct Model {
    /// `phrase`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub phrase: String,
    /// `decision`.
    #[sea_orm(column_type = "Text")]
    pub decision: String,
    /// `skill_id`.
    #[sea_orm(column_type = "Text")]
    pub skill_id: String,
    /// `label`.
    #[sea_orm(column_type = "Text")]
    pub label: String,
    /// `note`.
    #[sea_orm(column_type = "Text")]
    pub note: String,
    /// `reviewed_at`.
    pub reviewed_at: DateTimeUtc,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
