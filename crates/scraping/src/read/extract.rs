//! Takes a value from where a rule says it stands.

use chrono::DateTime;
use scraper::ElementRef;
use serde_json::Value;

use super::dom;
use crate::ad::{Field, Found};
use crate::request::Search;
use crate::spider::{Compiled, Rule, Take};

/// Where a rule looks.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    /// An element and those within it.
    Element(ElementRef<'a>),
    /// A JSON value, and its own path in the answer.
    Json(&'a Value, &'a str),
}

/// What form a value takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One line.
    Line,
    /// HTML, or text with its line breaks.
    Html,
    /// One line per match.
    Lines,
}

/// What rules need beside the page.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) spider: &'a Compiled,
    pub(super) search: &'a Search,
}

pub(super) fn shape_of(field: Field) -> Shape {
    match field {
        Field::Description | Field::Requirements => Shape::Html,
        Field::Skills => Shape::Lines,
        _ => Shape::Line,
    }
}

/// What the first rule finds that finds anything.
pub(super) fn first(rules: &[Rule], scope: Scope<'_>, shape: Shape, context: Context<'_>) -> Option<Found> {
    rules.iter().find_map(|rule| find(rule, scope, shape, context))
}

fn find(rule: &Rule, scope: Scope<'_>, shape: Shape, context: Context<'_>) -> Option<Found> {
    let all = rule.join.is_some() || rule.nth.is_some() || shape == Shape::Lines;
    let mut found: Vec<(String, String)> = Vec::new();
    let mut keep = |raw: String, source: String| {
        if let Some(text) = accept(rule, raw, shape) {
            found.push((text, source));
        }
        all || found.is_empty()
    };
    match scope {
        Scope::Element(element) => from_element(rule, element, shape, &mut keep),
        Scope::Json(value, path) => match &rule.json {
            Some(pointer) if rule.css.is_none() => {
                for (at, text) in pointer.texts(value) {
                    if !keep(text.into_owned(), format!("json: {path}{at}")) {
                        break;
                    }
                }
            }
            None if rule.css.is_none() && rule.template.is_some() => {
                found.push((String::new(), rule.describe.clone()));
            }
            _ => {}
        },
    }
    let (mut text, source) = choose(rule, found, shape)?;
    if let Some(template) = &rule.template {
        let json = if let Scope::Json(value, _) = scope { Some(value) } else { None };
        let value_of = |name: &str| match name {
            "value" => Some(text.clone()),
            other => context.spider.value(other, context.search, 1),
        };
        text = template.render(&value_of, json)?.trim().to_owned();
    }
    if text.is_empty() { None } else { Some(Found { text, source }) }
}

fn from_element(rule: &Rule, element: ElementRef<'_>, shape: Shape, keep: &mut dyn FnMut(String, String) -> bool) {
    let Some(css) = &rule.css else {
        if (rule.attr.is_some() || rule.json.is_none()) && fits(rule, element) {
            take(rule, element, shape, keep);
        }
        return;
    };
    for matched in element.select(css) {
        if !fits(rule, matched) {
            continue;
        }
        let mut at = matched;
        if rule.parent {
            match at.parent().and_then(ElementRef::wrap) {
                Some(parent) => at = parent,
                None => continue,
            }
        }
        if let Some(next) = &rule.next {
            let mut siblings = at.next_siblings().filter_map(ElementRef::wrap);
            match siblings.find(|sibling| next.matches(sibling)) {
                Some(sibling) => at = sibling,
                None => continue,
            }
        }
        if !take(rule, at, shape, keep) {
            return;
        }
    }
}

fn fits(rule: &Rule, element: ElementRef<'_>) -> bool {
    rule.label.as_ref().is_none_or(|label| label.is_match(&dom::text(element)))
}

fn take(rule: &Rule, element: ElementRef<'_>, shape: Shape, keep: &mut dyn FnMut(String, String) -> bool) -> bool {
    let source = || rule.describe.clone();
    let raw = match (&rule.attr, &rule.json) {
        (Some(attr), _) => element.attr(attr).map(str::to_owned),
        (None, Some(_)) => Some(dom::raw_text(element)),
        (None, None) => Some(match rule.take {
            Take::Html => dom::inner_html(element),
            Take::Default if shape == Shape::Html => dom::inner_html(element),
            Take::OwnText => dom::own_text(element),
            Take::Text | Take::Default => dom::text(element),
        }),
    };
    let Some(raw) = raw else { return true };
    let Some(pointer) = &rule.json else { return keep(raw, source()) };
    let Some(value) = super::repair::parse(&raw) else { return true };
    pointer.texts(&value).into_iter().all(|(_, text)| keep(text.into_owned(), source()))
}

/// The value in its form, if the rule's conditions hold.
fn accept(rule: &Rule, raw: String, shape: Shape) -> Option<String> {
    let mut text = match shape {
        Shape::Html => raw.trim().to_owned(),
        Shape::Line | Shape::Lines => dom::collapse(&raw),
    };
    if rule.keep.as_ref().is_some_and(|keep| !keep.is_match(&text)) {
        return None;
    }
    if rule.drop.as_ref().is_some_and(|drop| drop.is_match(&text)) {
        return None;
    }
    if let Some(regex) = &rule.regex {
        let found = regex.captures(&text)?;
        text = found.get(1).or_else(|| found.get(0))?.as_str().trim().to_owned();
    }
    if let Some(known) = rule.map.get(&text) {
        text.clone_from(known);
    }
    if rule.seconds {
        let seconds = text.parse::<f64>().ok().filter(|seconds| seconds.is_finite())?;
        #[allow(clippy::cast_possible_truncation, reason = "a day is all that is kept")]
        let time = DateTime::from_timestamp(seconds as i64, 0)?;
        text = time.date_naive().to_string();
    }
    let says_something = if shape == Shape::Html { dom::has_text(&text) } else { !text.is_empty() };
    says_something.then_some(text)
}

fn choose(rule: &Rule, found: Vec<(String, String)>, shape: Shape) -> Option<(String, String)> {
    if let Some(nth) = rule.nth {
        let at = if nth > 0 {
            usize::try_from(nth - 1).ok()?
        } else {
            found.len().checked_sub(usize::try_from(nth.unsigned_abs()).ok()?)?
        };
        return found.into_iter().nth(at);
    }
    let joint = match (&rule.join, shape) {
        (Some(joint), _) => joint.as_str(),
        (None, Shape::Lines) => "\n",
        (None, _) => return found.into_iter().next(),
    };
    let source = found.first()?.1.clone();
    let mut texts: Vec<String> = Vec::new();
    for (text, _) in found {
        if shape == Shape::Html || !texts.contains(&text) {
            texts.push(text);
        }
        // A page may repeat a mark without end; no field needs more.
        if texts.len() == 1_000 {
            break;
        }
    }
    Some((texts.join(joint), source))
}
