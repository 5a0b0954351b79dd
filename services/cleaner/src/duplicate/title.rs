//! What two titles must share to be titles of one ad.

use crate::fold::{hash, words};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// Words kept of a title; longer ones are sentences.
const MAX_WORDS: usize = 24;

/// How far two titles agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agreement {
    /// The same words and level.
    Same,
    /// One says more than the other: "Java Developer" and "Java Developer, Bogotá".
    Partial,
    /// Each says something that the other doesn't, or the levels differ.
    Different,
}

/// A title's fingerprint: hashes of its words, seniority apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Title {
    level: u8,
    words: Vec<u32>,
}

impl Title {
    /// Of a folded title.
    pub(super) fn new(folded: &str) -> Self {
        let mut title = Self::default();
        for word in words(folded) {
            let end = word.start + word.text.len();
            let signs = folded[end..].bytes().take_while(|b| matches!(b, b'+' | b'#')).count();
            let text = &folded[word.start..end + signs];
            match CLASSES.get(&hash(text)) {
                Some(Class::Ignored) => {}
                Some(Class::Level(level)) => title.level = title.level.max(*level),
                Some(Class::Role(role)) => title.add(role),
                None if is_code(text) => {}
                None => title.add(stem(text)),
            }
        }
        title
    }

    pub(super) fn compare(&self, other: &Self) -> Agreement {
        if self.level != other.level && self.level > 0 && other.level > 0 {
            return Agreement::Different;
        }
        let (short, long) = if self.words.len() <= other.words.len() { (self, other) } else { (other, self) };
        if !short.words.iter().all(|word| long.words.contains(word)) {
            return Agreement::Different;
        }
        if short.words.len() == long.words.len() && self.level == other.level {
            Agreement::Same
        } else {
            Agreement::Partial
        }
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend([self.level, self.words.len() as u8]);
        for word in &self.words {
            bytes.extend(word.to_le_bytes());
        }
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (&[level, count], rest) = bytes.split_first_chunk::<2>()?;
        if rest.len() != usize::from(count) * 4 {
            return None;
        }
        let words = rest.chunks_exact(4).filter_map(|chunk| chunk.try_into().ok().map(u32::from_le_bytes)).collect();
        Some(Self { level, words })
    }

    fn add(&mut self, word: &str) {
        let value = (hash(word) >> 32) as u32;
        if self.words.len() < MAX_WORDS && !self.words.contains(&value) {
            self.words.push(value);
        }
    }
}

/// Ad codes and years say nothing about the job.
fn is_code(word: &str) -> bool {
    word.len() >= 4 && word.bytes().filter(u8::is_ascii_digit).count() >= 3
}

/// Without plural and gender: "analistas", "desarrolladora".
fn stem(word: &str) -> &str {
    let stem = match word.len() {
        0..5 => word,
        _ => word.strip_suffix("es").or(word.strip_suffix('s')).unwrap_or(word),
    };
    if stem.len() < 4 { stem } else { stem.strip_suffix(['a', 'o', 'e']).unwrap_or(stem) }
}

enum Class {
    Ignored,
    Level(u8),
    Role(&'static str),
}

const IGNORED: &str = "a o e x y de del la las el los en para por con un una and or the of for in to at as \
    remoto remota remote hibrido hibrida hybrid presencial onsite teletrabajo homeoffice home office casa tiempo completo medio \
    full part time fulltime parttime jornada completa parcial freelance contract contractor contrato indefinido temporal \
    urgente buscamos busca buscando busqueda se solicita requiere necesita importante empresa vacante vacantes oferta ofertas empleo \
    trabajo hiring we are need wanted join m f d h w mf hm zona exp experiencia con sin anos ano postulate multinacional";

static CLASSES: LazyLock<FxHashMap<u64, Class>> = LazyLock::new(|| {
    let mut classes = FxHashMap::default();
    for word in IGNORED.split_ascii_whitespace() {
        classes.insert(hash(word), Class::Ignored);
    }
    let levels: [(u8, &str); 5] = [
        (1, "trainee pasante practicante intern becario pasantia internship"),
        (2, "junior jr"),
        (3, "semisenior ssr semi mid pleno"),
        (4, "senior sr"),
        (5, "lead lider staff principal"),
    ];
    for (level, list) in levels {
        for word in list.split_ascii_whitespace() {
            classes.insert(hash(word), Class::Level(level));
        }
    }
    let roles = [
        (
            "desarrollador",
            "desarrollador desarrolladora desarrolladores developer developers programador programadora programmer dev",
        ),
        ("ingeniero", "ingeniero ingeniera ingenieros engineer engineers ing"),
        ("gerente", "gerente manager"),
        ("jefe", "jefe jefa head"),
        ("analista", "analista analistas analyst"),
    ];
    for (role, list) in roles {
        for word in list.split_ascii_whitespace() {
            classes.insert(hash(word), Class::Role(role));
        }
    }
    classes
});
