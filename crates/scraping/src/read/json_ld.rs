//! schema.org's `JobPosting` in JSON-LD (<https://schema.org/JobPosting>).

use std::sync::LazyLock;

use scraper::{Html, Selector};
use serde_json::{Map, Value};
use url::Url;

use super::{dom, repair};
use crate::ad::{AdFields, Field, Found};
use crate::spider::text_of;

type Node = Map<String, Value>;

/// What a page says in JSON-LD of jobs.
#[derive(Debug, Default)]
pub(super) struct JsonLd {
    /// All job postings, in the order of the page.
    pub(super) postings: Vec<Node>,
    /// Addresses of an `ItemList`.
    pub(super) listed: Vec<String>,
}

/// Reads all blocks of a page.
pub(super) fn read(page: &Html) -> JsonLd {
    static SCRIPTS: LazyLock<Option<Selector>> =
        LazyLock::new(|| Selector::parse(r#"script[type*="ld+json" i], script[type*="ld json" i]"#).ok());
    let mut found = JsonLd::default();
    for script in SCRIPTS.as_ref().into_iter().flat_map(|scripts| page.select(scripts)) {
        if let Some(value) = repair::parse(&dom::raw_text(script)) {
            gather(&value, &mut found, 0);
        }
    }
    found
}

/// Postings stand at the top, in arrays, in `@graph`, or inside other things such as a page's `mainEntity`.
fn gather(value: &Value, found: &mut JsonLd, depth: usize) {
    if depth > 32 {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, found, depth + 1)),
        Value::Object(node) if is_a(node, "JobPosting") => found.postings.push(node.clone()),
        Value::Object(node) => {
            if is_a(node, "ListItem") {
                let url = node.get("url").or_else(|| node.get("item")?.get("url")).or_else(|| node.get("item"));
                found.listed.extend(url.and_then(Value::as_str).map(str::to_owned));
            }
            node.values().filter(|v| v.is_object() || v.is_array()).for_each(|v| gather(v, found, depth + 1));
        }
        _ => {}
    }
}

fn is_a(node: &Node, kind: &str) -> bool {
    let is = |v: &Value| v.as_str().is_some_and(|name| name.rsplit(['/', '#', ':']).next() == Some(kind));
    match node.get("@type") {
        Some(Value::Array(types)) => types.iter().any(is),
        Some(one) => is(one),
        None => false,
    }
}

impl JsonLd {
    /// The posting that the page is about: the one with its address, else the first that has a description.
    pub(super) fn main(&self, page: &Url) -> Option<&Node> {
        let about = |node: &&Node| {
            let url = node.get("url").and_then(Value::as_str).and_then(|url| page.join(url).ok());
            url.is_some_and(|url| super::address::same_path(&url, page) && url.path() != "/")
        };
        let described = |node: &&Node| node.get("description").and_then(Value::as_str).is_some_and(|d| !d.is_empty());
        let mut postings = self.postings.iter();
        postings.clone().find(about).or_else(|| postings.find(described)).or(self.postings.first())
    }
}

/// The path of a field in a posting; what is shown as its source, and as tried where it is missing.
pub(super) fn path(field: Field) -> &'static str {
    match field {
        Field::Title => "json-ld: $.title",
        Field::Company => "json-ld: $.hiringOrganization.name",
        Field::Location => "json-ld: $.jobLocation",
        Field::Description => "json-ld: $.description",
        Field::Requirements => "json-ld: $.qualifications",
        Field::Salary => "json-ld: $.baseSalary",
        Field::Contract => "json-ld: $.employmentType",
        Field::Remote => "json-ld: $.jobLocationType",
        Field::PostedDate => "json-ld: $.datePosted",
        Field::ValidThrough => "json-ld: $.validThrough",
        Field::Skills => "json-ld: $.skills",
    }
}

/// The fields of a posting.
pub(super) fn fields(posting: &Node) -> AdFields {
    let mut fields = AdFields::new();
    for field in Field::ALL {
        let text = match field {
            Field::Title => line(posting.get("title").or_else(|| posting.get("name"))),
            Field::Company => company(posting),
            Field::Location => location(posting),
            Field::Description => posting.get("description").and_then(html),
            Field::Requirements => requirements(posting),
            Field::Salary => salary(posting),
            Field::Contract => list(posting.get("employmentType"), ", "),
            Field::Remote => remote(posting),
            Field::PostedDate => line(posting.get("datePosted")),
            Field::ValidThrough => line(posting.get("validThrough")),
            Field::Skills => skills(posting),
        };
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            fields.insert(field, Found { text, source: path(field).to_owned() });
        }
    }
    fields
}

/// One line of text: a string or number, a thing's name, or the first of a list.
fn line(value: Option<&Value>) -> Option<String> {
    let value = value?;
    let text = match value {
        Value::Array(items) => return items.iter().find_map(|item| line(Some(item))),
        Value::Object(node) => return line(node.get("name").or_else(|| node.get("@value"))),
        other => text_of(other)?,
    };
    let text = dom::collapse(&repair::unescape(&text));
    (!text.is_empty() && !text.eq_ignore_ascii_case("null") && !text.eq_ignore_ascii_case("undefined")).then_some(text)
}

/// All of a list, each once.
fn list(value: Option<&Value>, joint: &str) -> Option<String> {
    let mut texts: Vec<String> = Vec::new();
    let items = match value? {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    for text in items.iter().filter_map(|item| line(Some(item))) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    (!texts.is_empty()).then(|| texts.join(joint))
}

/// HTML. Many portals escape it once more than the standard asks for, some twice.
fn html(value: &Value) -> Option<String> {
    let mut text = match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"),
        other => text_of(other)?.into_owned(),
    };
    for _ in 0..2 {
        if !text.contains("&lt;") || text.contains("</") || text.contains("<br") {
            break;
        }
        text = repair::unescape(&text);
    }
    let text = text.trim();
    dom::has_text(text).then(|| text.to_owned())
}

