//! `embed`, `skills similar`, `skills same-meaning`, `skills decide`, `taxonomy link`: what vectors add.

use clap::{Args, ValueEnum};
use observatory_proto::{
    common::Pipeline,
    embedder::{
        BatchEmbedSkillsRequest, BatchFindSameMeaningRequest, EmbedSource, LinkToTaxonomyRequest,
        ListSameMeaningRequest, ReviewSameMeaningRequest, SameMeaning, SameMeaningState, SearchSimilarSkillsRequest,
    },
};

use super::{
    country,
    pipeline::{PipelineName, finish, request_id},
};
use crate::{
    Context,
    error::Result,
    output::{Output, Table, cell},
    words,
};

/// Options of `embed`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  observatory embed\n  observatory embed --source taxonomy\n  observatory embed --pipeline b --no-wait"
)]
pub struct EmbedArgs {
    /// What gets vectors: skills that ads name, labels of the taxonomy (for `taxonomy link`), or both
    #[arg(long, value_enum, default_value = "skills")]
    pub source: SourceName,
    /// Whose skills
    #[arg(long, value_enum, default_value = "a", ignore_case = true)]
    pub pipeline: PipelineName,
    /// At most this many; 0 means all
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    pub limit: i32,
    /// Return at once with the operation's id
    #[arg(long)]
    pub no_wait: bool,
}

/// What gets vectors.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SourceName {
    /// Skills that ads name
    Skills,
    /// Labels of the taxonomy and of ESCO
    Taxonomy,
    /// Both
    All,
}

impl From<SourceName> for EmbedSource {
    fn from(name: SourceName) -> Self {
        match name {
            SourceName::Skills => Self::Skills,
            SourceName::Taxonomy => Self::Taxonomy,
            SourceName::All => Self::All,
        }
    }
}

/// Options of `similar`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  observatory skills similar 'bases de datos'\n  observatory skills similar kubernetes --country CO --kind tool --limit 10"
)]
pub struct SimilarArgs {
    /// A skill, in any words
    pub query: String,
    /// Only skills that ads of this country name, such as CO [default: all]
    #[arg(long, value_parser = country, value_name = "CC")]
    pub country: Option<String>,
    /// Only skills of this kind, such as database
    #[arg(long, default_value = "", hide_default_value = true)]
    pub kind: String,
    /// Whose skills
    #[arg(long, value_enum, default_value = "a", ignore_case = true)]
    pub pipeline: PipelineName,
    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=200))]
    pub limit: i32,
    /// Only skills at least this similar, 0 to 1
    #[arg(long, default_value_t = 0.0, value_name = "S")]
    pub min_similarity: f32,
}

/// Options of `link`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  observatory taxonomy link 'manejo de bases de datos relacionales'\n  observatory taxonomy link 'k8s' --esco-only"
)]
pub struct LinkArgs {
    /// A skill, in any words
    pub text: String,
    /// At most this many
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(i32).range(1..=100))]
    pub limit: i32,
    /// Only concepts of ESCO, or that name one
    #[arg(long)]
    pub esco_only: bool,
}

/// Options of `same-meaning`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  observatory skills same-meaning --find --pipeline b\n  observatory skills same-meaning --pipeline b --state accepted"
)]
pub struct SameMeaningArgs {
    /// Whose skills
    #[arg(long, value_enum, default_value = "a", ignore_case = true)]
    pub pipeline: PipelineName,
    /// Look for pairs first (they need vectors: `observatory embed`)
    #[arg(long)]
    pub find: bool,
    /// Pairs in this state
    #[arg(long, value_enum, default_value = "proposed")]
    pub state: StateName,
    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=500))]
    pub limit: i32,
    /// From the page before
    #[arg(long, default_value = "", hide_default_value = true)]
    pub page_token: String,
}

/// What is decided of a pair.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum StateName {
    /// Nobody has decided
    Proposed,
    /// They mean the same
    Accepted,
    /// They don't
    Rejected,
}

impl From<StateName> for SameMeaningState {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Proposed => Self::Proposed,
            StateName::Accepted => Self::Accepted,
            StateName::Rejected => Self::Rejected,
        }
    }
}

/// Options of `decide`.
#[derive(Debug, Args)]
#[command(
    group = clap::ArgGroup::new("verdict").required(true).args(["accept", "reject", "undo"]),
    after_help = "Examples:\n  observatory skills decide 'bases de datos' Databases --accept --pipeline b\n  observatory skills decide Java JavaScript --reject --note 'two languages'"
)]
pub struct DecideArgs {
    /// The skill that would go
    pub skill: String,
    /// The skill that would stay
    pub canonical: String,
    /// Whose skills
    #[arg(long, value_enum, default_value = "a", ignore_case = true)]
    pub pipeline: PipelineName,
    /// They mean the same
    #[arg(long)]
    pub accept: bool,
    /// They don't
    #[arg(long)]
    pub reject: bool,
    /// Take an earlier decision back
    #[arg(long)]
    pub undo: bool,
    /// Who decided, or why; kept with the decision
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub note: String,
}

/// Runs `embed`.
///
/// # Errors
/// What the server says; [`crate::error::CliError::Failed`] where skills failed.
pub async fn embed(context: &Context, args: EmbedArgs) -> Result<()> {
    let request = BatchEmbedSkillsRequest {
        pipeline: Pipeline::from(args.pipeline).into(),
        limit: args.limit,
        request_id: request_id(context),
        source: EmbedSource::from(args.source).into(),
    };
    let client = &context.client;
    let operation = client
        .call_again(|| {
            let (mut service, request) = (client.embedder(), client.request(request.clone()));
            async move { service.batch_embed_skills(request).await }
        })
        .await?;
    finish(context, operation, "embed", args.no_wait).await
}

