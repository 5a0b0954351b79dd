//! One address for one ad.

use url::Url;

/// Parameters that tell how a visitor came, not what the page is.
const TRACKING: [&str; 32] = [
    "_ga",
    "_gl",
    "ctc_tracking",
    "currentjobid",
    "dclid",
    "ebp",
    "fbclid",
    "gad_source",
    "gbraid",
    "gclid",
    "igshid",
    "lc",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "msclkid",
    "originalsubdomain",
    "origin_referer",
    "origintolandingjobpostings",
    "pagenum",
    "position",
    "refid",
    "si_ref",
    "srsltid",
    "trackingid",
    "trk",
    "trkinfo",
    "ttclid",
    "twclid",
    "wbraid",
    "yclid",
    "zanpid",
];

/// The address without fragment and tracking parameters, so that the same ad has one address.
pub fn canonical(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    let Some(query) = url.query() else { return url };
    let is_tracking = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
        name.is_empty() || name.starts_with("utm_") || TRACKING.contains(&name.as_str())
    };
    // The pairs that stay are kept as they were written: encoding them anew would change some addresses.
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_tracking(pair)).collect();
    let kept = kept.join("&");
    url.set_query(if kept.is_empty() { None } else { Some(&kept) });
    url
}

/// The part of an address that names the ad: its last word of digits or hexadecimal digits.
pub(super) fn id_of(url: &Url) -> Option<String> {
    let mut words = url.path().split(|c: char| !c.is_ascii_alphanumeric());
    let is_id = |word: &&str| {
        word.len() >= 5 && word.bytes().all(|b| b.is_ascii_hexdigit()) && word.bytes().any(|b| b.is_ascii_digit())
    };
    words.rfind(is_id).map(str::to_owned)
}

/// Same path, but for a slash at the end.
pub(super) fn same_path(a: &Url, b: &Url) -> bool {
    a.path().trim_end_matches('/') == b.path().trim_end_matches('/')
}

/// Same host, or both below the same two labels: three where the last two stand for a country, as in `com.ar`.
pub(super) fn same_site(a: &Url, b: &Url) -> bool {
    fn site(host: &str) -> &str {
        let labels: Vec<&str> = host.rsplitn(4, '.').collect();
        let country = labels.len() > 2 && labels[0].len() == 2 && labels[1].len() <= 3;
        let kept = labels.iter().take(if country { 3 } else { 2 }).map(|label| label.len() + 1).sum::<usize>();
        &host[host.len().saturating_sub(kept.saturating_sub(1))..]
    }
    match (a.host_str(), b.host_str()) {
        (Some(a_host), Some(b_host)) if a_host == b_host => a.port() == b.port(),
        (Some(a), Some(b)) => !a.ends_with(|c: char| c.is_ascii_digit()) && site(a) == site(b),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_same_ad_has_one_address() {
        for (from, to) in [
            (
                "https://www.linkedin.com/jobs/view/x-1?position=1&pageNum=0&refId=a%3D&trackingId=b",
                "https://www.linkedin.com/jobs/view/x-1",
            ),
            (
                "https://ar.computrabajo.com/ofertas-de-trabajo/x-AB12#lc=ListOffers-Score4-0",
                "https://ar.computrabajo.com/ofertas-de-trabajo/x-AB12",
            ),
            ("HTTPS://Example.com:443/job?id=7&utm_source=x&q=a+b&UTM_Medium=y", "https://example.com/job?id=7&q=a+b"),
            ("https://example.com/job?", "https://example.com/job"),
        ] {
            assert_eq!(canonical(&url(from)).as_str(), to);
        }
    }

    #[test]
    fn sites_are_told_apart() {
        assert!(same_site(&url("https://www.a.com/"), &url("https://jobs.a.com/")));
        assert!(same_site(&url("https://www.a.com.ar/"), &url("https://empleos.a.com.ar/")));
        assert!(!same_site(&url("https://a.com.ar/"), &url("https://b.com.ar/")));
        assert!(!same_site(&url("http://127.0.0.1:1/"), &url("http://127.0.0.1:2/")));
        assert!(!same_site(&url("http://10.0.0.1/"), &url("http://127.0.0.1/")));
    }

    #[test]
    fn an_ads_id_is_found_in_its_address() {
        assert_eq!(id_of(&url("https://a/co/ofertas/dev-2024-1886762593")).as_deref(), Some("1886762593"));
        assert_eq!(id_of(&url("https://a/oferta-de-x-E9EC4CAE34194E3361373E686DCF3405")).unwrap().len(), 32);
        assert_eq!(id_of(&url("https://a/ofertas")), None);
    }
}
