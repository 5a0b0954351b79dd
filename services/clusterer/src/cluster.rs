//! From skills and their vectors to clusters with names, scores and a history. Knows no service and no table.

use std::collections::BTreeMap;

use observatory_clustering::{
    Error as Failure, Matrix,
    groups::groups,
    lineage::{self, Change, Fate},
    run::{Clustering, Params, Stage, run},
    scores,
    umap::{Init, UmapParams},
};
use observatory_store::clusters::{Cluster, Concept, MapPoint, Placed, Point, Title};
use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::{
    labels::{Label, Named, Taxonomy, name},
    settings::Settings,
};

/// Colours of areas; nine would not be told apart.
const COLORS: i32 = 8;
/// Share of the skills in each run of a part.
const PART: f64 = 0.9;

/// What a run works on.
pub struct Input {
    /// Skills, most ads first.
    pub points: Vec<Point>,
    /// Their vectors, row by row.
    pub vectors: Vec<f32>,
    /// Columns of a vector.
    pub dimension: usize,
    /// Titles of their ads.
    pub titles: Vec<Title>,
    /// The taxonomy.
    pub concepts: Vec<Concept>,
    /// The run before, where there is one.
    pub before: Option<Before>,
}

/// A run before, of the same settings.
pub struct Before {
    /// Where its skills were.
    pub placed: Vec<Placed>,
    /// Its clusters.
    pub clusters: Vec<Cluster>,
}

/// What a run found.
pub struct Output {
    /// Clusters by size, the noise last.
    pub clusters: Vec<Cluster>,
    /// The map.
    pub points: Vec<MapPoint>,
    /// Figures of the run.
    pub scores: Scores,
}

/// Figures of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Clusters, noise not counted.
    pub n_clusters: usize,
    /// Skills in none.
    pub n_noise: usize,
    /// Mean silhouette by the metric of the run.
    pub silhouette: Option<f64>,
    /// Davies-Bouldin index of the vectors.
    pub davies_bouldin: Option<f64>,
    /// DBCV in the space that was clustered.
    pub dbcv: Option<f64>,
    /// Mean adjusted Rand index over seeds.
    pub seed_stability: Option<f64>,
    /// The same over parts of the skills.
    pub resample_stability: Option<f64>,
    /// Least size used.
    pub min_cluster_size: usize,
    /// Selection used.
    pub selection: &'static str,
}

