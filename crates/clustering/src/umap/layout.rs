//! The layout: neighbours pull, random others push (section 3.2 of the paper).
//!
//! Points are moved epoch by epoch. Each reads where the others stood at the epoch's start and moves only itself, so
//! that threads can't disturb each other and the picture depends on the seed alone. Sets of few points are moved one
//! after the other, both ends of an edge at once, as the paper has it: there the frozen others would be felt.

use rayon::prelude::*;

use super::graph::Graph;
use crate::{Error, Progress, random::Random, tell};

/// Points that one task moves; random numbers are drawn by it.
const PART: usize = 256;
/// Up to this many points one after the other.
const FEW: usize = 1_500;
/// Forces of one step: one pulls, up to seven push.
const LANES: usize = 8;

/// How a layout is made.
pub(super) struct Rounds {
    pub epochs: usize,
    pub curve: (f32, f32),
    pub negatives: usize,
    pub step: f32,
    pub seed: u64,
    /// The first so many points stay where they are.
    pub fixed: usize,
}

/// When an edge is due again, and its pushes.
#[derive(Clone, Copy)]
struct Due {
    every: f32,
    next: f32,
    next_push: f32,
}

/// Edges strong enough to be seen at least once.
struct Edges {
    starts: Vec<usize>,
    ends: Vec<u32>,
    due: Vec<Due>,
}

impl Edges {
    fn new(graph: &Graph, rounds: &Rounds) -> Self {
        let greatest = graph.weights.iter().copied().fold(0f32, f32::max);
        let least = greatest / rounds.epochs.max(1) as f32;
        let mut edges = Self { starts: vec![0], ends: Vec::new(), due: Vec::new() };
        for point in 0..graph.len() {
            for (other, weight) in graph.of(point).filter(|edge| edge.1 >= least) {
                let every = greatest / weight;
                edges.ends.push(other);
                edges.due.push(Due { every, next: every, next_push: every / rounds.negatives as f32 });
            }
            edges.starts.push(edges.ends.len());
        }
        edges
    }
}

/// Moves the points.
pub(super) fn run(
    graph: &Graph,
    n_components: usize,
    coordinates: &mut [f32],
    rounds: &Rounds,
    progress: Progress,
) -> Result<(), Error> {
    // Dimensions more than asked for stay zero: nothing pulls along them.
    macro_rules! of {
        ($($dims:literal)*) => {
            match n_components {
                $(..=$dims => padded::<$dims>(graph, n_components, coordinates, rounds, progress),)*
                _ => padded::<128>(graph, n_components, coordinates, rounds, progress),
            }
        };
    }
    of!(2 3 4 5 6 8 10 12 16 32 64)
}

fn padded<const D: usize>(
    graph: &Graph,
    n_components: usize,
    coordinates: &mut [f32],
    rounds: &Rounds,
    progress: Progress,
) -> Result<(), Error> {
    let mut places: Vec<[f32; D]> = coordinates
        .chunks(n_components)
        .map(|from| std::array::from_fn(|at| from.get(at).copied().unwrap_or(0.0)))
        .collect();
    let mut edges = Edges::new(graph, rounds);
    for epoch in 0..rounds.epochs {
        let now = Epoch {
            epoch: epoch as f32,
            step: rounds.step * (1.0 - epoch as f32 / rounds.epochs as f32),
            seed: rounds.seed ^ ((epoch as u64) << 24),
            rounds,
        };
        if graph.len() <= FEW && rounds.fixed == 0 {
            one_by_one(&mut places, &mut edges, &now);
        } else {
            at_once(&mut places, &mut edges, &now);
        }
        tell(progress, (epoch + 1) as f32 / rounds.epochs as f32)?;
    }
    for (to, from) in coordinates.chunks_mut(n_components).zip(&places) {
        to.copy_from_slice(&from[..n_components]);
    }
    Ok(())
}

struct Epoch<'a> {
    epoch: f32,
    step: f32,
    seed: u64,
    rounds: &'a Rounds,
}

fn at_once<const D: usize>(places: &mut Vec<[f32; D]>, edges: &mut Edges, now: &Epoch) {
    let (starts, ends) = (&edges.starts, &edges.ends);
    // The edges' clocks by part, so that each task has its own.
    let mut rest = edges.due.as_mut_slice();
    let mut parts = Vec::with_capacity(places.len().div_ceil(PART));
    for from in (0..places.len()).step_by(PART) {
        let to = (from + PART).min(places.len());
        let (own, others) = std::mem::take(&mut rest).split_at_mut(starts[to] - starts[from]);
        parts.push((from, to, own));
        rest = others;
    }
    let before = &*places;
    let moved: Vec<Vec<[f32; D]>> = parts
        .into_par_iter()
        .with_max_len(1)
        .map(|(from, to, due)| {
            let mut random = Random::new(now.seed ^ from as u64);
            let mut out = before[from..to].to_vec();
            pulp::Arch::new().dispatch(
                #[inline(always)]
                || {
                    for point in from.max(now.rounds.fixed)..to {
                        let own = &mut due[starts[point] - starts[from]..starts[point + 1] - starts[from]];
                        let mut place = before[point];
                        for (due, &end) in own.iter_mut().zip(&ends[starts[point]..starts[point + 1]]) {
                            if let Some(pushes) = due_now(due, now) {
                                // The edge is due from its other end too, which pulls this point as much.
                                let pulls = if now.rounds.fixed == 0 { 2.0 } else { 1.0 };
                                let force = forces(before, place, point, end, pushes, pulls, &mut random, now);
                                for axis in 0..D {
                                    place[axis] += sum(&force[axis]);
                                }
                            }
                        }
                        out[point - from] = place;
                    }
                },
            );
            out
        })
        .collect();
    for (part, moved) in places.chunks_mut(PART).zip(&moved) {
        part.copy_from_slice(moved);
    }
}

