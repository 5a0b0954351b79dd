use super::*;
use crate::duplicate::is_duplicate;

const SPANISH: &str = "<p>Empresa de tecnolog&iacute;a busca un desarrollador con experiencia en aplicaciones web para su sede de Quito.</p>\
    <h3>Funciones</h3><ul><li>Diseñar y construir servicios</li><li>Revisar el c&oacute;digo del equipo</li><li>Mantener las bases de datos</li></ul>\
    <p>Ofrecemos contrato a t&eacute;rmino indefinido, horario flexible y un plan de formación para todas las personas que se incorporen.</p>";

fn cleaned(title: &str, description: &str, requirements: &str) -> CleanedAd {
    clean(&AdText { title, company: "Acme", description, requirements }, &Limits::default())
}

#[test]
fn an_ad_comes_out_as_text_with_its_structure() {
    let ad = cleaned("Desarrollador&nbsp;<b>Java</b>\n", SPANISH, "<p>Java 17</p><p>SQL</p>");
    assert_eq!(ad.title, "Desarrollador Java");
    assert!(ad.description.contains("\n\nFunciones\n- Diseñar y construir servicios\n- Revisar el código"));
    assert_eq!(ad.requirements, "Java 17\nSQL");
    assert_eq!(ad.combined_text, format!("{}\n{}\n{}", ad.title, ad.description, ad.requirements));
    assert_eq!((ad.detected_language, ad.unusable_reason), ("es", None));
    assert!(ad.language_confidence > 0.5 && ad.unusable_detail.is_empty());
}

#[test]
fn empty_parts_leave_no_empty_lines() {
    assert_eq!(cleaned("Java", "", "SQL").combined_text, "Java\nSQL");
    assert_eq!(cleaned("", "", "").combined_text, "");
    assert_eq!(cleaned("", "<p> </p>", "").unusable_reason, Some(UnusableReason::TooShort));
}

#[test]
fn more_than_fifty_words_are_needed() {
    let text = |words: usize| "experiencia ".repeat(words - 1);
    let short = cleaned("Cajero", &text(50), "");
    assert_eq!((short.combined_word_count, short.unusable_reason), (50, Some(UnusableReason::TooShort)));
    assert_eq!(short.unusable_detail, "50 words, more than 50 needed");
    assert_ne!(cleaned("Cajero", &text(51), "").unusable_reason, Some(UnusableReason::TooShort));
}

#[test]
fn bullets_and_dashes_are_no_words() {
    assert_eq!(count_words("- uno • dos – 3 | C++ 🚀 ¿qué?"), 5);
}

#[test]
fn another_language_is_rejected_and_named() {
    let text = "Estamos em busca de uma pessoa para atuar na área de vendas da nossa empresa, com experiência e disponibilidade para \
        viagens. Não é necessário ter ensino superior completo. Oferecemos vale refeição, plano de saúde e um ótimo ambiente de trabalho para \
        todos os nossos colaboradores, além de oportunidades de crescimento em uma equipe que está sempre aprendendo.";
    let ad = cleaned("Vendedor", text, "");
    assert_eq!((ad.unusable_reason, ad.unusable_detail.as_str()), (Some(UnusableReason::WrongLanguage), "detected pt"));
    let limits = Limits { languages: vec!["pt".to_owned()], ..Limits::default() };
    assert_eq!(clean(&AdText { description: text, ..AdText::default() }, &limits).unusable_reason, None);
}

#[test]
fn spam_says_why() {
    let text = format!("{SPANISH} Únete a nuestra red de mercadeo y gana dinero desde casa con ingresos ilimitados.");
    let ad = cleaned("Emprende", &text, "");
    assert_eq!(ad.unusable_reason, Some(UnusableReason::Spam));
    assert!(
        ad.unusable_detail.starts_with("spam: 'gana dinero desde casa', 'ingresos ilimitados'"),
        "{}",
        ad.unusable_detail
    );
}

#[test]
fn html_and_plain_posts_of_one_ad_are_duplicates() {
    let html = cleaned("Desarrollador Java Sr.", SPANISH, "");
    let plain = cleaned("Desarrollador Java Senior - Remoto", &html.description, "");
    assert!(is_duplicate(&html.signature, &plain.signature));
}

#[test]
fn buttons_of_the_page_are_removed() {
    assert_eq!(cleaned("", "Buena oferta\nShow more Show less", "").description, "Buena oferta");
}

#[test]
fn reasons_have_the_names_of_the_contract() {
    let reasons =
        [UnusableReason::TooShort, UnusableReason::WrongLanguage, UnusableReason::Spam, UnusableReason::Duplicate];
    assert_eq!(reasons.map(UnusableReason::as_str), ["too_short", "wrong_language", "spam", "duplicate"]);
}

#[test]
fn hostile_ads_are_cleaned_in_linear_time() {
    for piece in ["<", "&", "a ", "gana dinero ", "1 2 ", "@", "é", "<p>x ", "𝗣 ", "no ", "\0"] {
        let begin = std::time::Instant::now();
        let _ = cleaned(piece, &piece.repeat((1 << 20) / piece.len()), piece);
        assert!(begin.elapsed().as_secs() < 3, "{piece:?} took {:?}", begin.elapsed());
    }
}
