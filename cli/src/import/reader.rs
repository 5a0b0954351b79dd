//! Lines of a file with a bound on memory: a line over the limit is passed over
//! and counted, never held.

use std::io::{self, BufRead, ErrorKind};

/// Longest line (or CSV record) that is read, in bytes.
pub const LINE_LIMIT: usize = 8 << 20;

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// Its bytes without the line break, or its length where that is over the limit.
    pub bytes: Result<&'a [u8], u64>,
    /// False for a last line without a line break.
    pub ended: bool,
}

/// Reads lines of at most `limit` bytes.
#[derive(Debug)]
pub struct Lines<R> {
    inner: R,
    limit: usize,
    number: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Lines of `inner`.
    pub fn new(inner: R, limit: usize) -> Self {
        Self { inner, limit, number: 0, buffer: Vec::new() }
    }

    /// Number of the line read last.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// What reading says. What stood on the line up to there is lost.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        self.number += 1;
        let mut length = 0u64;
        let ended = loop {
            let chunk = match self.inner.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                chunk => chunk?,
            };
            if chunk.is_empty() {
                break false;
            }
            let end = memchr::memchr(b'\n', chunk);
            let taken = end.unwrap_or(chunk.len());
            length += taken as u64;
            if length <= self.limit as u64 {
                self.buffer.extend_from_slice(&chunk[..taken]);
            }
            self.inner.consume(taken + usize::from(end.is_some()));
            if end.is_some() {
                break true;
            }
        };
        if length == 0 && !ended {
            self.number -= 1;
            return Ok(None);
        }
        let bytes = if length > self.limit as u64 {
            Err(length)
        } else {
            Ok(self.buffer.strip_suffix(b"\r").unwrap_or(&self.buffer))
        };
        Ok(Some(Line { number: self.number, bytes, ended }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use super::*;

    fn all(text: &[u8], limit: usize) -> Vec<(u64, Result<Vec<u8>, u64>, bool)> {
        // A tiny buffer, so that lines span reads.
        let mut lines = Lines::new(BufReader::with_capacity(3, text), limit);
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            found.push((line.number, line.bytes.map(<[u8]>::to_vec), line.ended));
        }
        found
    }

    #[test]
    fn lines_keep_their_numbers_and_lose_their_breaks() {
        let found = all(b"one\r\n\ntwo", 10);
        assert_eq!(found, [(1, Ok(b"one".to_vec()), true), (2, Ok(vec![]), true), (3, Ok(b"two".to_vec()), false)]);
    }

    #[test]
    fn a_long_line_is_counted_and_the_next_one_read() {
        let found = all(b"aaaaaaaaaaaa\nbb\ncccccccc", 5);
        assert_eq!(found, [(1, Err(12), true), (2, Ok(b"bb".to_vec()), true), (3, Err(8), false)]);
    }

    #[test]
    fn a_huge_line_is_not_held() {
        let huge = io::repeat(b'x').take(50 << 20).chain(&b"\nok\n"[..]);
        let mut lines = Lines::new(BufReader::new(huge), 1 << 20);
        assert_eq!(lines.next_line().unwrap().unwrap().bytes, Err(50 << 20));
        assert!(lines.buffer.capacity() <= 2 << 20);
        assert_eq!(lines.next_line().unwrap().unwrap().bytes, Ok(&b"ok"[..]));
        assert!(lines.next_line().unwrap().is_none());
    }
}
