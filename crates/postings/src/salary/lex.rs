//! A salary text in tokens.

use super::{
    currency::{self, Currency},
    period,
};
use crate::fold;

/// A number of the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// As written.
    pub value: f64,
    /// A million for "millones", a thousand for "mil" and "k".
    pub multiplier: Option<f64>,
    /// Written with thousands separators, such as `1.300.000`.
    pub grouped: bool,
    /// Written with a plus behind it, such as `2000+`.
    pub open: bool,
}

impl Number {
    /// The amount of money.
    pub fn amount(&self) -> f64 {
        self.value * self.multiplier.unwrap_or(1.0)
    }
}

/// A piece of a folded text.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A number with its multiplier.
    Number(Number),
    /// A code, a sign or a name.
    Currency(Currency),
    /// Letters.
    Word(String),
    /// Anything else but white space.
    Sign(char),
    /// A number that is no money, such as `40 horas semanales`, `50%`.
    Noise,
}

impl Token {
    /// The number.
    pub fn number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Whether it names a currency.
    pub fn is_currency(&self) -> bool {
        matches!(self, Self::Currency(_))
    }

    /// The word, or nothing.
    pub fn text(&self) -> &str {
        match self {
            Self::Word(word) => word,
            _ => "",
        }
    }

    /// Whether it is one of these words.
    pub fn is_word(&self, words: &[&str]) -> bool {
        matches!(self, Self::Word(word) if words.contains(&word.as_str()))
    }

    /// Whether it is one of these signs.
    pub fn is_sign(&self, signs: &[char]) -> bool {
        matches!(self, Self::Sign(sign) if signs.contains(sign))
    }
}

/// The tokens of a text; None where a number in it makes no sense, such as `1.50.000`.
pub fn tokens(text: &str, country: &str) -> Option<Vec<Token>> {
    let folded = fold(text);
    let mut tokens = Vec::new();
    let mut rest = folded.as_str();
    let mut in_word = false;
    while let Some(c) = rest.chars().next() {
        let from = rest;
        if c == ' ' {
            rest = &rest[1..];
        } else if let Some((currency, length)) = currency::symbol(rest, in_word) {
            tokens.push(Token::Currency(currency));
            rest = &rest[length..];
        } else if c == '.' && tokens.last().is_some_and(Token::is_currency) {
            // "Bs. 3.000", "S/. 1,025.00".
            rest = &rest[1..];
        } else if c.is_ascii_digit() {
            let (number, length) = number(rest)?;
            rest = &rest[length..];
            // A digit at the end of a name ("w2") is part of it; "08" and "00" are of dates and times.
            let of_a_time = from.starts_with('0') && from[1..].starts_with(|c: char| c.is_ascii_digit());
            tokens.push(if in_word || of_a_time { Token::Noise } else { Token::Number(number) });
        } else if c.is_alphabetic() {
            let length = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
            tokens.push(word(&rest[..length], country));
            rest = &rest[length..];
        } else {
            tokens.push(Token::Sign(c));
            rest = &rest[c.len_utf8()..];
        }
        in_word = from.starts_with(char::is_alphabetic) && matches!(tokens.last(), Some(Token::Word(_)));
    }
    if scattered(&tokens) {
        return None;
    }
    Some(quiet(multiplied(tokens)))
}

fn word(word: &str, country: &str) -> Token {
    currency::name(word, country).map_or_else(|| Token::Word(word.to_owned()), Token::Currency)
}

/// Digits with blanks between them, as some ads hide or mistype their figures: `2. 0 0 0`, `2. 200,00`.
fn scattered(tokens: &[Token]) -> bool {
    let number = |at: usize| tokens.get(at).and_then(Token::number);
    (0..tokens.len()).any(|at| {
        number(at).is_some_and(|first| {
            let blank = number(at + 1).is_some();
            let stop = tokens.get(at + 1).is_some_and(|token| token.is_sign(&['.', ',']));
            blank || stop && number(at + 2).is_some_and(|next| next.value < 10.0 || first.value < 1000.0)
        })
    })
}

/// Gives numbers the "millones", "mil" or "+" behind them.
fn multiplied(tokens: Vec<Token>) -> Vec<Token> {
    let mut joined: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if let Some(Token::Number(number)) = joined.last_mut() {
            if number.multiplier.is_none()
                && let Some(factor) = factor(token.text(), number.value)
            {
                number.multiplier = Some(factor);
                continue;
            }
            // "2000+" is a bound, "2000 + comisiones" and "2000 + $500" are sums.
            if token.is_sign(&['+']) && tokens.peek().is_none_or(|next| matches!(next, Token::Sign(_))) {
                number.open = true;
                continue;
            }
        }
        joined.push(token);
    }
    joined
}

