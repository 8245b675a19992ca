//! CBOR as the letters use it (RFC 8949): definite lengths, integer keys in rising order, bounded nesting.

use std::convert::Infallible;

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use super::codec::CodecError;

/// How deep arrays, maps and tags may nest, whatever they belong to.
const DEPTH: u32 = 16;

/// A map being written; keys must be given in rising order.
#[derive(Default)]
pub(super) struct Map {
    count: u64,
    body: Vec<u8>,
}

impl Map {
    /// Puts an already written item under a key.
    pub(super) fn put(mut self, key: u64, item: &[u8]) -> Self {
        self.count = self.count.saturating_add(1);
        self.body.extend(uint(key));
        self.body.extend_from_slice(item);
        self
    }

    /// The map's bytes.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut bytes = written(|to| to.map(self.count).map(drop));
        bytes.extend(self.body);
        bytes
    }
}

pub(super) fn uint(number: u64) -> Vec<u8> {
    written(|to| to.u64(number).map(drop))
}

pub(super) fn bytes(bytes: &[u8]) -> Vec<u8> {
    written(|to| to.bytes(bytes).map(drop))
}

pub(super) fn text(text: &str) -> Vec<u8> {
    written(|to| to.str(text).map(drop))
}

/// An array of already written items.
pub(super) fn array<I: IntoIterator<Item = Vec<u8>>>(items: I) -> Vec<u8> {
    let items: Vec<_> = items.into_iter().collect();
    let mut bytes = written(|to| to.array(items.len() as u64).map(drop));
    bytes.extend(items.concat());
    bytes
}

/// The number with which an array begins; what follows is not looked at.
pub(super) fn first_of(begin: &[u8]) -> Option<u64> {
    let mut from = Decoder::new(begin);
    from.array().ok().flatten()?;
    from.u64().ok()
}

type Written = Result<(), minicbor::encode::Error<Infallible>>;

fn written(write: impl FnOnce(&mut Encoder<Vec<u8>>) -> Written) -> Vec<u8> {
    let mut to = Encoder::new(Vec::new());
    // A vector takes whatever is written to it.
    let _cannot_fail = write(&mut to);
    to.into_writer()
}

/// One well-formed item, with the name of the field it stands in for the error message.
#[derive(Clone, Copy)]
pub(super) struct Item<'b> {
    name: &'static str,
    bytes: &'b [u8],
}

impl<'b> Item<'b> {
    /// Takes one item off the front; the rest is handed back.
    pub(super) fn first(
        name: &'static str,
        bytes: &'b [u8],
    ) -> Result<(Self, &'b [u8]), CodecError> {
        let mut from = Decoder::new(bytes);
        skip(&mut from, DEPTH)?;
        let (item, rest) = bytes
            .split_at_checked(from.position())
            .ok_or(CodecError::Malformed)?;
        Ok((Self { name, bytes: item }, rest))
    }

    /// Takes the bytes as one item and nothing else.
    pub(super) fn whole(name: &'static str, bytes: &'b [u8]) -> Result<Self, CodecError> {
        match Self::first(name, bytes)? {
            (item, []) => Ok(item),
            (_, rest) => Err(CodecError::Trailing(rest.len())),
        }
    }

    pub(super) fn uint(self) -> Result<u64, CodecError> {
        Decoder::new(self.bytes).u64().map_err(|_| self.not("uint"))
    }

