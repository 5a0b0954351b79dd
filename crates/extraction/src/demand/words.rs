//! The words that state demands, and the reading of a text into clauses of them.

use std::sync::LazyLock;

use super::version;
use super::{Demand, Level};
use crate::text::fold::{self, CharClass, FoldBuf};

/// How strictly something is needed, and what "not" makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Force {
    /// "Excluyente": with "not" it is a wish.
    Hard,
    /// "Requerido": with "not" it is not asked for.
    Soft,
    /// As `Soft`, a verb: what it is about follows.
    Verb,
    /// Says something only with "not": "no hace falta".
    WithNot,
    /// "Must".
    Must,
}

/// How a wish is worded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// "Deseable".
    Plain,
    /// "Se valora": what it is about follows.
    Verb,
    /// "Plus": only as "a plus".
    Noun,
    /// "Nice", "good": only before "to have".
    Nice,
    /// "Ideal", but not of a person.
    Ideal,
}

/// Where a word of level may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Behind the skill: "SQL avanzado".
    Behind,
    /// Before or behind: "advanced SQL".
    Around,
    /// Only with a noun: "deep knowledge".
    Noun,
    /// Only with "level", or behind a language: "nivel medio".
    LevelNoun,
    /// Only of languages: "fluent".
    Language,
    /// A noun of its own with a preposition: "nociones de".
    Own,
    /// As `Behind` or `Own`: "experto".
    BehindOrOwn,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// A mention of a skill: its number, and whether it is a language of people.
    Mention {
        index: u32,
        language: bool,
    },
    Number(f32),
    Other,
    Capital,
    Comma,
    Colon,
    Open,
    Close,
    Hyphen,
    Dash,
    Slash,
    Plus,
    Year,
    Month,
    Experience,
    Doing,
    Knowledge,
    LevelNoun,
    Level(Level, Place),
    Cefr(Level),
    Need(Force),
    Wish(Wish),
    No,
    Not,
    Without,
    Abstain,
    Only,
    If,
    But,
    And,
    A,
    Small,
    With,
    Is,
    Al,
    Least,
    More,
    Less,
    Most,
    Elder,
    Unlike,
    Company,
    Seek,
    Neutral,
    Similar,
    Version,
    Counted,
    Person,
    To,
    Have,
    Role,
}

/// A word, sign or mention, in bytes of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) kind: Kind,
}

impl Token {
    pub(super) fn mention(&self) -> Option<usize> {
        match self.kind {
            Kind::Mention { index, .. } => Some(index as usize),
            _ => None,
        }
    }
}

