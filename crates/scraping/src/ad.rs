//! An ad as a portal shows it, before clean-up.

use std::collections::BTreeMap;

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
