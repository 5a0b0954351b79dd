//! What several services convert.

use chrono::{DateTime, NaiveDate, Utc};
use observatory_proto::{
    Error,
    cleaner::UnusableReason,
    common::{Demand, ExtractionMethod, Necessity, Section, SkillRef, SkillType, Span},
    extractor::ExtractedSkill,
    jobs::{ExtractionStatus, Job, Salary},
};
use observatory_store::{
    into_error,
    jobs::{JobDetail, JobRow, SkillMention},
    sea_orm::DbErr,
    skills::SkillName,
};
use tonic::Status;

use super::enhanced;

/// A database error as callers see it.
pub fn failed(error: DbErr) -> Status {
    into_error(error).into()
}

/// A count as the contract has it.
pub fn int(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}

/// The page size: the contract's limits hold already, 0 means the default.
pub fn page_size(limit: i32, default: u64) -> u64 {
    u64::try_from(limit).ok().filter(|limit| *limit > 0).unwrap_or(default)
}

/// Text for a query: Postgres refuses NUL characters, and nothing stored holds one.
pub fn plain(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Reads YYYY-MM-DD; empty means none.
pub fn day(field: &str, text: &str) -> Result<Option<NaiveDate>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
    day.map(Some).map_err(|_| Error::invalid_field(field, format!("there is no day {text}; expected YYYY-MM-DD")))
}

/// A time as protobuf has it.
pub fn timestamp(time: DateTime<Utc>) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: time.timestamp(), nanos: int(time.timestamp_subsec_nanos()) }
}

/// A day as YYYY-MM-DD; empty for none.
pub fn day_text(day: Option<NaiveDate>) -> String {
    day.map_or(String::new(), |day| day.to_string())
}

/// The text that the store has for a value of an enum: `EXTRACTION_STATUS_PENDING`
/// is `pending`; empty for UNSPECIFIED.
pub fn stored_name(name: &str, prefix: &str) -> String {
    let name = name.strip_prefix(prefix).unwrap_or(name);
    if name == "UNSPECIFIED" { String::new() } else { name.to_ascii_lowercase() }
}

/// The other way round.
pub fn proto_name(prefix: &str, stored: &str) -> String {
    format!("{prefix}{}", stored.to_ascii_uppercase())
}

/// A skill as every answer names it.
pub fn skill_ref(skill: SkillName) -> SkillRef {
    SkillRef {
        skill_id: skill.skill_id,
        concept_uri: skill.concept_uri,
        name: skill.name,
        kind: skill.kind,
        esco_uri: skill.esco_uri,
        name_es: skill.name_es,
    }
}

/// An ad as lists show it.
pub fn job(row: JobRow) -> Job {
    let status = ExtractionStatus::from_str_name(&proto_name("EXTRACTION_STATUS_", &row.extraction_status));
    let reason = row.unusable_reason.unwrap_or_default();
    let reason = UnusableReason::from_str_name(&proto_name("UNUSABLE_REASON_", &reason));
    Job {
        job_id: row.job_id.to_string(),
        portal: row.portal,
        country: row.country,
        url: row.url,
        title: row.title,
        company: row.company,
        location: row.location,
        salary_raw: row.salary_raw,
        contract_type: row.contract_type,
        remote_type: row.remote_type,
        posted_date: day_text(row.posted_date),
        scraped_at: Some(timestamp(row.scraped_at)),
        last_seen_at: Some(timestamp(row.last_seen_at)),
        valid_through: day_text(row.valid_through),
        salary: (row.salary_min.or(row.salary_max).is_some()).then(|| Salary {
            min: row.salary_min.unwrap_or(0.0),
            max: row.salary_max.unwrap_or(0.0),
            currency: row.salary_currency.unwrap_or_default(),
            period: row.salary_period.unwrap_or_default(),
        }),
        contract_kind: row.contract_kind.unwrap_or_default(),
        hours_kind: row.hours_kind.unwrap_or_default(),
        remote_kind: row.remote_kind.unwrap_or_default(),
        content_hash: row.content_hash,
        is_processed: row.is_processed,
        extraction_status: status.unwrap_or_default().into(),
        extraction_completed_at: row.extraction_completed_at.map(timestamp),
        is_usable: row.is_usable.unwrap_or(false),
        unusable_reason: reason.unwrap_or_default().into(),
        detected_language: row.detected_language.unwrap_or_default(),
        combined_word_count: row.combined_word_count.unwrap_or(0),
        ..Default::default()
    }
}

/// An ad with its texts and skills.
pub fn whole_job(detail: JobDetail) -> Job {
    Job {
        enhancements: enhanced::enhancements(detail.enhanced, &detail.enhanced_skills),
        description: detail.texts.description,
        requirements: detail.texts.requirements,
        combined_text: detail.texts.combined_text,
        skills: detail.skills.into_iter().map(mention).collect(),
        ..job(detail.job)
    }
}

fn mention(mention: SkillMention) -> ExtractedSkill {
    let skill_type = SkillType::from_str_name(&proto_name("SKILL_TYPE_", &mention.skill_type));
    let method = ExtractionMethod::from_str_name(&proto_name("EXTRACTION_METHOD_", &mention.extraction_method));
    let section = Section::from_str_name(&proto_name("SECTION_", &mention.source_section));
    ExtractedSkill {
        skill: Some(SkillRef {
            skill_id: mention.skill_id,
            concept_uri: mention.concept_uri,
            name: mention.normalized_skill,
            kind: mention.skill_kind,
            esco_uri: mention.esco_uri.unwrap_or_default(),
            name_es: mention.name_es,
        }),
        demand: Some(Demand {
            necessity: Necessity::from_str_name(&proto_name("NECESSITY_", &mention.necessity))
                .unwrap_or_default()
                .into(),
            years_min: mention.years_min,
            years_max: mention.years_max,
            level: mention.level,
            version: mention.version,
        }),
        implied_by: mention.implied_by,
        skill_text: mention.skill_text,
        skill_type: skill_type.unwrap_or_default().into(),
        extraction_method: method.unwrap_or_default().into(),
        confidence_score: mention.confidence_score,
        source_section: section.unwrap_or_default().into(),
        span: Some(Span { start: mention.span_start, end: mention.span_end }),
        reason: mention.reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_does_not_exist_names_its_field() {
        let error = day("posted_from", "2026-02-31").expect_err("February has no 31st");
        assert_eq!(error.fields[0].field, "posted_from");
        assert_eq!(day("posted_from", ""), Ok(None));
        assert!(day("posted_from", "2024-02-29").is_ok());
    }

    #[test]
    fn names_of_enums_go_both_ways() {
        let name = stored_name(ExtractionStatus::InProgress.as_str_name(), "EXTRACTION_STATUS_");
        assert_eq!(name, "in_progress");
        assert_eq!(proto_name("EXTRACTION_STATUS_", &name), "EXTRACTION_STATUS_IN_PROGRESS");
        assert_eq!(stored_name(ExtractionStatus::Unspecified.as_str_name(), "EXTRACTION_STATUS_"), "");
    }

    #[test]
    fn counts_saturate() {
        assert_eq!(int(5_000_000_000_i64), i32::MAX);
        assert_eq!(page_size(0, 20), 20);
        assert_eq!(page_size(7, 20), 7);
    }
}
