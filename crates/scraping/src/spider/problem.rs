//! What is wrong with a spider's file.

use std::fmt;

/// Something wrong with a spider's file: where, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Name of the file.
    pub file: String,
    /// Line, from 1, where it is known.
    pub line: Option<usize>,
    /// Key at fault, such as `detail.fields.title[1].css`; empty where the file as a whole is meant.
    pub key: String,
    /// What is wrong.
    pub reason: String,
    /// What to do next.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}; {}", self.reason, self.remedy)
    }
}

/// Gathers the problems of one file.
pub(super) struct Report<'a> {
    file: &'a str,
    text: &'a str,
    pub(super) problems: Vec<Problem>,
    /// Names that templates may use.
    pub(super) known: Vec<String>,
}

impl<'a> Report<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, problems: Vec::new(), known: Vec::new() }
    }

    /// `value` is what stands in the file; its line is looked up by it.
    pub(super) fn add(&mut self, key: &str, value: &str, reason: impl Into<String>, remedy: impl Into<String>) {
        let needle = if value.is_empty() { key.rsplit('.').next().unwrap_or(key) } else { value };
        let line = self.text.lines().position(|line| line.contains(needle)).map(|at| at + 1);
        self.at(line, key, reason, remedy);
    }

    pub(super) fn at(&mut self, line: Option<usize>, key: &str, reason: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line,
            key: key.to_owned(),
            reason: reason.into(),
            remedy: remedy.into(),
        });
    }
}
