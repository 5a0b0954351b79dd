//! The process's ONNX Runtime: there can be one.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use ort::environment::Environment;

use crate::OpenError;

/// Loads the library, or gives the environment of an earlier call: a process has one, whatever path is asked for later.
///
/// # Errors
/// Where the library isn't there, is too old, or doesn't start.
pub fn load(library: &Path) -> Result<Environment, OpenError> {
    static SHARED: Mutex<Option<Environment>> = Mutex::new(None);
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*shared {
        return Ok(environment.clone());
    }
    let builder = ort::init_from(library).map_err(|source| OpenError::Runtime { path: library.to_owned(), source })?;
    let environment = builder.with_telemetry(false).build().map_err(OpenError::Environment)?;
    *shared = Some(environment.clone());
    Ok(environment)
}