fn company(posting: &Node) -> Option<String> {
    let company = line(posting.get("hiringOrganization"))?;
    // Some portals write the address of the company where its name belongs.
    (!company.starts_with("http")).then_some(company)
}

fn location(posting: &Node) -> Option<String> {
    let places = match posting.get("jobLocation") {
        Some(Value::Array(places)) => places.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let mut texts: Vec<String> = Vec::new();
    for text in places.iter().filter_map(place) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    if texts.is_empty() { list(posting.get("applicantLocationRequirements"), "; ") } else { Some(texts.join("; ")) }
}

/// Town and region; the country where there is neither.
fn place(value: &Value) -> Option<String> {
    let Value::Object(node) = value else { return line(Some(value)) };
    let address = match node.get("address") {
        Some(Value::Array(addresses)) => addresses.first(),
        other => other,
    };
    let Some(Value::Object(address)) = address else {
        return line(address).or_else(|| line(node.get("name")));
    };
    let mut text = String::new();
    for part in ["addressLocality", "addressRegion"] {
        let Some(part) = line(address.get(part)) else { continue };
        if text.split(", ").any(|known| known.eq_ignore_ascii_case(&part)) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(&part);
    }
    if text.is_empty() { line(address.get("addressCountry")).or_else(|| line(node.get("name"))) } else { Some(text) }
}

/// Such as `MXN 20000–25000 MONTH`.
fn salary(posting: &Node) -> Option<String> {
    let salary = posting.get("baseSalary").or_else(|| posting.get("estimatedSalary"))?;
    let salary = if let Value::Array(salaries) = salary { salaries.first()? } else { salary };
    let currency = line(posting.get("salaryCurrency"));
    let Value::Object(node) = salary else {
        let text = line(Some(salary)).filter(|text| text != "0")?;
        let number = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        return Some(if number { format!("{} {text}", currency.unwrap_or_default()).trim().to_owned() } else { text });
    };
    let value = match node.get("value") {
        Some(Value::Object(value)) => value,
        Some(Value::Array(values)) => values.first()?.as_object()?,
        _ => node,
    };
    let (low, high) = (amount(value.get("minValue")), amount(value.get("maxValue")));
    let one = amount(value.get("value")).or_else(|| amount(node.get("value")));
    let amount = match (low, high, one) {
        (Some(low), Some(high), _) if low != high => format!("{low}–{high}"),
        (Some(low), Some(_), _) => low,
        (Some(low), None, _) => format!("{low}+"),
        (None, Some(high), _) => format!("–{high}"),
        (None, None, Some(one)) => one,
        (None, None, None) => return None,
    };
    let currency = line(node.get("currency")).or_else(|| line(value.get("currency"))).or(currency);
    let unit = line(value.get("unitText")).or_else(|| line(node.get("unitText")));
    let parts = [currency, Some(amount), unit];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// A number without needless decimals; none for zero, by which portals mean that they don't say.
fn amount(value: Option<&Value>) -> Option<String> {
    let text = text_of(value?)?;
    let text = dom::collapse(&text);
    match text.parse::<f64>() {
        Ok(number) if number == 0.0 || !number.is_finite() => None,
        Ok(number) if number.fract() == 0.0 => Some(format!("{number:.0}")),
        Ok(_) => Some(text),
        Err(_) => Some(text).filter(|text| text.bytes().any(|b| b.is_ascii_digit())),
    }
}

fn remote(posting: &Node) -> Option<String> {
    let kind = list(posting.get("jobLocationType"), ", ")?;
    Some(if kind.to_ascii_uppercase().contains("TELECOMMUTE") { "Remote".to_owned() } else { kind })
}

fn requirements(posting: &Node) -> Option<String> {
    let parts = [
        posting.get("qualifications").and_then(|v| html(v).or_else(|| described(v))),
        posting.get("experienceRequirements").and_then(experience),
        posting.get("educationRequirements").and_then(|v| html(v).or_else(|| described(v))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("<br>\n"))
}

fn experience(value: &Value) -> Option<String> {
    let months = value.get("monthsOfExperience").and_then(text_of);
    let described = html(value).or_else(|| described(value));
    described.or_else(|| months.map(|months| format!("{months} months of experience")))
}

/// What a credential or a term says.
fn described(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().filter_map(described).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        }
        Value::Object(node) => {
            let keys = ["credentialCategory", "description", "name", "competencyRequired"];
            keys.iter().find_map(|key| line(node.get(*key)))
        }
        other => line(Some(other)),
    }
}

/// One a line. A text is taken apart where it plainly is a list.
fn skills(posting: &Node) -> Option<String> {
    let skills = posting.get("skills")?;
    let Value::String(text) = skills else { return list(Some(skills), "\n") };
    let text = repair::unescape(text);
    let mut parts: Vec<String> = Vec::new();
    for part in text.split(['\n', ';', ',', '•', '|']).map(dom::collapse) {
        if !part.is_empty() && !parts.contains(&part) {
            parts.push(part);
        }
    }
    // Long parts are sentences, which aren't taken apart.
    if parts.iter().any(|part| part.chars().count() > 60) {
        return Some(dom::collapse(&text)).filter(|text| !text.is_empty());
    }
    (!parts.is_empty()).then(|| parts.join("\n"))
}

#[cfg(test)]
#[path = "json_ld_tests.rs"]
mod tests;
