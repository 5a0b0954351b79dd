//! A gateway in this process on a fresh database, and data to query.

#![allow(dead_code, clippy::unwrap_used)]

pub mod stages;

use observatory_gateway::{SERVICE, build, config::Options};
use observatory_mesh::{Config, Error, Running};
use observatory_proto::{
    jobs::{ImportJobsRequest, ImportJobsResponse, job_service_client::JobServiceClient},
    skills::skill_service_client::SkillServiceClient,
    stats::stats_service_client::StatsServiceClient,
    taxonomy::taxonomy_service_client::TaxonomyServiceClient,
};
use observatory_store::sea_orm::{ConnectionTrait, Statement, Value};
use observatory_testkit::Kit;
use tonic::{Status, transport::Channel};

/// A running gateway.
pub struct Gateway {
    pub kit: Kit,
    pub running: Running,
    channel: Channel,
}

impl Gateway {
    pub async fn start() -> Self {
        let kit = Kit::start().await;
        let (database_url, redis_url) = (kit.database_url(), kit.redis_url());
        Self::start_on(kit, database_url, redis_url).await
    }

    pub async fn start_on(kit: Kit, database_url: String, redis_url: String) -> Self {
        Self::start_with(kit, database_url, redis_url, |_| ()).await
    }

    /// With these services behind it.
    pub async fn start_behind(kit: Kit, peers: &[(&str, String)]) -> Self {
        let (database_url, redis_url) = (kit.database_url(), kit.redis_url());
        Self::start_with(kit, database_url, redis_url, |config| {
            config.peers.extend(peers.iter().map(|(name, url)| ((*name).to_string(), url.clone())));
        })
        .await
    }

    /// With other settings.
    pub async fn start_with(
        kit: Kit,
        database_url: String,
        redis_url: String,
        adjust: impl FnOnce(&mut Config<Options>),
    ) -> Self {
        let mut config = Config::<Options>::local(&SERVICE);
        config.database_url = database_url;
        config.redis_url = redis_url;
        config.service.redis_prefix = kit.redis_prefix().to_string();
        // Nobody is asked: these are for starting tasks.
        for peer in ["cleaner", "extractor", "clusterer", "scraper"] {
            config.peers.insert(peer.into(), "http://127.0.0.1:1".into());
        }
        // Nothing runs by itself but where a test wants it.
        config.service.schedules = false;
        // Whether this checkout has a built page is none of the tests' business.
        config.service.page_dir = "/nonexistent".into();
        adjust(&mut config);
        let running = observatory_mesh::spawn(SERVICE, config, build).await.unwrap();
        let channel = Channel::from_shared(running.url()).unwrap().connect_lazy();
        Self { kit, running, channel }
    }

    pub fn jobs(&self) -> JobServiceClient<Channel> {
        JobServiceClient::new(self.channel.clone())
    }

    pub fn skills(&self) -> SkillServiceClient<Channel> {
        SkillServiceClient::new(self.channel.clone())
    }

    pub fn stats(&self) -> StatsServiceClient<Channel> {
        StatsServiceClient::new(self.channel.clone())
    }

    pub fn taxonomy(&self) -> TaxonomyServiceClient<Channel> {
        TaxonomyServiceClient::new(self.channel.clone())
    }

    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    pub async fn import(&self, ads: Vec<ImportJobsRequest>) -> ImportJobsResponse {
        self.jobs().import_jobs(tokio_stream::iter(ads)).await.unwrap().into_inner()
    }

    pub async fn sql(&self, sql: &str, values: impl IntoIterator<Item = Value>) {
        let db = self.kit.db();
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        db.execute_raw(statement).await.unwrap();
    }

    /// Cleans all ads as they are: usable, Spanish.
    pub async fn clean_all(&self) {
        let sql = "INSERT INTO cleaned_jobs (job_id, title_cleaned, description_cleaned, requirements_cleaned,
                       combined_text, combined_word_count, detected_language, language_confidence, is_usable,
                       signature, cleaner_version)
                   SELECT job_id, title, 'clean ' || description, '', title || E'\\n' || description, 60, 'es', 1, true,
                       '', 'test'
                   FROM raw_jobs ON CONFLICT DO NOTHING";
        self.sql(sql, []).await;
        self.sql("UPDATE raw_jobs SET is_processed = true", []).await;
    }

    /// Stores that the ads with these titles name a skill, and that their extraction is completed.
    pub async fn skill(&self, id: &str, name: &str, kind: &str, titles: &[&str]) {
        let sql = "INSERT INTO extracted_skills (job_id, skill_text, skill_type, extraction_method, confidence_score,
                       source_section, span_start, span_end, skill_id, concept_uri, normalized_skill, skill_kind,
                       extractor_version, taxonomy_version)
                   SELECT job_id, lower($2), 'explicit', 'regex', 0.5, 'requirements', $5, $5 + 3, $1,
                       'urn:observatory:skill:' || $1, $2, $3, '1', '1'
                   FROM raw_jobs WHERE title = ANY($4)";
        let titles: Vec<String> = titles.iter().map(|title| title.to_string()).collect();
        let at = 100 - i32::try_from(id.len()).unwrap();
        self.sql(sql, [id.into(), name.into(), kind.into(), titles.into(), at.into()]).await;
        self.sql("UPDATE raw_jobs SET extraction_status = 'completed', extraction_completed_at = now()", []).await;
    }

    /// Stores that the ads with these titles hold a phrase that may be a skill.
    pub async fn candidate(&self, phrase: &str, surface: &str, pattern: &str, titles: &[&str]) {
        let sql = "INSERT INTO skill_candidates (job_id, phrase, surface, pattern, span_start, span_end)
                   SELECT job_id, $1, $2, $3, 0, 1 FROM raw_jobs WHERE title = ANY($4)";
        let titles: Vec<String> = titles.iter().map(|title| title.to_string()).collect();
        self.sql(sql, [phrase.into(), surface.into(), pattern.into(), titles.into()]).await;
    }
}

/// An ad of a portal, in Colombia.
pub fn ad(title: &str, posted_date: &str) -> ImportJobsRequest {
    ImportJobsRequest {
        portal: "elempleo".into(),
        location: "Bogotá, D.C.".into(),
        title: title.into(),
        company: "ACME".into(),
        description: format!("Descripción de {title}"),
        posted_date: posted_date.into(),
        ..Default::default()
    }
}

/// The error inside a refusal.
pub fn refused<T: std::fmt::Debug>(result: Result<T, Status>) -> Error {
    Error::from_status(&result.expect_err("it must be refused"))
}
