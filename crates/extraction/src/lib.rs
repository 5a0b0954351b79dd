//! Pipeline A: finds the skills that a job ad asks for, by taxonomy, ESCO and patterns, without a service.
//!
//! [`taxonomy`] and [`esco`] are what is known; [`labels`] joins them into what is looked for; [`matcher`]
//! finds it; [`context`] and [`sections`] judge it; [`extract`] is the whole. With the feature `ner`, the module
//! of that name finds what no label names.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod confidence;
pub mod context;
pub mod coordination;
pub mod demand;
pub mod emerging;
pub mod esco;
pub mod evaluate;
pub mod extract;
pub mod invariants;
pub mod labels;
pub mod link;
pub mod matcher;
#[cfg(feature = "ner")]
pub mod ner;
pub mod sections;
pub mod tagger;
pub mod taxonomy;
pub mod text;
pub mod usage;
