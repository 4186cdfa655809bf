//! The small language inside the operand of `~`: words, phrases, wildcards, likeness, boolean words.

use super::MAX_DEPTH;

/// What to find in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextQuery {
    /// All of these.
    All(Vec<TextQuery>),
    /// Any of these.
    Any(Vec<TextQuery>),
    /// Not this.
    Not(Box<TextQuery>),
    /// A word, its other forms included. May turn out to be several words (`foo-bar`): then one after the other.
    Word(String),
    /// Words one after the other, with up to `slop` moves between them.
    Phrase {
        /// The words.
        text: String,
        /// How far they may be apart.
        slop: u32,
    },
    /// A word with `*` and `?`; begins with a literal.
    Wildcard(Vec<Piece>),
    /// A word that differs by at most `distance` letters.
    Fuzzy {
        /// The word.
        word: String,
        /// 0, 1 or 2.
        distance: u8,
    },
}

/// A part of a word with wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These letters.
    Literal(String),
    /// `*`: any letters, also none.
    Any,
    /// `?`: one letter.
    One,
}

/// Why a text can't be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Error {
    Empty,
    LeadingWildcard(char),
    Unparsable,
}

/// How much work a text makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Words of all kinds.
    pub(super) words: usize,
    /// Those that stand for many words of the index.
    pub(super) patterns: usize,
}

