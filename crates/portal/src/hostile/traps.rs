//! The paths below `/hostile/`.

use std::{fmt::Write, io, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderValue, Response, StatusCode, header};

use super::{bombs, late, redirect, too_many};
use crate::{
    body::Body,
    catalogue::{Board, View, mix},
    computrabajo,
    faults::hash,
    frame::Visit,
    server::{Host, status},
    site::Ask,
};

/// Cards on an endless listing.
const CARDS: u64 = 20;
/// What the cards lead to, and how many in a thousand or so do.
const WEIGHTS: [(&str, u64); 22] = [
    ("ok", 700),
    ("private", 40),
    ("a", 40),
    ("b", 40),
    ("gone", 20),
    ("latin1", 20),
    ("broken", 20),
    ("wrong-type", 20),
    ("cut", 20),
    ("loop", 15),
    ("redirect", 15),
    ("links", 10),
    ("huge", 5),
    ("bomb.gz", 5),
    ("bomb.br", 5),
    ("bomb.zst", 5),
    ("big-header", 5),
    ("missing", 10),
    ("429", 2),
    ("503-retry-after", 2),
    ("drip", 1),
    ("slow", 1),
];
/// Where a redirect leads that was not told where to.
const METADATA: &str = "http://169.254.169.254/latest/meta-data/";

/// What stands at a path below `/hostile/`, or at a listing.
pub async fn answer(host: &Host, ask: &Ask<'_>) -> Option<Response<Body>> {
    let Some(rest) = ask.path.strip_prefix("/hostile/") else {
        return ask.path.starts_with("/trabajo-de-").then(|| html(listing(ask)));
    };
    let kind = rest.split('/').next().unwrap_or_default();
    let parameter = |name: &str| {
        url::form_urlencoded::parse(ask.query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value)
    };
    Some(match kind {
        "ok" | "a" | "b" | "private" => html(ad(host, ask)),
        "429" if host.site.seen.first(hash(0, ask.path)) => too_many(hash(0, ask.path)),
        "503-retry-after" if host.site.seen.first(hash(0, ask.path)) => {
            let mut response = too_many(hash(0, ask.path));
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
        }
        "429" | "503-retry-after" => html(ad(host, ask)),
        "drip" => drip(ad(host, ask)),
        "slow" => {
            late(60).await;
            html(ad(host, ask))
        }
        "loop" => {
            let n = parameter("n").and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
            redirect(&format!("{}?n={}", ask.path, n.wrapping_add(1)))
        }
        "redirect" => redirect(&parameter("to").unwrap_or(METADATA.into())),
        "huge" => typed(Body::chunks(stream::repeat_with(huge_chunk)), "text/html"),
        "bomb.gz" => bomb(bombs::gzip(), "gzip"),
        "bomb.br" => bomb(bombs::brotli(), "br"),
        "bomb.zst" => bomb(bombs::zstd(), "zstd"),
        "links" => html(listing(ask)),
        "wrong-type" => typed(Body::from(&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..]), "image/png"),
        "cut" => cut(ad(host, ask)),
        "latin1" => {
            let text = ad(host, ask).replace("charset=\"utf-8\"", "lang=\"es\"");
            typed(Body::from(encoding_rs::WINDOWS_1252.encode(&text).0.into_owned()), "text/html")
        }
        "broken" => html(broken(&ad(host, ask))),
        "gone" => html(computrabajo::gone(&host.site.html, visit(ask), "CO", ask.path).text),
        "big-header" => {
            let mut response = html(ad(host, ask));
            response.headers_mut().extend(HeaderValue::try_from("x".repeat(300_000)).ok().map(|v| (header::SERVER, v)));
            response
        }
        _ => status(StatusCode::NOT_FOUND),
    })
}

fn visit<'a>(ask: &Ask<'a>) -> Visit<'a> {
    Visit { origin: ask.origin, prefix: "", charset: "utf-8" }
}

