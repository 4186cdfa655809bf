//! How texts become words, in documents and in queries alike.
//!
//! A word is a run of letters and digits in lower case; a character of a script that writes without spaces is a word of its own. In
//! documents each word stands twice at its place if its English stem differs: as written, so that `custom*` and likeness find
//! what people typed, and as its stem, so that `issues` finds `issue` (Jira's default, and what people expect of it). Queries
//! look for stems. No word is left out: the gain would be small, and phrases would match what they don't say.

use std::str::CharIndices;

use tantivy::tokenizer::{Language, Stemmer, TextAnalyzer, Token, TokenFilter, TokenStream, Tokenizer};

/// Longer words are cut to this many bytes, in documents and queries alike.
const WORD_MAX: usize = 128;

/// The analyzer of documents.
pub(super) fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(WordsAndStems { words: Words::default(), stems: stemming() }).build()
}

/// `text` in lower case, letter by letter: the same whatever stands around it.
pub(super) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The words of a query's `text`, in order.
pub(super) fn words(text: &str) -> Vec<String> {
    texts(&mut Words::default().token_stream(text))
}

/// The stems of the words of a query's `text`, in order.
pub(super) fn stems(text: &str) -> Vec<String> {
    texts(&mut stemming().token_stream(text))
}

fn texts(stream: &mut impl TokenStream) -> Vec<String> {
    let mut texts = Vec::new();
    stream.process(&mut |token| texts.push(token.text.clone()));
    texts
}

#[derive(Clone, Default)]
struct Words {
    token: Token,
}

struct WordStream<'a> {
    text: &'a str,
    chars: CharIndices<'a>,
    token: &'a mut Token,
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        self.token.reset();
        WordStream { text, chars: text.char_indices(), token: &mut self.token }
    }
}

impl WordStream<'_> {
    /// Goes to the end of the word whose first character was just read.
    fn end_of_word(&mut self) -> usize {
        loop {
            let before = self.chars.clone();
            match self.chars.next() {
                Some((_, c)) if c.is_alphanumeric() && !stands_alone(c) => {}
                Some((end, _)) => {
                    self.chars = before;
                    return end;
                }
                None => return self.text.len(),
            }
        }
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        while let Some((from, c)) = self.chars.next() {
            if !c.is_alphanumeric() {
                continue;
            }
            let to = if stands_alone(c) { from + c.len_utf8() } else { self.end_of_word() };
            let word = &self.text[from..to];
            self.token.position = self.token.position.wrapping_add(1);
            self.token.offset_from = from;
            self.token.offset_to = to;
            self.token.text.clear();
            if word.is_ascii() {
                self.token.text.push_str(&word[..word.len().min(WORD_MAX)]);
                self.token.text.make_ascii_lowercase();
            } else {
                self.token.text.extend(word.chars().flat_map(char::to_lowercase));
                self.token.text.truncate(self.token.text.floor_char_boundary(WORD_MAX));
            }
            return true;
        }
        false
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// Whether a script is written without spaces, so that only single characters can be told apart.
fn stands_alone(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

type Stems = <Stemmer as TokenFilter>::Tokenizer<Words>;

fn stemming() -> Stems {
    Stemmer::new(Language::English).transform(Words::default())
}

/// Gives each word and then, if it differs, its stem at the same place.
#[derive(Clone)]
struct WordsAndStems {
    words: Words,
    stems: Stems,
}

/// Two streams over the same text, in step.
struct Both<'a> {
    words: WordStream<'a>,
    stems: <Stems as Tokenizer>::TokenStream<'a>,
    at_stem: bool,
}

impl Tokenizer for WordsAndStems {
    type TokenStream<'a> = Both<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Both<'a> {
        Both { words: self.words.token_stream(text), stems: self.stems.token_stream(text), at_stem: false }
    }
}

impl TokenStream for Both<'_> {
    fn advance(&mut self) -> bool {
        if !self.at_stem && self.words.token().position != usize::MAX {
            self.at_stem = self.words.token().text != self.stems.token().text;
            if self.at_stem {
                return true;
            }
        }
        self.at_stem = false;
        self.words.advance() && self.stems.advance()
    }

    fn token(&self) -> &Token {
        if self.at_stem { self.stems.token() } else { self.words.token() }
    }

    fn token_mut(&mut self) -> &mut Token {
        if self.at_stem { self.stems.token_mut() } else { self.words.token_mut() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indexed(text: &str) -> Vec<(String, usize)> {
        let mut tokens = Vec::new();
        analyzer().token_stream(text).process(&mut |token| tokens.push((token.text.clone(), token.position)));
        tokens
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        assert_eq!(
            words("Über-uns: foo_bar, it's 4you! ΣΑΣ"),
            ["über", "uns", "foo", "bar", "it", "s", "4you", "σασ"]
        );
        assert_eq!(words("東京へ go行く"), ["東", "京", "へ", "go", "行", "く"]);
        assert_eq!(words("--- !"), [""; 0]);
    }

    #[test]
    fn documents_hold_words_and_stems_at_the_same_place() {
        let expected = [("searched", 0), ("search", 0), ("big", 1), ("issues", 2), ("issu", 2)];
        assert_eq!(indexed("Searched big issues"), expected.map(|(word, at)| (word.to_owned(), at)));
        assert_eq!(stems("Searching issue"), ["search", "issu"]);
    }

    #[test]
    fn each_text_begins_anew() {
        let mut analyzer = analyzer();
        for _ in 0..2 {
            let mut stream = analyzer.token_stream("issues");
            assert!(stream.advance() && stream.token().text == "issues" && stream.token().position == 0);
        }
        assert_eq!(indexed(""), []);
    }

    #[test]
    fn endless_words_are_cut_alike() {
        let long = "ä".repeat(100);
        assert_eq!(words(&long), ["ä".repeat(64)]);
        assert_eq!(words(&"A".repeat(1000))[0].len(), WORD_MAX);
    }
}
