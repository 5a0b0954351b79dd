//! Pipeline B and the hybrid: the skills of a job ad by a language model, without a service.
//!
//! Three steps, so that a caller can keep what a model answered: [`Enhancer::question`] makes the request,
//! [`Enhancer::ask`] is the only one that waits for a model, and [`Enhancer::settle`] turns its words into skills.
//! Nothing is invented on the way: [`ground`] drops every named skill that the ad does not hold, and every implied
//! one without a reason and a named skill behind it. What an ad says is data: [`fence`] takes from it what could end
//! a message, what it says to the machine is neither shown nor counted, and neither the form of an answer nor a rule
//! depends on it.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod ad;
pub mod answer;
mod ask;
mod cut;
pub mod fence;
pub mod ground;
pub mod hybrid;
mod orders;
mod prompts;
mod settle;
mod skills;

pub use ad::{Ad, Find, PipelineA, Unknown};
pub use answer::{Answer, Malformed, read_answer, salvage};
pub use ask::{AskError, Asked, Usage};
pub use cut::{Cut, cut};
pub use ground::{Dropped, Grounded, Reason, ground};
pub use prompts::{Language, PromptError, Prompts};
pub use settle::{Agreement, Enhanced, EnhancedSkill, Enhancer, Question, Settings, Task};