/// The words, folded, by what they are.
const WORDS: &[(Kind, &str)] = &[
    (Kind::Year, "ano anos year years yr yrs"),
    (Kind::Month, "mes meses month months"),
    (Kind::Experience, "experiencia experiencias experience experiences exp expertise experiencie"),
    (
        Kind::Doing,
        "trabajando working desarrollando developing programando programming using usando utilizando manejando \
         administrando implementando implementing designing building leading managing liderando hands professional \
         profesional laboral trabalhando atuando desenvolvendo coding performing administering supporting operando \
         desempenandose desempenando realizando coordinando configurando",
    ),
    (
        Kind::Knowledge,
        "conocimiento conocimientos knowledge conhecimento conhecimentos manejo dominio uso comprension understanding \
         skill skills habilidad habilidades proficiency command fundamentos background compreensao entendimiento \
         grasp formacion",
    ),
    (Kind::LevelNoun, "nivel niveles level levels niveis"),
    (Kind::Level(Level::Basic, Place::Behind), "basico basica basicos basicas elemental"),
    (Kind::Level(Level::Basic, Place::Around), "basic basics"),
    (Kind::Level(Level::Basic, Place::Own), "nociones nocion notions nocoes familiarity familiaridad familiaridade"),
    (
        Kind::Level(Level::Intermediate, Place::Behind),
        "intermedio intermedia intermedios intermedias intermediario intermediaria intermediarios",
    ),
    (Kind::Level(Level::Intermediate, Place::Around), "intermediate"),
    (Kind::Level(Level::Intermediate, Place::LevelNoun), "medio medium"),
    (
        Kind::Level(Level::Intermediate, Place::Language),
        "conversacional conversational conversacion conversation conversacao",
    ),
    (
        Kind::Level(Level::Advanced, Place::Behind),
        "avanzado avanzada avanzados avanzadas avancado avancada avancados avancadas",
    ),
    (Kind::Level(Level::Advanced, Place::Around), "advanced strong solid solido solida solidos solidas"),
    (
        Kind::Level(Level::Advanced, Place::Noun),
        "profundo profunda profundos profundas deep depth amplio amplia amplios amplias extensive extensa extenso \
         thorough robust excelente excelentes excellent strongly",
    ),
    (Kind::Level(Level::Advanced, Place::LevelNoun), "alto high alta"),
    (
        Kind::Level(Level::Advanced, Place::Language),
        "fluido fluida fluent fluently fluency fluente fluidez fluidamente",
    ),
    (Kind::Level(Level::Expert, Place::BehindOrOwn), "experto experta expertos expert"),
    (Kind::Level(Level::Native, Place::Language), "nativo nativa native bilingue bilingual bilingues nativos"),
    (Kind::Cefr(Level::A1), "a1"),
    (Kind::Cefr(Level::A2), "a2"),
    (Kind::Cefr(Level::B1), "b1"),
    (Kind::Cefr(Level::B2), "b2"),
    (Kind::Cefr(Level::C1), "c1"),
    (Kind::Cefr(Level::C2), "c2"),
    (
        Kind::Need(Force::Hard),
        "excluyente excluyentes excluyentemente imprescindible imprescindibles indispensable indispensables obligatorio \
         obligatoria obligatorios obligatorias mandatory mandatorio mandatoria essential esencial esenciales \
         obrigatorio obrigatoria obrigatorios obrigatorias imprescindivel imprescindiveis indispensavel \
         indispensaveis essencial essenciais excludente fundamental",
    ),
    (
        Kind::Need(Force::Soft),
        "requerido requerida requeridos requeridas required necesario necesaria necesarios necesarias necessary \
         necessario necessaria necessarios necessarias needed exigido exigida",
    ),
    (Kind::Need(Force::Verb), "requiere requieren requerimos requires require requiera requerira exige requer"),
    (
        Kind::Need(Force::WithNot),
        "requisito requirement falta necesidad necesita necesitas necesitan necesitamos precisa exigimos pedimos \
         preciso necessidade need needs",
    ),
    (Kind::Need(Force::Must), "must musts"),
    (
        Kind::Wish(Wish::Plain),
        "deseable deseables deseado deseada deseados desirable desired valorable valorables preferred preferably \
         preferible preferibles preferiblemente preferentemente preferente preferencia preferencial preference \
         desejavel desejaveis opcional opcionales optional idealmente ideally deseablemente preferencialmente \
         desejado deseables appreciated",
    ),
    (
        Kind::Wish(Wish::Verb),
        "valora valorara valoraran valoraremos valoran prefiere prefieren preferimos aprecia apreciara",
    ),
    (Kind::Wish(Wish::Noun), "plus bonus advantage asset ventaja diferencial diferenciais pluses"),
    (Kind::Wish(Wish::Nice), "nice good"),
    (Kind::Wish(Wish::Ideal), "ideal"),
    (Kind::No, "no nao"),
    (Kind::Not, "not nor cannot"),
    (Kind::Without, "sin without sem ningun ninguna nenhum nenhuma"),
    (Kind::Abstain, "abstenerse abstener abstenganse abstengase abster"),
    (Kind::Only, "solo solamente unicamente only just merely apenas somente exclusivamente simplemente"),
    (Kind::If, "si if when cuando"),
    (Kind::But, "pero but sino aunque though although however porem embora salvo except excepto"),
    (Kind::And, "y e o u or and ou"),
    (Kind::A, "a"),
    (
        Kind::Small,
        "de del la las los el lo en of in the an for on para por sobre as como do da das em na nas at nos su sus tu \
         tus your the this que your their etc mediante desde through within its any cualquier algun alguna least",
    ),
    (Kind::With, "con with com"),
    (Kind::To, "to"),
    (Kind::Have, "have has tener tengas tienes tiene contar poseer ter"),
    (
        Kind::Is,
        "se es is are son sera seran be been was seria serian sea hace haga considera considerara considered esta ser \
         sao fosse do does strictly estrictamente absolutely",
    ),
    (Kind::Al, "al ao pelo"),
    (Kind::Least, "minimo minima minimos minimas minimum min comprobable comprobables comprobada demostrable"),
    (Kind::More, "mas more over mais upwards acima"),
    (Kind::Less, "menos less fewer under menor menores"),
    (Kind::Most, "maximo maxima maximum max hasta up ate"),
    (Kind::Elder, "mayor mayores older maior maiores superior superiores higher above"),
    (
        Kind::Unlike,
        "edad edades age aged old idade last past ultimos ultimo ultimas previous proximos proximo contrato contract \
         contrata duracion duration garantia warranty vigencia trayectoria historia history mercado market antiguedad \
         cada every each hace ago anniversary aniversario primeros primer first temporal prueba plazo business negocio \
         mandato lleva llevamos desde since colegiatura carrera carreras semestre degree bachelor bachelors \
         mes program programa curso cursos licenciatura pasantia practica proyecto project assignment renovable \
         history legado leader lider exito tradicion existencia vida children",
    ),
    (
        Kind::Company,
        "somos empresa compania company consultora consultoria firma contamos founded fundada we organizacion \
         multinacional nuestra nuestro nuestros our ours grupo temos empresas",
    ),
    (
        Kind::Seek,
        "busca buscamos buscando buscan seeking looking solicita solicitamos candidato candidata candidate candidates \
         perfil incorporar hiring selecciona profesionales you debes deberas postulante aspirante incorporamos \
         procura buscar requisitos",
    ),
    (
        Kind::Neutral,
        "oral orales escrito escritos escrita written spoken verbal hablado hablada leido lectura escritura tecnico \
         technical tecnicos lecto reading writing read speaking both ambos idioma language manera muy very \
         comunicacion programacion working practical practico practicos functional funcional funcionales \
         teorico conceptual quality calidad usuario user proven demonstrated comprobados previa previo prior previous \
         professional profesional lenguaje lengua tanto deseado",
    ),
    (Kind::Similar, "similar similares semelhante semelhantes afines afin"),
    (Kind::Version, "version versions versiones versao"),
    (
        Kind::Counted,
        "vacante vacantes persona personas people horas hora hours hour hs hrs dias dia days day semanas semana weeks \
         week positions openings posiciones puestos puesto proyectos projects developers desarrolladores usd vagas \
         candidatos estudiantes cupos usuarios users empleados employees clientes developer desarrollador puntos mil \
         million millones paises countries cursos sedes am pm",
    ),
    (Kind::Person, "candidate candidato candidata persona perfil profile person"),
    (Kind::Role, "rol role puesto position posicion job perfil vacante oferta cargo vaga"),
];

