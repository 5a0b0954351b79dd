//! Opens what the user named: a file or standard input, unzipped where it is gzip.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::bufread::MultiGzDecoder;

use super::{
    Format,
    decode::{self, Start},
};

/// A file ready to be read line by line.
pub struct Opened {
    /// Its bytes, unzipped.
    pub reader: Box<dyn BufRead + Send>,
    /// Its name; `-` for standard input. Without `.gz`.
    pub name: String,
    /// Its size on disk; `None` for standard input and pipes.
    pub size: Option<u64>,
    /// Bytes read from disk so far.
    pub read: Arc<AtomicU64>,
}

/// Opens a file; `-` is standard input.
///
/// # Errors
/// Why it can't be opened, with its name.
pub fn open(path: &Path) -> Result<Opened, String> {
    let name = path.display().to_string();
    let read = Arc::new(AtomicU64::new(0));
    let (raw, size): (Box<dyn Read + Send>, _) = if name == "-" {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(path).map_err(|error| format!("{name}: {error}"))?;
        let meta = file.metadata().map_err(|error| format!("{name}: {error}"))?;
        if meta.is_dir() {
            return Err(format!("{name}: is a folder; name its files"));
        }
        (Box::new(file), meta.is_file().then_some(meta.len()))
    };
    let counting = Counting { inner: raw, read: Arc::clone(&read) };
    let mut reader = BufReader::with_capacity(256 << 10, counting);
    let start = decode::start(reader.fill_buf().map_err(|error| format!("{name}: {error}"))?);
    let reader: Box<dyn BufRead + Send> = match start {
        Start::Gzip => Box::new(BufReader::with_capacity(256 << 10, MultiGzDecoder::new(reader))),
        Start::Text(_) | Start::Utf16 => Box::new(reader),
    };
    let name = name.strip_suffix(".gz").unwrap_or(&name).to_owned();
    Ok(Opened { reader, name, size, read })
}

/// The first bytes of a file, its byte order mark passed over; at most what one read gives.
///
/// # Errors
/// What reading says, and a file in UTF-16.
pub fn head(file: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let skip = match decode::start(file.fill_buf()?) {
        Start::Text(skip) => skip,
        Start::Utf16 => {
            let hint = "the file is UTF-16; convert it first: iconv -f UTF-16 -t UTF-8 FILE";
            return Err(io::Error::new(io::ErrorKind::InvalidData, hint));
        }
        Start::Gzip => {
            let hint = "the file is gzip within gzip; unpack it first";
            return Err(io::Error::new(io::ErrorKind::InvalidData, hint));
        }
    };
    file.consume(skip);
    Ok(file.fill_buf()?.to_vec())
}

/// Which format a file has: as asked for, else by its name, else by its first character.
///
/// # Errors
/// Where the file is one JSON array.
pub fn format(name: &str, head: &[u8], asked: Format) -> Result<Format, String> {
    let extension = Path::new(name).extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    let first = head.iter().find(|b| !b.is_ascii_whitespace() && **b != 0);
    let format = match (asked, extension.as_str()) {
        (Format::Auto, "csv" | "tsv") => Format::Csv,
        (Format::Auto, "jsonl" | "ndjson" | "json") => Format::Jsonl,
        (Format::Auto, _) if matches!(first, Some(b'{' | b'[') | None) => Format::Jsonl,
        (Format::Auto, _) => Format::Csv,
        (asked, _) => asked,
    };
    let array = format == Format::Jsonl && is_array_of_ads(head);
    if array {
        return Err(format!("{name}: is one JSON list, not JSON Lines; make it so: jq -c '.[]' FILE > ads.jsonl"));
    }
    Ok(format)
}

/// True for `[` alone on its line, or followed by an object.
fn is_array_of_ads(head: &[u8]) -> bool {
    let Some(rest) = head.trim_ascii_start().strip_prefix(b"[") else { return false };
    rest.trim_ascii_start().first() == Some(&b'{')
}

struct Counting<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
