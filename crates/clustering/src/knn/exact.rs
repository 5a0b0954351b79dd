//! Every pair compared, in blocks; a block of products serves its rows and its columns.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use rayon::prelude::*;

use super::{Prepared, Seen, insert};
use crate::{
    Error, Progress,
    blocks::{BLOCK, products},
};

/// The `k` best others of each point.
pub(super) fn all(points: &Prepared, k: usize, progress: Progress) -> Result<Vec<u32>, Error> {
    let rows = points.rows();
    let count = rows.div_ceil(BLOCK);
    let best: Vec<Mutex<Vec<Seen>>> =
        (0..count).map(|block| Mutex::new(vec![Seen::NONE; k * (rows - block * BLOCK).min(BLOCK)])).collect();
    let pairs: Vec<(usize, usize)> = (0..count).flat_map(|a| (a..count).map(move |b| (a, b))).collect();
    let watch = Watch::new(pairs.len(), progress);
    pairs.par_iter().with_max_len(1).for_each_init(
        || (vec![0f32; BLOCK * BLOCK], vec![0f32; BLOCK * BLOCK]),
        |(scores, turned), &(a, b)| {
            if watch.stopped() {
                return;
            }
            let (from_a, from_b) = (a * BLOCK, b * BLOCK);
            let (to_a, to_b) = ((from_a + BLOCK).min(rows), (from_b + BLOCK).min(rows));
            let (in_a, in_b) = (to_a - from_a, to_b - from_b);
            products(points.range(from_a, to_a), points.range(from_b, to_b), points.columns, scores);
            if a != b {
                turn(scores, in_a, in_b, turned);
                scan(points, turned, from_b, in_a, from_a, k, &mut best[b].lock().unwrap_or_else(|e| e.into_inner()));
            }
            scan(points, scores, from_a, in_b, from_b, k, &mut best[a].lock().unwrap_or_else(|e| e.into_inner()));
            watch.done();
        },
    );
    watch.end()?;
    let best = best.into_iter().flat_map(|block| block.into_inner().unwrap_or_else(|e| e.into_inner()));
    Ok(best.map(|seen| seen.index).collect())
}

/// The `k` best of the first `old` points for each of the others.
pub(super) fn between(points: &Prepared, old: usize, k: usize, progress: Progress) -> Result<Vec<u32>, Error> {
    let (rows, columns) = (points.rows(), points.columns);
    let starts: Vec<usize> = (old..rows).step_by(BLOCK).collect();
    let watch = Watch::new(starts.len(), progress);
    let best: Vec<Vec<Seen>> = starts
        .par_iter()
        .with_max_len(1)
        .map(|&from| {
            let to = (from + BLOCK).min(rows);
            let mut best = vec![Seen::NONE; (to - from) * k];
            let mut scores = vec![0f32; BLOCK * BLOCK];
            for other in (0..old).step_by(BLOCK) {
                if watch.stopped() {
                    break;
                }
                let end = (other + BLOCK).min(old);
                products(points.range(from, to), points.range(other, end), columns, &mut scores);
                scan(points, &scores, from, end - other, other, k, &mut best);
            }
            watch.done();
            best
        })
        .collect();
    watch.end()?;
    Ok(best.into_iter().flatten().map(|seen| seen.index).collect())
}

/// Looks for better ones in a block: its rows start at point `first`, its columns at point `base`.
fn scan(points: &Prepared, scores: &[f32], first: usize, columns: usize, base: usize, k: usize, best: &mut [Seen]) {
    let halves = &points.halves[base..base + columns];
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            for (row, best) in best.chunks_exact_mut(k).enumerate() {
                scan_row(&scores[row * columns..(row + 1) * columns], halves, first + row, base, best);
            }
        },
    );
}

#[inline(always)]
fn scan_row(scores: &[f32], halves: &[f32], me: usize, base: usize, best: &mut [Seen]) {
    const STEP: usize = 32;
    let mut bar = best[best.len() - 1].score;
    for (step, (scores, halves)) in scores.chunks(STEP).zip(halves.chunks(STEP)).enumerate() {
        // Most chunks hold nothing: one comparison of all, without a branch each.
        let any = scores.iter().zip(halves).fold(false, |any, (score, half)| any | (*score - *half >= bar));
        if !any {
            continue;
        }
        for (at, (score, half)) in scores.iter().zip(halves).enumerate() {
            let index = base + step * STEP + at;
            if *score - *half >= bar && index != me {
                insert(best, Seen { score: *score - *half, index: index as u32 });
                bar = best[best.len() - 1].score;
            }
        }
    }
}

/// Rows become columns, in tiles that stay in the cache.
fn turn(from: &[f32], rows: usize, columns: usize, to: &mut [f32]) {
    const TILE: usize = 16;
    for r in (0..rows).step_by(TILE) {
        for c in (0..columns).step_by(TILE) {
            for row in r..(r + TILE).min(rows) {
                for column in c..(c + TILE).min(columns) {
                    to[column * rows + row] = from[row * columns + column];
                }
            }
        }
    }
}

/// Progress of parallel work.
pub(crate) struct Watch<'a> {
    progress: Progress<'a>,
    total: usize,
    done: AtomicUsize,
    stopped: AtomicBool,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(total: usize, progress: Progress<'a>) -> Self {
        Self { progress, total: total.max(1), done: AtomicUsize::new(0), stopped: AtomicBool::new(false) }
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(crate) fn done(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if !(self.progress)(done as f32 / self.total as f32) {
            self.stopped.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn end(self) -> Result<(), Error> {
        if self.stopped() { Err(Error::Cancelled) } else { Ok(()) }
    }
}
