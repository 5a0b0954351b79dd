//! Answers of language models, kept, and what they cost.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use serde_json::Value as Json;

use crate::execute;

/// Which question an answer belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AnswerKey {
    /// SHA-256 of the text that was asked about, in hex.
    pub ad_hash: String,
    /// What was asked, such as `extract`.
    pub task: String,
    /// The model.
    pub model: String,
    /// Version of the prompt.
    pub prompt_version: String,
    /// SHA-256 of everything that was sent, in hex.
    pub question_hash: String,
}

/// A kept answer.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct KeptAnswer {
    /// False where the model's words could not be read, also after it was asked to repair them.
    pub answered: bool,
    /// The model's words.
    pub raw: String,
    /// What the answer depends on beside the question.
    pub settings: Json,
    /// Tokens read.
    pub prompt_tokens: i32,
    /// Tokens written.
    pub completion_tokens: i32,
    /// Requests that it took.
    pub requests: i32,
    /// In US dollars.
    pub cost_usd: f64,
    /// Seconds it took.
    pub seconds: f64,
}

/// What a model used today (UTC), by all replicas.
#[derive(Debug, Clone, Copy, Default, PartialEq, FromQueryResult)]
pub struct Spent {
    /// Tokens read and written.
    pub tokens: i64,
    /// Requests.
    pub requests: i64,
    /// In US dollars.
    pub cost_usd: f64,
}

/// The kept answer to each question, in their order.
///
/// # Errors
/// Database errors.
pub async fn kept<C: ConnectionTrait>(db: &C, keys: &[AnswerKey]) -> Result<Vec<Option<KeptAnswer>>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        place: i64,
        #[sea_orm(nested)]
        answer: KeptAnswer,
    }
    let rows = Row::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT place, state = 'answered' AS answered, raw, settings, prompt_tokens, completion_tokens, requests, cost_usd,
                seconds
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
                  AS key(ad_hash, task, model, prompt_version, question_hash, place)
         JOIN llm_answers USING (ad_hash, task, model, prompt_version, question_hash)",
        columns(keys.iter()),
    ))
    .all(db)
    .await?;
    let mut answers = vec![None; keys.len()];
    for row in rows {
        if let Some(answer) = usize::try_from(row.place - 1).ok().and_then(|place| answers.get_mut(place)) {
            *answer = Some(row.answer);
        }
    }
    Ok(answers)
}

/// Keeps answers, in place of earlier ones.
///
/// # Errors
/// Database errors.
pub async fn keep<C: ConnectionTrait>(db: &C, answers: &[&(AnswerKey, KeptAnswer)]) -> Result<(), DbErr> {
    // One order for all writers, or two of them could wait for each other; the later answer to a question counts.
    let answers: BTreeMap<&AnswerKey, &KeptAnswer> = answers.iter().map(|one| (&one.0, &one.1)).collect();
    if answers.is_empty() {
        return Ok(());
    }
    let [hash, task, model, version, question] = columns(answers.keys().copied());
    let kept = || answers.values();
    let state = |answer: &&KeptAnswer| if answer.answered { "answered" } else { "malformed" }.to_owned();
    execute(
        db,
        "INSERT INTO llm_answers (ad_hash, task, model, prompt_version, question_hash, state, raw, settings,
             prompt_tokens, completion_tokens, requests, cost_usd, seconds)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
             $8::jsonb[], $9::int[], $10::int[], $11::int[], $12::float8[], $13::float8[])
         ON CONFLICT (ad_hash, task, model, prompt_version, question_hash) DO UPDATE SET
             state = excluded.state, raw = excluded.raw, settings = excluded.settings,
             prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens,
             requests = excluded.requests, cost_usd = excluded.cost_usd, seconds = excluded.seconds, created_at = now()",
        [
            hash,
            task,
            model,
            version,
            question,
            kept().map(state).collect::<Vec<_>>().into(),
            // Postgres stores no NUL; a model may write one.
            kept().map(|answer| answer.raw.replace('\0', "\u{fffd}")).collect::<Vec<_>>().into(),
            kept().map(|answer| answer.settings.clone()).collect::<Vec<_>>().into(),
            kept().map(|answer| answer.prompt_tokens).collect::<Vec<_>>().into(),
            kept().map(|answer| answer.completion_tokens).collect::<Vec<_>>().into(),
            kept().map(|answer| answer.requests).collect::<Vec<_>>().into(),
            kept().map(|answer| answer.cost_usd).collect::<Vec<_>>().into(),
            kept().map(|answer| answer.seconds).collect::<Vec<_>>().into(),
        ],
    )
    .await
}

/// The keys as columns.
fn columns<'a>(keys: impl Iterator<Item = &'a AnswerKey> + Clone) -> [sea_orm::Value; 5] {
    let column =
        |field: fn(&AnswerKey) -> &String| keys.clone().map(|key| field(key).clone()).collect::<Vec<_>>().into();
    [
        column(|key| &key.ad_hash),
        column(|key| &key.task),
        column(|key| &key.model),
        column(|key| &key.prompt_version),
        column(|key| &key.question_hash),
    ]
}

/// Adds to what a model used today.
///
/// # Errors
/// Database errors.
pub async fn charge<C: ConnectionTrait>(db: &C, model: &str, spent: Spent) -> Result<(), DbErr> {
    execute(
        db,
        "INSERT INTO llm_usage (day, model, tokens, requests, cost_usd)
         VALUES ((now() AT TIME ZONE 'UTC')::date, $1, $2, $3, $4)
         ON CONFLICT (day, model) DO UPDATE SET tokens = llm_usage.tokens + excluded.tokens,
             requests = llm_usage.requests + excluded.requests, cost_usd = llm_usage.cost_usd + excluded.cost_usd",
        [model.into(), spent.tokens.into(), spent.requests.into(), spent.cost_usd.into()],
    )
    .await
}

/// What a model used today.
///
/// # Errors
/// Database errors.
pub async fn spent_today<C: ConnectionTrait>(db: &C, model: &str) -> Result<Spent, DbErr> {
    let row = Spent::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT tokens, requests, cost_usd FROM llm_usage
         WHERE day = (now() AT TIME ZONE 'UTC')::date AND model = $1",
        [model.into()],
    ))
    .one(db)
    .await?;
    Ok(row.unwrap_or_default())
}
