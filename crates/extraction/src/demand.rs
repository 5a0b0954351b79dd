//! What an ad says about a skill that it names: years, level, version, necessity, negation.
//!
//! The lines that name skills are read word by word; every clause (sentence, line, bullet) is judged once,
//! its facts handed to the mentions that they belong to. A fact before a list is that of the list, a fact in
//! brackets or right behind a mention is that of the mention.

mod clause;
mod version;
mod words;

use clause::Clause;
use words::Token;

/// How well a skill must be known; languages also by the European framework.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Basic, notions, familiarity.
    Basic,
    /// Intermediate, conversational.
    Intermediate,
    /// Advanced, strong, solid, fluent.
    Advanced,
    /// Expert.
    Expert,
    /// Native or bilingual.
    Native,
    /// CEFR A1.
    A1,
    /// CEFR A2.
    A2,
    /// CEFR B1.
    B1,
    /// CEFR B2.
    B2,
    /// CEFR C1.
    C1,
    /// CEFR C2.
    C2,
}

impl Level {
    /// The name to store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Intermediate => "intermediate",
            Self::Advanced => "advanced",
            Self::Expert => "expert",
            Self::Native => "native",
            Self::A1 => "A1",
            Self::A2 => "A2",
            Self::B1 => "B1",
            Self::B2 => "B2",
            Self::C1 => "C1",
            Self::C2 => "C2",
        }
    }
}

/// Whether a skill must or may be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Necessity {
    /// Without it no job.
    Required,
    /// Welcome.
    Desirable,
    /// The clause does not say.
    #[default]
    Unstated,
}

impl Necessity {
    /// The name to store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Desirable => "desirable",
            Self::Unstated => "unstated",
        }
    }
}

/// What the ad says about one mention.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Demand {
    /// Least years of experience.
    pub years_min: Option<f32>,
    /// Most years of experience.
    pub years_max: Option<f32>,
    /// How well.
    pub level: Option<Level>,
    /// Where the version stands (bytes, half open): `8+`, `3.x`, `8, 11 o 17`. Means something for products only:
    /// "Systems Analyst 3" has one too.
    pub version: Option<(usize, usize)>,
    /// Must or may.
    pub necessity: Necessity,
    /// The ad says that it is not asked for.
    pub negated: bool,
}

impl Demand {
    /// The version as written; `text` is the one that the demand was read from.
    pub fn version_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.version.and_then(|(start, end)| text.get(start..end))
    }
}

