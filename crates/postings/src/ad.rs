//! Ads as they come in, from files and portals: checked and completed.

use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{Contract, Day, Hours, Remote, Salary, contract, country_of, hours, posted, remote, salary};

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
    /// Contract and hours as posted.
    pub contract_type: String,
    /// Remote or on site, as posted.
    pub remote_type: String,
    /// Day of posting: of a file as [`posted::parse_day`] reads it, of a portal as
    /// [`posted::parse`] does; may be empty.
    pub posted_date: String,
    /// Last day as posted; may be empty.
    pub valid_through: String,
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
    /// Whether `posted_date` is the very day; see [`Day::exact`]. False without a day.
    pub posted_exact: bool,
    /// `posted_date`, or the day it was taken in (UTC).
    pub listed_date: NaiveDate,
    /// Last day to apply, where it could be read.
    pub valid_through: Option<NaiveDate>,
    /// What `salary_raw` means.
    pub salary: Option<Salary>,
    /// The contract that `contract_type` means.
    pub contract: Option<Contract>,
    /// The hours that `contract_type` means.
    pub hours: Option<Hours>,
    /// What `remote_type` means, or else the location ("Remoto").
    pub remote: Option<Remote>,
    /// See [`content_hash`].
    pub content_hash: String,
    /// The page that it was read from, compressed by zstd; kept beside it.
    pub raw_html: Option<Vec<u8>>,
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

/// Checks an ad of a file and completes it: country, days, normal forms, hash, id. NUL
/// characters, which Postgres can't store, become spaces. A file doesn't tell when its ads
/// were seen, so its days must be written out.
///
/// # Errors
/// The first field that is wrong.
pub fn prepare(ad: RawAd) -> Result<NewAd, Refused> {
    let ad = checked(ad)?;
    let posted = match ad.posted_date.trim() {
        "" => None,
        text => Some(posted::parse_day(text).ok_or_else(|| {
            refuse("posted_date", format!("{text:?} is no day; expected YYYY-MM-DD, DD-MM-YYYY or DD/MM/YYYY"))
        })?),
    };
    Ok(completed(ad, posted.map(|day| Day { day, exact: true }), Utc::now()))
}

/// As [`prepare`], for an ad that a portal showed at `seen`: its day may be relative ("Hace 2
/// días"), and one that can't be read is no fault.
///
/// # Errors
/// The first field that is wrong.
pub fn prepare_scraped(ad: RawAd, seen: DateTime<Utc>) -> Result<NewAd, Refused> {
    let ad = checked(ad)?;
    let posted = posted::parse(&ad.posted_date, seen, &ad.country);
    Ok(completed(ad, posted, seen))
}

/// The ad within its limits, with its country.
fn checked(mut ad: RawAd) -> Result<RawAd, Refused> {
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
    Ok(ad)
}

fn completed(ad: RawAd, posted: Option<Day>, seen: DateTime<Utc>) -> NewAd {
    NewAd {
        job_id: Uuid::now_v7(),
        posted_date: posted.map(|posted| posted.day),
        posted_exact: posted.is_some_and(|posted| posted.exact),
        listed_date: posted.map_or_else(|| seen.date_naive(), |posted| posted.day),
        valid_through: posted::parse_deadline(&ad.valid_through, &ad.country),
        salary: salary::parse(&ad.salary_raw, &ad.country),
        contract: contract::parse(&ad.contract_type),
        hours: hours::parse(&ad.contract_type),
        remote: remote::parse(&ad.remote_type).or_else(|| remote::parse(&ad.location)),
        content_hash: content_hash(&ad.title, &ad.company, &ad.description),
        raw_html: None,
        ad,
    }
}

/// Every text field with its name and limit.
fn fields(ad: &mut RawAd) -> [(&'static str, &mut String, usize); 13] {
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
        ("valid_through", &mut ad.valid_through, MAX_FIELD_CHARS),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Period;

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

    #[test]
    fn the_fields_of_an_ad_get_their_normal_forms() {
        let raw = RawAd {
            country: "CO".into(),
            salary_raw: "$4 a $4,5 millones".into(),
            contract_type: "Contrato a término indefinido - Tiempo completo".into(),
            location: "Remoto (Colombia)".into(),
            posted_date: "2025-11-03".into(),
            valid_through: "2025-12-03T23:59:59-05:00".into(),
            ..ad()
        };
        let new = prepare(raw).expect("it is valid");
        let salary = Salary {
            min: Some(4_000_000.0),
            max: Some(4_500_000.0),
            currency: Some("COP"),
            period: Period::Unknown,
            net: None,
        };
        assert_eq!(new.salary, Some(salary));
        assert_eq!((new.contract, new.hours), (Some(Contract::Indefinite), Some(Hours::FullTime)));
        assert_eq!(new.remote, Some(Remote::Remote));
        assert_eq!((new.posted_date, new.posted_exact), (NaiveDate::from_ymd_opt(2025, 11, 3), true));
        assert_eq!(new.valid_through, NaiveDate::from_ymd_opt(2025, 12, 3));
    }

    #[test]
    fn files_need_written_days_and_portals_may_say_anything() {
        let seen = "2025-11-03T12:00:00Z".parse().expect("a time");
        let days = |text: &str| {
            let new = prepare_scraped(RawAd { posted_date: text.into(), country: "CO".into(), ..ad() }, seen);
            let new = new.expect("a scraped ad isn't refused for its day");
            (new.posted_date.map(|day| day.to_string()), new.posted_exact, new.listed_date.to_string())
        };
        for text in ["Hace 2 días", "mañana"] {
            let refused = prepare(RawAd { posted_date: text.into(), ..ad() }).expect_err(text);
            assert_eq!(refused.field, "posted_date");
        }
        assert_eq!(days("Hace 2 días"), (Some("2025-11-01".into()), true, "2025-11-01".into()));
        assert_eq!(days("Hace 30+ días"), (Some("2025-10-04".into()), false, "2025-10-04".into()));
        assert_eq!(days("mañana"), (None, false, "2025-11-03".into()));
        assert_eq!(days(""), (None, false, "2025-11-03".into()));
    }
}
