//! Salaries as portals write them: `$ 2.500.000,00 (Mensual)`, `USD 2,500 - 3,000 /month`.

mod currency;
mod lex;
mod period;

use serde::Serialize;

use crate::names::named;
use lex::{Number, Token};

named! {
    /// What a salary is paid for.
    Period {
        /// An hour.
        Hour = "hour",
        /// A day.
        Day = "day",
        /// A week.
        Week = "week",
        /// A month.
        Month = "month",
        /// A year.
        Year = "year",
        /// The text doesn't say.
        Unknown = "unknown",
    }
}

/// A salary. At least one of its ends is there, and `min <= max`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Salary {
    /// Least, in units of the currency, such as pesos.
    pub min: Option<f64>,
    /// Most, in the same units; equal to `min` for a single amount.
    pub max: Option<f64>,
    /// ISO 4217; None for amounts without a currency in a country that isn't known.
    pub currency: Option<&'static str>,
    /// What it is paid for. Amounts for half a month or for two weeks are given for one month or week.
    pub period: Period,
    /// True where the text says net, false where it says gross.
    pub net: Option<bool>,
}

/// Longest text that is looked at, in characters.
const MOST: usize = 300;

/// Largest amount that is a salary in any currency.
const LARGEST: f64 = 1e9;

/// Currencies in which less than 1,000 buys nothing: such an amount lost its "millones".
const SMALL_UNITS: &[&str] = &["ARS", "CLP", "COP", "CRC", "PYG"];

/// What says that a single amount is the least, or the most.
const LEAST: &[&[&str]] = &[
    &["desde"],
    &["mas", "de"],
    &["a", "partir", "de"],
    &["minimo"],
    &["minimum"],
    &["min"],
    &["from"],
    &["over"],
    &["above"],
    &["more", "than"],
    &["at", "least"],
    &["superior", "a"],
    &["mayor", "a"],
    &["mais", "de"],
    &["acima", "de"],
    &["starting", "at"],
];
const MOST_OF: &[&[&str]] = &[
    &["hasta"],
    &["menos", "de"],
    &["maximo"],
    &["maximum"],
    &["max"],
    &["up", "to"],
    &["under"],
    &["below"],
    &["less", "than"],
    &["inferior", "a"],
    &["menor", "a"],
    &["ate"],
];
const OR_MORE: &[&[&str]] =
    &[&["o", "mas"], &["ou", "mais"], &["or", "more"], &["and", "up"], &["en", "adelante"], &["minimo"], &["minimum"]];

/// What is paid beside a salary.
const BONUSES: &[&str] = &[
    "bono",
    "bonos",
    "bonus",
    "bonificacion",
    "bonificaciones",
    "auxilio",
    "auxilios",
    "comision",
    "comisiones",
    "viaticos",
    "rodamiento",
    "incentivo",
    "incentivos",
    "incentive",
    "incentives",
    "allowance",
    "discretionary",
    "presentismo",
    "vales",
    "premio",
    "premios",
];

/// Words of a text that is about nothing but the salary, beside those known otherwise.
const ABOUT: &[&str] = &[
    "salario",
    "sueldo",
    "salary",
    "remuneracion",
    "remuneracao",
    "base",
    "basico",
    "fijo",
    "integral",
    "aprox",
    "aproximado",
    "de",
    "del",
    "por",
    "per",
    "al",
    "a",
    "to",
    "y",
    "e",
    "and",
    "entre",
    "between",
    "desde",
    "hasta",
    "from",
    "up",
    "mas",
    "partir",
    "ate",
    "m",
    "n",
    "ofrecido",
    "oferta",
    "rango",
    "range",
    "es",
    "is",
];

