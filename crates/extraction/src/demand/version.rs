//! Versions right behind a mention: `Java 8+`, `Python 3.x`, `Angular v14`, `PHP >= 7.4`, `Java 8, 11 o 17`.

use super::words::{Kind, word_at};

/// A version in the text, in bytes, and where reading goes on.
pub(super) struct Version {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) resume: usize,
}

/// What a version number looks like.
struct Number {
    end: usize,
    value: u32,
    /// Dotted or with a plus: hardly anything but a version.
    marked: bool,
}

/// What says "or higher", folded by hand: the words are plain.
const OR_HIGHER: &[&str] = &[
    " o superior",
    " o superiores",
    " ou superior",
    " o mayor",
    " o más",
    " o mas",
    " y superiores",
    " y superior",
    " en adelante",
    " or higher",
    " or above",
    " or later",
    " or newer",
    " or greater",
    " and above",
    " and up",
    " and higher",
];

/// What may stand between two versions, and whether years may be counted like that ("3 a 5 años").
const BETWEEN: &[(&str, bool)] = &[
    (", ", false),
    (",", false),
    ("/", true),
    (" / ", true),
    (" o ", true),
    (" or ", true),
    (" ou ", true),
    (" y ", false),
    (" and ", false),
    (" e ", false),
    ("-", true),
    (" - ", true),
    (" – ", true),
    ("–", true),
    (" a ", true),
    (" to ", true),
];

/// The version behind a mention that ends at `pos`. `next` is where the next mention starts, `enumerator` the
/// last number of an enumeration before.
pub(super) fn behind(text: &str, pos: usize, next: usize, enumerator: u32) -> Option<Version> {
    let bytes = text.as_bytes();
    let mut at = spaces(bytes, pos);
    let open = bytes.get(at) == Some(&b'(');
    if open {
        at = spaces(bytes, at + 1);
    }
    // Most mentions end here.
    if !matches!(bytes.get(at), Some(b'0'..=b'9' | b'v' | b'V' | b'>' | 0xE2)) {
        return None;
    }
    let (start, digits) = marker(text, at);
    let marked = digits > at;
    let first = number(bytes, digits)?;
    if !plausible(&first, marked) || is_enumerator(bytes, &first, open, enumerator) {
        return None;
    }
    // "(5+)" may as well be years.
    let mut certain =
        marked || first.marked && !(open && bytes[first.end - 1] == b'+' && !bytes[digits..first.end].contains(&b'.'));
    let mut end = list(text, &first)?;
    if let Some(more) = OR_HIGHER.iter().find(|more| starts_with(text, end, more)) {
        end += more.len();
        certain = true;
    }
    if counts_time(text, end) || !certain && (open || !may_follow(text, end, next)) {
        return None;
    }
    let resume = if open && bytes.get(end) == Some(&b')') { end + 1 } else { end };
    Some(Version { start, end, resume })
}

fn spaces(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at) == Some(&b' ') {
        at += 1;
    }
    at
}

fn starts_with(text: &str, at: usize, what: &str) -> bool {
    let ends = !text.as_bytes().get(at + what.len()).is_some_and(u8::is_ascii_alphanumeric);
    ends && text.get(at..at + what.len()).is_some_and(|part| part.eq_ignore_ascii_case(what))
}

/// Passes `v`, `versión` or `>=`: where the version starts and where its digits do.
fn marker(text: &str, at: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    match bytes.get(at) {
        Some(b'>') => {
            let equal = usize::from(bytes.get(at + 1) == Some(&b'='));
            (at, spaces(bytes, at + 1 + equal))
        }
        Some(0xE2) if text.get(at..).is_some_and(|rest| rest.starts_with('≥')) => {
            (at, spaces(bytes, at + '≥'.len_utf8()))
        }
        Some(b'v' | b'V') => {
            let (end, kind) = word_at(text, at);
            let long = kind == Kind::Version;
            let short = at + 1 == end || text.get(at..end).is_some_and(|w| w.eq_ignore_ascii_case("ver"));
            let digits =
                if long || short { spaces(bytes, end + usize::from(bytes.get(end) == Some(&b'.'))) } else { at + 1 };
            (digits, digits)
        }
        _ => (at, at),
    }
}

