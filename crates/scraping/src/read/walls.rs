//! Pages that stand where an ad or a listing should: logins, captchas, soft 404s, other formats.

use std::sync::LazyLock;

use regex::Regex;
use scraper::{Html, Selector};
use url::Url;

use super::{ReadError, dom};
use crate::page::Page;
use crate::spider::{Compiled, Wall};

static LOGIN_ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words = "login|log-in|signin|sign-in|sign_in|authwall|acceso|ingresar|iniciar-sesion|checkpoint|oauth|sso";
    Regex::new(&format!(r"(?i)^/(?:[a-z_-]{{2,12}}/)?(?:{words})(?:[/.]|$)")).ok()
});

/// Marks of pages that are nothing but a challenge.
const CHALLENGES: [&str; 16] = [
    "_cf_chl_opt",
    "cf-chl-",
    "cf_chl_",
    "captcha-delivery.com",
    "px-captcha",
    "_incapsula_resource",
    "awswafcaptcha",
    "aws-waf-token",
    "geetest_",
    "<title>just a moment",
    "<title>un momento",
    "<title>attention required",
    "verifica que eres humano",
    "verifica que no eres un robot",
    "verify you are human",
    "are you a robot",
];

/// Widgets that ordinary pages have too, in their forms.
const WIDGETS: [&str; 8] = [
    "g-recaptcha",
    "recaptcha/api",
    "h-captcha",
    "hcaptcha.com",
    "cf-turnstile",
    "challenges.cloudflare.com",
    "no soy un robot",
    "datadome",
];

static GONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let thing = "oferta|vacante|aviso|empleo|puesto|convocatoria|publicaci[oó]n|b[uú]squeda|anuncio|p[aá]gina";
    let ended = "expirad[ao]|finalizad[ao]|cerrad[ao]|vencid[ao]|caducad[ao]|eliminad[ao]|cubiert[ao]|inactiv[ao]|dad[ao] de baja";
    let gone = format!(
        "ya no (?:est[aá]|se encuentra|existe|disponible|acepta|recibe)|no (?:est[aá]|se encuentra)(?: ya)? (?:disponible|activ|vigente|publicad)|\
         no existe|no (?:fue |ha sido )?encontrad|(?:ha|est[aá]|fue|ha sido|se encuentra)? ?(?:{ended})\\b|ha (?:expirado|finalizado|caducado|vencido)|expir[oó]\\b"
    );
    let english = "(?:job|position|posting|vacancy|listing|page|role|opening|ad)\\b.{0,40}(?:no longer (?:available|active|accepting|exists|open|posted)|\
         (?:has|have) (?:expired|been (?:filled|closed|removed))|is (?:closed|expired)|(?:was |could )?not (?:be )?found|expired)";
    let other = "no longer accepting applications|error 404|404 not found|^404$|no encontramos (?:la|el|esta|este) (?:oferta|vacante|aviso|empleo|p[aá]gina)";
    Regex::new(&format!(r"(?i)\b(?:{thing})\b[^.!?]{{0,40}}(?:{gone})|\b{english}|{other}")).ok()
});

static HEADINGS: LazyLock<Option<Selector>> = LazyLock::new(|| {
    Selector::parse("title, h1, h2, h3, [role=alert], .alert, .box_error, .error-message, .not-found, .expired").ok()
});
static PASSWORD: LazyLock<Option<Selector>> = LazyLock::new(|| Selector::parse("input[type=password]").ok());

/// A page whose readable text is shorter holds no listing and no ad beside what it says.
const SHORT: usize = 1_500;

/// What status and address tell, before the page is read.
pub(super) fn at_the_door(spider: &Compiled, page: &Page) -> Result<(), ReadError> {
    match page.status {
        200..=299 => {}
        404 | 410 => return Err(ReadError::NotFound),
        401 => return Err(ReadError::LoginWall { saw: "HTTP 401".to_owned() }),
        // LinkedIn's own, for visitors who are to sign in.
        999 => return Err(ReadError::LoginWall { saw: "HTTP 999".to_owned() }),
        status => {
            let text = page.text();
            return Err(challenge(&text).unwrap_or(ReadError::Refused { status }));
        }
    }
    let own = spider.walls.login.address.as_ref().is_some_and(|address| address.is_match(page.url.as_str()));
    if own || LOGIN_ADDRESS.as_ref().is_some_and(|address| address.is_match(page.url.path())) {
        return Err(ReadError::LoginWall { saw: format!("the address {}", page.url.path()) });
    }
    let saw = |what: &str| format!("the address {what}");
    if spider.walls.captcha.address.as_ref().is_some_and(|address| address.is_match(page.url.as_str())) {
        return Err(ReadError::Captcha { saw: saw(page.url.path()) });
    }
    if spider.walls.gone.address.as_ref().is_some_and(|address| address.is_match(page.url.as_str())) {
        return Err(ReadError::SoftNotFound { saw: saw(page.url.path()) });
    }
    Ok(())
}