/// Parses `text`; several words must all be there.
pub(super) fn parse(text: &str) -> Result<(TextQuery, Cost), Error> {
    if text.trim().is_empty() {
        return Err(Error::Empty);
    }
    let mut parser = Parser { rest: text, depth: 0, cost: Cost::default() };
    let query = parser.any()?;
    if !parser.rest.is_empty() {
        return Err(Error::Unparsable);
    }
    Ok((query, parser.cost))
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
    cost: Cost,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<TextQuery, Error> {
        let mut queries = vec![self.all()?];
        while self.skip_word("OR") || self.skip("||") {
            queries.push(self.all()?);
        }
        Ok(one_or(queries, TextQuery::Any))
    }

    fn all(&mut self) -> Result<TextQuery, Error> {
        let mut queries = vec![self.not()?];
        loop {
            let explicit = self.skip_word("AND") || self.skip("&&");
            if !explicit && (self.rest.is_empty() || self.rest.starts_with(')') || self.at_or()) {
                return Ok(one_or(queries, TextQuery::All));
            }
            queries.push(self.not()?);
        }
    }

    fn not(&mut self) -> Result<TextQuery, Error> {
        if self.skip("-") || self.skip("!") || self.skip_word("NOT") {
            self.deeper()?;
            let query = self.not()?;
            self.depth -= 1;
            return Ok(TextQuery::Not(Box::new(query)));
        }
        self.skip("+");
        if self.skip("(") {
            self.deeper()?;
            let query = self.any()?;
            self.depth -= 1;
            if !self.skip(")") {
                return Err(Error::Unparsable);
            }
            self.boost()?;
            self.skip_space();
            return Ok(query);
        }
        if word_after("AND", self.rest).or(word_after("OR", self.rest)).is_some() {
            return Err(Error::Unparsable);
        }
        let query = if self.skip_exactly("\"") { self.phrase()? } else { self.word()? };
        self.boost()?;
        self.skip_space();
        Ok(query)
    }

    fn phrase(&mut self) -> Result<TextQuery, Error> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices();
        let end = loop {
            match chars.next() {
                None => return Err(Error::Unparsable),
                Some((at, '"')) => break at + 1,
                Some((_, '\\')) => text.extend(chars.next().map(|(_, c)| c)),
                Some((_, c)) => text.push(c),
            }
        };
        self.rest = &self.rest[end..];
        self.cost.words += 1;
        let slop = if self.skip_exactly("~") {
            self.number().parse::<f32>().map_err(|_| Error::Unparsable)?.clamp(0.0, 1000.0) as u32
        } else {
            0
        };
        Ok(TextQuery::Phrase { text, slop })
    }

    fn word(&mut self) -> Result<TextQuery, Error> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut chars = self.rest.char_indices().peekable();
        let end = loop {
            let Some(&(at, c)) = chars.peek() else { break self.rest.len() };
            if c.is_whitespace()
                || matches!(c, '(' | ')' | '"' | '~' | '^')
                || self.rest[at..].starts_with("&&")
            {
                break at;
            }
            if self.rest[at..].starts_with("||") {
                break at;
            }
            chars.next();
            match c {
                '*' if pieces.last() == Some(&Piece::Any) => {}
                '*' => pieces.push(Piece::Any),
                '?' => pieces.push(Piece::One),
                '\\' => match chars.next() {
                    Some((_, escaped)) => push_literal(&mut pieces, escaped),
                    None => return Err(Error::Unparsable),
                },
                c => push_literal(&mut pieces, c),
            }
        };
        self.rest = &self.rest[end..];
        self.cost.words += 1;
        let mut parts = pieces.into_iter();
        let (first, second) = (parts.next(), parts.next());
        match (first, second) {
            (Some(Piece::Literal(word)), None) if self.skip_exactly("~") => {
                self.cost.patterns += 1;
                Ok(TextQuery::Fuzzy { distance: self.distance()?, word })
            }
            (Some(Piece::Literal(word)), None) => Ok(TextQuery::Word(word)),
            (Some(Piece::Any), _) => Err(Error::LeadingWildcard('*')),
            (Some(Piece::One), _) => Err(Error::LeadingWildcard('?')),
            (Some(first), Some(second)) => {
                self.cost.patterns += 1;
                Ok(TextQuery::Wildcard([first, second].into_iter().chain(parts).collect()))
            }
            (None, _) => Err(Error::Unparsable),
        }
    }

    /// Edits allowed by what follows `~`: 1 or 2 are edits, less than 1 is the old likeness, nothing is 2.
    fn distance(&mut self) -> Result<u8, Error> {
        let number = self.number();
        if number.is_empty() {
            return Ok(2);
        }
        match number.parse::<f32>() {
            Ok(likeness) if (0.0..1.0).contains(&likeness) => Ok(if likeness >= 0.75 { 1 } else { 2 }),
            Ok(1.0) => Ok(1),
            Ok(edits) if edits > 1.0 => Ok(2),
            _ => Err(Error::Unparsable),
        }
    }

    /// `^2`, which changes how well something matches; order here never goes by that.
    fn boost(&mut self) -> Result<(), Error> {
        if self.skip_exactly("^") && self.number().parse::<f32>().is_err() {
            return Err(Error::Unparsable);
        }
        Ok(())
    }

    fn number(&mut self) -> String {
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        self.rest = rest;
        number.to_owned()
    }

    fn deeper(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(Error::Unparsable) } else { Ok(()) }
    }

    fn at_or(&self) -> bool {
        self.rest.starts_with("||") || word_after("OR", self.rest).is_some()
    }

    fn skip_word(&mut self, word: &str) -> bool {
        self.skip_space();
        let after = word_after(word, self.rest);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn skip(&mut self, symbol: &str) -> bool {
        self.skip_space();
        self.skip_exactly(symbol)
    }

    fn skip_exactly(&mut self, symbol: &str) -> bool {
        let after = self.rest.strip_prefix(symbol);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// A lone sign is punctuation ("this - that"), not an operator, so it is skipped too.
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
        while let Some(after) = self.rest.strip_prefix(['-', '+', '!'])
            && after.chars().next().is_none_or(char::is_whitespace)
        {
            self.rest = after.trim_start();
        }
    }
}

/// What follows `word` in `text`, if it stands there alone.
fn word_after<'a>(word: &str, text: &'a str) -> Option<&'a str> {
    let after = text.strip_prefix(word)?;
    after.chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '"')).then_some(after)
}

fn push_literal(pieces: &mut Vec<Piece>, c: char) {
    if let Some(Piece::Literal(text)) = pieces.last_mut() {
        text.push(c);
    } else {
        pieces.push(Piece::Literal(c.to_string()));
    }
}

