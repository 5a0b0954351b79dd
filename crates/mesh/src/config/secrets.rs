//! Secrets don't belong into logs.

use toml::{Table, Value};

const HIDDEN: &str = "***";

/// Hides passwords in URLs and values of keys that name a secret.
pub fn hide(mut table: Table) -> Table {
    for (key, value) in &mut table {
        hide_value(key, value);
    }
    table
}

fn hide_value(key: &str, value: &mut Value) {
    match value {
        Value::String(text) if text.is_empty() => {}
        Value::String(text) if names_a_secret(key) => *text = HIDDEN.to_string(),
        Value::String(text) => *text = hide_in_url(text),
        Value::Array(items) => items.iter_mut().for_each(|item| hide_value(key, item)),
        Value::Table(table) => table.iter_mut().for_each(|(key, value)| hide_value(key, value)),
        _ => {}
    }
}

fn names_a_secret(key: &str) -> bool {
    ["password", "secret", "token", "api_key"].iter().any(|name| key.ends_with(name))
}

/// `postgres://user:password@host` without the password; several URLs may be
/// separated by commas.
pub fn hide_in_url(text: &str) -> String {
    text.split(',').map(hide_in_one).collect::<Vec<_>>().join(",")
}

fn hide_in_one(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_string() };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:{HIDDEN}@{host}"),
            None => authority.to_string(),
        },
        None => authority.to_string(),
    };
    format!("{scheme}://{authority}{}", hide_in_query(path))
}

fn hide_in_query(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_string() };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, _)) if names_a_secret(key) => format!("{key}={HIDDEN}"),
        _ => pair.to_string(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}
