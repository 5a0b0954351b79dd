//! Pairs of skills that may mean the same, and what was decided of them.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, FromQueryResult, Statement, TransactionTrait};
use serde::{Deserialize, Serialize};

use super::Model;
use crate::{conditions::Conditions, execute};

/// Who decided where nobody was asked.
const RULE: &str = "rule";
/// Who decided where a reviewer gave no note.
const REVIEW: &str = "review";

/// A skill that ads of a pipeline name.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Named {
    /// The skill.
    pub skill_text: String,
    /// URI of its concept; may be empty.
    pub concept_uri: String,
    /// Ads that name it.
    pub job_count: i64,
}

/// A pair that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The one that would go.
    pub skill_text: String,
    /// The one that would stay.
    pub canonical_text: String,
    /// 0 to 1.
    pub similarity: f32,
    /// What speaks for it.
    pub evidence: Vec<String>,
    /// The evidence in a sentence.
    pub reason: String,
    /// Whether a rule accepts it.
    pub accepted: bool,
}

/// How many pairs stand undecided, and accepted by rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct Kept {
    /// For a review.
    pub proposed: i64,
    /// By rule.
    pub accepted: i64,
}

/// A stored pair.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct Stored {
    /// The one that would go.
    pub skill_text: String,
    /// The one that would stay.
    pub canonical_text: String,
    /// 0 to 1.
    pub similarity: f32,
    /// What speaks for it.
    pub evidence: Vec<String>,
    /// The evidence in a sentence.
    pub reason: String,
    /// `proposed`, `accepted` or `rejected`.
    pub state: String,
    /// `rule`, or what the reviewer wrote.
    pub decided_by: String,
    /// Ads that name the first.
    pub job_count: i64,
    /// Ads that name the second.
    pub canonical_job_count: i64,
}

/// Where a page of [`list`] ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// `similarity` of the last pair.
    pub similarity: f32,
    /// Its first skill.
    pub skill_text: String,
    /// Its second.
    pub canonical_text: String,
}

/// The skills of a pipeline, those of most ads first.
///
/// # Errors
/// Database errors.
pub async fn named<C: ConnectionTrait>(db: &C, pipeline: &str) -> Result<Vec<Named>, DbErr> {
    Named::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT skill_text, max(concept_uri) AS concept_uri, sum(job_count) AS job_count
         FROM skill_usage WHERE pipeline = $1 GROUP BY skill_text ORDER BY 3 DESC, skill_text COLLATE \"C\"",
        [pipeline.into()],
    ))
    .all(db)
    .await
}

/// Puts these pairs in the place of all that no reviewer has decided; what one decided stays, in whichever
/// direction the pair is found now.
///
/// # Errors
/// Database errors.
pub async fn replace_undecided(
    db: &DatabaseConnection,
    pipeline: &str,
    model: Option<&Model>,
    pairs: &[Pair],
) -> Result<Kept, DbErr> {
    let txn = db.begin().await?;
    execute(&txn, "SELECT pg_advisory_xact_lock(hashtext('observatory.same_meaning'))", []).await?;
    let delete = "DELETE FROM same_meaning WHERE pipeline = $1 AND (state = 'proposed' OR decided_by = $2)";
    execute(&txn, delete, [pipeline.into(), RULE.into()]).await?;
    let text = |of: fn(&Pair) -> &str| pairs.iter().map(|pair| of(pair).to_string()).collect::<Vec<_>>();
    let (name, version) = model.map_or(("", ""), |model| (&model.name, &model.version));
    execute(
        &txn,
        "INSERT INTO same_meaning (pipeline, skill_text, canonical_text, similarity, evidence, reason, state, decided_by,
                                   decided_at, model_name, model_version)
         SELECT $1, skill, canonical, similarity, string_to_array(evidence, ','), reason,
                CASE WHEN accepted THEN 'accepted' ELSE 'proposed' END, CASE WHEN accepted THEN $2 ELSE '' END,
                CASE WHEN accepted THEN now() END, $3, $4
         FROM unnest($5::text[], $6::text[], $7::real[], $8::text[], $9::text[], $10::bool[])
              AS pair(skill, canonical, similarity, evidence, reason, accepted)
         WHERE NOT EXISTS (SELECT 1 FROM same_meaning d
                           WHERE d.pipeline = $1 AND d.skill_text = canonical AND d.canonical_text = skill)
         ON CONFLICT DO NOTHING",
        [
            pipeline.into(),
            RULE.into(),
            name.into(),
            version.into(),
            text(|pair| &pair.skill_text).into(),
            text(|pair| &pair.canonical_text).into(),
            pairs.iter().map(|pair| pair.similarity).collect::<Vec<_>>().into(),
            pairs.iter().map(|pair| pair.evidence.join(",")).collect::<Vec<_>>().into(),
            text(|pair| &pair.reason).into(),
            pairs.iter().map(|pair| pair.accepted).collect::<Vec<_>>().into(),
        ],
    )
    .await?;
    let kept = Kept::find_by_statement(Statement::from_sql_and_values(
        txn.get_database_backend(),
        "SELECT count(*) FILTER (WHERE state = 'proposed') AS proposed, count(*) FILTER (WHERE decided_by = $2) AS accepted
         FROM same_meaning WHERE pipeline = $1",
        [pipeline.into(), RULE.into()],
    ))
    .one(&txn)
    .await?;
    txn.commit().await?;
    Ok(kept.unwrap_or_default())
}

