//! Why bytes are not a letter.

/// Why bytes are not a letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Not CBOR at all, cut short, or text that is not UTF-8.
    #[error("not well-formed CBOR")]
    Malformed,
    /// A length that is not told in front.
    #[error("a CBOR length that is not told in front")]
    Indefinite,
    /// Nested deeper than 16.
    #[error("CBOR nested too deep")]
    Deep,
    /// Something stands after the end.
    #[error("{0} bytes stand after the end")]
    Trailing(usize),
    /// A key stands twice, or the keys do not rise.
    #[error("the keys of {0} do not rise")]
    KeyOrder(&'static str),
    /// A field that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field is of another type than it should have, as CDDL names that.
    #[error("{0} is no {1}")]
    Type(&'static str, &'static str),
    /// A field is too short or too long, in bytes or items.
    #[error("{0} has a size that is not allowed: {1}")]
    Size(&'static str, usize),
    /// A field holds what it may not.
    #[error("{0} holds what it may not")]
    Value(&'static str),
}
