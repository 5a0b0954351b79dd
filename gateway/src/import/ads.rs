//! Importing ads: each is checked by itself; duplicates are counted exactly.

use observatory_postings::{NewAd, RawAd, Refused, prepare};
use observatory_store::{
    import,
    sea_orm::{DatabaseConnection, DbErr},
};

use super::{BATCH, BATCH_BYTES, MAX_ISSUES};

/// What an import did so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdReport {
    /// Ads received.
    pub received: i32,
    /// Ads stored.
    pub imported: i32,
    /// Duplicates.
    pub skipped: i32,
    /// Ads refused.
    pub rejected: i32,
    /// The first 1,000 that were not stored, in the order of the stream.
    pub issues: Vec<Issue>,
}

/// An ad that was not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// Its line.
    pub line: i32,
    /// The field at fault; empty for a duplicate.
    pub field: &'static str,
    /// Why.
    pub message: String,
    /// True for a duplicate.
    pub duplicate: bool,
}

/// An import in progress.
#[derive(Debug)]
pub struct AdImport<'a> {
    db: &'a DatabaseConnection,
    ads: Vec<NewAd>,
    /// The line of each ad of the batch, in their order, and what was refused between them.
    lines: Vec<(i32, Option<Refused>)>,
    bytes: usize,
    report: AdReport,
}

impl<'a> AdImport<'a> {
    /// Nothing yet.
    pub fn new(db: &'a DatabaseConnection) -> Self {
        Self { db, ads: Vec::new(), lines: Vec::new(), bytes: 0, report: AdReport::default() }
    }

    /// Ads stored so far.
    pub fn imported(&self) -> i32 {
        self.report.imported
    }

    /// Takes an ad; line 0 means its number in the stream, from 1. A full batch is stored.
    ///
    /// # Errors
    /// Database errors.
    pub async fn add(&mut self, line: i32, ad: RawAd) -> Result<(), DbErr> {
        self.report.received = self.report.received.saturating_add(1);
        let line = if line == 0 { self.report.received } else { line };
        match prepare(ad) {
            Ok(ad) => {
                self.bytes += ad.size();
                self.ads.push(ad);
                self.lines.push((line, None));
            }
            Err(refused) => self.lines.push((line, Some(refused))),
        }
        if self.lines.len() < BATCH && self.bytes < BATCH_BYTES {
            return Ok(());
        }
        self.flush().await
    }

    /// Stores the rest.
    ///
    /// # Errors
    /// Database errors.
    pub async fn finish(mut self) -> Result<AdReport, DbErr> {
        self.flush().await?;
        Ok(self.report)
    }

    async fn flush(&mut self) -> Result<(), DbErr> {
        let mut stored =
            if self.ads.is_empty() { Default::default() } else { import::insert(self.db, &self.ads).await? };
        self.bytes = 0;
        let mut ads = std::mem::take(&mut self.ads).into_iter();
        for (line, refused) in std::mem::take(&mut self.lines) {
            match refused {
                Some(refused) => {
                    self.report.rejected += 1;
                    self.issue(line, refused.field, refused.message, false);
                }
                // The first of several with the same hash takes the entry, and is the one that was stored.
                None if ads.next().is_some_and(|ad| stored.remove(&ad.content_hash)) => self.report.imported += 1,
                None => {
                    self.report.skipped += 1;
                    let message = "an ad with this title, company and description is already there";
                    self.issue(line, "", message.to_string(), true);
                }
            }
        }
        Ok(())
    }

    fn issue(&mut self, line: i32, field: &'static str, message: String, duplicate: bool) {
        if self.report.issues.len() < MAX_ISSUES {
            self.report.issues.push(Issue { line, field, message, duplicate });
        }
    }
}
