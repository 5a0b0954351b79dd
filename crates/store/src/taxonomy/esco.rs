//! Importing ESCO: concepts are upserted, counted exactly, and versioned, so
//! that the extractor loads them again.

use std::{collections::HashSet, ops::AddAssign};

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, TransactionSession, TransactionTrait};
use serde::Serialize;
use uuid::Uuid;

use super::{ConceptChange, changes, fold};

/// One ESCO concept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EscoConcept {
    /// `http://data.europa.eu/esco/skill/<UUID>`.
    pub concept_uri: String,
    /// UUID at the end of the URI.
    pub skill_id: String,
    /// `skill/competence`, `knowledge`, `attitude` or `language`; may be empty.
    pub skill_type: String,
    /// Preferred label in English.
    pub preferred_label_en: String,
    /// Preferred label in Spanish.
    pub preferred_label_es: Option<String>,
    /// Other labels in English.
    pub alternative_labels_en: Vec<String>,
    /// Other labels in Spanish.
    pub alternative_labels_es: Vec<String>,
    /// Other labels in both languages, none twice: set by [`EscoConcept::checked`].
    pub alternative_labels: Vec<String>,
    /// What it means, in English.
    pub description_en: String,
    /// What it means, in Spanish.
    pub description_es: String,
    /// URIs of the broader concepts.
    pub broader_concept_uris: Vec<String>,
}

impl EscoConcept {
    /// Checks the concept, sets its `skill_id` and tidies its labels: trimmed, no
    /// empty ones, none twice, NUL characters gone.
    ///
    /// # Errors
    /// What is wrong, in a sentence.
    pub fn checked(mut self) -> Result<Self, String> {
        let uri = tidy(&self.concept_uri);
        let id = uri.rsplit_once('/').and_then(|(base, id)| {
            let known = matches!(base, "http://data.europa.eu/esco/skill" | "https://data.europa.eu/esco/skill");
            known.then(|| Uuid::try_parse(id).ok()).flatten()
        });
        let Some(id) = id else {
            return Err(format!(
                "concept_uri {uri:?} is no ESCO skill: expected http://data.europa.eu/esco/skill/<UUID>"
            ));
        };
        self.skill_id = id.to_string();
        self.concept_uri = format!("http://data.europa.eu/esco/skill/{id}");
        self.preferred_label_en = tidy(&self.preferred_label_en);
        self.preferred_label_es = self.preferred_label_es.map(|label| tidy(&label)).filter(|label| !label.is_empty());
        if self.preferred_label_en.is_empty() && self.preferred_label_es.is_none() {
            return Err(format!("{}: it has no preferred label, neither in English nor in Spanish", self.concept_uri));
        }
        self.alternative_labels_en = distinct(&self.alternative_labels_en);
        self.alternative_labels_es = distinct(&self.alternative_labels_es);
        self.alternative_labels = distinct(&[&self.alternative_labels_en[..], &self.alternative_labels_es].concat());
        self.broader_concept_uris = distinct(&self.broader_concept_uris);
        self.skill_type = tidy(&self.skill_type);
        self.description_en = tidy(&self.description_en);
        self.description_es = tidy(&self.description_es);
        Ok(self)
    }

    /// Every label once.
    fn labels(&self) -> Vec<String> {
        let preferred = [self.preferred_label_en.clone(), self.preferred_label_es.clone().unwrap_or_default()];
        distinct(&[&preferred[..], &self.alternative_labels].concat())
    }
}

fn tidy(text: &str) -> String {
    text.replace('\0', " ").trim().to_string()
}

fn distinct(texts: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    let texts = texts.iter().map(|text| tidy(text)).filter(|text| !text.is_empty());
    texts.filter(|text| seen.insert(text.clone())).collect()
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// Concepts that were new.
    pub added: u64,
    /// Concepts that were there and changed.
    pub changed: u64,
    /// Concepts that were there and stayed the same.
    pub unchanged: u64,
}

impl AddAssign for Changes {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
    }
}

