//! `cluster` and `clusters`: make maps of skills, or of your own vectors, and read them.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use observatory_clustering::{
    Error as Failure, Matrix,
    hdbscan::{self, Selection},
    npy,
    run::{Clustering, Params, Space, Stage, run as run_clustering},
    umap::{self, Metric},
};
use observatory_proto::{
    clusterer::{ClusterSkillsRequest, ClusterSpace, HdbscanParams, SkillUnit, UmapParams},
    clusters::{
        ClusterChangeKind, CompareClusteringsRequest, ListClusteringsRequest, ListClustersRequest, ListClustersResponse,
    },
    common::Pipeline,
};
use serde_json::json;

use super::{
    country,
    pipeline::{PipelineName, finish, request_id},
};
use crate::{
    Context,
    error::{CliError, Result},
    output::{Table, cell},
    words,
};

/// Most values read of a file: 4 GB.
const VALUES: usize = 1 << 30;

/// Options of `cluster`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  observatory cluster\n  observatory cluster --country MX --n-clusters 50\n  observatory cluster --vectors vectors.npy --output clusters.jsonl"
)]
pub struct ClusterArgs {
    /// Cluster the rows of this .npy file here, without a mesh
    #[arg(long, value_name = "FILE", requires = "output", conflicts_with_all = ["country", "pipeline", "min_mentions", "unit", "no_wait", "stability_runs"])]
    pub vectors: Option<PathBuf>,
    /// Where the points of --vectors go: one JSON object a row (`-` for standard output)
    #[arg(long, value_name = "FILE", requires = "vectors")]
    pub output: Option<PathBuf>,
    /// Only skills of ads of this country, such as CO [default: all]
    #[arg(long, value_parser = country, value_name = "CC")]
    pub country: Option<String>,
    /// Whose skills
    #[arg(long, value_enum, default_value = "a", ignore_case = true)]
    pub pipeline: PipelineName,
    /// Skills as the taxonomy names them, or the wordings of the ads
    #[arg(long, value_enum, default_value = "normalized")]
    pub unit: UnitName,
    /// Only skills that at least this many ads name
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub min_mentions: i32,
    /// About how many clusters; 0 leaves it to the data
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=1000))]
    pub n_clusters: i32,
    /// What is clustered
    #[arg(long, value_enum, default_value = "reduced")]
    pub space: SpaceName,
    /// Size of UMAP's neighbourhoods
    #[arg(long, default_value_t = 15, value_name = "N", value_parser = clap::value_parser!(i32).range(2..=500))]
    pub n_neighbors: i32,
    /// How close points come on the map
    #[arg(long, default_value_t = 0.1, value_name = "D")]
    pub min_dist: f64,
    /// Dimensions of the reduced space
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(i32).range(2..=100))]
    pub n_components: i32,
    /// How vectors are compared
    #[arg(long, value_enum, default_value = "cosine")]
    pub metric: MetricName,
    /// Seed
    #[arg(long, default_value_t = 42, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub random_state: i32,
    /// Smallest cluster
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(i32).range(2..))]
    pub min_cluster_size: i32,
    /// Neighbours that make a core point
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub min_samples: i32,
    /// Which clusters of the hierarchy are taken
    #[arg(long, value_enum, default_value = "eom")]
    pub cluster_selection_method: SelectionName,
    /// Runs with other seeds, and as many with parts of the skills, that tell how stable clusters are
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=10))]
    pub stability_runs: i32,
    /// Return at once with the operation's id
    #[arg(long)]
    pub no_wait: bool,
}

/// What a point is.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum UnitName {
    /// Skills, after mapping to the taxonomy
    Normalized,
    /// Wordings of the ads, before it
    Surface,
}

/// What is clustered.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SpaceName {
    /// An embedding of a few dimensions
    Reduced,
    /// The map
    Map,
    /// The vectors
    Vectors,
}

