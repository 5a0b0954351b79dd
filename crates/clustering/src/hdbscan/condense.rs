//! The condensed tree: the hierarchy less all splits that only lose points (section 3.3 of the paper).

use super::spanning::{Edge, Sets};

/// A point that falls out of a cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fallen {
    /// The cluster it falls out of.
    pub cluster: u32,
    /// At which density, 1 / distance.
    pub lambda: f64,
}

/// Clusters as they split and lose points; cluster 0 is everything, parents come before children.
#[derive(Clone, Debug, PartialEq)]
pub struct Condensed {
    /// The parent of each cluster; its own number for cluster 0.
    pub parents: Vec<u32>,
    /// The density at which each begins.
    pub births: Vec<f64>,
    /// Points in it when it begins.
    pub sizes: Vec<u32>,
    /// Sum over its points of how much longer than its beginning they stay.
    pub stabilities: Vec<f64>,
    /// Where each point falls out.
    pub fallen: Vec<Fallen>,
}

/// Two parts that one edge joins.
struct Join {
    parts: [u32; 2],
    distance: f64,
}

impl Condensed {
    /// From the edges of the spanning tree, shortest first.
    pub(super) fn new(edges: &[Edge], points: usize, min_cluster_size: usize) -> Self {
        let mut condensed = Self {
            parents: vec![0],
            births: vec![0.0],
            sizes: vec![points as u32],
            stabilities: vec![0.0],
            fallen: vec![Fallen { cluster: 0, lambda: 0.0 }; points],
        };
        let (joins, sizes) = joins(edges, points);
        let Some(root) = (points + joins.len()).checked_sub(1) else { return condensed };
        let mut open = vec![(root as u32, 0u32)];
        while let Some((node, cluster)) = open.pop() {
            let Some(join) = (node as usize).checked_sub(points).map(|at| &joins[at]) else {
                // A cluster of one point, which only a set of one point has.
                continue;
            };
            let lambda = if join.distance > 0.0 { 1.0 / join.distance } else { f64::INFINITY };
            let large = join.parts.map(|part| sizes[part as usize] as usize >= min_cluster_size);
            for (part, large_enough) in join.parts.into_iter().zip(large) {
                let size = sizes[part as usize];
                if large == [true, true] {
                    condensed.lose(cluster, lambda, size);
                    let child = condensed.parents.len() as u32;
                    condensed.parents.push(cluster);
                    condensed.births.push(lambda);
                    condensed.sizes.push(size);
                    condensed.stabilities.push(0.0);
                    open.push((part, child));
                } else if large_enough {
                    open.push((part, cluster));
                } else {
                    condensed.lose(cluster, lambda, size);
                    condensed.drop(&joins, points, part, Fallen { cluster, lambda });
                }
            }
        }
        condensed
    }

    fn lose(&mut self, cluster: u32, lambda: f64, size: u32) {
        let longer = lambda - self.births[cluster as usize];
        // Infinite less infinite: points at the same place, which a cluster of such points loses at its beginning.
        if !longer.is_nan() {
            self.stabilities[cluster as usize] += longer * f64::from(size);
        }
    }

    fn drop(&mut self, joins: &[Join], points: usize, part: u32, fallen: Fallen) {
        let mut open = vec![part];
        while let Some(node) = open.pop() {
            match (node as usize).checked_sub(points) {
                Some(join) => open.extend(joins[join].parts),
                None => self.fallen[node as usize] = fallen,
            }
        }
    }

    /// Clusters in all, the whole among them.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Never: the whole is always there.
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// Which clusters split further.
    pub(super) fn split(&self) -> Vec<bool> {
        let mut split = vec![false; self.len()];
        self.parents.iter().skip(1).for_each(|parent| split[*parent as usize] = true);
        split
    }

    /// The greatest density that each cluster reaches itself, and with all that comes out of it.
    pub(super) fn greatest(&self) -> (Vec<f64>, Vec<f64>) {
        let mut own = vec![0f64; self.len()];
        for fallen in &self.fallen {
            own[fallen.cluster as usize] = own[fallen.cluster as usize].max(fallen.lambda);
        }
        for cluster in 1..self.len() {
            let parent = self.parents[cluster] as usize;
            own[parent] = own[parent].max(self.births[cluster]);
        }
        let mut whole = own.clone();
        for cluster in (1..self.len()).rev() {
            let parent = self.parents[cluster] as usize;
            whole[parent] = whole[parent].max(whole[cluster]);
        }
        (own, whole)
    }
}

/// Single linkage: node `points + i` is what edge `i` joins.
fn joins(edges: &[Edge], points: usize) -> (Vec<Join>, Vec<u32>) {
    let mut sets = Sets::new(points + edges.len());
    let mut sizes = vec![1u32; points + edges.len()];
    let mut joins = Vec::with_capacity(edges.len());
    for (at, edge) in edges.iter().enumerate() {
        let node = (points + at) as u32;
        let parts = [sets.find(edge.from), sets.find(edge.to)];
        parts.iter().for_each(|part| sets.join(node, *part));
        sizes[node as usize] = parts.iter().map(|part| sizes[*part as usize]).sum();
        joins.push(Join { parts, distance: edge.distance });
    }
    (joins, sizes)
}
