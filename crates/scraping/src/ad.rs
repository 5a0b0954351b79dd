//! An ad as a portal shows it, before clean-up.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// A field of an ad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Title.
    Title,
    /// Employer.
    Company,
    /// Place.
    Location,
    /// HTML or text.
    Description,
    /// HTML or text.
    Requirements,
    /// Salary as posted.
    Salary,
    /// Contract and hours as posted.
    Contract,
    /// Remote or on site, as posted.
    Remote,
    /// Day of posting as posted, such as `Hace 2 días` or `2026-11-03`.
    PostedDate,
    /// Last day, as posted.
    ValidThrough,
    /// Skills that the portal itself names, one a line.
    Skills,
}

impl Field {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 11] = [
        Self::Title,
        Self::Company,
        Self::Location,
        Self::Description,
        Self::Requirements,
        Self::Salary,
        Self::Contract,
        Self::Remote,
        Self::PostedDate,
        Self::ValidThrough,
        Self::Skills,
    ];

    /// Its name in spiders and answers, such as `posted_date`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Company => "company",
            Self::Location => "location",
            Self::Description => "description",
            Self::Requirements => "requirements",
            Self::Salary => "salary",
            Self::Contract => "contract",
            Self::Remote => "remote",
            Self::PostedDate => "posted_date",
            Self::ValidThrough => "valid_through",
            Self::Skills => "skills",
        }
    }
}

impl Field {
    /// Its bit in a mask. Masks are stored: variants keep their places.
    pub fn bit(self) -> i32 {
        1 << (self as i32)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a field holds, and where it stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The text, or HTML for description and requirements; never empty.
    pub text: String,
    /// Such as `json-ld: $.hiringOrganization.name`, `css: h1.title`, `json: /content/0/titulo`, `readable text`.
    pub source: String,
}

/// The fields of an ad that were found.
pub type AdFields = BTreeMap<Field, Found>;

/// An ad as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The ad's own address, canonical: without fragment and tracking parameters.
    pub url: Url,
    /// What the listing says.
    pub fields: AdFields,
}
