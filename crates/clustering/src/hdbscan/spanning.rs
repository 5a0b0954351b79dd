//! Minimum spanning trees by rounds that join every component with its nearest other one (Borůvka 1926).

use crate::{Error, Progress, tell};

/// An edge of the tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// The end with the lower index.
    pub from: u32,
    /// The other one.
    pub to: u32,
    /// Mutual reachability.
    pub distance: f64,
}

/// No point.
pub(super) const NONE: u32 = u32::MAX;

/// Finds the nearest point of another component; distances are squared mutual reachabilities.
pub(super) trait Search {
    /// Told before each round which component each point is in.
    fn components(&mut self, components: &[u32]);

    /// For each asked point its nearest foreign one, or a lower bound of the distance and [`NONE`] where that is above
    /// the bound of the point's component.
    fn foreign(&self, asked: &[u32], components: &[u32], bounds: &[f64]) -> Vec<(f64, u32)>;
}

/// Components as sets.
pub(super) struct Sets(Vec<u32>);

impl Sets {
    pub(super) fn new(count: usize) -> Self {
        Self((0..count as u32).collect())
    }

    pub(super) fn find(&mut self, mut of: u32) -> u32 {
        while self.0[of as usize] != of {
            self.0[of as usize] = self.0[self.0[of as usize] as usize];
            of = self.0[of as usize];
        }
        of
    }

    /// Makes `other` part of `root`; both are roots.
    pub(super) fn join(&mut self, root: u32, other: u32) {
        self.0[other as usize] = root;
    }
}

/// The tree of points whose squared core distances are `core`; edges in the search's own numbering.
pub(super) fn tree(search: &mut impl Search, core: &[f64], progress: Progress) -> Result<Vec<Edge>, Error> {
    let n = core.len();
    let mut sets = Sets::new(n);
    let mut components: Vec<u32> = (0..n as u32).collect();
    // What was found last. It stays a lower bound when the point found has become one of the own component.
    let mut nearest = vec![(0f64, NONE); n];
    let mut edges = Vec::with_capacity(n - 1);
    while edges.len() < n - 1 {
        search.components(&components);
        let valid =
            |point: usize, found: (f64, u32)| found.1 != NONE && components[found.1 as usize] != components[point];
        let mut bounds = vec![f64::INFINITY; n];
        for (point, found) in nearest.iter().enumerate().filter(|(point, found)| valid(*point, **found)) {
            let bound = &mut bounds[components[point] as usize];
            *bound = bound.min(found.0);
        }
        let ask = |point: &u32| {
            let (at, bound) = (*point as usize, bounds[components[*point as usize] as usize]);
            !valid(at, nearest[at]) && nearest[at].0 <= bound && core[at] <= bound
        };
        let asked: Vec<u32> = (0..n as u32).filter(ask).collect();
        let found = search.foreign(&asked, &components, &bounds);
        for (point, found) in asked.iter().zip(found) {
            nearest[*point as usize] = found;
        }
        let mut best = vec![(f64::INFINITY, NONE, NONE); n];
        for (point, found) in nearest.iter().enumerate() {
            let best = &mut best[components[point] as usize];
            if found.1 != NONE && components[found.1 as usize] != components[point] && found.0 < best.0 {
                *best = (found.0, point as u32, found.1);
            }
        }
        let before = edges.len();
        for (distance, from, to) in best.into_iter().filter(|best| best.1 != NONE) {
            let (a, b) = (sets.find(from), sets.find(to));
            if a != b {
                sets.join(b, a);
                edges.push(Edge { from, to, distance: distance.sqrt() });
            }
        }
        debug_assert!(edges.len() > before, "every component has a nearest one");
        components.iter_mut().enumerate().for_each(|(point, of)| *of = sets.find(point as u32));
        tell(progress, edges.len() as f32 / (n - 1) as f32)?;
    }
    Ok(edges)
}