/// Runs `skills similar`.
///
/// # Errors
/// What the server says.
pub async fn similar(context: &Context, args: SimilarArgs) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let request = SearchSimilarSkillsRequest {
        query: args.query,
        country: args.country.unwrap_or_default(),
        kind: args.kind,
        pipeline: Pipeline::from(args.pipeline).into(),
        limit: args.limit,
        min_similarity: args.min_similarity,
    };
    let response = client.call(client.embedder().search_similar_skills(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    if response.skills.is_empty() {
        out.line(if response.searched == 0 { words::nothing_embedded(lang) } else { words::no_skill_matches(lang) });
        return Ok(());
    }
    let mut table = Table::new([
        words::skill(lang),
        words::kind(lang),
        format!(">{}", words::similarity(lang)),
        format!(">{}", words::ads(lang)),
        words::why(lang),
        "id".to_owned(),
    ]);
    for found in &response.skills {
        let skill = found.skill.clone().unwrap_or_default();
        table.row([
            cell(&skill.name, 40),
            cell(&skill.kind, 24),
            lang.decimal(f64::from(found.similarity), 2),
            lang.number(found.job_count),
            cell(&found.reason, 80),
            cell(&skill.skill_id, 40),
        ]);
    }
    table.print(out);
    out.note(words::searched(lang, lang.number(response.searched), cell(&response.model_name, 60)));
    Ok(())
}

/// Runs `taxonomy link`.
///
/// # Errors
/// What the server says.
pub async fn link(context: &Context, args: LinkArgs) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let request = LinkToTaxonomyRequest { text: args.text, limit: args.limit, esco_only: args.esco_only };
    let response = client.call(client.embedder().link_to_taxonomy(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    if response.links.is_empty() {
        out.line(words::no_concepts(lang));
        return Ok(());
    }
    let mut table = Table::new([
        words::skill(lang),
        words::label(lang),
        format!(">{}", words::score(lang)),
        format!(">{}", words::by_text(lang)),
        format!(">{}", words::by_vector(lang)),
        "id".to_owned(),
    ]);
    for found in &response.links {
        let skill = found.skill.clone().unwrap_or_default();
        table.row([
            cell(&skill.name, 40),
            cell(&found.label, 40),
            lang.decimal(f64::from(found.score), 2),
            lang.decimal(f64::from(found.text_score), 2),
            found.vector_score.map_or_else(|| "-".to_owned(), |score| lang.decimal(f64::from(score), 2)),
            cell(&skill.skill_id, 40),
        ]);
    }
    table.print(out);
    if response.model_name.is_empty() {
        out.note(words::linked_without_vectors(lang));
    }
    Ok(())
}

/// Runs `skills same-meaning`.
///
/// # Errors
/// What the server says.
pub async fn same_meaning(context: &Context, args: SameMeaningArgs) -> Result<()> {
    let (out, client) = (&context.out, &context.client);
    let pipeline = Pipeline::from(args.pipeline).into();
    if args.find {
        let request = BatchFindSameMeaningRequest { pipeline, request_id: request_id(context) };
        let operation = client
            .call_again(|| {
                let (mut service, request) = (client.embedder(), client.request(request.clone()));
                async move { service.batch_find_same_meaning(request).await }
            })
            .await?;
        finish(context, operation, "same-meaning", false).await?;
    }
    let request = ListSameMeaningRequest {
        pipeline,
        state: SameMeaningState::from(args.state).into(),
        limit: args.limit,
        page_token: args.page_token,
    };
    let response = client.call(client.embedder().list_same_meaning(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    if response.pairs.is_empty() {
        out.line(words::no_pairs(out.lang));
        return Ok(());
    }
    print_pairs(out, &response.pairs);
    if !response.next_page_token.is_empty() {
        out.note(words::next_page(out.lang, &response.next_page_token));
    }
    Ok(())
}

/// Runs `skills decide`.
///
/// # Errors
/// What the server says.
pub async fn decide(context: &Context, args: DecideArgs) -> Result<()> {
    let (out, client) = (&context.out, &context.client);
    let state = match (args.accept, args.reject) {
        (true, _) => SameMeaningState::Accepted,
        (_, true) => SameMeaningState::Rejected,
        _ => SameMeaningState::Unspecified,
    };
    let request = ReviewSameMeaningRequest {
        pipeline: Pipeline::from(args.pipeline).into(),
        skill_text: args.skill,
        canonical_text: args.canonical,
        state: state.into(),
        note: args.note,
    };
    let response = client.call(client.embedder().review_same_meaning(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    print_pairs(out, response.pair.as_slice());
    Ok(())
}

fn print_pairs(out: &Output, pairs: &[SameMeaning]) {
    let lang = out.lang;
    let mut table = Table::new([
        words::skill(lang),
        format!(">{}", words::ads(lang)),
        words::means(lang),
        format!(">{}", words::ads(lang)),
        format!(">{}", words::similarity(lang)),
        words::evidence(lang),
        words::decided_by(lang),
        words::why(lang),
    ]);
    for pair in pairs {
        table.row([
            cell(&pair.skill_text, 40),
            lang.number(pair.job_count),
            cell(&pair.canonical_text, 40),
            lang.number(pair.canonical_job_count),
            lang.decimal(f64::from(pair.similarity), 2),
            cell(&pair.evidence.join(", "), 40),
            cell(&pair.decided_by, 30),
            cell(&pair.reason, 80),
        ]);
    }
    table.print(out);
}
