//! `clean`, `extract`: start the work, show it live, say how it went.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use observatory_proto::{
    cleaner::BatchCleanJobsRequest, common::Pipeline, extractor::BatchExtractSkillsRequest,
    google::longrunning::Operation,
};

use super::{country, extract_text};
use crate::{Context, error::Result, watch, words};

/// Which ads, and whether to wait.
#[derive(Debug, Clone, Args)]
pub struct Scope {
    /// Only ads of this country, such as CO [default: all]
    #[arg(long, value_parser = country, value_name = "CC")]
    pub country: Option<String>,
    /// At most this many ads; 0 means all
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=1_000_000))]
    pub limit: i32,
    /// Also ads that are done already
    #[arg(long)]
    pub again: bool,
    /// Stay and show progress until it is done (the default)
    #[arg(long, overrides_with = "no_wait")]
    pub wait: bool,
    /// Return at once with the operation's id
    #[arg(long)]
    pub no_wait: bool,
}

/// Options of `clean`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  observatory clean\n  observatory clean --country CO --limit 500\n  observatory clean --again --no-wait"
)]
pub struct CleanArgs {
    /// Which ads.
    #[command(flatten)]
    pub scope: Scope,
}

/// A way to find skills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PipelineName {
    /// Taxonomy and patterns
    A,
    /// A language model
    B,
    /// A, and the model where A is unsure
    Hybrid,
}

impl From<PipelineName> for Pipeline {
    fn from(name: PipelineName) -> Self {
        match name {
            PipelineName::A => Self::A,
            PipelineName::B => Self::B,
            PipelineName::Hybrid => Self::Hybrid,
        }
    }
}

/// Options of `extract`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  observatory extract\n  observatory extract --country MX --again\n  observatory extract --explain ad.txt"
)]
pub struct ExtractArgs {
    /// Which ads.
    #[command(flatten)]
    pub scope: Scope,
    /// How skills are found
    #[arg(long, value_enum, default_value = "a", ignore_case = true)]
    pub pipeline: PipelineName,
    /// Only the skills of this text (`-` for standard input); nothing is stored
    #[arg(long, value_name = "FILE", conflicts_with_all = ["country", "limit", "again", "no_wait"])]
    pub text: Option<PathBuf>,
    /// As --text, and why each skill counts, what does not count, and what may be an unknown skill
    #[arg(long, value_name = "FILE", conflicts_with_all = ["country", "limit", "again", "no_wait", "text"])]
    pub explain: Option<PathBuf>,
}

/// Runs `clean`.
///
/// # Errors
/// What the server says; [`CliError::Failed`] where ads failed.
pub async fn clean(context: &Context, args: &CleanArgs) -> Result<()> {
    let operation = start_clean(context, &args.scope).await?;
    finish(context, operation, "clean", args.scope.no_wait).await
}

/// Runs `extract`.
///
/// # Errors
/// As [`clean`].
pub async fn extract(context: &Context, args: ExtractArgs) -> Result<()> {
    let explain = args.explain.is_some();
    if let Some(file) = args.explain.or(args.text) {
        let (title, pipeline) = (String::new(), args.pipeline);
        let args = extract_text::ExtractTextArgs { file, title, pipeline, explain };
        return extract_text::run(context, args).await;
    }
    let operation = start_extract(context, &args.scope, args.pipeline).await?;
    finish(context, operation, "extract", args.scope.no_wait).await
}

async fn start_clean(context: &Context, scope: &Scope) -> Result<Operation> {
    let request = BatchCleanJobsRequest {
        job_ids: Vec::new(),
        country: scope.country.clone().unwrap_or_default(),
        limit: scope.limit,
        request_id: request_id(context),
        again: scope.again,
    };
    let client = &context.client;
    client
        .call_again(|| {
            let (mut service, request) = (client.cleaner(), client.request(request.clone()));
            async move { service.batch_clean_jobs(request).await }
        })
        .await
}

async fn start_extract(context: &Context, scope: &Scope, pipeline: PipelineName) -> Result<Operation> {
    let request = BatchExtractSkillsRequest {
        job_ids: Vec::new(),
        country: scope.country.clone().unwrap_or_default(),
        limit: scope.limit,
        pipeline: Pipeline::from(pipeline).into(),
        request_id: request_id(context),
        again: scope.again,
    };
    let client = &context.client;
    client
        .call_again(|| {
            let (mut service, request) = (client.extractor(), client.request(request.clone()));
            async move { service.batch_extract_skills(request).await }
        })
        .await
}

/// One per start: trying the call again can't start the work twice.
pub(super) fn request_id(context: &Context) -> String {
    let id = uuid::Uuid::now_v7().to_string();
    context.out.detail(format!("request_id {id}"));
    id
}

pub(super) async fn finish(context: &Context, operation: Operation, kind: &str, no_wait: bool) -> Result<()> {
    let out = &context.out;
    let id = watch::operation_id(&operation.name).to_owned();
    if no_wait {
        if out.json {
            return out.message(&operation);
        }
        out.line(words::started(out.lang, kind, &id));
        return Ok(());
    }
    out.detail(words::started(out.lang, kind, &id));
    let operation = if operation.done { operation } else { watch::follow(context, &id, kind).await? };
    watch::summarize(out, &operation)
}
