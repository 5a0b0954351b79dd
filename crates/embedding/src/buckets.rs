//! Batches of texts of like length: short ones are not padded to long ones.

/// Groups the texts of these lengths, longest first, so that no group has more padded tokens than `budget`, but for
/// a text that is longer than that by itself.
pub(crate) fn groups(lengths: &[usize], budget: usize) -> Vec<Vec<usize>> {
    let mut by_length: Vec<usize> = (0..lengths.len()).collect();
    by_length.sort_by_key(|&text| std::cmp::Reverse(lengths[text]));
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for text in by_length {
        match groups.last_mut() {
            Some(group) if (group.len() + 1) * lengths[group[0]] <= budget => group.push(text),
            _ => groups.push(vec![text]),
        }
    }
    groups
}

/// Of lengths in ascending order, the stretch around `first` to run together: it grows towards the nearer length
/// while the padded tokens stay within `budget` and the longest is not much longer than the shortest.
pub(crate) fn around(lengths: &[usize], first: usize, budget: usize) -> std::ops::Range<usize> {
    let (mut start, mut end) = (first, first + 1);
    let fits = |start: usize, end: usize| {
        let (shortest, longest) = (lengths[start], lengths[end - 1]);
        (end - start) * longest <= budget && longest <= shortest + shortest / 2 + 4
    };
    loop {
        let below = (start > 0 && fits(start - 1, end)).then(|| lengths[first] - lengths[start - 1]);
        let above = (end < lengths.len() && fits(start, end + 1)).then(|| lengths[end] - lengths[first]);
        match (below, above) {
            (Some(below), Some(above)) if below <= above => start -= 1,
            (Some(_), None) => start -= 1,
            (_, Some(_)) => end += 1,
            (None, None) => return start..end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_like_lengths_within_the_budget() {
        assert_eq!(groups(&[2, 10, 2, 10], 20), [vec![1, 3], vec![0, 2]]);
        assert_eq!(groups(&[50], 20), [vec![0]]);
        assert!(groups(&[], 20).is_empty());
    }

    #[test]
    fn the_oldest_text_takes_its_neighbours_along() {
        let lengths = [5, 6, 6, 7, 40, 44, 300];
        assert_eq!(around(&lengths, 1, 1000), 0..4);
        assert_eq!(around(&lengths, 4, 1000), 4..6);
        assert_eq!(around(&lengths, 6, 256), 6..7);
        assert_eq!(around(&lengths, 2, 14), 1..3);
    }
}
