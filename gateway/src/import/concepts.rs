//! Importing ESCO concepts.

use std::collections::HashSet;

use observatory_store::{
    sea_orm::{DatabaseConnection, DbErr},
    taxonomy::{self, ChangeList, Changes, ConceptChange, EscoConcept},
};

use super::{BATCH, BATCH_BYTES, MAX_ISSUES};

/// What an import did so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConceptReport {
    /// Concepts received.
    pub received: u64,
    /// Concepts new, changed, unchanged.
    pub changes: Changes,
    /// Concepts refused.
    pub rejected: u64,
    /// Why, for the first 1,000.
    pub issues: Vec<String>,
    /// What changed, the most important first, at most 1,000.
    pub details: Vec<ConceptChange>,
    /// Stored concepts that did not come.
    pub not_received: u64,
}

/// An import in progress.
#[derive(Debug)]
pub struct ConceptImport<'a> {
    db: &'a DatabaseConnection,
    batch: Vec<EscoConcept>,
    uris: HashSet<String>,
    bytes: usize,
    received: HashSet<String>,
    details: ChangeList,
    dry_run: bool,
    report: ConceptReport,
}

impl<'a> ConceptImport<'a> {
    /// Nothing yet. A dry run compares, and writes nothing.
    pub fn new(db: &'a DatabaseConnection, dry_run: bool) -> Self {
        Self {
            db,
            batch: Vec::new(),
            uris: HashSet::new(),
            bytes: 0,
            received: HashSet::new(),
            details: ChangeList::default(),
            dry_run,
            report: ConceptReport::default(),
        }
    }

    /// Takes a concept.
    ///
    /// # Errors
    /// Database errors.
    pub async fn add(&mut self, concept: EscoConcept) -> Result<(), DbErr> {
        self.report.received += 1;
        let concept = match concept.checked() {
            Ok(concept) => concept,
            Err(message) => {
                self.report.rejected += 1;
                if self.report.issues.len() < MAX_ISSUES {
                    self.report.issues.push(format!("concept {}: {message}", self.report.received));
                }
                return Ok(());
            }
        };
        // A concept that comes again in the same batch is compared with its first coming.
        if self.uris.contains(&concept.concept_uri) || self.batch.len() >= BATCH || self.bytes >= BATCH_BYTES {
            self.flush().await?;
        }
        self.uris.insert(concept.concept_uri.clone());
        self.received.insert(concept.skill_id.clone());
        self.bytes += size(&concept);
        self.batch.push(concept);
        Ok(())
    }

    /// Stores the rest, then what follows from the whole: narrower concepts and the version.
    ///
    /// # Errors
    /// Database errors.
    pub async fn finish(mut self) -> Result<ConceptReport, DbErr> {
        self.flush().await?;
        if !self.dry_run {
            taxonomy::finish_import(self.db).await?;
        }
        self.report.not_received = taxonomy::not_received(self.db, self.received.into_iter().collect()).await?;
        self.report.details = self.details.into_vec();
        Ok(self.report)
    }

    async fn flush(&mut self) -> Result<(), DbErr> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let (changes, details) = if self.dry_run {
            taxonomy::compare(self.db, &self.batch).await?
        } else {
            taxonomy::import(self.db, &self.batch).await?
        };
        self.report.changes += changes;
        self.details.extend(details);
        self.batch.clear();
        self.uris.clear();
        self.bytes = 0;
        Ok(())
    }
}

fn size(concept: &EscoConcept) -> usize {
    let labels = concept.alternative_labels_en.iter().chain(&concept.alternative_labels_es);
    labels.map(String::len).sum::<usize>() + concept.description_en.len() + concept.description_es.len() + 512
}