fn one_or(mut queries: Vec<TextQuery>, join: fn(Vec<TextQuery>) -> TextQuery) -> TextQuery {
    match queries.pop() {
        Some(only) if queries.is_empty() => only,
        Some(last) => {
            queries.push(last);
            join(queries)
        }
        None => join(queries),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As short as can be told apart.
    fn shown(query: &TextQuery) -> String {
        let several = |queries: &[TextQuery], sign: &str| {
            format!("({})", queries.iter().map(shown).collect::<Vec<_>>().join(sign))
        };
        match query {
            TextQuery::All(queries) => several(queries, " & "),
            TextQuery::Any(queries) => several(queries, " | "),
            TextQuery::Not(query) => format!("!{}", shown(query)),
            TextQuery::Word(word) => word.clone(),
            TextQuery::Phrase { text, slop } => format!("<{text}>{slop}"),
            TextQuery::Fuzzy { word, distance } => format!("{word}~{distance}"),
            TextQuery::Wildcard(pieces) => {
                let piece = |piece: &Piece| match piece {
                    Piece::Literal(text) => text.clone(),
                    Piece::Any => "*".to_owned(),
                    Piece::One => "?".to_owned(),
                };
                pieces.iter().map(piece).collect()
            }
        }
    }

    #[test]
    fn understands_the_language() {
        for (text, expected) in [
            ("one", "one"),
            ("one two", "(one & two)"),
            ("one AND two && three", "(one & two & three)"),
            ("one OR two || three", "(one | two | three)"),
            ("one OR two three", "(one | (two & three))"),
            ("(one OR two) three", "((one | two) & three)"),
            ("one -two", "(one & !two)"),
            ("+one NOT two !three", "(one & !two & !three)"),
            ("NOT (one two)", "!(one & two)"),
            ("\"one two\"", "<one two>0"),
            ("\"one \\\"two\\\"\"~3 four", "(<one \"two\">3 & four)"),
            ("on* o?e t**o", "(on* & o?e & t*o)"),
            ("one~ two~1 three~0.8 four~0.5", "(one~2 & two~1 & three~1 & four~2)"),
            ("one^2 \"two\"^0.5 (three four)^3", "(one & <two>0 & (three & four))"),
            ("ANDy ORder NOTe and or", "(ANDy & ORder & NOTe & and & or)"),
            ("one~x", "(one~2 & x)"),
            ("this - that !", "(this & that)"),
            ("foo-bar a&b c|d", "(foo-bar & a&b & c|d)"),
            ("x\\*y \\(z\\)", "(x*y & (z))"),
            ("key: [a TO b] {c}", "(key: & [a & TO & b] & {c})"),
        ] {
            assert_eq!(parse(text).map(|(query, _)| shown(&query)), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn refuses() {
        for (text, expected) in [
            ("", Error::Empty),
            (" \t", Error::Empty),
            ("*one", Error::LeadingWildcard('*')),
            ("one ?two", Error::LeadingWildcard('?')),
            ("(one", Error::Unparsable),
            ("one)", Error::Unparsable),
            ("()", Error::Unparsable),
            ("\"one", Error::Unparsable),
            ("one AND", Error::Unparsable),
            ("OR one", Error::Unparsable),
            ("one AND OR two", Error::Unparsable),
            ("one~1.2.3", Error::Unparsable),
            ("one^", Error::Unparsable),
            ("one\\", Error::Unparsable),
            ("-", Error::Unparsable),
        ] {
            assert_eq!(parse(text).map(|(query, _)| shown(&query)), Err(expected), "{text}");
        }
        for deep in ["(".repeat(100_000), "-".repeat(100_000), "NOT ".repeat(20_000)] {
            assert_eq!(parse(&deep).map(|_| ()), Err(Error::Unparsable));
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[a-c()\"\\\\~*?^+!&| ORANDT0-9.-]{0,40}", other in any::<String>()) {
            let _ = parse(&text);
            let _ = parse(&other);
        }
    }
}
