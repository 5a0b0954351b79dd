//! What the user sees: lines, tables, JSON. Results go to standard output, everything
//! else to standard error.

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use prost_reflect::{ReflectMessage, SerializeOptions};

use crate::{
    error::{CliError, Result},
    words::{self, Lang},
};

/// Where and how to print.
#[derive(Debug, Clone)]
pub struct Output {
    /// Messages as JSON in place of words.
    pub json: bool,
    /// Language of the words.
    pub lang: Lang,
    /// Only results and errors.
    pub quiet: bool,
    /// Details on standard error.
    pub verbose: u8,
    colors: bool,
    gone: Arc<AtomicBool>,
}

impl Output {
    /// Colours where standard output is a terminal and NO_COLOR isn't set.
    pub fn new(json: bool, lang: Lang, quiet: bool, verbose: u8) -> Self {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colors = io::stdout().is_terminal() && !no_color;
        Self { json, lang, quiet, verbose, colors, gone: Arc::default() }
    }

    /// One line of the result.
    pub fn line(&self, text: impl Display) {
        // `observatory ... | head`: the reader has seen enough, which is no error.
        if !self.gone.load(Ordering::Relaxed) && writeln!(io::stdout().lock(), "{text}").is_err() {
            self.gone.store(true, Ordering::Relaxed);
        }
    }

