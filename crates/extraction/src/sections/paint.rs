//! Gives each word its section.
//!
//! The text is taken in pieces: sentences, items, and what follows a heading. A heading or a sentence that
//! speaks of the job changes the section for good; what a sentence says of the employer holds for a few
//! sentences of its line; wishes and degrees hold for their own clause.

use super::{
    Section,
    cues::{Cues, Family, Hit, Role, kind},
    words::{Case, NUMBER, Word, gap},
};

/// Most words of a heading.
const HEADING_WORDS: usize = 8;
/// How many sentences without a cue still go with the one before about the employer.
const CARRY: u8 = 3;
/// Most words of a degree clause.
const DEGREE_WORDS: usize = 40;
/// In a text without full stops, how far what is said of the employer reaches.
const REACH: usize = 30;

/// Before a heading: a place where anything may start.
const FRESH: u16 =
    gap::NEWLINE | gap::STOP | gap::BULLET | gap::WIDE | gap::GLUED | gap::CLOSE | gap::COLON | gap::OPEN;
/// After a clause: it ends here.
const CLOSED: u16 = gap::NEWLINE | gap::STOP | gap::BULLET | gap::WIDE | gap::CLOSE | gap::COMMA;

/// The section of every word (the last, empty one left out).
pub(super) fn paint(words: &[Word], hits: &[Hit], cues: &Cues) -> Vec<Section> {
    let count = words.len().saturating_sub(1);
    let mut painter = Painter {
        words,
        cues,
        count,
        painted: vec![Section::Body; count],
        base: Section::Body,
        headed: false,
        carried: None,
        carry: 0,
        portal: false,
    };
    painter.run(hits);
    painter.painted
}

/// What stands at the start of a piece.
#[derive(Clone, Copy)]
enum Start {
    Plain,
    Heading {
        end: usize,
        section: Section,
        lasts: bool,
    },
    Furniture,
    Field,
    /// Ends the portal's furniture.
    Ad {
        end: usize,
    },
}

/// A mark of wishes whose reach is not known yet.
#[derive(Clone, Copy)]
struct Pending {
    from: usize,
    section: Section,
}

struct Painter<'t> {
    words: &'t [Word],
    cues: &'t Cues,
    count: usize,
    painted: Vec<Section>,
    /// What the last heading or sentence about the job said.
    base: Section,
    /// A heading said so.
    headed: bool,
    /// What a sentence said, for a few more.
    carried: Option<Section>,
    carry: u8,
    portal: bool,
}

