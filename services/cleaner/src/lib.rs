//! The cleaner: what a reader sees of an ad, and whether the ad can be used.

pub mod clean;
pub mod duplicate;
mod fold;
pub mod html;
pub mod language;
pub mod spam;