/// Numbers that are written out.
const NUMBERS: &[(&str, f32)] = &[
    ("un", 1.0),
    ("uno", 1.0),
    ("una", 1.0),
    ("one", 1.0),
    ("um", 1.0),
    ("uma", 1.0),
    ("dos", 2.0),
    ("two", 2.0),
    ("dois", 2.0),
    ("duas", 2.0),
    ("tres", 3.0),
    ("three", 3.0),
    ("cuatro", 4.0),
    ("four", 4.0),
    ("quatro", 4.0),
    ("cinco", 5.0),
    ("five", 5.0),
    ("seis", 6.0),
    ("six", 6.0),
    ("siete", 7.0),
    ("seven", 7.0),
    ("sete", 7.0),
    ("ocho", 8.0),
    ("eight", 8.0),
    ("oito", 8.0),
    ("nueve", 9.0),
    ("nine", 9.0),
    ("diez", 10.0),
    ("ten", 10.0),
    ("dez", 10.0),
    ("doce", 12.0),
    ("twelve", 12.0),
    ("quince", 15.0),
    ("fifteen", 15.0),
];

/// First words of the names of languages, folded: their demands are worded differently.
const LANGUAGES: &[&str] = &[
    "ingles",
    "english",
    "inglesa",
    "portugues",
    "portuguese",
    "espanol",
    "spanish",
    "castellano",
    "espanhol",
    "frances",
    "french",
    "aleman",
    "german",
    "italiano",
    "italian",
    "chino",
    "chinese",
    "mandarin",
    "japones",
    "japanese",
    "idioma",
    "catalan",
    "euskera",
    "gallego",
    "coreano",
    "korean",
    "arabe",
    "arabic",
    "ruso",
    "russian",
    "dutch",
    "hindi",
    "bilingual",
    "bilingue",
    "frances",
    "francais",
    "fluent",
    "english-speaking",
    "alemao",
];

