//! Ads as they come in, from files and portals: checked, completed, stored once.

mod country;
mod date;
mod places;

use std::collections::HashSet;

use chrono::{NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use country::{UNKNOWN as UNKNOWN_COUNTRY, country_of};
pub use date::parse_day;

/// Most characters of a description or of requirements.
pub const MAX_TEXT_CHARS: usize = 1_000_000;
/// Most characters of a title.
pub const MAX_TITLE_CHARS: usize = 2_000;
/// Most characters of a portal's name.
pub const MAX_PORTAL_CHARS: usize = 64;
/// Most characters of any other field.
pub const MAX_FIELD_CHARS: usize = 4_000;

/// An ad as a file or a portal has it.
#[derive(Debug, Clone, Default)]
pub struct RawAd {
    /// Portal, such as `bumeran`.
    pub portal: String,
    /// ISO 3166-1 alpha-2 in any case; empty: taken from the location.
    pub country: String,
    /// Address of the ad.
    pub url: String,
    /// Title.
    pub title: String,
    /// Employer.
    pub company: String,
    /// Place.
    pub location: String,
    /// HTML or text.
    pub description: String,
    /// HTML or text.
    pub requirements: String,
    /// Salary as posted.
    pub salary_raw: String,
    /// Contract as posted.
    pub contract_type: String,
    /// Remote or on site, as posted.
    pub remote_type: String,
    /// Day of posting as [`parse_day`] reads it; may be empty.
    pub posted_date: String,
}

/// An ad that can be stored: see [`prepare`].
#[derive(Debug, Clone)]
pub struct NewAd {
    /// UUID v7.
    pub job_id: Uuid,
    /// The ad, every field within its limits and without NUL characters; the country is set.
    pub ad: RawAd,
    /// Day of posting.
    pub posted_date: Option<NaiveDate>,
    /// `posted_date`, or today (UTC).
    pub listed_date: NaiveDate,
    /// See [`content_hash`].
    pub content_hash: String,
}

impl NewAd {
    /// Bytes of its texts, about.
    pub fn size(&self) -> usize {
        self.ad.title.len() + self.ad.description.len() + self.ad.requirements.len() + 512
    }
}

/// Why an ad can't be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The field at fault.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
}

fn refuse(field: &'static str, message: impl Into<String>) -> Refused {
    Refused { field, message: message.into() }
}

/// What makes two ads the same ad: SHA-256, in hex, of
/// `title + "\n" + company + "\n" + description`, in UTF-8.
pub fn content_hash(title: &str, company: &str, description: &str) -> String {
    let hash = Sha256::new().chain_update(title).chain_update("\n").chain_update(company).chain_update("\n");
    hex::encode(hash.chain_update(description).finalize())
}

/// Checks an ad and completes it: country, days, hash, id. NUL characters, which
/// Postgres can't store, become spaces.
///
/// # Errors
/// The first field that is wrong.
pub fn prepare(mut ad: RawAd) -> Result<NewAd, Refused> {
    for (_, text, _) in fields(&mut ad) {
        if text.contains('\0') {
            *text = text.replace('\0', " ");
        }
    }
    for (field, text) in [("portal", &ad.portal), ("title", &ad.title), ("description", &ad.description)] {
        if text.trim().is_empty() {
            return Err(refuse(field, "must not be empty"));
        }
    }
    for (field, text, most) in fields(&mut ad) {
        // Characters are at most as many as bytes: counting is needed for few.
        if text.len() > most && text.chars().count() > most {
            return Err(refuse(field, format!("has more than {most} characters")));
        }
    }
    ad.country = country(&ad)?;
    let posted_date = match ad.posted_date.trim() {
        "" => None,
        text => Some(parse_day(text).ok_or_else(|| {
            refuse("posted_date", format!("{text:?} is no day; expected YYYY-MM-DD, DD-MM-YYYY or DD/MM/YYYY"))
        })?),
    };
    let content_hash = content_hash(&ad.title, &ad.company, &ad.description);
    let listed_date = posted_date.unwrap_or_else(|| Utc::now().date_naive());
    Ok(NewAd { job_id: Uuid::now_v7(), ad, posted_date, listed_date, content_hash })
}

/// Every text field with its name and limit.
fn fields(ad: &mut RawAd) -> [(&'static str, &mut String, usize); 12] {
    [
        ("portal", &mut ad.portal, MAX_PORTAL_CHARS),
        ("country", &mut ad.country, MAX_FIELD_CHARS),
        ("url", &mut ad.url, MAX_FIELD_CHARS),
        ("title", &mut ad.title, MAX_TITLE_CHARS),
        ("company", &mut ad.company, MAX_FIELD_CHARS),
        ("location", &mut ad.location, MAX_FIELD_CHARS),
        ("description", &mut ad.description, MAX_TEXT_CHARS),
        ("requirements", &mut ad.requirements, MAX_TEXT_CHARS),
        ("salary_raw", &mut ad.salary_raw, MAX_FIELD_CHARS),
        ("contract_type", &mut ad.contract_type, MAX_FIELD_CHARS),
        ("remote_type", &mut ad.remote_type, MAX_FIELD_CHARS),
        ("posted_date", &mut ad.posted_date, MAX_FIELD_CHARS),
    ]
}

fn country(ad: &RawAd) -> Result<String, Refused> {
    let country = ad.country.trim();
    if country.is_empty() {
        return Ok(country_of(&ad.location).to_string());
    }
    if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Err(refuse("country", format!("{country:?} is no ISO 3166-1 alpha-2 code, such as CO")));
    }
    Ok(country.to_ascii_uppercase())
}

