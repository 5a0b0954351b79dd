//! Reads files of ads, whatever state they are in: JSON Lines and CSV, plain or gzipped.
//! A line that is no ad is reported with its number and the reason; the rest goes on.

pub mod decode;
pub mod map;
pub mod open;
pub mod reader;
pub mod report;
pub mod table;

use std::{
    borrow::Cow,
    io::{BufRead, Read},
    ops::ControlFlow,
};

use observatory_proto::jobs::{ImportIssue, ImportJobsRequest};
use prost::Message;
use serde_json::Value;

use decode::{Decoded, Encoding};
use map::{Field, Mapping, Refused};
use reader::{LINE_LIMIT, Lines};
use report::{ReadReport, issue};
use table::Records;

/// Largest message sent: the server takes 4 MiB, this leaves room for the envelope.
pub const MESSAGE_LIMIT: usize = (4 << 20) - (16 << 10);

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// By the file's name, then by its first character.
    #[default]
    Auto,
    /// One JSON object a line.
    Jsonl,
    /// A header, then one record an ad; quotes as in RFC 4180.
    Csv,
}

/// How to read a file.
#[derive(Debug, Clone)]
pub struct Options {
    /// Kind of file.
    pub format: Format,
    /// Names of fields.
    pub mapping: Mapping,
    /// Between the fields of CSV; read off the header where not given.
    pub delimiter: Option<u8>,
    /// How bytes become text.
    pub encoding: Encoding,
}

/// What a line turned out to be.
#[derive(Debug)]
pub enum Found<'a> {
    /// An ad.
    Ad(Box<ImportJobsRequest>),
    /// No ad.
    Issue(&'a ImportIssue),
}

/// Reads all of `file` and hands each finding to `sink`, until that says to stop.
///
/// # Errors
/// Where the file as a whole can't be read as ads.
pub fn read<R: BufRead>(
    mut file: R,
    name: &str,
    options: &Options,
    mut sink: impl FnMut(Found<'_>) -> ControlFlow<()>,
) -> Result<ReadReport, String> {
    let head = open::head(&mut file).map_err(|error| format!("{name}: {error}"))?;
    let format = open::format(name, &head, options.format)?;
    let mut reading = Reading { options, report: ReadReport::default(), sink: &mut sink };
    match format {
        Format::Csv => {
            let delimiter = options.delimiter.unwrap_or_else(|| table::guess_delimiter(&head));
            reading.csv(Records::new(file, delimiter, LINE_LIMIT)).map_err(|error| format!("{name}: {error}"))?;
        }
        Format::Jsonl | Format::Auto => reading.jsonl(Lines::new(file, LINE_LIMIT)),
    }
    Ok(reading.report)
}

struct Reading<'a, S> {
    options: &'a Options,
    report: ReadReport,
    sink: &'a mut S,
}