#[derive(FromQueryResult)]
struct Written {
    skill_id: String,
    is_new: bool,
}

const UPSERT: &str = "
    WITH incoming AS (
        SELECT * FROM jsonb_to_recordset($1::jsonb) AS c(
            concept_uri text, skill_id text, skill_type text, preferred_label_en text, preferred_label_es text,
            alternative_labels text[], alternative_labels_en text[], alternative_labels_es text[], description_en text, description_es text,
            broader_concept_uris text[])),
    existing AS (SELECT concept_uri FROM esco_taxonomy WHERE concept_uri IN (SELECT concept_uri FROM incoming)),
    written AS (
        INSERT INTO esco_taxonomy AS old (concept_uri, skill_id, skill_type, preferred_label_en, preferred_label_es,
            alternative_labels, alternative_labels_en, alternative_labels_es, description_en, description_es,
            broader_concept_uri, broader_concept_uris)
        SELECT concept_uri, skill_id, skill_type, preferred_label_en, preferred_label_es,
            alternative_labels, alternative_labels_en, alternative_labels_es,
            description_en, description_es, broader_concept_uris[1], broader_concept_uris
        FROM incoming ORDER BY concept_uri
        ON CONFLICT (concept_uri) DO UPDATE SET
            skill_type = excluded.skill_type, preferred_label_en = excluded.preferred_label_en,
            preferred_label_es = excluded.preferred_label_es, alternative_labels = excluded.alternative_labels,
            alternative_labels_en = excluded.alternative_labels_en,
            alternative_labels_es = excluded.alternative_labels_es, description_en = excluded.description_en,
            description_es = excluded.description_es, broader_concept_uri = excluded.broader_concept_uri,
            broader_concept_uris = excluded.broader_concept_uris, imported_at = now()
        WHERE (old.skill_type, old.preferred_label_en, old.preferred_label_es, old.alternative_labels_en,
               old.alternative_labels_es, old.description_en, old.description_es, old.broader_concept_uris)
            IS DISTINCT FROM
              (excluded.skill_type, excluded.preferred_label_en, excluded.preferred_label_es,
               excluded.alternative_labels_en, excluded.alternative_labels_es, excluded.description_en,
               excluded.description_es, excluded.broader_concept_uris)
        RETURNING concept_uri, skill_id)
    SELECT w.skill_id, e.concept_uri IS NULL AS is_new FROM written w LEFT JOIN existing e USING (concept_uri)";

/// Stores checked concepts and replaces their labels, all or nothing. No URI may
/// occur twice in one call. Says how many, and what changed in them. [`finish_import`] completes the import.
///
/// # Errors
/// Database errors.
pub async fn import<C: ConnectionTrait + TransactionTrait>(
    db: &C,
    concepts: &[EscoConcept],
) -> Result<(Changes, Vec<ConceptChange>), DbErr> {
    let json = serde_json::to_value(concepts).map_err(|error| DbErr::Json(error.to_string()))?;
    let txn = db.begin().await?;
    let backend = txn.get_database_backend();
    let (_, details) = changes::compare(&txn, concepts).await?;
    let written =
        Written::find_by_statement(Statement::from_sql_and_values(backend, UPSERT, [json.into()])).all(&txn).await?;
    let ids: HashSet<&str> = written.iter().map(|row| row.skill_id.as_str()).collect();
    let mut columns: [Vec<String>; 3] = Default::default();
    for concept in concepts.iter().filter(|concept| ids.contains(concept.skill_id.as_str())) {
        for label in concept.labels() {
            columns[0].push(concept.skill_id.clone());
            columns[2].push(fold(&label));
            columns[1].push(label);
        }
    }
    let ids: Vec<String> = ids.into_iter().map(str::to_string).collect();
    let delete = "DELETE FROM concept_labels WHERE source = 'esco' AND skill_id = ANY($1)";
    txn.execute_raw(Statement::from_sql_and_values(backend, delete, [ids.into()])).await?;
    let insert = "INSERT INTO concept_labels (skill_id, source, label, folded)
                  SELECT skill_id, 'esco', label, folded
                  FROM unnest($1::text[], $2::text[], $3::text[]) AS l(skill_id, label, folded)
                  ON CONFLICT DO NOTHING";
    txn.execute_raw(Statement::from_sql_and_values(backend, insert, columns.map(Into::into))).await?;
    txn.commit().await?;
    let added = written.iter().filter(|row| row.is_new).count() as u64;
    let changed = written.len() as u64 - added;
    Ok((Changes { added, changed, unchanged: concepts.len() as u64 - added - changed }, details))
}