#[derive(FromQueryResult)]
struct Stored {
    content_hash: String,
}

/// Stores the ads that aren't there yet; returns the hashes of those it stored.
/// Of ads with the same hash in one call, the first wins. Ads that were there
/// get a new `last_seen_at`.
///
/// # Errors
/// Database errors; then nothing of this call is stored.
pub async fn insert<C: ConnectionTrait>(db: &C, ads: &[NewAd]) -> Result<HashSet<String>, DbErr> {
    let mut seen = HashSet::new();
    let ads: Vec<_> = ads.iter().filter(|ad| seen.insert(ad.content_hash.as_str())).collect();
    let texts = |text: fn(&NewAd) -> &str| -> Vec<String> { ads.iter().map(|ad| text(ad).to_string()).collect() };
    // One order for everybody: two imports of the same file would wait for each other.
    let rows = Stored::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "INSERT INTO raw_jobs (job_id, portal, country, url, title, company, location, description, requirements,
                               salary_raw, contract_type, remote_type, posted_date, listed_date, content_hash)
         SELECT job_id, portal, country, url, title, company, location, description, requirements,
                salary_raw, contract_type, remote_type, nullif(posted_date, '')::date, listed_date::date, content_hash
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
              AS ad(job_id, portal, country, url, title, company, location, description, requirements,
                    salary_raw, contract_type, remote_type, posted_date, listed_date, content_hash)
         ORDER BY content_hash
         ON CONFLICT (content_hash) DO NOTHING RETURNING content_hash",
        [
            ads.iter().map(|ad| ad.job_id).collect::<Vec<_>>().into(),
            texts(|ad| &ad.ad.portal).into(),
            texts(|ad| &ad.ad.country).into(),
            texts(|ad| &ad.ad.url).into(),
            texts(|ad| &ad.ad.title).into(),
            texts(|ad| &ad.ad.company).into(),
            texts(|ad| &ad.ad.location).into(),
            texts(|ad| &ad.ad.description).into(),
            texts(|ad| &ad.ad.requirements).into(),
            texts(|ad| &ad.ad.salary_raw).into(),
            texts(|ad| &ad.ad.contract_type).into(),
            texts(|ad| &ad.ad.remote_type).into(),
            ads.iter().map(|ad| ad.posted_date.map_or(String::new(), |day| day.to_string())).collect::<Vec<_>>().into(),
            ads.iter().map(|ad| ad.listed_date.to_string()).collect::<Vec<_>>().into(),
            texts(|ad| &ad.content_hash).into(),
        ],
    ))
    .all(db)
    .await?;
    let stored: HashSet<String> = rows.into_iter().map(|row| row.content_hash).collect();
    let known: Vec<String> = seen.into_iter().filter(|hash| !stored.contains(*hash)).map(str::to_string).collect();
    if !known.is_empty() {
        see_again(db, known).await?;
    }
    Ok(stored)
}

/// Rows that a worker holds at the moment are passed over, so that nobody waits.
async fn see_again<C: ConnectionTrait>(db: &C, hashes: Vec<String>) -> Result<(), DbErr> {
    db.execute_raw(Statement::from_sql_and_values(
        db.get_database_backend(),
        "UPDATE raw_jobs SET last_seen_at = now() WHERE job_id IN (
             SELECT job_id FROM raw_jobs WHERE content_hash = ANY($1) FOR NO KEY UPDATE SKIP LOCKED)",
        [hashes.into()],
    ))
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ad() -> RawAd {
        RawAd { portal: "p".into(), title: "T".into(), description: "D".into(), ..Default::default() }
    }

    #[test]
    fn an_ad_is_completed() {
        let raw = RawAd { location: "Bogotá".into(), posted_date: "03-11-2025".into(), company: "C".into(), ..ad() };
        let new = prepare(raw).expect("it is valid");
        assert_eq!(new.ad.country, "CO");
        assert_eq!(new.listed_date.to_string(), "2025-11-03");
        // printf 'T\nC\nD' | sha256sum
        assert_eq!(new.content_hash, hex::encode(Sha256::digest("T\nC\nD")));
        assert_eq!(prepare(RawAd { country: "co".into(), ..ad() }).expect("valid").ad.country, "CO");
    }

    #[test]
    fn a_refused_ad_names_its_field() {
        let long = |count| "x".repeat(count);
        let cases = [
            ("title", RawAd { title: " \n".into(), ..ad() }),
            ("description", RawAd { description: String::new(), ..ad() }),
            ("portal", RawAd { portal: String::new(), ..ad() }),
            ("title", RawAd { title: long(MAX_TITLE_CHARS + 1), ..ad() }),
            ("description", RawAd { description: long(MAX_TEXT_CHARS + 1), ..ad() }),
            ("country", RawAd { country: "Colombia".into(), ..ad() }),
            ("posted_date", RawAd { posted_date: "2026-02-31".into(), ..ad() }),
        ];
        for (field, ad) in cases {
            assert_eq!(prepare(ad).expect_err(field).field, field);
        }
    }

    #[test]
    fn characters_count_and_not_bytes() {
        assert!(prepare(RawAd { title: "ñ".repeat(MAX_TITLE_CHARS), ..ad() }).is_ok());
    }

    #[test]
    fn nul_characters_become_spaces() {
        let new = prepare(RawAd { description: "a\0b".into(), ..ad() }).expect("valid");
        assert_eq!(new.ad.description, "a b");
        assert_eq!(prepare(RawAd { title: "\0".into(), ..ad() }).expect_err("empty").field, "title");
    }
}
