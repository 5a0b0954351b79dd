//! Approximate neighbours of many points: a start by inverted lists (each point is compared with the points of the
//! lists nearest to it, by blocked products), then rounds of NN-descent (Dong, Moses, Li 2011): a neighbour of a
//! neighbour is likely to be one.

use rayon::prelude::*;

use super::{Prepared, Seen, exact::Watch, insert};
use crate::{
    Error, Progress,
    blocks::{BLOCK, products},
    random::Random,
};

/// Lists that each list is compared with, itself among them.
const PROBES: usize = 10;
/// Rounds of NN-descent; each looks only at who changed.
const ROUNDS: usize = 3;
/// Points of a list before it is cut: bounds the blocks.
const LONGEST: usize = 2_048;
/// Reverse neighbours that a round looks at.
const REVERSE: usize = 12;

/// The `k` best others of each point, nearly.
pub(super) fn all(points: &Prepared, k: usize, seed: u64, progress: Progress) -> Result<Vec<u32>, Error> {
    let lists = lists(points, seed);
    let mut best = start(points, &lists, k, &|share| progress(share * 0.7))?;
    let mut changed = vec![true; points.rows()];
    for round in 0..ROUNDS {
        let share = |done: f32| progress(0.7 + 0.3 * (round as f32 + done) / ROUNDS as f32);
        let news;
        (best, news) = descend(points, &best, &changed, k, &share)?;
        if news.iter().filter(|news| **news).count() * 1_000 < points.rows() {
            break;
        }
        changed = news;
    }
    Ok(best.into_iter().map(|seen| seen.index).collect())
}

/// Points by the pivot that is nearest to them.
struct Lists {
    members: Vec<Vec<u32>>,
    /// Which lists a list's points are sought in.
    near: Vec<Vec<u32>>,
}

fn lists(points: &Prepared, seed: u64) -> Lists {
    let rows = points.rows();
    let mut random = Random::new(seed);
    let count = ((rows as f64).sqrt() as usize).clamp(1, rows);
    let pivots = random.sample(rows, count);
    let values: Vec<f32> = pivots.iter().flat_map(|&pivot| points.row(pivot as usize)).copied().collect();
    let halves: Vec<f32> = pivots.iter().map(|&pivot| points.halves[pivot as usize]).collect();
    let nearest = |from: usize, to: usize, k: usize| -> Vec<Seen> {
        let mut scores = vec![0f32; (to - from) * count];
        products(points.range(from, to), &values, points.columns, &mut scores);
        let mut best = vec![Seen::NONE; (to - from) * k];
        for (scores, best) in scores.chunks(count).zip(best.chunks_mut(k)) {
            for (index, (score, half)) in scores.iter().zip(&halves).enumerate() {
                insert(best, Seen { score: score - half, index: index as u32 });
            }
        }
        best
    };
    let starts: Vec<usize> = (0..rows).step_by(BLOCK).collect();
    let own: Vec<Seen> = starts.par_iter().flat_map_iter(|&from| nearest(from, (from + BLOCK).min(rows), 1)).collect();
    let mut members = vec![Vec::new(); count];
    for (point, own) in own.iter().enumerate() {
        members[own.index as usize].push(point as u32);
    }
    let probes = PROBES.min(count);
    let near = pivots
        .par_iter()
        .map(|&pivot| nearest(pivot as usize, pivot as usize + 1, probes).iter().map(|seen| seen.index).collect())
        .collect();
    Lists { members, near }
}