/// Words behind which a dot ends no sentence.
const ABBREVIATIONS: &[&str] = &[
    "sr", "jr", "sra", "ing", "lic", "aprox", "approx", "min", "mín", "max", "máx", "exp", "yrs", "yr", "vs", "nro",
    "ej", "dr", "dra", "incl", "tec", "téc", "adm", "univ", "prof", "esp", "ver", "eng", "eg", "ie",
];

/// Open addressing by the upper half of the folded word's hash, at most half full. Kinds stand apart, so that
/// unknown words touch little memory.
struct Table {
    hashes: Vec<u32>,
    kinds: Vec<Kind>,
}

const TABLE_SIZE: usize = 4096;

fn folded(word: &str) -> FoldBuf {
    let mut buf = FoldBuf::default();
    buf.extend(word.as_bytes());
    buf
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { hashes: vec![0; TABLE_SIZE], kinds: vec![Kind::Other; TABLE_SIZE] };
    for (kind, words) in WORDS {
        for word in words.split_ascii_whitespace() {
            table.insert(folded(word).hash(), *kind);
        }
    }
    for (word, value) in NUMBERS {
        table.insert(folded(word).hash(), Kind::Number(*value));
    }
    table
});

static LANGUAGE_HASHES: LazyLock<Vec<u64>> = LazyLock::new(|| LANGUAGES.iter().map(|l| folded(l).hash()).collect());

impl Table {
    /// The slot of a hash, or the empty one where it would stand.
    #[inline]
    fn slot(&self, hash: u64) -> usize {
        let mut slot = hash as usize % TABLE_SIZE;
        while self.hashes[slot] != 0 && self.hashes[slot] != (hash >> 32) as u32 {
            slot = (slot + 1) % TABLE_SIZE;
        }
        slot
    }

    /// The first meaning of a word counts.
    fn insert(&mut self, hash: u64, kind: Kind) {
        let slot = self.slot(hash);
        if self.hashes[slot] == 0 {
            (self.hashes[slot], self.kinds[slot]) = ((hash >> 32) as u32, kind);
        }
    }

    #[inline]
    fn get(&self, hash: u64) -> Option<Kind> {
        let slot = self.slot(hash);
        (self.hashes[slot] != 0).then(|| self.kinds[slot])
    }
}

/// Reads a folded word from `pos`; gives its end. Letters and digits, marks and soft hyphens.
fn fold_word(text: &str, pos: usize, buf: &mut FoldBuf) -> usize {
    let bytes = text.as_bytes();
    let mut at = pos;
    loop {
        while let Some(eight) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
            let eight = u64::from_le_bytes(*eight);
            let run = fold::alphanumeric_run(eight);
            buf.extend_eight(eight, run);
            at += run;
            if run < 8 {
                break;
            }
        }
        let Some(&b) = bytes.get(at) else {
            break;
        };
        if b.is_ascii() {
            if !b.is_ascii_alphanumeric() {
                break;
            }
            buf.push(b | 0x20);
            at += 1;
            continue;
        }
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else {
            break;
        };
        match fold::latin(fold::latin_table(), c) {
            Some(entry) if entry.class == CharClass::Word => buf.extend(entry.folded()),
            Some(entry) if matches!(entry.class, CharClass::Mark | CharClass::Ignorable) => {}
            Some(_) => break,
            None => match fold::classify(c) {
                CharClass::Word => fold::fold_general(c, buf),
                CharClass::Mark | CharClass::Ignorable => {}
                _ => break,
            },
        }
        at += c.len_utf8();
    }
    at
}

