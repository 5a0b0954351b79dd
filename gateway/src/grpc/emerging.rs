//! The part of SkillService about phrases that may be skills.

use observatory_extraction::{
    taxonomy::{Addition, Alias, KINDS, URI_PREFIX, version_with, version_with_esco},
    text::fold::fold_phrase,
};
use observatory_proto::{
    Error, Reason,
    skills::{
        EmergingSkill, ListEmergingSkillsRequest, ListEmergingSkillsResponse, PatternCount, ReviewDecision,
        ReviewEmergingSkillRequest, ReviewEmergingSkillResponse,
    },
};
use observatory_store::{
    emerging::{self, Decision, Emerging, EmergingFilter, EmergingKey, NewLabel, Promotion, Verdict},
    extraction::dataset_version,
    page,
    sea_orm::DatabaseConnection,
    taxonomy,
};
use tonic::Status;

use super::convert::{day, day_text, failed, int, page_size, plain, proto_name, stored_name};

const DEFAULT_LIMIT: u64 = 20;
/// Ads, and employers, that make an undecided phrase worth a look.
const ENOUGH: i64 = 2;
const LISTING: &str = "ListEmergingSkills";

/// ListEmergingSkills.
pub async fn list(
    db: &DatabaseConnection,
    request: ListEmergingSkillsRequest,
) -> Result<ListEmergingSkillsResponse, Status> {
    let decision = decision_name(request.decision());
    let enough = if decision.is_empty() { ENOUGH } else { 0 };
    let at_least = |asked: i32| if asked == 0 { enough } else { i64::from(asked) };
    let filter = EmergingFilter {
        first_seen_from: day("first_seen_from", &request.first_seen_from)?,
        min_jobs: at_least(request.min_jobs),
        min_companies: at_least(request.min_companies),
        country: request.country,
        decision,
    };
    let after: Option<EmergingKey> = page::decode(LISTING, &filter, &request.page_token)?;
    let limit = page_size(request.limit, DEFAULT_LIMIT);
    // One more than asked for tells whether there is a next page.
    let mut found = emerging::list(db, &filter, after.as_ref(), limit + 1).await.map_err(failed)?;
    let more = found.len() as u64 > limit;
    found.truncate(limit as usize);
    let next = found.last().filter(|_| more).map(|last| EmergingKey {
        company_count: last.company_count,
        job_count: last.job_count,
        phrase: last.phrase.clone(),
    });
    Ok(ListEmergingSkillsResponse {
        skills: found.into_iter().map(emerging_skill).collect(),
        next_page_token: next.map_or(String::new(), |key| page::encode(LISTING, &filter, &key)),
    })
}

fn emerging_skill(found: Emerging) -> EmergingSkill {
    let decision = ReviewDecision::from_str_name(&proto_name("REVIEW_DECISION_", &found.decision));
    EmergingSkill {
        phrase: found.phrase,
        text: found.text,
        job_count: int(found.job_count),
        company_count: int(found.company_count),
        first_seen: day_text(found.first_seen),
        last_seen: day_text(found.last_seen),
        patterns: found
            .patterns
            .into_iter()
            .map(|(pattern, ads)| PatternCount { pattern, job_count: int(ads) })
            .collect(),
        countries: found.countries,
        job_ids: found.job_ids.iter().map(ToString::to_string).collect(),
        decision: decision.unwrap_or_default().into(),
    }
}

fn decision_name(decision: ReviewDecision) -> String {
    stored_name(decision.as_str_name(), "REVIEW_DECISION_")
}

/// ReviewEmergingSkill.
pub async fn review(
    db: &DatabaseConnection,
    request: ReviewEmergingSkillRequest,
) -> Result<ReviewEmergingSkillResponse, Status> {
    let phrase = fold_phrase(&plain(&request.phrase));
    let label = emerging::text(db, &phrase).await.map_err(failed)?.ok_or_else(|| {
        Error::not_found(Reason::SkillNotFound, "phrase", &phrase).with_field("phrase", "no ad holds it")
    })?;
    let verdict = verdict(&request, &label)?;
    let (skill_id, toml) = block(&verdict, &label);
    emerging::decide(db, &Decision { phrase, label, note: plain(&request.note), verdict }).await?;
    let skill = match skill_id {
        Some(id) => {
            taxonomy::get(db, &id).await.map_err(failed)?.and_then(|found| super::taxonomy::concept(found).skill)
        }
        None => None,
    };
    Ok(ReviewEmergingSkillResponse { skill, toml, taxonomy_version: taxonomy_version(db).await? })
}

