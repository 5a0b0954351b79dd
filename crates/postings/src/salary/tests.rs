use proptest::prelude::*;

use super::*;

/// `min..max CUR period net`, or "none".
fn read(text: &str, country: &str) -> String {
    let Some(salary) = parse(text, country) else { return "none".into() };
    let end = |end: Option<f64>| end.map_or(String::new(), |end| end.to_string());
    let ends =
        if salary.min == salary.max { end(salary.min) } else { format!("{}..{}", end(salary.min), end(salary.max)) };
    let net = salary.net.map(|net| if net { "net" } else { "gross" });
    let period = Some(salary.period.as_str()).filter(|_| salary.period != Period::Unknown);
    let parts = [Some(ends.as_str()), Some(salary.currency.unwrap_or("?")), period, net];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[test]
fn salaries_are_read_as_portals_write_them() {
    let cases = [
        ("$ 2.500.000,00 (Mensual)", "CO", "2500000 COP month"),
        ("$ 57,000.00 (Mensual)", "MX", "57000 MXN month"),
        ("$ 11.111,00 (Mensual)", "AR", "11111 ARS month"),
        ("$15,000 - $20,000 MXN mensuales", "MX", "15000..20000 MXN month"),
        ("$8,000.00 a $10,000.00 mensual", "MX", "8000..10000 MXN month"),
        ("$3,5 a $4 millones", "CO", "3500000..4000000 COP"),
        ("2 a 2,5 millones", "CO", "2000000..2500000 COP"),
        ("$4 a $4,5 millones", "CO", "4000000..4500000 COP"),
        ("$10 a $12,5 millones", "CO", "10000000..12500000 COP"),
        ("$8 a $10 millones", "CO", "8000000..10000000 COP"),
        ("$900.000 a $1,2 millones", "CO", "900000..1200000 COP"),
        ("Más de $10 millones", "CO", "10000000.. COP"),
        ("Menos de $1 millón", "CO", "..1000000 COP"),
        ("Hasta $5.000.000", "CO", "..5000000 COP"),
        ("Desde $900.000", "CO", "900000.. COP"),
        ("Desde $900.000 hasta $1.200.000", "CO", "900000..1200000 COP"),
        ("$ 1.300.000 a $ 1.600.000", "CO", "1300000..1600000 COP"),
        ("De $2.000.000 a $2.500.000 mensuales", "CO", "2000000..2500000 COP month"),
        ("$1.423.500 + comisiones", "CO", "1423500 COP"),
        ("$1.423.500 + $200.000 auxilio de transporte", "CO", "1423500 COP"),
        ("Salario básico de $1.429.826 + Aux Transporte $200.000 + comisiones", "CO", "1429826 COP"),
        ("$1'500.000", "CO", "1500000 COP"),
        ("2.5M", "CO", "2500000 COP"),
        ("$ 760 mil ( basico ) + $ 76.000 (presentismo)", "AR", "760000 ARS"),
        ("USD 2,500 - 3,000 /month", "CO", "2500..3000 USD month"),
        ("US$ 3.000", "AR", "3000 USD"),
        ("U$S 1.500 mensuales", "UY", "1500 USD month"),
        ("ARS 1.200.000", "AR", "1200000 ARS"),
        ("$ 2.300.000,- Brutos", "AR", "2300000 ARS gross"),
        ("Sueldo neto: $1.100.000", "AR", "1100000 ARS net"),
        ("$ 450.000 en mano", "AR", "450000 ARS net"),
        ("$ 450.000 por mano de obra", "AR", "450000 ARS"),
        ("1 001 400 ARS mensuales", "AR", "1001400 ARS month"),
        ("S/ 1,025.00", "PE", "1025 PEN"),
        ("S/. 1,025.00 (Mensual)", "PE", "1025 PEN month"),
        ("$ 1.500 mensuales", "PE", "1500 USD month"),
        ("R$ 1.402,78 + auxílio", "BR", "1402.78 BRL"),
        ("R$1.900,00;", "BR", "1900 BRL"),
        ("Entre R$ 2 mil e R$ 3 mil", "BR", "2000..3000 BRL"),
        ("Bs. 3.000 mensual", "BO", "3000 BOB month"),
        ("Gs. 3.500.000", "PY", "3500000 PYG"),
        ("Q 5,000.00 (Mensual)", "GT", "5000 GTQ month"),
        ("₡ 450.000", "CR", "450000 CRC"),
        ("$ 30.000 nominales mensual", "UY", "30000 UYU month"),
        ("$ 600.000 líquidos", "CL", "600000 CLP net"),
        ("60k-80k USD/year", "MX", "60000..80000 USD year"),
        ("60-80k USD", "MX", "60000..80000 USD"),
        ("€32K - €35K", "ES", "32000..35000 EUR"),
        ("entre 32.000 - 35.000 € brutos anuales", "ES", "32000..35000 EUR year gross"),
        ("entre 120 000 y 140 000 dólares", "CO", "120000..140000 USD"),
        ("MXN 20000–25000 MONTH", "MX", "20000..25000 MXN month"),
        ("COP 8000000-10000000 MONTH", "CO", "8000000..10000000 COP month"),
        ("USD 2083.3333 MONTH", "CO", "2083.33 USD month"),
        ("$158,200 - $201,000 USD", "US", "158200..201000 USD"),
        ("$99,000.00 to $225,000.00 (annualized USD)", "US", "99000..225000 USD year"),
        ("$2,128/week - $2,320/week", "US", "2128..2320 USD week"),
        ("Hourly Rate -$16.89 -$24.07per hour", "US", "16.89..24.07 USD hour"),
        ("$24-$25/hour", "US", "24..25 USD hour"),
        ("Up to $260,000.00 per year", "US", "..260000 USD year"),
        ("$100,000+", "US", "100000.. USD"),
        ("80k+", "US", "80000.. USD"),
        ("25000", "MX", "25000 MXN"),
        ("25000.0", "MX", "25000 MXN"),
        ("25000 mensual", "MX", "25000 MXN month"),
        ("Salario: 1.700.000", "CO", "1700000 COP"),
        ("PROMEDIO $1.000.000 /$2.500.000", "AR", "1000000..2500000 ARS"),
        ("$325.17 quincenal", "EC", "650.34 USD month"),
        ("$15,000 M.N.", "MX", "15000 MXN"),
        ("$15,000 pesos mexicanos", "MX", "15000 MXN"),
        ("$2.000.000 por 40 horas semanales", "CO", "2000000 COP"),
        ("48 horas semanales, $15,000 mensuales", "MX", "15000 MXN month"),
        ("$3.500.000 o más", "CO", "3500000.. COP"),
        ("$0 - $5.000.000", "CO", "..5000000 COP"),
        ("3.000.000 a convenir", "CO", "3000000 COP"),
        ("$175,000 - 310,000. Individuals may get an annual bonus", "US", "175000..310000 USD"),
        ("$8.000.000 a $8.400.000 - híbrido (3 días a la semana y 2 día", "CO", "8000000..8400000 COP"),
        ("$1.500.000, de 8:00 a 17:00 hs", "CO", "1500000 COP"),
        ("USD $108,100.00/Yr. - USD $180,600.00/Yr.", "US", "108100..180600 USD year"),
        ("$126,000.00/yr - $146,000.00/yr", "US", "126000..146000 USD year"),
        ("COP 4,000,000.00/mo - COP 5,000,000.00/mo", "CO", "4000000..5000000 COP month"),
        ("19000 + comisiones", "MX", "19000 MXN"),
        ("15-20 mil mensuales", "MX", "15000..20000 MXN month"),
        ("Entre 15 y 18 mil pesos", "MX", "15000..18000 MXN"),
        ("1.3M - 1.6M COP", "CO", "1300000..1600000 COP"),
        ("De $1.423.500,00 COP a $2.000.000,00 COP por mes", "CO", "1423500..2000000 COP month"),
        ("$1,423,500 COP/Mes", "CO", "1423500 COP month"),
        ("$2,500 a la semana", "MX", "2500 MXN week"),
        ("$ 350 diarios", "MX", "350 MXN day"),
        ("$120 x hora", "MX", "120 MXN hour"),
        ("Mayor a $21.000.000", "CO", "21000000.. COP"),
        ("$400 USD quincenales", "CO", "800 USD month"),
        ("CA$80,000.00/yr", "CA", "80000 CAD year"),
        ("$ 3.000", "ZZ", "3000 ?"),
    ];
    for (text, country, expected) in cases {
        assert_eq!(read(text, country), expected, "{text}");
    }
}

#[test]
fn what_is_no_salary_or_may_be_another_is_none() {
    for text in [
        "",
        "A convenir",
        "Salario a convenir",
        "Salario confidencial",
        "Competitivo",
        "Según convenio 130/75",
        "2 SMLV",
        "1 salario mínimo",
        "100% comisiones",
        "hasta 50% más",
        "13 sueldos",
        "$",
        "$0",
        "$4,5",
        "$1.50.000",
        "$12.345,678",
        "$ 2. 0 0 0. 0 0 0",
        "$ 2. 200,00",
        "1 SMMLV + bono no prestacional de $150.000",
        "Bono de $150.000",
        "$1.000.000 de bono",
        "11 800 empleados",
        "$2.000.000 - $1.000.000",
        "$1 a $2.000.000",
        "$2.000.000 neto, $2.500.000 bruto",
        "600 € ≈ 1 001 400 COP",
        "Lunes a viernes de 8 a 17 hs",
        "Llamar al 3105551234",
        "3105551234",
        "99999999999999999999",
        "12/08/2025",
        "Hace 2 días",
        "$99.999.999.999",
        "s/ experiencia, 3 vacantes",
        "401k",
    ] {
        assert_eq!(read(text, "CO"), "none", "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_leads_to_a_sound_salary_or_none(
        text in r"(?s)(\$|US\$|S/|USD|[0-9]{1,4}|[0-9]{3}|\.|,| a | - |millones|k|M| por hora|mensual|\+|%| |.){0,14}",
    ) {
        for country in ["CO", "PE", "US", "ZZ"] {
            if let Some(salary) = parse(&text, country) {
                let (min, max) = (salary.min, salary.max);
                prop_assert!(min.is_some() || max.is_some());
                prop_assert!(min.zip(max).is_none_or(|(min, max)| min <= max));
                prop_assert!(min.into_iter().chain(max).all(|amount| amount > 0.0 && amount.is_finite()));
            }
        }
    }
}
