//! Ads as they came in.

use sea_orm::entity::prelude::*;

/// A row of `raw_jobs`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "raw_jobs")]
pub struct Model {
    /// `job_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: Uuid,
    /// `portal`.
    #[sea_orm(column_type = "Text")]
    pub portal: String,
    /// `country`.
    #[sea_orm(column_type = "Text")]
    pub country: String,
    /// `url`.
    #[sea_orm(column_type = "Text")]
    pub url: String,
    /// `title`.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    /// `company`.
    #[sea_orm(column_type = "Text")]
    pub company: String,
    /// `location`.
    #[sea_orm(column_type = "Text")]
    pub location: String,
    /// `description`.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// `requirements`.
    #[sea_orm(column_type = "Text")]
    pub requirements: String,
    /// `salary_raw`.
    #[sea_orm(column_type = "Text")]
    pub salary_raw: String,
    /// `contract_type`.
    #[sea_orm(column_type = "Text")]
    pub contract_type: String,
    /// `remote_type`.
    #[sea_orm(column_type = "Text")]
    pub remote_type: String,
    /// `posted_date`.
    pub posted_date: Option<Date>,
    /// `listed_date`.
    pub listed_date: Date,
    /// `scraped_at`.
    pub scraped_at: DateTimeUtc,
    /// `last_seen_at`.
    pub last_seen_at: DateTimeUtc,
    /// `content_hash`.
    #[sea_orm(column_type = "Text", unique)]
    pub content_hash: String,
    /// `raw_html`.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub raw_html: Option<Vec<u8>>,
    /// `posted_exact`.
    pub posted_exact: bool,
    /// `valid_through`.
    pub valid_through: Option<Date>,
    /// `salary_min`.
    pub salary_min: Option<f64>,
    /// `salary_max`.
    pub salary_max: Option<f64>,
    /// `salary_currency`.
    #[sea_orm(column_type = "Text")]
    pub salary_currency: Option<String>,
    /// `salary_period`.
    #[sea_orm(column_type = "Text")]
    pub salary_period: Option<String>,
    /// `contract_kind`.
    #[sea_orm(column_type = "Text")]
    pub contract_kind: Option<String>,
    /// `hours_kind`.
    #[sea_orm(column_type = "Text")]
    pub hours_kind: Option<String>,
    /// `remote_kind`.
    #[sea_orm(column_type = "Text")]
    pub remote_kind: Option<String>,
    /// `is_processed`.
    pub is_processed: bool,
    /// `extraction_status`.
    #[sea_orm(column_type = "Text")]
    pub extraction_status: String,
    /// `extraction_completed_at`.
    pub extraction_completed_at: Option<DateTimeUtc>,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
