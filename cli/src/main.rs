//! `observatory`: see `observatory --help`, or the library beside this file.

use std::process::ExitCode;

use clap::Parser;
use observatory_cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("observatory: the async runtime can't start: {error}");
            return ExitCode::from(70);
        }
    };
    let code = runtime.block_on(observatory_cli::run(cli));
    // A thread that still reads a file must not hold up the exit.
    runtime.shutdown_background();
    ExitCode::from(code)
}