/// The number at a path's end.
fn number(path: &str) -> u64 {
    path.rsplit(['-', '/']).next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// An ad's page, another for each number.
fn ad(host: &Host, ask: &Ask<'_>) -> String {
    let site = &host.site;
    let view = |shelf| -> Option<View<'_>> {
        let shelf: &crate::catalogue::Shelf = shelf;
        site.catalogue.view(shelf, number(ask.path) % shelf.len)
    };
    let shelves = site.catalogue.shelves();
    let found = shelves.iter().find(|shelf| shelf.board == Board::Computrabajo).and_then(view);
    found.map_or_else(String::new, |view| computrabajo::detail(&site.html, &view, visit(ask), site.now()).text)
}

/// A listing of which every page has a next one.
fn listing(ask: &Ask<'_>) -> String {
    let pages = url::form_urlencoded::parse(ask.query.as_bytes());
    let page = pages.filter(|(key, _)| key == "p").find_map(|(_, n)| n.parse::<u64>().ok()).unwrap_or(1).max(1);
    let total: u64 = WEIGHTS.iter().map(|(_, weight)| weight).sum();
    let mut out =
        String::from("<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>Ofertas</title></head><body>\n");
    let first = (page - 1).wrapping_mul(CARDS);
    // Another path is another listing.
    let salt = hash(0, ask.path) % 1_000_000 * 1_000_000;
    for n in (first..first.wrapping_add(CARDS)).map(|n| salt.wrapping_add(n)) {
        let mut chance = mix(n) % total;
        let reached = |(_, weight): &&(&str, u64)| {
            let here = chance < *weight;
            chance = chance.wrapping_sub(*weight);
            here
        };
        let kind = WEIGHTS.iter().find(reached).map_or("ok", |(kind, _)| *kind);
        let _ = write!(
            out,
            "<article class=\"box_offer\" data-id=\"{n:032X}\" id=\"{n:032X}\">\n<h2 class=\"fs18 fwB prB\">\
             <a class=\"js-o-link fc_base\" href=\"/hostile/{kind}/oferta-{n}#lc=x\">Oferta {n}</a></h2>\n\
             <p class=\"dFlex vm_fx fs16 fc_base mt5\">Empresa {n}</p>\n\
             <p class=\"fs16 fc_base mt5\"><span class=\"mr10\">Bogotá</span></p>\n\
             <p class=\"fs13 fc_aux mt15\">Ayer</p>\n</article>\n"
        );
    }
    let _ = write!(
        out,
        "<span class=\"b_primary w48 buildLink cp\" data-path=\"{}{}?p={}\" title=\"Siguiente\">Siguiente</span>\n</body></html>\n",
        ask.origin,
        ask.path,
        page + 1
    );
    out
}

fn typed(body: Body, content_type: &'static str) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn html(text: String) -> Response<Body> {
    typed(Body::from(text), "text/html; charset=utf-8")
}

fn bomb(body: Body, encoding: &'static str) -> Response<Body> {
    let mut response = typed(body, "text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    response
}

fn huge_chunk() -> io::Result<Bytes> {
    const CHUNK: &[u8] = &[b'a'; 64 * 1024];
    Ok(Bytes::from_static(CHUNK))
}

/// The text, one byte a second.
fn drip(text: String) -> Response<Body> {
    let bytes = stream::unfold((Bytes::from(text), 0), |(text, at)| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        (at < text.len()).then(|| (Ok(text.slice(at..at + 1)), (text, at + 1)))
    });
    typed(Body::chunks(bytes), "text/html; charset=utf-8")
}

/// Half of the text, then the connection's end.
fn cut(text: String) -> Response<Body> {
    let length = text.len();
    let half = Bytes::from(text).slice(..length / 2);
    let end = stream::once(async {
        // Else the half isn't sent at all.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(io::Error::other("cut on purpose"))
    });
    let chunks = stream::iter([Ok(half)]).chain(end);
    let mut response = typed(Body::chunks(chunks), "text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// Tags that never close, close twice or hold garbage, and NULs.
fn broken(text: &str) -> String {
    text.replace("</p>", "").replace("</span>", "</div></span></b>").replace("<ul", "<ul <<table \"='x>\0<ul")
}