    /// A remark beside the result.
    pub fn note(&self, text: impl Display) {
        if !self.quiet {
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// A detail, shown with `-v`.
    pub fn detail(&self, text: impl Display) {
        if self.verbose > 0 {
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// An error, always shown.
    pub fn error(&self, error: &CliError) {
        let mut text = error_text(error, self.lang);
        if matches!(error, CliError::Unreachable { .. }) {
            text.push('\n');
            text.push_str(&words::start_it(self.lang));
        }
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// A message as JSON on one line (indented on a terminal).
    ///
    /// # Errors
    /// [`CliError::Internal`] where the message has no JSON form.
    pub fn message<M: ReflectMessage>(&self, message: &M) -> Result<()> {
        self.line(to_json(message, io::stdout().is_terminal())?);
        Ok(())
    }

    /// One message of a stream as JSON on one line.
    ///
    /// # Errors
    /// As [`Output::message`].
    pub fn stream_message<M: ReflectMessage>(&self, message: &M) -> Result<()> {
        self.line(to_json(message, false)?);
        Ok(())
    }

    /// Text that stands out; the same text where there are no colours.
    pub fn bold(&self, text: &str) -> String {
        if self.colors { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A marked word: coloured, or between asterisks where there are no colours.
    pub fn mark(&self, text: &str) -> String {
        if self.colors { format!("\u{1b}[1;36m{text}\u{1b}[0m") } else { format!("*{text}*") }
    }
}

/// How an error reads: the reason, the sentence, then the fields at fault.
pub fn error_text(error: &CliError, lang: Lang) -> String {
    match error {
        CliError::Server(error) => {
            let fields: Vec<_> = error
                .fields
                .iter()
                .map(|violation| format!("{}: {}", violation.field, violation.description))
                .collect();
            let mut text = match (fields.is_empty(), error.message == fields.join("; ")) {
                (true, _) => format!("error[{}]: {}", error.reason_name(), error.message),
                (false, true) => format!("error[{}]: {}", error.reason_name(), fields.join("\n  ")),
                (false, false) => {
                    format!("error[{}]: {}\n  {}", error.reason_name(), error.message, fields.join("\n  "))
                }
            };
            if let Some(wait) = error.retry_after {
                text.push_str(&format!("\n  retry after {}", lang.seconds(wait.as_secs_f64())));
            }
            printable(&text)
        }
        other => format!("{}: {}", words::error(lang), printable(&other.to_string())),
    }
}

/// A message as proto JSON: the contract's snake_case names, defaults written out,
/// 64-bit integers as strings.
///
/// # Errors
/// [`CliError::Internal`] where an `Any` holds a type that the contracts don't know.
pub fn to_json<M: ReflectMessage>(message: &M, pretty: bool) -> Result<String> {
    let options =
        SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false).stringify_64_bit_integers(true);
    let internal = |error: serde_json::Error| CliError::Internal(format!("no JSON for this message: {error}"));
    let value = message
        .transcode_to_dynamic()
        .serialize_with_options(serde_json::value::Serializer, &options)
        .map_err(internal)?;
    if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.map_err(internal)
}

/// Foreign text made safe for a terminal: no control characters but tabs and line breaks.
pub fn printable(text: &str) -> String {
    text.chars().filter(|&c| c == '\n' || c == '\t' || !c.is_control()).collect()
}

/// Foreign text as one line of at most `width` columns.
pub fn cell(text: &str, width: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    console::truncate_str(&printable(&text), width, "…").into_owned()
}

/// Columns side by side; numbers to the right.
#[derive(Debug, Default)]
pub struct Table {
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table by its headings; one that starts with `>` is for numbers, to the right.
    pub fn new<S: AsRef<str>>(headings: impl IntoIterator<Item = S>) -> Self {
        let headings: Vec<String> = headings.into_iter().map(|heading| heading.as_ref().to_owned()).collect();
        let right = headings.iter().map(|heading| heading.starts_with('>')).collect();
        let first = headings.iter().map(|heading| heading.trim_start_matches('>').to_owned()).collect();
        Self { right, rows: vec![first] }
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The lines of the table; the headings first, unless all are empty.
    pub fn lines(&self) -> Vec<String> {
        let width = |column: usize| {
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| console::measure_text_width(cell)).max()
        };
        let widths: Vec<usize> = (0..self.right.len()).map(|column| width(column).unwrap_or(0)).collect();
        let skip = usize::from(self.rows[0].iter().all(String::is_empty));
        self.rows.iter().skip(skip).map(|row| self.line(row, &widths)).collect()
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (column, (cell, &width)) in row.iter().zip(widths).enumerate() {
            let pad = " ".repeat(width.saturating_sub(console::measure_text_width(cell)));
            if column > 0 {
                line.push_str("  ");
            }
            if self.right[column] {
                line.push_str(&pad);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&pad);
            }
        }
        line.trim_end().to_owned()
    }

    /// Prints it, the headings in bold.
    pub fn print(&self, out: &Output) {
        let headed = !self.rows[0].iter().all(String::is_empty);
        for (i, line) in self.lines().into_iter().enumerate() {
            out.line(if i == 0 && headed { out.bold(&line) } else { line });
        }
    }
}

#[cfg(test)]
mod tests {
    use observatory_proto::{
        Error, google::longrunning::Operation, operations, operations::WatchOperationResponse, stats,
    };
    use prost::Message;

    use super::*;

    #[test]
    fn json_keeps_the_contracts_names_and_defaults() {
        let stats = stats::GetStatsResponse { total_jobs: 3, ..Default::default() };
        let value: serde_json::Value = serde_json::from_str(&to_json(&stats, false).unwrap()).unwrap();
        assert_eq!(value["total_jobs"], 3);
        assert_eq!(value["pending_cleaning"], 0);
        assert!(value.get("totalJobs").is_none());
    }

    #[test]
    fn json_opens_metadata_and_writes_64_bit_integers_as_strings() {
        let metadata = operations::OperationMetadata { kind: "k".into(), sequence: 7, ..Default::default() };
        let any = prost_types::Any {
            type_url: "type.googleapis.com/observatory.operations.v1.OperationMetadata".into(),
            value: metadata.encode_to_vec(),
        };
        let operation = Operation { name: "operations/x".into(), metadata: Some(any), ..Default::default() };
        let message = WatchOperationResponse { operation: Some(operation), sequence: 7, ..Default::default() };
        let value: serde_json::Value = serde_json::from_str(&to_json(&message, true).unwrap()).unwrap();
        assert_eq!(value["operation"]["metadata"]["kind"], "k");
        assert_eq!(value["operation"]["metadata"]["progress_percent"], 0.0);
        assert_eq!(value["sequence"], "7");
    }

    #[test]
    fn numbers_stand_to_the_right_whatever_the_script() {
        let mut table = Table::new(["skill", ">ads"]);
        table.row(["Diseño", "9"]);
        table.row(["C", "12"]);
        assert_eq!(table.lines(), ["skill   ads", "Diseño    9", "C        12"]);
    }

    #[test]
    fn a_field_error_names_its_field_once() {
        let error = CliError::Server(Box::new(Error::invalid_field("country", "two capital letters")));
        assert_eq!(error_text(&error, Lang::En), "error[FIELD_INVALID]: country: two capital letters");
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{7}\n"), "a[2Jb\n");
        assert_eq!(cell("one\n two   three", 7), "one tw…");
    }
}
