//! Days told from the day they were seen: `Hace 2 días`, `yesterday`, `há 3 horas`.

use chrono::{DateTime, Days, FixedOffset, Months, NaiveDate, TimeDelta};

use super::{Day, words::Piece};

/// Words of days by how many lie between.
const DAYS: [&[&str]; 3] = [
    &[
        "hoy",
        "today",
        "hoje",
        "ahora",
        "agora",
        "recien",
        "instantes",
        "instante",
        "momento",
        "momentos",
        "now",
        "just",
    ],
    &["ayer", "yesterday", "ontem"],
    &["anteayer", "antier", "antayer", "anteontem"],
];

/// Numbers in words.
const NUMBERS: [&[&str]; 10] = [
    &["un", "una", "uno", "um", "uma", "a", "an", "one"],
    &["dos", "dois", "duas", "two"],
    &["tres", "three"],
    &["cuatro", "quatro", "four"],
    &["cinco", "five"],
    &["seis", "six"],
    &["siete", "sete", "seven"],
    &["ocho", "oito", "eight"],
    &["nueve", "nove", "nine"],
    &["diez", "dez", "ten"],
];

/// What says that a span lies in the past.
const PAST: &[&str] = &["hace", "ha", "faz", "ago", "atras"];

/// What makes a span a bound.
const BOUNDS: &[&str] = &[
    "mas",
    "mais",
    "more",
    "over",
    "menos",
    "less",
    "menor",
    "mayor",
    "casi",
    "quase",
    "almost",
    "about",
    "unos",
    "unas",
    "aproximadamente",
    "alrededor",
];

/// What says that the day is an update's.
const UPDATES: &[&str] = &[
    "actualizada",
    "actualizado",
    "actualizacion",
    "atualizada",
    "atualizado",
    "updated",
    "reposted",
    "republicado",
    "republicada",
    "modificada",
    "modificado",
    "renovada",
    "renovado",
];

/// What else may stand in such a text. Of a text with other words, nobody knows what it is about.
const FILLERS: &[&str] = &[
    "publicado",
    "publicada",
    "publicacion",
    "publicacao",
    "publicou",
    "publicamos",
    "posted",
    "published",
    "listed",
    "active",
    "activa",
    "activo",
    "fecha",
    "date",
    "data",
    "de",
    "del",
    "desde",
    "el",
    "la",
    "las",
    "los",
    "a",
    "than",
    "que",
    "oferta",
    "aviso",
    "vacante",
    "empleo",
    "vaga",
    "job",
    "right",
    "mismo",
    "nueva",
    "nuevo",
    "nova",
    "novo",
    "new",
    "un",
    "um",
    "y",
    "antes",
    "e",
];

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "segundo" | "segundos" | "second" | "seconds" | "seg" | "sec" | "secs" => Unit::Second,
        "minuto" | "minutos" | "minute" | "minutes" | "min" | "mins" => Unit::Minute,
        "hora" | "horas" | "hour" | "hours" | "h" | "hs" | "hr" | "hrs" => Unit::Hour,
        "dia" | "dias" | "day" | "days" | "d" => Unit::Day,
        "semana" | "semanas" | "week" | "weeks" | "w" | "wk" | "wks" | "sem" => Unit::Week,
        "mes" | "meses" | "month" | "months" | "mo" | "mos" => Unit::Month,
        "ano" | "anos" | "year" | "years" | "yr" | "yrs" => Unit::Year,
        _ => return None,
    })
}

/// The day of a relative date, seen at a time in the country.
pub fn parse(pieces: &[Piece], seen: DateTime<FixedOffset>) -> Option<Day> {
    let words: Vec<&str> = pieces.iter().filter_map(Piece::word).collect();
    let says = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let updated = says(UPDATES);
    let day = match span(pieces) {
        Some(span) => {
            let known = |word: &&str| unit(word).is_some() || number_word(word).is_some() || is_known(word);
            if !says(PAST) && !words.iter().all(known) {
                return None;
            }
            let rounded = matches!(span.unit, Unit::Week | Unit::Month | Unit::Year);
            let exact = !span.open && !rounded && !says(BOUNDS);
            Day { day: before(seen, span.number, span.unit)?, exact }
        }
        None => named(&words, seen.date_naive())?,
    };
    Some(Day { exact: day.exact && !updated, ..day })
}

/// `hoy`, `antes de ayer`, `recién publicada`.
fn named(words: &[&str], today: NaiveDate) -> Option<Day> {
    if !words.iter().all(|word| is_known(word) || DAYS.iter().any(|names| names.contains(word))) {
        return None;
    }
    let ago = (0..).zip(DAYS).filter(|(_, names)| words.iter().any(|word| names.contains(word))).map(|(ago, _)| ago);
    let ago: u64 = ago.max()?;
    let before_that = ago == 1 && words.contains(&"antes");
    Some(Day::exact(today.checked_sub_days(Days::new(ago + u64::from(before_that)))?))
}

fn is_known(word: &str) -> bool {
    [FILLERS, PAST, BOUNDS, UPDATES].iter().any(|list| list.contains(&word))
}

/// A number of units.
struct Span {
    number: u32,
    /// Written like "30+".
    open: bool,
    unit: Unit,
}

/// The first number with a unit behind it; "un mes" too.
fn span(pieces: &[Piece]) -> Option<Span> {
    (0..pieces.len()).find_map(|place| {
        let number = match &pieces[place] {
            piece @ Piece::Number(_) => piece.number()?.0,
            Piece::Word(word) => number_word(word)?,
            Piece::Sign(_) => return None,
        };
        let open = |sign: Option<&Piece>| matches!(sign, Some(Piece::Sign('+')));
        let behind = open(pieces.get(place + 1));
        let unit = unit(pieces.get(place + 1 + usize::from(behind))?.word()?)?;
        let front = place.checked_sub(1).is_some_and(|place| open(pieces.get(place)));
        Some(Span { number, open: behind || front, unit })
    })
}

fn number_word(word: &str) -> Option<u32> {
    (1..).zip(NUMBERS).find(|(_, names)| names.contains(&word)).map(|(number, _)| number)
}

fn before(seen: DateTime<FixedOffset>, number: u32, unit: Unit) -> Option<NaiveDate> {
    let today = seen.date_naive();
    let earlier = |seconds: i64| {
        let span = TimeDelta::try_seconds(i64::from(number).checked_mul(seconds)?)?;
        seen.checked_sub_signed(span).map(|time| time.date_naive())
    };
    match unit {
        Unit::Second => earlier(1),
        Unit::Minute => earlier(60),
        Unit::Hour => earlier(3600),
        Unit::Day => today.checked_sub_days(Days::new(u64::from(number))),
        Unit::Week => today.checked_sub_days(Days::new(u64::from(number).checked_mul(7)?)),
        Unit::Month => today.checked_sub_months(Months::new(number)),
        Unit::Year => today.checked_sub_months(Months::new(number.checked_mul(12)?)),
    }
}