/// What came instead of text.
pub(super) fn is_binary(page: &Page) -> Option<&'static str> {
    let start = &page.body[..page.body.len().min(1_024)];
    if start.starts_with(b"%PDF") {
        Some("a PDF")
    } else if start.starts_with(&[0x1f, 0x8b]) {
        Some("a compressed file")
    } else if start.contains(&0) && !start.starts_with(&[0xff, 0xfe]) && !start.starts_with(&[0xfe, 0xff]) {
        Some("a binary file")
    } else {
        None
    }
}

fn challenge(text: &str) -> Option<ReadError> {
    let lower = text.get(..text.floor_char_boundary(200_000)).unwrap_or_default().to_lowercase();
    let mark = CHALLENGES.iter().find(|mark| lower.contains(**mark))?;
    Some(ReadError::Captcha { saw: format!("`{mark}` in the page") })
}

/// Why a page that gave nothing gave nothing, where it can be told.
pub(super) fn behind(spider: &Compiled, page: &Page, text: &str, html: &Html) -> Option<ReadError> {
    if let Some(saw) = seen(&spider.walls.captcha, html) {
        return Some(ReadError::Captcha { saw });
    }
    if let Some(saw) = seen(&spider.walls.login, html) {
        return Some(ReadError::LoginWall { saw });
    }
    if let Some(found) = challenge(text) {
        return Some(found);
    }
    let visible = dom::visible(html.root_element(), SHORT);
    if visible.len() < SHORT {
        let lower = text.get(..text.floor_char_boundary(200_000)).unwrap_or_default().to_lowercase();
        if let Some(mark) = WIDGETS.iter().find(|mark| lower.contains(**mark)) {
            return Some(ReadError::Captcha { saw: format!("`{mark}` on a page with little else") });
        }
    }
    if PASSWORD.as_ref().is_some_and(|password| html.select(password).next().is_some()) {
        return Some(ReadError::LoginWall { saw: format!("a password field at {}", page.url.path()) });
    }
    None
}

/// What tells that the ad is gone. `bare`: the page has no ad, so that any of its few words may tell.
pub(super) fn gone(spider: &Compiled, html: &Html, bare: bool) -> Option<ReadError> {
    let soft = |saw: String| Some(ReadError::SoftNotFound { saw });
    if let Some(saw) = seen(&spider.walls.gone, html) {
        return soft(saw);
    }
    let (pattern, headings) = (GONE.as_ref()?, HEADINGS.as_ref()?);
    for heading in html.select(headings).take(200) {
        let says = dom::visible(heading, 400);
        if says.len() < 300 && pattern.is_match(&says) {
            return soft(format!("`{says}`"));
        }
    }
    if !bare {
        return None;
    }
    let visible = dom::visible(html.root_element(), 2 * SHORT);
    match pattern.find(&visible) {
        Some(found) if visible.len() < 2 * SHORT => soft(format!("`{}`", found.as_str())),
        _ => None,
    }
}

/// The first of a wall's marks that the page shows.
pub(super) fn seen(wall: &Wall, html: &Html) -> Option<String> {
    let css = wall.css.iter().find(|(css, _)| html.select(css).next().is_some());
    if let Some((_, text)) = css {
        return Some(format!("css: {text}"));
    }
    if wall.text.is_empty() {
        return None;
    }
    let visible = dom::visible(html.root_element(), 200_000);
    wall.text.iter().find_map(|text| text.find(&visible)).map(|found| format!("`{}`", found.as_str()))
}

/// Another page came than was asked for: the start page, or one that doesn't name the ad.
pub(super) fn sent_elsewhere(asked: &Url, came: &Url) -> Option<ReadError> {
    use super::address::{id_of, same_path};
    if same_path(asked, came) {
        return None;
    }
    let other = came.path() == "/" || id_of(asked).is_some_and(|id| !came.as_str().contains(&id));
    other.then(|| ReadError::SoftNotFound { saw: format!("a redirect to {}", came.path()) })
}