/// How vectors are compared.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum MetricName {
    /// By direction
    Cosine,
    /// By the straight line
    Euclidean,
}

/// Which clusters are taken.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SelectionName {
    /// Those that last longest
    Eom,
    /// The smallest and most alike
    Leaf,
}

fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map_or(String::new(), |value| value.get_name().to_string())
}

impl ClusterArgs {
    fn request(&self) -> ClusterSkillsRequest {
        ClusterSkillsRequest {
            pipeline: Pipeline::from(self.pipeline).into(),
            country: self.country.clone().unwrap_or_default(),
            n_clusters: self.n_clusters,
            min_mentions: self.min_mentions,
            umap: Some(UmapParams {
                n_neighbors: self.n_neighbors,
                min_dist: self.min_dist,
                n_components: self.n_components,
                metric: name(&self.metric),
                random_state: self.random_state,
                n_epochs: 0,
            }),
            hdbscan: Some(HdbscanParams {
                min_cluster_size: self.min_cluster_size,
                min_samples: self.min_samples,
                cluster_selection_method: name(&self.cluster_selection_method),
            }),
            request_id: String::new(),
            space: match self.space {
                SpaceName::Reduced => ClusterSpace::Reduced,
                SpaceName::Map => ClusterSpace::Map,
                SpaceName::Vectors => ClusterSpace::Vectors,
            }
            .into(),
            unit: match self.unit {
                UnitName::Normalized => SkillUnit::Normalized,
                UnitName::Surface => SkillUnit::Surface,
            }
            .into(),
            stability_runs: if self.stability_runs == 0 { -1 } else { self.stability_runs },
        }
    }

    /// The same, for the algorithms themselves.
    fn params(&self) -> Params {
        Params {
            umap: umap::UmapParams {
                n_neighbors: self.n_neighbors as usize,
                min_dist: self.min_dist,
                metric: match self.metric {
                    MetricName::Cosine => Metric::Cosine,
                    MetricName::Euclidean => Metric::Euclidean,
                },
                random_state: self.random_state as u64,
                ..umap::UmapParams::default()
            },
            space: match self.space {
                SpaceName::Reduced => Space::Reduced(self.n_components as usize),
                SpaceName::Map => Space::Map,
                SpaceName::Vectors => Space::Vectors,
            },
            hdbscan: hdbscan::HdbscanParams {
                min_cluster_size: self.min_cluster_size as usize,
                min_samples: self.min_samples as usize,
                cluster_selection_method: match self.cluster_selection_method {
                    SelectionName::Eom => Selection::Eom,
                    SelectionName::Leaf => Selection::Leaf,
                },
            },
            n_clusters: (self.n_clusters > 0).then_some(self.n_clusters as usize),
        }
    }
}

/// Runs `cluster`.
///
/// # Errors
/// What the server says; what is wrong with a file of vectors.
pub async fn cluster(context: &Context, args: ClusterArgs) -> Result<()> {
    if let (Some(vectors), Some(output)) = (&args.vectors, &args.output) {
        return of_file(context, vectors, output, &args.params());
    }
    let request = ClusterSkillsRequest { request_id: request_id(context), ..args.request() };
    let client = &context.client;
    let operation = client
        .call_again(|| {
            let (mut service, request) = (client.clusterer(), client.request(request.clone()));
            async move { service.cluster_skills(request).await }
        })
        .await?;
    finish(context, operation, "cluster", args.no_wait).await
}

