//! The Embedder: vectors of texts.

fn main() -> std::process::ExitCode {
    observatory_mesh::start(observatory_embedder::SERVICE, observatory_embedder::build)
}
