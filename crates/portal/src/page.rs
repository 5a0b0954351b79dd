//! A page under construction, and its gzip form.
//!
//! Most of a portal's page is the same on every page. Such a part is compressed once
//! and taken over as it is: raw deflate data that ends in a sync flush can be joined,
//! so compressing a page costs only what is its own.

use std::{cell::RefCell, ops::Range};

use flate2::{Compress, Compression, Crc, FlushCompress};

/// A part that is the same on many pages.
#[derive(Debug)]
pub struct Segment {
    text: String,
    deflated: Vec<u8>,
}

impl Segment {
    /// Compresses `text`, once.
    pub fn new(text: String) -> Self {
        let mut deflated = Vec::new();
        deflate(&mut Compress::new(Compression::best(), false), text.as_bytes(), &mut deflated);
        Self { text, deflated }
    }
}

/// A page's text, and which parts of it are [`Segment`]s.
#[derive(Debug, Default)]
pub struct Page<'a> {
    /// All of it.
    pub text: String,
    fixed: Vec<(Range<usize>, &'a Segment)>,
}

impl<'a> Page<'a> {
    /// An empty page.
    pub fn new() -> Self {
        Self { text: String::with_capacity(16 * 1024), fixed: Vec::new() }
    }

    /// Adds a part that is compressed already.
    pub fn segment(&mut self, segment: &'a Segment) {
        let start = self.text.len();
        self.text.push_str(&segment.text);
        self.fixed.push((start..self.text.len(), segment));
    }

    /// The page as a gzip file (RFC 1952) of one member.
    pub fn gzip(&self) -> Vec<u8> {
        thread_local! {
            static COMPRESS: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
        }
        let bytes = self.text.as_bytes();
        let mut out = Vec::with_capacity(bytes.len() / 2 + 64);
        out.extend_from_slice(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255]);
        COMPRESS.with_borrow_mut(|compress| {
            let mut at = 0;
            for (range, segment) in &self.fixed {
                deflate(compress, &bytes[at..range.start], &mut out);
                out.extend_from_slice(&segment.deflated);
                at = range.end;
            }
            deflate(compress, &bytes[at..], &mut out);
        });
        // A last, empty block.
        out.extend_from_slice(&[3, 0]);
        let mut crc = Crc::new();
        crc.update(bytes);
        out.extend_from_slice(&crc.sum().to_le_bytes());
        out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        out
    }
}

/// Adds `bytes` as raw deflate data that ends at a byte's edge.
pub fn deflate(compress: &mut Compress, bytes: &[u8], out: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    compress.reset();
    loop {
        let read = compress.total_in() as usize;
        out.reserve(bytes.len() / 2 + 256);
        let before = out.capacity() - out.len();
        let written = compress.total_out();
        // A compressor with a buffer before it can't fail.
        let _ = compress.compress_vec(&bytes[read..], out, FlushCompress::Sync);
        let used = (compress.total_out() - written) as usize;
        if compress.total_in() as usize == bytes.len() && used < before {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_page_of_ready_and_own_parts_unpacks_to_its_text() {
        let long: String = (0..40_000).map(|i| format!("{} ", crate::catalogue::mix(i))).collect();
        let (head, tail) = (Segment::new("<head>".repeat(500)), Segment::new("</foot>".into()));
        for own in ["", "corto", long.as_str()] {
            let mut page = Page::new();
            page.text.push_str("<!DOCTYPE html>");
            page.segment(&head);
            page.text.push_str(own);
            page.segment(&tail);
            let mut text = String::new();
            // The plain decoder reads one member and checks its sum.
            flate2::read::GzDecoder::new(page.gzip().as_slice()).read_to_string(&mut text).unwrap();
            assert_eq!(text, page.text);
        }
    }
}
