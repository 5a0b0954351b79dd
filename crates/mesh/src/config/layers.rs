//! Where values come from, and how they are put on top of each other.

use std::{collections::BTreeMap, io};

use serde_json::{Map, Value};

use super::{Config, Options, metrics_port};

/// One value for one key.
#[derive(Debug, Clone)]
pub struct Leaf {
    path: Vec<String>,
    value: Raw,
    source: String,
}

#[derive(Debug, Clone)]
enum Raw {
    /// From a file, which knows types.
    Typed(Value),
    /// From the environment or a flag.
    Text(String),
}

impl Leaf {
    /// A key (`limits.max_message_bytes`) and its value as text.
    pub fn text(key: &str, value: &str, source: &str) -> Self {
        let path = key.split('.').map(str::to_string).collect();
        Self { path, value: Raw::Text(value.to_string()), source: source.to_string() }
    }

    fn key(&self) -> String {
        self.path.join(".")
    }

    /// What the value may mean, most specific first.
    fn candidates(&self) -> Vec<Value> {
        let text = match &self.value {
            Raw::Typed(value) => return vec![value.clone()],
            Raw::Text(text) => text,
        };
        let list = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let list = Value::Array(list.map(|item| Value::String(item.to_string())).collect());
        serde_json::from_str(text).ok().into_iter().chain([Value::String(text.clone()), list]).collect()
    }
}

/// The keys of a TOML file.
pub fn from_file(path: &str, text: io::Result<String>) -> Result<Vec<Leaf>, String> {
    let text = text.map_err(|error| format!("{path} can't be read: {error}"))?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| format!("{path}: {}", error.to_string().trim()))?;
    let value = serde_json::to_value(table).map_err(|error| format!("{path}: {error}"))?;
    let mut leaves = Vec::new();
    flatten(&mut Vec::new(), value, path, &mut leaves);
    Ok(leaves)
}

fn flatten(path: &mut Vec<String>, value: Value, source: &str, leaves: &mut Vec<Leaf>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                path.push(key);
                flatten(path, value, source, leaves);
                path.pop();
            }
        }
        value => leaves.push(Leaf { path: path.clone(), value: Raw::Typed(value), source: source.to_string() }),
    }
}

/// Variables that tell other programs something: this file's name, the command line's
/// server, the local stack's folders. Children of `observatory up` inherit them.
const NOT_A_KEY: [&str; 10] =
    ["CONFIG", "SERVER", "DATA_DIR", "BIN_DIR", "ROOT", "PG_HOME", "SHARED_DATA", "PORT", "SPIDERS_DIR", "CONTACT"];

/// The keys that `OBSERVATORY_*` variables set; `__` separates levels.
pub fn from_env(env: &BTreeMap<String, String>) -> Vec<Leaf> {
    let own = env.iter().filter_map(|(name, value)| Some((name, name.strip_prefix("OBSERVATORY_")?, value)));
    own.filter(|(_, rest, _)| !NOT_A_KEY.contains(rest))
        .map(|(name, rest, value)| Leaf::text(&rest.to_lowercase().replace("__", "."), value, name))
        .collect()
}

/// Puts the leaves on the defaults, in order; what doesn't fit becomes a problem.
pub fn merge<O: Options>(defaults: Config<O>, leaves: Vec<Leaf>, problems: &mut Vec<String>) -> Config<O> {
    let base = match serde_json::to_value(&defaults) {
        Ok(base) => base,
        Err(error) => {
            problems.push(format!("the defaults can't be read: {error}"));
            return defaults;
        }
    };
    let mut merged = base.clone();
    let mut metrics_set = false;
    for leaf in leaves {
        if let Err(problem) = check_known(&base, &leaf) {
            problems.push(problem);
            continue;
        }
        match pick::<O>(&base, &leaf) {
            Ok(value) => {
                set(&mut merged, &leaf.path, value);
                metrics_set |= leaf.path == ["metrics_listen"];
            }
            Err(error) => problems.push(format!("`{}` ({}): {error}", leaf.key(), leaf.source)),
        }
    }
    let mut config = match serde_json::from_value(merged) {
        Ok(config) => config,
        Err(error) => {
            problems.push(error.to_string());
            return defaults;
        }
    };
    follow_listen(&mut config, metrics_set);
    config
}

/// Metrics are served next to gRPC where nothing else was said.
fn follow_listen<O>(config: &mut Config<O>, metrics_set: bool) {
    if let (false, Some(metrics)) = (metrics_set, config.metrics_listen.as_mut()) {
        *metrics = (config.listen.ip(), metrics_port(config.listen.port())).into();
    }
}

/// The first meaning of the value with which the defaults still make a configuration.
fn pick<O: Options>(base: &Value, leaf: &Leaf) -> Result<Value, String> {
    let mut first_error = None;
    for candidate in leaf.candidates() {
        let mut tried = base.clone();
        set(&mut tried, &leaf.path, candidate.clone());
        match serde_json::from_value::<Config<O>>(tried) {
            Ok(_) => return Ok(candidate),
            Err(error) => first_error = first_error.or(Some(error.to_string())),
        }
    }
    Err(first_error.unwrap_or_default())
}

fn check_known(base: &Value, leaf: &Leaf) -> Result<(), String> {
    let mut node = base;
    for (depth, key) in leaf.path.iter().enumerate() {
        let open = depth > 0 && (leaf.path[0] == "peers" || node.as_object().is_some_and(Map::is_empty) && depth > 1);
        node = match node {
            _ if open => return Ok(()),
            Value::Null => return Ok(()),
            Value::Object(map) if map.contains_key(key) => &map[key],
            _ => return Err(unknown(base, leaf)),
        };
    }
    Ok(())
}

fn unknown(base: &Value, leaf: &Leaf) -> String {
    let mut known = Vec::new();
    keys(base, "", &mut known);
    let key = leaf.key();
    let nearest = known.into_iter().map(|known| (strsim::damerau_levenshtein(&known, &key), known)).min();
    match nearest {
        Some((distance, nearest)) if distance <= key.len() / 2 + 1 => {
            format!("there is no key `{key}` ({}); did you mean `{nearest}`?", leaf.source)
        }
        _ => format!("there is no key `{key}` ({})", leaf.source),
    }
}

fn keys(node: &Value, path: &str, found: &mut Vec<String>) {
    match node {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                keys(value, &path, found);
            }
        }
        _ => found.push(path.to_string()),
    }
}

fn set(node: &mut Value, path: &[String], value: Value) {
    let [key, rest @ ..] = path else {
        *node = value;
        return;
    };
    if !node.is_object() {
        *node = Value::Object(Map::new());
    }
    if let Value::Object(map) = node {
        set(map.entry(key.clone()).or_insert(Value::Null), rest, value);
    }
}
