//! Decides whether an ambiguous word ("Go", "R", "Excel") is the skill where it stands.
//!
//! A first, deliberately simple judge: it looks at the spelling, at the list that the word may stand in,
//! at the words before it and at unambiguous skills near by. [`judge`] is the one place to replace.

use crate::matcher::{Match, Matcher};
use crate::text::tokens::Token;

/// How many tokens before a word a cue may stand.
const CUE_DISTANCE: usize = 3;
/// How many tokens away another skill still speaks for it.
const NEAR: u32 = 6;

/// Words that announce a skill.
const CUES: &[&str] = &[
    "lenguaje",
    "lenguajes",
    "linguagem",
    "language",
    "languages",
    "experiencia",
    "experience",
    "conocimiento",
    "conocimientos",
    "knowledge",
    "conhecimento",
    "conhecimentos",
    "manejo",
    "dominio",
    "dominar",
    "uso",
    "utilizar",
    "usar",
    "programar",
    "programacion",
    "programming",
    "desarrollador",
    "developer",
    "desarrollo",
    "desarrollar",
    "stack",
    "framework",
    "frameworks",
    "herramienta",
    "herramientas",
    "tool",
    "tools",
    "tecnologia",
    "tecnologias",
    "technologies",
    "proficiency",
    "proficient",
    "expertise",
    "familiarity",
    "familiaridad",
    "skills",
    "using",
    "paquete",
    "planillas",
    "ofimatica",
    "certificacion",
    "certification",
    "plataforma",
    "software",
    "proficiente",
    "avanzado",
    "intermedio",
    "entorno",
    "entornos",
    "script",
    "scripts",
    "scripting",
    "backend",
    "frontend",
    "ingeniero",
    "engineer",
    "programador",
    "library",
    "libraries",
    "librerias",
];

/// Words that, right before, make it a verb or a name rather than a skill.
const BLOCKERS_BEFORE: &[&str] = &[
    "to",
    "will",
    "you",
    "we",
    "they",
    "can",
    "must",
    "should",
    "who",
    "i",
    "that",
    "nivel",
    "level",
    "grupo",
    "vitamina",
    "plan",
    "clase",
    "categoria",
    "tipo",
    "series",
    "serie",
    "licencia",
];

/// Words that, right after, make it part of a phrase ("go live", "go to market").
const BLOCKERS_AFTER: &[&str] = &["to", "live", "the", "up", "beyond", "for", "out", "ahead", "level", "suite"];

/// Words that stand between the items of a list.
const LIST_WORDS: &[&str] = &["y", "e", "o", "u", "ou", "and", "or", "and/or", "y/o", "&", "con", "with"];

const CUE: u8 = 1;
const BLOCKS_AFTER_IT: u8 = 2;
const BLOCKS_BEFORE_IT: u8 = 4;

/// The words that the judge must recognise; hand them to [`Matcher::new`].
pub fn words() -> impl Iterator<Item = &'static str> {
    CUES.iter().chain(BLOCKERS_BEFORE).chain(BLOCKERS_AFTER).copied()
}

/// Which word ids are cues.
pub struct Lexicon {
    flags: Vec<u8>,
}

impl Lexicon {
    /// Looks the words up in a matcher that was built with [`words`].
    pub fn new(matcher: &Matcher) -> Self {
        let mut flags = vec![0; matcher.word_count()];
        let lists = [(CUES, CUE), (BLOCKERS_BEFORE, BLOCKS_AFTER_IT), (BLOCKERS_AFTER, BLOCKS_BEFORE_IT)];
        for (words, flag) in lists {
            for id in words.iter().filter_map(|w| matcher.word_id(w)) {
                flags[id as usize] |= flag;
            }
        }
        Self { flags }
    }

    fn has(&self, token: Option<&Token>, flag: u8) -> bool {
        token.and_then(|t| self.flags.get(t.id as usize)).is_some_and(|f| f & flag != 0)
    }
}

