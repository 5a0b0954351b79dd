//! Currencies: how texts name them, and what is paid in where.

use super::lex::Token;

/// What a text says of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Currency {
    /// ISO 4217.
    Code(&'static str),
    /// A dollar sign alone: pesos in some countries, dollars in others.
    DollarSign,
    /// "pesos" of a country that isn't named.
    Pesos,
}

/// Codes, and names that mean one currency wherever they are said.
const NAMES: &[(&str, &[&str])] = &[
    ("ARS", &["ars", "argentinos"]),
    ("BOB", &["bob", "bolivianos"]),
    ("BRL", &["brl", "reais"]),
    ("CAD", &["cad", "canadienses"]),
    ("CLF", &["clf", "uf"]),
    ("CLP", &["clp", "chilenos"]),
    ("COP", &["cop", "colombianos"]),
    ("CRC", &["crc", "colones"]),
    ("DOP", &["dop", "dominicanos"]),
    ("EUR", &["eur", "euro", "euros"]),
    ("GBP", &["gbp"]),
    ("GTQ", &["gtq", "quetzales"]),
    ("HNL", &["hnl", "lempiras", "lps"]),
    ("MXN", &["mxn", "mxp", "mexicanos"]),
    ("NIO", &["nio", "cordobas"]),
    ("PAB", &["pab", "balboas"]),
    ("PEN", &["pen", "soles"]),
    ("PYG", &["pyg", "guaranies"]),
    ("USD", &["usd", "dolar", "dolares", "dollar", "dollars"]),
    ("UYU", &["uyu", "uruguayos"]),
    ("VES", &["ves", "bolivares"]),
];

/// Letters before a dollar sign.
const BEFORE_DOLLAR: &[(&str, &[&str])] = &[
    ("ARS", &["ar", "ars"]),
    ("BRL", &["r", "rs"]),
    ("CAD", &["ca", "cad"]),
    ("CLP", &["cl", "clp"]),
    ("COP", &["co", "col", "cop"]),
    ("DOP", &["rd"]),
    ("MXN", &["mx", "mxn", "mex"]),
    ("NIO", &["c"]),
    ("USD", &["u", "us", "usd"]),
    ("UYU", &["uy", "uyu"]),
];

/// Abbreviations that mean a currency in their country only.
const LOCAL_NAMES: &[(&str, &str, &str)] = &[
    ("BO", "bs", "BOB"),
    ("GT", "q", "GTQ"),
    ("HN", "l", "HNL"),
    ("PY", "gs", "PYG"),
    ("VE", "bs", "VES"),
    ("BR", "reales", "BRL"),
];

fn code(table: &[(&'static str, &[&str])], name: &str) -> Option<&'static str> {
    table.iter().find(|(_, names)| names.contains(&name)).map(|(code, _)| *code)
}

/// The currency that a folded word names.
pub fn name(word: &str, country: &str) -> Option<Currency> {
    if ["peso", "pesos"].contains(&word) {
        return Some(Currency::Pesos);
    }
    let local = LOCAL_NAMES.iter().find(|(place, name, _)| *place == country && *name == word);
    code(NAMES, word).or(local.map(|(_, _, code)| *code)).map(Currency::Code)
}

/// The currency sign that a folded text starts with, and its length: `$`, `us$`, `s/`.
/// `in_word` says that a letter stands before it.
pub fn symbol(text: &str, in_word: bool) -> Option<(Currency, usize)> {
    let c = text.chars().next()?;
    let sign = |code| Some((Currency::Code(code), c.len_utf8()));
    match c {
        '$' => return Some((Currency::DollarSign, 1)),
        '€' => return sign("EUR"),
        '£' => return sign("GBP"),
        '₡' => return sign("CRC"),
        '₲' => return sign("PYG"),
        _ if in_word || !c.is_ascii_lowercase() => return None,
        _ => (),
    }
    let letters = text.bytes().take_while(u8::is_ascii_lowercase).count();
    let (name, rest) = text.split_at(letters);
    if let Some(behind) = rest.strip_prefix('$') {
        let code = code(BEFORE_DOLLAR, name)?;
        // "u$s" and "u$d".
        let tail = name == "u" && behind.starts_with(['s', 'd']) && !behind[1..].starts_with(char::is_alphabetic);
        return Some((Currency::Code(code), letters + 1 + usize::from(tail)));
    }
    let amount = rest.strip_prefix('/')?.trim_start_matches(['.', ' ']);
    let code = match name {
        "s" => "PEN",
        "b" => "PAB",
        _ => return None,
    };
    // "s/ experiencia" means without.
    amount.starts_with(|c: char| c.is_ascii_digit()).then_some((Currency::Code(code), letters + 1))
}

/// The currency of a text, or else the country's. None where the text names several; None
/// inside where nothing tells.
pub fn of(tokens: &[Token], country: &str) -> Option<Option<&'static str>> {
    let named =
        || tokens.iter().filter_map(|token| if let Token::Currency(named) = token { Some(*named) } else { None });
    let mut codes = named().filter_map(|named| if let Currency::Code(code) = named { Some(code) } else { None });
    if let Some(code) = codes.next() {
        return codes.all(|other| other == code).then_some(Some(code));
    }
    let local = local(country);
    let pesos = ["AR", "CL", "CO", "CU", "DO", "MX", "UY"].contains(&country);
    if named().any(|named| named == Currency::Pesos) {
        return Some(local.filter(|_| pesos));
    }
    if named().next().is_some() {
        // Where prices have another sign, "$" means dollars; in Brazil it may be a short "R$".
        return Some(if pesos || matches!(country, "CA" | "US") {
            local
        } else {
            local.map(|_| "USD").filter(|_| country != "BR")
        });
    }
    Some(local)
}

/// The currency of a country.
fn local(country: &str) -> Option<&'static str> {
    Some(match country {
        "AR" => "ARS",
        "BO" => "BOB",
        "BR" => "BRL",
        "CA" => "CAD",
        "CH" => "CHF",
        "CL" => "CLP",
        "CO" => "COP",
        "CR" => "CRC",
        "CU" => "CUP",
        "DO" => "DOP",
        "AT" | "BE" | "DE" | "ES" | "FR" | "IE" | "IT" | "NL" | "PT" => "EUR",
        "GB" => "GBP",
        "GT" => "GTQ",
        "HN" => "HNL",
        "MX" => "MXN",
        "NI" => "NIO",
        "PE" => "PEN",
        "PY" => "PYG",
        "EC" | "PA" | "PR" | "SV" | "US" => "USD",
        "UY" => "UYU",
        "VE" => "VES",
        _ => return None,
    })
}