impl Painter<'_> {
    fn run(&mut self, mut hits: &[Hit]) {
        let mut at = 0;
        let mut start = self.start_at(0, hits);
        while at < self.count {
            let body = match start {
                Start::Heading { end, .. } | Start::Ad { end } => end.min(self.count),
                _ => at,
            };
            let mut rest = hits;
            let mut next = Start::Plain;
            let mut end = at + 1;
            // The piece runs to the next break or heading.
            while end < self.count {
                rest = from(rest, end);
                if end >= body {
                    next = self.start_at(end, rest);
                    if !matches!(next, Start::Plain) || self.breaks(end) {
                        break;
                    }
                }
                end += 1;
            }
            rest = from(rest, end);
            let own = &hits[..hits.len() - rest.len()];
            self.piece(at, body.min(end), end, start, own);
            hits = rest;
            at = end;
            start = if at < self.count { next } else { Start::Plain };
        }
    }

    fn after(&self, at: usize) -> u16 {
        self.words.get(at).map_or(gap::NEWLINE, |w| w.gap)
    }

    fn is(&self, at: usize, kinds: u16) -> bool {
        self.words.get(at).is_some_and(|w| self.cues.is(w, kinds))
    }

    /// Whether a piece ends before the word.
    fn breaks(&self, at: usize) -> bool {
        let word = &self.words[at];
        if word.gap & (gap::NEWLINE | gap::STOP | gap::BULLET) != 0 {
            return true;
        }
        if word.gap & gap::WIDE != 0 {
            return word.stands_out();
        }
        // "... en Java Conocimientos de SQL": an item after an item, full stop lost.
        word.case == Case::Capitalised
            && word.gap & !gap::GLUED == 0
            && self.cues.is(word, kind::ITEM)
            && self.words[at - 1].case != Case::Capitalised
            && !self.cues.is(&self.words[at - 1], kind::FUNCTION)
    }

    #[inline]
    fn start_at(&self, at: usize, hits: &[Hit]) -> Start {
        if hits.first().is_some_and(|h| h.at == at) { self.start_told(at, hits) } else { Start::Plain }
    }

    fn start_told(&self, at: usize, hits: &[Hit]) -> Start {
        let mut heading = None;
        let mut portal = None;
        for hit in hits.iter().take_while(|h| h.at == at) {
            match hit.role.family() {
                Family::Heading => heading = Some(hit),
                Family::Portal => portal = Some(hit),
                _ => {}
            }
        }
        if let Some(hit) = portal
            && heading.is_none_or(|h| h.len <= hit.len)
            && let Some(start) = self.portal_start(hit)
        {
            return start;
        }
        heading.and_then(|hit| self.heading(hit)).unwrap_or(Start::Plain)
    }

    fn portal_start(&self, hit: &Hit) -> Option<Start> {
        let word = &self.words[hit.at];
        let end = hit.at + hit.len;
        let after = self.after(end);
        let colon = after & gap::COLON != 0;
        match hit.role {
            Role::Furniture if hit.len == 1 && word.case == Case::Lower => {
                // "window.foo = ...": a script.
                let next = self.words.get(end)?;
                (next.gap == gap::DOT && next.start == word.end + 1).then_some(Start::Furniture)
            }
            Role::Furniture => word.stands_out().then_some(Start::Furniture),
            Role::Field => (word.stands_out() && (colon || self.portal)).then_some(Start::Field),
            Role::FieldLine => (word.gap & FRESH != 0 && after & CLOSED != 0 || self.portal).then_some(Start::Field),
            Role::AdStarts if self.portal && word.stands_out() => {
                let next = self.words.get(end)?;
                (colon || after & CLOSED != 0 || next.stands_out()).then_some(Start::Ad { end })
            }
            _ => None,
        }
    }

    /// Whether a phrase is a heading where it stands, and how far it goes.
    fn heading(&self, hit: &Hit) -> Option<Start> {
        let word = &self.words[hit.at];
        let previous = hit.at.checked_sub(1).map(|i| &self.words[i]);
        let fresh = word.gap & FRESH != 0;
        let mid_phrase =
            !fresh && previous.is_some_and(|p| word.gap & gap::COMMA != 0 || self.cues.is(p, kind::FUNCTION));
        let following = previous.is_some_and(|p| self.cues.is(p, kind::FOLLOWING));
        if mid_phrase && !following {
            return None;
        }
        let weak = matches!(hit.role, Role::Weak(_));
        if self.portal && hit.role == Role::Weak(Section::Benefits) {
            return word.stands_out().then_some(Start::Field);
        }
        let end = match self.heading_sign(hit) {
            Some((end, sign)) if sign & gap::NEWLINE == 0 || sign & (gap::COLON | gap::QUESTION) != 0 => {
                let loud = word.stands_out() || fresh || following && !weak;
                // A question is one only as a whole: "¿Tienes experiencia?" is not.
                let question = sign & gap::COLON == 0;
                if !loud || question && (weak || !fresh) || weak && self.weak_runs_on(hit, end) {
                    return self.quiet_heading(hit, fresh);
                }
                end
            }
            Some((end, _)) if word.gap & gap::NEWLINE != 0 && self.own_line(hit, end) => end,
            _ => return self.quiet_heading(hit, fresh),
        };
        Some(self.headed_by(hit, end))
    }

    /// The colon, question mark or line end that ends the heading, and its place.
    fn heading_sign(&self, hit: &Hit) -> Option<(usize, u16)> {
        let first = hit.at + hit.len;
        let mut open = false;
        for at in first..=(hit.at + HEADING_WORDS).min(self.count) {
            let signs = self.after(at);
            if signs & (gap::COLON | gap::QUESTION | gap::NEWLINE) != 0 {
                return (signs & gap::STOP == 0 || signs & gap::QUESTION != 0).then_some((at, signs));
            }
            if signs & (gap::STOP | gap::BULLET | gap::WIDE | gap::GLUED) != 0 {
                return None;
            }
            open |= signs & gap::OPEN != 0;
            if signs & gap::CLOSE != 0 && !open {
                return None;
            }
        }
        None
    }

    /// "Experiencia en bases de datos como: ..." is an item, not a heading.
    fn weak_runs_on(&self, hit: &Hit, end: usize) -> bool {
        let first = hit.at + hit.len;
        end > first && self.is(first, kind::FUNCTION) && !self.is(first + 1, kind::TAIL)
            || end - first > 3
            || self.is(first - 1, kind::FUNCTION)
    }

    fn own_line(&self, hit: &Hit, end: usize) -> bool {
        let first = hit.at + hit.len;
        let tail = (first..end).all(|i| self.is(i, kind::TAIL | kind::WISH));
        let short = end - first <= 4 && self.words[hit.at..end].iter().all(|w| w.gap & gap::COMMA == 0);
        match hit.role {
            Role::Strong(_) => tail || short,
            Role::Clause(Section::Desirable) => tail,
            Role::Clause(_) => tail || short && end - hit.at <= 6 && self.words[hit.at].stands_out() && hit.len > 1,
            _ => tail,
        }
    }

    /// A heading without colon or line of its own: told by capitals, and by what stands around.
    fn quiet_heading(&self, hit: &Hit, fresh: bool) -> Option<Start> {
        let word = &self.words[hit.at];
        if !word.stands_out() {
            return None;
        }
        let first = hit.at + hit.len;
        let inner = &self.words[hit.at..first];
        let capitals = inner.iter().all(|w| w.case == Case::Capitals || w.end - w.start == 1);
        let previous = hit.at.checked_sub(1).map(|i| self.words[i].case);
        // Capitals among capitals say nothing.
        let shouted = capitals && previous != Some(Case::Capitals) && self.words[first].case != Case::Capitals;
        let mut end = first;
        while end < self.count && end < hit.at + HEADING_WORDS {
            let next = &self.words[end];
            let signs = next.gap;
            let listed = signs & (gap::BULLET | gap::NEWLINE) != 0 && signs & gap::STOP == 0;
            let apart = next.stands_out() && signs & (gap::COMMA | gap::STOP | gap::OPEN | gap::DASH) == 0;
            let tailed = end > first && !self.is(end - 1, kind::FUNCTION);
            let is_heading = match hit.role {
                Role::Strong(_) => (listed || apart || shouted) && (fresh || shouted || !self.title_case(hit, end)),
                Role::Clause(_) => fresh && (listed || apart && hit.len > 1 && !self.is(first - 1, kind::FUNCTION)),
                _ => {
                    (fresh || shouted)
                        && (listed && !self.is(end - 1, kind::FUNCTION) || apart && tailed || shouted && tailed)
                }
            };
            if is_heading && (end == first || tailed) {
                return Some(self.headed_by(hit, end));
            }
            if signs & (CLOSED | gap::OPEN | gap::COLON) != 0 || !self.is(end, kind::TAIL | kind::WISH) {
                break;
            }
            end += 1;
        }
        None
    }

    /// "Manage Product Requirements Documents": a name in capitals, not a heading.
    fn title_case(&self, hit: &Hit, end: usize) -> bool {
        let before = hit.at.checked_sub(1).map(|i| &self.words[i]);
        let name_before = before.is_some_and(|w| w.case == Case::Capitalised) && self.is(hit.at, kind::NAMED);
        let next = &self.words[end];
        name_before && next.case == Case::Capitalised && !self.cues.is(next, kind::ITEM | kind::TASK)
    }

    fn headed_by(&self, hit: &Hit, end: usize) -> Start {
        let (Role::Strong(section) | Role::Clause(section) | Role::Weak(section)) = hit.role else {
            return Start::Plain;
        };
        let wished = self.words[hit.at..end].iter().any(|w| self.cues.is(w, kind::WISH));
        let section = if wished && section == Section::Requirements { Section::Desirable } else { section };
        let listed = self.after(end) & (gap::NEWLINE | gap::BULLET) != 0;
        // "Deseable: Kafka." is an item; "Deseables:" and "Deseable:" above a list are headings.
        let clause = matches!(hit.role, Role::Clause(_));
        let must = hit.len == 1 && self.is(hit.at, kind::MUST);
        let item = clause && (section == Section::Desirable || must);
        // "Horario: ..." is one line among others, whatever section it stands in.
        let field = matches!(hit.role, Role::Weak(Section::Benefits | Section::About));
        Start::Heading { end, section, lasts: !field && (listed || !item) }
    }

    fn piece(&mut self, start: usize, body: usize, end: usize, kind: Start, hits: &[Hit]) {
        if self.words[start].gap & gap::NEWLINE != 0 {
            self.carried = None;
        }
        let mut current = self.current();
        match kind {
            Start::Heading { section, lasts, .. } => current = self.enter(section, lasts, body),
            Start::Furniture => {
                self.portal = true;
                current = Section::Portal;
            }
            Start::Field => current = Section::Portal,
            Start::Ad { .. } => {
                self.portal = false;
                (self.base, self.headed, self.carried) = (Section::Body, false, None);
                current = Section::Body;
            }
            Start::Plain => {}
        }
        let own = Section::Desirable == current || Section::Requirements == current;
        let fixed = own && matches!(kind, Start::Heading { lasts: false, .. });
        let form = matches!(kind, Start::Furniture | Start::Field);
        let told = self.sentences(start, body, end, current, form, if fixed { &[] } else { hits });
        if !told && matches!(kind, Start::Plain) {
            self.plain(start, end, current);
        }
        if !fixed && body < end {
            self.benefits(body, end, hits);
        }
        self.marks(body, end, hits);
        self.degrees(body, end, hits);
    }

    fn current(&self) -> Section {
        if self.portal {
            return Section::Portal;
        }
        self.carried.unwrap_or(self.base)
    }

    /// A heading: gives the section of its piece.
    fn enter(&mut self, section: Section, lasts: bool, body: usize) -> Section {
        let form = self.portal && section == Section::Benefits && self.after(body) & (gap::COLON | gap::NEWLINE) == 0;
        if form {
            return Section::Portal;
        }
        if lasts {
            self.portal = false;
            (self.base, self.headed, self.carried) = (section, true, None);
        }
        section
    }

    fn fill(&mut self, start: usize, end: usize, section: Section) {
        if let Some(stretch) = self.painted.get_mut(start..end) {
            stretch.fill(section);
        }
    }

    /// Applies what the sentence says of employer, offer and job; true if it says anything.
    fn sentences(&mut self, start: usize, body: usize, end: usize, current: Section, form: bool, hits: &[Hit]) -> bool {
        let mut current = current;
        let mut from = start;
        let mut told = false;
        let asks = self.is(body, kind::ITEM | kind::TASK);
        for hit in hits.iter().filter(|h| h.at >= body && h.role.family() == Family::Sentence) {
            let opens = self.opens(body, hit);
            let free = !self.headed || self.base == Section::About;
            let says = match hit.role {
                Role::Opens(_) | Role::OpensUnheaded(_) if form => None,
                Role::Opens(section) if opens && (free || !asks) => Some(section),
                Role::OpensUnheaded(section) if opens && free => Some(section),
                Role::Tells(section) => Some(section),
                Role::TellsUnheaded(section) if free && !asks && current != Section::Requirements => Some(section),
                _ => None,
            };
            if let Some(section) = says.map(|s| self.trade_or_offer(hit, s)) {
                if current == section || told && current == Section::Requirements && hit.at > from {
                    told = true;
                    continue;
                }
                let begin = if hit.at > from + REACH { hit.at - REACH / 2 } else { from };
                self.fill(from, begin, current);
                (from, current, told) = (begin, section, true);
                self.portal = false;
                (self.carried, self.carry) = (Some(section), CARRY);
                continue;
            }
            if let Some(section) = self.job(hit, opens, current) {
                self.fill(from, hit.at, current);
                (from, current, told) = (hit.at, section, true);
                self.portal = false;
                (self.base, self.headed, self.carried) = (section, false, None);
            }
        }
        self.fill(from, end, current);
        told
    }

    /// The phrase stands at the start of the piece, or after one word or a greeting.
    fn opens(&self, body: usize, hit: &Hit) -> bool {
        hit.at <= body + 1 || hit.at <= body + 5 && self.words[hit.at].gap & gap::COMMA != 0
    }

    /// "Ofrecemos soluciones ..." speaks of the employer's trade, not of an offer to staff.
    fn trade_or_offer(&self, hit: &Hit, section: Section) -> Section {
        let next = hit.at + hit.len;
        let trade = (next..(next + 4).min(self.count)).any(|i| self.is(i, kind::TRADE));
        if section == Section::Benefits && trade { Section::About } else { section }
    }

    fn job(&self, hit: &Hit, opens: bool, current: Section) -> Option<Section> {
        let section = match hit.role {
            Role::Job(section) => section,
            Role::JobName(section)
                if self.words.get(hit.at + hit.len).is_some_and(|w| w.gap & !gap::DOT == 0 && w.stands_out()) =>
            {
                section
            }
            _ => return None,
        };
        let free = match self.base {
            _ if !self.headed || self.portal => true,
            Section::About | Section::Body => true,
            Section::Benefits | Section::Responsibilities => opens && section == Section::Requirements,
            _ => opens && self.carried.is_some(),
        };
        let open = opens || matches!(current, Section::About | Section::Body | Section::Portal | Section::Requirements);
        (free && open && section != current).then_some(section)
    }

    /// A piece that no phrase tells: what it starts with may.
    fn plain(&mut self, start: usize, end: usize, current: Section) {
        let (item, task) = (self.is(start, kind::ITEM) || self.counts_years(start), self.is(start, kind::TASK));
        // An item of skills or tasks on a line of its own: what the employer says of itself is over.
        let over = match self.base {
            Section::About => item || task,
            Section::Benefits => item && self.is(start, kind::SKILL),
            _ => false,
        };
        if self.headed && over && self.words[start].gap & (gap::NEWLINE | gap::BULLET) != 0 {
            let section = if item { Section::Requirements } else { Section::Responsibilities };
            (self.base, self.headed) = (section, false);
        }
        let soft = self.portal || self.carried.is_some() || !self.headed;
        if (item || task) && soft {
            self.portal = false;
            self.carried = None;
            let unsaid =
                !self.headed && matches!(self.base, Section::Body | Section::Requirements | Section::Responsibilities);
            let section = match self.base {
                _ if unsaid && item => Section::Requirements,
                _ if unsaid => Section::Responsibilities,
                base => base,
            };
            self.fill(start, end, section);
            return;
        }
        if self.portal && self.reads_like_prose(start, end) {
            self.portal = false;
            self.fill(start, end, self.base);
        } else if self.carried.is_some() && current != Section::Portal {
            self.carry -= 1;
            if self.carry == 0 {
                self.carried = None;
            }
        }
    }

    /// "3 años de experiencia", "5+ years".
    fn counts_years(&self, at: usize) -> bool {
        self.words[at].id == NUMBER && (at + 1..at + 3).any(|i| self.is(i, kind::SKILL))
    }

    fn reads_like_prose(&self, start: usize, end: usize) -> bool {
        let words = &self.words[start..end];
        let small = words.iter().filter(|w| w.case == Case::Lower).count();
        words.len() >= 12 && small * 10 >= words.len() * 6
    }

    /// A piece that lists several things which employers offer.
    fn benefits(&mut self, body: usize, end: usize, hits: &[Hit]) {
        let offers = hits.iter().filter(|h| h.at >= body && h.role.family() == Family::Benefit);
        let (mut score, mut first, mut last) = (0, usize::MAX, body);
        for hit in offers {
            if let Role::Benefit(weight) = hit.role
                && hit.at >= last
            {
                score += usize::from(weight);
                first = first.min(hit.at);
                last = hit.at + hit.len;
            }
        }
        if score < 3 || last - first > 8 * score + 8 {
            return;
        }
        let enough = match self.painted[first] {
            Section::Portal | Section::Benefits => return,
            Section::Responsibilities if self.headed => 6,
            _ if self.headed => 4,
            _ => 3,
        };
        if score < enough {
            return;
        }
        let from = if first <= body + 6 { body } else { first };
        let to = if last + 8 >= end { end } else { last };
        self.fill(from, to, Section::Benefits);
        if to == end {
            (self.carried, self.carry) = (Some(Section::Benefits), CARRY);
        }
    }

    /// Wishes among requirements, requirements among wishes.
    fn marks(&mut self, body: usize, end: usize, hits: &[Hit]) {
        let mut low = body;
        // The end of the last mark: "no excluyente" holds "excluyente".
        let mut passed = body;
        let mut pending: Option<Pending> = None;
        for hit in hits.iter().filter(|h| h.role.family() == Family::Mark) {
            let after = hit.at + hit.len;
            if hit.at < passed {
                continue;
            }
            passed = after;
            if hit.at < low || !self.markable(hit) {
                continue;
            }
            let section = if hit.role == Role::Must { Section::Requirements } else { Section::Desirable };
            let bracket = self.words[hit.at].gap & gap::OPEN != 0;
            let closed = after >= end || self.after(after) & CLOSED != 0;
            let colon = self.after(after) & gap::COLON != 0;
            let leads = hit.at <= body + 2 && !closed && self.words[hit.at].gap & gap::COMMA == 0;
            let back = match hit.role {
                Role::Wish | Role::Must => closed && hit.at > body,
                Role::WishNext => after >= end && hit.at > body,
                _ => !leads && !colon,
            };
            let lone = hit.len == 1 && hit.role == Role::WishBefore;
            if lone && !(bracket || closed && hit.at > body || colon && hit.at == body) {
                continue;
            }
            if let Some(open) = pending {
                self.fill(open.from, hit.at, open.section);
            }
            if back {
                let from =
                    self.marked_from(low, hit.at, bracket && (low > body || self.after(after) & gap::COMMA != 0));
                self.fill(from, after, section);
                pending = pending.filter(|_| bracket).map(|p| Pending { from: after, ..p });
            } else if bracket {
                let close = (after..end).find(|&i| self.after(i) & gap::CLOSE != 0).unwrap_or(end);
                self.fill(hit.at, close, section);
                pending = pending.map(|p| Pending { from: close, ..p });
                low = close;
                continue;
            } else {
                let from = if leads && hit.role != Role::Must { body } else { hit.at };
                pending = Some(Pending { from: from.max(low), section });
            }
            low = after;
        }
        if let Some(open) = pending {
            self.fill(open.from, end, open.section);
        }
    }

    /// Where a mark behind its item starts: at the item, or at the last comma of a list of marked ones.
    fn marked_from(&self, low: usize, at: usize, listed: bool) -> usize {
        if !listed {
            return low;
        }
        (low..at).rev().find(|&i| self.words[i].gap & gap::COMMA != 0).unwrap_or(low)
    }

    fn markable(&self, hit: &Hit) -> bool {
        let section = self.painted[hit.at.min(self.count - 1)];
        match section {
            Section::Desirable => hit.role == Role::Must,
            Section::Requirements => true,
            Section::Body | Section::Responsibilities => hit.role != Role::Must || section == Section::Body,
            _ => false,
        }
    }

    /// Degree clauses among what is asked for.
    fn degrees(&mut self, body: usize, end: usize, hits: &[Hit]) {
        let mut done = body;
        for hit in hits.iter().filter(|h| h.role.family() == Family::Degree) {
            let asked = matches!(
                self.painted[hit.at.min(self.count - 1)],
                Section::Requirements | Section::Body | Section::Desirable
            );
            if hit.at < done || !asked {
                continue;
            }
            let before = hit.at.checked_sub(1).map(|i| &self.words[i]);
            let in_phrase =
                self.words[hit.at].gap & FRESH == 0 && before.is_some_and(|w| self.cues.is(w, kind::FUNCTION));
            if hit.role == Role::DegreeName && in_phrase {
                continue;
            }
            let from = if hit.role == Role::DegreeEnd { self.degree_from(done, hit.at) } else { Some(hit.at) };
            let Some(from) = from else {
                continue;
            };
            let to = self.degree_to(hit.at + hit.len, end);
            self.fill(from, to, Section::Education);
            done = to;
        }
    }

    /// The start of a list of degrees that only its end tells.
    fn degree_from(&self, low: usize, at: usize) -> Option<usize> {
        let mut from = at;
        while from > low && at - from < 15 {
            if self.is(from - 1, kind::SKILL | kind::BESIDES) {
                return None;
            }
            from -= 1;
        }
        Some(from)
    }

    fn degree_to(&self, first: usize, end: usize) -> usize {
        for at in first..end.min(first + DEGREE_WORDS) {
            let word = &self.words[at];
            let equivalent = self.is(at - 1, kind::EQUIVALENT) || self.is(at + 1, kind::EQUIVALENT);
            if self.cues.is(word, kind::SKILL | kind::BESIDES) && !equivalent {
                let link = |w: &Word| w.id == NUMBER || self.cues.is(w, kind::LINK);
                let linked = self.words[first..at].iter().rev().take_while(|w| link(w)).count();
                return at - linked;
            }
            let list_over = self.is(at - 1, kind::CLOSER) && word.stands_out() && word.gap & gap::COMMA == 0;
            if list_over && at > first {
                return at;
            }
        }
        end.min(first + DEGREE_WORDS)
    }
}

/// The hits from word `at` on.
fn from(hits: &[Hit], at: usize) -> &[Hit] {
    let passed = hits.iter().take_while(|h| h.at < at).count();
    &hits[passed..]
}
