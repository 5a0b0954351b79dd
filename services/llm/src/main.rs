//! The LLM service: pipeline B.

fn main() -> std::process::ExitCode {
    observatory_mesh::start(observatory_llm::SERVICE, observatory_llm::build)
}