fn one_by_one<const D: usize>(places: &mut [[f32; D]], edges: &mut Edges, now: &Epoch) {
    let mut random = Random::new(now.seed);
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            for point in 0..places.len() {
                let range = edges.starts[point]..edges.starts[point + 1];
                for (due, &end) in edges.due[range.clone()].iter_mut().zip(&edges.ends[range]) {
                    if let Some(pushes) = due_now(due, now) {
                        let force = forces(places, places[point], point, end, pushes, 1.0, &mut random, now);
                        for axis in 0..D {
                            places[point][axis] += sum(&force[axis]);
                            places[end as usize][axis] -= force[axis][0];
                        }
                    }
                }
            }
        },
    );
}

/// How many pushes an edge has now; none while it isn't due.
#[inline(always)]
fn due_now(due: &mut Due, now: &Epoch) -> Option<usize> {
    if due.next > now.epoch {
        return None;
    }
    due.next += due.every;
    let every = due.every / now.rounds.negatives as f32;
    let pushes = ((now.epoch - due.next_push) / every).max(0.0).floor();
    due.next_push += pushes * every;
    Some((pushes as usize).min(LANES - 1))
}

/// What pulls and pushes a point, by axis: lane 0 pulls towards `end`.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn forces<const D: usize>(
    places: &[[f32; D]],
    place: [f32; D],
    me: usize,
    end: u32,
    pushes: usize,
    pulls: f32,
    random: &mut Random,
    now: &Epoch,
) -> [[f32; LANES]; D] {
    let (a, b) = now.rounds.curve;
    let mut shares = [0f32; LANES];
    let mut from = [[0f32; LANES]; D];
    shares[0] = pulls * now.step;
    for axis in 0..D {
        from[axis][0] = place[axis] - places[end as usize][axis];
    }
    for lane in 1..LANES {
        // Drawn also where none is due: every step takes the same way through the processor.
        let other = random.below(places.len() as u32) as usize;
        shares[lane] = if lane <= pushes && other != me { now.step } else { 0.0 };
        for axis in 0..D {
            from[axis][lane] = place[axis] - places[other][axis];
        }
    }
    let mut squared = [0f32; LANES];
    for of in &from {
        for lane in 0..LANES {
            squared[lane] += of[lane] * of[lane];
        }
    }
    let mut pull = [0f32; LANES];
    pull[0] = -2.0 * a * b;
    let mut push = [2.0 * b; LANES];
    push[0] = 0.0;
    let mut apart = [0.001; LANES];
    apart[0] = 1e-12;
    let mut factors = [0f32; LANES];
    for lane in 0..LANES {
        let distance = squared[lane].max(1e-12);
        let power = power(distance, b);
        factors[lane] = (pull[lane] * power + push[lane]) / ((apart[lane] + distance) * (a * power + 1.0));
    }
    for of in &mut from {
        for lane in 0..LANES {
            of[lane] = (factors[lane] * of[lane]).clamp(-4.0, 4.0) * shares[lane];
        }
    }
    from
}

#[inline(always)]
fn sum(lanes: &[f32; LANES]) -> f32 {
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]))
}

/// x^y for x > 0, right to a ten-thousandth: the logarithm and the power of two by polynomials, without a branch.
#[inline(always)]
fn power(x: f32, y: f32) -> f32 {
    let bits = x.to_bits();
    let exponent = ((bits >> 23) as i32 - 127) as f32;
    let m = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    let log =
        3.115_79 + m * (-3.324_199 + m * (2.598_845_2 + m * (-1.231_530_3 + m * (0.318_212_37 - m * 0.034_436_006))));
    let scaled = (log * (m - 1.0) + exponent) * y;
    // Adding 1.5 * 2^23 rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let rounded = (scaled - 0.5) + ROUND;
    let part = scaled - (rounded - ROUND);
    let two = 0.999_999_94
        + part
            * (0.693_153_1
                + part * (0.240_153_61 + part * (0.055_826_318 + part * (0.008_989_34 + part * 0.001_877_576_7))));
    let whole = (rounded.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32).clamp(-126, 127);
    f32::from_bits(((whole + 127) << 23) as u32) * two
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_power_is_right_to_a_ten_thousandth() {
        for x in [1e-12, 1e-6, 0.003, 0.1, 0.5, 0.999, 1.0, 1.001, 2.0, 7.5, 123.0, 1e4] {
            for y in [0.5, 0.790_5, 0.895_06, 1.0, 1.33] {
                let (ours, exact) = (power(x, y), x.powf(y));
                assert!((ours / exact - 1.0).abs() < 2e-4, "{x}^{y}: {ours} for {exact}");
            }
        }
    }
}