fn number(bytes: &[u8], at: usize) -> Option<Number> {
    let is_digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let mut end = at;
    let mut value = 0;
    while is_digit(end) && end - at < 5 {
        value = value * 10 + u32::from(bytes[end] - b'0');
        end += 1;
    }
    if end == at || end - at > 4 {
        return None;
    }
    let mut marked = false;
    let mut groups = 0;
    while bytes.get(end) == Some(&b'.') {
        let group = bytes[end + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        let any = matches!(bytes.get(end + 1), Some(b'x' | b'X'));
        if group == 0 && !any {
            break;
        }
        groups += 1;
        // "2.500" is an amount, "12.05.2024" a day.
        if group > 3 || group == 3 && groups == 1 {
            return None;
        }
        end += 1 + group.max(1);
        marked = true;
    }
    // "11g", "19c", "2012 R2".
    if !marked && matches!(bytes.get(end), Some(b'c' | b'g' | b'i' | b'x')) && value < 100 {
        end += 1;
        marked = true;
    }
    if bytes.get(end) == Some(&b'+') && bytes.get(end + 1) != Some(&b'+') {
        end += 1;
        marked = true;
    }
    let stops = !bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric() || !b.is_ascii() && *b == 0xC2 || *b == b'%');
    let phone = bytes.get(end) == Some(&b'-') && is_digit(end + 1) && is_digit(end + 3);
    (stops && !phone).then_some(Number { end, value, marked })
}

fn plausible(number: &Number, marked: bool) -> bool {
    let certain = marked || number.marked;
    matches!(number.value, 1..=30 | 1995..=2035) || certain && number.value < 100
}

/// `1. Java 2. SQL` and `1) Java 2) SQL`.
fn is_enumerator(bytes: &[u8], number: &Number, open: bool, enumerator: u32) -> bool {
    match bytes.get(number.end) {
        Some(b')') => !open && enumerator > 0 && number.value == enumerator + 1,
        Some(b'.') => !number.marked && enumerator > 0 && number.value == enumerator + 1,
        _ => false,
    }
}

/// The end of the list that a version starts; none when the numbers turn out to count years.
fn list(text: &str, first: &Number) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut end = first.end;
    'more: loop {
        for (between, counts) in BETWEEN {
            let Some(at) = text.get(end..).and_then(|rest| rest.strip_prefix(between)).map(|_| end + between.len())
            else {
                continue;
            };
            let digits = at + usize::from(bytes.get(at) == Some(&b'v'));
            let Some(next) = number(bytes, digits) else {
                continue;
            };
            if counts_time(text, next.end) {
                return (!counts).then_some(end);
            }
            if plausible(&next, digits > at) && (next.marked || may_follow(text, next.end, usize::MAX)) {
                end = next.end;
                continue 'more;
            }
        }
        return Some(end);
    }
}

/// Whether years, months or other things that are counted follow.
fn counts_time(text: &str, end: usize) -> bool {
    let bytes = text.as_bytes();
    let mut at = spaces(bytes, end);
    if bytes.get(at) == Some(&b'+') {
        at = spaces(bytes, at + 1);
    }
    // "3 (tres) años"
    if bytes.get(at) == Some(&b'(') {
        let (word_end, kind) = word_at(text, at + 1);
        if matches!(kind, Kind::Number(_)) && bytes.get(word_end) == Some(&b')') {
            return true;
        }
    }
    matches!(word_at(text, at).1, Kind::Year | Kind::Month | Kind::Counted)
}

/// Whether what follows lets a bare number be a version: not "Python 10 vacantes".
fn may_follow(text: &str, end: usize, next: usize) -> bool {
    let bytes = text.as_bytes();
    let at = spaces(bytes, end);
    if at >= next {
        return true;
    }
    match bytes.get(at) {
        Some(b'%' | b'$' | b'+' | b'@' | b'#' | b'0'..=b'9') => false,
        Some(b) if !b.is_ascii() || b.is_ascii_alphabetic() => {
            let (word_end, kind) = word_at(text, at);
            let other = matches!(kind, Kind::Other | Kind::A | Kind::More | Kind::Number(_) | Kind::Unlike);
            // A column of a table: "4 Preferred".
            let column = matches!(kind, Kind::Need(_) | Kind::Wish(_)) && bytes[at].is_ascii_uppercase();
            word_end == at || !other && !column
        }
        // "8:30", "1/10/25/40GBASE"
        Some(b':' | b'/' | b'-') => !bytes.get(at + 1).is_some_and(u8::is_ascii_digit),
        _ => true,
    }
}
