//! Few columns: a k-d tree (Bentley 1975) that leaves out boxes of the own component and those too far or too sparse.

use rayon::prelude::*;

use super::spanning::{Edge, NONE, Search, tree};
use crate::{Error, Matrix, Progress};

const LEAF: usize = 10;

struct Node<const D: usize> {
    low: [f64; D],
    high: [f64; D],
    start: usize,
    end: usize,
    /// Left and right; none in a leaf.
    children: Option<(usize, usize)>,
    /// Least core distance inside.
    core: f64,
    /// The component of all points inside; [`NONE`] where they differ.
    component: u32,
}

struct Tree<const D: usize> {
    nodes: Vec<Node<D>>,
    /// In the tree's order.
    points: Vec<[f64; D]>,
    /// Where each stood.
    order: Vec<u32>,
    core: Vec<f64>,
}

pub(super) fn spanning_tree(points: Matrix, min_samples: usize, progress: Progress) -> Result<Vec<Edge>, Error> {
    macro_rules! of {
        ($($dims:literal)*) => {
            match points.columns() {
                $(..=$dims => build::<$dims>(points, min_samples, progress),)*
                _ => build::<16>(points, min_samples, progress),
            }
        };
    }
    of!(1 2 3 4 5 6 8 10 12)
}

fn build<const D: usize>(points: Matrix, min_samples: usize, progress: Progress) -> Result<Vec<Edge>, Error> {
    let mut built = Tree::<D>::new(points);
    let core: Vec<f64> = (0..built.points.len())
        .into_par_iter()
        .with_min_len(256)
        .map(|at| {
            // The point itself is its first neighbour.
            let mut best = vec![f64::INFINITY; min_samples + 1];
            built.nearest(0, &built.points[at], &mut best);
            best[min_samples]
        })
        .collect();
    built.core = core.clone();
    for at in (0..built.nodes.len()).rev() {
        let node = &built.nodes[at];
        built.nodes[at].core = match node.children {
            Some((left, right)) => built.nodes[left].core.min(built.nodes[right].core),
            None => core[node.start..node.end].iter().copied().fold(f64::INFINITY, f64::min),
        };
    }
    let edges = tree(&mut built, &core, progress)?;
    let named = |edge: Edge| {
        let (a, b) = (built.order[edge.from as usize], built.order[edge.to as usize]);
        Edge { from: a.min(b), to: a.max(b), distance: edge.distance }
    };
    Ok(edges.into_iter().map(named).collect())
}

impl<const D: usize> Tree<D> {
    fn new(points: Matrix) -> Self {
        let place = |row: usize| {
            let row = points.row(row);
            std::array::from_fn(|axis| row.get(axis).map_or(0.0, |value| f64::from(*value)))
        };
        let mut all: Vec<(u32, [f64; D])> = (0..points.rows()).map(|row| (row as u32, place(row))).collect();
        let mut tree = Self { nodes: Vec::new(), points: Vec::new(), order: Vec::new(), core: Vec::new() };
        tree.split(&mut all, 0);
        (tree.order, tree.points) = all.into_iter().unzip();
        tree
    }

    /// Children come after their parents.
    fn split(&mut self, points: &mut [(u32, [f64; D])], start: usize) -> usize {
        let (mut low, mut high) = ([f64::INFINITY; D], [f64::NEG_INFINITY; D]);
        for (_, point) in points.iter() {
            for axis in 0..D {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        let at = self.nodes.len();
        let end = start + points.len();
        self.nodes.push(Node { low, high, start, end, children: None, core: 0.0, component: NONE });
        if points.len() > LEAF {
            let wide = |axis: &usize| high[*axis] - low[*axis];
            let axis = (0..D).max_by(|a, b| wide(a).total_cmp(&wide(b))).unwrap_or(0);
            let middle = points.len() / 2;
            points.select_nth_unstable_by(middle, |a, b| a.1[axis].total_cmp(&b.1[axis]).then(a.0.cmp(&b.0)));
            let (left, right) = points.split_at_mut(middle);
            let left = self.split(left, start);
            let right = self.split(right, start + middle);
            self.nodes[at].children = Some((left, right));
        }
        at
    }

    /// Fills `best` with the squared distances of the nearest, ascending.
    fn nearest(&self, at: usize, point: &[f64; D], best: &mut [f64]) {
        let node = &self.nodes[at];
        let last = best.len() - 1;
        let Some((left, right)) = node.children else {
            for other in &self.points[node.start..node.end] {
                let distance = squared(point, other);
                if distance < best[last] {
                    let mut at = last;
                    while at > 0 && best[at - 1] > distance {
                        best[at] = best[at - 1];
                        at -= 1;
                    }
                    best[at] = distance;
                }
            }
            return;
        };
        let (a, b) = (self.nodes[left].least(point), self.nodes[right].least(point));
        let (first, second) = if a <= b { ((left, a), (right, b)) } else { ((right, b), (left, a)) };
        for (child, least) in [first, second] {
            if least < best[last] {
                self.nearest(child, point, best);
            }
        }
    }

    fn nearest_foreign(&self, at: usize, point: usize, components: &[u32], best: &mut (f64, u32)) {
        let node = &self.nodes[at];
        let (place, core) = (&self.points[point], self.core[point]);
        let Some((left, right)) = node.children else {
            for other in node.start..node.end {
                if components[other] != components[point] {
                    let distance = squared(place, &self.points[other]).max(core).max(self.core[other]);
                    if distance < best.0 {
                        *best = (distance, other as u32);
                    }
                }
            }
            return;
        };
        let least = |child: usize| {
            let child = &self.nodes[child];
            if child.component == components[point] {
                f64::INFINITY
            } else {
                child.least(place).max(core).max(child.core)
            }
        };
        let (a, b) = (least(left), least(right));
        let (first, second) = if a <= b { ((left, a), (right, b)) } else { ((right, b), (left, a)) };
        for (child, least) in [first, second] {
            if least < best.0 {
                self.nearest_foreign(child, point, components, best);
            }
        }
    }
}

impl<const D: usize> Node<D> {
    /// The least squared distance from a point to the box.
    #[inline]
    fn least(&self, point: &[f64; D]) -> f64 {
        let bounds = self.low.iter().zip(&self.high);
        bounds.zip(point).map(|((low, high), at)| (low - at).max(at - high).max(0.0).powi(2)).sum()
    }
}

#[inline]
fn squared<const D: usize>(a: &[f64; D], b: &[f64; D]) -> f64 {
    let mut sum = 0.0;
    for axis in 0..D {
        sum += (a[axis] - b[axis]).powi(2);
    }
    sum
}

impl<const D: usize> Search for Tree<D> {
    fn components(&mut self, components: &[u32]) {
        for at in (0..self.nodes.len()).rev() {
            let node = &self.nodes[at];
            self.nodes[at].component = match node.children {
                Some((left, right)) => {
                    let (a, b) = (self.nodes[left].component, self.nodes[right].component);
                    if a == b { a } else { NONE }
                }
                None => {
                    let of = &components[node.start..node.end];
                    if of.iter().all(|other| *other == of[0]) { of[0] } else { NONE }
                }
            };
        }
    }

    fn foreign(&self, asked: &[u32], components: &[u32], _: &[f64]) -> Vec<(f64, u32)> {
        asked
            .par_iter()
            .with_min_len(128)
            .map(|&point| {
                let mut best = (f64::INFINITY, NONE);
                self.nearest_foreign(0, point as usize, components, &mut best);
                best
            })
            .collect()
    }
}
