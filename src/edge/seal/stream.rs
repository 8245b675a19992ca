//! What is sealed under a recovery code: a stream in pieces, of any length, of which nothing counts before it was whole.
//!
//! ```text
//! code ── HKDF-SHA256 ──▶ CodeKey ── "iim1 archive" ──▶ key; 19 random bytes; pieces of 64 KiB, each with its tag
//!                                ── "iim1 copy" ─────▶ key of kept copies
//! ```
//!
//! STREAM over XChaCha20-Poly1305 (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
//! Misuse-Resistance, 2015): pieces cannot be reordered, repeated, left out or cut off at the end unnoticed.

use std::io::{self, Read, Write};

use aead_stream::{DecryptorBE32, EncryptorBE32};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::protocol::code::Code;
use crate::protocol::debug::redacted_debug;
use crate::protocol::hex;

/// What a recovery code gives (HKDF-Extract, RFC 5869): all keys come from it, and the code does not.
#[derive(Clone)]
pub struct CodeKey(Zeroizing<[u8; 32]>);

redacted_debug! { CodeKey }

impl CodeKey {
    /// That of a code.
    pub fn of(code: &Code) -> Self {
        let (mut extracted, _) = Hkdf::<Sha256>::extract(None, &code.0);
        let key = Self(Zeroizing::new(extracted.into()));
        extracted.zeroize();
        key
    }

    /// As text, to be stored; a secret.
    pub fn pickle(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }

