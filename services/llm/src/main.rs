//! The LLM service: asks language models for the skills of job ads.

fn main() -> std::process::ExitCode {
    observatory_mesh::start(observatory_llm::SERVICE, observatory_llm::build)
}
