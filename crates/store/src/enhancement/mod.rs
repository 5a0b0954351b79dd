//! What language models made of ads: kept answers, usage, results.

mod answers;
mod read;
mod write;

pub use answers::{AnswerKey, KeptAnswer, Spent, charge, keep, kept, spent_today};
pub use read::{EnhancedJob, EnhancedSkill, of_job};
pub use write::{Enhanced, Skill, pending, write};
