//! Text as the matcher sees it: folded words with their exact places.

pub mod fold;
pub mod tokens;
pub(crate) mod words;