/// What `text` says about the mentions at `spans` (bytes, in order, not overlapping): answer i belongs to
/// span i. A span that is out of order or out of the text gets the empty answer.
pub fn demands(text: &str, spans: &[(usize, usize)]) -> Vec<Demand> {
    let mut found = vec![Demand::default(); spans.len()];
    let mut ranks = Vec::new();
    words::read(text, spans, &mut found, |tokens, found| {
        let mut mentions = tokens.iter().filter_map(Token::mention);
        let Some(first) = mentions.next() else {
            return;
        };
        let last = mentions.next_back().unwrap_or(first);
        if let Some(found) = found.get_mut(first..=last) {
            ranks.clear();
            ranks.resize(found.len(), clause::Rank::default());
            Clause { text, tokens, first, found, ranks: &mut ranks, silent: false }.judge();
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Takes the braces out of `text`; what stood in them are the mentions.
    fn marked(text: &str) -> (String, Vec<(usize, usize)>) {
        let (mut plain, mut spans, mut start) = (String::new(), Vec::new(), 0);
        for c in text.chars() {
            match c {
                '{' => start = plain.len(),
                '}' => spans.push((start, plain.len())),
                _ => plain.push(c),
            }
        }
        (plain, spans)
    }

    /// The demands in short: `3-5 advanced v8 ! ? not`; `-` for nothing.
    fn short(text: &str) -> String {
        let (plain, spans) = marked(text);
        let one = |d: &Demand| {
            let mut said = Vec::new();
            let years = |y: Option<f32>| y.map(|y| y.to_string()).unwrap_or_default();
            match (d.years_min, d.years_max) {
                (None, None) => {}
                (min, None) => said.push(format!("{}+", years(min))),
                (min, max) => said.push(format!("{}-{}", years(min), years(max))),
            }
            said.extend(d.level.map(|l| l.as_str().to_owned()));
            said.extend(d.version_in(&plain).map(|v| format!("v{v}")));
            match d.necessity {
                Necessity::Required => said.push("!".to_owned()),
                Necessity::Desirable => said.push("?".to_owned()),
                Necessity::Unstated => {}
            }
            if d.negated {
                said.push("not".to_owned());
            }
            if said.is_empty() { "-".to_owned() } else { said.join(" ") }
        };
        demands(&plain, &spans).iter().map(one).collect::<Vec<_>>().join(" | ")
    }

    #[track_caller]
    fn check(cases: &[(&str, &str)]) {
        let wrong: Vec<String> = cases
            .iter()
            .map(|(text, expected)| (text, expected, short(text)))
            .filter(|(_, expected, got)| *expected != got)
            .map(|(text, expected, got)| format!("{text}\n   expected {expected}\n   got      {got}"))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn years_before_a_list_are_those_of_the_list() {
        check(&[
            ("3 años de experiencia en {Java}", "3+"),
            ("Mínimo 2 a 5 años de experiencia en {Java} y {Go}", "2-5 | 2-5"),
            ("+4 años de experiencia con {Java}", "4+"),
            ("4+ years of experience with {React}, {Node} and {Go}", "4+ | 4+ | 4+"),
            ("Al menos un (1) año de experiencia en {Java}", "1+"),
            ("Más de cinco años de experiencia en {SQL}", "5+"),
            ("6 meses de experiencia en {SQL}", "0.5+"),
            ("Experiencia de 3 años en {SQL}", "3+"),
            ("Experience: 5 years in {SQL}", "5+"),
            ("5 anos de experiência com {Java} e {Docker}", "5+ | 5+"),
            ("At least three years working with {Java}/{Kotlin}", "3+ | 3+"),
            ("De 6 meses a 1 año de experiencia en {SQL}", "0.5-1"),
            ("8+yrs exp with {SQL}", "8+"),
            ("6 plus years of experience in {ETL}", "6+"),
            ("Un año y medio de experiencia en {ETL}", "1.5+"),
            ("Hasta 3 años de experiencia en {Java}", "-3"),
            ("Por lo menos 3 años de experiencia en {Java}", "3+"),
            ("Menos de 2 años de experiencia en {Java}", "-2"),
            ("Entre 3 y 5 años de experiencia en {Java}", "3-5"),
            ("Experiencia mayor a 3 años en {Java}", "3+"),
            ("3 años de experiencia como desarrollador {Java}", "3+"),
            ("3 años o más de experiencia en {Java}", "3+"),
            ("3 años de experiencia en {Java}, {Go} (2 años) y {Rust}", "3+ | 2+ | 3+"),
        ]);
    }

    #[test]
    fn years_at_a_mention_are_its_own() {
        check(&[
            ("{Python} (3 años), {Go}", "3+ | -"),
            ("{Java}: 5 años, {Go}: 2 años", "5+ | 2+"),
            ("Con {Java} (de 2 a 4 años) y {Go}", "2-4 | -"),
            ("{Java} 5 años, {Python} 3 años", "5+ | 3+"),
            ("{Java} 5 años {Python} 3 años", "5+ | 3+"),
            ("5 years {Java}, 3 years {Python}", "5+ | 3+"),
            ("5 years {Java} 3 years {Python}", "5+ | 3+"),
            ("Experiencia en {Java} y {Spring} de al menos 3 años", "3+ | 3+"),
            ("Experiencia en {Java}, {Node} y {Go}, mínimo 3 años", "3+ | 3+ | 3+"),
            ("{Java} (mínimo 3 años de experiencia), {Go}", "3+ | -"),
            ("{Hyperion}: 10 years (Required)", "10+ !"),
        ]);
    }

    #[test]
    fn other_years_are_none_of_experience() {
        check(&[
            ("Empresa con 20 años en el mercado de {software}", "-"),
            ("Mayor de 25 años con {Java}", "-"),
            ("Contrato por 2 años, {Java}", "-"),
            ("Somos una consultora con 9 años de experiencia en {Java}", "-"),
            ("Proyecto de 6 meses con {Java}", "-"),
            ("Edad: 25 a 35 años, {Java}", "-"),
            ("Últimos 3 años del título, {Java}", "-"),
            ("Durante los primeros 6 meses usarás {Java}", "-"),
            ("3 años de experiencia en puestos similares, manejo de {Java}", "-"),
            ("3 años de experiencia. {Java}", "-"),
            ("3 años de experiencia con clientesDeseable: {Java}", "?"),
            ("3 años de experiencia en ventas y un fuerte {compromiso}", "-"),
            ("Invertimos en {IA} por más de 20 años", "-"),
            ("Bachelor in {computer science} with 10 years of experience", "-"),
            ("3 años de experiencia en {Java}, inglés y conocimientos de {SQL}", "3+ | -"),
            ("3 años de experiencia en {Java}, {inglés} avanzado", "3+ | advanced"),
            ("3 años de experiencia en {Java} y con {dominio del inglés}", "3+ | -"),
            ("3 años de experiencia en {Java}\n- {Docker}", "3+ | -"),
            ("3 años de experiencia en {Java}, deseable {Kafka}", "3+ | ?"),
        ]);
    }

    #[test]
    fn levels_stand_behind_before_or_with_a_noun() {
        check(&[
            ("{SQL} avanzado, {Java}", "advanced | -"),
            ("{Inglés} B2 o superior", "B2"),
            ("Nivel intermedio de {inglés}", "intermediate"),
            ("Advanced {English}", "advanced"),
            ("Dominio avanzado de {Excel}", "advanced"),
            ("{Excel} (intermedio), {Word}", "intermediate | -"),
            ("Conocimientos básicos en {Docker} y {Kubernetes}", "basic | basic"),
            ("Sólidos conocimientos de {Java}", "advanced"),
            ("Strong knowledge of {Java}, {Spring} and {SQL}", "advanced | advanced | advanced"),
            ("Expert in {Kubernetes}", "expert"),
            ("Basic understanding of {Docker}", "basic"),
            ("{Inglés} fluido", "advanced"),
            ("Fluent in {English} and {Spanish}", "advanced | advanced"),
            ("{Español} nativo, {inglés} bilingüe", "native | native"),
            ("Deseable {inglés} técnico", "?"),
            ("{Inglés}: Intermedio - Avanzado", "intermediate"),
            ("{Excel} a nivel avanzado y {Word}", "advanced | -"),
            ("{Inglés} avanzado y conocimientos básicos de {SQL}", "advanced | basic"),
            ("{Inglés} oral y escrito avanzado", "advanced"),
            ("{Inglés} (oral y escrito): B1/B2", "B1"),
            ("Nivel medio de {inglés}", "intermediate"),
            ("Strong {SQL} skills", "advanced"),
            ("Nociones de {Docker} y {Linux}", "basic | basic"),
            ("Familiarity with {Docker}", "basic"),
            ("Solid hands-on experience with {AWS}", "advanced"),
            ("{Excel} y {Word} avanzados", "advanced | advanced"),
            ("Conhecimentos avançados em {Java}", "advanced"),
            ("{Inglês} intermediário", "intermediate"),
            ("Alto nivel de {inglés}", "advanced"),
            ("Conocimientos avanzados de {SQL} ({Oracle}, {MySQL} básico)", "advanced | advanced | basic"),
        ]);
    }

    #[test]
    fn words_of_level_may_be_about_something_else() {
        check(&[
            ("Mid-level {Java} developer", "-"),
            ("Senior {Java} Developer", "-"),
            ("Estudiante avanzado de Sistemas con {Java}", "-"),
            ("Advanced degree in {Computer Science}", "-"),
            ("Desarrollo nativo en {Android}", "-"),
            ("Clase A1 y {Java}", "-"),
            ("Ensure a high level of {data quality}", "-"),
            ("Relaciones de alto nivel ({B2B} y {B2C})", "- | -"),
            ("{Python} con técnicas avanzadas", "-"),
            ("{SQL}. Avanzado en su carrera", "-"),
            ("Conocimientos básicos de {Excel}, capacidad de {trabajo en equipo}", "basic | -"),
        ]);
    }

    #[test]
    fn versions_stand_right_behind() {
        check(&[
            ("{Java} 8+", "v8+"),
            ("{Java} 8, 11 o 17", "v8, 11 o 17"),
            ("{Python} 3.x y {Go}", "v3.x | -"),
            ("{Angular} 12+, {React}", "v12+ | -"),
            ("{Angular} v14", "v14"),
            ("{Angular} (v12+)", "v12+"),
            ("{.NET Core} 3.1", "v3.1"),
            ("{PHP} >= 7.4", "v>= 7.4"),
            ("{Spring Boot} 2.7 y 3 años de experiencia", "v2.7"),
            ("{Java} 8 o superior", "v8 o superior"),
            ("{PHP} 7/8", "v7/8"),
            ("{Oracle} 19c", "v19c"),
            ("{SQL Server} 2019", "v2019"),
            ("{Java} versión 17", "v17"),
            ("{Java} 8 (3 años) y {Go}", "3+ v8 | -"),
            ("Experiencia en {Java} 8. Inglés", "v8"),
        ]);
    }

    #[test]
    fn other_numbers_are_no_versions() {
        check(&[
            ("{Java} 5 años", "5+"),
            ("{Java} 3 a 5 años", "3-5"),
            ("{Java} 5+ years", "5+"),
            ("{Python} 10 vacantes", "-"),
            ("{Python} 55 1234 5678", "-"),
            ("{Soporte} 24x7", "-"),
            ("{Soporte} 555-1234", "-"),
            ("1. {Java} 2. {SQL} 3. {Go}", "- | - | -"),
            ("{Java} 50%", "-"),
            ("{Java} 2.500 USD", "-"),
            ("{Java} 3 días por semana", "-"),
            ("{Java}\n8 horas", "-"),
            ("{JavaScript} 2 Preferred Experience", "?"),
            ("{Hardware} 1/10/25/40GBASE", "-"),
            ("{Soporte} 8:30 a 17:30", "-"),
        ]);
    }

    #[test]
    fn necessity_is_read_before_and_behind() {
        check(&[
            ("{SQL} (excluyente), {Go} (deseable)", "! | ?"),
            ("Deseable conocimiento en {Kafka} y {Redis}", "? | ?"),
            ("Imprescindible {SQL}, {inglés} deseable", "! | ?"),
            ("Must have {Java}; nice to have: {Go}", "! | ?"),
            ("{Java} is required and {Kafka} is a plus", "! | ?"),
            ("Experience with {AWS}, {GCP} and {Azure} is a plus", "? | ? | ?"),
            ("{Java} (no excluyente)", "?"),
            ("Manejo de {SAP}, no excluyente", "?"),
            ("{Java}, {Python} deseable", "- | ?"),
            ("{Java} y {Python} deseables", "? | ?"),
            ("Se valorará experiencia en {Docker}", "?"),
            ("Se requiere {Java}", "!"),
            ("Excluyente: {Java}, {Go}", "! | !"),
            ("Desejável conhecimento em {Docker}", "?"),
            ("{Inglês} obrigatório", "!"),
            ("{Docker} será um diferencial", "?"),
            ("Preferred: {Go}", "?"),
            ("The ideal candidate knows {Go}", "-"),
            ("La persona ideal sabe {Go}", "-"),
            ("Use {Go} if required", "-"),
            ("Tendrás la formación necesaria para {Go}", "-"),
            ("6 plus years with {Go}", "6+"),
            ("Se prefiere {Jira}, pero no es indispensable", "?"),
            ("{Inglés} avanzado oral y escrito excluyente", "advanced !"),
        ]);
    }

    #[test]
    fn negation_reaches_to_the_end_or_to_but() {
        check(&[
            ("No se requiere experiencia en {SAP}", "not"),
            ("No se requiere experiencia en {SAP} pero sí {Excel}", "not | -"),
            ("Sin experiencia en {Java}", "not"),
            ("No es necesario saber {inglés}", "not"),
            ("{Inglés}: no requerido, {Java}", "not | -"),
            ("{SAP} not required", "not"),
            ("No need for {SAP} or {Oracle}", "not | not"),
            ("No prior experience with {SAP} needed", "not"),
            ("You don't need to know {Rust}", "not"),
            ("No es un rol de {frontend}", "not"),
            ("This is not a {frontend} role", "not"),
            ("Abstenerse perfiles de {frontend}", "not"),
            ("Não é necessário {inglês}", "not"),
            ("Sem necessidade de {inglês}", "not"),
            ("Java (not {JavaScript})", "not"),
            ("No hace falta {inglés}", "not"),
        ]);
    }

    #[test]
    fn not_every_no_is_a_negation() {
        check(&[
            ("No solo {Java}, sino también {Go}", "- | -"),
            ("Not only {Java} but also {Go}", "- | -"),
            ("{Java} no excluyente", "?"),
            ("No menos de 3 años de experiencia en {Java}", "3+"),
            ("{AWS} not required but a plus", "?"),
            ("Si no sabes {Java} abstenerse", "-"),
            ("No postular sin experiencia en {Java}, abstenerse", "-"),
            ("Experiência no {Docker}", "-"),
            ("No dudes en postular si sabes {Java}", "-"),
            ("Trabajo sin horarios con {Java}", "-"),
            ("Experiência no uso de {Docker}", "-"),
            ("{Python} (no es necesario programar)", "-"),
            ("Manejo de {IA}, aunque no es requisito indispensable", "?"),
            ("Experience is desired but not required: {Payroll}", "?"),
            ("They don't need {IDQ} or {IICS}, they need {SQL}", "not | not | -"),
        ]);
    }

    #[test]
    fn clauses_end_where_sentences_do() {
        check(&[
            ("{Node.js} avanzado", "advanced"),
            ("Exp. mín. 3 años en {Java}", "3+"),
            ("2.5 años de experiencia en {Java}", "2.5+"),
            ("3 años de experiencia (e.g. {Java})", "3+"),
            ("Deseable {Java}.Requisitos {Go}", "? | -"),
            ("Deseable {Java} • {Go}", "? | -"),
            ("Deseable {Java}\n{Go}", "? | -"),
            ("", ""),
        ]);
    }

    #[test]
    fn long_clauses_take_linear_time() {
        for piece in
            ["Java deseable, no 3 años ", "abstenerse sin Java ", "Java", "inglés fluido ", "8", "nivel de alto (Java"]
        {
            let text = piece.repeat(20_000);
            let spans: Vec<_> = text.match_indices("Java").map(|(at, found)| (at, at + found.len())).collect();
            assert_eq!(demands(&text, &spans).len(), spans.len());
            let every: Vec<_> = text.char_indices().map(|(at, c)| (at, at + c.len_utf8())).collect();
            assert_eq!(demands(&text, &every).len(), every.len());
        }
    }

    #[test]
    fn strange_spans_get_the_empty_answer() {
        let found = demands("Ñ Java avanzado", &[(1, 3), (3, 7), (0, 2), (90, 99), (7, 3)]);
        assert_eq!(found.len(), 5);
        assert_eq!(found[1].level, Some(Level::Advanced));
        assert_eq!(found[0], Demand::default());
    }

    fn piece() -> impl Strategy<Value = String> {
        let known = prop::sample::select(vec![
            "Java",
            "Inglés",
            "3 años",
            "de experiencia",
            " en ",
            ", ",
            " y ",
            "(",
            ")",
            ": ",
            ". ",
            "\n",
            " - ",
            "avanzado",
            "nivel",
            "B2",
            "no",
            "se requiere",
            "sin",
            "deseable",
            "a plus",
            "abstenerse",
            "pero",
            " 8+",
            " 3.x",
            " v",
            ">=",
            "≥",
            "ñ",
            "🐍",
            "e\u{301}",
            "'",
            "’t",
            "don't",
            "must have",
            "conocimientos",
            "básicos",
            "1",
            "años",
            "+",
            "–",
            " ",
        ]);
        prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()]
    }

    proptest! {
        #[test]
        fn any_text_and_spans_give_one_answer_each(
            pieces in prop::collection::vec((piece(), any::<bool>(), any::<bool>()), 0..40)
        ) {
            let (mut text, mut spans) = (String::new(), Vec::new());
            for (piece, is_span, space) in &pieces {
                let start = text.len();
                text.push_str(piece);
                if *is_span {
                    spans.push((start, text.len()));
                }
                if *space {
                    text.push(' ');
                }
            }
            let found = demands(&text, &spans);
            prop_assert_eq!(found.len(), spans.len());
            for demand in &found {
                prop_assert!(demand.version.is_none() || demand.version_in(&text).is_some());
            }
        }
    }
}
