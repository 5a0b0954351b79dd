//! From what a spider read to an ad that can be stored.

use chrono::{DateTime, Utc};
use observatory_postings::{NewAd, Period, RawAd};
use observatory_scraping::{AdFields, Field, crawl::Failure, spider::Spider};
use url::Url;

/// Where an ad came from.
#[derive(Debug, Clone)]
pub struct Place {
    /// Portal.
    pub portal: String,
    /// ISO 3166-1 alpha-2; empty where the ad's own place tells.
    pub country: String,
}

impl Place {
    /// Where the ads of a spider are, in a crawl of `country`: a spider for any country isn't asked by
    /// country, so each of its ads tells by itself.
    pub fn of(spider: &Spider, country: &str) -> Self {
        let country = if spider.info().countries.is_empty() { "" } else { country };
        Self { portal: spider.name().to_string(), country: country.to_string() }
    }
}

/// The ad with the meaning of its fields.
///
/// # Errors
/// Which field is missing or can't be stored.
pub fn prepare(place: &Place, url: &Url, fields: &AdFields, seen: DateTime<Utc>) -> Result<NewAd, Failure> {
    let text = |field: Field| fields.get(&field).map(|found| found.text.clone()).unwrap_or_default();
    let raw = RawAd {
        portal: place.portal.clone(),
        country: place.country.clone(),
        url: url.to_string(),
        title: text(Field::Title),
        company: text(Field::Company),
        location: text(Field::Location),
        description: text(Field::Description),
        requirements: requirements(fields),
        salary_raw: text(Field::Salary),
        contract_type: text(Field::Contract),
        remote_type: text(Field::Remote),
        posted_date: text(Field::PostedDate),
        valid_through: text(Field::ValidThrough),
    };
    observatory_postings::prepare_scraped(raw, seen).map_err(|refused| Failure {
        reason: "PAGE_UNREADABLE",
        message: format!("the ad can't be stored: {} {}", refused.field, refused.message),
    })
}

/// Requirements, and under them the skills that the portal itself names.
fn requirements(fields: &AdFields) -> String {
    let text = |field: Field| fields.get(&field).map_or("", |found| found.text.as_str());
    match (text(Field::Requirements), text(Field::Skills)) {
        (requirements, "") => requirements.to_string(),
        ("", skills) => skills.to_string(),
        (requirements, skills) => format!("{requirements}\n{skills}"),
    }
}

/// The period of a salary by its name; `None` where it isn't stated.
pub fn period(period: Period) -> Option<&'static str> {
    (period != Period::Unknown).then(|| period.as_str())
}
