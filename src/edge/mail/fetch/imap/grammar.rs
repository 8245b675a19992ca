//! The pieces that IMAP's data are made of (RFC 9051, section 4): atoms, strings, literals, lists.

use std::vec;

/// Walks through the text of an answer.
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    /// Those that the text announces, in order.
    literals: vec::IntoIter<Vec<u8>>,
}

/// One value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// `NIL`.
    Nil,
    /// An atom or a number.
    Atom(&'a [u8]),
    /// A quoted string or a literal.
    Bytes(Vec<u8>),
    /// A list, whatever is in it.
    List,
}

impl<'a> Value<'a> {
    /// The atom, if it is one.
    pub(super) fn atom(&self) -> Option<&'a [u8]> {
        match self {
            Self::Atom(atom) => Some(atom),
            Self::Nil | Self::Bytes(_) | Self::List => None,
        }
    }

    /// The string, `None` within for NIL; `None` for what is neither.
    pub(super) fn bytes(self) -> Option<Option<Vec<u8>>> {
        match self {
            Self::Bytes(bytes) => Some(Some(bytes)),
            Self::Nil => Some(None),
            Self::Atom(_) | Self::List => None,
        }
    }
}

impl<'a> Cursor<'a> {
    /// Over a text, without its line end, and the literals that it announces.
    pub(super) fn new(text: &'a [u8], literals: Vec<Vec<u8>>) -> Self {
        let literals = literals.into_iter();
        Self { text, literals }
    }

    /// Whether nothing but spaces is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// A word as it stands, up to a space.
    pub(super) fn word(&mut self) -> &'a [u8] {
        self.peek();
        self.until(|byte| byte == b' ')
    }

    /// The beginning of a list.
    pub(super) fn open(&mut self) -> Option<()> {
        self.eat(b'(').then_some(())
    }

    /// Whether the list ends here.
    pub(super) fn close(&mut self) -> bool {
        self.eat(b')')
    }

    /// An atom or a number, also with a backslash before it.
    pub(super) fn atom(&mut self) -> Option<&'a [u8]> {
        self.peek()?;
        let atom =
            self.until(|byte| matches!(byte, b' ' | b'(' | b')' | b'"' | b'{' | b'\r' | b'\n'));
        (!atom.is_empty()).then_some(atom)
    }

    /// What a FETCH is of: an atom, perhaps with a section that may hold a list: `BODY[HEADER.FIELDS (A B)]<0>`.
    pub(super) fn item(&mut self) -> Option<&'a [u8]> {
        self.peek()?;
        let mut depth = 0_usize;
        let item = self.until(|byte| {
            match byte {
                b'[' => depth = depth.saturating_add(1),
                b']' => depth = depth.saturating_sub(1),
                b' ' | b'(' | b')' if depth == 0 => return true,
                b'\r' | b'\n' => return true,
                _ => {}
            }
            false
        });
        (!item.is_empty()).then_some(item)
    }

    /// A string in any form: quoted, literal, or an atom.
    pub(super) fn string(&mut self) -> Option<Vec<u8>> {
        match self.value()? {
            Value::Bytes(bytes) => Some(bytes),
            Value::Atom(atom) => Some(atom.to_vec()),
            Value::Nil => Some(b"NIL".to_vec()),
            Value::List => None,
        }
    }

    /// Any value.
    pub(super) fn value(&mut self) -> Option<Value<'a>> {
        match self.peek()? {
            b'(' => self.skip_list().map(|()| Value::List),
            b'"' => self.quoted().map(Value::Bytes),
            b'{' => self.literal().map(Value::Bytes),
            b'~' if self.text.get(1) == Some(&b'{') => {
                self.advance(1);
                self.literal().map(Value::Bytes)
            }
            _ => match self.atom()? {
                nil if nil.eq_ignore_ascii_case(b"NIL") => Some(Value::Nil),
                atom => Some(Value::Atom(atom)),
            },
        }
    }

    /// Passes over a list and all within, however deep.
    fn skip_list(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'(' => {
                    depth = depth.saturating_add(1);
                    self.advance(1);
                }
                b')' => {
                    depth = depth.saturating_sub(1);
                    self.advance(1);
                    if depth == 0 {
                        return Some(());
                    }
                }
                b'"' => drop(self.quoted()?),
                b'{' => drop(self.literal()?),
                _ => drop(self.atom()?),
            }
        }
    }

    fn quoted(&mut self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut bytes = self.text.iter().enumerate().skip(1);
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'"' => {
                    self.advance(at.saturating_add(1));
                    return Some(out);
                }
                b'\\' => out.push(*bytes.next()?.1),
                b'\r' | b'\n' => return None,
                byte => out.push(*byte),
            }
        }
        None
    }

    /// `{5}CRLF`: the bytes themselves were put aside.
    fn literal(&mut self) -> Option<Vec<u8>> {
        let end = self.text.iter().position(|byte| *byte == b'\n')?;
        let announced = self.text.get(..end)?.trim_ascii_end();
        let digits = announced.strip_prefix(b"{")?.strip_suffix(b"}")?;
        let digits = digits.strip_suffix(b"+").unwrap_or(digits);
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.advance(end.saturating_add(1));
        self.literals.next()
    }

    /// The next byte that is no space, which is not passed.
    fn peek(&mut self) -> Option<u8> {
        let spaces = self.text.iter().take_while(|byte| **byte == b' ').count();
        self.advance(spaces);
        self.text.first().copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_it = self.peek() == Some(byte);
        if is_it {
            self.advance(1);
        }
        is_it
    }

    fn until(&mut self, mut end: impl FnMut(u8) -> bool) -> &'a [u8] {
        let length = self.text.iter().position(|byte| end(*byte));
        let (word, rest) = self.text.split_at(length.unwrap_or(self.text.len()));
        self.text = rest;
        word
    }

    fn advance(&mut self, count: usize) {
        self.text = self.text.get(count..).unwrap_or_default();
    }
}
