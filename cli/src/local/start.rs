//! Starts PostgreSQL, Redis, the services and Envoy, in order, and says each step.

use std::{collections::BTreeMap, path::Path, time::Instant};

use observatory_migrations::Migrator;
use observatory_portal::Running as Portal;
use observatory_stack::{
    DataDir, Envoy, EnvoyOptions, Error as StackError, Layout, Postgres, PostgresOptions, Redis, RedisOptions,
    SERVICES, Service, Supervisor, Tools,
};
use sea_orm_migration::{MigratorTrait, sea_orm::Database};

use super::{
    llm,
    portal::{self, Scraping},
};
use crate::{
    error::{CliError, Result},
    output::Output,
    words,
};

/// Without these there is nothing to ask; any other service may be missing.
const NEEDED: [&str; 3] = ["cleaner", "extractor", "gateway"];

/// The port that `up` listens on unless told otherwise.
pub const DEFAULT_PORT: u16 = 8080;

/// The ports of a stack: the fixed ones, or, beside another stack on a port of its own, free ones.
///
/// # Errors
/// Where there is no free port.
pub fn layout(port: u16) -> Result<Layout> {
    let mut layout = if port == DEFAULT_PORT { Layout::local() } else { Layout::free()? };
    layout.envoy.set_port(port);
    Ok(layout)
}

/// Starts everything and returns Envoy's address, and the local portal, which ends when it is dropped. What runs is handed to `supervisor` step
/// by step: it stops all of it, also where starting fails half-way.
///
/// # Errors
/// What can't be started, and why, with the end of its log.
pub async fn start(
    out: &Output,
    root: &Path,
    data: &DataDir,
    port: u16,
    scraping: &Scraping,
    model: &llm::Wanted,
    supervisor: &Supervisor,
) -> Result<(String, Option<Portal>)> {
    let tools = Tools::locate(root)?;
    for service in NEEDED {
        tools.binary(&format!("observatory-{service}"))?;
    }
    let layout = layout(port)?;
    let dir = data.path();
    let lang = out.lang;
    out.note(words::data_in(lang, dir.display()));

    let begun = Instant::now();
    let (postgres, redis) = tokio::try_join!(
        Postgres::start(&tools, dir, PostgresOptions::on(layout.postgres)),
        Redis::start(&tools, dir, RedisOptions { port: Some(layout.redis), ..Default::default() }),
    )?;
    supervisor.watch(postgres.process.clone()).await;
    supervisor.watch(redis.process.clone()).await;
    step(out, "postgres", format!("127.0.0.1:{}", postgres.port), begun);
    step(out, "redis", format!("127.0.0.1:{}", redis.port), begun);

    let begun = Instant::now();
    migrate(&postgres.url()).await?;
    step(out, "migrations", words::migrations(lang), begun);

    let begun = Instant::now();
    let (portal, scraper) = portal::start(dir, layout.portal, scraping).await?;
    if let Some(portal) = &portal {
        step(out, "portal", portal.address(), begun);
    }

    let begun = Instant::now();
    let (server, llm) = llm::start(root, dir, model).await?;
    if let Some(server) = &server {
        supervisor.watch(server.process.clone()).await;
        step(out, "llm-server", server.base_url(), begun);
    }

    let settings = Settings::from([("scraper", scraper), ("llm", llm)]);
    services(out, &tools, dir, &layout, (&postgres.url(), &redis.url(), &settings), supervisor).await?;

    let begun = Instant::now();
    let options =
        EnvoyOptions::new(layout.envoy, layout.envoy_admin, layout.upstreams(), observatory_proto::FILE_DESCRIPTOR_SET);
    let envoy = Envoy::start(&tools, dir, options).await?;
    supervisor.watch(envoy.process.clone()).await;
    step(out, "envoy", envoy.listen, begun);
    Ok((envoy.url(), portal))
}

fn step(out: &Output, what: &str, at: impl ToString, begun: Instant) {
    let seconds = out.lang.seconds(begun.elapsed().as_secs_f64());
    out.note(words::step(out.lang, what, at.to_string(), seconds));
}

async fn migrate(url: &str) -> Result<()> {
    let fault = |error: sea_orm_migration::DbErr| CliError::Stack(format!("migrations: {error}"));
    let database = Database::connect(url).await.map_err(fault)?;
    Migrator::up(&database, None).await.map_err(fault)?;
    database.close().await.map_err(fault)
}

/// Environment by service.
type Settings = BTreeMap<&'static str, Vec<(String, String)>>;

/// Starts all services side by side, then waits for each.
async fn services(
    out: &Output,
    tools: &Tools,
    dir: &Path,
    layout: &Layout,
    (database_url, redis_url, settings): (&str, &str, &Settings),
    supervisor: &Supervisor,
) -> Result<()> {
    let begun = Instant::now();
    let mut starting = Vec::new();
    for name in SERVICES {
        for spec in layout.specs(name, database_url, redis_url) {
            let spec = spec.envs(settings.get(name).into_iter().flatten().cloned());
            starting.push((name, Service::spawn(tools, dir, spec)));
        }
    }
    for (name, service) in starting {
        let ready = match service {
            Ok(service) => service.wait_ready().await.map(|()| service),
            Err(error) => Err(error),
        };
        match ready {
            Ok(service) => {
                supervisor.watch(service.process.clone()).await;
                step(out, service.process.name(), service.listen, begun);
            }
            Err(error) if NEEDED.contains(&name) => return Err(error.into()),
            Err(error) => out.note(words::passed_over(out.lang, name, reason(&error))),
        }
    }
    Ok(())
}

/// Why an optional service is missing, in a few words.
fn reason(error: &StackError) -> String {
    match error {
        StackError::NotBuilt { .. } => "not built".into(),
        StackError::EndedEarly { status, log, .. } => format!("ended at once ({status}), see {}", log.display()),
        other => other.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_on_another_port_shares_none_with_the_usual_one() {
        let usual = layout(DEFAULT_PORT).unwrap();
        let other = layout(18080).unwrap();
        assert_eq!((usual.envoy.port(), other.envoy.port()), (8080, 18080));
        assert_ne!(usual.postgres, other.postgres);
        assert_ne!(usual.upstreams(), other.upstreams());
    }
}
