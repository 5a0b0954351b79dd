//! `Content-Encoding`: taken once, and only up to a size.

use std::io::Read;

use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use http::{HeaderMap, HeaderValue, header::CONTENT_ENCODING};

use super::error::{FetchError, Part};

/// What the header `Accept-Encoding` says.
pub(crate) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, deflate, br, zstd");

/// Larger windows aren't meant for the web (RFC 9659): 8 MiB.
const ZSTD_WINDOW_LOG: u32 = 23;

const GZIP_MAGIC: &[u8] = b"\x1f\x8b";

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Encoding {
    /// By the headers; more than one encoding is refused, since only bombs have that.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, FetchError> {
        let mut found = Self::Identity;
        for value in headers.get_all(CONTENT_ENCODING) {
            let text = String::from_utf8_lossy(value.as_bytes());
            let refused = || FetchError::ContentEncoding(text.chars().take(80).collect());
            for name in text.split(',').map(str::trim) {
                let encoding = match name.to_ascii_lowercase().as_str() {
                    "" | "identity" | "none" => continue,
                    "gzip" | "x-gzip" => Self::Gzip,
                    "deflate" => Self::Deflate,
                    "br" => Self::Brotli,
                    "zstd" => Self::Zstd,
                    _ => return Err(refused()),
                };
                if found != Self::Identity {
                    return Err(refused());
                }
                found = encoding;
            }
        }
        Ok(found)
    }

    /// The body without its compression.
    ///
    /// # Errors
    /// `TooLarge` and `Body`.
    pub(crate) fn decode(self, wire: Vec<u8>, limit: usize) -> Result<Vec<u8>, FetchError> {
        if wire.is_empty() {
            return Ok(wire);
        }
        match self {
            Self::Identity if wire.len() <= limit => Ok(wire),
            Self::Identity => Err(too_large(limit)),
            Self::Gzip => gunzip(&wire, limit),
            // By the RFC a zlib stream; some servers send the bare one.
            Self::Deflate if has_zlib_header(&wire) => read(ZlibDecoder::new(wire.as_slice()), limit),
            Self::Deflate => read(DeflateDecoder::new(wire.as_slice()), limit),
            // The mark of windows up to 1 GiB, which aren't meant for the web either.
            Self::Brotli if wire[0] & 0x7f == 0x11 => Err(FetchError::Body("its brotli window is too large".into())),
            Self::Brotli => read(brotli_decompressor::Decompressor::new(wire.as_slice(), 4096), limit),
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(wire.as_slice()).map_err(broken)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(broken)?;
                read(decoder, limit)
            }
        }
    }
}

/// All members of a gzip file; rubbish behind the last one is passed over, as browsers do.
pub(crate) fn gunzip(wire: &[u8], limit: usize) -> Result<Vec<u8>, FetchError> {
    let mut rest = wire;
    let mut out = Vec::new();
    loop {
        let mut member = GzDecoder::new(rest);
        out.append(&mut read(&mut member, limit - out.len())?);
        rest = member.into_inner();
        if !rest.starts_with(GZIP_MAGIC) {
            return Ok(out);
        }
    }
}

/// Whether a body is a gzip file.
pub(crate) fn is_gzip(body: &[u8]) -> bool {
    body.starts_with(GZIP_MAGIC)
}

fn has_zlib_header(wire: &[u8]) -> bool {
    matches!(*wire, [cmf, flags, ..] if cmf & 15 == 8 && (u16::from(cmf) << 8 | u16::from(flags)).is_multiple_of(31))
}

fn read(reader: impl Read, limit: usize) -> Result<Vec<u8>, FetchError> {
    let mut out = Vec::new();
    reader.take(limit as u64 + 1).read_to_end(&mut out).map_err(broken)?;
    if out.len() > limit { Err(too_large(limit)) } else { Ok(out) }
}

fn too_large(limit: usize) -> FetchError {
    FetchError::TooLarge { part: Part::Decompressed, limit }
}