impl<S: FnMut(Found<'_>) -> ControlFlow<()>> Reading<'_, S> {
    fn jsonl<R: BufRead>(&mut self, mut lines: Lines<R>) {
        loop {
            let line = match lines.next_line() {
                Ok(Some(line)) => line,
                Ok(None) => return,
                Err(error) => return self.stop(lines.number(), &error),
            };
            let number = line.number;
            let outcome = match line.bytes {
                Err(length) => Some(Err(too_long(length))),
                Ok(bytes) => self.json_line(number, bytes, line.ended),
            };
            if outcome.is_some_and(|outcome| self.hand_on(number, outcome).is_break()) {
                return;
            }
        }
    }

    /// `None` for an empty line.
    fn json_line(&mut self, number: u64, bytes: &[u8], ended: bool) -> Option<Result<ImportJobsRequest, Refused>> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        let text = match self.decode(number, bytes) {
            Ok(text) => text,
            Err(refused) => return Some(Err(refused)),
        };
        if text.trim().is_empty() {
            return Some(Err(Refused::line("nothing but NUL characters")));
        }
        Some(match serde_json::from_str(&text) {
            Ok(Value::Object(object)) => self.options.mapping.object(object),
            Ok(other) => Err(Refused::line(format!("should be a JSON object, is {}", kind_of(&other)))),
            Err(error) => Err(Refused::line(json_error(&error, ended))),
        })
    }

    fn csv<R: BufRead>(&mut self, mut records: Records<R>) -> Result<(), String> {
        let header = match records.next_record().map_err(|error| error.to_string())? {
            None => return Ok(()),
            Some(record) => record.fields.ok_or("the header is longer than 8 MiB; is this CSV?")?,
        };
        let header: Vec<String> = header.into_iter().map(|name| self.plain(name)).collect();
        let columns = self.options.mapping.columns(&header)?;
        let used =
            columns.iter().zip(&header).filter_map(|(field, name)| field.map(|f| format!("{}={name}", f.name())));
        self.report.columns = Some(used.collect::<Vec<_>>().join(", "));
        loop {
            let line = records.line();
            let record = match records.next_record() {
                Ok(Some(record)) => record,
                Ok(None) => return Ok(()),
                Err(error) => {
                    self.stop(line, &error);
                    return Ok(());
                }
            };
            let number = record.line;
            let outcome = match &record.fields {
                None => Err(Refused::line("the record is longer than 8 MiB; is a quote left open?")),
                Some(fields) if fields.len() != header.len() => {
                    Err(Refused::line(wrong_columns(fields.len(), header.len(), number, record.last_line)))
                }
                Some(fields) => self.csv_record(number, &columns, fields),
            };
            if self.hand_on(number, outcome).is_break() {
                return Ok(());
            }
        }
    }

    fn csv_record(
        &mut self,
        number: u64,
        columns: &[Option<Field>],
        fields: &[&[u8]],
    ) -> Result<ImportJobsRequest, Refused> {
        // One encoding for the whole record: a field alone may be valid UTF-8 by chance.
        let encoding = match self.options.encoding {
            Encoding::Auto if fields.iter().any(|field| std::str::from_utf8(field).is_err()) => {
                self.report.windows_1252.add(number);
                Encoding::Latin1
            }
            encoding => encoding,
        };
        let mut had_nul = false;
        let mut values = Vec::with_capacity(fields.len());
        for (column, bytes) in fields.iter().enumerate() {
            let decoded = decode::decode(bytes, encoding)
                .map_err(|message| Refused { field: columns[column].map_or("", Field::name), message })?;
            had_nul |= decoded.had_nul;
            values.push(decoded.text.into_owned());
        }
        if had_nul {
            self.report.nul.add(number);
        }
        self.options.mapping.record(columns, values.into_iter())
    }

    fn decode<'b>(&mut self, number: u64, bytes: &'b [u8]) -> Result<Cow<'b, str>, Refused> {
        let Decoded { text, fell_back, had_nul } =
            decode::decode(bytes, self.options.encoding).map_err(Refused::line)?;
        if fell_back {
            self.report.windows_1252.add(number);
        }
        if had_nul {
            self.report.nul.add(number);
        }
        Ok(text)
    }

    fn plain(&self, bytes: &[u8]) -> String {
        let encoding = if self.options.encoding == Encoding::Utf8 { Encoding::Auto } else { self.options.encoding };
        decode::decode(bytes, encoding).map(|decoded| decoded.text.trim().to_owned()).unwrap_or_default()
    }

    fn hand_on(&mut self, number: u64, outcome: Result<ImportJobsRequest, Refused>) -> ControlFlow<()> {
        match outcome.and_then(|ad| self.finish(number, ad)) {
            Ok(ad) => {
                self.report.ads += 1;
                (self.sink)(Found::Ad(Box::new(ad)))
            }
            Err(refused) => {
                let issue = issue(number, refused.field, refused.message);
                let flow = (self.sink)(Found::Issue(&issue));
                self.report.refuse(issue);
                flow
            }
        }
    }

    /// Numbers the ad, takes out what `\u0000` put in, and checks its size.
    fn finish(&mut self, number: u64, mut ad: ImportJobsRequest) -> Result<ImportJobsRequest, Refused> {
        ad.line = i32::try_from(number).unwrap_or(i32::MAX);
        let mut had_nul = false;
        for text in texts(&mut ad) {
            if memchr::memchr(0, text.as_bytes()).is_some() {
                *text = text.replace('\0', "");
                had_nul = true;
            }
        }
        if had_nul {
            self.report.nul.add(number);
        }
        let size = ad.encoded_len();
        if size > MESSAGE_LIMIT {
            return Err(Refused::line(format!("the ad is {size} bytes; at most {MESSAGE_LIMIT} can be sent")));
        }
        Ok(ad)
    }

    fn stop(&mut self, line: u64, error: &std::io::Error) {
        self.report.stopped = Some(format!("reading stopped after line {line}: {error}"));
    }
}

fn texts(ad: &mut ImportJobsRequest) -> [&mut String; 12] {
    [
        &mut ad.portal,
        &mut ad.country,
        &mut ad.url,
        &mut ad.title,
        &mut ad.company,
        &mut ad.location,
        &mut ad.description,
        &mut ad.requirements,
        &mut ad.salary_raw,
        &mut ad.contract_type,
        &mut ad.remote_type,
        &mut ad.posted_date,
    ]
}

fn too_long(length: u64) -> Refused {
    Refused::line(format!("the line is {length} bytes long; at most {LINE_LIMIT} are read"))
}

fn wrong_columns(found: usize, expected: usize, from: u64, to: u64) -> String {
    let spans = if to > from + 1 {
        format!("; the record spans lines {from} to {to}, is a quote left open?")
    } else {
        String::new()
    };
    format!("{found} columns, the header has {expected}{spans}")
}

fn json_error(error: &serde_json::Error, ended: bool) -> String {
    let column = error.column();
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    if error.is_eof() {
        let cut = if ended { "the line ends early" } else { "the file ends in the middle of this line" };
        return format!("not JSON: {cut} ({what})");
    }
    format!("not JSON: {what} at column {column}")
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Reads from anything at all, for tests and for texts in memory.
///
/// # Errors
/// As [`read`].
pub fn read_all(
    file: impl Read,
    name: &str,
    options: &Options,
) -> Result<(Vec<ImportJobsRequest>, ReadReport), String> {
    let mut ads = Vec::new();
    let report = read(std::io::BufReader::new(file), name, options, |found| {
        if let Found::Ad(ad) = found {
            ads.push(*ad);
        }
        ControlFlow::Continue(())
    })?;
    Ok((ads, report))
}

#[cfg(test)]
mod tests;
