//! Whether a spider still finds what it used to find. Portals change without a word, and a spider
//! that quietly loses a field does more harm than one that stops.

use std::collections::BTreeMap;

use super::Counts;
use crate::ad::Field;

/// Fewer ads say nothing about a field.
const MIN_ADS: u64 = 10;
/// A field that so many had is one that the portal shows.
const USUAL: f64 = 0.3;
/// A field is gone where it has fallen to this part of its usual share.
const GONE: f64 = 0.1;

/// Ads that were read, and how many of them had each field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldCounts {
    /// Ads.
    pub ads: u64,
    /// Of those, with the field.
    pub fields: BTreeMap<Field, u64>,
}

impl FieldCounts {
    /// Adds ads that all have the same fields.
    pub fn add(&mut self, fields: impl IntoIterator<Item = Field>, ads: u64) {
        self.ads += ads;
        for field in fields {
            *self.fields.entry(field).or_default() += ads;
        }
    }

    fn share(&self, field: Field) -> f64 {
        self.fields.get(&field).copied().unwrap_or(0) as f64 / self.ads.max(1) as f64
    }
}

/// What is wrong with a spider, judged by a crawl that has ended and the ones before it.
pub fn problem(counts: &Counts, now: &FieldCounts, before: &FieldCounts) -> Option<String> {
    if counts.found == 0 && counts.read_listings > 0 && counts.empty_listings == 0 {
        return Some(format!(
            "{} listing pages were read and not one ad was found, though none of them says that there are none: \
             the portal's pages have probably changed; look at one with `observatory spiders try`",
            counts.read_listings
        ));
    }
    let read = now.ads + counts.failed_details;
    if counts.details >= MIN_ADS && now.ads * 10 < read {
        return Some(format!(
            "of {read} pages of ads only {} could be read; look at one of those that failed with `observatory spiders try`",
            now.ads
        ));
    }
    if now.ads < MIN_ADS || before.ads < MIN_ADS {
        return None;
    }
    let vanished: Vec<String> = before
        .fields
        .keys()
        .filter(|field| before.share(**field) >= USUAL && now.share(**field) < GONE * before.share(**field))
        .map(|field| {
            let percent = |share: f64| (100.0 * share).round();
            let (was, is) = (percent(before.share(*field)), percent(now.share(*field)));
            format!("{} (was in {was} % of the ads, now in {is} %)", field.name())
        })
        .collect();
    (!vanished.is_empty()).then(|| {
        let fields = vanished.join(", ");
        format!("fields vanished: {fields}; the portal's pages have probably changed; look at one with `observatory spiders try`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(ads: u64, salary: u64) -> FieldCounts {
        FieldCounts { ads, fields: [(Field::Title, ads), (Field::Salary, salary)].into() }
    }

    fn counts(listings: u64, found: u64) -> Counts {
        Counts { read_listings: listings, found, details: found, ..Counts::default() }
    }

    #[test]
    fn listings_without_ads_are_a_fault_unless_they_say_so() {
        let nothing = FieldCounts::default();
        assert!(problem(&counts(3, 0), &nothing, &nothing).expect("a problem").contains("not one ad"));
        assert_eq!(problem(&Counts { empty_listings: 1, ..counts(1, 0) }, &nothing, &nothing), None);
    }

    #[test]
    fn a_field_that_most_ads_had_and_none_has_now_is_named_with_both_shares() {
        let said = problem(&counts(2, 40), &fields(40, 0), &fields(200, 120)).expect("a problem");
        assert!(said.contains("salary (was in 60 % of the ads, now in 0 %)"), "{said}");
    }

    #[test]
    fn a_rare_field_or_a_small_crawl_proves_nothing() {
        assert_eq!(problem(&counts(2, 40), &fields(40, 0), &fields(200, 20)), None);
        assert_eq!(problem(&counts(2, 5), &fields(5, 0), &fields(200, 120)), None);
        assert_eq!(problem(&counts(2, 40), &fields(40, 0), &fields(3, 3)), None);
    }

    #[test]
    fn details_that_can_hardly_be_read_are_a_fault() {
        let counts = Counts { failed_details: 39, ..counts(2, 40) };
        assert!(problem(&counts, &fields(1, 1), &FieldCounts::default()).expect("a problem").contains("only 1"));
    }
}
