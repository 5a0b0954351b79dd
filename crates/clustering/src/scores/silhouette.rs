//! The silhouette (Rousseeuw 1987): how much nearer points are to their own cluster than to the next one.

use rayon::prelude::*;

use super::count;
use crate::{
    Matrix,
    blocks::{self, BLOCK, products},
    knn::Metric,
};

/// Up to this many columns distances are taken in doubles, one by one.
const NARROW: usize = 24;

/// Silhouettes of points and clusters, -1 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Silhouette {
    /// Mean over the points in clusters.
    pub mean: f64,
    /// Mean over the points of each cluster.
    pub clusters: Vec<f64>,
}

/// None for fewer than two clusters. A point alone in its cluster has 0.
pub fn silhouette(points: Matrix, labels: &[i32], metric: Metric) -> Option<Silhouette> {
    let rows: Vec<usize> = (0..points.rows()).filter(|row| labels[*row] >= 0).collect();
    let mut sizes = vec![0usize; count(labels)];
    rows.iter().for_each(|row| sizes[labels[*row] as usize] += 1);
    if sizes.iter().filter(|size| **size > 0).count() < 2 {
        return None;
    }
    // By cluster: the sums of a row's distances are then sums over ranges.
    let mut order = rows;
    order.sort_by_key(|row| (labels[*row], *row));
    let values: Vec<f32> = order.iter().flat_map(|row| points.row(*row)).copied().collect();
    let own: Vec<usize> = order.iter().map(|row| labels[*row] as usize).collect();
    let columns = points.columns();
    let values = match metric {
        Metric::Cosine => blocks::normalised(&values, columns),
        Metric::Euclidean => blocks::centred(&values, columns),
    };
    let each = match metric {
        Metric::Cosine => by_sums(&values, columns, &own, &sizes),
        Metric::Euclidean => by_distances(&values, columns, &own, &sizes),
    };
    let mut clusters = vec![0f64; sizes.len()];
    own.iter().zip(&each).for_each(|(own, value)| clusters[*own] += value / sizes[*own] as f64);
    Some(Silhouette { mean: each.iter().sum::<f64>() / each.len() as f64, clusters })
}

/// From the sums of a point's distances to each cluster.
fn value(sums: &[f64], own: usize, sizes: &[usize]) -> f64 {
    if sizes[own] < 2 {
        return 0.0;
    }
    let inside = sums[own] / (sizes[own] - 1) as f64;
    let next = (0..sizes.len())
        .filter(|cluster| *cluster != own && sizes[*cluster] > 0)
        .map(|cluster| sums[cluster] / sizes[cluster] as f64)
        .fold(f64::INFINITY, f64::min);
    let greatest = inside.max(next);
    if greatest > 0.0 { (next - inside) / greatest } else { 0.0 }
}

