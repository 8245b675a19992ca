//! Bytes as lower-case hexadecimal text, which is how they stand in the store.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// Writes bytes as hexadecimal text (for `#[serde(with)]`).
pub fn serialize<S: Serializer>(bytes: &impl AsRef<[u8]>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&encode(bytes.as_ref()))
}

/// Reads bytes from hexadecimal text (for `#[serde(with)]`).
/// Errors: If the text is not hexadecimal, or not of the length that the type needs; the text is not in the error.
pub fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(from: D) -> Result<T, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
    decode(&text)
        .and_then(|bytes| T::try_from(bytes).ok())
        .ok_or_else(|| D::Error::custom("not hexadecimal text of the right length"))
}

/// Bytes as hexadecimal text.
pub fn encode(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

/// Bytes from hexadecimal text of either case; `None` if it is none.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()
}

/// The same for bytes that may be absent.
pub mod option {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes bytes as hexadecimal text, or null.
    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
        bytes.as_deref().map(super::encode).serialize(to)
    }

    /// Reads bytes from hexadecimal text, or null.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| super::decode(&text).ok_or_else(|| D::Error::custom("not hexadecimal")))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_text_are_one() {
        for (bytes, text) in [
            (&[][..], ""),
            (&[0, 255, 16][..], "00ff10"),
            (&[0xab][..], "ab"),
        ] {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode(text), Some(bytes.to_vec()), "{text}");
        }
        assert_eq!(decode("AB"), Some(vec![0xab]));
    }

    #[test]
    fn what_is_no_hexadecimal_is_refused() {
        for text in ["a", "0g", "é", "+1", "0x"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
