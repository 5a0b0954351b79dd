//! Finding concepts by label, and reading one.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};

use super::{Concept, fold};
use crate::search::escape_like;

/// A concept that matches a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// The concept, without descriptions and narrower concepts.
    pub concept: Concept,
    /// The label that matched best.
    pub label: String,
    /// Trigram similarity of that label to the query, 0 to 1.
    pub similarity: f32,
}

#[derive(FromQueryResult)]
struct Row {
    skill_id: String,
    label: String,
    similarity: f32,
}

/// Concepts by label: equal to the query first, then beginning with it, then
/// similar to it (`pg_trgm`, from 0.3). Case and accents don't matter. `source`
/// is `observatory`, `esco` or empty for both.
///
/// # Errors
/// Database errors.
pub async fn search<C: ConnectionTrait>(db: &C, query: &str, source: &str, limit: u64) -> Result<Vec<Match>, DbErr> {
    let folded = fold(query);
    if folded.is_empty() {
        return Ok(Vec::new());
    }
    let rows = Row::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT skill_id, label, similarity FROM (
             SELECT DISTINCT ON (skill_id) skill_id, source, label, similarity(folded, $1) AS similarity,
                    CASE WHEN folded = $1 THEN 1 WHEN folded LIKE $2 THEN 2 ELSE 3 END AS place
             FROM concept_labels
             WHERE (folded LIKE $2 OR folded % $1) AND ($3 = '' OR source = $3)
             ORDER BY skill_id, place, similarity DESC, label COLLATE \"C\") best
         ORDER BY place, similarity DESC, source DESC, label COLLATE \"C\", skill_id LIMIT $4",
        [folded.as_str().into(), format!("{}%", escape_like(&folded)).into(), source.into(), (limit as i64).into()],
    ))
    .all(db)
    .await?;
    let ids = rows.iter().map(|row| row.skill_id.clone()).collect();
    let mut concepts: HashMap<_, _> =
        select(db, ids, false).await?.into_iter().map(|concept| (concept.skill_id.clone(), concept)).collect();
    let matches = rows.into_iter().filter_map(|row| {
        let concept = concepts.remove(&row.skill_id)?;
        Some(Match { concept, label: row.label, similarity: row.similarity })
    });
    Ok(matches.collect())
}

/// One concept with its descriptions and narrower concepts.
///
/// # Errors
/// Database errors.
pub async fn get<C: ConnectionTrait>(db: &C, skill_id: &str) -> Result<Option<Concept>, DbErr> {
    Ok(select(db, vec![skill_id.to_string()], true).await?.into_iter().next())
}

/// The observatory's own concepts come first where an id is in both.
async fn select<C: ConnectionTrait>(db: &C, ids: Vec<String>, whole: bool) -> Result<Vec<Concept>, DbErr> {
    Concept::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT t.skill_id, t.concept_uri, t.name, t.name_es, t.kind, coalesce(t.esco_uri, '') AS esco_uri,
                coalesce(t.labels_en[1], t.name) AS preferred_label_en, coalesce(t.labels_es[1], '') AS preferred_label_es,
                t.labels_en[2:] || t.labels_es[2:] || t.aliases AS alternative_labels,
                '' AS description_en, '' AS description_es, coalesce(t.parent_uri, '') AS broader_concept_uri,
                CASE WHEN $2 THEN ARRAY(SELECT n.concept_uri FROM taxonomy_concepts n WHERE n.parent_uri = t.concept_uri
                                        ORDER BY n.concept_uri) ELSE '{}'::text[] END AS narrower_concept_uris,
                'observatory' AS source
         FROM taxonomy_concepts t WHERE t.skill_id = ANY($1)
         UNION ALL
         SELECT e.skill_id, e.concept_uri, coalesce(nullif(e.preferred_label_en, ''), e.preferred_label_es, ''),
                coalesce(e.preferred_label_es, ''), e.skill_type, e.concept_uri, e.preferred_label_en, coalesce(e.preferred_label_es, ''),
                e.alternative_labels,
                CASE WHEN $2 THEN e.description_en ELSE '' END, CASE WHEN $2 THEN e.description_es ELSE '' END,
                coalesce(e.broader_concept_uri, ''),
                CASE WHEN $2 THEN e.narrower_concept_uris ELSE '{}'::text[] END, 'esco'
         FROM esco_taxonomy e WHERE e.skill_id = ANY($1)",
        [ids.into(), whole.into()],
    ))
    .all(db)
    .await
}
