use super::*;
use proptest::prelude::*;

/// An ad of made-up but distinct sentences; `edit` replaces that share of them.
fn ad(seed: u64, sentences: u64, edited: impl Fn(u64) -> bool) -> String {
    let mut text = String::new();
    for sentence in 0..sentences {
        let variant = if edited(sentence) { seed ^ 0xABCD } else { seed };
        for word in 0..12 {
            text.push_str(&format!(
                "w{} ",
                mix(variant * 1_000_003 + sentence * 31 + word, 0x9E37_79B9_7F4A_7C15) % 5000
            ));
        }
        text.push_str(".\n");
    }
    text
}

const TEXT: &str = "Importante empresa del sector financiero busca incorporar a su equipo un profesional con experiencia en el \
    desarrollo de aplicaciones. Requisitos: tres años de experiencia en bases de datos relacionales, control de versiones, pruebas \
    automatizadas y metodologías ágiles. Ofrecemos contrato a término indefinido, medicina prepagada, horario flexible, trabajo \
    remoto dos días por semana y un plan de carrera. El proceso de selección consta de una entrevista con recursos humanos, una prueba \
    técnica y una conversación con el líder del equipo. Las personas interesadas pueden postularse por este medio hasta fin de mes. \
    Valoramos la diversidad y alentamos a postularse a personas de todos los géneros, edades y capacidades.";

fn sign(title: &str, text: &str) -> Signature {
    Signature::new(title, text)
}

fn share_a_band(a: &Signature, b: &Signature) -> bool {
    a.bands().iter().any(|band| b.bands().contains(band))
}

#[test]
fn the_same_ad_with_another_contact_date_and_layout_is_a_duplicate() {
    let first = sign(
        "Desarrollador Java Sr.",
        &format!("{TEXT} Enviar CV a rrhh@empresa.com o al 3001234567 antes del 15/03/2025."),
    );
    let again = sign(
        "DESARROLLADOR JAVA SENIOR - Remoto",
        &format!("{}\nEnviar CV a talento@empresa.com o al 3109876543 antes del 30/04/2025.", TEXT.to_uppercase()),
    );
    assert!(is_duplicate(&first, &again), "{}", first.similarity(&again));
    assert!(share_a_band(&first, &again));
}

#[test]
fn the_same_boilerplate_under_another_role_is_another_ad() {
    let java = sign("Desarrollador Java", TEXT);
    for title in ["Desarrollador Python", "Analista Contable", "Desarrollador C#"] {
        assert!(!is_duplicate(&java, &sign(title, TEXT)), "{title}");
    }
    assert!(!is_duplicate(&sign("Desarrollador C++", TEXT), &sign("Desarrollador C#", TEXT)));
    assert!(!is_duplicate(&sign("Desarrollador Java Senior", TEXT), &sign("Desarrollador Java Jr", TEXT)));
    assert!(!is_duplicate(&sign("Gerente de Ventas por Chat", TEXT), &sign("Representante de Ventas por Chat", TEXT)));
    assert!(!is_duplicate(&sign("Vendedor - Bogotá", TEXT), &sign("Vendedor - Medellín", TEXT)));
}

#[test]
fn gender_synonyms_work_mode_and_codes_of_a_title_dont_matter() {
    let first = sign("Desarrollador/a Java", TEXT);
    for title in [
        "Desarrolladora Java (Remoto)",
        "Se busca programador Java",
        "Java Developer",
        "Desarrolladores Java - 40123",
        "Desarrollador Java Bogotá",
    ] {
        assert!(is_duplicate(&first, &sign(title, TEXT)), "{title}");
    }
}

#[test]
fn different_ads_and_empty_ads_are_no_duplicates() {
    let (a, b) = (sign("Vendedor", &ad(1, 20, |_| false)), sign("Vendedor", &ad(2, 20, |_| false)));
    assert!(a.similarity(&b) < 0.1 && !is_duplicate(&a, &b));
    let empty = sign("Vendedor", "");
    assert!(!is_duplicate(&empty, &empty) && empty.bands().is_empty());
    let short = sign("Vendedor", "hola");
    assert!(is_duplicate(&short, &sign("Vendedor", "Hola!")));
}

#[test]
fn similarity_estimates_jaccard() {
    for (edits, sentences) in [(1, 20), (2, 20), (4, 20), (10, 20)] {
        let mut error = 0.0;
        for seed in 0..40 {
            let (a, b) = (ad(seed, sentences, |_| false), ad(seed, sentences, |sentence| sentence < edits));
            let sets = [a, b].map(|text| {
                let mut set = std::collections::BTreeSet::new();
                let text = fold(&text);
                shingles(&shingle_words(&text, words(&text)), |shingle| {
                    set.insert(shingle);
                });
                set
            });
            let exact = sets[0].intersection(&sets[1]).count() as f32 / sets[0].union(&sets[1]).count() as f32;
            let (a, b) = (ad(seed, sentences, |_| false), ad(seed, sentences, |sentence| sentence < edits));
            error += sign("x", &a).similarity(&sign("x", &b)) - exact;
        }
        assert!((error / 40.0).abs() < 0.02, "{edits} edits: mean error {}", error / 40.0);
    }
}

#[test]
fn bands_find_ninety_nine_of_a_hundred_at_point_nine() {
    let (mut found, mut tried) = (0, 0);
    for seed in 0..1500 {
        let (a, b) = (sign("x", &ad(seed, 24, |_| false)), sign("x", &ad(seed, 24, |sentence| sentence == 5)));
        let similarity = a.similarity(&b);
        if similarity >= 0.86 {
            tried += 1;
            found += usize::from(share_a_band(&a, &b));
        }
    }
    assert!(tried > 1000 && found * 1000 >= tried * 990, "{found} of {tried}");
}

#[test]
fn a_signature_is_the_same_in_every_version() {
    // Stored signatures are compared with new ones: if this changes, FORMAT must change.
    let bytes = sign("Desarrollador Java", TEXT).to_bytes();
    let sum = bytes.iter().fold(0u64, |sum, byte| mix(sum ^ u64::from(*byte), 0x9E37_79B9_7F4A_7C15));
    assert_eq!(sum, 3_050_846_137_519_339_546);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_read_back_and_damaged_ones_are_refused(title in ".{0,60}", text in any::<String>(), cut in 1usize..40) {
        let signature = sign(&title, &text);
        let bytes = signature.to_bytes();
        prop_assert_eq!(Signature::from_bytes(&bytes), Some(signature));
        prop_assert_eq!(Signature::from_bytes(&bytes[..bytes.len() - cut.min(bytes.len())]), None);
    }
}

#[test]
fn the_same_text_for_two_towns_is_two_vacancies() {
    assert!(!same_place("Tandil, Buenos Aires", "Chascomús, Buenos Aires"));
    assert!(same_place("Bogotá", "Bogotá, D.C., Colombia"));
    assert!(same_place("Ciudad de México", "Remoto"));
    assert!(same_place("", "Medellín"));
}
