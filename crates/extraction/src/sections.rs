//! Which part of an ad a place belongs to: title, tasks, requirements, wishes, benefits, employer.
//!
//! A section starts at a heading: a short line of its own, or the words before a colon or a question mark
//! (many portals run an ad together in one line: `... Requisitos: ... Ofrecemos: ...`). Headings are told
//! by the words they start with or, for wishes ("Requisitos deseables"), hold.

use crate::text::fold::fold_phrase;

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
    /// The portal's own words.
    Portal,
    /// Degrees.
    Education,
    /// No heading says.
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
            Self::Portal => "portal",
            Self::Education => "education",
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

/// Most words that a heading has.
const HEADING_WORDS: usize = 7;
/// Most bytes that a heading line has.
const HEADING_BYTES: usize = 70;

/// Words that turn any heading into one of wishes.
const DESIRABLE_WORDS: &[&str] = &[
    "deseable",
    "deseables",
    "deseado",
    "deseados",
    "deseadas",
    "desirable",
    "desired",
    "valorable",
    "valorables",
    "valorara",
    "valoraremos",
    "valora",
    "plus",
    "bonus",
    "preferred",
    "preferible",
    "preferibles",
    "opcional",
    "opcionales",
    "optional",
    "diferencial",
    "diferenciais",
    "desejavel",
    "desejaveis",
];

