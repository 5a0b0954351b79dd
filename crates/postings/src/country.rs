//! The country that a location names: an ISO 3166-1 alpha-2 code.
//!
//! Places are looked up from the outermost part inwards, as addresses name
//! them: "Valencia, Valencian Community, Spain". Cities that several countries
//! have are listed only where one is by far the most likely in job ads.

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    fold,
    places::{COUNTRIES, PLACES, US_STATES},
};

/// The code of an unknown country.
pub const UNKNOWN: &str = "ZZ";

static COUNTRY_NAMES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| by_name(COUNTRIES));
static PLACE_NAMES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| by_name(PLACES));

fn by_name(table: &[(&'static str, &'static str)]) -> HashMap<&'static str, &'static str> {
    table.iter().flat_map(|(code, names)| names.split(", ").map(move |name| (name, *code))).collect()
}

/// The country that a location lies in; [`UNKNOWN`] where it doesn't tell.
pub fn country_of(location: &str) -> &'static str {
    let parts: Vec<String> = location
        .split([',', ';', '/', '|', '(', ')', '\n', '–', '—', '·'])
        .flat_map(|part| part.split(" - "))
        .map(plain)
        .filter(|part| !part.is_empty())
        .collect();
    let outermost_first = || parts.iter().rev().map(String::as_str);
    None.or_else(|| outermost_first().find_map(|part| COUNTRY_NAMES.get(part)))
        .or_else(|| outermost_first().find_map(|part| PLACE_NAMES.get(part)))
        .or_else(|| outermost_first().find_map(|part| words_in(part, &COUNTRY_NAMES)))
        .or_else(|| outermost_first().find_map(|part| words_in(part, &PLACE_NAMES)))
        .copied()
        .or_else(|| code(&parts))
        .unwrap_or(UNKNOWN)
}

/// Folded, without full stops ("D.C." is "dc"), single spaces.
fn plain(part: &str) -> String {
    let folded = fold(part).replace('.', "");
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The longest name inside a part, such as "mexico" in "remote from mexico".
fn words_in<'a>(part: &str, names: &'a HashMap<&str, &str>) -> Option<&'a &'a str> {
    let words: Vec<_> = part.split([' ', '-']).collect();
    let longest = words.len().min(4);
    let runs = (1..=longest).rev().flat_map(|length| words.windows(length).rev());
    // Two letters mean too many things inside a sentence.
    runs.map(|run| run.join(" ")).filter(|name| name.len() > 2).find_map(|name| names.get(name.as_str()))
}

/// Codes: "US" alone, or a state of the United States behind a city.
fn code(parts: &[String]) -> Option<&'static str> {
    let last = parts.last().filter(|last| last.len() == 2)?;
    if parts.len() > 1 && US_STATES.split(' ').any(|state| state == last) {
        return Some("US");
    }
    COUNTRIES.iter().map(|(code, _)| *code).find(|code| code.eq_ignore_ascii_case(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_tell_their_country() {
        let cases = [
            ("Valencia, Valencian Community, Spain", "ES"),
            ("Valencia, Carabobo", "VE"),
            ("Bogotá, D.C.", "CO"),
            ("Bogotá D.C., Capital District, Colombia", "CO"),
            ("Medellín", "CO"),
            ("Hurlingham, Buenos Aires", "AR"),
            ("Capital Federal, Buenos Aires", "AR"),
            ("Córdoba, Argentina", "AR"),
            ("Ciudad de México", "MX"),
            ("CDMX", "MX"),
            ("Torreon Metropolitan Area", "MX"),
            ("Monterrey, Nuevo León", "MX"),
            ("Albuquerque, New Mexico", "US"),
            ("Greater São Paulo Area", "BR"),
            ("São Paulo, SP", "BR"),
            ("Brasil", "BR"),
            ("US", "US"),
            ("Austin, TX", "US"),
            ("Denver, CO", "US"),
            ("Bogotá, CO", "CO"),
            ("CO", "CO"),
            ("Remoto (Colombia)", "CO"),
            ("Remote - Mexico", "MX"),
            ("Trabajo remoto desde el Perú", "PE"),
            ("Lima, Perú", "PE"),
            ("Santiago, Región Metropolitana", "CL"),
            ("Greater La Coruña Area", "ES"),
            ("EE.UU.", "US"),
            ("República Dominicana", "DO"),
            ("Santo Domingo", "DO"),
            ("Remote", "ZZ"),
            ("Valencia", "ZZ"),
            ("", "ZZ"),
            (", ,", "ZZ"),
        ];
        for (location, expected) in cases {
            assert_eq!(country_of(location), expected, "{location}");
        }
    }

    #[test]
    fn names_in_the_tables_are_folded_and_belong_to_one_country() {
        for table in [COUNTRIES, PLACES] {
            let mut seen = HashMap::new();
            for (code, names) in table {
                for name in names.split(", ") {
                    assert_eq!(plain(name), name, "{code}");
                    assert_eq!(seen.insert(name, code), None, "{name} is listed twice");
                }
            }
        }
    }
}