/// Compares the points of each list with those of the lists near it.
fn start(points: &Prepared, lists: &Lists, k: usize, progress: Progress) -> Result<Vec<Seen>, Error> {
    let watch = Watch::new(lists.members.len(), progress);
    let gather = |members: &[u32]| -> Vec<f32> {
        members.iter().flat_map(|&member| points.row(member as usize)).copied().collect()
    };
    let found: Vec<Vec<Seen>> = lists
        .members
        .par_iter()
        .zip(&lists.near)
        .with_max_len(1)
        .map(|(mine, near)| {
            let mut best = vec![Seen::NONE; mine.len() * k];
            if watch.stopped() {
                return best;
            }
            let values = gather(mine);
            let mut scores = Vec::new();
            for others in near.iter().flat_map(|list| lists.members[*list as usize].chunks(LONGEST)) {
                let theirs = gather(others);
                for (part, first) in values.chunks(LONGEST * points.columns).zip((0..).step_by(LONGEST)) {
                    let rows = part.len() / points.columns;
                    scores.resize(rows * others.len(), 0.0);
                    products(part, &theirs, points.columns, &mut scores);
                    for (row, scores) in scores.chunks(others.len()).enumerate() {
                        let at = first + row;
                        take(points, scores, others, mine[at], &mut best[at * k..(at + 1) * k]);
                    }
                }
            }
            watch.done();
            best
        })
        .collect();
    watch.end()?;
    let mut best = vec![Seen::NONE; points.rows() * k];
    for (members, found) in lists.members.iter().zip(found) {
        for (&member, found) in members.iter().zip(found.chunks(k)) {
            best[member as usize * k..(member as usize + 1) * k].copy_from_slice(found);
        }
    }
    Ok(best)
}

#[inline]
fn take(points: &Prepared, scores: &[f32], others: &[u32], me: u32, best: &mut [Seen]) {
    let mut bar = best[best.len() - 1].score;
    for (score, &index) in scores.iter().zip(others) {
        let score = score - points.halves[index as usize];
        if score >= bar && index != me {
            insert(best, Seen { score, index });
            bar = best[best.len() - 1].score;
        }
    }
}

/// One round: who is near a neighbour is compared. All read the lists of the round before.
fn descend(
    points: &Prepared,
    best: &[Seen],
    changed: &[bool],
    k: usize,
    progress: Progress,
) -> Result<(Vec<Seen>, Vec<bool>), Error> {
    let rows = points.rows();
    let reverse = reverse(best, rows, k);
    let watch = Watch::new(rows.div_ceil(BLOCK), progress);
    let parts: Vec<(Vec<Seen>, Vec<bool>)> = (0..rows.div_ceil(BLOCK))
        .into_par_iter()
        .map(|block| {
            let range = block * BLOCK..((block + 1) * BLOCK).min(rows);
            let mut out = best[range.start * k..range.end * k].to_vec();
            let mut news = vec![false; range.len()];
            let mut candidates = Vec::new();
            for (at, me) in range.enumerate() {
                if watch.stopped() {
                    break;
                }
                candidates.clear();
                let mine = &best[me * k..(me + 1) * k];
                let near = mine.iter().map(|seen| seen.index).chain(reverse[me].iter().copied());
                for other in near.filter(|other| *other != u32::MAX && (changed[*other as usize] || changed[me])) {
                    candidates.extend(best[other as usize * k..][..k].iter().map(|seen| seen.index));
                    candidates.push(other);
                }
                candidates.sort_unstable();
                candidates.dedup();
                let out = &mut out[at * k..(at + 1) * k];
                for &index in &candidates {
                    if index == me as u32 || index == u32::MAX || mine.iter().any(|seen| seen.index == index) {
                        continue;
                    }
                    let (a, b) = (points.row(me), points.row(index as usize));
                    let new = Seen { score: product(a, b) - points.halves[index as usize], index };
                    // Scores of blocks may differ from these in the last digit; who is known stays out above.
                    if new.better(out[k - 1]) {
                        insert(out, new);
                        news[at] = true;
                    }
                }
            }
            watch.done();
            (out, news)
        })
        .collect();
    watch.end()?;
    let (best, news): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    Ok((best.concat(), news.concat()))
}

/// Who names a point, at most [`REVERSE`], in order.
fn reverse(best: &[Seen], rows: usize, k: usize) -> Vec<Vec<u32>> {
    let mut reverse = vec![Vec::new(); rows];
    for (at, seen) in best.iter().enumerate() {
        if let Some(of) = reverse.get_mut(seen.index as usize)
            && of.len() < REVERSE
        {
            of.push((at / k) as u32);
        }
    }
    reverse
}

fn product(a: &[f32], b: &[f32]) -> f32 {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            const LANES: usize = 32;
            let mut sums = [0f32; LANES];
            let (whole_a, rest_a) = a.as_chunks::<LANES>();
            let (whole_b, rest_b) = b.as_chunks::<LANES>();
            for (a, b) in whole_a.iter().zip(whole_b) {
                for lane in 0..LANES {
                    sums[lane] += a[lane] * b[lane];
                }
            }
            sums.iter().sum::<f32>() + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f32>()
        },
    )
}
