//! Ads as they came in.

use sea_orm::entity::prelude::*;

/// A row of `raw_jobs`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "raw_jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    /// `job_id`.
    pub job_id: Uuid,
    #[sea_orm(column_type = "Text")]
    /// `portal`.
    pub portal: String,
    #[sea_orm(column_type = "Text")]
    /// `country`.
    pub country: String,
    #[sea_orm(column_type = "Text")]
    /// `url`.
    pub url: String,
    #[sea_orm(column_type = "Text")]
    /// `title`.
    pub title: String,
    #[sea_orm(column_type = "Text")]
    /// `company`.
    pub company: String,
    #[sea_orm(column_type = "Text")]
    /// `location`.
    pub location: String,
    #[sea_orm(column_type = "Text")]
    /// `description`.
    pub description: String,
    #[sea_orm(column_type = "Text")]
    /// `requirements`.
    pub requirements: String,
    #[sea_orm(column_type = "Text")]
    /// `salary_raw`.
    pub salary_raw: String,
    #[sea_orm(column_type = "Text")]
    /// `contract_type`.
    pub contract_type: String,
    #[sea_orm(column_type = "Text")]
    /// `remote_type`.
    pub remote_type: String,
    /// `posted_date`.
    pub posted_date: Option<Date>,
    /// `listed_date`.
    pub listed_date: Date,
    /// `scraped_at`.
    pub scraped_at: DateTimeUtc,
    /// `last_seen_at`.
    pub last_seen_at: DateTimeUtc,
    #[sea_orm(column_type = "Text", unique)]
    /// `content_hash`.
    pub content_hash: String,
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    /// `raw_html`.
    pub raw_html: Option<Vec<u8>>,
    /// `is_processed`.
    pub is_processed: bool,
    #[sea_orm(column_type = "Text")]
    /// `extraction_status`.
    pub extraction_status: String,
    /// `extraction_completed_at`.
    pub extraction_completed_at: Option<DateTimeUtc>,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