fn broken(error: std::io::Error) -> FetchError {
    FetchError::Body(format!("its compression is broken: {error}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    const LIMIT: usize = 1 << 20;

    fn packed(encoding: Encoding, data: &[u8]) -> Vec<u8> {
        match encoding {
            Encoding::Identity => data.to_vec(),
            Encoding::Gzip => {
                let mut out = GzEncoder::new(Vec::new(), Compression::best());
                out.write_all(data).unwrap();
                out.finish().unwrap()
            }
            Encoding::Deflate => {
                let mut out = ZlibEncoder::new(Vec::new(), Compression::best());
                out.write_all(data).unwrap();
                out.finish().unwrap()
            }
            Encoding::Brotli => {
                let mut out = Vec::new();
                brotli::BrotliCompress(&mut &*data, &mut out, &brotli::enc::BrotliEncoderParams::default()).unwrap();
                out
            }
            Encoding::Zstd => zstd::encode_all(data, 3).unwrap(),
        }
    }

    const ALL: [Encoding; 5] =
        [Encoding::Identity, Encoding::Gzip, Encoding::Deflate, Encoding::Brotli, Encoding::Zstd];

    #[test]
    fn every_encoding_comes_back_as_it_was() {
        let data = "Se busca diseñador. ".repeat(100).into_bytes();
        for encoding in ALL {
            assert_eq!(encoding.decode(packed(encoding, &data), LIMIT).unwrap(), data, "{encoding:?}");
            assert_eq!(encoding.decode(Vec::new(), LIMIT).unwrap(), b"", "{encoding:?}");
            assert_eq!(
                encoding.decode(packed(encoding, &data), data.len()).unwrap(),
                data,
                "{encoding:?} at the limit"
            );
        }
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::best());
        bare.write_all(&data).unwrap();
        assert_eq!(Encoding::Deflate.decode(bare.finish().unwrap(), LIMIT).unwrap(), data);
    }

    #[test]
    fn bombs_end_at_the_limit() {
        let zeros = vec![0; 8 << 20];
        for encoding in ALL {
            let bomb = packed(encoding, &zeros);
            let result = encoding.decode(bomb, LIMIT);
            assert!(
                matches!(result, Err(FetchError::TooLarge { part: Part::Decompressed, limit: LIMIT })),
                "{encoding:?}"
            );
        }
    }

    #[test]
    fn gzip_members_add_up_to_the_limit() {
        let member = packed(Encoding::Gzip, &[b'x'; 1000]);
        assert_eq!(gunzip(&member.repeat(3), LIMIT).unwrap().len(), 3000);
        assert!(matches!(gunzip(&member.repeat(3), 2500), Err(FetchError::TooLarge { .. })));
        assert_eq!(gunzip(&[&member[..], b"rubbish"].concat(), LIMIT).unwrap().len(), 1000);
    }

    #[test]
    fn truncated_and_broken_bodies_are_errors() {
        let data: Vec<u8> = (0..5000u32).flat_map(u32::to_le_bytes).collect();
        for encoding in &ALL[1..] {
            let mut wire = packed(*encoding, &data);
            wire.truncate(wire.len() / 2);
            assert!(matches!(encoding.decode(wire, LIMIT), Err(FetchError::Body(_))), "{encoding:?}");
            assert!(encoding.decode(vec![0xff; 100], LIMIT).is_err(), "{encoding:?}");
        }
    }

    #[test]
    fn windows_over_8_mib_are_refused() {
        let mut encoder = zstd::stream::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(27).unwrap();
        encoder.include_contentsize(false).unwrap();
        encoder.write_all(&vec![0; 9 << 20]).unwrap();
        assert!(matches!(Encoding::Zstd.decode(encoder.finish().unwrap(), 1 << 30), Err(FetchError::Body(_))));
    }

    #[test]
    fn only_one_known_encoding_is_taken() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, HeaderValue::from_static(value));
            }
            Encoding::of(&headers)
        };
        assert_eq!(of(&[]).unwrap(), Encoding::Identity);
        assert_eq!(of(&["GZIP"]).unwrap(), Encoding::Gzip);
        assert_eq!(of(&["identity, br"]).unwrap(), Encoding::Brotli);
        for nested in [&["gzip, gzip"][..], &["gzip, br"], &["gzip", "gzip"], &["compress"], &["aws-chunked"]] {
            assert!(matches!(of(nested), Err(FetchError::ContentEncoding(_))), "{nested:?}");
        }
    }
}
