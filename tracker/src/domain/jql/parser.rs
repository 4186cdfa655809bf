//! Second step: tokens become an [`Ast`]. Recursive descent, in one pass, with a limit on depth.

use super::{
    MAX_DEPTH,
    ast::{
        Ast, Clause, Direction, FieldRef, FunctionCall, Operand, Operator, Predicate, PredicateKind,
        PropertyPart, SortKey, Terminal,
    },
    error::{Expected, Situation, SyntaxError},
    lexer::{Lexer, Symbol, Token, TokenKind},
    reserved::{is_keyword, is_reserved_word},
};

type Result<T> = std::result::Result<T, SyntaxError>;

pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The token to look at; the one after it isn't read yet, so that a mistake in it isn't reported too early.
    token: Token,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self> {
        let mut lexer = Lexer::new(text);
        let token = lexer.next()?;
        Ok(Self { lexer, token, depth: 0 })
    }

    pub(super) fn query(mut self) -> Result<Ast> {
        let clause = if self.at_end() || self.at_word("order") { None } else { Some(self.or_clause()?) };
        let order_by = if self.at_word("order") { self.order_by()? } else { Vec::new() };
        if self.at_end() {
            return Ok(Ast { clause, order_by });
        }
        let expected = match (order_by.last(), &clause) {
            (Some(_), _) => Expected::Direction,
            (None, Some(clause)) if ends_with_history(clause) => Expected::PredicateOrConnective,
            (None, _) => Expected::Connective,
        };
        Err(self.unexpected(expected))
    }

    fn or_clause(&mut self) -> Result<Clause> {
        let mut clauses = vec![self.and_clause()?];
        while self.at_word("or") || self.at(Symbol::Or) {
            self.advance()?;
            clauses.push(self.and_clause()?);
        }
        Ok(one_or(clauses, Clause::Or))
    }

    fn and_clause(&mut self) -> Result<Clause> {
        let mut clauses = vec![self.not_clause()?];
        while self.at_word("and") || self.at(Symbol::And) {
            self.advance()?;
            clauses.push(self.not_clause()?);
        }
        Ok(one_or(clauses, Clause::And))
    }

    fn not_clause(&mut self) -> Result<Clause> {
        if self.at_word("not") || self.at(Symbol::Not) {
            self.deeper()?;
            self.advance()?;
            let clause = self.not_clause()?;
            self.depth -= 1;
            return Ok(Clause::Not(Box::new(clause)));
        }
        if self.at(Symbol::Open) {
            self.deeper()?;
            self.advance()?;
            let clause = self.or_clause()?;
            if !self.at(Symbol::Close) {
                return Err(self.unexpected(Expected::ConnectiveOrClose));
            }
            self.advance()?;
            self.depth -= 1;
            return Ok(clause);
        }
        self.terminal()
    }

    fn terminal(&mut self) -> Result<Clause> {
        let field = self.field(Expected::Field)?;
        let operator = self.operator()?;
        let operand =
            if operator == Operator::Changed { None } else { Some(self.operand(Expected::Operand)?) };
        let predicates = self.predicates(operator)?;
        Ok(Clause::Terminal(Terminal { field, operator, operand, predicates }))
    }

    fn field(&mut self, expected: Expected) -> Result<FieldRef> {
        if self.token.kind == TokenKind::Number {
            return Ok(FieldRef::Number(self.number()?));
        }
        if self.at_word("cf") {
            let word = self.advance()?;
            if !self.at(Symbol::BracketOpen) {
                return Err(word.place.error(&Situation::ReservedWord(&word.source)));
            }
            return self.custom_field();
        }
        let name = self.string(expected)?;
        let mut parts = Vec::new();
        while self.at(Symbol::BracketOpen) {
            self.advance()?;
            let key = self.string_or_number(Expected::PropertyKey)?;
            self.close_bracket()?;
            let path = match &self.token.kind {
                TokenKind::Word { text, .. } if self.token.source.starts_with('.') => Some(text.clone()),
                _ => None,
            };
            if path.is_some() {
                self.advance()?;
            }
            parts.push(PropertyPart { key, path });
        }
        Ok(if parts.is_empty() { FieldRef::Name(name) } else { FieldRef::Property { name, parts } })
    }

    fn custom_field(&mut self) -> Result<FieldRef> {
        self.advance()?;
        let id = match &self.token.kind {
            TokenKind::Number => self.token.source.parse().ok(),
            TokenKind::Word { .. } => None,
            _ => return Err(self.unexpected(Expected::CustomFieldId)),
        };
        let Some(id) = id else {
            return Err(self.token.place.error(&Situation::BadCustomFieldId(&self.token.source)));
        };
        self.advance()?;
        self.close_bracket()?;
        Ok(FieldRef::Custom(id))
    }

    fn close_bracket(&mut self) -> Result<()> {
        if !self.at(Symbol::BracketClose) {
            return Err(self.unexpected(Expected::BracketClose));
        }
        self.advance().map(drop)
    }

    fn operator(&mut self) -> Result<Operator> {
        let simple = match self.token.kind {
            TokenKind::Symbol(Symbol::Equals) => Some(Operator::Equals),
            TokenKind::Symbol(Symbol::NotEquals) => Some(Operator::NotEquals),
            TokenKind::Symbol(Symbol::Less) => Some(Operator::Less),
            TokenKind::Symbol(Symbol::LessOrEqual) => Some(Operator::LessOrEqual),
            TokenKind::Symbol(Symbol::Greater) => Some(Operator::Greater),
            TokenKind::Symbol(Symbol::GreaterOrEqual) => Some(Operator::GreaterOrEqual),
            TokenKind::Symbol(Symbol::Like) => Some(Operator::Like),
            TokenKind::Symbol(Symbol::NotLike) => Some(Operator::NotLike),
            _ if self.at_word("in") => Some(Operator::In),
            _ if self.at_word("changed") => Some(Operator::Changed),
            _ => None,
        };
        if let Some(operator) = simple {
            self.advance()?;
            return Ok(operator);
        }
        if self.skip_word("not")? {
            if !self.skip_word("in")? {
                return Err(self.unexpected(Expected::InAfterNot));
            }
            return Ok(Operator::NotIn);
        }
        if self.skip_word("is")? {
            return Ok(if self.skip_word("not")? { Operator::IsNot } else { Operator::Is });
        }
        if self.skip_word("was")? {
            let not = self.skip_word("not")?;
            let within = self.skip_word("in")?;
            return Ok(match (not, within) {
                (false, false) => Operator::Was,
                (true, false) => Operator::WasNot,
                (false, true) => Operator::WasIn,
                (true, true) => Operator::WasNotIn,
            });
        }
        Err(self.unexpected(Expected::Operator))
    }

    fn operand(&mut self, expected: Expected) -> Result<Operand> {
        if self.at(Symbol::Open) {
            return self.list();
        }
        if self.at_word("empty") || self.at_word("null") {
            self.advance()?;
            return Ok(Operand::Empty);
        }
        if self.token.kind == TokenKind::Number {
            // A number before a parenthesis is the odd name of a function, so its range matters only without one.
            let token = self.advance()?;
            if self.at(Symbol::Open) {
                return self.call(token.source);
            }
            return Ok(Operand::Number(number_of(&token)?));
        }
        let text = self.string(expected)?;
        if self.at(Symbol::Open) { self.call(text) } else { Ok(Operand::Text(text)) }
    }

    fn list(&mut self) -> Result<Operand> {
        self.deeper()?;
        self.advance()?;
        let mut items = vec![self.operand(Expected::ListItem)?];
        while self.at(Symbol::Comma) {
            self.advance()?;
            items.push(self.operand(Expected::ListItem)?);
        }
        if !self.at(Symbol::Close) {
            return Err(self.unexpected(Expected::ListEnd));
        }
        self.advance()?;
        self.depth -= 1;
        Ok(Operand::List(items))
    }

    fn call(&mut self, name: String) -> Result<Operand> {
        self.advance()?;
        let mut arguments = Vec::new();
        if !self.at(Symbol::Close) {
            arguments.push(self.string_or_number(Expected::Argument)?);
            while self.at(Symbol::Comma) {
                self.advance()?;
                arguments.push(self.string_or_number(Expected::Argument)?);
            }
            if !self.at(Symbol::Close) {
                return Err(self.unexpected(Expected::ArgumentsEnd));
            }
        }
        self.advance()?;
        Ok(Operand::Function(FunctionCall { name, arguments }))
    }

    fn predicates(&mut self, operator: Operator) -> Result<Vec<Predicate>> {
        let mut predicates = Vec::new();
        while let Some(kind) = PredicateKind::ALL.into_iter().find(|kind| self.at_word(kind.as_str())) {
            let word = self.advance()?;
            if !operator.is_history() {
                let (predicate, operator) = (kind.as_str(), operator.as_str());
                return Err(word.place.error(&Situation::PredicateWithoutHistory { predicate, operator }));
            }
            if matches!(kind, PredicateKind::From | PredicateKind::To) && operator != Operator::Changed {
                return Err(word.place.error(&Situation::PredicateOnlyAfterChanged(kind.as_str())));
            }
            let place = self.token.place;
            let operand = self.operand(Expected::PredicateOperand)?;
            if kind == PredicateKind::During && !matches!(&operand, Operand::List(items) if items.len() == 2)
            {
                return Err(place.error(&Situation::DuringNeedsTwo));
            }
            predicates.push(Predicate { kind, operand });
        }
        if operator == Operator::Changed && predicates.is_empty() && self.at_operand() {
            return Err(self.token.place.error(&Situation::OperandAfterChanged(&self.token.source)));
        }
        Ok(predicates)
    }

    fn order_by(&mut self) -> Result<Vec<SortKey>> {
        self.advance()?;
        if !self.skip_word("by")? {
            return Err(self.unexpected(Expected::By));
        }
        let mut keys = Vec::new();
        loop {
            let field = self.field(Expected::SortField)?;
            let direction = if self.skip_word("asc")? {
                Some(Direction::Ascending)
            } else if self.skip_word("desc")? {
                Some(Direction::Descending)
            } else {
                None
            };
            keys.push(SortKey { field, direction });
            if !self.at(Symbol::Comma) {
                return Ok(keys);
            }
            self.advance()?;
        }
    }

    fn string_or_number(&mut self, expected: Expected) -> Result<String> {
        if self.token.kind == TokenKind::Number {
            return Ok(self.advance()?.source);
        }
        self.string(expected)
    }

    /// A string that isn't a bare word of the language.
    fn string(&mut self, expected: Expected) -> Result<String> {
        let TokenKind::Word { text, bare } = &self.token.kind else {
            return Err(self.unexpected(expected));
        };
        if *bare && (is_keyword(text) || is_reserved_word(text)) {
            return Err(self.unexpected(expected));
        }
        let text = text.clone();
        self.advance()?;
        Ok(text)
    }

    fn number(&mut self) -> Result<i64> {
        let number = number_of(&self.token)?;
        self.advance()?;
        Ok(number)
    }

    /// The error for the current token, which isn't what was looked for.
    fn unexpected(&self, expected: Expected) -> SyntaxError {
        let (place, got) = (self.token.place, self.token.source.as_str());
        match &self.token.kind {
            TokenKind::End => place.error(&Situation::End { expected }),
            TokenKind::Word { text, bare: true } if is_reserved_word(text) => {
                place.error(&Situation::ReservedWord(got))
            }
            TokenKind::Word { bare: true, .. } => place.error(&Situation::Got { expected, got, word: true }),
            _ => place.error(&Situation::Got { expected, got, word: false }),
        }
    }

    fn deeper(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.token.place.error(&Situation::TooDeep));
        }
        Ok(())
    }

    /// Goes on to the next token and gives back the one that was looked at.
    fn advance(&mut self) -> Result<Token> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn skip_word(&mut self, word: &str) -> Result<bool> {
        let there = self.at_word(word);
        if there {
            self.advance()?;
        }
        Ok(there)
    }

    fn at_word(&self, word: &str) -> bool {
        matches!(&self.token.kind, TokenKind::Word { text, bare: true } if text.eq_ignore_ascii_case(word))
    }

    fn at(&self, symbol: Symbol) -> bool {
        self.token.kind == TokenKind::Symbol(symbol)
    }

    fn at_end(&self) -> bool {
        self.token.kind == TokenKind::End
    }

    /// Whether the current token could begin an operand.
    fn at_operand(&self) -> bool {
        match &self.token.kind {
            TokenKind::Word { text, bare } => {
                !(*bare && is_keyword(text)) || self.at_word("empty") || self.at_word("null")
            }
            TokenKind::Number => true,
            TokenKind::Symbol(symbol) => *symbol == Symbol::Open,
            TokenKind::End => false,
        }
    }
}

fn number_of(token: &Token) -> Result<i64> {
    token.source.parse().map_err(|_| token.place.error(&Situation::NumberOutOfRange(&token.source)))
}

fn one_or(mut clauses: Vec<Clause>, join: fn(Vec<Clause>) -> Clause) -> Clause {
    match clauses.pop() {
        Some(only) if clauses.is_empty() => only,
        Some(last) => {
            clauses.push(last);
            join(clauses)
        }
        None => join(clauses),
    }
}

/// Whether the last comparison of `clause` asks about the past, so that a predicate could follow it.
fn ends_with_history(clause: &Clause) -> bool {
    match clause {
        Clause::And(clauses) | Clause::Or(clauses) => clauses.last().is_some_and(ends_with_history),
        Clause::Not(clause) => ends_with_history(clause),
        Clause::Terminal(terminal) => terminal.operator.is_history(),
    }
}
