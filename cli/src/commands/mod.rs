//! The commands, one module per group.

pub mod clusters;
pub mod compare_models;
pub mod emerging;
pub mod evaluate;
pub mod events;
pub mod extract_text;
pub mod first;
pub mod import;
pub mod jobs;
pub mod llm;
pub mod meaning;
pub mod operations;
pub mod pipeline;
pub mod portal;
pub mod run;
pub mod schedules;
pub mod scrape;
pub mod skills;
pub mod spiders;
pub mod stats;
pub mod taxonomy;
pub mod taxonomy_check;
pub mod up;

use clap::{CommandFactory, Subcommand};

use crate::{Cli, Context, error::Result, import::map::country_code};

/// What `observatory` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the whole stack on this machine, with sample ads where the database is empty
    Up(up::UpArgs),
    /// Stop the stack that `up` started; the data stay
    Down(up::DownArgs),
    /// Say what runs, and what is stored
    Status(up::DownArgs),
    /// Import ads from JSON Lines or CSV files
    Import(import::ImportArgs),
    /// Fetch the ads of a portal
    Scrape(scrape::ScrapeArgs),
    /// List spiders, check descriptions of portals, take one page through one
    #[command(subcommand)]
    Spiders(spiders::SpidersCommand),
    /// Clean ads: HTML to text, language, usable or not
    Clean(pipeline::CleanArgs),
    /// Extract the skills of cleaned ads
    Extract(pipeline::ExtractArgs),
    /// Let a language model judge, normalise and complete the skills of ads
    Enhance(llm::EnhanceArgs),
    /// List the language models that can be asked, how they are, and what they have cost
    Models,
    /// Give skills their vectors, for similar skills and for links to the taxonomy
    Embed(meaning::EmbedArgs),
    /// Make a map of skills, or of your own vectors: UMAP and HDBSCAN
    Cluster(Box<clusters::ClusterArgs>),
    /// Read maps of skills: clusters, runs, what changed
    #[command(subcommand)]
    Clusters(clusters::ClustersCommand),
    /// Run the whole pipeline: scrape, clean, extract, and what else this mesh can do
    Run(run::RunArgs),
    /// Show what happens in the mesh, live
    Events(events::EventsArgs),
    /// Look at operations, watch, cancel and repair them
    #[command(subcommand, visible_alias = "ops")]
    Operations(operations::OperationsCommand),
    /// List, change, pause and fire what runs by itself
    #[command(subcommand)]
    Schedules(schedules::SchedulesCommand),
    /// Rank skills, look at one, see what goes with it, find new ones
    #[command(subcommand)]
    Skills(skills::SkillsCommand),
    /// List, search and show ads
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    /// Figures over everything stored
    Stats,
    /// Import ESCO; search and show concepts; check the project's own taxonomy
    #[command(subcommand)]
    Taxonomy(taxonomy::TaxonomyCommand),
    /// Find the skills of one text, without storing anything
    ExtractText(extract_text::ExtractTextArgs),
    /// Measure extraction on labelled ads, here, without the mesh
    Evaluate(Box<evaluate::EvaluateArgs>),
    /// Compare language models and pipelines on labelled ads, here, without the mesh
    CompareModels(compare_models::CompareArgs),
    /// Serve the sample ads as three job portals do, on this machine, to scrape them
    Portal(portal::PortalArgs),
    /// Print a completion script for a shell
    #[command(
        after_help = "Example:\n  observatory completions bash > ~/.local/share/bash-completion/completions/observatory"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Runs a command.
///
/// # Errors
/// Whatever ends it early.
pub async fn run(context: &Context, command: Command) -> Result<()> {
    match command {
        Command::Up(args) => up::up(context, args).await,
        Command::Down(args) => up::down(context, args).await,
        Command::Status(args) => up::status(context, args).await,
        Command::Import(args) => import::run(context, args).await,
        Command::Scrape(args) => scrape::run(context, args).await,
        Command::Spiders(command) => spiders::run(context, command).await,
        Command::Clean(args) => pipeline::clean(context, &args).await,
        Command::Extract(args) => pipeline::extract(context, args).await,
        Command::Enhance(args) => llm::enhance(context, args).await,
        Command::Models => llm::models(context).await,
        Command::Embed(args) => meaning::embed(context, args).await,
        Command::Cluster(args) => clusters::cluster(context, *args).await,
        Command::Clusters(command) => clusters::run(context, command).await,
        Command::Run(args) => run::run(context, &args).await,
        Command::Events(args) => events::run(context, args).await,
        Command::Operations(command) => operations::run(context, command).await,
        Command::Schedules(command) => schedules::run(context, command).await,
        Command::Skills(command) => skills::run(context, command).await,
        Command::Jobs(command) => jobs::run(context, command).await,
        Command::Stats => stats::run(context).await,
        Command::Taxonomy(command) => taxonomy::run(context, command).await,
        Command::ExtractText(args) => extract_text::run(context, args).await,
        Command::Evaluate(args) => evaluate::run(context, *args).await,
        Command::CompareModels(args) => compare_models::run(context, args).await,
        Command::Portal(args) => portal::run(context, args).await,
        Command::Completions { shell } => {
            // Into memory first: the generator panics where its reader goes away.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "observatory", &mut script);
            context.out.line(String::from_utf8_lossy(&script).trim_end());
            Ok(())
        }
    }
}

/// Reads `--country`: two letters, or a name it knows.
fn country(text: &str) -> Result<String, String> {
    let code = country_code(text);
    if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(code)
    } else {
        Err("two letters (ISO 3166-1) are needed, such as CO, MX, AR".into())
    }
}

/// Reads a day as the contract wants it.
fn day(text: &str) -> Result<String, String> {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes.iter().enumerate().all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() });
    if shape || text.is_empty() { Ok(text.to_owned()) } else { Err("a day as YYYY-MM-DD is needed".into()) }
}

/// The day of a timestamp, and its time in UTC: `2026-11-23 14:05`.
fn time(timestamp: Option<&prost_types::Timestamp>) -> String {
    let text = timestamp.map(ToString::to_string).unwrap_or_default();
    text.get(..16).map_or_else(|| "-".to_owned(), |text| text.replace('T', " "))
}
