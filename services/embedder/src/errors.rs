//! From the embedding crate's errors to the mesh's.

use std::time::Duration;

use observatory_embedding::EmbedError;
use observatory_proto::{Error, Reason};

/// What a caller is told; `field` is where the texts are in its request.
pub fn to_error(error: EmbedError, field: &str) -> Error {
    let message = error.to_string();
    match error {
        EmbedError::Overloaded { .. } => {
            let mut error = Error::new(Reason::Overloaded, message);
            error.retry_after = Some(Duration::from_secs(1));
            error
        }
        EmbedError::Stopping => Error::new(Reason::ShuttingDown, message),
        EmbedError::Text { index, reason } => {
            Error::invalid_field(format!("{field}[{index}]"), reason).with("index", index.to_string())
        }
    }
}
