//! What stands around the ads: head, styles, menu, footer, as heavy as on real pages.

use std::fmt::Write;

use crate::{
    catalogue::Board,
    page::{Page, Segment},
    text::{escape, slug},
};

const CITIES: [&str; 24] = [
    "Bogotá",
    "Medellín",
    "Cali",
    "Barranquilla",
    "Bucaramanga",
    "Pereira",
    "Manizales",
    "Cartagena",
    "Ciudad de México",
    "Guadalajara",
    "Monterrey",
    "Puebla",
    "Querétaro",
    "Mérida",
    "Tijuana",
    "León",
    "Buenos Aires",
    "Córdoba",
    "Rosario",
    "Mendoza",
    "La Plata",
    "Tucumán",
    "Mar del Plata",
    "Salta",
];
const AREAS: [&str; 18] = [
    "Administración",
    "Almacén",
    "Atención a clientes",
    "Compras",
    "Construcción",
    "Contabilidad",
    "Diseño",
    "Docencia",
    "Informática y telecom",
    "Ingeniería",
    "Investigación",
    "Legal",
    "Mantenimiento",
    "Mercadeo",
    "Producción",
    "Recursos humanos",
    "Salud",
    "Ventas",
];
const COLOURS: [&str; 8] = ["#fff", "#f4f6f8", "#e8ecf0", "#1f2933", "#3e4c59", "#0b69a3", "#c81e1e", "#147d64"];

/// The fixed parts of a portal's pages.
#[derive(Debug)]
pub struct Frame {
    styles: Segment,
    header: Segment,
    footer: Segment,
}

/// Who asks for a page, as far as its text depends on that.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// Such as `http://127.0.0.1:8099`.
    pub origin: &'a str,
    /// Empty, or the country's path: `/mx`.
    pub prefix: &'a str,
    /// For `<meta charset>`.
    pub charset: &'a str,
}

impl Frame {
    /// Builds and compresses the fixed parts.
    pub fn new(board: Board) -> Self {
        let name = if board == Board::Elempleo { "portal-empleo" } else { "portal-trabajo" };
        Self {
            styles: Segment::new(styles(name)),
            header: Segment::new(header(name)),
            footer: Segment::new(footer(name)),
        }
    }

    /// Begins a page.
    pub fn open(&self, visit: Visit<'_>, country: &str, title: &str, path: &str) -> Page<'_> {
        let mut page = Page::new();
        let out = &mut page.text;
        let Visit { origin, prefix, charset } = visit;
        let _ =
            write!(out, "<!DOCTYPE html>\n<html lang=\"es-{country}\"><head>\n<meta charset=\"{charset}\">\n<title>");
        escape(out, title);
        out.push_str("</title>\n<meta name=\"description\" content=\"");
        escape(out, title);
        let _ = write!(out, "\">\n<link rel=\"canonical\" href=\"{origin}{prefix}");
        escape(out, path);
        out.push_str("\">\n");
        page.segment(&self.styles);
        page.segment(&self.header);
        page
    }

    /// Ends a page.
    pub fn close<'a>(&'a self, page: &mut Page<'a>) {
        page.segment(&self.footer);
    }
}

fn styles(name: &str) -> String {
    let mut css = String::from(
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>*{box-sizing:border-box;margin:0}\
         body{font:16px/1.5 sans-serif;color:#1f2933}a{color:inherit;text-decoration:none}.hide{display:none}",
    );
    for (i, colour) in COLOURS.iter().enumerate() {
        for (j, part) in ["box", "tag", "link", "title", "menu"].iter().enumerate() {
            let _ = write!(
                css,
                ".{name}-{part}-{i}{{background:{colour};padding:{}px {}px;border-radius:{}px}}",
                4 + i,
                6 + j,
                2 + i + j
            );
        }
    }
    css.push_str("</style>\n</head>\n");
    css
}

fn header(name: &str) -> String {
    let mut html = format!("<body class=\"{name}\">\n<header class=\"{name}-menu-3\"><nav><ul>\n");
    for area in AREAS {
        let _ = writeln!(
            html,
            "<li class=\"{name}-link-1\"><a class=\"fc_base\" href=\"/areas/{}\" title=\"Empleos de {area}\">{area}</a></li>",
            slug(area)
        );
    }
    html.push_str(
        "</ul></nav>\n<a class=\"hide\" rel=\"nofollow\" href=\"/candidate/home\">Mi cuenta</a>\n\
         <form action=\"/buscar\"><input name=\"q\" placeholder=\"Cargo o categor&iacute;a\"><input name=\"l\" \
         placeholder=\"Lugar\"><button>Buscar empleos</button></form>\n</header>\n",
    );
    html
}

fn footer(name: &str) -> String {
    let mut html = format!("<footer class=\"{name}-menu-4\">\n<p>Empleos por ciudad</p>\n<ul>\n");
    for (i, city) in CITIES.iter().enumerate() {
        let _ = writeln!(
            html,
            "<li class=\"{name}-tag-{}\"><a href=\"/ciudades/{}\" title=\"Ofertas de empleo en {city}\">Empleo en {city}</a></li>",
            i % COLOURS.len(),
            slug(city)
        );
    }
    html.push_str(
        "</ul>\n<p class=\"fs12\">Portal de pruebas del Observatorio: todos los avisos y empresas son inventados.</p>\n\
         <script>window.dataLayer=window.dataLayer||[];function registrar(evento,datos){dataLayer.push({event:evento,\
         datos:datos})}document.addEventListener('click',function(e){if(e.target.dataset.path){location.href=\
         e.target.dataset.path}});registrar('vista',{});</script>\n</footer>\n</body></html>\n",
    );
    html
}