fn factor(word: &str, value: f64) -> Option<f64> {
    match word {
        "k" | "mil" | "thousand" if value < 10_000.0 => Some(1e3),
        "millon" | "millones" | "mill" | "mm" | "million" | "millions" | "milhao" | "milhoes" => Some(1e6),
        // Behind larger numbers it is the "M.N." of moneda nacional.
        "m" if value < 1000.0 => Some(1e6),
        _ => None,
    }
}

/// Silences what isn't money: percentages, and hours with their period.
fn quiet(mut tokens: Vec<Token>) -> Vec<Token> {
    for at in 0..tokens.len() {
        let Some(number) = tokens[at].number() else { continue };
        let plain = !number.grouped && number.multiplier.is_none() && !(at > 0 && tokens[at - 1].is_currency());
        let retirement_plan = number.value == 401.0 && number.multiplier.is_some();
        let next = |ahead: usize, words: &[&str]| tokens.get(ahead).is_some_and(|token| token.is_word(words));
        if retirement_plan || tokens.get(at + 1).is_some_and(|token| token.is_sign(&['%'])) {
            tokens[at] = Token::Noise;
        } else if plain && next(at + 1, &["horas", "hs", "hrs", "h", "hours", "hora", "dias", "days"]) {
            let mut end = at + 1;
            while next(end + 1, &["a", "por", "al", "x", "per", "la"]) {
                end += 1;
            }
            let end = if tokens.get(end + 1).is_some_and(period::is_word) { end + 1 } else { at + 1 };
            tokens[at..=end].fill(Token::Noise);
        }
    }
    tokens
}

/// The number that a text starts with, and its length; None where its separators make no sense.
fn number(text: &str) -> Option<(Number, usize)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut end = digits(0);
    let mut groups = vec![&text[..end]];
    let mut separators = String::new();
    while let Some(separator) = text[end..].chars().next() {
        let from = end + separator.len_utf8();
        let separates = match separator {
            '.' | ',' | '\'' | '’' | '´' | '`' => from < bytes.len() && digits(from) > 0,
            ' ' => groups[0].len() <= 3 && separators.chars().all(|c| c == ' ') && digits(from) == 3,
            _ => false,
        };
        if !separates {
            break;
        }
        end = from + digits(from);
        groups.push(&text[from..end]);
        separators.push(separator);
    }
    let (value, grouped) = value(&groups, &separators)?;
    Some((Number { value, multiplier: None, grouped, open: false }, end))
}

/// The value of digits between separators, and whether they are thousands. The last
/// separator starts the decimals where one or two digits follow; three are thousands.
fn value(groups: &[&str], separators: &str) -> Option<(f64, bool)> {
    let (last, rest) = groups.split_last()?;
    let last_separator = separators.chars().last();
    let decimal_sign = matches!(last_separator, Some('.' | ','));
    let once = last_separator.is_some_and(|last| separators.matches(last).count() == 1);
    let decimal = decimal_sign
        && match last.len() {
            1 => once,
            2 => true,
            // "1234.567" and "2083.3333", as programs write numbers.
            _ => rest.len() == 1 && rest[0].len() > 3,
        };
    let (whole, decimals) = if decimal { (rest, *last) } else { (groups, "") };
    let mut kinds = separators.chars().take(whole.len() - 1).collect::<Vec<_>>();
    // An apostrophe marks the millions of "1'500.000".
    kinds.retain(|kind| !['\'', '’', '´', '`'].contains(kind));
    kinds.dedup();
    let first = whole[0];
    let sound = kinds.len() <= 1
        && (whole.len() == 1
            || (first.len() <= 3 && !first.starts_with('0') && whole[1..].iter().all(|group| group.len() == 3)))
        && whole.iter().map(|group| group.len()).sum::<usize>() <= 12;
    let number = format!("{}.{decimals}0", whole.concat());
    // Blanks part thousands, but also one figure from the next.
    let grouped = whole.len() > 1 && !separators.contains(' ');
    sound.then(|| number.parse().ok()).flatten().map(|value| (value, grouped))
}
