//! What a spider finds on a page, as the contract says it.

use std::collections::HashMap;

use observatory_proto::{
    jobs::{Job, Salary},
    scraper::{TriedAd, TriedField, TrySpiderResponse},
};
use observatory_scraping::{Page, Search, normal::ShownAd, read::Tried, spider::Spider};

use crate::ad::{self, Place};

/// Reads a page and says what each field gets and from where.
pub fn to_proto(spider: &Spider, page: &Page, search: &Search) -> TrySpiderResponse {
    let tried = spider.try_page(page, search);
    let shown = tried.shown(&search.country, page.fetched_at);
    let field_sources = shown.ads.first().map(sources).unwrap_or_default();
    TrySpiderResponse {
        jobs: jobs(spider, page, search, &tried),
        field_sources,
        ads: shown.ads.into_iter().map(ad_to_proto).collect(),
        page_kind: shown.page_kind.to_string(),
        next_urls: shown.next_urls,
        problem: shown.problem.unwrap_or_default(),
    }
}

fn sources(ad: &ShownAd) -> HashMap<String, String> {
    let found = ad.fields.iter().filter(|(_, field)| !field.text.is_empty());
    found.map(|(name, field)| ((*name).to_string(), field.source.clone())).collect()
}

fn ad_to_proto(ad: ShownAd) -> TriedAd {
    let fields = ad.fields.into_iter().map(|(name, field)| TriedField {
        field: name.to_string(),
        text: field.text,
        normal: field.normal,
        source: field.source,
    });
    TriedAd { url: ad.url, fields: fields.collect() }
}

/// The ads as they would be stored; those that couldn't be are left out.
fn jobs(spider: &Spider, page: &Page, search: &Search, tried: &Tried) -> Vec<Job> {
    let place = Place::of(spider, &search.country);
    let prepared = tried.ads.iter().filter_map(|ad| ad::prepare(&place, &ad.url, &ad.fields, page.fetched_at).ok());
    prepared
        .map(|new| Job {
            portal: new.ad.portal,
            country: new.ad.country,
            url: new.ad.url,
            title: new.ad.title,
            company: new.ad.company,
            location: new.ad.location,
            description: new.ad.description,
            requirements: new.ad.requirements,
            salary_raw: new.ad.salary_raw,
            contract_type: new.ad.contract_type,
            remote_type: new.ad.remote_type,
            posted_date: new.posted_date.map(|day| day.to_string()).unwrap_or_default(),
            valid_through: new.valid_through.map(|day| day.to_string()).unwrap_or_default(),
            content_hash: new.content_hash,
            salary: new.salary.map(|salary| Salary {
                min: salary.min.unwrap_or(0.0),
                max: salary.max.unwrap_or(0.0),
                currency: salary.currency.unwrap_or_default().to_string(),
                period: ad::period(salary.period).unwrap_or_default().to_string(),
            }),
            contract_kind: new.contract.map(|kind| kind.as_str().to_string()).unwrap_or_default(),
            hours_kind: new.hours.map(|kind| kind.as_str().to_string()).unwrap_or_default(),
            remote_kind: new.remote.map(|kind| kind.as_str().to_string()).unwrap_or_default(),
            ..Job::default()
        })
        .collect()
}
