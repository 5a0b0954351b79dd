//! Small bodies that unpack to many GiB.

use std::io;

use bytes::{Bytes, BytesMut};
use flate2::{Compress, Compression};
use futures::{StreamExt, stream};

use crate::{body::Body, page::deflate};

/// Pieces of a bomb; each unpacks to [`MIB`] or 16 of them.
const PIECES: usize = 64 * 1024;
const MIB: usize = 1 << 20;

fn pieces(head: Vec<u8>, piece: Vec<u8>, n: usize) -> Body {
    let piece = Bytes::from(piece);
    let pieces = stream::repeat_with(move || Ok::<_, io::Error>(piece.clone())).take(n);
    Body::chunks(stream::iter([Ok(Bytes::from(head))]).chain(pieces))
}

/// 64 GiB of zeros as gzip, without its end.
pub fn gzip() -> Body {
    let mut piece = Vec::new();
    deflate(&mut Compress::new(Compression::best(), false), &vec![0; MIB], &mut piece);
    pieces(vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], piece, PIECES)
}

/// 64 GiB of zeros as Zstandard (RFC 8878): blocks of one repeated byte.
pub fn zstd() -> Body {
    const BLOCK: u32 = 128 * 1024;
    const REPEATED: u32 = 1 << 1;
    let header = BLOCK << 3 | REPEATED;
    let block = [&header.to_le_bytes()[..3], &[0]].concat();
    // Magic number, no flags, a window of 1 MiB.
    pieces(vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x50], block.repeat(MIB / BLOCK as usize), PIECES)
}

/// 64 GiB of zeros as Brotli (RFC 7932): meta-blocks of four literals and one long copy of them.
pub fn brotli() -> Body {
    let (head, piece) = brotli_parts();
    pieces(head, piece, PIECES / 16)
}

/// The stream's header with its first meta-blocks, up to a byte's edge, and as many again.
fn brotli_parts() -> (Vec<u8>, Vec<u8>) {
    let mut bits = Bits::default();
    // A window of 16 bits.
    bits.add(0, 1);
    // Metadata of no bytes brings the stream to a byte's edge.
    bits.add(0, 1);
    bits.add(3, 2);
    bits.add(0, 1);
    bits.add(0, 2);
    let head = bits.finish();
    let mut bits = Bits::default();
    zeros(&mut bits, 16 * MIB as u64);
    bits.add(0, 1);
    bits.add(3, 2);
    bits.add(0, 1);
    bits.add(0, 2);
    (head, bits.finish())
}

/// A meta-block of `len` zeros. Each of its three prefix codes has one symbol, which takes no bits.
fn zeros(bits: &mut Bits, len: u64) {
    const SIX_NIBBLES: u64 = 2;
    // Inserts 4 literals, copies 2,118 bytes and more.
    const COMMAND: u64 = 384 + (4 << 3) + 7;
    bits.add(0, 1);
    bits.add(SIX_NIBBLES, 2);
    bits.add(len - 1, 24);
    // Compressed; one block type each for literals, commands and distances.
    bits.add(0, 1 + 3);
    // Distance parameters, context mode, one tree each for literals and distances.
    bits.add(0, 6 + 2 + 2);
    for (symbol, width) in [(0, 8), (COMMAND, 10), (0, 6)] {
        // A simple code of one symbol.
        bits.add(1, 2);
        bits.add(0, 2);
        bits.add(symbol, width);
    }
    // How much longer the copy is; its distance is the last one, which is 4 at the beginning.
    bits.add(len - 4 - 2118, 24);
}

#[derive(Default)]
struct Bits {
    bytes: BytesMut,
    pending: u64,
    width: u32,
}

impl Bits {
    fn add(&mut self, value: u64, width: u32) {
        self.pending |= value << self.width;
        self.width += width;
        while self.width >= 8 {
            self.bytes.extend_from_slice(&[self.pending as u8]);
            self.pending >>= 8;
            self.width -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.width > 0 {
            self.add(0, 8 - self.width);
        }
        self.bytes.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use http_body_util::BodyExt;

    use super::*;

    const ENOUGH: usize = 100 * MIB;

    /// The first `wire` bytes of a body.
    async fn start(mut body: Body, wire: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < wire
            && let Some(frame) = body.frame().await
        {
            bytes.extend_from_slice(&frame.unwrap().into_data().unwrap());
        }
        bytes
    }

    fn unpacks_to_zeros(reader: impl Read) {
        let mut reader = reader.take(ENOUGH as u64);
        let mut buffer = vec![1; MIB];
        let mut total = 0;
        while total < ENOUGH {
            let n = reader.read(&mut buffer).unwrap();
            assert!(n > 0 && buffer[..n].iter().all(|byte| *byte == 0), "{total} bytes");
            total += n;
        }
    }

    #[tokio::test]
    async fn a_little_unpacks_to_a_lot() {
        let gz = start(gzip(), 150 * 1024).await;
        unpacks_to_zeros(flate2::read::GzDecoder::new(gz.as_slice()));
        let zst = start(zstd(), 8 * 1024).await;
        unpacks_to_zeros(zstd::stream::read::Decoder::new(zst.as_slice()).unwrap());
        let br = start(brotli(), 1024).await;
        unpacks_to_zeros(brotli_decompressor::Decompressor::new(br.as_slice(), 4096));
    }
}
