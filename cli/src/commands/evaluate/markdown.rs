//! The tables as Markdown, without a date: the same measurements give the same text.

use std::{fs, path::Path};

use super::{Results, tables, write as write_file};
use crate::{error::Result, words::Lang};

/// What stands before the tables of a document that has other text too.
pub(super) const START: &str = "<!-- evaluation: written by ./dev evaluate -->";
/// What stands behind them.
pub(super) const END: &str = "<!-- /evaluation -->";

/// Writes the tables to a file: between its markers where it has them, else alone.
pub(super) fn write(path: &Path, results: &Results) -> Result<()> {
    let tables = render(results);
    let old = fs::read_to_string(path).unwrap_or_default();
    write_file(path, &between(&old, &tables).unwrap_or(tables))
}

fn between(old: &str, tables: &str) -> Option<String> {
    let start = old.find(START)? + START.len();
    let end = start + old[start..].find(END)?;
    Some(format!("{}\n\n{tables}\n{}", &old[..start], &old[end..]))
}

/// Documents are in English.
fn render(results: &Results) -> String {
    let mut text = format!("{}\n", tables::head(Lang::En, results));
    for block in tables::blocks(Lang::En, results) {
        text.push_str(&format!("\n### {}\n\n", block.title));
        let headings: Vec<&str> = block.headings.iter().map(|h| h.trim_start_matches('>')).collect();
        text.push_str(&line(&headings));
        let rules: Vec<&str> = block.headings.iter().map(|h| if h.starts_with('>') { "---:" } else { "---" }).collect();
        text.push_str(&line(&rules));
        for row in &block.rows {
            text.push_str(&line(&row.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>()));
        }
    }
    text
}

fn line<S: AsRef<str>>(cells: &[S]) -> String {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    format!("| {} |\n", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_around_the_markers_stays() {
        let old = format!("a\n{START}\nx\n{END}\nb");
        assert_eq!(between(&old, "T\n").unwrap(), format!("a\n{START}\n\nT\n\n{END}\nb"));
        let new = between(&old, "T\n").unwrap();
        assert_eq!(between(&new, "T\n").unwrap(), new);
        assert_eq!(between("no markers", "T"), None);
    }
}