/// What a salary text means, in a country (ISO 3166-1 alpha-2), whose currency counts where the
/// text names none. None where there is no amount, or any doubt which one is the salary.
/// A sum added with "+" or "más" is left aside: `$1.423.500 + comisiones` is 1,423,500.
pub fn parse(text: &str, country: &str) -> Option<Salary> {
    if text.len() > MOST * 4 || text.chars().count() > MOST || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let tokens = lex::tokens(text, country)?;
    let offers = offers(&tokens);
    let offer = *offers.first()?;
    let plus = (offer.last + 1..tokens.len()).find(|at| is_plus(&tokens, *at));
    if offers.get(1).is_some_and(|second| plus.is_none_or(|plus| plus > second.first)) || is_extra(&tokens, offer) {
        return None;
    }
    let end = plus.unwrap_or(tokens.len());
    let currency = currency::of(&tokens[..end], country)?;
    let (period, factor) = period::of(&tokens[..end], offer.first, offer.last);
    let (min, max) = ends(&tokens, offer)?;
    let amount =
        |end: Option<f64>| end.filter(|amount| *amount > 0.0).map(|amount| (amount * factor * 100.0).round() / 100.0);
    let (min, max) = (amount(min), amount(max));
    let smallest = if currency.is_some_and(|code| SMALL_UNITS.contains(&code)) { 1000.0 } else { 1.0 };
    let plausible = [min, max].into_iter().flatten().all(|amount| (smallest..=LARGEST).contains(&amount));
    let ordered = min.zip(max).is_none_or(|(min, max)| min <= max && max <= min * 100.0);
    (plausible && ordered && (min.is_some() || max.is_some())).then_some(Salary {
        min,
        max,
        currency,
        period,
        net: net(&tokens[..end]),
    })
}

/// One amount, or the two ends of a range, by their places.
#[derive(Debug, Clone, Copy)]
struct Offer {
    first: usize,
    last: usize,
}

/// Every amount and range of the text. A number counts where it is money by its look: a currency,
/// thousands, "millones"; or where the text is about nothing else.
fn offers(tokens: &[Token]) -> Vec<Offer> {
    let certain = |at: usize| is_money(tokens, at);
    let found = pairs(tokens, certain);
    let before_plus = (0..tokens.len()).find(|at| is_plus(tokens, *at)).unwrap_or(tokens.len());
    if found.is_empty() && tokens[..before_plus].iter().all(is_about_salary) {
        return pairs(tokens, |at| tokens[at].number().is_some_and(|number| number.value >= 100.0));
    }
    found
}

fn pairs(tokens: &[Token], certain: impl Fn(usize) -> bool) -> Vec<Offer> {
    let numbers: Vec<usize> = (0..tokens.len()).filter(|at| tokens[*at].number().is_some()).collect();
    let mut offers = Vec::new();
    let mut next = 0;
    while let Some(&first) = numbers.get(next) {
        next += 1;
        if let Some(&last) = numbers.get(next)
            && (certain(first) || certain(last))
            && is_range(tokens, first, last, certain(first) && certain(last))
        {
            next += 1;
            offers.push(Offer { first, last });
        } else if certain(first) {
            offers.push(Offer { first, last: first });
        }
    }
    offers
}

/// Whether a number is money by its look.
fn is_money(tokens: &[Token], at: usize) -> bool {
    let Some(number) = tokens[at].number() else { return false };
    let before = at.checked_sub(1).is_some_and(|before| tokens[before].is_currency());
    // "8 $2000": the sign belongs to what follows it.
    let behind = tokens.get(at + 1).is_some_and(Token::is_currency)
        && tokens.get(at + 2).is_none_or(|next| next.number().is_none());
    before || behind || number.multiplier.is_some() || (number.grouped && number.value >= 1000.0)
}

/// Whether what stands between two numbers makes them the ends of a range.
fn is_range(tokens: &[Token], first: usize, last: usize, both_money: bool) -> bool {
    let between_words = tokens[..first].iter().any(|token| token.is_word(&["entre", "between"]));
    let mut joined = false;
    for (at, token) in tokens.iter().enumerate().take(last).skip(first + 1) {
        let joins = token.is_sign(&['-', '–', '—', '~'])
            || token.is_word(&["a", "al", "to", "hasta", "ate"])
            || (between_words && token.is_word(&["y", "and", "e"]))
            || (both_money && token.is_sign(&['/']) && tokens[at + 1].is_currency());
        let abbreviated = token.is_sign(&['.']) && period::is_word(&tokens[at - 1]);
        let silent = abbreviated
            || token.is_currency()
            || token.is_sign(&['/'])
            || token.is_word(&["por", "per"])
            || period::is_word(token);
        if !joins && !silent {
            return false;
        }
        joined |= joins;
    }
    joined
}

