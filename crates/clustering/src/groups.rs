//! Clusters of clusters: the tree one level up, by average linkage of their centres (Sokal, Michener 1958).

/// The group of each cluster, numbered by their first cluster; about the square root of their number unless `wished`.
pub fn groups(centres: &[Vec<f64>], sizes: &[usize], wished: Option<usize>) -> Vec<usize> {
    let count = centres.len();
    let wished = wished.unwrap_or_else(|| (count as f64).sqrt().round() as usize).clamp(1, count.max(1));
    let length = |row: &[f64]| row.iter().map(|value| value * value).sum::<f64>().sqrt().max(1e-12);
    let cosine = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / (length(a) * length(b));
    let mut alike: Vec<Vec<f64>> = centres.iter().map(|a| centres.iter().map(|b| cosine(a, b)).collect()).collect();
    let mut weights: Vec<f64> = sizes.iter().map(|size| (*size).max(1) as f64).collect();
    let mut of: Vec<usize> = (0..count).collect();
    let mut alive: Vec<usize> = (0..count).collect();
    while alive.len() > wished {
        let mut best = (f64::NEG_INFINITY, 0, 0);
        for (at, &a) in alive.iter().enumerate() {
            for &b in &alive[at + 1..] {
                if alike[a][b] > best.0 {
                    best = (alike[a][b], a, b);
                }
            }
        }
        let (_, a, b) = best;
        for &other in alive.iter().filter(|other| **other != a && **other != b) {
            let mean = (weights[a] * alike[a][other] + weights[b] * alike[b][other]) / (weights[a] + weights[b]);
            alike[a][other] = mean;
            alike[other][a] = mean;
        }
        weights[a] += weights[b];
        alive.retain(|one| *one != b);
        of.iter_mut().filter(|group| **group == b).for_each(|group| *group = a);
    }
    let numbers: Vec<usize> = alive;
    of.iter().map(|group| numbers.iter().position(|known| known == group).unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::groups;

    #[test]
    fn who_points_the_same_way_is_one_group() {
        let centres: Vec<Vec<f64>> =
            [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]].iter().map(|row| row.to_vec()).collect();
        assert_eq!(groups(&centres, &[5, 5, 5, 5], None), [0, 0, 1, 1]);
        assert_eq!(groups(&centres, &[5, 5, 5, 5], Some(9)), [0, 1, 2, 3]);
        assert_eq!(groups(&[], &[], None), []);
    }
}
