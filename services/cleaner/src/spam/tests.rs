use super::{assess, telephones};

#[track_caller]
fn spam(title: &str, company: &str, text: &str) {
    let found = assess(title, company, text);
    assert!(found.is_spam(), "not taken for spam: {found:?}");
    assert!(!found.reasons.is_empty());
}

#[track_caller]
fn honest(title: &str, company: &str, text: &str) {
    let found = assess(title, company, text);
    assert!(!found.is_spam(), "taken for spam: {found:?}");
}

#[test]
fn pyramids_and_income_without_limit_are_spam() {
    spam(
        "Trabaja desde casa",
        "",
        "Gana dinero desde casa con ingresos ilimitados. Sé tu propio jefe. Escríbeme al WhatsApp 5512345678. Cupos limitados.",
    );
    spam(
        "Emprendedores",
        "Equipo Éxito",
        "Únete a nuestra red de mercadeo y logra tu libertad financiera. Invita a tus amigos y gana. Oportunidad de negocio.",
    );
    spam(
        "Be your own boss",
        "",
        "Join our network marketing family and reach financial freedom with passive income. Message us on Telegram.",
    );
}

#[test]
fn paying_for_work_is_spam() {
    spam(
        "Auxiliar de vuelo",
        "",
        "Solo debes cubrir el costo de inscripción y el pago del curso. No se requiere experiencia. Mensaje por WhatsApp.",
    );
    spam(
        "Data entry",
        "",
        "Earn money online from home. You must pay a registration fee. No experience needed, contact us on WhatsApp.",
    );
    spam(
        "Programador Full Stack sin experiencia",
        "Instituto Futuro",
        "1. Aboná la matrícula de inscripción con 70 % de descuento. 2. Pagá el derecho de examen. No se realizan entrevistas \
         a quienes no hayan abonado. Promoción válida hasta agotar cupos.",
    );
    honest(
        "Ingeniero civil",
        "Constructora Norte",
        "Ofrecemos el pago de la matrícula profesional, derecho de examen para certificaciones y capacitación sin costo.",
    );
}

#[test]
fn trading_schemes_and_paid_likes_are_spam() {
    spam(
        "Asesor",
        "",
        "Invierte en criptomonedas con nuestro bot de trading y recibe rentabilidad diaria garantizada. Escribe por Telegram.",
    );
    spam(
        "Trabajo online",
        "",
        "Gana dinero desde casa dando likes en YouTube. Solo necesitas un celular. Pagos diarios por WhatsApp.",
    );
}

#[test]
fn keyword_stuffing_and_link_farms_are_spam() {
    spam("Ventas", "Empresa", &"empleo ventas empleo bogota trabajo ya ".repeat(30));
    let links: String = (0..15).map(|n| format!("Oferta https://sitio{n}.example/oferta ")).collect();
    spam("Ofertas", "Portal", &links);
    let telephones: String = (0..12).map(|n| format!("Sede {n}: 55 1234 567{n} ")).collect();
    spam("Llama ya", "", &telephones);
}

#[test]
fn a_real_ad_may_mention_whatsapp_commissions_and_experience() {
    honest(
        "Vendedor",
        "Comercial Andina",
        "Buscamos vendedores. Sueldo base más comisiones sin tope. Enviar hoja de vida por WhatsApp al 3001234567. No se requiere experiencia.",
    );
    honest(
        "Agente inmobiliario",
        "Inmobiliaria Sur",
        "Ingresos ilimitados según tus ventas, en tu propio negocio con el respaldo de la marca.",
    );
    honest(
        "Trader",
        "Bolsa Uno",
        "Experiencia en trading de criptomonedas, derivados y gestión de riesgo en una mesa de dinero.",
    );
    honest(
        "Developer",
        "Blockchain Co",
        "You will build services for bitcoin payments. Work from home, no experience needed.",
    );
}

#[test]
fn warnings_against_fraud_are_not_fraud() {
    honest(
        "Analista",
        "Banco",
        "Nunca solicitamos pago de inscripción ni costo del curso. No somos multinivel ni redes de mercadeo.",
    );
    honest(
        "Engineer",
        "Acme",
        "Beware of scams: we never ask candidates to pay a registration fee or an upfront payment, nor for passive income plans.",
    );
}

#[test]
fn phrases_count_only_as_whole_words() {
    honest("Ingeniero HTML", "Acme", "Manejo de HTMLmlm, plan binarios y dinero rapidos en XMLMLM; multinivelado.");
    assert_eq!(assess("", "Acme", "un sistema multinivelado").score, 0.0);
}

#[test]
fn telephones_are_runs_of_eight_digits_or_more() {
    assert_eq!(telephones("llama al 55 1234 5678 o (11) 4321-8765, de 9 a 18 hs, $ 1.200.000"), 2);
}
