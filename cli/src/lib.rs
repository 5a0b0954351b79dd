//! The observatory's command line: starts the local stack, imports ads, runs the
//! pipeline with live progress, and asks the mesh by gRPC.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod client;
pub mod commands;
pub mod error;
pub mod import;
pub mod local;
pub mod marked;
pub mod output;
pub mod progress;
pub mod watch;
pub mod words;

use std::time::Duration;

use clap::Parser;

use client::Client;
use commands::Command;
use error::{CliError, Result};
use output::Output;
use words::Lang;

/// Where the mesh answers unless told otherwise.
pub const DEFAULT_SERVER: &str = "http://127.0.0.1:8080";

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    it ran, and something failed (items of an operation, ads of a file), or there is no such thing
  2    wrong options, or values that the server refuses
  64   a file can't be read, or holds nothing of what it should
  69   the server doesn't answer in time, or at all: start it with `observatory up`
  70   a fault inside the observatory
  130  interrupted

Examples:
  observatory up                                   start everything, with sample ads
  observatory import ads.jsonl && observatory run  your own ads, to their skills
  observatory skills top --country CO --limit 10
  observatory jobs search '\"machine learning\" python' --country MX
  observatory run --stage scrape --country CO --dry-run
  observatory operations list --state running
  observatory --json stats | jq .total_jobs";

/// Labor Market Observatory: which technical skills job ads in Latin America ask for.
#[derive(Debug, Parser)]
#[command(name = "observatory", version, about, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that stand before or after any command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Globals {
    /// Address of the mesh (Envoy, or the gateway itself)
    #[arg(long, global = true, env = "OBSERVATORY_SERVER", default_value = DEFAULT_SERVER, value_name = "URL")]
    pub server: String,
    /// Seconds to wait for a quick answer; imports and watching are not bound by it
    #[arg(long, global = true, default_value_t = 30.0, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: f64,
    /// Print messages as JSON, named as in the contracts; streams as one object a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Language of words and numbers [default: from LC_ALL, LC_MESSAGES, LANG; else en]
    #[arg(long, global = true, value_enum)]
    pub lang: Option<Lang>,
    /// Only results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Details on standard error
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is needed".to_owned())?;
    if seconds > 0.0 && seconds <= 86_400.0 { Ok(seconds) } else { Err("between 0 and 86400 seconds".into()) }
}

/// What every command works with.
#[derive(Debug)]
pub struct Context {
    /// Where to print.
    pub out: Output,
    /// Whom to ask.
    pub client: Client,
}

impl Context {
    /// The same, asking the mesh at another address.
    ///
    /// # Errors
    /// [`CliError::Usage`] where `server` is no address.
    pub fn at(&self, server: &str) -> Result<Self> {
        Ok(Self { out: self.out.clone(), client: self.client.at(server)? })
    }
}

/// Runs a command and tells the process's exit code.
pub async fn run(cli: Cli) -> u8 {
    let globals = &cli.globals;
    let lang = globals.lang.unwrap_or_else(Lang::from_env);
    let out = Output::new(globals.json, lang, globals.quiet, globals.verbose);
    let client = match Client::new(&globals.server, Duration::from_secs_f64(globals.timeout)) {
        Ok(client) => client,
        Err(error) => {
            out.error(&error);
            return error.exit_code();
        }
    };
    let context = Context { out, client };
    match commands::run(&context, cli.command).await {
        Ok(()) => 0,
        Err(error) => {
            // Both have been told where they happened.
            if !matches!(error, CliError::Failed | CliError::Interrupted) {
                context.out.error(&error);
            }
            error.exit_code()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for args in [["observatory", "--json", "stats"], ["observatory", "stats", "--json"]] {
            assert!(Cli::try_parse_from(args).unwrap().globals.json);
        }
    }
}
