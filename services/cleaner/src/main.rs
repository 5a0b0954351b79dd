//! The Cleaner: job ads from HTML to usable text.

fn main() -> std::process::ExitCode {
    observatory_mesh::start(observatory_cleaner::SERVICE, observatory_cleaner::build)
}