/// Told which stage is how far, 0 to 1; `false` stops the run.
pub type Watch<'a> = &'a (dyn Fn(&'static str, f32) -> bool + Sync);

/// Clusters the skills.
///
/// # Errors
/// Cancelled, or vectors that can't be used.
pub fn cluster(input: &Input, settings: &Settings, watch: Watch) -> Result<Output, Failure> {
    let matrix = Matrix::new(&input.vectors, input.dimension)?;
    let before = input.before.as_ref();
    let old: FxHashMap<&str, &Placed> =
        before.iter().flat_map(|before| &before.placed).map(|placed| (placed.skill_text.as_str(), placed)).collect();
    let params = settings.params(places(input, &old));
    let made =
        run(matrix, &params, &|stage, done| watch(if stage == Stage::Reduce { "reduce" } else { "cluster" }, done))?;
    told(watch, "label", 0.0)?;
    let labels = &made.clusters.labels;
    let members = members(labels, made.clusters.count());
    let taxonomy = Taxonomy::new(&input.concepts);
    let named = name(&input.points, &members, &taxonomy, &input.titles);
    let (group_of, group_names) = grouped(input, matrix, labels, &members, &taxonomy);
    told(watch, "score", 0.0)?;
    let silhouette = scores::silhouette(matrix, labels, params.umap.metric);
    let scores = score(&made, matrix, &params, settings, silhouette.as_ref().map(|found| found.mean), watch)?;
    let cohesion = scores::cohesion(matrix, labels);
    let history = history(input, labels, &old, before);
    let mut clusters = Vec::with_capacity(members.len() + 1);
    for (number, (rows, named)) in members.iter().zip(named).enumerate() {
        let Named { label, title_words, job_count } = named;
        let group = &group_names[group_of[number]];
        let (area_id, color, change) = &history[number];
        clusters.push(Cluster {
            cluster_id: Uuid::now_v7(),
            cluster_number: number as i32,
            label_en: label.en,
            label_es: label.es,
            skill_texts: rows.iter().map(|row| input.points[*row].skill_text.clone()).collect(),
            size: rows.len() as i32,
            cohesion_score: cohesion.get(number).copied(),
            area_id: Some(*area_id),
            color: *color,
            group_number: group_of[number] as i32,
            group_label_en: group.en.clone(),
            group_label_es: group.es.clone(),
            job_count: job_count as i32,
            title_words,
            cluster_silhouette: silhouette.as_ref().and_then(|found| found.clusters.get(number).copied()),
            change: change.to_string(),
        });
    }
    clusters.extend(noise(input, labels));
    let points = input.points.iter().enumerate().map(|(row, point)| MapPoint {
        skill_text: point.skill_text.clone(),
        x: made.map[2 * row],
        y: made.map[2 * row + 1],
        cluster_number: labels[row],
        probability: made.clusters.probabilities[row],
        job_count: i32::try_from(point.job_count).unwrap_or(i32::MAX),
        skill_id: point.skill_id.clone(),
        name_es: point.name_es.clone(),
        outlier_score: made.clusters.outlier_scores[row],
    });
    Ok(Output { clusters, points: points.collect(), scores })
}

fn told(watch: Watch, stage: &'static str, done: f32) -> Result<(), Failure> {
    if watch(stage, done) { Ok(()) } else { Err(Failure::Cancelled) }
}

/// Where the run before had the skills; none where it had too few of them to be a start.
fn places(input: &Input, old: &FxHashMap<&str, &Placed>) -> Option<Vec<f32>> {
    let place = |point: &Point| old.get(point.skill_text.as_str()).map_or([f32::NAN; 2], |placed| [placed.x, placed.y]);
    let places: Vec<f32> = input.points.iter().flat_map(place).collect();
    let known = places.iter().filter(|value| value.is_finite()).count() / 2;
    (known * 2 >= input.points.len().max(1)).then_some(places)
}

/// Rows of each cluster; rows are by ads, so these are too.
fn members(labels: &[i32], count: usize) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); count];
    for (row, &label) in labels.iter().enumerate().filter(|(_, label)| **label >= 0) {
        members[label as usize].push(row);
    }
    members
}

