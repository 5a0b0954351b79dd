//! What happened to each line of a file, with a bound on memory.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use observatory_proto::jobs::{ImportIssue, ImportJobsResponse};

/// Issues kept for the report; the server keeps as many of its own.
pub const KEPT: usize = 1000;

/// A remark that is counted rather than listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Remark {
    /// Lines it is about.
    pub count: u64,
    /// The first of them.
    pub first: u64,
}

impl Remark {
    /// Counts a line.
    pub fn add(&mut self, line: u64) {
        if self.count == 0 {
            self.first = line;
        }
        self.count += 1;
    }
}

/// What reading a file found.
#[derive(Debug, Default)]
pub struct ReadReport {
    /// Ads handed on.
    pub ads: u64,
    /// Lines refused here.
    pub rejected: u64,
    /// The first [`KEPT`] of them.
    pub issues: Vec<ImportIssue>,
    /// Lines read as Windows-1252.
    pub windows_1252: Remark,
    /// Lines that had NUL characters.
    pub nul: Remark,
    /// Which columns were used, for CSV.
    pub columns: Option<String>,
    /// Why reading stopped before the end of the file.
    pub stopped: Option<String>,
}

impl ReadReport {
    /// Counts a refused line.
    pub fn refuse(&mut self, issue: ImportIssue) {
        self.rejected += 1;
        if self.issues.len() < KEPT {
            self.issues.push(issue);
        }
    }

    /// The server's report with what was refused here added to it, issues in order of line.
    pub fn merge(&self, mut response: ImportJobsResponse) -> ImportJobsResponse {
        let rejected = i32::try_from(self.rejected).unwrap_or(i32::MAX);
        response.received = response.received.saturating_add(rejected);
        response.rejected = response.rejected.saturating_add(rejected);
        response.issues.extend(self.issues.iter().cloned());
        response.issues.sort_by_key(|issue| issue.line);
        response
    }
}

/// An issue; lines beyond the contract's 32 bits are reported as the largest.
pub fn issue(line: u64, field: &str, message: impl Into<String>) -> ImportIssue {
    ImportIssue {
        line: i32::try_from(line).unwrap_or(i32::MAX),
        field: field.to_owned(),
        message: message.into(),
        duplicate: false,
    }
}

/// An issue as one line of text: `line 7: title: is empty or missing`.
pub fn describe(issue: &ImportIssue, line: &str) -> String {
    let field = if issue.field.is_empty() { String::new() } else { format!("{}: ", issue.field) };
    format!("{line}: {field}{}", issue.message)
}

/// `--issues-file`: tab-separated file, line, kind, field, message.
pub struct IssuesFile(BufWriter<File>);

impl IssuesFile {
    /// Starts the file with its heading.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        writeln!(file, "file\tline\tkind\tfield\tmessage")?;
        Ok(Self(file))
    }

    /// Adds an issue.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn add(&mut self, file: &str, issue: &ImportIssue) -> io::Result<()> {
        let kind = if issue.duplicate { "duplicate" } else { "rejected" };
        let message = issue.message.replace(['\t', '\n', '\r'], " ");
        writeln!(self.0, "{file}\t{}\t{kind}\t{}\t{message}", issue.line, issue.field)
    }

    /// Writes what is still in memory.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn finish(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_of_both_sides_become_one_in_order_of_line() {
        let mut report = ReadReport::default();
        report.refuse(issue(9, "", "not JSON"));
        report.refuse(issue(2, "title", "is empty or missing"));
        let server = ImportJobsResponse {
            received: 10,
            imported: 8,
            rejected: 2,
            issues: vec![issue(5, "posted_date", "no date")],
            ..Default::default()
        };
        let merged = report.merge(server);
        assert_eq!((merged.received, merged.rejected), (12, 4));
        assert_eq!(merged.issues.iter().map(|issue| issue.line).collect::<Vec<_>>(), [2, 5, 9]);
    }

    #[test]
    fn memory_is_bounded_and_the_count_is_not() {
        let mut report = ReadReport::default();
        for line in 0..5000 {
            report.refuse(issue(line, "", "x"));
        }
        assert_eq!((report.rejected, report.issues.len()), (5000, KEPT));
    }
}
