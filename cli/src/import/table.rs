//! CSV records with a bound on memory. An open quote can swallow a whole file into one
//! record; past the limit the record is given up and reading resumes at the next line.

use std::io::{self, BufRead, ErrorKind};

use csv_core::ReadRecordResult;

/// One record.
#[derive(Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Line that it starts on, from 1.
    pub line: u64,
    /// Line that it ends on.
    pub last_line: u64,
    /// Its fields, or `None` where it is over the limit.
    pub fields: Option<Vec<&'a [u8]>>,
}

/// Reads records of at most `limit` bytes.
pub struct Records<R> {
    inner: R,
    core: csv_core::Reader,
    limit: usize,
    line: u64,
    output: Vec<u8>,
    ends: Vec<usize>,
}

enum Step {
    Record,
    TooLong,
    End,
}

impl<R: BufRead> Records<R> {
    /// Records of `inner`, fields apart by `delimiter`.
    pub fn new(inner: R, delimiter: u8, limit: usize) -> Self {
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self { inner, core, limit, line: 1, output: vec![0; 16 << 10], ends: vec![0; 64] }
    }

    /// The line that comes next.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The next record; `None` at the end. Empty lines are passed over.
    ///
    /// # Errors
    /// What reading says.
    pub fn next_record(&mut self) -> io::Result<Option<Record<'_>>> {
        self.skip_line_breaks()?;
        let start = self.line;
        let (mut written, mut fields) = (0, 0);
        match self.fill(&mut written, &mut fields)? {
            Step::End => Ok(None),
            Step::TooLong => {
                self.core.reset();
                self.skip_to_line_break()?;
                Ok(Some(Record { line: start, last_line: self.line, fields: None }))
            }
            Step::Record => {
                let starts = std::iter::once(0).chain(self.ends[..fields].iter().copied());
                let list = starts.zip(&self.ends[..fields]).map(|(from, &to)| &self.output[from..to]).collect();
                Ok(Some(Record { line: start, last_line: self.line, fields: Some(list) }))
            }
        }
    }

    fn fill(&mut self, written: &mut usize, fields: &mut usize) -> io::Result<Step> {
        loop {
            let input = match self.inner.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                input => input?,
            };
            let (result, read, wrote, ended) =
                self.core.read_record(input, &mut self.output[*written..], &mut self.ends[*fields..]);
            self.line += memchr::memchr_iter(b'\n', &input[..read]).count() as u64;
            self.inner.consume(read);
            *written += wrote;
            *fields += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record => return Ok(Step::Record),
                ReadRecordResult::End => return Ok(Step::End),
                ReadRecordResult::OutputFull if self.output.len() >= self.limit => return Ok(Step::TooLong),
                ReadRecordResult::OutputFull => self.output.resize((self.output.len() * 2).min(self.limit), 0),
                ReadRecordResult::OutputEndsFull if self.ends.len() >= 1 << 16 => return Ok(Step::TooLong),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
            }
        }
    }

    /// Passes over the rest of the record before (the `\n` of a `\r\n`) and empty lines.
    fn skip_line_breaks(&mut self) -> io::Result<()> {
        loop {
            let input = self.inner.fill_buf()?;
            let breaks = input.iter().take_while(|&&b| b == b'\n' || b == b'\r').count();
            if breaks == 0 {
                return Ok(());
            }
            self.line += memchr::memchr_iter(b'\n', &input[..breaks]).count() as u64;
            self.inner.consume(breaks);
        }
    }

    fn skip_to_line_break(&mut self) -> io::Result<()> {
        loop {
            let input = self.inner.fill_buf()?;
            if input.is_empty() {
                return Ok(());
            }
            match memchr::memchr(b'\n', input) {
                Some(at) => {
                    self.inner.consume(at);
                    return Ok(());
                }
                None => {
                    let length = input.len();
                    self.inner.consume(length);
                }
            }
        }
    }
}

/// The delimiter that a header line holds most often; a comma where it holds none.
pub fn guess_delimiter(header: &[u8]) -> u8 {
    let line = header.split(|&b| b == b'\n').next().unwrap_or(header);
    let count = |delimiter: u8| line.iter().filter(|&&b| b == delimiter).count();
    // The last of equals wins.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|&delimiter| count(delimiter)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    type Found = (u64, u64, Option<Vec<String>>);

    fn all(text: &[u8], limit: usize) -> Vec<Found> {
        let mut records = Records::new(BufReader::with_capacity(4, text), b',', limit);
        let mut found = Vec::new();
        while let Some(record) = records.next_record().unwrap() {
            let fields = record
                .fields
                .map(|fields| fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect());
            found.push((record.line, record.last_line, fields));
        }
        found
    }

    fn fields(list: &[&str]) -> Option<Vec<String>> {
        Some(list.iter().map(|field| (*field).to_owned()).collect())
    }

    #[test]
    fn quotes_keep_commas_newlines_and_quotes() {
        let found = all(b"a,\"b, \"\"c\"\"\nd\"\r\n\r\ne,f\n", 1000);
        assert_eq!(found[0].2, fields(&["a", "b, \"c\"\nd"]));
        assert_eq!(found[0].0, 1);
        assert_eq!((found[1].0, found[1].2.clone()), (4, fields(&["e", "f"])));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_record_over_the_limit_is_given_up_and_reading_resumes_at_the_next_line() {
        let mut text = b"a,b\n".to_vec();
        text.extend(b"\"x".iter().chain(&[b'y'; 40_000]));
        text.extend(b"\nc,d\n");
        let found = all(&text, 20_000);
        assert_eq!(found[0].2, fields(&["a", "b"]));
        assert_eq!((found[1].0, found[1].2.clone()), (2, None));
        assert_eq!((found[2].0, found[2].2.clone()), (3, fields(&["c", "d"])));
    }

    #[test]
    fn the_last_record_needs_no_line_break() {
        assert_eq!(all(b"a,b\nc,d", 1000)[1].2, fields(&["c", "d"]));
        assert_eq!(all(b"", 1000), []);
    }

    #[test]
    fn the_delimiter_is_read_off_the_header() {
        assert_eq!(guess_delimiter(b"title;texto;empresa\na,b,c,d,e"), b';');
        assert_eq!(guess_delimiter(b"title\ttexto"), b'\t');
        assert_eq!(guess_delimiter(b"title,texto"), b',');
        assert_eq!(guess_delimiter(b"title"), b',');
    }
}
