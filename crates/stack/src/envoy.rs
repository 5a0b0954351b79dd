use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::json;

use crate::{Error, Process, Result, Spec, Tools, check_free, error::Context, probe};

/// What of Envoy's configuration differs from run to run.
#[derive(Debug, Clone)]
pub struct EnvoyOptions {
    pub listen: SocketAddr,
    /// Admin interface: metrics and draining. Loopback only.
    pub admin: SocketAddr,
    /// Addresses of the replicas of each cluster, by service name; all seven are needed.
    pub upstreams: BTreeMap<String, Vec<SocketAddr>>,
    /// A serialized `google.protobuf.FileDescriptorSet` of every contract, with imports.
    pub descriptor_set: Vec<u8>,
    /// Regular expression of the web origins that may call besides localhost; empty for none.
    pub allowed_origins: String,
    /// Worker threads.
    pub concurrency: usize,
}

impl EnvoyOptions {
    /// Two workers, no origins but localhost.
    pub fn new(
        listen: SocketAddr,
        admin: SocketAddr,
        upstreams: BTreeMap<String, Vec<SocketAddr>>,
        descriptor_set: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            listen,
            admin,
            upstreams,
            descriptor_set: descriptor_set.into(),
            allowed_origins: String::new(),
            concurrency: 2,
        }
    }
}

/// The proxy in front of the mesh.
#[derive(Debug, Clone)]
pub struct Envoy {
    pub process: Process,
    pub listen: SocketAddr,
    pub admin: SocketAddr,
    templates: PathBuf,
    work_dir: PathBuf,
}

// A regular expression that matches no origin.
const NO_ORIGIN: &str = "[^\\\\s\\\\S]";

impl Envoy {
    /// Renders `envoy/envoy.yaml` and `envoy/clusters.local.yaml` into `dir`/envoy, starts
    /// Envoy and waits until it is live.
    pub async fn start(tools: &Tools, dir: &Path, options: EnvoyOptions) -> Result<Self> {
        let work_dir = dir.join("envoy");
        fs::create_dir_all(&work_dir).context(|| format!("creating {}", work_dir.display()))?;
        let config = render_config(&tools.envoy_dir, &work_dir, &options)?;
        check_free("envoy", options.listen)?;
        check_free("envoy's admin interface", options.admin)?;
        let mut spec = Spec::new("envoy", &tools.envoy, dir).args([
            "--config-path".to_owned(),
            config.to_string_lossy().into_owned(),
            "--concurrency".to_owned(),
            options.concurrency.to_string(),
            "--log-level".to_owned(),
            "warning".to_owned(),
            // No shared memory: several of them live on one machine.
            "--disable-hot-restart".to_owned(),
        ]);
        spec.grace = Duration::from_secs(5);
        let envoy = Self {
            process: Process::start(spec)?,
            listen: options.listen,
            admin: options.admin,
            templates: tools.envoy_dir.clone(),
            work_dir,
        };
        envoy.wait_ready().await?;
        Ok(envoy)
    }

    /// Renders the configuration and has Envoy check it, without listening.
    pub async fn validate(tools: &Tools, dir: &Path, options: &EnvoyOptions) -> Result<()> {
        let config = render_config(&tools.envoy_dir, dir, options)?;
        let output = tokio::process::Command::new(&tools.envoy)
            .args(["--mode", "validate", "--config-path"])
            .arg(config)
            .output()
            .await
            .context(|| "running envoy".into())?;
        if output.status.success() {
            return Ok(());
        }
        Err(Error::Command {
            what: "envoy --mode validate".into(),
            output: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Replaces the addresses of the clusters while it runs; Envoy notices within a moment.
    pub fn set_upstreams(&self, upstreams: &BTreeMap<String, Vec<SocketAddr>>) -> Result<()> {
        render_clusters(&self.templates, &self.work_dir, upstreams)?;
        Ok(())
    }

    /// `http://ADDRESS` of the listener.
    pub fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    async fn wait_ready(&self) -> Result<()> {
        let request = "GET /ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        self.process.wait_ready(Duration::from_secs(30), || probe::answers(self.admin, request, "LIVE")).await
    }
}

/// Writes the rendered configuration to `work_dir` and returns the path of its main file.
fn render_config(templates: &Path, work_dir: &Path, options: &EnvoyOptions) -> Result<PathBuf> {
    let descriptors = work_dir.join("descriptor.bin");
    fs::write(&descriptors, &options.descriptor_set).context(|| format!("writing {}", descriptors.display()))?;
    let clusters = render_clusters(templates, work_dir, &options.upstreams)?;
    let origins = match options.allowed_origins.as_str() {
        "" => NO_ORIGIN.to_owned(),
        regex => regex.replace('\\', "\\\\").replace('"', "\\\""),
    };
    let values = BTreeMap::from([
        ("LISTEN_ADDRESS", options.listen.ip().to_string()),
        ("LISTEN_PORT", options.listen.port().to_string()),
        ("ADMIN_ADDRESS", options.admin.ip().to_string()),
        ("ADMIN_PORT", options.admin.port().to_string()),
        ("DESCRIPTOR_SET", descriptors.to_string_lossy().into_owned()),
        ("CLUSTERS_FILE", clusters.to_string_lossy().into_owned()),
        ("ALLOWED_ORIGINS", origins),
    ]);
    let config = work_dir.join("envoy.yaml");
    render_file(&templates.join("envoy.yaml"), &config, &values)?;
    Ok(config)
}

fn render_clusters(
    templates: &Path,
    work_dir: &Path,
    upstreams: &BTreeMap<String, Vec<SocketAddr>>,
) -> Result<PathBuf> {
    let names: Vec<(String, String)> = upstreams
        .iter()
        .map(|(name, addresses)| (format!("{}_ENDPOINTS", name.to_uppercase()), endpoints(addresses)))
        .collect();
    let values = names.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let clusters = work_dir.join("clusters.yaml");
    render_file(&templates.join("clusters.local.yaml"), &clusters, &values)?;
    Ok(clusters)
}

/// Addresses as Envoy's `lb_endpoints`, in JSON, which is YAML too.
fn endpoints(addresses: &[SocketAddr]) -> String {
    let list: Vec<_> = addresses
        .iter()
        .map(|address| {
            json!({"endpoint": {"address": {"socket_address": {
                "address": address.ip().to_string(),
                "port_value": address.port(),
            }}}})
        })
        .collect();
    json!(list).to_string()
}

fn render_file(template: &Path, target: &Path, values: &BTreeMap<&str, String>) -> Result<()> {
    let text = fs::read_to_string(template).context(|| format!("reading {}", template.display()))?;
    let rendered = render(&text, values).map_err(|name| Error::Command {
        what: format!("rendering {}", template.display()),
        output: format!("no value for ${{{name}}}"),
    })?;
    // Envoy watches for a file that is moved into place.
    let new = target.with_extension("new");
    fs::write(&new, rendered)
        .and_then(|()| fs::rename(&new, target))
        .context(|| format!("writing {}", target.display()))
}

/// Replaces every `${NAME}`; fails with the first name that has no value.
fn render(text: &str, values: &BTreeMap<&str, String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        let name = &rest[start + 2..start + length];
        let value = values.get(name).ok_or_else(|| name.to_owned())?;
        out.push_str(&rest[..start]);
        out.push_str(value);
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_is_replaced_or_named() {
        let values = BTreeMap::from([("A", "1".to_owned())]);
        assert_eq!(render("x ${A} y ${A}z", &values).as_deref(), Ok("x 1 y 1z"));
        assert_eq!(render("${A} ${B}", &values), Err("B".to_owned()));
    }
}