/// Clusters a file of vectors.
fn of_file(context: &Context, vectors: &Path, output: &Path, params: &Params) -> Result<()> {
    let (out, lang) = (&context.out, context.out.lang);
    let usage = |why: String| CliError::Usage(format!("{}: {why}", vectors.display()));
    let file = File::open(vectors).map_err(|error| usage(error.to_string()))?;
    let (values, columns) = npy::read(BufReader::new(file), VALUES).map_err(|error| usage(error.to_string()))?;
    let points = Matrix::new(&values, columns).map_err(|error| usage(error.to_string()))?;
    let (bar, last) = (indicatif::ProgressBar::new(100), std::sync::Mutex::new(0));
    if out.quiet {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let watch = |stage: Stage, done: f32| {
        let percent = (if stage == Stage::Reduce { 90.0 * done } else { 90.0 + 10.0 * done }) as u64;
        let mut last = last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *last = percent.max(*last);
        bar.set_position(*last);
        true
    };
    let started = std::time::Instant::now();
    let found = run_clustering(points, params, &watch).map_err(|failure: Failure| usage(failure.to_string()))?;
    bar.finish_and_clear();
    let unwritten = |error: std::io::Error| CliError::Usage(format!("{}: {error}", output.display()));
    if output.as_os_str() == "-" {
        write_points(std::io::stdout().lock(), &found).map_err(unwritten)?;
    } else {
        write_points(File::create(output).map_err(unwritten)?, &found).map_err(unwritten)?;
    }
    let seconds = lang.decimal(started.elapsed().as_secs_f64(), 1);
    let (n, clusters, noise) = (points.rows() as i64, found.clusters.count() as i64, found.clusters.noise() as i64);
    out.note(words::clustered(lang, lang.number(n), lang.number(clusters), lang.number(noise), seconds));
    Ok(())
}

fn write_points(to: impl Write, found: &Clustering) -> std::io::Result<()> {
    let mut to = BufWriter::new(to);
    for row in 0..found.clusters.labels.len() {
        let line = json!({
            "row": row,
            "x": found.map[2 * row],
            "y": found.map[2 * row + 1],
            "cluster": found.clusters.labels[row],
            "probability": found.clusters.probabilities[row],
            "outlier_score": found.clusters.outlier_scores[row],
        });
        writeln!(to, "{line}")?;
    }
    to.flush()
}

/// `clusters`.
#[derive(Debug, Subcommand)]
pub enum ClustersCommand {
    /// List the clusters of a run: names, sizes, top skills
    List(ListArgs),
    /// List runs, newest first
    Runs(RunsArgs),
    /// Say which clusters continued, split, merged, were born or are gone since another run
    Compare(CompareArgs),
}

/// Options of `list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  observatory clusters list\n  observatory clusters list --country CO --limit 100")]
pub struct ListArgs {
    /// The run [default: the newest]
    #[arg(default_value = "", hide_default_value = true)]
    pub clustering_id: String,
    /// The newest run of this country [default: all countries together]
    #[arg(long, value_parser = country, value_name = "CC")]
    pub country: Option<String>,
    /// Whose skills
    #[arg(long, value_enum, default_value = "a", ignore_case = true)]
    pub pipeline: PipelineName,
    /// At most this many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub limit: i32,
}

/// Options of `runs`.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=100))]
    pub limit: i32,
    /// From the page before
    #[arg(long, default_value = "", hide_default_value = true)]
    pub page_token: String,
}

/// Options of `compare`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  observatory clusters compare 0193... --base 0191...")]
pub struct CompareArgs {
    /// The newer run
    pub clustering_id: String,
    /// The older run [default: the one it followed]
    #[arg(long, default_value = "", hide_default_value = true, value_name = "ID")]
    pub base: String,
}

/// Runs `clusters`.
///
/// # Errors
/// What the server says.
pub async fn run(context: &Context, command: ClustersCommand) -> Result<()> {
    match command {
        ClustersCommand::List(args) => list(context, args).await,
        ClustersCommand::Runs(args) => runs(context, args).await,
        ClustersCommand::Compare(args) => compare(context, args).await,
    }
}

