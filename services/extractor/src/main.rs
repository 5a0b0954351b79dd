//! The Extractor: skills in the text of job ads.

fn main() -> std::process::ExitCode {
    observatory_mesh::start(observatory_extractor::SERVICE, observatory_extractor::build)
}
