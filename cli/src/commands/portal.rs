//! `portal`: the sample ads in the structure of real portals, to scrape.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use observatory_portal::{
    Error, Faults, Hostile, MAX_SYNTHETIC, Options, Portal, Running, bumeran, catalogue::Board, computrabajo, elempleo,
};

use crate::{
    Context,
    error::{CliError, Result},
    local::Stop,
    words,
};

/// Options of `portal`.
#[derive(Debug, Args)]
#[command(after_help = "\
One address serves three portals, each ad in exactly one of them:
  like computrabajo  HTML; the country comes first: /mx/trabajo-de-python, /mx/ofertas-de-trabajo/ (all)
  like elempleo      HTML with JSON-LD, Colombia: /co/ofertas-empleo?trabajo=python
  like bumeran       JSON: POST /api/avisos/searchV2 with the header x-site-id BMAR (Argentina) or BMMX (Mexico)
There are a robots.txt and a sitemap.xml too, a login wall at /muro/acceso and a captcha at /muro/captcha.
It listens on this machine only, and stays until Ctrl-C. What goes wrong follows from --seed.

Examples:
  observatory portal
  observatory portal --fail 0.05 --gone 0.02 --slow 800
  observatory portal --synthetic 100000 --port 8100")]
pub struct PortalArgs {
    /// Port; 0 takes a free one
    #[arg(long, default_value_t = 8099)]
    pub port: u16,
    /// Ads to serve, as JSON Lines with the fields of samples/README.md [default: the project's sample]
    #[arg(long, value_name = "FILE")]
    pub ads: Option<PathBuf>,
    /// Serve so many invented ads in each portal and country, made of the others
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=MAX_SYNTHETIC))]
    pub synthetic: Option<u64>,
    /// Hold slow pages back by so many milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub slow: u64,
    /// Share of pages that are slow, where --slow is given
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub slow_share: f64,
    /// Share of pages that answer 503 with Retry-After at the first visit
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub fail: f64,
    /// Share of ads whose page says that they are over, with status 200
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub gone: f64,
    /// Share of pages in latin-1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub latin1: f64,
    /// What chance follows from
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Hosts that abuse their clients instead: one for each behaviour, from --port on
    #[arg(long, hide = true)]
    pub hostile: bool,
}

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotLoopback(_) | Error::Option { .. } => Self::Usage(error.to_string()),
            Error::File { .. } | Error::Ad { .. } | Error::NoAds { .. } => Self::Input(error.to_string()),
            Error::Bind { .. } => Self::Stack(error.to_string()),
        }
    }
}

impl From<PortalArgs> for Options {
    fn from(args: PortalArgs) -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], args.port)),
            ads: args.ads,
            synthetic: args.synthetic,
            seed: args.seed,
            faults: Faults {
                slow: Duration::from_millis(args.slow),
                slow_share: args.slow_share,
                fail: args.fail,
                gone: args.gone,
                latin1: args.latin1,
            },
            ..Self::default()
        }
    }
}

/// Runs `portal` until it is told to stop.
///
/// # Errors
/// An address that can't be had, a file that can't be read, a share that is none.
pub async fn run(context: &Context, args: PortalArgs) -> Result<()> {
    let (out, lang) = (&context.out, context.out.lang);
    let mut stop = Stop::new().map_err(|error| CliError::Internal(format!("signals: {error}")))?;
    if args.hostile {
        let hostile = Hostile::start(args.into()).await?;
        for host in hostile.hosts() {
            let behaviour = host.behaviour().map(|behaviour| format!("{behaviour:?}")).unwrap_or_default();
            out.line(words::portal_hostile(lang, host.origin(), behaviour));
        }
        stop.recv().await;
        let violations = hostile.violations().await;
        for (behaviour, violation) in &violations {
            out.detail(format!("{behaviour:?} {violation:?}"));
        }
        out.line(words::portal_served(lang, lang.number(i64::try_from(hostile.served()).unwrap_or(i64::MAX))));
        out.line(words::portal_violations(lang, violations.len()));
        return if violations.is_empty() { Ok(()) } else { Err(CliError::Failed) };
    }
    let portal = Portal::start(args.into()).await?;
    announce(context, &portal);
    stop.recv().await;
    out.note(words::portal_served(lang, lang.number(i64::try_from(portal.served()).unwrap_or(i64::MAX))));
    portal.stop().await;
    Ok(())
}

/// Says where it is and what it holds.
fn announce(context: &Context, portal: &Running) {
    let (out, lang) = (&context.out, context.out.lang);
    let origin = portal.origin();
    if out.json {
        let shelf = |(board, country, n)| serde_json::json!({"portal": name(board), "country": country, "ads": n});
        let ads: Vec<_> = portal.ads().into_iter().map(shelf).collect();
        out.line(serde_json::json!({"origin": origin, "ads": ads}));
        return;
    }
    out.line(words::portal_serves(lang, out.bold(origin)));
    for (board, country, n) in portal.ads() {
        let n = lang.number(i64::try_from(n).unwrap_or(i64::MAX));
        out.line(format!("  {}", words::portal_ads(lang, name(board), country, n)));
    }
    let computrabajo = format!("{origin}/co{}   (co, mx, ar)", computrabajo::ALL);
    let elempleo = format!("{origin}{}", elempleo::ALL);
    let bumeran = format!("POST {origin}{}   (x-site-id: BMAR, BMMX)", bumeran::SEARCH);
    out.line(words::portal_starts(lang, computrabajo, elempleo, bumeran));
    out.line(words::portal_next(lang));
    out.note(words::portal_ctrl_c(lang));
}

fn name(board: Board) -> &'static str {
    match board {
        Board::Computrabajo => "computrabajo",
        Board::Elempleo => "elempleo",
        Board::Bumeran => "bumeran",
    }
}