async fn list(context: &Context, args: ListArgs) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let request = ListClustersRequest {
        clustering_id: args.clustering_id,
        country: args.country.unwrap_or_default(),
        pipeline: Pipeline::from(args.pipeline).into(),
        limit: args.limit,
    };
    let response: ListClustersResponse = client.call(client.clusters().list_clusters(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    let mut table = Table::new([
        ">#".to_owned(),
        words::cluster_name(lang),
        format!(">{}", words::skill_count(lang)),
        format!(">{}", words::ads(lang)),
        format!(">{}", words::cohesion(lang)),
        words::title_words(lang),
    ]);
    for cluster in &response.clusters {
        let label = if lang == words::Lang::Es { &cluster.label_es } else { &cluster.label_en };
        let number = cluster.cluster_number;
        table.row([
            if number < 0 { "-".to_owned() } else { lang.number(number) },
            cell(label, 60),
            lang.number(cluster.size),
            lang.number(cluster.job_count),
            if number < 0 { "-".to_owned() } else { lang.decimal(cluster.cohesion_score, 2) },
            cell(&cluster.title_words.join(" "), 40),
        ]);
    }
    table.print(out);
    if let Some(run) = &response.clustering {
        let stability = run.seed_stability.map_or_else(|| "-".to_owned(), |ari| lang.decimal(ari, 2));
        out.note(words::clustering_scores(
            lang,
            &run.clustering_id,
            lang.number(run.n_points),
            lang.decimal(100.0 * run.noise_share, 0),
            lang.decimal(run.silhouette_score, 2),
            stability,
        ));
    }
    Ok(())
}

async fn runs(context: &Context, args: RunsArgs) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let request = ListClusteringsRequest { limit: args.limit, page_token: args.page_token, ..Default::default() };
    let response = client.call(client.clusters().list_clusterings(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    if response.clusterings.is_empty() {
        out.line(words::no_clusterings(lang));
        return Ok(());
    }
    let mut table = Table::new([
        "id".to_owned(),
        words::made_at(lang),
        "pipeline".to_owned(),
        words::country(lang),
        format!(">{}", words::skill_count(lang)),
        format!(">{}", words::clusters(lang)),
        format!(">{}", words::noise(lang)),
    ]);
    for run in &response.clusterings {
        let country = if run.country.is_empty() { "*" } else { &run.country };
        table.row([
            run.clustering_id.clone(),
            run.analyzed_at.as_ref().map_or(String::new(), ToString::to_string),
            run.pipeline().as_str_name().trim_start_matches("PIPELINE_").to_owned(),
            country.to_owned(),
            lang.number(run.n_points),
            lang.number(run.n_clusters),
            lang.number(run.n_noise),
        ]);
    }
    table.print(out);
    if !response.next_page_token.is_empty() {
        out.note(words::next_page(lang, response.next_page_token));
    }
    Ok(())
}

async fn compare(context: &Context, args: CompareArgs) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let request = CompareClusteringsRequest { clustering_id: args.clustering_id, base_clustering_id: args.base };
    let response = client.call(client.clusters().compare_clusterings(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    if response.base_clustering_id.is_empty() {
        out.line(words::nothing_to_compare(lang));
        return Ok(());
    }
    let mut table = Table::new([
        words::what_happened(lang),
        words::cluster_name(lang),
        words::name_before(lang),
        format!(">{}", words::overlap(lang)),
    ]);
    for change in &response.changes {
        let kind = match change.kind() {
            ClusterChangeKind::Continued | ClusterChangeKind::Unspecified => words::continued(lang),
            ClusterChangeKind::Split => words::split_off(lang),
            ClusterChangeKind::Merged => words::merged(lang),
            ClusterChangeKind::Born => words::born(lang),
            ClusterChangeKind::Gone => words::gone(lang),
        };
        let spanish = lang == words::Lang::Es;
        let (label, base) =
            if spanish { (&change.label_es, &change.base_label_es) } else { (&change.label_en, &change.base_label_en) };
        table.row([kind, cell(label, 50), cell(base, 50), lang.decimal(change.overlap, 2)]);
    }
    table.print(out);
    Ok(())
}
