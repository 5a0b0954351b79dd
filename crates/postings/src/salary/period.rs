//! What a salary is paid for.

use super::{BONUSES, Period, lex::Token};

/// The period that a word means by itself, and how often it is in the word's own: two half
/// months are a month.
fn adjective(word: &str) -> Option<(Period, f64)> {
    Some(match word {
        "hourly" => (Period::Hour, 1.0),
        "diario" | "diarios" | "diaria" | "diarias" | "daily" | "jornal" | "diariamente" => (Period::Day, 1.0),
        "semanal" | "semanales" | "semanalmente" | "weekly" | "semanais" => (Period::Week, 1.0),
        "catorcenal" | "catorcenales" | "biweekly" | "fortnightly" => (Period::Week, 0.5),
        "quincenal" | "quincenales" | "quincena" | "quincenalmente" | "quinzenal" | "semimonthly" => {
            (Period::Month, 2.0)
        }
        "mensual" | "mensuales" | "mensualmente" | "mensualidad" | "monthly" | "mensal" | "mensais" | "mensalmente" => {
            (Period::Month, 1.0)
        }
        "anual" | "anuales" | "anualmente" | "yearly" | "annual" | "annually" | "annum" | "annualized" | "anuais" => {
            (Period::Year, 1.0)
        }
        _ => return None,
    })
}

/// The period that a word means behind "por", "/" or an amount.
fn noun(word: &str) -> Option<Period> {
    Some(match word {
        "hora" | "hour" | "hours" | "hr" | "hrs" | "hs" | "h" => Period::Hour,
        "dia" | "day" => Period::Day,
        "semana" | "week" | "wk" => Period::Week,
        "mes" | "month" | "mo" => Period::Month,
        "ano" | "year" | "yr" => Period::Year,
        _ => return None,
    })
}

/// Whether a token is the name of a period.
pub fn is_word(token: &Token) -> bool {
    adjective(token.text()).is_some() || noun(token.text()).is_some()
}

/// The period of an amount whose first number is at `first` and last at `last`, and by what to
/// multiply: what stands behind it in its sentence counts first.
pub fn of(tokens: &[Token], first: usize, last: usize) -> (Period, f64) {
    let ends = |at: &usize| {
        let initial = at.checked_sub(1).is_some_and(|before| tokens[before].text().len() == 1);
        tokens[*at].is_sign(&[';', '!', '?']) || (tokens[*at].is_sign(&['.']) && !initial)
    };
    let start = (0..first).rev().find(ends).map_or(0, |at| at + 1);
    let end = (last..tokens.len()).find(ends).unwrap_or(tokens.len());
    let find = |from: usize, to: usize| (from..to).find_map(|at| period(&tokens[start..to], at - start, last - start));
    find(first, end).or_else(|| find(start, first)).unwrap_or((Period::Unknown, 1.0))
}

fn period(tokens: &[Token], at: usize, last: usize) -> Option<(Period, f64)> {
    let word = tokens[at].text();
    if tokens.get(at + 1).is_some_and(|next| next.is_word(BONUSES)) {
        return None;
    }
    let introduced = at.checked_sub(1).is_some_and(|before| before == last || introduces(&tokens[before]));
    adjective(word).or_else(|| noun(word).filter(|_| introduced).map(|period| (period, 1.0)))
}

fn introduces(token: &Token) -> bool {
    match token {
        Token::Currency(_) => true,
        Token::Sign(_) => token.is_sign(&['/', '-', '(', ')', '|']),
        Token::Word(_) => token.is_word(&["por", "per", "al", "a", "an", "la", "el", "cada", "x", "p"]),
        Token::Number(_) | Token::Noise => false,
    }
}
