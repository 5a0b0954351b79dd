//! What stands around a mention, and whether it speaks for the skill.
//!
//! Every mention gets its [`Evidence`]: the list that it stands in, the words that announce it, the skills
//! near by, its spelling. For ordinary words that are skills too ("Go", "R", "Excel", "Access") the evidence
//! decides ([`Evidence::supports`]); for all others it only moves the confidence.

use crate::matcher::{Match, Matcher};
use crate::sections::Section;
use crate::text::tokens::{Gap, Token};

/// How many tokens before a mention, or before the list that it stands in, a cue may stand.
const CUE_DISTANCE: usize = 5;
/// How many tokens away another skill still speaks for it.
const NEAR: u32 = 12;

/// Words that announce a skill: what is known, mastered, asked for, and what skills are called.
const ANNOUNCING: &str = "\
    lenguaje linguagem language experiencia experience experienced conocimiento conocer knowledge knowing \
    conhecimento manejo manejar dominio dominar domain dominando uso utilizar utilizando usar usando use using \
    programar programacion programming desarrollador desarrolladora desenvolvedor developer stack framework \
    herramienta ferramenta tool tecnologia technology tech proficiency proficient expertise expert experto \
    experta familiarity familiaridad familiar skill habilidad paquete planilla ofimatica certificacion \
    certificado certification certified plataforma platform software avanzado avanzada intermedio basico advanced \
    intermediate entorno environment script scripting backend frontend ingeniero ingeniera engineer programador \
    programadora library libreria biblioteca especialista specialist consultor consultant analista analyst \
    arquitecto architect administrador administrator understanding background hands-on solido strong trayectoria \
    vivencia nocion requisito requerido required excluyente indispensable deseable como such bd dbms nube cloud \
    servicio";

/// Verbs of tasks: what follows is done on the job.
const TASKS: &str = "\
    disenar diseno desarrollar desarrollo implementar implementacion mantener mantenimiento administrar \
    administracion gestionar gestion configurar configuracion integrar integracion construir crear creacion \
    automatizar optimizar optimizacion analizar analisis ejecutar realizar elaborar participar colaborar liderar \
    coordinar documentar monitorear migrar modelar definir garantizar asegurar apoyar brindar design designing \
    develop developing build building implement implementing maintain maintaining manage managing configure \
    integrate integrating create creating automate optimize optimizing analyze deploy deploying write writing \
    lead support ensure monitor desenvolver projetar criar manter gerenciar work working trabajar";

/// Words that, right before, make it a verb, a name or a unit rather than a skill.
const BLOCKING_AFTER_THEM: &str = "\
    to will you we they can must should who i that nivel level grupo vitamina plan clase categoria tipo series \
    serie licencia us let ready hepatitis visa round fase zona edificio piso turno contrato la el su una un las \
    los the a an our your their its this every high internet al";

/// Words that, right behind, make it part of a phrase ("go live", "access to", "express your").
const BLOCKING_BEFORE_THEM: &str = "\
    to live the up beyond for out ahead level suite your our at into as through further above control controls \
    point points rights interest joy yourself themselves in it que se del";

/// Words that stand between the items of a list.
const LIST_WORDS: &[&str] = &["y", "e", "o", "u", "ou", "and", "or", "&", "con", "with", "como", "junto"];

const ANNOUNCES: u8 = 1;
const TASK: u8 = 2;
const BLOCKS_NEXT: u8 = 4;
const BLOCKS_PREVIOUS: u8 = 8;

/// The words that evidence is read from; hand them to [`Matcher::new`].
pub fn words() -> impl Iterator<Item = &'static str> {
    [ANNOUNCING, TASKS, BLOCKING_AFTER_THEM, BLOCKING_BEFORE_THEM].into_iter().flat_map(str::split_whitespace)
}

/// What each word id says.
pub struct Lexicon {
    flags: Vec<u8>,
}

