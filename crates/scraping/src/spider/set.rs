//! The spiders at hand: those shipped, and those of a folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::shipped::SHIPPED;
use super::{Problem, Spider};

/// The spiders at hand.
#[derive(Debug, Clone, Default)]
pub struct Spiders {
    spiders: BTreeMap<String, Arc<Spider>>,
    problems: Vec<Problem>,
}

impl Spiders {
    /// Those that come with the program.
    pub fn shipped() -> Self {
        let mut set = Self::default();
        set.add(SHIPPED.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect());
        set
    }

    /// Those shipped and those of a folder's `*.toml`, which replace shipped ones of the same name. A broken
    /// file, or a folder that can't be read, is one of the [`problems`](Self::problems).
    pub fn with_dir(folder: &Path) -> Self {
        let mut set = Self::shipped();
        let mut texts = Vec::new();
        let mut unreadable = |what: &Path, error: &std::io::Error| {
            set.problems.push(Problem {
                file: what.display().to_string(),
                line: None,
                key: String::new(),
                reason: format!("it can't be read: {error}"),
                remedy: "check that it exists and may be read".to_owned(),
            });
        };
        match std::fs::read_dir(folder) {
            Err(error) => unreadable(folder, &error),
            Ok(entries) => {
                let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
                paths.sort();
                for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "toml")) {
                    match std::fs::read_to_string(path) {
                        Ok(text) => texts.push((path.display().to_string(), text)),
                        Err(error) => unreadable(path, &error),
                    }
                }
            }
        }
        set.add(texts);
        set
    }

    /// Adds files, those first that others extend.
    fn add(&mut self, texts: Vec<(String, String)>) {
        let mut waiting: Vec<Waiting> = texts.into_iter().map(Waiting::new).collect();
        loop {
            let names: Vec<String> = waiting.iter().map(|w| w.name.clone()).collect();
            let is_ready = |w: &Waiting| w.extends.as_ref().is_none_or(|base| !names.contains(base) || *base == w.name);
            let (ready, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_ready);
            // Those that extend each other in a circle are never ready: reading them says so.
            let (now, later, stuck) = if ready.is_empty() { (later, Vec::new(), true) } else { (ready, later, false) };
            if now.is_empty() {
                return;
            }
            for file in now {
                let base = |name: &str| if stuck { None } else { self.spiders.get(name).cloned() };
                match Spider::parse(&file.text, &file.file, &base) {
                    Ok(spider) => {
                        self.spiders.insert(spider.name().to_owned(), Arc::new(spider));
                    }
                    Err(problems) => self.problems.extend(problems),
                }
            }
            waiting = later;
        }
    }

    /// Reads a description that may extend one of these.
    ///
    /// # Errors
    /// All problems found.
    pub fn parse(&self, text: &str, file: &str) -> Result<Spider, Vec<Problem>> {
        Spider::parse(text, file, &|name| self.spiders.get(name).cloned())
    }

    /// The spider of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Spider>> {
        self.spiders.get(name)
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Spider>> {
        self.spiders.values()
    }

    /// What was wrong with files.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

struct Waiting {
    file: String,
    text: String,
    name: String,
    extends: Option<String>,
}

impl Waiting {
    fn new((file, text): (String, String)) -> Self {
        let table: toml::Table = toml::from_str(&text).unwrap_or_default();
        let of = |key: &str| table.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        Self { name: of("name").unwrap_or_default(), extends: of("extends"), file, text }
    }
}
