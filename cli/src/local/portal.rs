//! The local portal of `up`, and what the scraper has to know of it.

use std::{fs, io, net::SocketAddr, path::Path};

use observatory_portal::{Options, Portal, Running, descriptions};

use crate::error::{CliError, Result};

/// Requests at a time to the local portal.
const CONCURRENCY: usize = 4;

/// What a user says of scraping when starting the stack.
#[derive(Debug, Clone, Default)]
pub struct Scraping {
    /// Serve the sample ads as a portal.
    pub portal: bool,
    /// Where operators of portals can reach the user.
    pub contact: String,
    /// Spiders that are off as shipped and may run here.
    pub enable: Vec<String>,
}

/// Starts the portal on `port` and describes it in the folder of the operator's spiders; returns the settings
/// of the scraper beside it.
///
/// # Errors
/// A port that is taken, a folder that can't be written.
pub async fn start(data: &Path, port: u16, scraping: &Scraping) -> Result<(Option<Running>, Vec<(String, String)>)> {
    let folder = data.join("spiders");
    let unwritable = |error: io::Error| CliError::Stack(format!("{}: {error}", folder.display()));
    fs::create_dir_all(&folder).map_err(unwritable)?;
    let mut settings = vec![
        ("SPIDERS_DIR".to_owned(), folder.display().to_string()),
        ("FETCH__CONTACT".to_owned(), scraping.contact.clone()),
        ("ENABLE".to_owned(), serde_json::json!(scraping.enable).to_string()),
    ];
    let mut running = None;
    if scraping.portal {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let portal = Portal::start(Options { address, ..Options::default() }).await?;
        for (file, text) in descriptions(portal.origin()) {
            fs::write(folder.join(file), text).map_err(unwritable)?;
        }
        // It is ours: it needn't be spared, but for the number of requests at a time.
        let pace = serde_json::json!({"start_delay_seconds": 0, "min_delay_seconds": 0, "adapt": false});
        settings.push(("FETCH__ALLOW".to_owned(), serde_json::json!([portal.address().to_string()]).to_string()));
        settings.push(("FETCH__ALLOW_PACE".to_owned(), pace.to_string()));
        settings.push(("FETCH__ALLOW_CONCURRENCY".to_owned(), CONCURRENCY.to_string()));
        running = Some(portal);
    } else {
        for (file, _) in descriptions("http://127.0.0.1") {
            match fs::remove_file(folder.join(file)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unwritable(error)),
                _ => {}
            }
        }
    }
    let env = |(key, value)| (format!("OBSERVATORY_SERVICE__{key}"), value);
    Ok((running, settings.into_iter().map(env).collect()))
}
