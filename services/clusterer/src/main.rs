//! The Clusterer: maps of skills.

fn main() -> std::process::ExitCode {
    observatory_mesh::start(observatory_clusterer::SERVICE, observatory_clusterer::build)
}
