//! First step: the text becomes tokens, one at a time, so that the first mistake in the text is the one reported.

use std::{iter::Peekable, str::CharIndices};

use super::{
    error::{Place, Situation, SyntaxError},
    reserved::{is_illegal, is_reserved_character},
};

/// A token and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) place: Place,
    /// As the query has it, for messages.
    pub(super) source: String,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A string; `bare` when it had neither quotes nor escapes, so that it may be a word of the language.
    Word {
        text: String,
        bare: bool,
    },
    /// A whole number, not yet checked for its range.
    Number,
    Symbol(Symbol),
    End,
}

/// Everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    Equals,
    NotEquals,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    NotLike,
    Not,
    And,
    Or,
    Open,
    Close,
    Comma,
    BracketOpen,
    BracketClose,
}

/// Reads tokens from a query.
pub(super) struct Lexer<'a> {
    text: &'a str,
    rest: Peekable<CharIndices<'a>>,
    place: Place,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, rest: text.char_indices().peekable(), place: Place::START }
    }

    /// The next token; [`TokenKind::End`] again and again at the end.
    pub(super) fn next(&mut self) -> Result<Token, SyntaxError> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.bump();
        }
        let (place, start) = (self.place, self.offset());
        let kind = match self.peek() {
            None => TokenKind::End,
            Some(quote @ ('"' | '\'')) => {
                self.bump();
                self.quoted(quote, place)?
            }
            Some(c) => match self.symbol(c) {
                Some(symbol) => TokenKind::Symbol(symbol),
                None if is_reserved_character(c) => {
                    return Err(place.error(&Situation::ReservedCharacter(c)));
                }
                None => self.bare()?,
            },
        };
        Ok(Token { kind, place, source: self.text[start..self.offset()].to_owned() })
    }

    fn symbol(&mut self, first: char) -> Option<Symbol> {
        let (single, pairs): (Symbol, &[(char, Symbol)]) = match first {
            '=' => (Symbol::Equals, &[]),
            '~' => (Symbol::Like, &[]),
            '(' => (Symbol::Open, &[]),
            ')' => (Symbol::Close, &[]),
            ',' => (Symbol::Comma, &[]),
            '[' => (Symbol::BracketOpen, &[]),
            ']' => (Symbol::BracketClose, &[]),
            '!' => (Symbol::Not, &[('=', Symbol::NotEquals), ('~', Symbol::NotLike)]),
            '<' => (Symbol::Less, &[('=', Symbol::LessOrEqual)]),
            '>' => (Symbol::Greater, &[('=', Symbol::GreaterOrEqual)]),
            '&' => (Symbol::And, &[('&', Symbol::And)]),
            '|' => (Symbol::Or, &[('|', Symbol::Or)]),
            _ => return None,
        };
        self.bump();
        for (second, symbol) in pairs {
            if self.peek() == Some(*second) {
                self.bump();
                return Some(*symbol);
            }
        }
        Some(single)
    }

    fn quoted(&mut self, quote: char, start: Place) -> Result<TokenKind, SyntaxError> {
        let from = self.offset();
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return Err(start.error(&Situation::UnfinishedString(&self.text[from..]))),
                Some('\\') => text.push(self.escape()?),
                Some(c) if is_illegal(c) => return Err(self.place.error(&Situation::IllegalCharacter(c))),
                Some(c) => {
                    self.bump();
                    if c == quote {
                        return Ok(TokenKind::Word { text, bare: false });
                    }
                    text.push(c);
                }
            }
        }
    }

    fn bare(&mut self) -> Result<TokenKind, SyntaxError> {
        let mut text = String::new();
        let mut bare = true;
        while let Some(c) = self.peek() {
            if c.is_whitespace() || is_reserved_character(c) {
                break;
            }
            if is_illegal(c) {
                return Err(self.place.error(&Situation::IllegalCharacter(c)));
            }
            if c == '\\' {
                text.push(self.escape()?);
                bare = false;
            } else {
                self.bump();
                text.push(c);
            }
        }
        Ok(if bare && is_number(&text) { TokenKind::Number } else { TokenKind::Word { text, bare } })
    }

    /// The character that an escape stands for; the next character is the backslash.
    fn escape(&mut self) -> Result<char, SyntaxError> {
        let (place, start) = (self.place, self.offset());
        self.bump();
        let c = match self.peek() {
            None => return Err(place.error(&Situation::UnfinishedEscape)),
            Some('u') => {
                self.bump();
                return self.unicode_escape(place, start);
            }
            Some('t') => '\t',
            Some('n') => '\n',
            Some('r') => '\r',
            Some(same @ ('\'' | '"' | '\\' | ' ')) => same,
            Some(_) => {
                self.bump();
                return Err(place.error(&Situation::IllegalEscape(&self.text[start..self.offset()])));
            }
        };
        self.bump();
        Ok(c)
    }

    /// `\uXXXX`, or two of them for what lies outside the first 65,536 code points.
    fn unicode_escape(&mut self, place: Place, start: usize) -> Result<char, SyntaxError> {
        let first = self.four_digits(place, start)?;
        if let Some(c) = char::from_u32(first) {
            return Ok(c);
        }
        if (0xD800..0xDC00).contains(&first) && self.text[self.offset()..].starts_with("\\u") {
            self.bump();
            self.bump();
            let second = self.four_digits(place, start)?;
            if (0xDC00..0xE000).contains(&second)
                && let Some(c) = char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00))
            {
                return Ok(c);
            }
        }
        Err(place.error(&Situation::IllegalEscape(&self.text[start..self.offset()])))
    }

    fn four_digits(&mut self, place: Place, start: usize) -> Result<u32, SyntaxError> {
        let mut value = 0;
        for _ in 0..4 {
            match self.peek() {
                None => return Err(place.error(&Situation::UnfinishedEscape)),
                Some(c) => {
                    self.bump();
                    let Some(digit) = c.to_digit(16) else {
                        return Err(place.error(&Situation::IllegalEscape(&self.text[start..self.offset()])));
                    };
                    value = value * 16 + digit;
                }
            }
        }
        Ok(value)
    }

    fn peek(&mut self) -> Option<char> {
        self.rest.peek().map(|(_, c)| *c)
    }

    fn offset(&mut self) -> usize {
        self.rest.peek().map_or(self.text.len(), |(offset, _)| *offset)
    }

    fn bump(&mut self) {
        let Some((_, c)) = self.rest.next() else { return };
        // "\r\n" is one line end: the line is counted at its second half.
        if c == '\n' || (c == '\r' && self.peek() != Some('\n')) {
            self.place = Place { line: self.place.line + 1, column: 1 };
        } else {
            self.place.column += 1;
        }
    }
}

/// Whether `text` is digits with at most one minus before them.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}
