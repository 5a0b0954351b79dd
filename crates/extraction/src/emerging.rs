//! Candidates for skills that neither the taxonomy nor ESCO knows.
//!
//! Three patterns, each of which a reader would use too: what is announced like a skill ("experiencia en X"),
//! a stranger in a list of known skills ("Docker, X y Kubernetes"), and names written like code or products
//! in the parts of an ad that ask ("LangSmith", "k9s"). One ad proves nothing: counts over ads and employers do,
//! and a person decides.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::context::{Lexicon, Surroundings};
use crate::extract::{Span, span};
use crate::matcher::Match;
use crate::sections::{self, Section, SectionRange};
use crate::text::fold::fold_phrase;
use crate::text::tokens::{Gap, Token};

/// Most words of a candidate.
const MOST_WORDS: usize = 4;
/// Most letters of a candidate.
const MOST_LETTERS: usize = 60;
/// Most candidates of one ad.
const MOST: usize = 100;

/// Why something may be a skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pattern {
    /// It stands in a list between known skills.
    Listed,
    /// Words such as "experiencia en" announce it.
    Announced,
    /// It is written like a product's name or like code.
    Name,
}

impl Pattern {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Announced => "announced",
            Self::Name => "name",
        }
    }
}

/// A phrase that may be a skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The phrase, folded: what mentions are counted by.
    pub phrase: String,
    /// As it stands in the text.
    pub surface: String,
    /// Where.
    pub span: Span,
    /// Why.
    pub pattern: Pattern,
}

/// Words that no skill's name starts, ends or is made of: grammar, and the small change of job ads.
const ORDINARY: &str = "\
    a al and any are as at be by cada como con cual cuando da das de del desde do dos e el ella em en entre es \
    esta este etc for from hasta have in is la las like lo los mas more nuestra nuestro nuestros o of on or os \
    other otra otras otro otros our para por que se si sin so sobre son su sus the their this to todo todos tu \
    tus u un una uno we with y ya you your ser estar tener no not will can muy bien e.g ej i.e vs via ou \
    experiencia experience conocimiento conocimientos knowledge manejo dominio uso ano anos years year meses mes \
    nivel level area areas equipo equipos team teams empresa empresas company cliente clientes client clients \
    proyecto proyectos project projects trabajo work working job puesto cargo role rol roles persona personas \
    people desarrollo development software sistema sistemas systems system tecnologia tecnologias technology \
    technologies herramienta herramientas tools tool plataforma plataformas platform platforms solucion \
    soluciones solutions solution servicio servicios services service similar similares afines afin minimo minima \
    minimum senior junior semi ssr sr jr mid full time part remote remoto hibrido hybrid presencial home office \
    requisitos requirements beneficios benefits responsabilidades responsibilities funciones tareas ofrecemos \
    buscamos enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre lunes \
    viernes monday friday bogota medellin mexico argentina colombia buenos aires cdmx latam usa espana spain \
    chile peru brasil brazil madrid barcelona monterrey guadalajara cali cordoba rosario usd cop mxn ars lgbt \
    rrhh hr ceo cto bachelor degree licenciatura ingenieria universidad titulo carrera excluyente deseable plus \
    advanced avanzado basico basic intermedio solidos solid strong fuerte buen good gran new nuevas nuevos best \
    mejores practices practicas modelo modelos models model gestion management analisis analysis diseno design \
    soporte support procesos process datos data english ingles espanol spanish portugues latinoamerica latin \
    america bs ms phd cv ti it pc tic";

static ORDINARY_WORDS: LazyLock<FxHashSet<&str>> = LazyLock::new(|| ORDINARY.split_whitespace().collect());

/// Whether a folded word is of that kind.
pub fn is_ordinary(folded: &str) -> bool {
    ORDINARY_WORDS.contains(folded)
}

/// Finds candidates beside the matches that count (in order of place, without overlap).
pub fn candidates(
    at: &Surroundings<'_>,
    lexicon: &Lexicon,
    ranges: &[SectionRange],
    known: impl Fn(&[Token]) -> bool,
) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut after = 0;
    for (i, token) in at.tokens.iter().enumerate() {
        if i < after || token.symbol || found.len() >= MOST {
            continue;
        }
        let section = sections::section_at(ranges, token.start as usize);
        if !asks(section) || covered(at.matches, i) {
            continue;
        }
        let Some((end, pattern)) = phrase_at(at, lexicon, i) else {
            continue;
        };
        after = end;
        let words = &at.tokens[i..end];
        let place = span(at.tokens, i as u32, end as u32);
        let Some(surface) = at.text.get(place.byte_start..place.byte_end) else {
            continue;
        };
        if known(words) || surface.chars().count() > MOST_LETTERS || surface.contains('\n') {
            continue;
        }
        let phrase = fold_phrase(surface);
        if phrase.chars().filter(|c| c.is_alphabetic()).count() >= 2 {
            found.push(Candidate { phrase, surface: surface.to_owned(), span: place, pattern });
        }
    }
    found
}

