//! `up`, `down`, `status`: the stack on this machine.
use std::path::PathBuf;
use clap::Args;
use crate::{Context, error::{CliError, Result}};
/// Options of `up`.
#[derive(Debug, Args)]
pub struct UpArgs {
    /// Folder of the data
    #[arg(long)]
    pub data: Option<PathBuf>,
}
/// Options of `down`.
#[derive(Debug, Args)]
pub struct DownArgs {
    /// Folder of the data
    #[arg(long)]
    pub data: Option<PathBuf>,
}
/// x
pub async fn up(_: &Context, _: UpArgs) -> Result<()> { Err(CliError::Internal("later".into())) }
/// x
pub async fn down(_: &Context, _: DownArgs) -> Result<()> { Err(CliError::Internal("later".into())) }
/// x
pub async fn status(_: &Context, _: DownArgs) -> Result<()> { Err(CliError::Internal("later".into())) }
