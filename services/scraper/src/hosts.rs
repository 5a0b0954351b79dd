//! The fetcher of this service: it asks for a host's lease first, and what it learns of hosts is stored.

use std::collections::HashMap;

use observatory_mesh::Scope;
use observatory_operations::Backend;
use observatory_scraping::fetch::{Fetcher, HostState};
use observatory_store::scraping;
use tokio::sync::mpsc;

use crate::{config::Options, gate::Hosts};

/// Builds it and starts what it needs beside it.
///
/// # Errors
/// What is wrong with the options.
pub fn fetcher(options: &Options, hosts: &Hosts, backend: &Backend, scope: &Scope) -> anyhow::Result<Fetcher> {
    let (changed, changes) = mpsc::unbounded_channel();
    let fetcher = Fetcher::builder(options.fetch.clone())
        .gate(hosts.clone())
        .on_change(move |host, state| {
            let _ = changed.send((host.to_string(), state));
        })
        .build()?;
    hosts.serve(fetcher.clone());
    let (leases, drain) = (hosts.clone(), scope.drain());
    scope.spawn("host leases", async move {
        leases.keep(drain).await;
        Ok(())
    });
    scope.spawn("host states", remember(backend.clone(), changes, scope.drain()));
    Ok(fetcher)
}

/// Stores what is learnt of hosts: the newest state of each.
async fn remember(
    backend: Backend,
    mut changes: mpsc::UnboundedReceiver<(String, HostState)>,
    stop: tokio_util::sync::CancellationToken,
) -> anyhow::Result<()> {
    loop {
        let first = tokio::select! {
            change = changes.recv() => change,
            () = stop.cancelled() => changes.try_recv().ok(),
        };
        let Some(first) = first else { return Ok(()) };
        let mut newest = HashMap::from([first]);
        while let Ok((host, state)) = changes.try_recv() {
            newest.insert(host, state);
        }
        for (host, state) in newest {
            let state = serde_json::to_value(&state)?;
            if let Err(error) = scraping::keep_host(&backend.db, &host, &state).await {
                tracing::warn!(host, %error, "what was learnt of a host is not stored");
            }
        }
    }
}