fn verdict(request: &ReviewEmergingSkillRequest, label: &str) -> Result<Verdict, Error> {
    match request.decision() {
        ReviewDecision::Unspecified => Ok(Verdict::Open),
        ReviewDecision::Rejected => Ok(Verdict::Rejected),
        ReviewDecision::Alias if request.skill_id.is_empty() => {
            Err(Error::invalid_field("skill_id", "the concept that the phrase is a label of is needed"))
        }
        ReviewDecision::Alias => Ok(Verdict::Alias(request.skill_id.clone())),
        ReviewDecision::Promoted => promotion(request, label).map(Verdict::Promoted),
    }
}

fn promotion(request: &ReviewEmergingSkillRequest, label: &str) -> Result<Promotion, Error> {
    if !KINDS.contains(&request.kind.as_str()) {
        return Err(Error::invalid_field("kind", format!("must be one of {}", KINDS.join(", "))));
    }
    let name = match tidy(&request.name) {
        none if none.is_empty() => new_label("phrase", label.to_string())?,
        name => new_label("name", name)?,
    };
    let mut labels: Vec<NewLabel> = Vec::new();
    let given = request.labels.iter().enumerate().map(|(i, label)| (format!("labels[{i}]"), tidy(label)));
    for (field, text) in given.chain([("phrase".to_string(), label.to_string())]) {
        let new = new_label(&field, text)?;
        // What folding makes equal is one label.
        let folded = fold_phrase(&new.text);
        if std::iter::once(&name).chain(&labels).all(|known| fold_phrase(&known.text) != folded) {
            labels.push(new);
        }
    }
    let skill_id = if request.skill_id.is_empty() { id_of(&name.text)? } else { request.skill_id.clone() };
    Ok(Promotion {
        concept_uri: format!("{URI_PREFIX}{skill_id}"),
        kind: request.kind.clone(),
        parent: plain(&request.parent_id),
        skill_id,
        name,
        labels,
    })
}

fn new_label(field: &str, text: String) -> Result<NewLabel, Error> {
    if fold_phrase(&text).contains(char::is_alphanumeric) {
        Ok(NewLabel { text, field: field.to_string() })
    } else {
        Err(Error::invalid_field(field, format!("{text:?} has no word")))
    }
}

/// One line without control characters.
fn tidy(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The id of a concept by its name: `zorblax-c-plus-plus`.
fn id_of(name: &str) -> Result<String, Error> {
    let spelt = fold_phrase(name).replace('+', " plus ").replace('#', " sharp ");
    let words: Vec<&str> = spelt.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return Err(Error::invalid_field("skill_id", format!("no id can be made from {name:?}: give one")));
    }
    Ok(words.join("-"))
}

/// The concept of a verdict, and what would stand in the taxonomy's files.
fn block(verdict: &Verdict, label: &str) -> (Option<String>, String) {
    match verdict {
        Verdict::Open | Verdict::Rejected => (None, String::new()),
        Verdict::Alias(id) => (Some(id.clone()), Alias { id: id.clone(), label: label.to_string() }.to_toml()),
        Verdict::Promoted(new) => {
            let addition = Addition {
                id: new.skill_id.clone(),
                name: new.name.text.clone(),
                kind: new.kind.clone(),
                labels: new.labels.iter().map(|label| label.text.clone()).collect(),
                parent: Some(new.parent.clone()).filter(|parent| !parent.is_empty()),
            };
            (Some(new.skill_id.clone()), addition.to_toml())
        }
    }
}

/// The version that extractors say once they have read the additions.
async fn taxonomy_version(db: &DatabaseConnection) -> Result<String, Status> {
    let read = async |dataset| dataset_version(db, dataset).await.map_err(failed);
    let (files, additions, esco) = (read("taxonomy").await?, read("additions").await?, read("esco").await?);
    let own = version_with(&files.unwrap_or_default(), additions.as_deref());
    Ok(version_with_esco(&own, esco.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_of_names() {
        for (name, id) in [("Zorblax", "zorblax"), ("Programación Ágil 2.0", "programacion-agil-2-0")] {
            assert_eq!(id_of(name), Ok(id.to_string()));
        }
        assert_eq!(id_of("Zor C++ / F#"), Ok("zor-c-plus-plus-f-sharp".to_string()));
        assert_eq!(id_of("Ж").expect_err("no Latin letter").fields[0].field, "skill_id");
    }

    #[test]
    fn the_same_label_stands_once() {
        let labels = ["zorblax", "Zor-Blax", "zor blax", "ZB"].map(str::to_string).to_vec();
        let request = ReviewEmergingSkillRequest { kind: "tool".into(), labels, ..Default::default() };
        let new = promotion(&request, "ZorBLAX").expect("it is valid");
        let texts: Vec<_> = new.labels.iter().map(|label| (label.text.as_str(), label.field.as_str())).collect();
        assert_eq!((new.name.text.as_str(), texts), ("ZorBLAX", vec![("Zor-Blax", "labels[1]"), ("ZB", "labels[3]")]));
    }
}
