//! What the fields of an ad mean, in one line each, for people who look at a page.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use observatory_postings::{Period, contract, hours, posted, remote, salary};
use serde::Serialize;

use crate::{
    ad::Field,
    read::{Tried, TriedAd},
    request::PageKind,
};

/// What a spider finds on a page, ready to be shown.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// `listing` or `detail`.
    pub page_kind: &'static str,
    /// The ads.
    pub ads: Vec<ShownAd>,
    /// Pages that a crawl would ask for after this one.
    pub next_urls: Vec<String>,
    /// What is wrong with the page.
    pub problem: Option<String>,
}

/// An ad, ready to be shown.
#[derive(Debug, Clone, Serialize)]
pub struct ShownAd {
    /// Its address.
    pub url: String,
    /// Its fields by name; those that weren't found are empty, with what was tried as their source.
    pub fields: BTreeMap<&'static str, ShownField>,
}

/// A field, ready to be shown.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ShownField {
    /// What stands on the page.
    pub text: String,
    /// What it means, where that is another thing.
    pub normal: String,
    /// Where it stood.
    pub source: String,
}

impl Tried {
    /// With the meaning of each field, for a page of `country` seen at `seen`.
    pub fn shown(&self, country: &str, seen: DateTime<Utc>) -> Shown {
        Shown {
            page_kind: match self.kind {
                PageKind::Listing => "listing",
                PageKind::Detail => "detail",
            },
            ads: self.ads.iter().map(|ad| shown_ad(ad, country, seen)).collect(),
            next_urls: self.next.iter().map(ToString::to_string).collect(),
            problem: self.problem.as_ref().map(ToString::to_string),
        }
    }
}

fn shown_ad(ad: &TriedAd, country: &str, seen: DateTime<Utc>) -> ShownAd {
    let found = ad.fields.iter().map(|(field, found)| {
        let normal = normal(*field, &found.text, country, seen);
        (field.name(), ShownField { text: found.text.clone(), normal, source: found.source.clone() })
    });
    let missing = ad.missing.iter().map(|(field, tried)| {
        (field.name(), ShownField { source: format!("tried: {}", tried.join("; ")), ..ShownField::default() })
    });
    ShownAd { url: ad.url.to_string(), fields: missing.chain(found).collect() }
}

/// What the text of a field means: a day, an amount, a kind; empty where that is the text itself or nobody knows.
pub fn normal(field: Field, text: &str, country: &str, seen: DateTime<Utc>) -> String {
    let normal = match field {
        Field::PostedDate => posted::parse(text, seen, country)
            .map(|day| if day.exact { day.day.to_string() } else { format!("{} or before", day.day) }),
        Field::ValidThrough => posted::parse_deadline(text, country).map(|day| day.to_string()),
        Field::Salary => salary::parse(text, country).map(|salary| amount(&salary)),
        Field::Contract => {
            let kinds = [contract::parse(text).map(|kind| kind.as_str()), hours::parse(text).map(|kind| kind.as_str())];
            Some(kinds.into_iter().flatten().collect::<Vec<_>>().join(", "))
        }
        Field::Remote => remote::parse(text).map(|kind| kind.as_str().to_string()),
        _ => None,
    };
    normal.unwrap_or_default()
}

/// Such as `2500000..3000000 COP/month`.
fn amount(salary: &salary::Salary) -> String {
    let number = |x: Option<f64>| x.map(|x| x.to_string()).unwrap_or_default();
    let range = if salary.min == salary.max {
        number(salary.min)
    } else {
        format!("{}..{}", number(salary.min), number(salary.max))
    };
    let currency = salary.currency.map(|code| format!(" {code}")).unwrap_or_default();
    let period = match salary.period {
        Period::Unknown => String::new(),
        period => format!("/{}", period.as_str()),
    };
    format!("{range}{currency}{period}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_reads_as_what_it_means() {
        let seen = "2026-11-23T12:00:00Z".parse().expect("a time");
        let cases = [
            (Field::PostedDate, "Hace 2 días", "2026-11-21"),
            (Field::PostedDate, "Hace más de 30 días", "2026-10-24 or before"),
            (Field::Salary, "$ 2.500.000 a $ 3.000.000 (Mensual)", "2500000..3000000 COP/month"),
            (Field::Contract, "Contrato a término indefinido - Tiempo completo", "indefinite, full_time"),
            (Field::Remote, "Híbrido", "hybrid"),
            (Field::Title, "Desarrollador", ""),
            (Field::Salary, "A convenir", ""),
        ];
        for (field, text, meaning) in cases {
            assert_eq!(normal(field, text, "CO", seen), meaning, "{text}");
        }
    }
}
