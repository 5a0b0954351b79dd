//! A text in the pieces that dates are made of.

use crate::fold;

/// A piece of a folded text; white space is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Digits.
    Number(String),
    /// Letters.
    Word(String),
    /// Anything else.
    Sign(char),
}

impl Piece {
    /// The word, or nothing.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The number and how many digits it has.
    pub fn number(&self) -> Option<(u32, usize)> {
        match self {
            Self::Number(digits) => Some((digits.parse().ok()?, digits.len())),
            _ => None,
        }
    }
}

/// The pieces of a text.
pub fn of(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut open = false;
    for c in fold(text).chars() {
        match pieces.last_mut() {
            Some(Piece::Number(digits)) if open && c.is_ascii_digit() => digits.push(c),
            Some(Piece::Word(word)) if open && c.is_alphabetic() => word.push(c),
            _ if c.is_ascii_digit() => pieces.push(Piece::Number(c.into())),
            _ if c.is_alphabetic() => pieces.push(Piece::Word(c.into())),
            _ if c == ' ' => (),
            _ => pieces.push(Piece::Sign(c)),
        }
        open = c != ' ';
    }
    pieces
}
