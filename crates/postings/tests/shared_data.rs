//! Every date, salary, contract and modality of real ads and saved pages: what they mean,
//! by a reader's judgement. Needs the folder that OBSERVATORY_SHARED_DATA names.

use std::{collections::BTreeMap, fs, path::PathBuf};

use chrono::{DateTime, Utc};
use observatory_postings::{Contract, Hours, Remote, Salary, contract, hours, posted, remote, salary};
use serde_json::Value;

fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("OBSERVATORY_SHARED_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: OBSERVATORY_SHARED_DATA is not set");
    }
    folder
}

fn lines(path: PathBuf) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("the shared file");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn text<'a>(ad: &'a Value, field: &str) -> &'a str {
    ad[field].as_str().unwrap_or_default()
}

fn seen(time: &str) -> DateTime<Utc> {
    time.parse().expect("a time")
}

fn ends(salary: Option<Salary>) -> Option<(f64, f64)> {
    salary.and_then(|salary| salary.min.zip(salary.max))
}

/// The text behind each mark of a page, up to the next tag, with its entities as they are.
fn behind(page: &str, mark: &str, skip: &str) -> Vec<String> {
    let pieces = page.split(mark).skip(1);
    pieces
        .filter_map(|piece| piece.split_once(skip).map(|(_, text)| text.split('<').next().unwrap_or_default().trim()))
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_days_of_all_postings_are_read() {
    let Some(shared) = shared() else { return };
    let seen = seen("2025-11-30T12:00:00Z");
    let files = [
        ("ar_bumeran_zonajobs", "posted", 4_925),
        ("co_original_samples", "posted_date", 38),
        ("latam_multi_dilan", "posted", 2_077),
    ];
    for (file, field, expected) in files {
        let ads = lines(shared.join(format!("postings/{file}.jsonl")));
        let days: Vec<&str> = ads.iter().map(|ad| text(ad, field)).filter(|day| !day.is_empty()).collect();
        for day in &days {
            let read = posted::parse(day, seen, "CO").unwrap_or_else(|| panic!("{day}"));
            assert_eq!(read.day.to_string(), day[..10], "{file}");
            assert_eq!(Some(read.day), posted::parse_day(day));
            assert!(read.exact);
        }
        println!("{file}: {} of {} ads name a day, all read", days.len(), ads.len());
        assert_eq!(days.len(), expected, "{file}");
    }
}

#[test]
fn the_fields_of_elempleo_are_read() {
    let Some(shared) = shared() else { return };
    let items = fs::read_to_string(shared.join("portals/elempleo/parsed_items_2025-08.json")).expect("the items");
    let items: Vec<Value> = serde_json::from_str(&items).expect("JSON");
    let salaries = BTreeMap::from([
        ("$1 a $1,5 millones", Some((1.0e6, 1.5e6))),
        ("$1,5 a $2 millones", Some((1.5e6, 2.0e6))),
        ("$2 a $2,5 millones", Some((2.0e6, 2.5e6))),
        ("$2,5 a $3 millones", Some((2.5e6, 3.0e6))),
        ("$3,5 a $4 millones", Some((3.5e6, 4.0e6))),
        ("$4 a $4,5 millones", Some((4.0e6, 4.5e6))),
        ("$4,5 a $5,5 millones", Some((4.5e6, 5.5e6))),
        ("$6 a $8 millones", Some((6.0e6, 8.0e6))),
        ("$8 a $10 millones", Some((8.0e6, 10.0e6))),
        ("$10 a $12,5 millones", Some((10.0e6, 12.5e6))),
        ("Salario confidencial", None),
    ]);
    for item in &items {
        let salary = salary::parse(text(item, "salary_raw"), "CO");
        assert_eq!(ends(salary), salaries[text(item, "salary_raw")], "{item}");
        assert!(salary.is_none_or(|salary| salary.currency == Some("COP")));
        let contracted = match text(item, "contract_type") {
            "" | "Contrato" => (None, None),
            "Tiempo completo" => (None, Some(Hours::FullTime)),
            "Independiente" => (Some(Contract::ServiceProvision), None),
            other => panic!("{other}"),
        };
        let contract_type = text(item, "contract_type");
        assert_eq!((contract::parse(contract_type), hours::parse(contract_type)), contracted);
        assert_eq!(remote::parse(text(item, "remote_type")), modality(text(item, "remote_type")));
    }
    assert_eq!(items.len(), 38);
}

/// What the words of elempleo, bumeran and computrabajo mean.
fn modality(text: &str) -> Option<Remote> {
    match text {
        "Presencial" => Some(Remote::OnSite),
        "Híbrido" | "Presencial y remoto" => Some(Remote::Hybrid),
        "Remoto" => Some(Remote::Remote),
        "" => None,
        other => panic!("{other}"),
    }
}

#[test]
fn the_fields_and_filters_of_bumeran_are_read() {
    let Some(shared) = shared() else { return };
    let answers = fs::read_to_string(shared.join("portals/bumeran/zonajobs_api_responses_2025-10.json")).expect("them");
    let answers: Vec<Value> = serde_json::from_str(&answers).expect("JSON");
    let seen = seen("2025-10-16T20:00:00Z");
    let mut ads = 0;
    let mut kinds = Vec::new();
    for body in answers.iter().map(|answer| &answer["response_body"]) {
        for ad in body["avisos"].as_array().into_iter().flatten() {
            ads += 1;
            for field in ["fechaPublicacion", "fechaHoraPublicacion", "fechaModificado"] {
                let written = text(ad, field);
                let day = posted::parse(written, seen, "AR").expect(written).day;
                assert_eq!(day.format("%d-%m-%Y").to_string(), written[..10]);
            }
            assert_eq!(hours::parse(text(ad, "tipoTrabajo")), Some(Hours::FullTime));
            assert_eq!(remote::parse(text(ad, "modalidadTrabajo")), modality(text(ad, "modalidadTrabajo")));
        }
        for filter in body["filters"].as_array().into_iter().flatten() {
            if ["tipo_trabajo", "tipo_contratacion"].contains(&text(filter, "type")) {
                let facets = filter["facets"].as_array().into_iter().flatten();
                kinds.extend(facets.map(|facet| text(facet, "name").to_owned()));
            }
        }
    }
    assert_eq!(ads, 22);
    kinds.sort();
    kinds.dedup();
    for kind in kinds {
        let expected = match kind.as_str() {
            "Full-time" => (None, Some(Hours::FullTime)),
            "Part-time" | "Fines de Semana" => (None, Some(Hours::PartTime)),
            "Por Horas" => (None, Some(Hours::ByHours)),
            "Temporario" | "Temporal" => (Some(Contract::Temporary), None),
            "Pasantia" | "Pasantía" => (Some(Contract::Internship), None),
            "Indeterminado" => (Some(Contract::Indefinite), None),
            "Autónomo" => (Some(Contract::ServiceProvision), None),
            "Por Contrato" | "Nocturno" | "Voluntario" => (None, None),
            other => panic!("{other}"),
        };
        assert_eq!((contract::parse(&kind), hours::parse(&kind)), expected, "{kind}");
    }
}

#[test]
fn the_cards_and_tags_of_computrabajo_are_read() {
    let Some(shared) = shared() else { return };
    let page = |name: &str| fs::read_to_string(shared.join("portals/computrabajo").join(name)).expect(name);
    let seen = seen("2025-10-20T15:00:00Z");
    let listing = page("ar_listing_python_2025-10_full.html");
    let days = behind(&listing, "fs13 fc_aux mt15", ">");
    for text in &days {
        let words: Vec<_> = text.split_whitespace().collect();
        let expected = match words[..] {
            ["Ayer"] => "2025-10-19",
            ["Hace", "2", "días"] => "2025-10-18",
            ["Hace", "3", "días"] => "2025-10-17",
            ["Hace", "4", "días"] => "2025-10-16",
            ["Hace", "22", "horas"] => "2025-10-19",
            ["Hace", "2" | "3" | "5" | "6" | "8" | "12", "horas"] => "2025-10-20",
            _ => panic!("{text}"),
        };
        let day = posted::parse(text, seen, "AR").expect(text);
        assert_eq!((day.day.to_string().as_str(), day.exact), (expected, true), "{text}");
    }
    let salaries: Vec<_> = behind(&listing, "icon i_salary", "</span>");
    for text in &salaries {
        let pesos: f64 = text.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect(text);
        let salary = salary::parse(text, "AR").expect(text);
        assert_eq!(
            (ends(Some(salary)), salary.currency),
            (Some((pesos / 100.0, pesos / 100.0)), Some("ARS")),
            "{text}"
        );
        assert_eq!(salary.period.as_str(), "month");
    }
    let modalities =
        [behind(&listing, "icon i_home_office\"", "</span>"), behind(&listing, "icon i_home\"", "</span>")];
    for text in modalities.iter().flatten() {
        assert_eq!(remote::parse(text), modality(text), "{text}");
    }
    let counts = (days.len(), salaries.len(), modalities.iter().flatten().count());
    assert_eq!(counts, (20, 7, 20));

    let tags = behind(&page("mx_detail_2026-09.html"), "tag base", ">");
    let [pay, kind, time, place] = &tags[..] else { panic!("{tags:?}") };
    assert_eq!(ends(salary::parse(pay, "MX")), Some((25_000.0, 25_000.0)));
    assert_eq!((contract::parse(kind), hours::parse(time)), (None, Some(Hours::FullTime)));
    assert_eq!(remote::parse(place), Some(Remote::Hybrid));
    let updated = posted::parse("Hace  2  días (actualizada)", seen, "MX").expect("a day");
    assert_eq!((updated.day.to_string().as_str(), updated.exact), ("2025-10-18", false));
}

#[test]
fn the_days_and_hours_of_linkedin_are_read() {
    let Some(shared) = shared() else { return };
    let page = |name: &str| fs::read_to_string(shared.join("portals/linkedin").join(name)).expect(name);
    let listing = page("maeldk_linkedin_serp.html");
    let times: Vec<_> = listing.split("datetime=\"").skip(1).filter_map(|piece| piece.split('"').next()).collect();
    let told: Vec<_> = behind(&listing, "<time", ">");
    assert_eq!((times.len(), told.len()), (10, 10));
    let seen = seen("2026-06-17T12:00:00Z");
    for (time, told) in times.iter().zip(&told) {
        let day = posted::parse(time, seen, "US").expect(time).day;
        assert_eq!(day.to_string(), *time);
        let about = posted::parse(told, seen, "US").expect(told);
        // "2 weeks ago" is told of 14 to 20 days.
        assert!((0..=7).contains(&(about.day - day).num_days()), "{told} of {time}");
    }
    let criteria = behind(&page("maeldk_linkedin_detail.html"), "description__job-criteria-text--criteria", ">");
    let read: Vec<_> = criteria.iter().filter_map(|text| hours::parse(text)).collect();
    assert_eq!(read, [Hours::FullTime]);
    assert!(criteria.iter().all(|text| contract::parse(text).is_none()), "{criteria:?}");
}