/// What headings start with, folded. Longer ones stand before their own beginnings.
const CUES: &[(&str, Section)] = &[
    ("nice to have", Section::Desirable),
    ("good to have", Section::Desirable),
    ("sera un plus", Section::Desirable),
    ("se valora", Section::Desirable),
    ("suma puntos", Section::Desirable),
    ("que ofrecemos", Section::Benefits),
    ("que te ofrecemos", Section::Benefits),
    ("te ofrecemos", Section::Benefits),
    ("ofrecemos", Section::Benefits),
    ("nosotros ofrecemos", Section::Benefits),
    ("se ofrece", Section::Benefits),
    ("la empresa ofrece", Section::Benefits),
    ("beneficio", Section::Benefits),
    ("beneficios", Section::Benefits),
    ("nuestros beneficios", Section::Benefits),
    ("prestaciones", Section::Benefits),
    ("compensacion", Section::Benefits),
    ("condiciones", Section::Benefits),
    ("salario", Section::Benefits),
    ("por que trabajar", Section::Benefits),
    ("benefits", Section::Benefits),
    ("our benefits", Section::Benefits),
    ("perks", Section::Benefits),
    ("what we offer", Section::Benefits),
    ("we offer", Section::Benefits),
    ("what you get", Section::Benefits),
    ("what s in it for you", Section::Benefits),
    ("why join", Section::Benefits),
    ("why work", Section::Benefits),
    ("compensation", Section::Benefits),
    ("o que oferecemos", Section::Benefits),
    ("oferecemos", Section::Benefits),
    ("que haras", Section::Responsibilities),
    ("que vas a hacer", Section::Responsibilities),
    ("cual sera tu", Section::Responsibilities),
    ("cuales seran tus", Section::Responsibilities),
    ("tu dia a dia", Section::Responsibilities),
    ("tus funciones", Section::Responsibilities),
    ("tu mision", Section::Responsibilities),
    ("tus responsabilidades", Section::Responsibilities),
    ("responsabilidad", Section::Responsibilities),
    ("responsabilidades", Section::Responsibilities),
    ("principales responsabilidades", Section::Responsibilities),
    ("principales funciones", Section::Responsibilities),
    ("principales tareas", Section::Responsibilities),
    ("principales actividades", Section::Responsibilities),
    ("funciones", Section::Responsibilities),
    ("tareas", Section::Responsibilities),
    ("actividades", Section::Responsibilities),
    ("las tareas", Section::Responsibilities),
    ("las funciones", Section::Responsibilities),
    ("sus principales", Section::Responsibilities),
    ("tus principales", Section::Responsibilities),
    ("descripcion del puesto", Section::Responsibilities),
    ("descripcion del cargo", Section::Responsibilities),
    ("objetivo del puesto", Section::Responsibilities),
    ("mision del cargo", Section::Responsibilities),
    ("responsibilities", Section::Responsibilities),
    ("key responsibilities", Section::Responsibilities),
    ("main responsibilities", Section::Responsibilities),
    ("your responsibilities", Section::Responsibilities),
    ("job responsibilities", Section::Responsibilities),
    ("duties", Section::Responsibilities),
    ("what you ll do", Section::Responsibilities),
    ("what you will do", Section::Responsibilities),
    ("what you ll be doing", Section::Responsibilities),
    ("the role", Section::Responsibilities),
    ("your role", Section::Responsibilities),
    ("a day in the life", Section::Responsibilities),
    ("atribuicoes", Section::Responsibilities),
    ("atividades", Section::Responsibilities),
    ("requisito", Section::Requirements),
    ("requisitos", Section::Requirements),
    ("requerimiento", Section::Requirements),
    ("requerimientos", Section::Requirements),
    ("los requisitos", Section::Requirements),
    ("principales requisitos", Section::Requirements),
    ("que buscamos", Section::Requirements),
    ("que necesitas", Section::Requirements),
    ("que pedimos", Section::Requirements),
    ("que requerimos", Section::Requirements),
    ("que conocimientos", Section::Requirements),
    ("que esperamos", Section::Requirements),
    ("buscamos", Section::Requirements),
    ("requerimos", Section::Requirements),
    ("perfil", Section::Requirements),
    ("tu perfil", Section::Requirements),
    ("el perfil", Section::Requirements),
    ("conocimiento", Section::Requirements),
    ("conocimientos", Section::Requirements),
    ("habilidades", Section::Requirements),
    ("competencias", Section::Requirements),
    ("experiencia", Section::Requirements),
    ("formacion", Section::Requirements),
    ("escolaridad", Section::Requirements),
    ("nivel academico", Section::Requirements),
    ("stack", Section::Requirements),
    ("tech stack", Section::Requirements),
    ("tecnologias", Section::Requirements),
    ("requirement", Section::Requirements),
    ("requirements", Section::Requirements),
    ("job requirements", Section::Requirements),
    ("minimum requirements", Section::Requirements),
    ("qualifications", Section::Requirements),
    ("required", Section::Requirements),
    ("basic qualifications", Section::Requirements),
    ("minimum qualifications", Section::Requirements),
    ("must have", Section::Requirements),
    ("must haves", Section::Requirements),
    ("what you need", Section::Requirements),
    ("what you ll need", Section::Requirements),
    ("what you bring", Section::Requirements),
    ("what you ll bring", Section::Requirements),
    ("what we re looking for", Section::Requirements),
    ("what we are looking for", Section::Requirements),
    ("who you are", Section::Requirements),
    ("about you", Section::Requirements),
    ("skills", Section::Requirements),
    ("technical skills", Section::Requirements),
    ("experience", Section::Requirements),
    ("education", Section::Requirements),
    ("your profile", Section::Requirements),
    ("conhecimentos", Section::Requirements),
    ("qualificacoes", Section::Requirements),
    ("sobre nosotros", Section::About),
    ("acerca de nosotros", Section::About),
    ("sobre la empresa", Section::About),
    ("acerca de la empresa", Section::About),
    ("acerca de", Section::About),
    ("quienes somos", Section::About),
    ("nuestra empresa", Section::About),
    ("nuestra cultura", Section::About),
    ("about us", Section::About),
    ("about the company", Section::About),
    ("about the team", Section::About),
    ("company description", Section::About),
    ("who we are", Section::About),
    ("our company", Section::About),
    ("our mission", Section::About),
    ("equal opportunity", Section::About),
    ("sobre nos", Section::About),
    ("sobre a empresa", Section::About),
    ("quem somos", Section::About),
];

/// Cuts `text` into sections that cover it without gap or overlap, in order. The first `title_len` bytes
/// are the title (0: none); a length inside a character or past the end is taken down to a valid one.
pub fn sections(text: &str, title_len: usize) -> Vec<SectionRange> {
    let title_len = text.floor_char_boundary(title_len);
    let mut ranges = Vec::new();
    if title_len > 0 {
        push(&mut ranges, Section::Title, 0);
    }
    if title_len < text.len() {
        push(&mut ranges, Section::Body, title_len);
    }
    let mut line_start = title_len;
    for line in text[title_len..].split_inclusive('\n') {
        scan_line(line, line_start, &mut ranges);
        line_start += line.len();
    }
    for i in 0..ranges.len() {
        ranges[i].end = ranges.get(i + 1).map_or(text.len(), |next| next.start);
    }
    ranges
}

/// The section of a byte position; `ranges` as [`sections`] gives them.
pub fn section_at(ranges: &[SectionRange], position: usize) -> Section {
    let after = ranges.partition_point(|r| r.start <= position);
    after.checked_sub(1).map_or(Section::Body, |i| ranges[i].section)
}

fn push(ranges: &mut Vec<SectionRange>, section: Section, start: usize) {
    match ranges.last_mut() {
        Some(last) if last.section == section => {}
        Some(last) if last.start == start => last.section = section,
        _ => ranges.push(SectionRange { section, start, end: start }),
    }
}

