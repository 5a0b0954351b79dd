//! Compiled rules: where a value stands, and which of the candidates counts.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use scraper::Selector;

use super::file::{RuleFile, Rules, Take};
use super::pointer::Pointer;
use super::problem::Report;
use super::template::Template;

/// Where a value stands.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) css: Option<Selector>,
    pub(crate) attr: Option<String>,
    pub(crate) take: Take,
    /// The text that the matched element must have, before moving on from it.
    pub(crate) label: Option<Regex>,
    pub(crate) parent: bool,
    /// The following sibling to move to.
    pub(crate) next: Option<Selector>,
    pub(crate) json: Option<Pointer>,
    pub(crate) regex: Option<Regex>,
    pub(crate) keep: Option<Regex>,
    pub(crate) drop: Option<Regex>,
    pub(crate) nth: Option<i32>,
    pub(crate) join: Option<String>,
    pub(crate) map: BTreeMap<String, String>,
    pub(crate) seconds: bool,
    pub(crate) template: Option<Template>,
    /// Such as `css: h1.title @href`; what a reader is shown as the source.
    pub(crate) describe: String,
}

pub(super) fn compile_all(rules: &Rules, key: &str, report: &mut Report<'_>) -> Vec<Rule> {
    let many = rules.0.len() > 1;
    let numbered = |at: usize| if many { format!("{key}[{at}]") } else { key.to_owned() };
    rules.0.iter().enumerate().map(|(at, rule)| compile(rule, &numbered(at), report)).collect()
}

fn compile(file: &RuleFile, key: &str, report: &mut Report<'_>) -> Rule {
    let rule = Rule {
        css: file.css.as_deref().and_then(|text| selector(text, &format!("{key}.css"), report)),
        attr: file.attr.clone(),
        take: file.take,
        label: file.label.as_deref().and_then(|text| regex(text, &format!("{key}.label"), report)),
        parent: file.parent,
        next: file.next.as_deref().and_then(|text| selector(text, &format!("{key}.next"), report)),
        json: file.json.as_deref().and_then(|text| pointer(text, &format!("{key}.json"), report)),
        regex: file.regex.as_deref().and_then(|text| regex(text, &format!("{key}.regex"), report)),
        keep: file.keep.as_deref().and_then(|text| regex(text, &format!("{key}.where"), report)),
        drop: file.drop.as_deref().and_then(|text| regex(text, &format!("{key}.not"), report)),
        nth: file.nth,
        join: file.join.clone(),
        map: file.map.clone(),
        seconds: file.seconds,
        template: file.template.as_deref().and_then(|text| template(text, false, &format!("{key}.template"), report)),
        describe: describe(file),
    };
    if file.css.is_none() && file.json.is_none() && file.attr.is_none() && file.template.is_none() {
        report.add(key, "", "the rule says nowhere to look", "give it `css`, `json`, `attr` or `template`");
    }
    if file.nth == Some(0) {
        report.add(&format!("{key}.nth"), "nth", "there is no match 0", "count from 1, or from -1 backwards");
    }
    if file.nth.is_some() && file.join.is_some() {
        report.add(key, "nth", "`nth` picks one match and `join` takes all", "keep one of the two");
    }
    rule
}

fn describe(file: &RuleFile) -> String {
    let mut text = match (&file.css, &file.json) {
        (Some(css), _) => format!("css: {css}"),
        (None, Some(json)) => format!("json: {json}"),
        (None, None) => String::new(),
    };
    if let Some(attr) = &file.attr {
        text.push_str(&format!("{}@{attr}", if text.is_empty() { "" } else { " " }));
    }
    if let (Some(_), Some(json)) | (None, Some(json)) = (&file.css, &file.json)
        && !text.starts_with("json")
    {
        text.push_str(&format!(" json: {json}"));
    }
    for (name, value) in [("label", &file.label), ("next", &file.next), ("where", &file.keep), ("regex", &file.regex)] {
        if let Some(value) = value {
            text.push_str(&format!(" {name} `{value}`"));
        }
    }
    if text.is_empty() {
        text = format!("template: {}", file.template.as_deref().unwrap_or_default());
    }
    text
}

pub(super) fn selector(text: &str, key: &str, report: &mut Report<'_>) -> Option<Selector> {
    match Selector::parse(text) {
        Ok(selector) => Some(selector),
        Err(error) => {
            let remedy =
                "write a CSS selector, such as `h1.title` or `[data-id]`; text is matched by `label` or `where`";
            report.add(key, text, format!("`{text}` is no CSS selector: {error}"), remedy);
            None
        }
    }
}

pub(super) fn regex(text: &str, key: &str, report: &mut Report<'_>) -> Option<Regex> {
    // Portals write the same word in capitals and small letters.
    match RegexBuilder::new(text).case_insensitive(true).size_limit(1 << 20).build() {
        Ok(regex) => Some(regex),
        Err(error) => {
            let reason = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
            report.add(key, text, format!("`{text}` is no regular expression: {reason}"), "correct the expression");
            None
        }
    }
}

pub(super) fn pointer(text: &str, key: &str, report: &mut Report<'_>) -> Option<Pointer> {
    match Pointer::parse(text) {
        Ok(pointer) => Some(pointer),
        Err(reason) => {
            report.add(key, text, reason, "write it as RFC 6901 does, such as `/data/0/title`; `*` is every element");
            None
        }
    }
}

/// A template all of whose names stand for something. `{value}` is what a rule found.
pub(super) fn template(text: &str, json: bool, key: &str, report: &mut Report<'_>) -> Option<Template> {
    let template = match Template::parse(text, json) {
        Ok(template) => template,
        Err(reason) => {
            report.add(key, text, reason, "correct the placeholder");
            return None;
        }
    };
    let in_rule = key.ends_with(".template");
    let known = |name: &str| (in_rule && name == "value") || report.known.iter().any(|known| known == name);
    let unknown: Vec<String> = template.names().filter(|name| !known(name)).map(str::to_owned).collect();
    for name in unknown {
        let remedy = format!("use one of {}, or define it for every country", report.known.join(", "));
        report.add(key, text, format!("`{{{name}}}` stands for nothing"), remedy);
    }
    Some(template)
}
