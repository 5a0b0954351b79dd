//! `enhance`, `models`: what language models add.

use clap::Args;
use observatory_proto::{
    common::Pipeline,
    llm::{BatchEnhanceJobsRequest, ListModelsRequest, Model},
};

use super::pipeline::{PipelineName, Scope, finish, request_id};
use crate::{
    Context,
    error::{CliError, Result},
    output::{Output, Table, cell},
    words,
};

/// Options of `enhance`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  observatory enhance --limit 100\n  observatory enhance --pipeline b --model gemma --country CO\n\nWhich models there are: observatory models."
)]
pub struct EnhanceArgs {
    /// Which ads.
    #[command(flatten)]
    pub scope: Scope,
    /// hybrid asks the model only what pipeline A is unsure of; b asks it for everything
    #[arg(long, value_enum, default_value = "hybrid", ignore_case = true)]
    pub pipeline: PipelineName,
    /// Name of the model [default: the server's]
    #[arg(long, default_value = "", hide_default_value = true)]
    pub model: String,
}

/// Runs `enhance`.
///
/// # Errors
/// What the server says; [`CliError::Failed`] where ads failed.
pub async fn enhance(context: &Context, args: EnhanceArgs) -> Result<()> {
    if matches!(args.pipeline, PipelineName::A) {
        return Err(CliError::Usage("--pipeline: b or hybrid; pipeline A is `observatory extract`".into()));
    }
    let request = BatchEnhanceJobsRequest {
        job_ids: Vec::new(),
        country: args.scope.country.unwrap_or_default(),
        limit: args.scope.limit,
        model: args.model,
        request_id: request_id(context),
        pipeline: Pipeline::from(args.pipeline).into(),
        again: args.scope.again,
    };
    let client = &context.client;
    let operation = client
        .call_again(|| {
            let (mut service, request) = (client.llm(), client.request(request.clone()));
            async move { service.batch_enhance_jobs(request).await }
        })
        .await?;
    finish(context, operation, "enhance", args.scope.no_wait).await
}

/// Runs `models`.
///
/// # Errors
/// What the server says.
pub async fn models(context: &Context) -> Result<()> {
    let client = &context.client;
    let response = client.call(client.llm().list_models(client.request(ListModelsRequest {}))).await?;
    if context.out.json {
        return context.out.message(&response);
    }
    table(&context.out, &response.models).print(&context.out);
    context.out.note(words::prompts(context.out.lang, cell(&response.prompt_version, 60)));
    Ok(())
}

fn table(out: &Output, models: &[Model]) -> Table {
    let lang = out.lang;
    let mut table = Table::new([
        words::model(lang),
        words::provider(lang),
        words::state(lang),
        format!(">{}", words::tokens_today(lang)),
        format!(">{}", words::budget(lang)),
        format!(">{}", words::cost_today(lang)),
        words::address(lang),
    ]);
    for model in models {
        let name = cell(&model.name, 40);
        let state = if model.available { words::available(lang) } else { cell(&model.unavailable_reason, 80) };
        let budget = if model.token_budget == 0 { "-".to_owned() } else { lang.number(model.token_budget) };
        table.row([
            if model.is_default { format!("{name} *") } else { name },
            cell(&model.provider, 12),
            state,
            lang.number(model.tokens_used),
            budget,
            format!("{} USD", lang.decimal(model.cost_usd, 2)),
            cell(&model.address, 60),
        ]);
    }
    table
}
