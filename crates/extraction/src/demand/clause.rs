//! The facts of one clause, and whose they are.

use std::ops::Range;

use super::words::{Force, Kind, Place, Token, Wish};
use super::{Demand, Level, Necessity};

/// How near the statement stood that a demand was taken from: 1 in front of a list, 2 at the mention,
/// 3 at the mention and more exact.
#[derive(Clone, Copy, Default)]
pub(super) struct Rank {
    years: u8,
    level: u8,
    necessity: u8,
}

/// Farthest that anything is looked for, in tokens: keeps a clause of any length linear.
const REACH: usize = 160;
/// Years beyond this are those of a company.
const MOST_YEARS: f32 = 19.0;

/// One clause and the demands of its mentions.
pub(super) struct Clause<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
    /// Number of the first mention.
    pub(super) first: usize,
    pub(super) found: &'a mut [Demand],
    pub(super) ranks: &'a mut [Rank],
    /// Two negations: none counts.
    pub(super) silent: bool,
}

/// A length of time: `tokens[..end]` have been read.
#[derive(Clone, Copy)]
struct Duration {
    end: usize,
    min: f32,
    max: Option<f32>,
    months: bool,
}

/// What a list behind a statement is cut by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Years,
    Level,
    Necessity,
    Negation,
}

impl Clause<'_> {
    /// Reads all facts, left to right; nearer ones replace farther ones.
    pub(super) fn judge(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            at = match self.kind(at) {
                Kind::Number(_) => self.years(at),
                Kind::Level(level, place) => self.level(at, level, place),
                Kind::Cefr(level) => self.cefr(at, level),
                Kind::Need(_) | Kind::Wish(_) => self.need(at),
                Kind::No | Kind::Not => self.negation(at),
                Kind::Without => self.without(at),
                Kind::Abstain => self.abstain(at),
                _ => at + 1,
            }
            .max(at + 1);
        }
        for demand in self.found.iter_mut().filter(|d| d.negated) {
            match demand.necessity {
                // "Not required but a plus": asked for after all.
                Necessity::Desirable => demand.negated = false,
                _ => demand.necessity = Necessity::Unstated,
            }
        }
    }

    /// Kind of a token; past the end a comma, which ends whatever is read.
    fn kind(&self, at: usize) -> Kind {
        self.tokens.get(at).map_or(Kind::Comma, |t| t.kind)
    }

    fn kind_before(&self, at: usize) -> Kind {
        at.checked_sub(1).map_or(Kind::Comma, |i| self.kind(i))
    }

    fn word(&self, at: usize) -> &str {
        let range = |t: &Token| self.text.get(t.start as usize..t.end as usize);
        self.tokens.get(at).and_then(range).unwrap_or_default()
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.word(at).eq_ignore_ascii_case(word)
    }

    fn is_plural(&self, at: usize) -> bool {
        self.word(at).ends_with(['s', 'S'])
    }

    /// Place of a mention among those of the clause.
    fn local(&self, at: usize) -> Option<usize> {
        let index = self.tokens.get(at)?.mention()?.checked_sub(self.first)?;
        (index < self.found.len()).then_some(index)
    }

    fn is_language(&self, at: usize) -> bool {
        matches!(self.kind(at), Kind::Mention { language: true, .. })
    }

    fn is_mention(&self, at: usize) -> bool {
        matches!(self.kind(at), Kind::Mention { .. })
    }

    // ---- Years ----

    fn years(&mut self, at: usize) -> usize {
        let Some(duration) = self.duration(at) else {
            return at + 1;
        };
        if duration.min > MOST_YEARS || !self.is_experience(at, &duration) {
            return duration.end;
        }
        let bounds = self.bounds(at, &duration);
        let behind = self.mention_before_years(at);
        let ahead = self.ahead_of_years(duration.end);
        match behind {
            Some((mention, firm)) if firm || ahead.is_empty() || self.touches(mention, at) => {
                self.set_years(self.years_list(mention, at), bounds, 2);
            }
            _ if !ahead.is_empty() => self.set_years(ahead, bounds, 1),
            _ => {
                let list = self.experience_before(at);
                self.set_years(list, bounds, 1);
            }
        }
        duration.end
    }

    /// Reads "3", "un (1)", "5+", "2 a 5", "6 meses a 1" and the unit behind.
    fn duration(&self, at: usize) -> Option<Duration> {
        let (first, mut end) = self.quantity(at)?;
        let mut second = None;
        let mut months = self.unit(end);
        if months.is_none() && self.joins_range(end) {
            let (value, after) = self.quantity(end + 1)?;
            second = Some(value);
            months = self.unit(after);
            end = after;
        }
        let months = months?;
        end += 1;
        let scale = |value: f32, months: bool| if months { value / 12.0 } else { value };
        let mut min = scale(first, months);
        let mut max = second.map(|value| scale(value, months));
        if max.is_none()
            && self.joins_range(end)
            && let Some((value, after)) = self.quantity(end + 1)
            && let Some(unit) = self.unit(after)
        {
            max = Some(scale(value, unit));
            end = after + 1;
        } else if self.kind(end) == Kind::And && (self.is_word(end + 1, "medio") || self.is_word(end + 1, "meio")) {
            min += 0.5;
            end += 2;
        }
        Some(Duration { end, min, max: max.filter(|max| *max > min), months })
    }

    /// A number, the same in brackets, and what says that it may be more.
    fn quantity(&self, at: usize) -> Option<(f32, usize)> {
        let Kind::Number(mut value) = self.kind(at) else {
            return None;
        };
        let mut end = at + 1;
        if self.kind(end) == Kind::Open
            && let Kind::Number(again) = self.kind(end + 1)
            && self.kind(end + 2) == Kind::Close
        {
            value = again;
            end += 3;
        }
        while self.kind(end) == Kind::Plus || self.is_word(end, "plus") {
            end += 1;
        }
        if self.kind(end) == Kind::And && self.kind(end + 1) == Kind::More {
            end += 2;
        }
        Some((value, end))
    }

    /// Whether the unit is months.
    fn unit(&self, at: usize) -> Option<bool> {
        match self.kind(at) {
            Kind::Year => Some(false),
            Kind::Month => Some(true),
            _ => None,
        }
    }

    fn joins_range(&self, at: usize) -> bool {
        matches!(self.kind(at), Kind::Hyphen | Kind::Dash | Kind::Slash | Kind::A | Kind::To | Kind::And | Kind::Most)
    }

    /// Least and most years, by the words around: "hasta 3 años", "menos de 2 años".
    fn bounds(&self, at: usize, duration: &Duration) -> (Option<f32>, Option<f32>) {
        if duration.max.is_some() {
            return (Some(duration.min), duration.max);
        }
        for back in (at.saturating_sub(3)..at).rev() {
            match self.kind(back) {
                Kind::Small | Kind::A | Kind::Plus | Kind::To => {}
                Kind::Most => return (None, Some(duration.min)),
                Kind::Less if !self.negates_less(back) => return (None, Some(duration.min)),
                Kind::More | Kind::Elder
                    if matches!(self.kind_before(back), Kind::No | Kind::Not) && self.kind(back) == Kind::Elder =>
                {
                    return (None, Some(duration.min));
                }
                _ => break,
            }
        }
        (Some(duration.min), None)
    }

    /// "Al menos", "por lo menos", "no menos de".
    fn negates_less(&self, at: usize) -> bool {
        let before = self.kind_before(at);
        matches!(before, Kind::Al | Kind::No | Kind::Not)
            || at > 0 && (self.is_word(at - 1, "lo") || self.is_word(at - 1, "a"))
    }

    /// Whether the years are of experience, not of age, contract or company.
    fn is_experience(&self, at: usize, duration: &Duration) -> bool {
        if self.is_of_other_things(at) || self.is_of_employer(at, duration) {
            return false;
        }
        self.experience_follows(duration.end).unwrap_or_else(|| {
            let near = if duration.months { 6 } else { 12 };
            self.experience_stands_before(at, near)
                || self.mention_before_years(at).is_some_and(|(_, firm)| firm || !duration.months)
        })
    }

    fn is_of_other_things(&self, at: usize) -> bool {
        let mut elder = false;
        for back in (at.saturating_sub(6)..at).rev() {
            match self.kind(back) {
                Kind::Comma => break,
                Kind::Unlike => return true,
                Kind::Elder if at - back <= 3 => elder = true,
                Kind::Experience | Kind::Knowledge => return false,
                Kind::Mention { .. } if !elder => return false,
                _ => {}
            }
        }
        elder
    }

    fn is_of_employer(&self, at: usize, duration: &Duration) -> bool {
        for back in (at.saturating_sub(40)..at).rev() {
            match self.kind(back) {
                Kind::Seek | Kind::Need(_) | Kind::Wish(_) => return false,
                Kind::Company => {
                    let own = ["somos", "contamos", "temos", "founded", "fundada"];
                    return duration.min >= 8.0 || own.iter().any(|word| self.is_word(back, word));
                }
                _ => {}
            }
        }
        let behind = duration.end..(duration.end + 20).min(self.tokens.len());
        duration.min >= 15.0 && behind.into_iter().any(|i| self.kind(i) == Kind::Company)
    }

    /// What the words behind say: experience, something else, or nothing.
    fn experience_follows(&self, from: usize) -> Option<bool> {
        for (steps, at) in (from..from + 9).enumerate() {
            match self.kind(at) {
                Kind::Comma | Kind::Close | Kind::Open | Kind::Dash => return None,
                Kind::Experience | Kind::Knowledge => return Some(true),
                Kind::Doing if !self.is_word(at, "professional") && !self.is_word(at, "profesional") => {
                    return Some(true);
                }
                Kind::Unlike if steps < 4 => return Some(false),
                Kind::Mention { .. } => return Some(true),
                Kind::Number(_) | Kind::Year => return None,
                _ => {}
            }
        }
        None
    }

    fn experience_stands_before(&self, at: usize, near: usize) -> bool {
        for back in (at.saturating_sub(near)..at).rev() {
            match self.kind(back) {
                Kind::Experience => return true,
                Kind::Year | Kind::Month | Kind::Dash => return false,
                _ => {}
            }
        }
        false
    }

    /// The mention right before, and whether a colon or bracket ties the years to it.
    fn mention_before_years(&self, at: usize) -> Option<(usize, bool)> {
        let mut firm = false;
        for back in (at.saturating_sub(7)..at).rev() {
            match self.kind(back) {
                Kind::Mention { .. } => return Some((back, firm)),
                Kind::Colon | Kind::Open => firm = true,
                Kind::Dash | Kind::Hyphen | Kind::Plus | Kind::Least | Kind::More | Kind::Most | Kind::Less => {}
                Kind::Al | Kind::Small | Kind::A | Kind::Experience | Kind::Neutral | Kind::Elder => {}
                Kind::Level(..) | Kind::LevelNoun => {}
                Kind::Is => {}
                _ => return None,
            }
        }
        None
    }

    fn touches(&self, mention: usize, at: usize) -> bool {
        mention + 1 == at && !self.ranks_claimed(mention)
    }

    fn ranks_claimed(&self, mention: usize) -> bool {
        self.local(mention).is_some_and(|i| self.ranks[i].years > 0)
    }

    /// The mention alone, or the list that "de", "for" ties the years to: "experiencia en Java y Go de 3 años".
    fn years_list(&self, mention: usize, at: usize) -> Range<usize> {
        let tied = (mention + 1..at).any(|i| self.kind(i) == Kind::Small);
        let single = !tied || (mention + 1..at).any(|i| matches!(self.kind(i), Kind::Open | Kind::Colon));
        let list = if single { None } else { self.list_back(mention, true) };
        list.or_else(|| self.local(mention).map(|i| i..i + 1)).unwrap_or_default()
    }

    /// The mentions that follow; none when a word says that the years are of something else.
    fn ahead_of_years(&self, from: usize) -> Range<usize> {
        self.ahead(from, Scope::Years)
    }

    /// "Experiencia en Java, Node y Go, mínimo 3 años".
    fn experience_before(&self, at: usize) -> Range<usize> {
        let mut last = None;
        for back in (at.saturating_sub(8)..at).rev() {
            match self.kind(back) {
                Kind::Mention { .. } => {
                    last = Some(back);
                    break;
                }
                Kind::Comma | Kind::Open | Kind::Colon | Kind::Small | Kind::Least | Kind::Al | Kind::Less => {}
                Kind::More | Kind::A | Kind::Plus | Kind::With | Kind::Neutral => {}
                _ => return 0..0,
            }
        }
        let Some(last) = last else {
            return 0..0;
        };
        let list = self.list_back(last, true).unwrap_or_default();
        let headed = (at.saturating_sub(REACH)..last).rev().take_while(|i| self.kind(*i) != Kind::Year);
        let headed = headed.into_iter().any(|i| self.kind(i) == Kind::Experience);
        if headed { list } else { 0..0 }
    }

    fn set_years(&mut self, targets: Range<usize>, (min, max): (Option<f32>, Option<f32>), rank: u8) {
        for i in targets {
            if self.ranks[i].years <= rank {
                self.ranks[i].years = rank;
                (self.found[i].years_min, self.found[i].years_max) = (min, max);
            }
        }
    }

    // ---- Lists ----

    /// The mentions of the list that a statement before `from` is about.
    fn ahead(&self, from: usize, scope: Scope) -> Range<usize> {
        let mut list: Option<Range<usize>> = None;
        let (mut depth, mut others, mut separated, mut language) = (0, 0, false, false);
        for at in from..self.tokens.len().min(from + REACH) {
            let started = list.is_some();
            match self.kind(at) {
                Kind::Mention { language: is, .. } => {
                    let Some(i) = self.local(at) else { break };
                    if !started {
                        language = is;
                    } else if language != is && matches!(scope, Scope::Years | Scope::Level) {
                        break;
                    }
                    list = Some(list.map_or(i, |l| l.start)..i + 1);
                    (others, separated) = (0, false);
                }
                Kind::Open => depth += 1,
                Kind::Close if depth == 0 => break,
                Kind::Close => depth -= 1,
                Kind::But | Kind::Abstain => break,
                Kind::Comma if !started && scope != Scope::Necessity => break,
                Kind::Comma if scope == Scope::Negation && !self.goes_on(at + 1) => break,
                Kind::Comma | Kind::And => separated = true,
                Kind::Dash if scope != Scope::Necessity || started => break,
                Kind::Colon if started && !self.is_mention(at - 1) => break,
                Kind::Capital if started && self.kind(at + 1) == Kind::Colon => break,
                Kind::Similar if !started => break,
                Kind::Seek if started && scope == Scope::Negation => break,
                _ if matches!(scope, Scope::Necessity | Scope::Negation) => {
                    others += 1;
                    if others > 12 {
                        break;
                    }
                }
                kind => {
                    if self.cuts(at, kind, scope, started, separated, depth > 0, &mut others) {
                        break;
                    }
                }
            }
        }
        list.unwrap_or_default()
    }

    /// Whether a word ends the list of a statement of years or level.
    #[allow(clippy::too_many_arguments)]
    fn cuts(
        &self,
        at: usize,
        kind: Kind,
        scope: Scope,
        started: bool,
        separated: bool,
        inside: bool,
        others: &mut usize,
    ) -> bool {
        match kind {
            Kind::Knowledge | Kind::Experience if started => true,
            Kind::Knowledge | Kind::Experience => {
                *others > 0 && (matches!(self.kind_before(at), Kind::With | Kind::And) || separated)
            }
            Kind::Doing => started && separated,
            // "Y un fuerte compromiso".
            Kind::Number(1.0) if separated && !started => matches!(self.kind_before(at), Kind::And),
            Kind::Need(_) | Kind::Wish(_) => started && separated && !inside,
            Kind::No | Kind::Not | Kind::Without => started,
            Kind::Number(_) => {
                started && !inside && self.duration(at).is_some() && (scope == Scope::Years || separated)
            }
            Kind::Other | Kind::Capital | Kind::Seek | Kind::Company | Kind::Unlike | Kind::Counted | Kind::Person => {
                *others += 1;
                let most = match (started, scope) {
                    (false, Scope::Years) => 8,
                    (false, _) => 4,
                    (true, Scope::Years) => 3,
                    (true, _) => 1,
                };
                *others > most || started && separated
            }
            _ => false,
        }
    }

    /// Whether a denied list goes on behind a comma.
    fn goes_on(&self, at: usize) -> bool {
        let at = at + usize::from(self.kind(at) == Kind::And);
        self.is_mention(at) && !matches!(self.kind(at + 1), Kind::Level(..) | Kind::Colon | Kind::Cefr(_))
    }

    /// The mention at `last` and those joined to it before; over commas only when an "and" or `many` says that
    /// it is a list.
    fn list_back(&self, last: usize, many: bool) -> Option<Range<usize>> {
        let end = self.local(last)? + 1;
        let mut start = end - 1;
        let mut joined = many;
        for at in (last.saturating_sub(REACH)..last).rev() {
            match self.kind(at) {
                Kind::Mention { .. } => start = self.local(at).unwrap_or(start),
                Kind::And | Kind::Slash => joined = true,
                Kind::Comma if joined => {}
                Kind::Hyphen | Kind::Small => {}
                _ => break,
            }
        }
        Some(start..end)
    }

    // ---- Level ----

    fn level(&mut self, at: usize, level: Level, place: Place) -> usize {
        let end = self.end_of_levels(at);
        let noun_before = self.noun_before(at);
        let noun_after = self.noun_after(end);
        let behind = self.mention_before_level(at, end);
        let head_end = noun_after.unwrap_or(end);
        let ahead = if noun_before || noun_after.is_some() || matches!(place, Place::Own | Place::BehindOrOwn) {
            self.ahead_of_level(head_end)
        } else {
            0..0
        };
        let language_ahead = self.next_mention(end).filter(|m| self.is_language(*m));
        match place {
            Place::Own => self.set_level(ahead, level, 1),
            Place::BehindOrOwn if !ahead.is_empty() => self.set_level(ahead, level, 1),
            Place::Noun if !noun_before && noun_after.is_none() => {
                let near = language_ahead.or(behind.map(|b| b.0).filter(|m| self.is_language(*m)));
                self.set_level(near.and_then(|m| self.local(m)).map_or(0..0, |i| i..i + 1), level, 2);
            }
            Place::LevelNoun if !self.level_noun_beside(at, end) => {
                if let Some((mention, _)) = behind.filter(|(m, _)| self.is_language(*m)) {
                    self.set_level(self.level_list(mention, at), level, 2);
                }
            }
            // "A high level of quality" is no level of a skill.
            Place::LevelNoun if self.is_word(at, "high") => {
                let list = self.languages_only(ahead, end);
                self.set_level(list, level, 1);
            }
            Place::Language => self.language_level(end, level, behind, ahead),
            _ => self.plain_level(at, end, (level, place), noun_after.is_some(), behind, ahead),
        }
        end
    }

    fn plain_level(
        &mut self,
        at: usize,
        end: usize,
        (level, place): (Level, Place),
        noun_after: bool,
        behind: Option<(usize, bool)>,
        ahead: Range<usize>,
    ) {
        let direct = (place == Place::Around).then(|| self.next_mention(end)).flatten();
        match (behind, direct) {
            (Some((mention, firm)), _) if firm || ahead.is_empty() && direct.is_none() => {
                self.set_level(self.level_list(mention, at), level, 2);
            }
            (Some((mention, _)), None) if mention + 1 == at && !noun_after => {
                self.set_level(self.level_list(mention, at), level, 2);
            }
            (_, _) if !ahead.is_empty() => self.set_level(ahead, level, 1),
            (_, Some(mention)) => {
                let list = self.joined_ahead(mention);
                self.set_level(list, level, 2);
            }
            _ => {}
        }
    }

    fn language_level(&mut self, end: usize, level: Level, behind: Option<(usize, bool)>, ahead: Range<usize>) {
        let next = self.next_mention(end).filter(|m| self.is_language(*m));
        let behind = behind.map(|b| b.0).filter(|m| self.is_language(*m));
        let list = match (behind, next) {
            (Some(mention), _) => self.local(mention).map_or(0..0, |i| i..i + 1),
            (None, Some(mention)) => self.joined_ahead(mention),
            (None, None) => self.languages_only(ahead, end),
        };
        self.set_level(list, level, 2);
    }

    /// `list`, if its first is a language.
    fn languages_only(&self, list: Range<usize>, from: usize) -> Range<usize> {
        let first = (from..from + REACH).find(|at| self.is_mention(*at));
        if first.is_some_and(|at| self.is_language(at)) { list } else { 0..0 }
    }

    /// CEFR counts for languages alone: "A1" and "C2" are names of other things too.
    fn cefr(&mut self, at: usize, level: Level) -> usize {
        let end = self.end_of_levels(at);
        let before = (at.saturating_sub(8)..at).rev().find(|i| self.is_mention(*i)).filter(|i| self.is_language(*i));
        let after = (end..end + 5).find(|i| self.is_mention(*i)).filter(|i| self.is_language(*i));
        let target = before.or(after).and_then(|m| self.local(m));
        self.set_level(target.map_or(0..0, |i| i..i + 1), level, 3);
        end
    }

    /// "Intermedio-avanzado", "B2/C1", "básico a intermedio": the first, the least, counts.
    fn end_of_levels(&self, at: usize) -> usize {
        let mut end = at + 1;
        while matches!(self.kind(end), Kind::Hyphen | Kind::Dash | Kind::Slash | Kind::And | Kind::A | Kind::To)
            && matches!(self.kind(end + 1), Kind::Level(..) | Kind::Cefr(_))
            && !matches!(self.kind(end + 1), Kind::Level(_, Place::Own))
            && !(self.is_mention(end + 2) && self.kind(end) == Kind::And)
        {
            end += 2;
        }
        end
    }

    fn noun_before(&self, at: usize) -> bool {
        let is_noun = |kind| matches!(kind, Kind::Knowledge | Kind::LevelNoun | Kind::Experience);
        let Some(before) = at.checked_sub(1) else {
            return false;
        };
        is_noun(self.kind(before))
            || matches!(self.kind(before), Kind::Neutral | Kind::Colon | Kind::Other)
                && is_noun(self.kind_before(before))
    }

    /// The end of "(working) knowledge", "hands-on experience" behind a level.
    fn noun_after(&self, end: usize) -> Option<usize> {
        for at in end..end + 5 {
            match self.kind(at) {
                Kind::Knowledge | Kind::LevelNoun | Kind::Experience => {
                    let many = self.kind(at + 1) == Kind::And
                        && matches!(self.kind(at + 2), Kind::Knowledge | Kind::Experience);
                    return Some(at + if many { 3 } else { 1 });
                }
                Kind::Neutral | Kind::Other | Kind::Doing | Kind::Hyphen | Kind::And | Kind::Capital => {}
                Kind::Small if self.is_word(at, "on") => {}
                _ => return None,
            }
        }
        None
    }

    fn level_noun_beside(&self, at: usize, end: usize) -> bool {
        self.kind_before(at) == Kind::LevelNoun
            || self.kind(end) == Kind::LevelNoun
            || self.kind_before(at) == Kind::Hyphen
            || self.kind_before(at) == Kind::Colon && at > 1 && self.kind(at - 2) == Kind::LevelNoun
    }

    /// The mention that a level right behind it describes, and whether a colon or bracket ties them.
    fn mention_before_level(&self, at: usize, end: usize) -> Option<(usize, bool)> {
        let (mut firm, mut noun) = (false, false);
        for back in (at.saturating_sub(9)..at).rev() {
            match self.kind(back) {
                Kind::Mention { .. } => return Some((back, firm)).filter(|_| !noun || firm),
                Kind::Colon | Kind::Open => firm = true,
                Kind::Dash => firm = true,
                Kind::LevelNoun | Kind::Neutral | Kind::A | Kind::Is | Kind::Close | Kind::Hyphen => {}
                Kind::Small | Kind::With => {}
                Kind::Need(_) | Kind::Wish(_) | Kind::Level(..) | Kind::Cefr(_) => {}
                Kind::Knowledge => noun = true,
                Kind::And if self.kind(back + 1) == Kind::Neutral => {}
                Kind::Slash if self.kind(back + 1) == Kind::Neutral => {}
                Kind::Comma if self.kind(back + 1) == Kind::LevelNoun && !self.is_preposition(end) => firm = true,
                _ => return None,
            }
        }
        None
    }

    fn is_preposition(&self, at: usize) -> bool {
        matches!(self.kind(at), Kind::Small | Kind::With)
    }

    /// The mention that follows at once, or behind words like "written and spoken".
    fn next_mention(&self, end: usize) -> Option<usize> {
        for at in end..end + 5 {
            match self.kind(at) {
                Kind::Mention { .. } => return Some(at),
                Kind::Neutral => {}
                Kind::And if self.kind(at + 1) == Kind::Neutral => {}
                Kind::Small if self.is_word(at, "in") || self.is_word(at, "en") || self.is_word(at, "em") => {}
                Kind::Small if self.is_word(at, "de") && self.is_language(at + 1) => {}
                _ => return None,
            }
        }
        None
    }

    /// The list behind "conocimientos básicos": needs a preposition, a colon or the mention itself.
    fn ahead_of_level(&self, from: usize) -> Range<usize> {
        match self.kind(from) {
            Kind::Small | Kind::With | Kind::Colon | Kind::Mention { .. } | Kind::Neutral | Kind::Doing => {
                self.ahead(from, Scope::Level)
            }
            Kind::Open if self.is_mention(from + 1) && self.kind_before(from) != Kind::LevelNoun => {
                self.ahead(from + 1, Scope::Level)
            }
            Kind::Slash | Kind::And if self.is_preposition(from + 2) => self.ahead(from + 2, Scope::Level),
            _ => 0..0,
        }
    }

    /// A mention and those joined to it by "and" or slash.
    fn joined_ahead(&self, mention: usize) -> Range<usize> {
        let Some(start) = self.local(mention) else {
            return 0..0;
        };
        let language = self.is_language(mention);
        let (mut end, mut at) = (start + 1, mention + 1);
        while matches!(self.kind(at), Kind::And | Kind::Slash | Kind::Hyphen)
            && self.is_mention(at + 1)
            && self.is_language(at + 1) == language
        {
            end += 1;
            at += 2;
        }
        start..end.min(self.found.len())
    }

    /// The mention that a level follows; the whole list when the level is in the plural.
    fn level_list(&self, mention: usize, at: usize) -> Range<usize> {
        if self.is_plural(at) && mention + 1 == at {
            return self.list_back(mention, true).unwrap_or_default();
        }
        self.local(mention).map_or(0..0, |i| i..i + 1)
    }

    fn set_level(&mut self, targets: Range<usize>, level: Level, rank: u8) {
        for i in targets {
            // Of two at the same mention the first is meant ("avanzado, oral básico").
            let free = match rank {
                1 => self.ranks[i].level <= 1,
                _ => self.ranks[i].level < rank,
            };
            if free {
                self.ranks[i].level = rank;
                self.found[i].level = Some(level);
            }
        }
    }

    // ---- Necessity ----

    fn need(&mut self, at: usize) -> usize {
        let Some((necessity, verb, end)) = self.necessity(at) else {
            return at + 1;
        };
        self.place_need(at, end, necessity, verb);
        end
    }

    /// What the word at `at` says, whether its object follows, and the end of the phrase.
    fn necessity(&self, at: usize) -> Option<(Necessity, bool, usize)> {
        let conditional = self.kind_before(at) == Kind::If
            || at > 0 && ["as", "where", "de", "whenever"].iter().any(|word| self.is_word(at - 1, word));
        match self.kind(at) {
            Kind::Need(Force::WithNot) => None,
            Kind::Need(Force::Soft) if conditional => None,
            // "La formación necesaria para".
            Kind::Need(Force::Soft)
                if (self.is_word(at + 1, "para") || self.is_word(at + 1, "to"))
                    && !(at.saturating_sub(4)..at).any(|i| self.kind(i) == Kind::Is) =>
            {
                None
            }
            Kind::Need(Force::Soft | Force::Hard) => Some((Necessity::Required, false, at + 1)),
            Kind::Need(Force::Verb) => Some((Necessity::Required, !self.is_word(at, "requer"), at + 1)),
            Kind::Need(Force::Must) => {
                let end = if self.kind(at + 1) == Kind::Hyphen { at + 2 } else { at + 1 };
                let end = if self.kind(end) == Kind::Have { end + 1 } else { end };
                Some((Necessity::Required, !self.has_article(at), end))
            }
            Kind::Wish(Wish::Plain) => Some((Necessity::Desirable, false, at + 1)),
            Kind::Wish(Wish::Verb) => Some((Necessity::Desirable, true, at + 1)),
            Kind::Wish(Wish::Noun) => {
                let pointed = self.is_word(at + 1, "points") || self.is_word(at + 1, "if");
                let heads = at == 0 && self.kind(1) == Kind::Colon;
                (self.has_article(at) || pointed || heads).then_some((Necessity::Desirable, false, at + 1))
            }
            Kind::Wish(Wish::Nice) => {
                let hyphen = |i: usize| i + usize::from(self.kind(i) == Kind::Hyphen);
                let to = hyphen(at + 1);
                let have = hyphen(to + 1);
                let end = have + 1 + usize::from(self.is_word(have + 1, "s"));
                (self.kind(to) == Kind::To && self.is_word(have, "have") || self.is_word(have, "haves")).then_some((
                    Necessity::Desirable,
                    false,
                    end,
                ))
            }
            Kind::Wish(Wish::Ideal) => {
                let next = self.kind(at + 1);
                let of_person = matches!(self.kind_before(at), Kind::Person | Kind::Seek | Kind::Role | Kind::Counted)
                    || at > 0 && self.is_word(at - 1, "our")
                    || matches!(next, Kind::Person | Kind::Seek | Kind::Role)
                    || ["para", "for", "de"].iter().any(|word| self.is_word(at + 1, word));
                (!of_person).then_some((Necessity::Desirable, false, at + 1))
            }
            _ => None,
        }
    }

    /// "A plus", "un gran plus", "(plus)".
    fn has_article(&self, at: usize) -> bool {
        let is_article = |i: usize| {
            matches!(self.kind(i), Kind::A | Kind::Open) || self.kind(i) == Kind::Number(1.0) || self.is_word(i, "an")
        };
        (at.saturating_sub(2)..at).any(is_article)
    }

    fn place_need(&mut self, at: usize, end: usize, necessity: Necessity, verb: bool) {
        let colon = self.kind(end) == Kind::Colon;
        let in_bracket = self.closes_without_mention(at, end);
        let ahead = match self.kind(end) {
            Kind::Comma | Kind::Close => 0..0,
            _ if in_bracket => 0..0,
            _ => self.ahead(end, Scope::Necessity),
        };
        if !ahead.is_empty() && (colon || verb || self.starts_segment(at)) {
            return self.set_necessity(ahead, necessity, 1);
        }
        let behind = self.needed_before(at, in_bracket);
        if !behind.is_empty() {
            self.set_necessity(behind, necessity, 2);
        } else {
            self.set_necessity(ahead, necessity, 1);
        }
    }

    /// Whether the statement stands in brackets that hold no mention behind it.
    fn closes_without_mention(&self, at: usize, end: usize) -> bool {
        let opens = (at.saturating_sub(5)..at)
            .rev()
            .find(|i| matches!(self.kind(*i), Kind::Open | Kind::Close | Kind::Mention { .. }));
        let closes = (end..end + 8).find(|i| matches!(self.kind(*i), Kind::Close | Kind::Mention { .. }));
        opens.is_some_and(|i| self.kind(i) == Kind::Open) && closes.is_some_and(|i| self.kind(i) == Kind::Close)
    }

    /// Whether only small words stand between the beginning of a clause or part of it and the statement.
    fn starts_segment(&self, at: usize) -> bool {
        for back in (0..at).rev().take(6) {
            match self.kind(back) {
                Kind::Is | Kind::Small | Kind::A | Kind::Neutral => {}
                Kind::Number(_) if !self.is_mention(back) => {}
                Kind::Comma | Kind::Colon | Kind::Open | Kind::Dash | Kind::But | Kind::And | Kind::Close => {
                    return true;
                }
                Kind::No | Kind::Not => {}
                _ => return false,
            }
        }
        at < 6
    }

    /// The mentions that a statement behind them is about.
    fn needed_before(&self, at: usize, in_bracket: bool) -> Range<usize> {
        let predicate = !in_bracket && (at.saturating_sub(4)..at).any(|i| self.kind(i) == Kind::Is);
        if predicate {
            return self.all_before(at);
        }
        // "Not required but a plus": of what stands before the "but" and its statement.
        let but = (at.saturating_sub(4)..at).find(|i| self.kind(*i) == Kind::But);
        let at_mention = but.and_then(|but| (but.saturating_sub(8)..but).rev().find(|i| self.is_mention(*i)));
        if let Some(mention) = at_mention {
            return self.list_back(mention, false).unwrap_or_default();
        }
        let nearest = (at.saturating_sub(12)..at).rev().find(|i| {
            matches!(self.kind(*i), Kind::Mention { .. } | Kind::Dash | Kind::But)
                || matches!(self.kind(*i), Kind::Need(_) | Kind::Wish(_)) && !in_bracket
        });
        let Some(mention) = nearest.filter(|i| self.is_mention(*i)) else {
            return 0..0;
        };
        if in_bracket && !self.is_plural(at) {
            return self.local(mention).map_or(0..0, |i| i..i + 1);
        }
        self.list_back(mention, self.is_plural(at)).unwrap_or_default()
    }

    /// The subject of "is required": back to its noun ("experience with") or the statement before.
    fn all_before(&self, at: usize) -> Range<usize> {
        let mut list: Option<Range<usize>> = None;
        let mut noun_behind = false;
        for back in (at.saturating_sub(REACH)..at).rev() {
            match self.kind(back) {
                Kind::Mention { .. } => {
                    let Some(i) = self.local(back) else { break };
                    list = Some(i..list.map_or(i + 1, |l| l.end));
                }
                Kind::Knowledge | Kind::Experience if list.is_none() => noun_behind = true,
                Kind::Knowledge | Kind::Experience if self.is_preposition(back + 1) => break,
                Kind::Comma if noun_behind && list.is_some() => break,
                Kind::Need(_) | Kind::Wish(_) | Kind::But | Kind::Dash if list.is_some() => break,
                Kind::Dash => break,
                _ => {}
            }
        }
        list.unwrap_or_default()
    }

    fn set_necessity(&mut self, targets: Range<usize>, necessity: Necessity, rank: u8) {
        for i in targets {
            if self.ranks[i].necessity <= rank {
                self.ranks[i].necessity = rank;
                self.found[i].necessity = necessity;
            }
        }
    }

    // ---- Negation ----

    /// "No", "not": reads on to what is denied; gives the end of what it took.
    fn negation(&mut self, at: usize) -> usize {
        if self.kind_before(at) == Kind::If || matches!(self.kind(at + 1), Kind::Only | Kind::Less | Kind::More) {
            return at + 1;
        }
        let (mut others, mut predicate, mut role) = (0, false, false);
        for next in at + 1..at + 8 {
            match self.kind(next) {
                Kind::Is => predicate = true,
                Kind::Small | Kind::A | Kind::With | Kind::Have | Kind::Doing | Kind::To | Kind::Number(_) => {}
                Kind::Neutral | Kind::Elder => {}
                Kind::Only => return at + 1,
                Kind::Role | Kind::Person => role = true,
                Kind::Need(Force::Hard) => {
                    self.place_need(at, next + 1, Necessity::Desirable, false);
                    return next + 1;
                }
                Kind::Need(Force::Must) | Kind::Wish(_) => return at + 1,
                Kind::Need(Force::WithNot) if matches!(self.kind(next + 1), Kind::Need(Force::Hard)) => {
                    self.place_need(at, next + 2, Necessity::Desirable, false);
                    return next + 2;
                }
                Kind::Need(force) => {
                    self.deny_need(at, next, force != Force::Soft);
                    return next + 1;
                }
                // Portuguese "no uso de", "no domínio de" deny nothing.
                Kind::Knowledge
                    if ["uso", "dominio", "domínio", "conhecimento", "manejo"]
                        .iter()
                        .any(|w| self.is_word(next, w)) =>
                {
                    return at + 1;
                }
                Kind::Experience | Kind::Knowledge if !role => {
                    let ahead = self.ahead(next + 1, Scope::Negation);
                    self.deny(ahead);
                    return next + 1;
                }
                Kind::Mention { .. } => {
                    let plain = self.kind(at) == Kind::Not && next - at <= 2 || predicate && (role || others == 0);
                    if plain {
                        self.deny(self.joined_ahead(next));
                    }
                    return at + 1;
                }
                Kind::Other | Kind::Capital if others < 2 => others += 1,
                _ => return at + 1,
            }
        }
        at + 1
    }

    /// "No se requiere X", "X not required".
    fn deny_need(&mut self, at: usize, need: usize, verb: bool) {
        // "Desired but not required: X".
        let wished = (at.saturating_sub(6)..at).any(|i| matches!(self.kind(i), Kind::Wish(_)));
        if wished && self.kind_before(at) == Kind::But {
            return self.place_need(at, need + 1, Necessity::Desirable, false);
        }
        let ahead = match self.kind(need + 1) {
            Kind::Comma | Kind::Close => 0..0,
            _ => self.ahead(need + 1, Scope::Negation),
        };
        let mut part = (0..at).rev().take(REACH).take_while(|i| !matches!(self.kind(*i), Kind::Comma | Kind::Dash));
        let behind = part.find(|i| self.is_mention(*i));
        // "X (no es necesario programar)" denies something else.
        let ends =
            matches!(self.kind(need + 1), Kind::Comma | Kind::Close | Kind::But | Kind::Small | Kind::Dash | Kind::And);
        match behind {
            _ if verb && !ahead.is_empty() => self.deny(ahead),
            Some(mention) if ends => self.deny(self.list_back(mention, false).unwrap_or_default()),
            None if !ahead.is_empty() => self.deny(ahead),
            None if ends => self.deny(self.all_before(at)),
            _ => {}
        }
    }

    /// "Sin experiencia en X", "without knowledge of X", "sem necessidade de X".
    fn without(&mut self, at: usize) -> usize {
        for next in at + 1..at + 5 {
            match self.kind(next) {
                Kind::Experience | Kind::Knowledge | Kind::Need(Force::WithNot) => {
                    let ahead = self.ahead(next + 1, Scope::Negation);
                    self.deny(ahead);
                    return next + 1;
                }
                Kind::Other | Kind::Neutral | Kind::Small | Kind::Doing | Kind::Have | Kind::A => {}
                _ => return at + 1,
            }
        }
        at + 1
    }

    /// "Abstenerse perfiles de X"; but "sin X abstenerse" asks for X.
    fn abstain(&mut self, at: usize) -> usize {
        if self.silent {
            return at + 1;
        }
        let around = at.saturating_sub(REACH)..(at + REACH).min(self.tokens.len());
        let denied = |i: usize| matches!(self.kind(i), Kind::No | Kind::Not | Kind::Without | Kind::If);
        if around.into_iter().any(denied) {
            self.silent = true;
            self.found.iter_mut().for_each(|d| d.negated = false);
            return at + 1;
        }
        let ahead = self.ahead(at + 1, Scope::Negation);
        let denied = if ahead.is_empty() { self.all_before(at) } else { ahead };
        self.deny(denied);
        at + 1
    }

    fn deny(&mut self, targets: Range<usize>) {
        if !self.silent
            && let Some(found) = self.found.get_mut(targets)
        {
            found.iter_mut().for_each(|demand| demand.negated = true);
        }
    }
}
