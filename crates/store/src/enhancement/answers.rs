//! Answers of language models, kept, and what they cost.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use serde_json::Value as Json;

use crate::execute;

/// Which question an answer belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

/// The kept answer to a question.
///
/// # Errors
/// Database errors.
pub async fn kept<C: ConnectionTrait>(db: &C, key: &AnswerKey) -> Result<Option<KeptAnswer>, DbErr> {
    KeptAnswer::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT state = 'answered' AS answered, raw, settings, prompt_tokens, completion_tokens, requests, cost_usd, seconds
         FROM llm_answers
         WHERE ad_hash = $1 AND task = $2 AND model = $3 AND prompt_version = $4 AND question_hash = $5",
        values(key),
    ))
    .one(db)
    .await
}

/// Keeps an answer, in place of an earlier one.
///
/// # Errors
/// Database errors.
pub async fn keep<C: ConnectionTrait>(db: &C, key: &AnswerKey, answer: &KeptAnswer) -> Result<(), DbErr> {
    let [hash, task, model, version, question] = values(key);
    execute(
        db,
        "INSERT INTO llm_answers (ad_hash, task, model, prompt_version, question_hash, state, raw, settings,
             prompt_tokens, completion_tokens, requests, cost_usd, seconds)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
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
            if answer.answered { "answered" } else { "malformed" }.into(),
            // Postgres stores no NUL; a model may write one.
            answer.raw.replace('\0', "\u{fffd}").into(),
            answer.settings.clone().into(),
            answer.prompt_tokens.into(),
            answer.completion_tokens.into(),
            answer.requests.into(),
            answer.cost_usd.into(),
            answer.seconds.into(),
        ],
    )
    .await
}

fn values(key: &AnswerKey) -> [sea_orm::Value; 5] {
    [&key.ad_hash, &key.task, &key.model, &key.prompt_version, &key.question_hash].map(|text| text.clone().into())
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
