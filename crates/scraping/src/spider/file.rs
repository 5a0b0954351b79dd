//! A spider's file as it is written.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::ad::Field;
use crate::request::Method;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) checked: Option<toml::value::Datetime>,
    pub(super) checked_against: String,
    pub(super) countries: Vec<String>,
    pub(super) language: String,
    pub(super) enabled: Option<bool>,
    pub(super) hosts: Vec<String>,
    pub(super) extends: Option<String>,
    pub(super) origin: Option<String>,
    pub(super) robots: RobotsFile,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) country: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) politeness: PolitenessFile,
    pub(super) listing: Option<ListingFile>,
    pub(super) detail: DetailFile,
    pub(super) walls: WallsFile,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RobotsFile {
    pub(super) forbidden: bool,
    pub(super) why: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PolitenessFile {
    pub(super) delay_seconds: Option<f64>,
    pub(super) concurrency: Option<u32>,
    pub(super) max_pages: Option<u32>,
    pub(super) max_jobs: Option<u32>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    #[default]
    Html,
    Json,
    /// A sitemap, an index of sitemaps, or HTML: told apart by what comes.
    Sitemap,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ListingFile {
    pub(super) format: Format,
    pub(super) start: String,
    pub(super) start_all: Option<String>,
    pub(super) page: Option<String>,
    pub(super) page_all: Option<String>,
    pub(super) method: Method,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<String>,
    pub(super) paging: PagingFile,
    pub(super) item: OneOrMore,
    pub(super) link: Rules,
    pub(super) link_where: Option<String>,
    pub(super) link_not: Option<String>,
    pub(super) same_site: bool,
    pub(super) fields: BTreeMap<Field, Rules>,
    pub(super) next: Rules,
    pub(super) complete: bool,
    pub(super) no_results: NoResultsFile,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PagingFile {
    pub(super) first: u32,
    pub(super) step: u32,
    pub(super) size: u32,
    pub(super) max: u32,
    pub(super) total: Option<String>,
    pub(super) pages: Option<String>,
}

impl Default for PagingFile {
    fn default() -> Self {
        Self { first: 1, step: 1, size: 20, max: 10_000, total: None, pages: None }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NoResultsFile {
    pub(super) css: OneOrMore,
    pub(super) text: OneOrMore,
    pub(super) empty_body: bool,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DetailFile {
    pub(super) address: Option<String>,
    pub(super) url: Rules,
    pub(super) json_ld: bool,
    pub(super) readable: bool,
    pub(super) required: Vec<Field>,
    pub(super) prefer_card: Vec<Field>,
    pub(super) fields: BTreeMap<Field, Rules>,
}

impl Default for DetailFile {
    fn default() -> Self {
        Self {
            address: None,
            url: Rules::default(),
            json_ld: true,
            readable: true,
            required: vec![Field::Title, Field::Description],
            prefer_card: Vec::new(),
            fields: BTreeMap::new(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WallsFile {
    pub(super) gone: WallFile,
    pub(super) login: WallFile,
    pub(super) captcha: WallFile,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WallFile {
    pub(super) css: OneOrMore,
    pub(super) text: OneOrMore,
    pub(super) address: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RuleFile {
    pub(super) css: Option<String>,
    pub(super) attr: Option<String>,
    pub(super) take: Take,
    pub(super) label: Option<String>,
    pub(super) parent: bool,
    pub(super) next: Option<String>,
    pub(super) json: Option<String>,
    pub(super) regex: Option<String>,
    #[serde(rename = "where")]
    pub(super) keep: Option<String>,
    #[serde(rename = "not")]
    pub(super) drop: Option<String>,
    pub(super) nth: Option<i32>,
    pub(super) join: Option<String>,
    pub(super) map: BTreeMap<String, String>,
    pub(super) seconds: bool,
    pub(super) template: Option<String>,
}

/// What is taken of a matched element.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Take {
    /// HTML for description and requirements, text for the others.
    #[default]
    Default,
    Text,
    OwnText,
    Html,
}

/// A selector, pointer or text, or a list of them.
#[derive(Debug, Default)]
pub(super) struct OneOrMore(pub(super) Vec<String>);

/// A rule, or a list of rules of which the first that finds something counts. A rule that is only a text is a
/// JSON pointer where it starts with `/`, else a CSS selector.
#[derive(Debug, Default)]
pub(super) struct Rules(pub(super) Vec<RuleFile>);

impl RuleFile {
    fn short(text: &str) -> Self {
        if text.starts_with('/') || text.is_empty() {
            Self { json: Some(text.to_owned()), ..Self::default() }
        } else {
            Self { css: Some(text.to_owned()), ..Self::default() }
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = OneOrMore;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E>(self, text: &str) -> Result<OneOrMore, E> {
                Ok(OneOrMore(vec![text.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<OneOrMore, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push(item);
                }
                Ok(OneOrMore(all))
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl<'de> Deserialize<'de> for Rules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Rules;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a selector, a rule, or a list of them")
            }
            fn visit_str<E>(self, text: &str) -> Result<Rules, E> {
                Ok(Rules(vec![RuleFile::short(text)]))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Rules, A::Error> {
                Ok(Rules(vec![RuleFile::deserialize(MapAccessDeserializer::new(map))?]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Rules, A::Error> {
                let mut all = Vec::new();
                while let Some(Rules(rules)) = items.next_element()? {
                    all.extend(rules);
                }
                Ok(Rules(all))
            }
        }
        deserializer.deserialize_any(V)
    }
}