/// Pairs of a state, most similar first, after a key.
///
/// # Errors
/// Database errors.
pub async fn list<C: ConnectionTrait>(
    db: &C,
    pipeline: &str,
    state: &str,
    after: Option<&Key>,
    limit: u64,
) -> Result<Vec<Stored>, DbErr> {
    let mut conditions = Conditions::default();
    conditions.and("m.pipeline = ?", pipeline);
    conditions.and("m.state = ?", state);
    if let Some(key) = after {
        let similarity = conditions.bind(key.similarity);
        let (skill, canonical) =
            (conditions.bind(key.skill_text.as_str()), conditions.bind(key.canonical_text.as_str()));
        conditions.and_plain(format!(
            "(m.similarity < {similarity} OR m.similarity = {similarity} \
             AND (m.skill_text, m.canonical_text) > ({skill}, {canonical}))"
        ));
    }
    let order = format!("ORDER BY m.similarity DESC, m.skill_text, m.canonical_text LIMIT {limit}");
    select(db, conditions, &order).await
}

/// Writes a reviewer's decision on a pair, given in either direction, and says which skill stays; none where there
/// is no such pair. `proposed` takes a decision back. An empty note counts as "review".
///
/// # Errors
/// Database errors.
pub async fn review<C: ConnectionTrait>(
    db: &C,
    pipeline: &str,
    (skill, canonical): (&str, &str),
    state: &str,
    note: &str,
) -> Result<Option<Stored>, DbErr> {
    let by = match note {
        _ if state == "proposed" => "",
        "" | RULE => REVIEW,
        note => note,
    };
    execute(
        db,
        "UPDATE same_meaning SET skill_text = $2, canonical_text = $3, state = $4, decided_by = $5,
                decided_at = CASE WHEN $4 <> 'proposed' THEN now() END
         WHERE pipeline = $1 AND (skill_text = $2 AND canonical_text = $3 OR skill_text = $3 AND canonical_text = $2)",
        [pipeline.into(), skill.into(), canonical.into(), state.into(), by.into()],
    )
    .await?;
    let mut conditions = Conditions::default();
    conditions.and("m.pipeline = ?", pipeline);
    conditions.and("m.skill_text = ?", skill);
    conditions.and("m.canonical_text = ?", canonical);
    Ok(select(db, conditions, "").await?.into_iter().next())
}

async fn select<C: ConnectionTrait>(db: &C, conditions: Conditions, order: &str) -> Result<Vec<Stored>, DbErr> {
    let used = |text: &str| {
        format!(
            "(SELECT coalesce(sum(u.job_count), 0) FROM skill_usage u
              WHERE u.skill_text = {text} AND u.pipeline = m.pipeline)"
        )
    };
    let sql = format!(
        "SELECT m.skill_text, m.canonical_text, m.similarity, m.evidence, m.reason, m.state, m.decided_by,
                {} AS job_count, {} AS canonical_job_count
         FROM same_meaning m WHERE {} {order}",
        used("m.skill_text"),
        used("m.canonical_text"),
        conditions.sql(),
    );
    Stored::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, conditions.into_values()))
        .all(db)
        .await
}
