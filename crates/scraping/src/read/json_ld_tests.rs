use super::*;

fn page(block: &str) -> Html {
    Html::parse_document(&format!("<html><head><script type=\"application/ld+json\">{block}</script></head></html>"))
}

fn read_fields(block: &str) -> AdFields {
    let found = read(&page(block));
    fields(found.main(&Url::parse("https://example.com/job/1").unwrap()).expect("a posting"))
}

fn text(fields: &AdFields, field: Field) -> &str {
    fields.get(&field).map_or("", |found| found.text.as_str())
}

#[test]
fn every_property_becomes_its_field() {
    let fields = read_fields(
        r#"{"@context":"https://schema.org","@graph":[{"@type":"WebPage","mainEntity":{
        "@type":["JobPosting"],"title":"Dev &amp; Ops","description":"&lt;p&gt;Hola &amp;amp; adi&oacute;s&lt;/p&gt;",
        "hiringOrganization":"ACME","jobLocation":[
          {"@type":"Place","address":{"addressLocality":"Lima","addressRegion":"Lima","addressCountry":"PE"}},
          {"address":{"addressLocality":"Quito","addressCountry":{"@type":"Country","name":"EC"}}}],
        "baseSalary":{"@type":"MonetaryAmount","currency":"MXN","value":{"minValue":20000,"maxValue":"25000.00","unitText":"MONTH"}},
        "employmentType":["FULL_TIME","CONTRACTOR"],"datePosted":"2026-11-03","validThrough":"2026-12-03T00:00",
        "jobLocationType":"TELECOMMUTE","skills":"Rust, Go; SQL",
        "qualifications":"Título","experienceRequirements":{"monthsOfExperience":36}}}]}"#,
    );
    assert_eq!(text(&fields, Field::Title), "Dev & Ops");
    assert_eq!(text(&fields, Field::Company), "ACME");
    assert_eq!(text(&fields, Field::Location), "Lima; Quito");
    assert_eq!(text(&fields, Field::Description), "<p>Hola &amp; adiós</p>");
    assert_eq!(text(&fields, Field::Salary), "MXN 20000–25000 MONTH");
    assert_eq!(text(&fields, Field::Contract), "FULL_TIME, CONTRACTOR");
    assert_eq!(text(&fields, Field::Remote), "Remote");
    assert_eq!(text(&fields, Field::Skills), "Rust\nGo\nSQL");
    assert_eq!(text(&fields, Field::Requirements), "Título<br>\n36 months of experience");
    assert_eq!(
        (text(&fields, Field::PostedDate), text(&fields, Field::ValidThrough)),
        ("2026-11-03", "2026-12-03T00:00")
    );
    assert_eq!(fields[&Field::Company].source, "json-ld: $.hiringOrganization.name");
}

#[test]
fn salaries_come_in_many_forms() {
    for (salary, expected) in [
        (r#""$ 5.000.000""#, "$ 5.000.000"),
        ("1500", "COP 1500"),
        ("0", ""),
        (r#"{"value":{"value":0}}"#, ""),
        (r#"{"currency":"PEN","value":1800.5}"#, "PEN 1800.5"),
        (r#"{"currency":"PEN","minValue":1800,"maxValue":1800,"unitText":"HOUR"}"#, "PEN 1800 HOUR"),
        (r#"{"value":{"minValue":"900","unitText":"MONTH"}}"#, "COP 900+ MONTH"),
        (r#"[{"currency":"USD","value":{"maxValue":9}}]"#, "USD –9"),
        ("null", ""),
    ] {
        let block =
            format!(r#"{{"@type":"http://schema.org/JobPosting","salaryCurrency":"COP","baseSalary":{salary}}}"#);
        assert_eq!(text(&read_fields(&block), Field::Salary), expected, "{salary}");
    }
}

#[test]
fn the_posting_with_the_pages_address_is_the_one() {
    let fields = read_fields(
        r#"[{"@type":"JobPosting","title":"Other","description":"x","url":"https://example.com/job/2"},
            {"@type":"JobPosting","title":"This","url":"/job/1/"}]"#,
    );
    assert_eq!(text(&fields, Field::Title), "This");
}

#[test]
fn broken_blocks_do_not_hide_whole_ones() {
    let html = format!(
        "<script type=application/ld+json>{{]</script><script type='application/ld+json; charset=utf-8'>{}</script>",
        "{\"@type\":\"JobPosting\",\"title\":\"Dev\",\"description\":\"line one\nline two\",}"
    );
    let found = read(&Html::parse_document(&html));
    assert_eq!(text(&fields(&found.postings[0]), Field::Description), "line one\nline two");
}

#[test]
fn hidden_and_odd_values_stay_empty() {
    let fields = read_fields(
        r#"{"@type":"JobPosting","title":null,"hiringOrganization":{"name":""},"jobLocation":{"address":null},
            "employmentType":[],"skills":"","description":"<p> </p>","jobLocationType":{}}"#,
    );
    assert_eq!(fields, AdFields::new());
}