/// Whether something is added here; "más de" and "o más" are bounds.
fn is_plus(tokens: &[Token], at: usize) -> bool {
    let bound = tokens.get(at + 1).is_some_and(|token| token.is_word(&["de"]))
        || at.checked_sub(1).is_some_and(|before| tokens[before].is_word(&["o", "ou"]));
    tokens[at].is_sign(&['+']) || (tokens[at].is_word(&["mas", "plus", "mais"]) && !bound)
}

/// Whether the amount is a bonus, or comes on top of a salary that isn't told in money.
fn is_extra(tokens: &[Token], offer: Offer) -> bool {
    let behind =
        tokens[offer.last + 1..].iter().find(|token| !token.is_currency() && !token.is_word(&["de", "of", "en"]));
    (0..offer.first).any(|at| is_plus(tokens, at) || tokens[at].is_word(BONUSES))
        || behind.is_some_and(|token| token.is_word(BONUSES))
}

fn is_about_salary(token: &Token) -> bool {
    match token {
        Token::Word(word) => ABOUT.contains(&word.as_str()) || period::is_word(token) || is_net(word).is_some(),
        Token::Sign(sign) => !['%', '#', '@'].contains(sign),
        Token::Number(_) | Token::Currency(_) => true,
        Token::Noise => false,
    }
}

/// The least and the most.
fn ends(tokens: &[Token], offer: Offer) -> Option<(Option<f64>, Option<f64>)> {
    let (first, last) = (tokens[offer.first].number()?, tokens[offer.last].number()?);
    if offer.first != offer.last {
        let (min, max) = range(first, last)?;
        return Some((Some(min), Some(max)));
    }
    let amount = Some(first.amount());
    let before: Vec<&str> =
        tokens[..offer.first].iter().filter(|token| !token.is_currency()).map(Token::text).collect();
    let behind: Vec<&str> =
        tokens[offer.first + 1..].iter().filter(|token| !token.is_currency()).map(Token::text).collect();
    let ends_with = |list: &[&[&str]]| list.iter().any(|words| before.ends_with(words));
    Some(if ends_with(MOST_OF) {
        (None, amount)
    } else if ends_with(LEAST) || first.open || OR_MORE.iter().any(|words| behind.starts_with(words)) {
        (amount, None)
    } else {
        (amount, amount)
    })
}

/// The ends of a range; "4 a 4,5 millones" and "60-80k" multiply both.
fn range(first: &Number, last: &Number) -> Option<(f64, f64)> {
    let small = |number: &Number| number.value < 1000.0;
    match (first.multiplier, last.multiplier) {
        (None, Some(factor)) if small(first) => {
            (first.value <= last.value).then_some((first.value * factor, last.amount()))
        }
        (Some(factor), None) if small(last) => {
            (first.value <= last.value).then_some((first.amount(), last.value * factor))
        }
        _ => Some((first.amount(), last.amount())),
    }
}

fn is_net(word: &str) -> Option<bool> {
    match word {
        "neto" | "netos" | "neta" | "net" | "libre" | "libres" | "liquido" | "liquidos" | "liquida" | "mano"
        | "bolsillo" => Some(true),
        "bruto" | "brutos" | "bruta" | "gross" => Some(false),
        _ => None,
    }
}

/// Net or gross; None where the text says neither, or both.
fn net(tokens: &[Token]) -> Option<bool> {
    let mut said = (0..tokens.len()).filter_map(|at| {
        let labour = tokens.get(at + 1).is_some_and(|next| next.is_word(&["de"])) && tokens[at].is_word(&["mano"]);
        is_net(tokens[at].text()).filter(|_| !labour)
    });
    let first = said.next()?;
    said.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests;
