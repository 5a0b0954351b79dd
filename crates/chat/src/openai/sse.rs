//! Server-sent events: the data of each event, out of bytes that come in any pieces.

use crate::ChatError;

/// Longest line and longest event that is read.
const LONGEST: usize = 4 << 20;

#[derive(Debug, Default)]
pub(super) struct Events {
    /// A line that is not yet whole.
    line: Vec<u8>,
    /// The data lines of an event that is not yet whole.
    data: Option<String>,
}

impl Events {
    /// The data of the events that these bytes end.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, ChatError> {
        let mut ended = Vec::new();
        for &byte in bytes {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.end_line(&line, &mut ended)?;
            } else {
                self.line.push(byte);
            }
        }
        if self.line.len() + self.data.as_ref().map_or(0, String::len) > LONGEST {
            return Err(ChatError::Malformed("an event of the stream is too long".into()));
        }
        Ok(ended)
    }

    fn end_line(&mut self, line: &[u8], ended: &mut Vec<String>) -> Result<(), ChatError> {
        let line = std::str::from_utf8(line)
            .map_err(|_| ChatError::Malformed("the stream is not UTF-8".into()))?
            .trim_end_matches('\r');
        if line.is_empty() {
            ended.extend(self.data.take());
        } else if let Some(data) = line.strip_prefix("data:") {
            let data = data.strip_prefix(' ').unwrap_or(data);
            match &mut self.data {
                Some(before) => {
                    before.push('\n');
                    before.push_str(data);
                }
                None => self.data = Some(data.to_owned()),
            }
        } else if !["event", "id", "retry", ""].contains(&line.split(':').next().unwrap_or_default()) {
            return Err(ChatError::Malformed("the stream is not one of server-sent events".into()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_out_whole_however_the_bytes_are_cut() {
        let stream = ": hello\r\n\r\ndata: {\"a\":\"ñ\"}\n\nevent: x\ndata:one\ndata: two\n\ndata: [DONE]\n\n";
        for size in 1..stream.len() {
            let mut events = Events::default();
            let found: Vec<String> =
                stream.as_bytes().chunks(size).flat_map(|piece| events.push(piece).expect("a stream")).collect();
            assert_eq!(found, ["{\"a\":\"ñ\"}", "one\ntwo", "[DONE]"], "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_stream_of_events_is_refused() {
        assert!(Events::default().push(b"<html>\n").is_err());
        assert!(Events::default().push(b"data: \xff\n").is_err());
        assert!(Events::default().push(&vec![b'x'; LONGEST + 1]).is_err());
    }
}
