//! schema.org `JobPosting` as JSON-LD.

use serde_json::json;

use crate::{catalogue::View, text::fold};

/// Adds the ad as a JSON-LD script.
pub fn write(out: &mut String, view: &View<'_>) {
    let (city, region) = view.ad.location.split_once(',').unwrap_or((&view.ad.location, ""));
    let mut posting = json!({
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": view.title,
        "description": view.markup(),
        "datePosted": view.posted.to_string(),
        "hiringOrganization": {"@type": "Organization", "name": view.company},
        "jobLocation": {"@type": "Place", "address": {
            "@type": "PostalAddress",
            "addressLocality": city.trim(),
            "addressRegion": region.trim(),
            "addressCountry": view.shelf.country,
        }},
        "directApply": true,
    });
    if let Some(kind) = employment_type(&view.ad.contract) {
        posting["employmentType"] = kind.into();
    }
    if fold(&view.ad.remote).contains(" remot") {
        posting["jobLocationType"] = "TELECOMMUTE".into();
    }
    out.push_str("<script type=\"application/ld+json\">\n");
    // `</script>` inside would end it.
    out.push_str(&posting.to_string().replace('<', "\\u003c"));
    out.push_str("\n</script>\n");
}

fn employment_type(contract: &str) -> Option<&'static str> {
    let words = fold(contract);
    let says = |list: &[&str]| list.iter().any(|word| words.contains(word));
    match () {
        () if says(&[" full time", " tiempo completo", " tempo integral", " temps plein"]) => Some("FULL_TIME"),
        () if says(&[" part time", " medio tiempo"]) => Some("PART_TIME"),
        () if says(&[" contract ", " contractor", " freelance", " prestacion"]) => Some("CONTRACTOR"),
        () if says(&[" beca", " aprendizaje"]) => Some("INTERN"),
        () => None,
    }
}