fn asks(section: Section) -> bool {
    matches!(section, Section::Requirements | Section::Desirable | Section::Responsibilities | Section::Body)
}

fn covered(matches: &[Match], token: usize) -> bool {
    let next = matches.partition_point(|m| m.token_end as usize <= token);
    matches.get(next).is_some_and(|m| m.token_start as usize <= token)
}

/// The end of the candidate that starts at token `i`, and why it is one.
fn phrase_at(at: &Surroundings<'_>, lexicon: &Lexicon, i: usize) -> Option<(usize, Pattern)> {
    if ordinary(at, i) {
        return None;
    }
    let mut end = i + 1;
    while end < at.tokens.len()
        && end - i < MOST_WORDS
        && at.tokens[end].gap != Gap::Break
        && !at.tokens[end].symbol
        && !covered(at.matches, end)
        && !ordinary(at, end)
    {
        end += 1;
    }
    // A comma is a token of its own where any label holds one.
    let starts_item = i == 0
        || at.tokens[i].gap == Gap::Break
        || at.tokens[i - 1].symbol
        || preposition(at, i - 1)
        || conjunction(at, i - 1);
    let ends_item = end >= at.tokens.len()
        || at.tokens[end].gap == Gap::Break
        || at.tokens[end].symbol
        || conjunction(at, end)
        || covered(at.matches, end);
    let names = (i..end).take_while(|&j| is_name(at, j)).count();
    if starts_item && ends_item && end - i <= 3 && stands_in_list(at, i, end) {
        return Some((end, Pattern::Listed));
    }
    if names > 0 && preposition(at, i.wrapping_sub(1)) && lexicon.announces(at.tokens, i) {
        return Some((i + names, Pattern::Announced));
    }
    let several = end - i > 1;
    if several
        && starts_item
        && ends_item
        && preposition(at, i.wrapping_sub(1))
        && lexicon.announces_closely(at.tokens, i)
    {
        return Some((end, Pattern::Announced));
    }
    let coded = (i..i + names).any(|j| is_code(at, j));
    coded.then_some((i + names, Pattern::Name))
}

/// Whether the neighbours on both sides, behind list signs, are known skills.
fn stands_in_list(at: &Surroundings<'_>, start: usize, end: usize) -> bool {
    let right = at.matches.partition_point(|m| (m.token_start as usize) < end);
    let Some(left) = right.checked_sub(1).and_then(|j| at.matches.get(j)) else {
        return false;
    };
    let item = Match { label: 0, layer: 0, token_start: start as u32, token_end: end as u32, inflected: false };
    let follows = at.text.get(at.tokens[end - 1].end as usize..).unwrap_or_default();
    if follows.trim_start().starts_with([':', '?']) {
        return false; // A heading between two lists.
    }
    at.matches.get(right).is_some_and(|next| {
        (at.certain)(left) && (at.certain)(next) && at.is_list(left, &item) && at.is_list(&item, next)
    })
}

fn word<'t>(at: &Surroundings<'t>, i: usize) -> &'t str {
    at.tokens.get(i).and_then(|t| at.text.get(t.start as usize..t.end as usize)).unwrap_or_default()
}

fn ordinary(at: &Surroundings<'_>, i: usize) -> bool {
    let word = word(at, i);
    word.len() < 2 && !word.chars().all(char::is_uppercase)
        || word.chars().all(|c| c.is_ascii_digit())
        || is_ordinary(&fold_phrase(word))
}

fn preposition(at: &Surroundings<'_>, i: usize) -> bool {
    ["en", "de", "con", "in", "with", "of", "em", "com", "like", "como"]
        .iter()
        .any(|p| p.eq_ignore_ascii_case(word(at, i)))
}

fn conjunction(at: &Surroundings<'_>, i: usize) -> bool {
    ["y", "e", "o", "u", "and", "or", "ou"].iter().any(|p| p.eq_ignore_ascii_case(word(at, i)))
}

/// A capital where none must stand: not at the start of a sentence, or not only there.
fn is_name(at: &Surroundings<'_>, i: usize) -> bool {
    let capital = word(at, i).starts_with(char::is_uppercase);
    is_code(at, i) || capital && i > 0 && at.tokens[i].gap != Gap::Break
}

/// A capital, digit or sign inside a word.
fn is_code(at: &Surroundings<'_>, i: usize) -> bool {
    let word = word(at, i);
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let digits = word.len() - word.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let inner_capital = word.chars().zip(word.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    let shouting = word.chars().all(|c| !c.is_lowercase()) && letters > 5;
    let dotted = at.tokens.get(i + 1).is_some_and(|t| t.gap == Gap::Dot);
    letters >= 2
        && !shouting
        && (inner_capital || digits > 0 && digits < 3 && letters >= 2 || dotted || word.contains(['+', '#']))
}
