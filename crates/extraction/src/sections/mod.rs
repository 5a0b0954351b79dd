//! Which part of an ad a place belongs to: title, tasks, requirements, wishes, degrees, benefits, employer,
//! page furniture.
//!
//! A section starts at a heading: a line of its own, the words before a colon or a question mark, or (many
//! portals run an ad together in one line) a capitalised word that stands like one. Where headings are
//! silent, sentences tell: "Somos una empresa ..." is about the employer, "Buscamos un ..." asks. Wishes
//! ("Kafka (deseable)") and degrees are marked for their own clause only.
//!
//! [`words`] reads the text, [`cues`] holds the phrases, [`paint`] gives each word its section.

mod cues;
mod paint;
mod words;

use cues::Cues;
use words::Word;

/// Part of an ad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// The ad's title.
    Title,
    /// What the person will do.
    Responsibilities,
    /// What the person must bring.
    Requirements,
    /// What would be welcome.
    Desirable,
    /// What the employer offers.
    Benefits,
    /// About the employer.
    About,
    /// A degree that is asked for.
    Education,
    /// What the portal put around the ad: menus, form fields.
    Portal,
    /// Nothing says.
    #[default]
    Body,
}

impl Section {
    /// The name stored as `source_section`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Responsibilities => "responsibilities",
            Self::Requirements => "requirements",
            Self::Desirable => "desirable",
            Self::Benefits => "benefits",
            Self::About => "about",
            Self::Education => "education",
            Self::Portal => "portal",
            Self::Body => "body",
        }
    }
}

/// A stretch of the text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SectionRange {
    /// Which part.
    pub section: Section,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

/// Cuts `text` into sections that cover it without gap or overlap, in order. The first `title_len` bytes
/// are the title (0: none); a length inside a character or past the end is taken down to a valid one.
pub fn sections(text: &str, title_len: usize) -> Vec<SectionRange> {
    let title_len = text.floor_char_boundary(title_len);
    let mut ranges = Vec::with_capacity(32);
    if title_len > 0 {
        push(&mut ranges, Section::Title, 0);
    }
    // Places of words are kept in 32 bits.
    if title_len < text.len() && u32::try_from(text.len()).is_ok() {
        let cues = Cues::get();
        let words = words::scan(text, title_len, &cues.vocabulary);
        let painted = paint::paint(&words, &cues.find(&words), cues);
        gather(text, title_len, &words, &painted, &mut ranges);
    } else if title_len < text.len() {
        push(&mut ranges, Section::Body, title_len);
    }
    for i in 0..ranges.len() {
        ranges[i].end = ranges.get(i + 1).map_or(text.len(), |next| next.start);
    }
    ranges
}

/// Joins words of one section to ranges; signs before a word (".NET", "¿Qué") go with it.
fn gather(text: &str, from: usize, words: &[Word], painted: &[Section], ranges: &mut Vec<SectionRange>) {
    let mut previous_end = from;
    push(ranges, painted.first().copied().unwrap_or_default(), from);
    let mut current = painted.first().copied();
    for (word, &section) in words.iter().zip(painted) {
        if current != Some(section) {
            current = Some(section);
            let between = &text[previous_end..word.start as usize];
            let rest = between.trim_end_matches(['.', '¿', '¡', '(', '[', '#', '"', '“']);
            // A full stop glued to the word before ends that one.
            let own = if rest.is_empty() { between.trim_start_matches('.') } else { &between[rest.len()..] };
            push(ranges, section, word.start as usize - own.len());
        }
        previous_end = word.end as usize;
    }
}

/// The section of a byte position; `ranges` as [`sections`] gives them.
pub fn section_at(ranges: &[SectionRange], position: usize) -> Section {
    let after = ranges.partition_point(|r| r.start <= position);
    after.checked_sub(1).map_or(Section::Body, |i| ranges[i].section)
}

