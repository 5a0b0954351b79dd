//! The web page: the files that `scripts/ui.sh` builds, read from a directory at every request.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::UNIX_EPOCH,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};

const MISSING: &str = r#"<!doctype html>
<html lang="es">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Labor Market Observatory</title>
<p lang="es">Observatorio del mercado laboral: la página web no está construida. La construye <code>scripts/ui.sh</code>
(pide Node.js 20 o más nuevo); mientras tanto responden <code>grpcurl</code>, gRPC-web y, a través de Envoy, REST:
<code>/api/jobs</code>, <code>/api/skills</code>, <code>/api/stats</code>.</p>
<p lang="en">Labor Market Observatory: the web page has not been built. <code>scripts/ui.sh</code> builds it (it needs
Node.js 20 or newer); meanwhile <code>grpcurl</code>, gRPC-web and, through Envoy, REST answer:
<code>/api/jobs</code>, <code>/api/skills</code>, <code>/api/stats</code>.</p>
</html>
"#;

/// Nothing from another host, no script but the page's own. Styles in attributes place the charts' parts.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; \
    img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'";
/// Addresses under this may stand in frames of other pages.
const EMBED: &str = "/embed/";
/// Names of these files change with what they hold.
const HASHED: &str = "/assets/";

/// What the page's files lie in: the directory as configured, else as it lies beside the checkout or the installation
/// that the running program belongs to.
fn places(dir: &Path) -> Vec<PathBuf> {
    let mut places = vec![dir.to_path_buf()];
    if let Ok(program) = std::env::current_exe() {
        places.extend(program.ancestors().skip(1).take(4).map(|above| above.join(dir)));
    }
    places
}

/// Answers every address that is no gRPC: files of the page, and the page itself for its own addresses.
pub fn router(dir: &str) -> Router {
    let places: Arc<[PathBuf]> = places(Path::new(dir)).into();
    Router::new().fallback(serve).with_state(places)
}

async fn serve(State(places): State<Arc<[PathBuf]>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let Some(root) = places.iter().find(|place| place.join("index.html").is_file()) else {
        return if uri.path() == "/" { Html(MISSING).into_response() } else { StatusCode::NOT_FOUND.into_response() };
    };
    let path = uri.path();
    let name = path.trim_start_matches('/');
    let is_file = name.rsplit('/').next().is_some_and(|last| last.contains('.'));
    let answer = if is_file && is_safe(name) {
        answer_with(root, name, &headers).await
    } else if is_file || path.starts_with("/api/") || path == "/api" {
        None
    } else {
        answer_with(root, "index.html", &headers).await
    };
    let Some(mut response) = answer else { return StatusCode::NOT_FOUND.into_response() };
    let kept = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let frames = if path.starts_with(EMBED) { "*" } else { "'self'" };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    if let Ok(policy) = HeaderValue::from_str(&format!("{POLICY}; frame-ancestors {frames}")) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Whether a name can only lead to a file below the directory.
fn is_safe(name: &str) -> bool {
    name.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    })
}

/// The file, as small as the caller understands; `None` where it isn't there.
async fn answer_with(root: &Path, name: &str, headers: &HeaderMap) -> Option<Response> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for (coding, ending) in [("br", ".br"), ("gzip", ".gz"), ("", "")] {
        if !coding.is_empty() && !accepts(accepted, coding) {
            continue;
        }
        let file = root.join(format!("{name}{ending}"));
        let Ok(about) = tokio::fs::metadata(&file).await else { continue };
        let changed = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_millis();
        let tag = format!("\"{:x}-{changed:x}{coding}\"", about.len());
        let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
        let body = if known { Body::empty() } else { Body::from(tokio::fs::read(&file).await.ok()?) };
        let mut response = Response::new(body);
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let answer = response.headers_mut();
        answer.insert(header::ETAG, HeaderValue::from_str(&tag).ok()?);
        answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind_of(name)));
        if !coding.is_empty() {
            answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        return Some(response);
    }
    None
}

fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|part| {
        let mut part = part.split(';').map(str::trim);
        part.next() == Some(coding) && part.all(|weight| weight != "q=0")
    })
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("png") => "image/png",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_but_below_the_directory() {
        for name in ["index.html", "assets/index-DKS7wLU-.css"] {
            assert!(is_safe(name), "{name}");
        }
        for name in ["../secret.txt", "assets/../../x.js", "assets//x.js", ".env", "a/.b/c.js", "a%2fb.js", "a\\b.js"] {
            assert!(!is_safe(name), "{name}");
        }
    }

    #[test]
    fn a_coding_is_sent_only_where_it_is_understood() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("gzip;q=0.5", "gzip"));
        assert!(!accepts("gzip;q=0", "gzip"));
        assert!(!accepts("", "br"));
    }
}