    pub(super) fn bytes(self, max: usize) -> Result<&'b [u8], CodecError> {
        let bytes = Decoder::new(self.bytes)
            .bytes()
            .map_err(|_| self.not("bstr"))?;
        self.sized(bytes.len(), 0, max)?;
        Ok(bytes)
    }

    /// Bytes of one fixed length.
    pub(super) fn fixed<const N: usize>(self) -> Result<[u8; N], CodecError> {
        let bytes = self.bytes(usize::MAX)?;
        bytes
            .try_into()
            .map_err(|_| CodecError::Size(self.name, bytes.len()))
    }

    /// Text of `min` to `max` bytes.
    pub(super) fn text(self, min: usize, max: usize) -> Result<&'b str, CodecError> {
        let text = Decoder::new(self.bytes)
            .str()
            .map_err(|_| self.not("tstr"))?;
        self.sized(text.len(), min, max)?;
        Ok(text)
    }

    /// The items of an array of `min` to `max`, under the array's name.
    pub(super) fn array(self, min: usize, max: usize) -> Result<Vec<Self>, CodecError> {
        let mut from = Decoder::new(self.bytes);
        let count = from.array().ok().flatten().ok_or(self.not("array"))?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.sized(count, min, max)?;
        let mut rest = self.after(&from)?;
        let mut items = Vec::new();
        for _ in 0..count {
            let (item, after) = Self::first(self.name, rest)?;
            items.push(item);
            rest = after;
        }
        Ok(items)
    }

    /// The fields of a map whose keys are integers in rising order.
    pub(super) fn fields(self) -> Result<Fields<'b>, CodecError> {
        let mut from = Decoder::new(self.bytes);
        let count = from.map().ok().flatten().ok_or(self.not("map"))?;
        let mut rest = self.after(&from)?;
        let mut fields: Vec<(u64, &[u8])> = Vec::new();
        for _ in 0..count {
            let (key, after) = Self::first("key", rest)?;
            let (value, after) = Self::first(self.name, after)?;
            let key = key.uint()?;
            if fields.last().is_some_and(|(last, _)| *last >= key) {
                return Err(CodecError::KeyOrder(self.name));
            }
            fields.push((key, value.bytes));
            rest = after;
        }
        Ok(Fields(fields))
    }

    /// The item as it came.
    pub(super) fn raw(self) -> &'b [u8] {
        self.bytes
    }

    /// The error for a value that is of the right type, yet not allowed here.
    pub(super) fn bad(self) -> CodecError {
        CodecError::Value(self.name)
    }

    fn after(self, from: &Decoder<'b>) -> Result<&'b [u8], CodecError> {
        self.bytes
            .get(from.position()..)
            .ok_or(CodecError::Malformed)
    }

    fn sized(self, is: usize, min: usize, max: usize) -> Result<(), CodecError> {
        if (min..=max).contains(&is) {
            return Ok(());
        }
        Err(CodecError::Size(self.name, is))
    }

    fn not(self, wanted: &'static str) -> CodecError {
        CodecError::Type(self.name, wanted)
    }
}

/// A map's fields; keys that nobody asks for are of a later version and skipped.
pub(super) struct Fields<'b>(Vec<(u64, &'b [u8])>);

impl<'b> Fields<'b> {
    /// The field that must be there.
    pub(super) fn need(&self, key: u64, name: &'static str) -> Result<Item<'b>, CodecError> {
        self.may(key, name).ok_or(CodecError::Missing(name))
    }

    /// The field that may be there.
    pub(super) fn may(&self, key: u64, name: &'static str) -> Option<Item<'b>> {
        let (_, bytes) = self.0.iter().find(|(k, _)| *k == key)?;
        Some(Item { name, bytes })
    }
}

/// Steps over one item, refusing what our letters never hold.
fn skip(from: &mut Decoder<'_>, depth: u32) -> Result<(), CodecError> {
    use Type::{
        Bool, Bytes, F16, F32, F64, I8, I16, I32, I64, Int, Null, U8, U16, U32, U64, Undefined,
    };
    let depth = depth.checked_sub(1).ok_or(CodecError::Deep)?;
    match from.datatype().map_err(|_| CodecError::Malformed)? {
        Type::Array => {
            let count = definite(from.array())?;
            (0..count).try_for_each(|_| skip(from, depth))
        }
        Type::Map => {
            let count = definite(from.map())?;
            (0..count).try_for_each(|_| skip(from, depth).and_then(|()| skip(from, depth)))
        }
        Type::Tag => {
            from.tag().map_err(|_| CodecError::Malformed)?;
            skip(from, depth)
        }
        Type::String => from.str().map(drop).map_err(|_| CodecError::Malformed),
        Type::BytesIndef | Type::StringIndef | Type::ArrayIndef | Type::MapIndef => {
            Err(CodecError::Indefinite)
        }
        Type::Break | Type::Unknown(_) => Err(CodecError::Malformed),
        Bytes | Bool | Null | Undefined | U8 | U16 | U32 | U64 | I8 | I16 | I32 | I64 | Int
        | F16 | F32 | F64 => from.skip().map_err(|_| CodecError::Malformed),
        Type::Simple => simple(from),
    }
}

/// A simple value. In two bytes, one below 32 is not well-formed (RFC 8949, section 3.3).
fn simple(from: &mut Decoder<'_>) -> Result<(), CodecError> {
    let begun = from.position();
    let value = from.simple().map_err(|_| CodecError::Malformed)?;
    let long = from.position().saturating_sub(begun) > 1;
    match value {
        ..32 if long => Err(CodecError::Malformed),
        _ => Ok(()),
    }
}

fn definite(count: Result<Option<u64>, minicbor::decode::Error>) -> Result<u64, CodecError> {
    count
        .map_err(|_| CodecError::Malformed)?
        .ok_or(CodecError::Indefinite)
}
