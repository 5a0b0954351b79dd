use proptest::prelude::*;

use super::*;

/// A Wednesday; 21:30 on Tuesday the 11th in Colombia, 23:30 in Argentina.
fn seen() -> DateTime<Utc> {
    "2025-11-12T02:30:00Z".parse().expect("a time")
}

fn read(text: &str, country: &str) -> Option<(String, bool)> {
    parse(text, seen(), country).map(|day| (day.day.to_string(), day.exact))
}

#[test]
fn days_are_read_as_files_write_them() {
    let expected = NaiveDate::from_ymd_opt(2025, 6, 5);
    for text in [
        "2025-06-05",
        " 2025-06-05 12:04:22 ",
        "2025-06-05T12:04:22Z",
        "2025-06-05T12:04:22.123-05:00",
        "05-06-2025",
        "05/06/2025",
        "5/6/2025",
        "05-06-2025 10:00",
        "2025/06/05",
    ] {
        assert_eq!(parse_day(text), expected, "{text}");
        assert_eq!(read(text, "CO"), Some(("2025-06-05".into(), true)), "{text}");
    }
}

#[test]
fn days_that_do_not_exist_are_refused() {
    for text in [
        "2026-02-31",
        "31-04-2025",
        "hoy",
        "2025-13-01",
        "2025-06",
        "0205-11-03",
        "05-06-25",
        "+025-06-05",
        "",
        "2025-06-05x",
    ] {
        assert_eq!(parse_day(text), None, "{text}");
    }
}

#[test]
fn exact_days_are_read_as_portals_write_them() {
    let cases = [
        ("Hoy", "2025-11-11"),
        ("Ayer", "2025-11-10"),
        ("Anteayer", "2025-11-09"),
        ("Antes de ayer", "2025-11-09"),
        ("Publicado hoy", "2025-11-11"),
        ("Recién publicada", "2025-11-11"),
        ("Hace instantes", "2025-11-11"),
        ("Hace un momento", "2025-11-11"),
        ("just now", "2025-11-11"),
        ("Just posted", "2025-11-11"),
        ("Hace 3 horas", "2025-11-11"),
        ("Hace 22 horas", "2025-11-10"),
        ("Hace  12  horas", "2025-11-11"),
        ("Hace 45 minutos", "2025-11-11"),
        ("Hace 2 días", "2025-11-09"),
        ("Hace  2  días", "2025-11-09"),
        ("hace un día", "2025-11-10"),
        ("Publicada hace tres días", "2025-11-08"),
        ("2 days ago", "2025-11-09"),
        ("a day ago", "2025-11-10"),
        ("Posted 3 days ago", "2025-11-08"),
        ("yesterday", "2025-11-10"),
        ("5d ago", "2025-11-06"),
        ("5d", "2025-11-06"),
        ("há 2 dias", "2025-11-09"),
        ("Publicada há 5 horas", "2025-11-11"),
        ("ontem", "2025-11-10"),
        ("hoje", "2025-11-11"),
        ("Publicado: 12 Ago 2025", "2025-08-12"),
        ("12 ago. 2025", "2025-08-12"),
        ("12 ago", "2025-08-12"),
        ("Publicado 3 de noviembre de 2025", "2025-11-03"),
        ("3 de noviembre del 2025", "2025-11-03"),
        ("Noviembre 3 de 2025", "2025-11-03"),
        ("1º de agosto de 2025", "2025-08-01"),
        ("3-nov-2025", "2025-11-03"),
        ("3 de novembro de 2025", "2025-11-03"),
        ("12-08-2025", "2025-08-12"),
        ("12/08/2025", "2025-08-12"),
        ("12/08/25", "2025-08-12"),
        ("12.08.2025", "2025-08-12"),
        ("08/25/2025", "2025-08-25"),
        ("15-10-2025 12:41:12", "2025-10-15"),
        ("Publicado el 12/08/2025 a las 10:00", "2025-08-12"),
        ("2025-08-12T10:00:00-05:00", "2025-08-12"),
        ("2025-08-12T10:00:00Z", "2025-08-12"),
        ("2025-07-17T23:00:00.000Z", "2025-07-17"),
        ("20250812T100000Z", "2025-08-12"),
        ("Aug 12, 2025", "2025-08-12"),
        ("August 12th, 2025", "2025-08-12"),
        ("12 August 2025", "2025-08-12"),
        ("Tue, 12 Aug 2025 10:00:00 GMT", "2025-08-12"),
        ("Lunes 3 de noviembre", "2025-11-03"),
        ("mar 4 nov", "2025-11-04"),
        ("3 nov", "2025-11-03"),
        ("11 nov", "2025-11-11"),
        ("12 nov", "2024-11-12"),
        ("28 dic", "2024-12-28"),
        ("29 feb", "2024-02-29"),
        ("1754956800", "2025-08-12"),
        ("1754956801", "2025-08-11"),
        ("1754993400", "2025-08-12"),
        ("1754993400000", "2025-08-12"),
        ("2025-11-13", "2025-11-13"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text, "CO"), Some((expected.into(), true)), "{text}");
    }
}

