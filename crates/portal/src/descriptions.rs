//! Descriptions of this portal for a scraper: those of the three real portals, asked here instead.

/// File names and texts, in the format of `spiders/`, for a portal at `origin`.
pub fn descriptions(origin: &str) -> [(String, String); 3] {
    // The real portal has a host for each country, this one a folder.
    let listings = "\
[listing]
start = \"https://{cc}.computrabajo.com/{cc}/trabajo-de-{query|slug}\"
page = \"https://{cc}.computrabajo.com/{cc}/trabajo-de-{query|slug}?p={page}\"
start_all = \"https://{cc}.computrabajo.com/{cc}/ofertas-de-trabajo/\"
page_all = \"https://{cc}.computrabajo.com/{cc}/ofertas-de-trabajo/?p={page}\"
";
    [
        ("computrabajo", r#"["AR", "CO", "MX"]"#, listings),
        ("elempleo", r#"["CO"]"#, ""),
        ("bumeran", r#"["AR", "MX"]"#, ""),
    ]
    .map(|(base, countries, more)| {
        let text = format!(
            "name = \"demo-{base}\"\nextends = \"{base}\"\norigin = \"{origin}\"\nenabled = true\ncountries = {countries}\n\
             about = \"Invented ads on this machine, in the pages of {base}; for first steps and tests.\"\n{more}"
        );
        (format!("demo-{base}.toml"), text)
    })
}