fn scan_line(line: &str, line_start: usize, ranges: &mut Vec<SectionRange>) {
    let trimmed = line.trim();
    if trimmed.len() <= HEADING_BYTES
        && let Some(section) = heading(trimmed, trimmed.len() <= HEADING_BYTES / 2)
    {
        push(ranges, section, line_start);
        return;
    }
    let mut from = 0;
    for (at, _) in line.match_indices([':', '?']) {
        if let Some((start, section)) = inline_heading(line, from, at) {
            push(ranges, section, line_start + start);
        }
        from = at + 1;
    }
}

/// A line of its own: may lack the colon, but must not be a sentence.
fn heading(line: &str, short: bool) -> Option<Section> {
    let line = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '¿');
    let marked = line.ends_with([':', '?']);
    if line.ends_with(['.', ';', ',']) || !(marked || short) {
        return None;
    }
    if line.trim_end_matches([':', '?']).contains([':', '?']) {
        return None;
    }
    let folded = fold_phrase(line);
    if folded.split(' ').count() > HEADING_WORDS {
        return None;
    }
    let section = section_of(&folded)?;
    // Without a colon only headings of few words: "Experiencia en SQL" is an item, not a heading.
    (marked || folded.split(' ').count() <= 3 && !folded.contains(" en ")).then_some(section)
}

/// The words before a colon inside a line: those since the last full stop or the last capital letter that
/// starts a known heading.
fn inline_heading(line: &str, from: usize, colon: usize) -> Option<(usize, Section)> {
    let window = line.ceil_char_boundary(colon.saturating_sub(HEADING_BYTES).max(from));
    let before = &line[window..colon];
    let cut = before
        .rfind(['.', ';', '!', '•', '·', '(', ')', '|', '*'])
        .map_or(0, |i| i + before[i..].chars().next().map_or(1, char::len_utf8));
    let phrase = &before[cut..];
    let mut previous = ' ';
    for (at, c) in phrase.char_indices() {
        let starts = !previous.is_alphanumeric() && c.is_uppercase() || previous.is_lowercase() && c.is_uppercase();
        previous = c;
        if !starts {
            continue;
        }
        let folded = fold_phrase(&phrase[at..]);
        if folded.split(' ').count() <= HEADING_WORDS
            && let Some(section) = section_of(&folded)
        {
            return Some((window + cut + at, section));
        }
    }
    None
}

fn section_of(folded: &str) -> Option<Section> {
    let cue = CUES
        .iter()
        .find(|(cue, _)| folded.strip_prefix(cue).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')));
    let wished = folded.split(' ').any(|word| DESIRABLE_WORDS.contains(&word));
    match cue {
        Some((_, Section::Requirements)) if wished => Some(Section::Desirable),
        Some((_, section)) => Some(*section),
        None if wished && folded.split(' ').count() <= 3 => Some(Section::Desirable),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section_of_word(text: &str, word: &str) -> Section {
        section_at(&sections(text, 0), text.find(word).unwrap())
    }

    #[test]
    fn heading_lines_start_sections_in_both_languages() {
        let text =
            "Somos X.\n\nRequisitos:\n- Python\n\nDeseable\n- Go\nWhat we offer\n- Snacks\nAbout us\nWe use Java.";
        assert_eq!(section_of_word(text, "Somos"), Section::Body);
        assert_eq!(section_of_word(text, "Python"), Section::Requirements);
        assert_eq!(section_of_word(text, "Go"), Section::Desirable);
        assert_eq!(section_of_word(text, "Snacks"), Section::Benefits);
        assert_eq!(section_of_word(text, "Java"), Section::About);
    }

    #[test]
    fn headings_inside_a_line_start_sections() {
        let text = "Proyectos dinámicos.Responsabilidades y tareas: Diseñar APIs. Requisitos deseables: Kafka. ¿Qué ofrecemos? Prepaga";
        assert_eq!(section_of_word(text, "APIs"), Section::Responsibilities);
        assert_eq!(section_of_word(text, "Kafka"), Section::Desirable);
        assert_eq!(section_of_word(text, "Prepaga"), Section::Benefits);
    }

    #[test]
    fn items_and_sentences_are_not_headings() {
        let text = "Tareas:\nExperiencia en SQL\nBeneficios para el equipo de desarrollo serán definidos luego.\nfin";
        assert_eq!(section_of_word(text, "SQL"), Section::Responsibilities);
        assert_eq!(section_of_word(text, "fin"), Section::Responsibilities);
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
    }
}
