//! The Scraper: ads from job portals.

fn main() -> std::process::ExitCode {
    observatory_mesh::start(observatory_scraper::SERVICE, observatory_scraper::build)
}
