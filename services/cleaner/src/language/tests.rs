use super::detect;

#[track_caller]
fn check(language: &str, text: &str) {
    let found = detect(text);
    assert_eq!(found.language, language, "{found:?} for {text:?}");
}

#[test]
fn running_text_is_recognised_in_each_language() {
    check(
        "es",
        "Buscamos una persona con experiencia en ventas para incorporarse a nuestro equipo en la ciudad de Lima.",
    );
    check(
        "en",
        "We are looking for a software engineer who will join our team and work on the services of our customers.",
    );
    check(
        "pt",
        "Estamos em busca de uma pessoa para atuar na área de vendas, com experiência e disponibilidade para viagens. Não é necessário.",
    );
    check(
        "fr",
        "Nous recherchons pour notre client un développeur qui participera à la conception des applications de l'entreprise.",
    );
    check(
        "it",
        "Siamo alla ricerca di una persona con esperienza nel settore delle vendite, che sarà inserita nel nostro team.",
    );
    check(
        "de",
        "Wir suchen für unser Team in Berlin einen Entwickler mit Erfahrung, der die Aufgaben selbstständig übernimmt und gerne lernt.",
    );
    check(
        "ca",
        "Busquem una persona amb experiència en vendes per treballar amb el nostre equip a les oficines de Girona, amb els clients.",
    );
    check(
        "gl",
        "Buscamos unha persoa con experiencia para traballar no noso equipo, que teña coñecementos da lingua e das ferramentas.",
    );
    check(
        "nl",
        "Wij zijn op zoek naar een medewerker die met ons team aan de projecten van onze klanten werkt en graag leert.",
    );
}

#[test]
fn other_scripts_and_languages_are_not_taken_for_spanish() {
    check("ru", "Мы ищем опытного разработчика для работы в нашей команде в Москве, с хорошим знанием языка.");
    check(
        "pl",
        "Szukamy doświadczonego programisty, który dołączy do naszego zespołu i będzie pracował nad aplikacjami dla klientów.",
    );
    check(
        "ro",
        "Căutăm un programator cu experiență care să se alăture echipei noastre din București și să lucreze la aplicații pentru clienți.",
    );
    check(
        "sv",
        "Vi söker en utvecklare som vill arbeta i vårt team i Stockholm och som har erfarenhet av att bygga tjänster för våra kunder.",
    );
    check("ja", "私たちは経験豊富なエンジニアを探しています。チームで働くことが好きな方を歓迎します。");
}

#[test]
fn a_spanish_ad_full_of_english_tools_is_spanish() {
    check(
        "es",
        "Senior Full Stack Developer. Stack: React, Node.js, TypeScript, Docker, Kubernetes, Spring Boot, Machine Learning, Data Lake, \
         Cloud Computing, DevOps, Continuous Integration, Unit Testing, Clean Code. Buscamos un perfil con experiencia en el desarrollo \
         de aplicaciones y con ganas de aprender. Soft skills: Teamwork, Ownership, Problem Solving.",
    );
}

#[test]
fn of_a_bilingual_ad_the_longer_part_decides() {
    let english = "We are a leading company in the region. ";
    let spanish = "Estamos en la búsqueda de un analista para el área de finanzas que cuente con experiencia en el sector. \
                   Entre las tareas del puesto están la preparación de los informes y el control de los gastos. ";
    check("es", &format!("{english}{spanish}"));
    check("en", &format!("{}{spanish}", english.repeat(8)));
}

#[test]
fn short_lists_and_titles_get_a_guess() {
    check("es", "Auxiliar contable con experiencia");
    check("en", "Customer service representative for the night shift");
}

#[test]
fn what_has_no_words_is_undetermined() {
    for text in ["", "   ", "123 456", "!!! ---", "🚀🚀"] {
        assert_eq!(detect(text).language, "und", "{text:?}");
    }
}

#[test]
fn a_long_text_is_sampled_over_its_whole_length() {
    let cookie_notice = "This site uses cookies and by using it you agree to the use of cookies. ".repeat(5);
    let ad = "La empresa busca personal para el área de producción con experiencia en el manejo de las máquinas. "
        .repeat(300);
    check("es", &format!("{cookie_notice}{ad}"));
}

/// Agreement with the labels of the real ads, where they are at hand.
#[test]
fn agrees_with_the_labels_of_real_ads() {
    let Ok(folder) = std::env::var("OBSERVATORY_SHARED_DATA") else {
        println!("skipped: OBSERVATORY_SHARED_DATA is not set");
        return;
    };
    let (mut agreed, mut labelled) = (0, 0);
    for name in ["ar_bumeran_zonajobs.jsonl", "co_original_samples.jsonl", "latam_multi_dilan.jsonl"] {
        let lines = std::fs::read_to_string(format!("{folder}/postings/{name}")).expect("the folder has the ads");
        for line in lines.lines() {
            let ad: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let label = ad["lang"].as_str().unwrap_or("un");
            if label != "un" {
                labelled += 1;
                agreed += usize::from(detect(ad["description"].as_str().unwrap_or("")).language == label);
            }
        }
    }
    println!("{agreed} of {labelled} agree");
    assert!(agreed * 1000 >= labelled * 995);
}
