//! SkillService.

use futures::future::{try_join, try_join3};
use observatory_proto::{
    Error, Reason,
    common::Pipeline,
    skills::{
        CoOccurringSkill, CountryCount, GetSkillRequest, GetSkillResponse, ListCoOccurringSkillsRequest,
        ListCoOccurringSkillsResponse, ListEmergingSkillsRequest, ListEmergingSkillsResponse, ListSkillsRequest,
        ListSkillsResponse, MonthCount, ReviewEmergingSkillRequest, ReviewEmergingSkillResponse, SkillCount,
        SurfaceCount, skill_service_server::SkillService,
    },
};
use observatory_store::{
    jobs::{self, JobFilter},
    page,
    sea_orm::DatabaseConnection,
    skills::{self, RankedSkill, SkillFilter, SkillKey, SkillName},
};
use tonic::{Request, Response, Status};

use super::{
    convert::{day, failed, int, job, page_size, plain, skill_ref, stored_name},
    emerging,
};
use crate::interval::{lift, share, wilson};

const DEFAULT_LIMIT: u64 = 20;
const NEWEST_JOBS: u64 = 10;

/// Rankings and details of skills.
#[derive(Debug, Clone)]
pub struct Skills {
    db: DatabaseConnection,
}

impl Skills {
    /// On this database.
    pub fn new(db: DatabaseConnection) -> Self {
        Self { db }
    }

    async fn name(&self, skill_id: &str) -> Result<SkillName, Status> {
        let name = skills::name(&self.db, skill_id).await.map_err(failed)?;
        Ok(name.ok_or_else(|| Error::not_found(Reason::SkillNotFound, "skill", skill_id))?)
    }
}

#[tonic::async_trait]
impl SkillService for Skills {
    async fn list_skills(&self, request: Request<ListSkillsRequest>) -> Result<Response<ListSkillsResponse>, Status> {
        let request = request.into_inner();
        let enhanced_by = enhanced_by(&request)?;
        let necessity = stored_name(request.necessity().as_str_name(), "NECESSITY_");
        let filter = SkillFilter {
            posted_from: day("posted_from", &request.posted_from)?,
            posted_to: day("posted_to", &request.posted_to)?,
            method: stored_name(request.method().as_str_name(), "EXTRACTION_METHOD_"),
            country: request.country,
            portal: plain(&request.portal),
            kind: plain(&request.kind),
            query: plain(&request.query),
            include_implied: request.include_implied,
            necessity,
            enhanced_by,
        };
        let after: Option<SkillKey> = page::decode("ListSkills", &filter, &request.page_token)?;
        let limit = page_size(request.limit, DEFAULT_LIMIT);
        let (ranking, jobs_total) =
            try_join(skills::rank(&self.db, &filter, after.as_ref(), limit), skills::jobs_total(&self.db, &filter))
                .await
                .map_err(failed)?;
        let next = ranking.skills.last().filter(|last| last.rank < ranking.total).map(|last| SkillKey {
            job_count: last.job_count,
            name: last.skill.name.clone(),
            skill_id: last.skill.skill_id.clone(),
        });
        Ok(Response::new(ListSkillsResponse {
            total: int(ranking.total),
            jobs_total: int(jobs_total),
            next_page_token: next.map_or(String::new(), |key| page::encode("ListSkills", &filter, &key)),
            skills: ranking.skills.into_iter().map(|skill| skill_count(skill, jobs_total)).collect(),
        }))
    }

    async fn get_skill(&self, request: Request<GetSkillRequest>) -> Result<Response<GetSkillResponse>, Status> {
        let id = plain(&request.into_inner().skill_id);
        let asking = JobFilter { skill: id.clone(), status: "completed".to_string(), ..Default::default() };
        let name = async { self.name(&id).await };
        let figures = async { skills::figures(&self.db, &id).await.map_err(failed) };
        let newest = async { jobs::list(&self.db, &asking, None, NEWEST_JOBS).await.map_err(failed) };
        let (name, figures, newest) = try_join3(name, figures, newest).await?;
        let countries = figures.countries.into_iter().map(|group| CountryCount {
            share: share(group.job_count, group.jobs_total),
            country: group.name,
            job_count: int(group.job_count),
            jobs_total: int(group.jobs_total),
        });
        let months = figures.months.into_iter().map(|group| MonthCount {
            month: group.name,
            job_count: int(group.job_count),
            jobs_total: int(group.jobs_total),
        });
        let surfaces = figures.surfaces.into_iter();
        let surfaces =
            surfaces.map(|surface| SurfaceCount { skill_text: surface.skill_text, mentions: int(surface.mentions) });
        Ok(Response::new(GetSkillResponse {
            skill: Some(skill_ref(name)),
            job_count: int(figures.job_count),
            total_mentions: int(figures.total_mentions),
            countries: countries.collect(),
            months: months.collect(),
            surfaces: surfaces.collect(),
            jobs: newest.into_iter().map(job).collect(),
        }))
    }

    async fn list_co_occurring_skills(
        &self,
        request: Request<ListCoOccurringSkillsRequest>,
    ) -> Result<Response<ListCoOccurringSkillsResponse>, Status> {
        let request = request.into_inner();
        let (id, limit) = (plain(&request.skill_id), page_size(request.limit, DEFAULT_LIMIT));
        let name = async { self.name(&id).await };
        let beside = async { skills::co_occurring(&self.db, &id, &request.country, limit).await.map_err(failed) };
        let (_, beside) = try_join(name, beside).await?;
        let skills = beside.skills.into_iter().map(|other| CoOccurringSkill {
            skill: Some(skill_ref(other.skill)),
            job_count: int(other.both),
            share: share(other.both, beside.job_count),
            lift: lift(other.both, beside.job_count, other.other, beside.jobs_total),
        });
        Ok(Response::new(ListCoOccurringSkillsResponse { skills: skills.collect(), job_count: int(beside.job_count) }))
    }

    async fn list_emerging_skills(
        &self,
        request: Request<ListEmergingSkillsRequest>,
    ) -> Result<Response<ListEmergingSkillsResponse>, Status> {
        emerging::list(&self.db, request.into_inner()).await.map(Response::new)
    }

    async fn review_emerging_skill(
        &self,
        request: Request<ReviewEmergingSkillRequest>,
    ) -> Result<Response<ReviewEmergingSkillResponse>, Status> {
        emerging::review(&self.db, request.into_inner()).await.map(Response::new)
    }
}

/// The pipeline as the store names it; empty for A. What only A states can't be asked of the others.
fn enhanced_by(request: &ListSkillsRequest) -> Result<String, Error> {
    let pipeline = request.pipeline();
    if matches!(pipeline, Pipeline::Unspecified | Pipeline::A) {
        return Ok(String::new());
    }
    let stated_by_a = [("method", request.method != 0), ("necessity", request.necessity != 0)];
    match stated_by_a.into_iter().find(|(_, set)| *set) {
        Some((field, _)) => Err(Error::invalid_field(field, "only pipeline A states it: leave it out, or ask for A")),
        None => Ok(pipeline.as_str_name().to_string()),
    }
}

fn skill_count(ranked: RankedSkill, jobs_total: i64) -> SkillCount {
    let (share_low, share_high) = wilson(ranked.job_count, jobs_total);
    SkillCount {
        skill: Some(skill_ref(ranked.skill)),
        rank: int(ranked.rank),
        job_count: int(ranked.job_count),
        total_mentions: int(ranked.total_mentions),
        share: share(ranked.job_count, jobs_total),
        share_low,
        share_high,
        avg_confidence: ranked.avg_confidence,
    }
}