const NARROWER: &str = "
    UPDATE esco_taxonomy t SET narrower_concept_uris = found.uris
    FROM (SELECT b.concept_uri, coalesce(array_agg(n.concept_uri ORDER BY n.concept_uri)
                 FILTER (WHERE n.concept_uri IS NOT NULL), '{}') AS uris
          FROM esco_taxonomy b
          LEFT JOIN (SELECT concept_uri, unnest(broader_concept_uris) AS broader FROM esco_taxonomy) n
               ON n.broader = b.concept_uri
          GROUP BY b.concept_uri) found
    WHERE t.concept_uri = found.concept_uri AND t.narrower_concept_uris IS DISTINCT FROM found.uris";

const VERSION: &str = "
    INSERT INTO dataset_versions AS old (dataset, version)
    SELECT 'esco', count(*) || '-' || left(md5(coalesce(string_agg(md5(jsonb_build_array(concept_uri, skill_type,
               preferred_label_en, preferred_label_es, alternative_labels_en, alternative_labels_es,
               broader_concept_uris)::text), '' ORDER BY concept_uri), '')), 16)
    FROM esco_taxonomy
    ON CONFLICT (dataset) DO UPDATE SET version = excluded.version, updated_at = now()
    WHERE old.version IS DISTINCT FROM excluded.version";

/// Completes an import: the narrower concepts of all, and the version
/// (`dataset_versions('esco')` = count and hash of what is stored). Repeats harmlessly.
///
/// # Errors
/// Database errors.
pub async fn finish_import<C: ConnectionTrait + TransactionTrait>(db: &C) -> Result<(), DbErr> {
    let txn = db.begin().await?;
    txn.execute_unprepared(NARROWER).await?;
    txn.execute_unprepared(VERSION).await?;
    txn.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str = "http://data.europa.eu/esco/skill/0005c151-5b5a-4a66-8aac-60e734beb1ab";

    fn concept(uri: &str, label: &str) -> EscoConcept {
        EscoConcept { concept_uri: uri.into(), preferred_label_en: label.into(), ..Default::default() }
    }

    #[test]
    fn the_id_is_the_end_of_the_uri() {
        let concept = concept(URI, " manage staff ").checked().expect("it is valid");
        assert_eq!(concept.skill_id, "0005c151-5b5a-4a66-8aac-60e734beb1ab");
        assert_eq!(concept.preferred_label_en, "manage staff");
    }

    #[test]
    fn what_is_no_skill_is_refused() {
        for uri in [
            "",
            "x",
            "http://data.europa.eu/esco/isced-f/0022",
            "http://data.europa.eu/esco/skill/S1.2",
            "0005c151-5b5a-4a66-8aac-60e734beb1ab",
        ] {
            assert!(concept(uri, "label").checked().is_err(), "{uri}");
        }
        assert!(concept(URI, " ").checked().is_err());
    }

    #[test]
    fn labels_occur_once() {
        let labels = |texts: &[&str]| texts.iter().map(|text| text.to_string()).collect::<Vec<_>>();
        let concept = EscoConcept {
            preferred_label_es: Some("Java".into()),
            alternative_labels_en: labels(&["Java", "", "J2EE ", "J2EE"]),
            ..concept(URI, "Java")
        };
        assert_eq!(concept.checked().expect("valid").labels(), ["Java", "J2EE"]);
    }
}