/// The group of each cluster, and the names of the groups.
fn grouped(
    input: &Input,
    matrix: Matrix,
    labels: &[i32],
    members: &[Vec<usize>],
    taxonomy: &Taxonomy,
) -> (Vec<usize>, Vec<Label>) {
    let mut centres = vec![vec![0f64; matrix.columns()]; members.len()];
    for (row, &label) in labels.iter().enumerate().filter(|(_, label)| **label >= 0) {
        centres[label as usize].iter_mut().zip(matrix.row(row)).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let sizes: Vec<usize> = members.iter().map(Vec::len).collect();
    let group_of = groups(&centres, &sizes, None);
    let mut rows = vec![Vec::new(); group_of.iter().map(|group| group + 1).max().unwrap_or(0)];
    for (group, members) in group_of.iter().zip(members) {
        rows[*group].extend(members);
    }
    rows.iter_mut().for_each(|rows| rows.sort_unstable());
    let names = name(&input.points, &rows, taxonomy, &[]).into_iter().map(|named| named.label).collect();
    (group_of, names)
}

fn score(
    made: &Clustering,
    matrix: Matrix,
    params: &Params,
    settings: &Settings,
    silhouette: Option<f64>,
    watch: Watch,
) -> Result<Scores, Failure> {
    let labels = &made.clusters.labels;
    let space = Matrix::new(&made.space.0, made.space.1)?;
    let runs = settings.stability_runs();
    let steps = 2 * runs + 1;
    // As the run itself, but from the beginning: a start from known places would flatter it.
    let fresh = |seed: usize| Params {
        umap: UmapParams {
            init: Init::Spectral,
            random_state: params.umap.random_state.wrapping_add(seed as u64),
            ..params.umap.clone()
        },
        ..params.clone()
    };
    let again = |points: Matrix, seed: usize, step: usize| {
        let from = step as f32 / steps as f32;
        run(points, &fresh(seed), &|_, done| watch("score", from + done / steps as f32 * 0.5))
    };
    let mut seeds = vec![labels.clone()];
    let mut parts = Vec::new();
    for at in 1..=runs {
        seeds.push(again(matrix, at, at)?.clusters.labels);
        let rows = scores::resample(matrix.rows(), PART, at as u64);
        let values: Vec<f32> = rows.iter().flat_map(|row| matrix.row(*row as usize)).copied().collect();
        let part = again(Matrix::new(&values, matrix.columns())?, 0, runs + at)?.clusters.labels;
        let same: Vec<i32> = rows.iter().map(|row| labels[*row as usize]).collect();
        parts.push(scores::adjusted_rand_index(&part, &same));
    }
    told(watch, "score", (steps - 1) as f32 / steps as f32)?;
    Ok(Scores {
        n_clusters: made.clusters.count(),
        n_noise: made.clusters.noise(),
        silhouette,
        davies_bouldin: scores::davies_bouldin(matrix, labels),
        dbcv: scores::dbcv(space, labels),
        seed_stability: scores::pairwise_ari(&seeds),
        resample_stability: (!parts.is_empty()).then(|| parts.iter().sum::<f64>() / parts.len() as f64),
        min_cluster_size: made.min_cluster_size,
        selection: match made.selection {
            observatory_clustering::hdbscan::Selection::Eom => "eom",
            observatory_clustering::hdbscan::Selection::Leaf => "leaf",
        },
    })
}

/// For each cluster its area, colour, and what became of it.
fn history(
    input: &Input,
    labels: &[i32],
    old: &FxHashMap<&str, &Placed>,
    before: Option<&Before>,
) -> Vec<(Uuid, i32, &'static str)> {
    let count = labels.iter().map(|label| label + 1).max().unwrap_or(0) as usize;
    let new: FxHashMap<&str, i32> =
        input.points.iter().zip(labels).map(|(point, label)| (point.skill_text.as_str(), *label)).collect();
    let changes = compare(old.values().map(|placed| (placed.skill_text.as_str(), placed.cluster_number)), &new);
    let areas: BTreeMap<usize, (Uuid, i32)> = before
        .iter()
        .flat_map(|before| &before.clusters)
        .filter_map(|cluster| Some((usize::try_from(cluster.cluster_number).ok()?, (cluster.area_id?, cluster.color))))
        .collect();
    let mut history: Vec<Option<(Uuid, i32, &'static str)>> = vec![None; count];
    for change in &changes {
        let (Some(number), fate) = (change.new, change.fate) else { continue };
        let kept = change.old.filter(|_| fate == Fate::Continued).and_then(|old| areas.get(&old));
        match kept {
            Some((area, color)) => history[number] = Some((*area, *color, fate_name(Fate::Continued))),
            // What continues one and swallowed another is told as continued.
            None if history[number].is_none() => history[number] = Some((Uuid::now_v7(), -1, fate_name(fate))),
            None => {}
        }
    }
    let mut used = [0usize; COLORS as usize];
    history.iter().flatten().filter(|area| area.1 >= 0).for_each(|area| used[area.1 as usize % used.len()] += 1);
    history
        .into_iter()
        .map(|area| {
            let (area, color, change) = area.unwrap_or((Uuid::now_v7(), -1, fate_name(Fate::Born)));
            if color >= 0 {
                return (area, color, change);
            }
            let least = (0..used.len()).min_by_key(|color| used[*color]).unwrap_or(0);
            used[least] += 1;
            (area, least as i32, change)
        })
        .collect()
}

/// Compares two runs by their skills.
fn compare<'a>(old: impl Iterator<Item = (&'a str, i32)>, new: &FxHashMap<&'a str, i32>) -> Vec<Change> {
    let mut items: BTreeMap<&str, (Option<i32>, Option<i32>)> = BTreeMap::new();
    old.for_each(|(skill, label)| items.entry(skill).or_default().0 = Some(label));
    new.iter().for_each(|(skill, label)| items.entry(*skill).or_default().1 = Some(*label));
    lineage::compare(&items.into_values().collect::<Vec<_>>())
}

fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Continued => "continued",
        Fate::Split => "split",
        Fate::Merged => "merged",
        Fate::Born => "born",
        Fate::Gone => "gone",
    }
}

fn noise(input: &Input, labels: &[i32]) -> Option<Cluster> {
    let rows: Vec<usize> = (0..labels.len()).filter(|row| labels[*row] < 0).collect();
    (!rows.is_empty()).then(|| Cluster {
        cluster_id: Uuid::now_v7(),
        cluster_number: -1,
        label_en: "In no cluster".into(),
        label_es: "En ningún grupo".into(),
        skill_texts: rows.iter().map(|row| input.points[*row].skill_text.clone()).collect(),
        size: rows.len() as i32,
        cohesion_score: None,
        area_id: None,
        color: -1,
        group_number: -1,
        group_label_en: String::new(),
        group_label_es: String::new(),
        job_count: 0,
        title_words: Vec::new(),
        cluster_silhouette: None,
        change: "continued".into(),
    })
}

#[cfg(test)]
mod tests {
    use observatory_proto::clusterer::ClusterSkillsRequest;

    use super::*;

    /// `groups` directions, `each` skills around them; the first letters tell the group.
    fn input(groups: usize, each: usize, seed: u64) -> Input {
        let mut state = seed;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32 / (1 << 24) as f32) - 0.5
        };
        let dimension = 16;
        let centres: Vec<f32> = (0..groups * dimension).map(|_| random()).collect();
        let mut points = Vec::new();
        let mut vectors = Vec::new();
        for at in 0..groups * each {
            points.push(Point {
                skill_text: format!("g{:02}-{}", at % groups, at / groups),
                job_count: (groups * each - at) as i64,
                skill_id: String::new(),
                concept_uri: String::new(),
                name_es: String::new(),
            });
            vectors.extend(centres[at % groups * dimension..][..dimension].iter().map(|value| value + 0.25 * random()));
        }
        Input { points, vectors, dimension, titles: Vec::new(), concepts: Vec::new(), before: None }
    }

    fn before(output: &Output) -> Before {
        let placed = output.points.iter().map(|point| Placed {
            skill_text: point.skill_text.clone(),
            x: point.x,
            y: point.y,
            cluster_number: point.cluster_number,
        });
        Before { placed: placed.collect(), clusters: output.clusters.clone() }
    }

    #[test]
    fn areas_keep_their_id_and_colour_when_the_data_grows_by_a_tenth() {
        let settings = Settings::of(ClusterSkillsRequest { stability_runs: 1, ..Default::default() }).unwrap();
        let whole = input(24, 22, 1);
        let first_rows = whole.points.len() * 10 / 11;
        let first = Input {
            points: whole.points[..first_rows].to_vec(),
            vectors: whole.vectors[..first_rows * whole.dimension].to_vec(),
            titles: Vec::new(),
            concepts: Vec::new(),
            ..input(1, 1, 1)
        };
        let old = cluster(&first, &settings, &|_, _| true).unwrap();
        assert!(old.scores.n_clusters >= 20, "{:?}", old.scores);
        assert!(old.clusters.iter().all(|cluster| cluster.cluster_number < 0 || cluster.change == "born"));
        let new = cluster(&Input { before: Some(before(&old)), ..whole }, &settings, &|_, _| true).unwrap();
        let kept = old
            .clusters
            .iter()
            .filter(|old| old.area_id.is_some())
            .filter(|old| new.clusters.iter().any(|new| new.area_id == old.area_id && new.color == old.color))
            .count();
        assert!(kept * 10 >= old.scores.n_clusters * 9, "{kept} of {}", old.scores.n_clusters);
        assert!(new.scores.seed_stability.unwrap() > 0.8, "{:?}", new.scores);
        let labels: std::collections::HashSet<_> = new.clusters.iter().map(|cluster| &cluster.label_es).collect();
        assert_eq!(labels.len(), new.clusters.len(), "no two names are alike");
    }

    #[test]
    fn a_stopped_run_says_so() {
        let settings = Settings::of(ClusterSkillsRequest::default()).unwrap();
        let stopped = cluster(&input(5, 10, 2), &settings, &|stage, _| stage != "score");
        assert!(matches!(stopped, Err(Failure::Cancelled)));
    }
}