/// What an ambiguous match stands among.
pub struct Surroundings<'a> {
    /// The whole text.
    pub text: &'a str,
    /// Its tokens.
    pub tokens: &'a [Token],
    /// Matches in the text, in order, without overlap.
    pub matches: &'a [Match],
    /// The one to judge, as index into `matches`.
    pub index: usize,
    /// Whether a match is unambiguous.
    pub certain: &'a dyn Fn(&Match) -> bool,
    /// How it is spelled, beside the label.
    pub spelling: Spelling,
}

/// How the text spells a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As the label stands.
    Same,
    /// In other case ("excel").
    OtherCase,
    /// With other letters, such as accents ("informática" for "Informatica").
    OtherLetters,
}

/// A judgement in favour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// 0 to 1.
    pub confidence: f32,
    /// Short, for people.
    pub reason: &'static str,
}

/// Whether an ambiguous label is the skill here; `None`: it is not, or nothing says so.
pub fn judge(lexicon: &Lexicon, at: &Surroundings<'_>) -> Option<Judgement> {
    if at.spelling == Spelling::OtherLetters {
        return None;
    }
    let same_case = at.spelling == Spelling::Same;
    let found = &at.matches[at.index];
    let (start, end) = (found.token_start as usize, found.token_end as usize);
    let letter = at.tokens[end - 1].end - at.tokens[start].start == 1;
    let listed = listed_with(at);
    let with_certain = listed.iter().flatten().any(|m| (at.certain)(m));
    let yes = |confidence, reason| Some(Judgement { confidence, reason });
    if with_certain {
        return yes(if same_case { 0.85 } else { 0.65 }, "listed with another skill");
    }
    let before = start.checked_sub(1).and_then(|i| at.tokens.get(i));
    if lexicon.has(before, BLOCKS_AFTER_IT) || lexicon.has(at.tokens.get(end), BLOCKS_BEFORE_IT) {
        return None;
    }
    let cue = (start.saturating_sub(CUE_DISTANCE)..start).any(|i| lexicon.has(at.tokens.get(i), CUE));
    if cue {
        return yes(if same_case { 0.8 } else { 0.6 }, "announced by a word before it");
    }
    if !same_case {
        return None;
    }
    if listed.iter().any(Option::is_some) {
        return yes(0.7, "listed with another ambiguous skill");
    }
    if !letter && near_certain(at) {
        return yes(0.65, "near another skill");
    }
    None
}

/// The matches before and after that only list punctuation or a conjunction parts from it.
fn listed_with<'a>(at: &Surroundings<'a>) -> [Option<&'a Match>; 2] {
    let found = &at.matches[at.index];
    let before = at.index.checked_sub(1).and_then(|i| at.matches.get(i));
    let after = at.matches.get(at.index + 1);
    [before.filter(|m| is_list_gap(at, m, found)), after.filter(|m| is_list_gap(at, found, m))]
}

fn is_list_gap(at: &Surroundings<'_>, left: &Match, right: &Match) -> bool {
    if right.token_start < left.token_end || right.token_start > left.token_end + 3 {
        return false;
    }
    let from = at.tokens[left.token_end as usize - 1].end as usize;
    let to = at.tokens[right.token_start as usize].start as usize;
    let Some(gap) = at.text.get(from..to) else {
        return false;
    };
    let mark = |c: char| c.is_whitespace() || ",/;|•·()-–—+&:*●▪".contains(c);
    let punctuated = gap.contains([',', '/', ';', '|', '•', '·', '(', '+', '&', '\n', ':', '●']);
    let mut words = gap.split(mark).filter(|w| !w.is_empty());
    match (words.next(), words.next()) {
        (None, _) => punctuated,
        (Some(word), None) => LIST_WORDS.contains(&word.to_lowercase().as_str()),
        _ => false,
    }
}

fn near_certain(at: &Surroundings<'_>) -> bool {
    let found = &at.matches[at.index];
    let before =
        at.matches[..at.index].iter().rev().take_while(|m| found.token_start.saturating_sub(m.token_end) <= NEAR);
    let after = at.matches[at.index + 1..].iter().take_while(|m| m.token_start.saturating_sub(found.token_end) <= NEAR);
    before.chain(after).any(|m| (at.certain)(m))
}
