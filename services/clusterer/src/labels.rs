//! Names of clusters, in Spanish and English, no two alike.
//!
//! A cluster is named by the concept above most of its skills, where one is narrow enough to say something, and by the
//! skills that most ads name. Words of the titles of its ads are weighed by class-based TF-IDF (Grootendorst 2022):
//! how often in this cluster, against how often at all.

use std::collections::{BTreeMap, HashSet};

use observatory_store::clusters::{Concept, Point, Title};
use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;

/// Skills in a name.
const NAMED: usize = 3;
/// Words of titles that are kept.
const WORDS: usize = 8;
/// How far up ancestors are sought.
const DEPTH: usize = 6;
/// An ancestor names a cluster where it stands above this share of its skills...
const COVERS: f64 = 0.5;
/// ... and above less than this share of all skills.
const BROAD: f64 = 0.2;
/// Titles' words that say nothing about the work.
const PLAIN: &str = "de la el en y a para con los las del un una por o e al su se and the of for in to with or at on an \
    m f h d w x sr jr ssr senior junior semi trainee hibrido híbrido remoto remote hybrid presencial sin urgente bogota \
    bogotá medellin medellín cali mexico méxico cdmx guadalajara monterrey buenos aires argentina colombia latam ii iii";

/// A name in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// English.
    pub en: String,
    /// Spanish.
    pub es: String,
}

/// What is said of a set of skills.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Named {
    /// Its name.
    pub label: Label,
    /// Words of its ads' titles, first the strongest.
    pub title_words: Vec<String>,
    /// Ads that name any of its skills.
    pub job_count: usize,
}

/// The taxonomy, for ancestors.
pub struct Taxonomy<'a>(FxHashMap<&'a str, &'a Concept>);

impl<'a> Taxonomy<'a> {
    /// Of these concepts.
    pub fn new(concepts: &'a [Concept]) -> Self {
        Self(concepts.iter().map(|concept| (concept.concept_uri.as_str(), concept)).collect())
    }

    /// What stands above a concept, nearest first.
    fn ancestors(&self, uri: &str) -> Vec<&'a Concept> {
        let mut found: Vec<&Concept> = Vec::new();
        let mut next = self.0.get(uri).map(|concept| concept.broader.as_str());
        while let Some(concept) = next.filter(|_| found.len() < DEPTH).and_then(|uri| self.0.get(uri)) {
            if found.iter().any(|known| known.concept_uri == concept.concept_uri) {
                break;
            }
            found.push(concept);
            next = Some(concept.broader.as_str());
        }
        found
    }
}

/// Names the sets: `members` are places in `points`, most important first.
pub fn name(points: &[Point], members: &[Vec<usize>], taxonomy: &Taxonomy, titles: &[Title]) -> Vec<Named> {
    let ancestors: Vec<Vec<&Concept>> = points.iter().map(|point| taxonomy.ancestors(&point.concept_uri)).collect();
    let mut everywhere: FxHashMap<&str, usize> = FxHashMap::default();
    for of in &ancestors {
        of.iter().for_each(|concept| *everywhere.entry(&concept.concept_uri).or_default() += 1);
    }
    let (words, jobs) = titles_of(points, members, titles);
    let mut taken: HashSet<String> = HashSet::new();
    members
        .iter()
        .zip(words.into_iter().zip(jobs))
        .map(|(members, (title_words, job_count))| {
            let above = above(members, &ancestors, &everywhere, points.len());
            let label = unlike(points, members, above, &mut taken);
            Named { label, title_words, job_count }
        })
        .collect()
}