    /// From what [`CodeKey::pickle`] wrote; `None` if it is not that.
    pub fn from_pickle(pickle: &str) -> Option<Self> {
        let bytes = Zeroizing::new(hex::decode(pickle)?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// The key for one purpose.
    fn expanded(&self, info: &[u8]) -> io::Result<Zeroizing<[u8; 32]>> {
        let mut key = Zeroizing::new([0; 32]);
        let of = Hkdf::<Sha256>::from_prk(self.0.as_slice()).map_err(|_| cannot())?;
        of.expand(info, key.as_mut_slice()).map_err(|_| cannot())?;
        Ok(key)
    }

    /// What seals for one purpose.
    pub(super) fn cipher(&self, info: &[u8]) -> io::Result<XChaCha20Poly1305> {
        let key = self.expanded(info)?;
        XChaCha20Poly1305::new_from_slice(key.as_slice()).map_err(|_| cannot())
    }
}

/// Seals what is written into it; without [`SealedWriter::finish`] it is not whole.
pub struct SealedWriter<W> {
    to: W,
    stream: EncryptorBE32<XChaCha20Poly1305>,
    piece: Zeroizing<Vec<u8>>,
}

impl<W: Write> SealedWriter<W> {
    /// Begins with 19 random bytes, which are written.
    pub fn begin(key: &CodeKey, nonce: [u8; NONCE], mut to: W) -> io::Result<Self> {
        to.write_all(&nonce)?;
        Ok(Self {
            to,
            stream: EncryptorBE32::from_aead(key.cipher(ARCHIVE)?, &nonce.into()),
            piece: Zeroizing::new(Vec::with_capacity(PIECE)),
        })
    }

    /// Writes the last piece; gives what was written to.
    pub fn finish(mut self) -> io::Result<W> {
        let sealed = self.stream.encrypt_last(self.piece.as_slice());
        self.to.write_all(&sealed.map_err(|_| cannot())?)?;
        Ok(self.to)
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece waits: it may be the last.
        if self.piece.len() >= PIECE && !bytes.is_empty() {
            let sealed = self.stream.encrypt_next(self.piece.as_slice());
            self.to.write_all(&sealed.map_err(|_| cannot())?)?;
            self.piece.clear();
        }
        let free = PIECE.saturating_sub(self.piece.len());
        let taken = bytes.get(..free).unwrap_or(bytes);
        self.piece.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Opens what [`SealedWriter`] wrote. Its end comes only after the last piece; bytes behind that are an error.
/// Errors while reading: [`io::ErrorKind::InvalidData`] for another key, and for whatever is not as it was written.
pub struct SealedReader<R> {
    from: R,
    stream: Option<DecryptorBE32<XChaCha20Poly1305>>,
    opened: Zeroizing<Vec<u8>>,
    /// How much of that was read.
    read: usize,
    /// The piece that follows, sealed, as far as it has come.
    ahead: Vec<u8>,
}

impl<R: Read> SealedReader<R> {
    /// Reads the nonce, and the first piece.
    pub fn begin(key: &CodeKey, mut from: R) -> io::Result<Self> {
        let mut nonce = [0; NONCE];
        from.read_exact(&mut nonce)?;
        let mut reader = Self {
            from,
            stream: Some(DecryptorBE32::from_aead(
                key.cipher(ARCHIVE)?,
                &nonce.into(),
            )),
            opened: Zeroizing::new(Vec::new()),
            read: 0,
            ahead: Vec::new(),
        };
        reader.fill()?;
        Ok(reader)
    }

    /// Reads ahead until a whole piece and one byte more are there, or the end.
    fn fill(&mut self) -> io::Result<()> {
        let wanted = SEALED_PIECE.saturating_add(1);
        let missing = wanted.saturating_sub(self.ahead.len());
        let missing = u64::try_from(missing).unwrap_or(u64::MAX);
        (&mut self.from)
            .take(missing)
            .read_to_end(&mut self.ahead)?;
        Ok(())
    }

    /// Opens the next piece; the one behind which nothing follows is the last.
    pub(super) fn next(&mut self) -> io::Result<()> {
        let Some(mut stream) = self.stream.take() else {
            return Ok(());
        };
        self.opened = Zeroizing::new(if self.ahead.len() > SEALED_PIECE {
            let rest = self.ahead.split_off(SEALED_PIECE);
            let piece = std::mem::replace(&mut self.ahead, rest);
            let opened = stream.decrypt_next(piece.as_slice());
            self.stream = Some(stream);
            opened.map_err(|_| wrong())?
        } else {
            let piece = std::mem::take(&mut self.ahead);
            stream.decrypt_last(piece.as_slice()).map_err(|_| wrong())?
        });
        self.read = 0;
        match self.stream {
            Some(_) => self.fill(),
            None => Ok(()),
        }
    }
}

impl<R: Read> Read for SealedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read >= self.opened.len() && self.stream.is_some() {
            self.next()?;
        }
        let left = self.opened.get(self.read..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        for (place, byte) in buffer.iter_mut().zip(left) {
            *place = *byte;
        }
        self.read = self.read.saturating_add(count);
        Ok(count)
    }
}

fn wrong() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "it does not open: another code, or not as it was written",
    )
}

fn cannot() -> io::Error {
    io::Error::other("it cannot be sealed")
}

/// Random bytes at the beginning: what STREAM leaves of XChaCha20's nonce.
pub const NONCE: usize = 19;
/// Bytes of a piece.
const PIECE: usize = 64 * 1024;
/// With its tag (RFC 8439, section 2.8).
const SEALED_PIECE: usize = PIECE + 16;
/// What the keys are for.
const ARCHIVE: &[u8] = b"iim1 archive";

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        reason = "tests"
    )]
    use super::*;

    fn sealed(key: &CodeKey, bytes: &[u8]) -> Vec<u8> {
        let mut writer = SealedWriter::begin(key, [3; NONCE], Vec::new()).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn opened(key: &CodeKey, sealed: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        SealedReader::begin(key, sealed)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn key(byte: u8) -> CodeKey {
        CodeKey::of(&Code([byte; 16]))
    }

    #[test]
    fn a_stream_of_any_length_opens_as_it_was() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7] {
            let bytes: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let sealed = sealed(&key(1), &bytes);
            assert_eq!(opened(&key(1), &sealed).unwrap(), bytes, "{length}");
        }
    }

    #[test]
    fn what_is_cut_changed_doubled_or_anothers_does_not_open() {
        let bytes = vec![7; 2 * PIECE + 10];
        let whole = sealed(&key(1), &bytes);
        let is_bad = |sealed: &[u8]| opened(&key(1), sealed).is_err();
        assert!(opened(&key(2), &whole).is_err());
        for cut in [
            0,
            5,
            NONCE,
            NONCE + SEALED_PIECE,
            NONCE + 2 * SEALED_PIECE,
            whole.len() - 1,
        ] {
            assert!(is_bad(&whole[..cut]), "{cut}");
        }
        for changed in [0, NONCE, NONCE + SEALED_PIECE + 3, whole.len() - 1] {
            let mut other = whole.clone();
            other[changed] ^= 1;
            assert!(is_bad(&other), "{changed}");
        }
        let first = NONCE..NONCE + SEALED_PIECE;
        let second = NONCE + SEALED_PIECE..NONCE + 2 * SEALED_PIECE;
        let last = NONCE + 2 * SEALED_PIECE..whole.len();
        let part = |range: &std::ops::Range<usize>| whole[range.clone()].to_vec();
        let nonce = whole[..NONCE].to_vec();
        for order in [
            [&second, &first, &last],
            [&first, &first, &last],
            [&first, &last, &last],
        ] {
            let parts: Vec<u8> = order.into_iter().flat_map(part).collect();
            assert!(is_bad(&[nonce.clone(), parts].concat()));
        }
        assert!(is_bad(&[whole.clone(), vec![0]].concat()), "more behind it");
    }

    #[test]
    fn a_key_is_kept_as_text_and_prints_nowhere() {
        let kept = key(5).pickle();
        let again = CodeKey::from_pickle(&kept).unwrap();
        assert_eq!(opened(&again, &sealed(&key(5), b"text")).unwrap(), b"text");
        for text in ["", "00", "zz", &kept[1..]] {
            assert!(CodeKey::from_pickle(text).is_none());
        }
        assert_eq!(format!("{:?}", key(5)), "CodeKey(…)");
    }
}
