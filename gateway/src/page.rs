//! What a browser sees until the web page is there.

use axum::{Router, response::Html, routing::get};

const INDEX: &str = r#"<!doctype html>
<html lang="es">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Labor Market Observatory</title>
<p lang="es">Observatorio del mercado laboral: la página web aún no está aquí; use <code>grpcurl</code>, gRPC-web o,
a través de Envoy, REST: <code>/api/jobs</code>, <code>/api/skills</code>, <code>/api/stats</code>.</p>
<p lang="en">Labor Market Observatory: the web page isn't here yet; use <code>grpcurl</code>, gRPC-web or,
through Envoy, REST: <code>/api/jobs</code>, <code>/api/skills</code>, <code>/api/stats</code>.</p>
</html>
"#;

/// The index page at `/`.
pub fn router() -> Router {
    Router::new().route("/", get(async || Html(INDEX)))
}
