//! Spiders: descriptions of portals, read from files. `spiders/README.md` explains the format.

mod compile;
mod file;
mod pointer;
mod problem;
mod requests;
mod rule;
mod set;
mod shipped;
mod template;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::NaiveDate;

pub use problem::Problem;
pub use requests::StartError;
pub use set::Spiders;

pub(crate) use compile::{Compiled, Wall};
pub(crate) use file::{Format, Take};
pub(crate) use pointer::{Pointer, text_of};
pub(crate) use rule::Rule;
pub(crate) use template::Template;

/// A portal's description: what to ask it for, and where the fields of its ads stand. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Spider {
    pub(crate) inner: Arc<Compiled>,
}

/// What a spider says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// Its name, such as `elempleo`.
    pub name: String,
    /// One sentence.
    pub about: String,
    /// The day it was last checked.
    pub checked: Option<NaiveDate>,
    /// The pages that it was checked against.
    pub checked_against: String,
    /// ISO 3166-1 alpha-2 codes of the countries it knows; empty: any.
    pub countries: Vec<String>,
    /// Language of its ads, ISO 639-1; empty where they differ.
    pub language: String,
    /// Whether it runs without the operator turning it on.
    pub enabled: bool,
    /// What the portal says of robots.
    pub robots: Robots,
    /// How gently to ask.
    pub politeness: Politeness,
    /// Listing pages of one crawl, unless it says otherwise.
    pub max_pages: Option<u32>,
    /// Ads of one crawl, unless it says otherwise.
    pub max_jobs: Option<u32>,
    /// The spider whose description this one builds on.
    pub extends: Option<String>,
}

/// What a portal says of robots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Robots {
    /// Its terms or its robots.txt forbid them.
    pub forbidden: bool,
    /// Where it says so.
    pub why: String,
}

/// How gently to ask a portal, beyond the general rules.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Politeness {
    /// Seconds between two requests, at least.
    pub delay_seconds: Option<f64>,
    /// Requests at once, at most.
    pub concurrency: Option<u32>,
}

impl Spider {
    /// Reads a description. `file` is its name in problems; `base` finds the spider that it extends.
    ///
    /// # Errors
    /// All problems found, each with its key, its reason and what to do.
    pub fn parse(text: &str, file: &str, base: &dyn Fn(&str) -> Option<Arc<Spider>>) -> Result<Self, Vec<Problem>> {
        let compiled = compile::parse(text, file, base)?.with_file(file);
        Ok(Self { inner: Arc::new(compiled) })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.inner.info.name
    }

    /// What it says of itself.
    pub fn info(&self) -> &Info {
        &self.inner.info
    }

    /// Warnings: what a description can do without, but seldom should.
    pub fn check(&self) -> Vec<Problem> {
        self.inner.warnings()
    }
}
