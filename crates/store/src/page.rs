//! Page tokens for keyset paging: opaque to callers, bound to their listing and
//! its filters, and refused where they are not ours.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use observatory_proto::{Error, Reason};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Token<K> {
    #[serde(rename = "v")]
    version: u8,
    /// Hash of the listing's name and filters.
    #[serde(rename = "f")]
    filters: String,
    /// Where the next page starts: the sort key of the last item.
    #[serde(rename = "k")]
    key: K,
}

/// The token for the page after the item with this sort key. `listing` names the
/// RPC; `filters` are all the fields that must stay the same between pages.
pub fn encode<F: Serialize, K: Serialize>(listing: &str, filters: &F, key: &K) -> String {
    let token = Token { version: VERSION, filters: fingerprint(listing, filters), key };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&token).unwrap_or_default())
}

/// The sort key inside a token; none for the first page (an empty token).
///
/// # Errors
/// [`Reason::PageTokenInvalid`] where the token is garbage, comes from another
/// listing, or was issued for other filters.
pub fn decode<F: Serialize, K: DeserializeOwned>(listing: &str, filters: &F, token: &str) -> Result<Option<K>, Error> {
    if token.is_empty() {
        return Ok(None);
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid("it was not issued by this server"))?;
    let token: Token<K> = serde_json::from_slice(&bytes).map_err(|_| invalid("it was not issued for this listing"))?;
    if token.version != VERSION {
        return Err(invalid("it was issued by another version of this server; start at the first page"));
    }
    if token.filters != fingerprint(listing, filters) {
        return Err(invalid("it was issued for other filters; keep them the same, or start at the first page"));
    }
    Ok(Some(token.key))
}

fn invalid(why: &str) -> Error {
    let message = format!("page_token can't be used: {why}");
    Error::new(Reason::PageTokenInvalid, message).with_field("page_token", why)
}

fn fingerprint<F: Serialize>(listing: &str, filters: &F) -> String {
    let filters = serde_json::to_vec(filters).unwrap_or_default();
    let hash = Sha256::new().chain_update(listing).chain_update([0]).chain_update(filters).finalize();
    hex::encode(&hash[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_gives_its_key_back() {
        let token = encode("jobs", &("CO", 3), &("2025-11-03", 7));
        assert_eq!(decode("jobs", &("CO", 3), &token), Ok(Some(("2025-11-03".to_string(), 7))));
        assert_eq!(decode::<_, i32>("jobs", &("CO", 3), ""), Ok(None));
        assert!(token.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "safe in a URL: {token}");
    }

    #[test]
    fn a_rank_survives_exactly() {
        for rank in [0.1_f32, 0.060_792_71, f32::MIN_POSITIVE, 1.0 / 3.0] {
            assert_eq!(decode("search", &(), &encode("search", &(), &rank)), Ok(Some(rank)));
        }
    }

    #[test]
    fn foreign_tokens_are_refused() {
        let token = encode("jobs", &"CO", &1);
        let other_version = URL_SAFE_NO_PAD.encode(r#"{"v":9,"f":"","k":1}"#);
        let cases = [
            ("jobs", "MX", token.as_str()),
            ("skills", "CO", token.as_str()),
            ("jobs", "CO", "garbage!"),
            ("jobs", "CO", "e30"),
            ("jobs", "CO", &other_version),
        ];
        for (listing, filter, token) in cases {
            let error = decode::<_, i32>(listing, &filter, token).expect_err(token);
            assert_eq!(error.reason, Reason::PageTokenInvalid);
            assert_eq!(error.fields[0].field, "page_token");
        }
        assert!(decode::<_, String>("jobs", &"CO", &token).is_err(), "a key of another shape");
    }
}