#[test]
fn bounds_rounded_spans_and_updates_are_not_exact() {
    let cases = [
        ("hace 30+ días", "2025-10-12"),
        ("Hace +30 días", "2025-10-12"),
        ("30+ days ago", "2025-10-12"),
        ("Hace 30 días o más", "2025-10-12"),
        ("Más de 30 días", "2025-10-12"),
        ("Hace más de 30 días", "2025-10-12"),
        ("More than 30 days ago", "2025-10-12"),
        ("Menor a 2 días", "2025-11-09"),
        ("Publicado hace 1 semana", "2025-11-04"),
        ("2 weeks ago", "2025-10-28"),
        ("2w", "2025-10-28"),
        ("Hace 2 meses", "2025-09-11"),
        ("hace un mes", "2025-10-11"),
        ("há 1 mês", "2025-10-11"),
        ("1 year ago", "2024-11-11"),
        ("Hace 1 año", "2024-11-11"),
        ("Actualizada ayer", "2025-11-10"),
        ("Hace  2  días (actualizada)", "2025-11-09"),
        ("Reposted 3 days ago", "2025-11-08"),
    ];
    for (text, expected) in cases {
        assert_eq!(read(text, "CO"), Some((expected.into(), false)), "{text}");
    }
}

#[test]
fn the_day_is_that_of_the_country() {
    let day = |text, country| read(text, country).expect(text).0;
    assert_eq!(day("Hace 3 horas", "ES"), "2025-11-12");
    assert_eq!(day("Hace 4 horas", "ES"), "2025-11-11");
    assert_eq!(day("Hoy", "AR"), "2025-11-11");
    assert_eq!(day("Hoy", "ZZ"), "2025-11-12");
    assert_eq!(day("12 nov", "ES"), "2025-11-12");
    assert_eq!(day("10/08/2025", "US"), "2025-10-08");
}

#[test]
fn what_is_no_day_stays_without_one() {
    let long = format!("{}hace 2 días", "x ".repeat(100));
    for text in [
        "",
        "mañana",
        "Nueva",
        "Urgente",
        "Postúlate hoy y gana más",
        "Contrato por 3 meses",
        "5 años de experiencia",
        "hace días",
        "en 5 días",
        "Cierra en 3 días",
        "Expira hoy",
        "noviembre",
        "2025",
        "2025-02-31",
        "31-04-2025",
        "10:30",
        "2025-11-14",
        "12 August 2030",
        "1999-12-31",
        "Hace 900 años",
        "hace 99999999999999 días",
        "0",
        "4102444800",
        &long,
    ] {
        assert_eq!(read(text, "CO"), None, "{text}");
    }
}

#[test]
fn deadlines_may_lie_ahead_but_need_a_year() {
    let day = |text| parse_deadline(text, "CO").map(|day| day.to_string());
    assert_eq!(day("2026-10-05").as_deref(), Some("2026-10-05"));
    assert_eq!(day("Hasta el 5 de octubre de 2026").as_deref(), Some("2026-10-05"));
    assert_eq!(day("2026-10-05T23:59:59-05:00").as_deref(), Some("2026-10-05"));
    for text in ["", "5 de octubre", "mañana", "9999-12-31"] {
        assert_eq!(day(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_leads_to_the_future(
        text in r"(?s)(hace |posted |[0-9]{1,14}|días| de |nov|mes|ago|/|-|:|\+|.){0,12}",
        seconds in 1_000_000_000i64..4_000_000_000,
    ) {
        let seen = DateTime::from_timestamp(seconds, 0).expect("a time");
        for country in ["CO", "US", "ES", "ZZ"] {
            if let Some(day) = parse(&text, seen, country) {
                prop_assert!(day.day <= seen.date_naive() + Days::new(3) && day.day.year() >= 2000);
            }
            parse_deadline(&text, country);
        }
        parse_day(&text);
    }
}