impl Lexicon {
    /// Looks the words up in a matcher that was built with [`words`].
    pub fn new(matcher: &Matcher) -> Self {
        let mut flags = vec![0; matcher.word_count()];
        let lists = [
            (ANNOUNCING, ANNOUNCES),
            (TASKS, TASK),
            (BLOCKING_AFTER_THEM, BLOCKS_NEXT),
            (BLOCKING_BEFORE_THEM, BLOCKS_PREVIOUS),
        ];
        for (words, flag) in lists {
            for id in words.split_whitespace().filter_map(|w| matcher.word_id(w)) {
                flags[id as usize] |= flag;
            }
        }
        Self { flags }
    }

    /// Whether one of the few words before token `start` announces a skill.
    pub fn announces(&self, tokens: &[Token], start: usize) -> bool {
        (start.saturating_sub(CUE_DISTANCE)..start).any(|i| self.flags(tokens.get(i)) & ANNOUNCES != 0)
    }

    /// Whether the word before the preposition at `start - 1` announces a skill.
    pub fn announces_closely(&self, tokens: &[Token], start: usize) -> bool {
        start.checked_sub(2).is_some_and(|i| self.flags(tokens.get(i)) & ANNOUNCES != 0)
    }

    fn flags(&self, token: Option<&Token>) -> u8 {
        token.and_then(|t| self.flags.get(t.id as usize)).copied().unwrap_or(0)
    }
}

/// How the text spells a label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spelling {
    /// As the label stands.
    #[default]
    Same,
    /// In other case ("excel").
    OtherCase,
    /// With other letters, such as accents ("informática" for "Informatica").
    OtherLetters,
}

/// The company that a mention keeps in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listed {
    /// It stands alone.
    #[default]
    No,
    /// With another ambiguous word only.
    WithAmbiguous,
    /// With a skill that needs no context.
    WithCertain,
}

/// What speaks for a mention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The list around it.
    pub listed: Listed,
    /// "experiencia en", "lenguaje", "developer" before it or before its list.
    pub announced: bool,
    /// A verb of doing before it or before its list.
    pub task: bool,
    /// A certain skill within a dozen words.
    pub near: bool,
    /// Next to a word that makes it something else ("go live").
    pub blocked: bool,
    /// How it is spelled.
    pub spelling: Spelling,
    /// The first word of a sentence or line, where any word has a capital.
    pub starts_sentence: bool,
}

impl Evidence {
    /// Whether it is enough for a label that is an ordinary word too. `letters` is the length of the mention.
    pub fn supports(self, section: Section, letters: usize) -> bool {
        if self.spelling == Spelling::OtherLetters {
            return false;
        }
        let same_case = self.spelling == Spelling::Same;
        if self.listed == Listed::WithCertain {
            return same_case || !self.blocked;
        }
        let asked = !matches!(section, Section::About | Section::Benefits);
        if self.blocked || !asked {
            return false;
        }
        if self.announced {
            return same_case || letters > 3;
        }
        same_case
            && (self.listed == Listed::WithAmbiguous
                || section == Section::Title
                || letters > 1 && self.near && !self.starts_sentence)
    }
}

impl Evidence {
    /// What speaks for the mention, in words.
    pub fn describe(&self) -> impl Iterator<Item = &'static str> {
        [
            (self.listed == Listed::WithCertain, "listed with other skills"),
            (self.announced, "announced by the words before it"),
            (self.task, "part of a task"),
        ]
        .into_iter()
        .filter_map(|(holds, words)| holds.then_some(words))
    }
}

/// The matches of a text, in order and without overlap, with all that evidence is read from.
pub struct Surroundings<'a> {
    /// The whole text.
    pub text: &'a str,
    /// Its tokens.
    pub tokens: &'a [Token],
    /// Its matches.
    pub matches: &'a [Match],
    /// Whether a match needs no context.
    pub certain: &'a dyn Fn(&Match) -> bool,
}