/// Cosine distances sum up to the size less the product with the sum: no pair is compared.
fn by_sums(values: &[f32], columns: usize, own: &[usize], sizes: &[usize]) -> Vec<f64> {
    let mut sums = vec![vec![0f64; columns]; sizes.len()];
    for (row, own) in values.chunks(columns).zip(own) {
        sums[*own].iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    values
        .par_chunks(columns)
        .zip(own)
        .map(|(row, own)| {
            let distance = |sum: &Vec<f64>, size: usize| {
                size as f64 - row.iter().zip(sum).map(|(a, b)| f64::from(*a) * b).sum::<f64>()
            };
            let to: Vec<f64> = sums.iter().zip(sizes).map(|(sum, size)| distance(sum, *size)).collect();
            value(&to, *own, sizes)
        })
        .collect()
}

fn by_distances(values: &[f32], columns: usize, own: &[usize], sizes: &[usize]) -> Vec<f64> {
    let starts: Vec<usize> = sizes
        .iter()
        .scan(0, |at, size| {
            *at += size;
            Some(*at - size)
        })
        .collect();
    let lengths: Vec<f64> = values.par_chunks(columns).map(|row| blocks::dot(row, row)).collect();
    let rows = own.len();
    let blocks: Vec<usize> = (0..rows).step_by(BLOCK).collect();
    blocks
        .par_iter()
        .with_max_len(1)
        .flat_map_iter(|&from| {
            let to = (from + BLOCK).min(rows);
            let mut sums = vec![0f64; (to - from) * sizes.len()];
            let mut scores = vec![0f32; BLOCK * BLOCK];
            for other in (0..rows).step_by(BLOCK) {
                let end = (other + BLOCK).min(rows);
                let theirs = &values[other * columns..end * columns];
                if columns > NARROW {
                    products(&values[from * columns..to * columns], theirs, columns, &mut scores);
                }
                for row in from..to {
                    let mine = &values[row * columns..(row + 1) * columns];
                    let sums = &mut sums[(row - from) * sizes.len()..][..sizes.len()];
                    let scores = &scores[(row - from) * (end - other)..];
                    let exact = |at: usize| blocks::squared(mine, &theirs[at * columns..(at + 1) * columns]);
                    let nearly = |at: usize| {
                        let both = lengths[row] + lengths[other + at];
                        let squared = both - 2.0 * f64::from(scores[at]);
                        // Near ones lose digits in the product.
                        if squared < 1e-3 * both { exact(at) } else { squared }
                    };
                    let mut at = 0;
                    while at < end - other {
                        let cluster = own[other + at];
                        let stop = (starts[cluster] + sizes[cluster]).min(end) - other;
                        let sum: f64 = if columns > NARROW {
                            (at..stop).map(|at| nearly(at).sqrt()).sum()
                        } else {
                            (at..stop).map(|at| exact(at).sqrt()).sum()
                        };
                        sums[cluster] += sum;
                        at = stop;
                    }
                }
            }
            let values: Vec<f64> = (from..to)
                .map(|row| value(&sums[(row - from) * sizes.len()..][..sizes.len()], own[row], sizes))
                .collect();
            values
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn naive(points: Matrix, labels: &[i32], metric: Metric) -> f64 {
        let values = blocks::normalised(points.values(), points.columns());
        let unit = Matrix::new(&values, points.columns()).unwrap();
        let distance = |a: usize, b: usize| match metric {
            Metric::Euclidean => blocks::squared(points.row(a), points.row(b)).sqrt(),
            Metric::Cosine => 1.0 - blocks::dot(unit.row(a), unit.row(b)),
        };
        let inside: Vec<usize> = (0..points.rows()).filter(|row| labels[*row] >= 0).collect();
        let mean = |row: usize, cluster: i32| {
            let others: Vec<usize> =
                inside.iter().copied().filter(|other| *other != row && labels[*other] == cluster).collect();
            others.iter().map(|other| distance(row, *other)).sum::<f64>() / others.len() as f64
        };
        let all: f64 = inside
            .iter()
            .map(|&row| {
                let own = mean(row, labels[row]);
                let next = (0..count(labels) as i32)
                    .filter(|cluster| *cluster != labels[row])
                    .map(|cluster| mean(row, cluster))
                    .fold(f64::INFINITY, f64::min);
                (next - own) / own.max(next)
            })
            .sum();
        all / inside.len() as f64
    }

    #[test]
    fn equals_the_naive_one_to_seven_digits() {
        let mut random = Random::new(5);
        for (rows, columns) in [(300, 3), (700, 40)] {
            let labels: Vec<i32> = (0..rows).map(|row| (row % 5) as i32 - 1).collect();
            let values: Vec<f32> = (0..rows * columns)
                .map(|at| {
                    2.0 + random.normal() + if at % columns == 0 { 2.0 * labels[at / columns] as f32 } else { 0.0 }
                })
                .collect();
            let points = Matrix::new(&values, columns).unwrap();
            for metric in [Metric::Euclidean, Metric::Cosine] {
                let ours = silhouette(points, &labels, metric).unwrap();
                let naive = naive(points, &labels, metric);
                assert!((ours.mean - naive).abs() < 1e-7, "{columns} {metric:?}: {} for {naive}", ours.mean);
                assert_eq!(ours.clusters.len(), 4);
            }
        }
        assert_eq!(silhouette(Matrix::new(&[1.0, 2.0], 1).unwrap(), &[0, -1], Metric::Euclidean), None);
    }
}