/// The concept that says most about a set: above many of its skills, and few others.
fn above<'a>(
    members: &[usize],
    ancestors: &[Vec<&'a Concept>],
    everywhere: &FxHashMap<&str, usize>,
    all: usize,
) -> Option<&'a Concept> {
    let mut counts: BTreeMap<&str, (usize, &Concept)> = BTreeMap::new();
    for member in members {
        for concept in &ancestors[*member] {
            counts.entry(&concept.concept_uri).or_insert((0, concept)).0 += 1;
        }
    }
    let score = |uri: &str, count: usize| {
        let others = everywhere.get(uri).copied().unwrap_or(count);
        count as f64 / members.len() as f64 * (all as f64 / others as f64).ln()
    };
    counts
        .into_iter()
        .filter(|(uri, (count, _))| {
            *count as f64 >= COVERS * members.len() as f64
                && (everywhere.get(uri).copied().unwrap_or(0) as f64) < BROAD * all as f64
        })
        .max_by(|a, b| score(a.0, a.1.0).total_cmp(&score(b.0, b.1.0)).then_with(|| b.0.cmp(a.0)))
        .map(|(_, (_, concept))| concept)
}

/// Adds skills to the name until no other has it.
fn unlike(points: &[Point], members: &[usize], above: Option<&Concept>, taken: &mut HashSet<String>) -> Label {
    let spanish = |point: &Point| {
        if point.name_es.is_empty() { point.skill_text.clone() } else { point.name_es.clone() }
    };
    let mut label = Label::default();
    for named in NAMED..=members.len().max(NAMED) {
        let join = |of: &dyn Fn(&Point) -> String, above: Option<&str>| {
            let skills: Vec<String> = members
                .iter()
                .map(|member| of(&points[*member]))
                .filter(|skill| above.is_none_or(|above| !above.eq_ignore_ascii_case(skill)))
                .take(named)
                .collect();
            let skills = skills.join(", ");
            match above {
                Some(above) if skills.is_empty() => capital(above),
                Some(above) => format!("{}: {skills}", capital(above)),
                None => skills,
            }
        };
        label = Label {
            en: join(&|point| point.skill_text.clone(), above.map(|concept| concept.label_en.as_str())),
            es: join(&spanish, above.map(|concept| concept.label_es.as_str())),
        };
        if !taken.contains(&label.en) && !taken.contains(&label.es) {
            break;
        }
    }
    // Sets without a skill of their own can't be told apart by skills.
    for number in 2.. {
        if !taken.contains(&label.en) && !taken.contains(&label.es) {
            break;
        }
        let base = |text: &str| text.split(" (").next().unwrap_or_default().to_string();
        label = Label { en: format!("{} ({number})", base(&label.en)), es: format!("{} ({number})", base(&label.es)) };
    }
    taken.insert(label.en.clone());
    taken.insert(label.es.clone());
    label
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// The strongest words of the titles of each set's ads, and the number of these ads.
fn titles_of(points: &[Point], members: &[Vec<usize>], titles: &[Title]) -> (Vec<Vec<String>>, Vec<usize>) {
    let mut set_of: FxHashMap<&str, usize> = FxHashMap::default();
    for (set, members) in members.iter().enumerate() {
        set_of.extend(members.iter().map(|member| (points[*member].skill_text.as_str(), set)));
    }
    let plain: FxHashSet<&str> = PLAIN.split_whitespace().collect();
    let mut jobs: Vec<FxHashSet<Uuid>> = vec![FxHashSet::default(); members.len()];
    let mut words: Vec<BTreeMap<&str, f64>> = vec![BTreeMap::new(); members.len()];
    for title in titles {
        let Some(&set) = set_of.get(title.skill_text.as_str()) else { continue };
        jobs[set].extend(&title.job_ids);
        let of = title.title.split(|c: char| !c.is_alphanumeric() && !matches!(c, '+' | '#' | '.'));
        let of = of.map(|word| word.trim_matches('.')).filter(|word| word.chars().any(char::is_alphabetic));
        for word in of.filter(|word| !plain.contains(word)) {
            *words[set].entry(word).or_default() += title.job_ids.len() as f64;
        }
    }
    let mut everywhere: FxHashMap<&str, f64> = FxHashMap::default();
    for (word, count) in words.iter().flatten() {
        *everywhere.entry(word).or_default() += count;
    }
    let totals: Vec<f64> = words.iter().map(|words| words.values().sum()).collect();
    let mean = totals.iter().sum::<f64>() / totals.len().max(1) as f64;
    let strongest = words.iter().zip(&totals).map(|(words, total)| {
        let weight = |word: &str, count: f64| count / total.max(1.0) * (1.0 + mean / everywhere[word]).ln();
        let mut weighed: Vec<(&str, f64)> = words.iter().map(|(word, count)| (*word, weight(word, *count))).collect();
        weighed.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        weighed.into_iter().take(WORDS).map(|(word, _)| word.to_string()).collect()
    });
    (strongest.collect(), jobs.iter().map(FxHashSet::len).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(text: &str, es: &str, uri: &str, jobs: i64) -> Point {
        Point {
            skill_text: text.into(),
            job_count: jobs,
            skill_id: text.into(),
            concept_uri: uri.into(),
            name_es: es.into(),
        }
    }

    fn concept(uri: &str, en: &str, es: &str, broader: &str) -> Concept {
        Concept { concept_uri: uri.into(), label_en: en.into(), label_es: es.into(), broader: broader.into() }
    }

    fn title(skill: &str, title: &str, job: u128) -> Title {
        Title { skill_text: skill.into(), title: title.into(), job_ids: vec![Uuid::from_u128(job)] }
    }

    #[test]
    fn names_say_what_stands_above_and_what_is_asked_for() {
        let points = [
            point("PostgreSQL", "", "pg", 9),
            point("MySQL", "", "my", 7),
            point("teamwork", "trabajo en equipo", "tw", 6),
            point("communication", "comunicación", "co", 5),
            point("Oracle", "", "or", 4),
            point("a", "", "", 1),
            point("b", "", "", 1),
            point("c", "", "", 1),
        ];
        let concepts = [
            concept("pg", "PostgreSQL", "PostgreSQL", "db"),
            concept("my", "MySQL", "MySQL", "db"),
            concept("or", "Oracle", "Oracle", "db"),
            concept("db", "databases", "bases de datos", "top"),
            concept("top", "everything", "todo", "top"),
        ];
        let titles = [
            title("PostgreSQL", "data engineer", 1),
            title("MySQL", "data engineer", 1),
            title("MySQL", "analista de datos", 2),
            title("teamwork", "analista contable", 3),
        ];
        let sets = [vec![0, 1, 4], vec![2, 3], vec![5, 6, 7]];
        // Three of eight skills are below it, which is too broad for so few skills.
        let named = name(&points, &sets, &Taxonomy::new(&concepts), &titles);
        assert_eq!(named[0].label.en, "PostgreSQL, MySQL, Oracle");
        let many: Vec<Point> =
            points.iter().cloned().chain((0..12).map(|n| point(&format!("x{n}"), "", "", 1))).collect();
        let named = name(&many, &sets, &Taxonomy::new(&concepts), &titles);
        assert_eq!(named[0].label.en, "Databases: PostgreSQL, MySQL, Oracle");
        assert_eq!(named[0].label.es, "Bases de datos: PostgreSQL, MySQL, Oracle");
        assert_eq!(
            named[1].label,
            Label { en: "teamwork, communication".into(), es: "trabajo en equipo, comunicación".into() }
        );
        assert_eq!((named[0].job_count, named[1].job_count, named[2].job_count), (2, 1, 0));
        assert!(named[0].title_words[..2].contains(&"engineer".to_string()), "{:?}", named[0].title_words);
        assert!(!named[0].title_words.contains(&"de".to_string()));
    }

    #[test]
    fn no_two_names_are_alike() {
        let points: Vec<Point> = (0..8).map(|n| point(if n < 4 { "same" } else { "other" }, "", "", 1)).collect();
        let sets = [vec![0, 1, 4], vec![2, 3, 5], vec![6], vec![7]];
        let named = name(&points, &sets, &Taxonomy::new(&[]), &[]);
        let labels: HashSet<&str> = named.iter().map(|named| named.label.en.as_str()).collect();
        assert_eq!(labels.len(), 4, "{labels:?}");
    }

    #[test]
    fn a_circle_in_the_taxonomy_ends() {
        let concepts = [concept("a", "a", "a", "b"), concept("b", "b", "b", "a")];
        assert_eq!(Taxonomy::new(&concepts).ancestors("a").len(), 2);
    }
}