impl Surroundings<'_> {
    /// The evidence for each match, but for its spelling.
    pub fn evidence(&self, lexicon: &Lexicon) -> Vec<Evidence> {
        let certain: Vec<bool> = self.matches.iter().map(|m| (self.certain)(m)).collect();
        let linked: Vec<bool> = self.matches.windows(2).map(|pair| self.is_list(&pair[0], &pair[1])).collect();
        let mut all = Vec::with_capacity(self.matches.len());
        // Cues of a list's head hold for all of its items.
        let mut head = (false, false);
        for (i, m) in self.matches.iter().enumerate() {
            let (start, end) = (m.token_start as usize, m.token_end as usize);
            let own = self.cues(lexicon, start);
            let goes_on = i > 0 && linked[i - 1];
            let cues = if goes_on { (own.0 || head.0, own.1 || head.1) } else { own };
            head = cues;
            let neighbours =
                [i.checked_sub(1).filter(|_| goes_on), Some(i + 1).filter(|_| linked.get(i) == Some(&true))];
            let listed = neighbours
                .into_iter()
                .flatten()
                .map(|j| if certain[j] { Listed::WithCertain } else { Listed::WithAmbiguous })
                .max()
                .unwrap_or_default();
            let before = start.checked_sub(1).and_then(|j| self.tokens.get(j));
            let joined = self.tokens.get(start).is_some_and(|t| t.gap != Gap::Break);
            let after = self.tokens.get(end).filter(|t| t.gap != Gap::Break);
            let blocked = joined && lexicon.flags(before) & BLOCKS_NEXT != 0 && lexicon.flags(before) & ANNOUNCES == 0
                || lexicon.flags(after) & BLOCKS_PREVIOUS != 0;
            all.push(Evidence {
                listed,
                announced: cues.0,
                task: cues.1,
                near: self.near(i, &certain),
                blocked,
                spelling: Spelling::Same,
                starts_sentence: before
                    .is_none_or(|_| self.tokens[start].gap == Gap::Break && !self.after_comma(start)),
            });
        }
        all
    }

    /// Whether words before token `start`, in the same clause, announce a skill, or name a task.
    fn cues(&self, lexicon: &Lexicon, start: usize) -> (bool, bool) {
        let mut found = (false, false);
        let mut breaks = 0;
        for i in (start.saturating_sub(CUE_DISTANCE)..start).rev() {
            breaks += usize::from(self.tokens[i + 1].gap == Gap::Break);
            if breaks > 1 {
                break;
            }
            let flags = lexicon.flags(self.tokens.get(i));
            found.0 |= flags & ANNOUNCES != 0;
            found.1 |= flags & TASK != 0;
        }
        found
    }

    fn after_comma(&self, start: usize) -> bool {
        let Some(before) = start.checked_sub(1) else {
            return false;
        };
        let gap = self.text.get(self.tokens[before].end as usize..self.tokens[start].start as usize);
        gap.is_some_and(|gap| gap.contains([',', '/', '(', '|', '+', '&', ';']))
    }

    /// Whether only list punctuation or a conjunction parts two neighbours.
    pub fn is_list(&self, left: &Match, right: &Match) -> bool {
        if right.token_start < left.token_end || right.token_start > left.token_end + 3 {
            return false;
        }
        let from = self.tokens[left.token_end as usize - 1].end as usize;
        let to = self.tokens[right.token_start as usize].start as usize;
        let Some(gap) = self.text.get(from..to) else {
            return false;
        };
        let mark = |c: char| c.is_whitespace() || ",/;|•·()-–—+&:*●▪".contains(c);
        let punctuated = gap.contains([',', '/', ';', '|', '•', '·', '(', '+', '&', '\n', ':', '●']);
        let version = |w: &str| w.starts_with(|c: char| c.is_ascii_digit()) && w.len() <= 4;
        let mut words = gap.split(mark).filter(|w| !w.is_empty() && !version(w));
        match (words.next(), words.next()) {
            (None, _) => punctuated,
            (Some(word), None) => LIST_WORDS.contains(&word.to_lowercase().as_str()),
            _ => false,
        }
    }

    fn near(&self, index: usize, certain: &[bool]) -> bool {
        let found = &self.matches[index];
        let close = |left: &Match, right: &Match| right.token_start.saturating_sub(left.token_end) <= NEAR;
        let before = (0..index).rev().take_while(|&j| close(&self.matches[j], found));
        let after = (index + 1..self.matches.len()).take_while(|&j| close(found, &self.matches[j]));
        before.chain(after).any(|j| certain[j])
    }
}
