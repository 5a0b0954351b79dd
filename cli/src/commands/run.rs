//! `run`: the whole pipeline as one operation.

use clap::{Args, ValueEnum};
use observatory_proto::{
    google::longrunning::{GetOperationRequest, Operation, operation::Result as End},
    pipeline::{PlanPipelineRequest, RunPipelineRequest, RunPipelineResponse, Stage},
};
use prost::Message;

use super::{country, pipeline::request_id};
use crate::{
    Context,
    error::{CliError, Result},
    watch, words,
};

/// A stage of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StageName {
    /// Fetch ads from portals
    Scrape,
    /// HTML to text, usable or not
    Clean,
    /// Find skills
    Extract,
    /// Normalise and add by language model
    Enhance,
    /// Vectors of skills
    Embed,
    /// Groups of skills
    Cluster,
}

impl From<StageName> for Stage {
    fn from(name: StageName) -> Self {
        match name {
            StageName::Scrape => Self::Scrape,
            StageName::Clean => Self::Clean,
            StageName::Extract => Self::Extract,
            StageName::Enhance => Self::Enhance,
            StageName::Embed => Self::Embed,
            StageName::Cluster => Self::Cluster,
        }
    }
}

/// Options of `run`.
#[derive(Debug, Clone, Default, Args)]
#[command(
    after_help = "Examples:\n  observatory import ads.jsonl && observatory run --stage clean --stage extract\n  observatory run --portal computrabajo --country CO --query rust --max-jobs 200\n  observatory run --dry-run"
)]
pub struct RunArgs {
    /// Only this stage; may be repeated [default: all that this mesh can do]
    #[arg(long, value_enum, ignore_case = true)]
    pub stage: Vec<StageName>,
    /// Only ads of this country, such as CO [default: all]
    #[arg(long, value_parser = country, value_name = "CC")]
    pub country: Option<String>,
    /// Scrape only this portal; may be repeated [default: all that are on]
    #[arg(long, value_name = "PORTAL")]
    pub portal: Vec<String>,
    /// Search words for the portals [default: all ads]
    #[arg(long, default_value = "", hide_default_value = true)]
    pub query: String,
    /// Scrape at most this many ads per portal and country; 0: as many as the spider does by itself
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=100_000))]
    pub max_jobs: i32,
    /// Scrape at most this many listing pages per portal and country; 0: as the spider does by itself
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=10_000))]
    pub max_pages: i32,
    /// Clean and extract also ads that are done already
    #[arg(long)]
    pub again: bool,
    /// Say what would be started, and start nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Return at once with the operation's id
    #[arg(long)]
    pub no_wait: bool,
}

/// Runs `run`; after Ctrl-C the pipeline goes on.
///
/// # Errors
/// What the server says; [`CliError::Failed`] where it, or something in it, failed.
pub async fn run(context: &Context, args: &RunArgs) -> Result<()> {
    let out = &context.out;
    if args.dry_run {
        return plan(context, args).await;
    }
    let operation = start(context, args).await?;
    let id = watch::operation_id(&operation.name).to_owned();
    if args.no_wait {
        if out.json {
            return out.message(&operation);
        }
        out.line(words::started(out.lang, "run", &id));
        return Ok(());
    }
    out.detail(words::started(out.lang, "run", &id));
    let ended = watch::follow(context, &id, "run").await?;
    tell(context, &ended).await
}

/// Scrapes the local portal, cleans and extracts; leaves Ctrl-C to the caller.
///
/// # Errors
/// As [`run`].
pub async fn first(context: &Context) -> Result<()> {
    let stage = vec![StageName::Scrape, StageName::Clean, StageName::Extract];
    let portal = ["demo-computrabajo", "demo-elempleo", "demo-bumeran"].map(str::to_owned).to_vec();
    let operation = start(context, &RunArgs { stage, portal, ..RunArgs::default() }).await?;
    let ended = watch::to_end(context, watch::operation_id(&operation.name), "run").await?;
    tell(context, &ended).await
}

fn stages(args: &RunArgs) -> Vec<i32> {
    args.stage.iter().map(|stage| Stage::from(*stage).into()).collect()
}

async fn start(context: &Context, args: &RunArgs) -> Result<Operation> {
    let request = RunPipelineRequest {
        stages: stages(args),
        country: args.country.clone().unwrap_or_default(),
        request_id: request_id(context),
        portals: args.portal.clone(),
        query: args.query.clone(),
        max_jobs: args.max_jobs,
        max_pages: args.max_pages,
        again: args.again,
    };
    let client = &context.client;
    client
        .call_again(|| {
            let (mut service, request) = (client.pipeline(), client.request(request.clone()));
            async move { service.run_pipeline(request).await }
        })
        .await
}

async fn plan(context: &Context, args: &RunArgs) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let request = PlanPipelineRequest {
        stages: stages(args),
        country: args.country.clone().unwrap_or_default(),
        portals: args.portal.clone(),
    };
    let plan = client.call(client.pipeline().plan_pipeline(client.request(request))).await?;
    if out.json {
        return out.message(&plan);
    }
    for planned in &plan.stages {
        let stage = planned.stage().as_str_name().trim_start_matches("STAGE_").to_lowercase();
        if planned.missing.is_empty() {
            out.line(words::would_run(lang, stage));
        } else {
            out.line(words::cannot_run(lang, stage, &planned.missing));
        }
        for scrape in &planned.scrapes {
            out.line(words::would_scrape(lang, &scrape.portal, &scrape.country));
        }
    }
    Ok(())
}

/// Says how each stage went.
async fn tell(context: &Context, operation: &Operation) -> Result<()> {
    let (out, client) = (&context.out, &context.client);
    let Some(End::Response(response)) = &operation.result else { return watch::summarize(out, operation) };
    if out.json {
        return watch::summarize(out, operation);
    }
    let response = RunPipelineResponse::decode(response.value.as_slice())
        .map_err(|error| CliError::Internal(format!("{}: the response can't be read: {error}", operation.name)))?;
    for name in response.stage_operations {
        let request = GetOperationRequest { name };
        let stage = client.call(client.operations().get_operation(client.request(request))).await?;
        watch::print_summary(out, &stage, &watch::metadata(&stage)?);
    }
    for why in &response.skipped_stages {
        out.note(words::stage_skipped(out.lang, why));
    }
    watch::outcome(operation)
}
