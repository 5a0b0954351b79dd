//! What became of the clusters of an earlier run: continued, split, merged, born, gone (as Greene, Doyle, Cunningham
//! 2010 follow communities over time). Clusters are sets of items that both runs name alike.

use std::collections::BTreeMap;

/// What happened to a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is the same, perhaps grown or shrunk.
    Continued,
    /// It came out of a larger one, which another cluster continues.
    Split,
    /// It went into a cluster that continues another one.
    Merged,
    /// It is new.
    Born,
    /// It is no longer there.
    Gone,
}

/// One cluster, or two with something in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What happened.
    pub fate: Fate,
    /// Number in the new run; none where it is gone.
    pub new: Option<usize>,
    /// Number in the old run; none where it was born.
    pub old: Option<usize>,
    /// Items of both over items of either (Jaccard), 0 to 1.
    pub overlap: f64,
    /// Items of both over those of the new cluster that the old run had at all.
    pub share_of_new: f64,
    /// Items of both over those of the old cluster that the new run still has.
    pub share_of_old: f64,
}

/// At least this share of one side makes two clusters kin.
const KIN: f64 = 0.5;
/// Two clusters with less in common than this never are the same.
const SAME: f64 = 0.2;

/// Compares labels of the same items in two runs: `(old, new)` for each item that either run has, none where a run does
/// not have it, -1 for noise. Each new cluster continues at most one old one and the other way round.
pub fn compare(items: &[(Option<i32>, Option<i32>)]) -> Vec<Change> {
    let label = |label: Option<i32>| label.and_then(|label| usize::try_from(label).ok());
    let (mut old_sizes, mut new_sizes) = (BTreeMap::new(), BTreeMap::new());
    // Only items that both runs have say who is kin: a cluster may have grown a lot.
    let (mut old_kept, mut new_known) = (BTreeMap::new(), BTreeMap::new());
    let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for &(old, new) in items {
        if let Some(cluster) = label(old) {
            *old_sizes.entry(cluster).or_insert(0usize) += 1;
            *old_kept.entry(cluster).or_insert(0usize) += usize::from(new.is_some());
        }
        if let Some(cluster) = label(new) {
            *new_sizes.entry(cluster).or_insert(0usize) += 1;
            *new_known.entry(cluster).or_insert(0usize) += usize::from(old.is_some());
        }
        if let (Some(old), Some(new)) = (label(old), label(new)) {
            *shared.entry((new, old)).or_insert(0) += 1;
        }
    }
    let mut kin: Vec<(usize, Change)> = shared
        .into_iter()
        .map(|((new, old), both)| {
            let either = old_kept[&old] + new_known[&new] - both;
            let share = |of: usize| both as f64 / of.max(1) as f64;
            let change = Change {
                fate: Fate::Continued,
                new: Some(new),
                old: Some(old),
                overlap: both as f64 / (old_sizes[&old] + new_sizes[&new] - both) as f64,
                share_of_new: share(new_known[&new]),
                share_of_old: share(old_kept[&old]),
            };
            (either, (both, change))
        })
        .map(|(either, (both, change))| (((both as f64 / either.max(1) as f64) * 1e9) as usize, change))
        .filter(|(_, change)| change.share_of_new >= KIN || change.share_of_old >= KIN)
        .collect();
    // Who has most in common, among the items that both runs have, is the same.
    kin.sort_by_key(|(alike, change)| (std::cmp::Reverse(*alike), change.new, change.old));
    let mut heirs: BTreeMap<usize, usize> = BTreeMap::new();
    let mut continued: BTreeMap<usize, usize> = BTreeMap::new();
    for (alike, change) in &kin {
        let (Some(new), Some(old)) = (change.new, change.old) else { continue };
        if *alike as f64 >= SAME * 1e9 && !heirs.contains_key(&old) && !continued.contains_key(&new) {
            heirs.insert(old, new);
            continued.insert(new, old);
        }
    }
    let mut changes = Vec::new();
    for (_, change) in kin {
        let (Some(new), Some(old)) = (change.new, change.old) else { continue };
        let fate = if heirs.get(&old) == Some(&new) {
            Fate::Continued
        } else if change.share_of_new >= KIN && !continued.contains_key(&new) {
            Fate::Split
        } else if change.share_of_old >= KIN && !heirs.contains_key(&old) {
            Fate::Merged
        } else {
            continue;
        };
        changes.push(Change { fate, ..change });
    }
    let known = |changes: &[Change], of: fn(&Change) -> Option<usize>, number: usize| {
        changes.iter().any(|change| of(change) == Some(number))
    };
    let nothing = Change { fate: Fate::Born, new: None, old: None, overlap: 0.0, share_of_new: 0.0, share_of_old: 0.0 };
    let born: Vec<Change> = new_sizes
        .keys()
        .filter(|new| !known(&changes, |change| change.new, **new))
        .map(|new| Change { new: Some(*new), ..nothing.clone() })
        .collect();
    let gone: Vec<Change> = old_sizes
        .keys()
        .filter(|old| !known(&changes, |change| change.old, **old))
        .map(|old| Change { fate: Fate::Gone, old: Some(*old), ..nothing.clone() })
        .collect();
    changes.extend(born);
    changes.extend(gone);
    changes.sort_by_key(|change| (change.new.unwrap_or(usize::MAX), change.fate, change.old));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(of: &[(i32, i32, usize)]) -> Vec<(Option<i32>, Option<i32>)> {
        // -2: the run doesn't have the item.
        let label = |label: i32| (label > -2).then_some(label);
        of.iter().flat_map(|&(old, new, count)| std::iter::repeat_n((label(old), label(new)), count)).collect()
    }

    fn fates(changes: &[Change]) -> Vec<(Fate, Option<usize>, Option<usize>)> {
        changes.iter().map(|change| (change.fate, change.new, change.old)).collect()
    }

    #[test]
    fn tells_what_happened() {
        let changes = compare(&items(&[
            (0, 2, 10), // continued under another number, with two items new and one lost
            (-2, 2, 2),
            (0, -2, 1),
            (1, 0, 8), // split into 0 and 1
            (1, 1, 6),
            (2, 3, 7), // merged into 3
            (3, 3, 5),
            (4, -1, 6), // gone into the noise
            (-1, 4, 5), // born out of it
        ]));
        assert_eq!(
            fates(&changes),
            [
                (Fate::Continued, Some(0), Some(1)),
                (Fate::Split, Some(1), Some(1)),
                (Fate::Continued, Some(2), Some(0)),
                (Fate::Continued, Some(3), Some(2)),
                (Fate::Merged, Some(3), Some(3)),
                (Fate::Born, Some(4), None),
                (Fate::Gone, None, Some(4)),
            ]
        );
        assert!((changes[2].overlap - 10.0 / 13.0).abs() < 1e-12);
    }

    #[test]
    fn a_run_equals_itself_and_the_first_run_is_all_new() {
        let same = compare(&items(&[(0, 0, 4), (1, 1, 9), (-1, -1, 3)]));
        assert!(same.iter().all(|change| change.fate == Fate::Continued && change.overlap == 1.0));
        assert_eq!(fates(&compare(&items(&[(-2, 0, 5)]))), [(Fate::Born, Some(0), None)]);
        assert_eq!(compare(&[]), []);
    }

    #[test]
    fn a_cluster_that_doubled_is_still_the_same() {
        let changes = compare(&items(&[(0, 0, 10), (-2, 0, 15), (1, 1, 5)]));
        assert_eq!(fates(&changes)[0], (Fate::Continued, Some(0), Some(0)));
    }
}