/// The word at `pos`: its end and kind.
pub(super) fn word_at(text: &str, pos: usize) -> (usize, Kind) {
    word_into(text, pos, &mut FoldBuf::default())
}

/// As [`word_at`], with a buffer to use again.
fn word_into(text: &str, pos: usize, buf: &mut FoldBuf) -> (usize, Kind) {
    buf.clear();
    let end = fold_word(text, pos, buf);
    let known = TABLE.get(buf.hash());
    (end, known.unwrap_or_else(|| if is_capital(text, pos) { Kind::Capital } else { Kind::Other }))
}

fn is_capital(text: &str, pos: usize) -> bool {
    match text.as_bytes().get(pos) {
        Some(b) if b.is_ascii() => b.is_ascii_uppercase(),
        _ => text.get(pos..).and_then(|t| t.chars().next()).is_some_and(char::is_uppercase),
    }
}

/// Reads `2`, `2.5` and `2,5`.
fn decimal(digits: &str) -> f32 {
    match digits.split_once(['.', ',']) {
        Some((whole, rest)) => {
            let tenths: f32 = rest.parse().unwrap_or(f32::NAN);
            decimal(whole) + tenths / 10f32.powi(rest.len() as i32)
        }
        None => digits.parse().unwrap_or(f32::NAN),
    }
}

/// Whether a mention names a language of people ("inglés", "dominio del inglés").
fn is_language(text: &str, start: usize, end: usize) -> bool {
    let Some(text) = text.get(..end) else {
        return false;
    };
    let mut buf = FoldBuf::default();
    let mut at = start;
    for _ in 0..4 {
        buf.clear();
        let word_end = fold_word(text, at, &mut buf);
        if word_end == at {
            return false;
        }
        let hash = buf.hash();
        if LANGUAGE_HASHES.contains(&hash) {
            return true;
        }
        at = word_end + 1;
    }
    false
}

/// Hands the words of every clause that has a mention to `judge`; sets the versions.
pub(super) fn read(
    text: &str,
    spans: &[(usize, usize)],
    found: &mut [Demand],
    mut judge: impl FnMut(&[Token], &mut [Demand]),
) {
    let tokens = Vec::with_capacity(128);
    let buf = FoldBuf::default();
    let mut reader =
        Reader { text, bytes: text.as_bytes(), spans, next: 0, pos: 0, enumerator: 0, limit: 0, tokens, buf };
    while let Some(start) = reader.next_span() {
        if let Some(newline) = reader.bytes[reader.pos..start].iter().rposition(|b| *b == b'\n') {
            reader.pos += newline + 1;
        }
        reader.line(found, &mut judge);
    }
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    spans: &'t [(usize, usize)],
    /// The next span not passed.
    next: usize,
    pos: usize,
    /// The last number that stood before a dot or bracket: "1. Java 2. SQL" are no versions.
    enumerator: u32,
    /// Where the next mention starts: words and numbers end there.
    limit: usize,
    tokens: Vec<Token>,
    buf: FoldBuf,
}