fn push(ranges: &mut Vec<SectionRange>, section: Section, start: usize) {
    if ranges.last().is_none_or(|last| last.section != section) {
        ranges.push(SectionRange { section, start, end: start });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn section_of_word(text: &str, word: &str) -> Section {
        section_at(&sections(text, 0), text.find(word).unwrap())
    }

    /// Checks the section of each of several words.
    fn check(text: &str, expected: &[(&str, Section)]) {
        for (word, section) in expected {
            assert_eq!(section_of_word(text, word), *section, "{word} in {text}: {:?}", sections(text, 0));
        }
    }

    use Section::*;

    #[test]
    fn heading_lines_start_sections_in_three_languages() {
        check(
            "Hola.\n\nRequisitos:\n- Python\n\nDeseable\n- Go\nWhat we offer\n- Snacks\nAbout us\nWe use Java.",
            &[("Hola", Body), ("Python", Requirements), ("Go", Desirable), ("Snacks", Benefits), ("Java", About)],
        );
        check(
            "Responsabilidades e atribuições\nCriar APIs\nRequisitos e qualificações\nKotlin\nDiferenciais\nHelm\n\
             O que oferecemos\nFesta\nSobre nós\nLinux",
            &[
                ("APIs", Responsibilities),
                ("Kotlin", Requirements),
                ("Helm", Desirable),
                ("Festa", Benefits),
                ("Linux", About),
            ],
        );
        check(
            "What You'll Do\nShip Rust\nMinimum Qualifications\nKnow Go\nPreferred Qualifications\nKnow Zig",
            &[("Rust", Responsibilities), ("Go", Requirements), ("Zig", Desirable)],
        );
    }

    #[test]
    fn headings_inside_a_line_start_sections() {
        check(
            "Proyectos dinámicos.Responsabilidades y tareas: Diseñar APIs. Requisitos deseables: Kafka. ¿Qué ofrecemos? \
             Regalos",
            &[("APIs", Responsibilities), ("Kafka", Desirable), ("Regalos", Benefits)],
        );
        check(
            "Un equipo de expertosRequisitos Experiencia en Java Responsabilidades Diseñar APIs 🎁 Beneficios Regalos",
            &[("Java", Requirements), ("APIs", Responsibilities), ("Regalos", Benefits)],
        );
        check(
            "Trabajo en Colombia.REQUISITOS: Java y Go. FUNCIONES crear APIs. BENEFICIOS: regalos",
            &[("Java", Requirements), ("APIs", Responsibilities), ("regalos", Benefits)],
        );
        check(
            "The team is small Requirements Knows Java - Nice to have - Kafka - Zig only Benefits Gifts",
            &[("Java", Requirements), ("Kafka", Desirable), ("Zig", Desirable), ("Gifts", Benefits)],
        );
        check("Debe cumplir los siguientes requisitos: Java", &[("Java", Requirements)]);
    }

    #[test]
    fn items_and_sentences_are_not_headings() {
        check(
            "Tareas:\nExperiencia en SQL\nBeneficios para el equipo de desarrollo serán definidos luego.\nfin",
            &[("SQL", Responsibilities), ("fin", Responsibilities)],
        );
        check(
            "Tareas: entender los requisitos del cliente y sus beneficios. Análisis de Requisitos Funcionales. Medir \
             conocimientos en SQL. Manage Business Requirements Documents. Usar Go",
            &[("cliente", Responsibilities), ("SQL", Responsibilities), ("Go", Responsibilities)],
        );
    }

    #[test]
    fn a_field_among_the_lines_holds_for_itself() {
        check(
            "Requisitos:\n- Java\nHorario: 9 a 18\n- Kafka\n",
            &[("Java", Requirements), ("18", Benefits), ("Kafka", Requirements)],
        );
        check("Sobre nosotros\nUsamos Cobol\n- Experiencia en Java\n", &[("Cobol", About), ("Java", Requirements)]);
    }

    #[test]
    fn a_wish_reaches_to_the_end_of_its_item() {
        let text = "Requisitos: Java. Deseable: Kafka. SQL. Spring (deseable). Redis. Se valorará Docker y Helm. Git.";
        check(
            text,
            &[
                ("Java", Requirements),
                ("Kafka", Desirable),
                ("SQL", Requirements),
                ("Spring", Desirable),
                ("Redis", Requirements),
                ("Helm", Desirable),
                ("Git", Requirements),
            ],
        );
        for wish in [
            "Deseable conocimiento en Kafka",
            "Kafka (plus)",
            "Saber Kafka será un plus",
            "Se valorará Kafka",
            "Kafka, no excluyente",
            "Nice to have: Kafka",
            "Kafka is a plus",
            "Kafka preferred",
            "Preferiblemente Kafka",
            "Suma que traigas Kafka",
            "A considerar: Kafka",
            "Valoramos experiencia en Kafka",
            "Kafka será um diferencial",
        ] {
            let text = format!("Requisitos:\n- Java\n- {wish}\n- Redis\n");
            check(&text, &[("Java", Requirements), ("Kafka", Desirable), ("Redis", Requirements)]);
        }
    }

    #[test]
    fn a_wish_in_a_sentence_starts_at_its_word() {
        check(
            "Requisitos: saber Java, deseable Kafka. Go",
            &[("Java", Requirements), ("Kafka", Desirable), ("Go", Requirements)],
        );
        check(
            "Requisitos: Java (excluyente), Kafka (deseable), Go",
            &[("Java", Requirements), ("Kafka", Desirable), ("Go", Requirements)],
        );
    }

    #[test]
    fn what_is_indispensable_is_no_wish() {
        check(
            "Deseables:\n- Kafka\n- Java (excluyente)\n- Go (no excluyente)\n",
            &[("Kafka", Desirable), ("Java", Requirements), ("Go", Desirable)],
        );
    }

    #[test]
    fn sentences_tell_the_employer_from_the_job() {
        check(
            "Somos una empresa líder en soluciones cloud. Con presencia en 25 países. Buscamos un desarrollador Java. Serás \
             responsable de crear APIs.",
            &[("cloud", About), ("25", About), ("Java", Requirements), ("APIs", Responsibilities)],
        );
        check(
            "Importante empresa de software requiere desarrollador con Java. Salario competitivo, prepaga, clases de inglés \
             y capacitación en Scrum.",
            &[("software", About), ("Java", Requirements), ("Scrum", Benefits)],
        );
        check(
            "Acme is a leading cloud company. We are looking for a Java developer. You will build APIs. Acme is an equal \
             opportunity employer using Taleo.",
            &[("cloud", About), ("Java", Requirements), ("APIs", Responsibilities), ("Taleo", About)],
        );
        check("Ofrecemos soluciones de Cloud. Ofrecemos contrato y Udemy.", &[("Cloud", About), ("Udemy", Benefits)]);
        check(
            "Somos uma consultoria de dados. Buscamos uma pessoa com Python.",
            &[("dados", About), ("Python", Requirements)],
        );
    }

    #[test]
    fn page_furniture_is_the_portals() {
        let text = "Sueldos Blog Publicar vacante Regístrate Inicia sesión window.foo = true; Copiar enlace Compartir en facebook \
                    Sobre el empleo Categoría: Tecnologías de la Información - Sistemas Subcategoría: Desarrollo de software - \
                    Programador Educación mínima requerida: Universitario titulado Detalles Contratación: Tiempo completo \
                    Espacio de trabajo: Presencial Beneficios Fondo de ahorro Descripción Usamos Java. Requisitos Experiencia en Go";
        check(
            text,
            &[
                ("Blog", Portal),
                ("foo", Portal),
                ("Desarrollo", Portal),
                ("titulado", Portal),
                ("Fondo", Portal),
                ("Java", Body),
                ("Go", Requirements),
            ],
        );
        check(
            "Uses Java. Seniority level Mid-Senior level Employment type Full-time Job function Engineering and Information \
             Technology Industries IT Services",
            &[("Java", Body), ("Engineering", Portal), ("Services", Portal)],
        );
        check(
            "Hace 3 días\nPostularme\nRequerimientos- Educación mínima: Universidad / Carrera Profesional- 3 años de \
             experiencia- Conocimientos: Java, SQL",
            &[("días", Portal), ("Universidad", Portal), ("Java", Requirements)],
        );
        check("Requisitos: usar window y manejo de cookies, sign in con SSO", &[("SSO", Requirements)]);
    }

    #[test]
    fn a_degree_is_marked_to_its_end() {
        check(
            "Requisitos: Ingeniería de Sistemas, Ciencias de la Computación o carreras afines con experiencia en Java. Go",
            &[("Sistemas", Education), ("Computación", Education), ("Java", Requirements), ("Go", Requirements)],
        );
        check(
            "Requirements:\n- Bachelor's degree in Computer Science or related field and 3 years of Java\n- Go",
            &[("Computer", Education), ("Java", Requirements), ("Go", Requirements)],
        );
        check(
            "Requisitos: experiencia en ingeniería de datos con Spark",
            &[("datos", Requirements), ("Spark", Requirements)],
        );
        check(
            "Requisitos: Superior completo em Computação. Java",
            &[("Computação", Education), ("Java", Requirements)],
        );
    }

    #[test]
    fn words_are_cut_where_a_small_letter_meets_a_capital() {
        check("Sabemos de UIRequisitos: Java. PostgreSQLBeneficios: regalos", &[("Java", Requirements)]);
        check("Somos un equipo felizBeneficios: regalos", &[("regalos", Benefits)]);
        check("Cre\u{301}dito.¿Que\u{301} ofrecemos? Regalos", &[("Regalos", Benefits)]);
    }

    #[test]
    fn dots_in_names_end_no_sentence() {
        check(
            "Requisitos: Java. Deseable Node.JS y ASP.NET o .NET Core con Vue.Js y Kafka. Go",
            &[("Kafka", Desirable), ("Go", Requirements)],
        );
    }

    #[test]
    fn sections_cover_the_text_and_the_title_is_its_own() {
        let text = "Título ñ\nRequisitos: x";
        let ranges = sections(text, "Título ñ".len());
        assert_eq!(ranges[0].section, Section::Title);
        assert_eq!(ranges[0].start, 0);
        assert_eq!(ranges.last().unwrap().end, text.len());
        assert!(ranges.windows(2).all(|w| w[0].end == w[1].start));
        sections("é", 1);
        sections("ABÉabc ÁÉÍabc ABC\u{301}abc ŁŁŁłłł", 0);
        assert!(sections("", 0).is_empty());
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        let units = [
            ":",
            "a:",
            "Requisitos ",
            "deseable excluyente ",
            "a plus ",
            "(deseable), ",
            "related field ",
            "é",
            "¿",
            "- ",
        ];
        for unit in units {
            let started = std::time::Instant::now();
            sections(&unit.repeat(1_000_000 / unit.len()), 0);
            // Quadratic time would take minutes.
            assert!(started.elapsed().as_secs() < 10, "{unit}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_covered(
            words in prop::collection::vec(
                "(Requisitos|deseable|\\(plus\\)|Somos una|[ÁÉA]{3}[aé]{3}|[:.?\\n•ñ]|\\PC{0,3}| )",
                0..40,
            ),
            title in 0usize..20,
        ) {
            let text = words.concat();
            let ranges = sections(&text, title);
            prop_assert!(ranges.windows(2).all(|w| w[0].end == w[1].start && w[0].start < w[0].end));
            prop_assert!(ranges.iter().all(|r| text.get(r.start..r.end).is_some()));
            prop_assert_eq!(ranges.last().map_or(0, |r| r.end), text.len());
        }
    }
}