impl Reader<'_> {
    /// Start of the next span that can be read from here; passes over those that cannot.
    fn next_span(&mut self) -> Option<usize> {
        while let Some(&(start, end)) = self.spans.get(self.next) {
            if start >= self.pos && start <= end && self.text.get(start..end).is_some() {
                return Some(start);
            }
            self.next += 1;
        }
        None
    }

    fn line(&mut self, found: &mut [Demand], judge: &mut impl FnMut(&[Token], &mut [Demand])) {
        self.enumerator = 0;
        let mut mention = self.next_span();
        loop {
            self.limit = mention.unwrap_or(self.bytes.len());
            if mention == Some(self.pos) {
                self.mention(found);
                mention = self.next_span();
                continue;
            }
            let Some(&b) = self.bytes.get(self.pos) else {
                break;
            };
            if b == b'\n' {
                self.pos += 1;
                break;
            }
            let stops = if b.is_ascii_alphabetic() {
                self.word();
                // A word that ends before a letter is glued to the next sentence.
                self.bytes.get(self.pos).is_some_and(u8::is_ascii_uppercase)
            } else if b.is_ascii_digit() {
                self.number();
                false
            } else if b.is_ascii() {
                self.sign(b)
            } else {
                self.other_character()
            };
            // A mention that starts with a sign just read is reached by going back.
            if let Some(start) = mention
                && start < self.pos
            {
                self.pos = start;
            }
            if stops {
                self.hand_over(found, judge);
            }
        }
        self.hand_over(found, judge);
    }

    fn hand_over(&mut self, found: &mut [Demand], judge: &mut impl FnMut(&[Token], &mut [Demand])) {
        judge(&self.tokens, found);
        self.tokens.clear();
    }

    fn push(&mut self, start: usize, end: usize, kind: Kind) {
        self.tokens.push(Token { start: start as u32, end: end as u32, kind });
    }

    fn mention(&mut self, found: &mut [Demand]) {
        let (start, end) = self.spans[self.next];
        let index = self.next as u32;
        self.next += 1;
        self.push(start, end, Kind::Mention { index, language: is_language(self.text, start, end) });
        self.pos = end;
        let next = self.spans.get(self.next).map_or(usize::MAX, |s| s.0);
        if let Some(version) = version::behind(self.text, end, next, self.enumerator)
            && version.resume <= next
        {
            if let Some(demand) = found.get_mut(index as usize) {
                demand.version = Some((version.start, version.end));
            }
            self.pos = version.resume;
        }
    }

    fn word(&mut self) {
        let start = self.pos;
        let (mut end, mut kind) = word_into(self.text.get(..self.limit).unwrap_or(self.text), start, &mut self.buf);
        if end - start > 13
            && matches!(kind, Kind::Other | Kind::Capital)
            && let Some(glued) = self.glued(start, end)
        {
            end = glued;
        }
        self.pos = end.max(start + 1);
        // Portuguese "é" folds to the "e" that joins.
        if kind == Kind::And && end - start == 2 && !self.bytes[start].is_ascii() {
            kind = Kind::Is;
        }
        self.push(start, self.pos, kind);
    }

    /// Where a known word is glued to a sentence before it ("equiposExperiencia").
    fn glued(&self, start: usize, end: usize) -> Option<usize> {
        let lower = |i: usize| self.bytes[i].is_ascii_lowercase();
        let at = (start + 5..end.saturating_sub(4)).find(|i| {
            self.bytes[*i].is_ascii_uppercase() && lower(i - 1) && lower(i - 2) && lower(i + 1) && lower(i + 2)
        })?;
        (word_at(self.text, at).1 != Kind::Capital).then_some(at)
    }

    fn number(&mut self) {
        let start = self.pos;
        let mut end = start;
        let digits = |mut at: usize| {
            while at < self.limit && self.bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        end = digits(end);
        if matches!(self.bytes.get(end), Some(b'.' | b',')) && self.bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1);
        }
        let value = match self.text.get(start..end) {
            Some(digits) if digits.len() <= 4 => decimal(digits),
            _ => f32::NAN,
        };
        if matches!(self.bytes.get(end), Some(b'.' | b')')) && value < 100.0 {
            self.enumerator = value as u32;
        }
        let money = start.checked_sub(1).and_then(|i| self.bytes.get(i)).is_some_and(|b| *b == b'$');
        let plain = value.is_finite() && !money && self.bytes.get(end) != Some(&b'%');
        self.push(start, end, if plain { Kind::Number(value) } else { Kind::Other });
        self.pos = end;
    }

    /// Reads an ASCII sign; true when a clause ends there.
    fn sign(&mut self, b: u8) -> bool {
        let start = self.pos;
        self.pos += 1;
        let kind = match b {
            b',' => Kind::Comma,
            b':' if self.bytes[self.pos..].starts_with(b"//") => {
                self.skip_word();
                return false;
            }
            b':' => Kind::Colon,
            b'(' | b'[' => Kind::Open,
            b')' | b']' => Kind::Close,
            b'/' => Kind::Slash,
            b'&' => Kind::And,
            b'+' | b'>' => Kind::Plus,
            b'|' => Kind::Dash,
            b'-' => self.dash(start),
            b'\'' => {
                self.apostrophe();
                return false;
            }
            b'.' => return self.dot(start),
            b';' | b'!' | b'?' | b'*' => return true,
            _ => return false,
        };
        self.push(start, self.pos, kind);
        false
    }

    fn dash(&self, start: usize) -> Kind {
        let open = |b: Option<&u8>| b.is_none_or(|b| b.is_ascii_whitespace());
        let before = start.checked_sub(1).and_then(|i| self.bytes.get(i));
        if open(before) || open(self.bytes.get(self.pos)) { Kind::Dash } else { Kind::Hyphen }
    }

    /// `don't` is a "not"; the `s` of `bachelor's` is nothing.
    fn apostrophe(&mut self) {
        let next = self.bytes.get(self.pos).map(u8::to_ascii_lowercase);
        let ends = !self.bytes.get(self.pos + 1).is_some_and(u8::is_ascii_alphanumeric);
        match (next, self.tokens.last_mut()) {
            (Some(b't'), Some(last)) if ends && last.mention().is_none() => {
                last.kind = Kind::Not;
                self.pos += 1;
            }
            (Some(b's'), _) if ends => self.pos += 1,
            _ => {}
        }
    }

    fn dot(&mut self, start: usize) -> bool {
        let Some(&next) = self.bytes.get(self.pos) else {
            return true;
        };
        let before = start.checked_sub(1).and_then(|i| self.bytes.get(i)).copied().unwrap_or(b' ');
        let last = self.tokens.last().map(|t| t.end as usize == start).unwrap_or_default();
        let word = if last { self.last_word() } else { "" };
        let initial = word.len() == 1 && word.as_bytes()[0].is_ascii_alphabetic();
        if next.is_ascii_digit()
            || next.is_ascii_lowercase()
            || before.is_ascii_whitespace() && next.is_ascii_uppercase()
        {
            return false;
        }
        if next.is_ascii_uppercase() {
            return !initial;
        }
        if initial && word.as_bytes()[0].is_ascii_lowercase() {
            return false;
        }
        if word.eq_ignore_ascii_case("etc") {
            let rest = self.text.get(self.pos..).unwrap_or_default();
            return rest.trim_start().chars().next().is_none_or(|c| !c.is_lowercase());
        }
        word.len() > 6 || word.is_empty() || !ABBREVIATIONS.iter().any(|a| word.eq_ignore_ascii_case(a))
    }

    fn last_word(&self) -> &str {
        let last = self.tokens.last().filter(|t| t.mention().is_none());
        last.and_then(|t| self.text.get(t.start as usize..t.end as usize)).unwrap_or_default()
    }

    fn skip_word(&mut self) {
        while self.pos < self.limit && self.bytes.get(self.pos).is_some_and(|b| !b.is_ascii_whitespace()) {
            self.pos += 1;
        }
    }

    /// Reads a character outside ASCII; true when a clause ends there (bullets, pictures).
    fn other_character(&mut self) -> bool {
        let start = self.pos;
        let Some(c) = self.text.get(start..).and_then(|rest| rest.chars().next()) else {
            self.pos += 1;
            return false;
        };
        match c {
            '–' | '—' | '\u{2010}' | '\u{2011}' | '−' => {
                self.pos += c.len_utf8();
                let kind = self.dash(start);
                self.push(start, self.pos, kind);
                return false;
            }
            '’' => {
                self.pos += c.len_utf8();
                self.apostrophe();
                return false;
            }
            '≥' => {
                self.pos += c.len_utf8();
                self.push(start, self.pos, Kind::Plus);
                return false;
            }
            '“' | '”' | '«' | '»' | '‘' | '´' => {
                self.pos += c.len_utf8();
                return false;
            }
            _ => {}
        }
        let class = fold::latin(fold::latin_table(), c).map_or_else(|| fold::classify(c), |entry| entry.class);
        if class == CharClass::Word {
            self.word();
            return false;
        }
        self.pos += c.len_utf8();
        matches!(class, CharClass::Symbol | CharClass::Newline)
    }
}
