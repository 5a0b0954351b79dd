//! The configured models.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::Context;
use observatory_chat::{ChatModel, Guarded, Limits, OpenAi, OpenAiOptions, Price, Secret, Structured, Timeouts};
use observatory_proto::{Error, Reason, llm::Model};
use sea_orm::DatabaseConnection;

use crate::{
    budget::Usage,
    config::{ModelOptions, Options},
};

/// The configured models.
pub struct Models {
    /// The default one first.
    list: Vec<Configured>,
    usage: Arc<Usage>,
}

/// A model and what the operator set about it.
pub struct Configured {
    /// What requests call it.
    pub name: String,
    /// Whom to ask.
    pub chat: Arc<dyn ChatModel>,
    options: ModelOptions,
}

impl Models {
    /// Opens all of them.
    ///
    /// # Errors
    /// An address or a file that can't be used; a key that the environment lacks.
    pub fn open(options: &Options, db: &DatabaseConnection) -> anyhow::Result<Self> {
        let limits: HashMap<_, _> =
            options.models.iter().map(|(name, model)| (name.clone(), model.tokens_per_day)).collect();
        let usage = Arc::new(Usage::new(db.clone(), limits));
        let mut list = Vec::new();
        for (name, model) in &options.models {
            let chat = open(name, model).with_context(|| format!("the model {name:?} can't be used"))?;
            let price = Price { prompt: model.usd_per_million_prompt, completion: model.usd_per_million_completion };
            let limits = Limits {
                concurrency: model.concurrency,
                total: Duration::from_secs_f64(model.total_seconds),
                attempts: model.attempts,
                ..Limits::default()
            };
            let chat: Arc<dyn ChatModel> = Arc::new(Guarded::new(chat, limits, usage.clone(), price));
            list.push(Configured { name: name.clone(), chat, options: model.clone() });
        }
        list.sort_by_key(|model| model.name != options.default_model);
        Ok(Self { list, usage })
    }

    /// The model of that name, or the default one.
    ///
    /// # Errors
    /// MODEL_NOT_FOUND; CAPABILITY_MISSING where none is configured.
    pub fn get(&self, name: &str) -> Result<&Configured, Error> {
        let Some(default) = self.list.first() else {
            return Err(Error::capability_missing(
                "llm",
                "no language model is configured: set service.models of the llm service, or start with \
                 `observatory up --llm`; pipeline A finds skills without one",
            ));
        };
        if name.is_empty() {
            return Ok(default);
        }
        self.list.iter().find(|model| model.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.list.iter().map(|model| model.name.as_str()).collect();
            Error::not_found(Reason::ModelNotFound, "model", name)
                .with_field("model", format!("there are: {}", names.join(", ")))
        })
    }

    /// How many requests all of them take at once.
    pub fn concurrency(&self) -> usize {
        self.list.iter().map(|model| model.options.concurrency).sum()
    }

    /// What they use.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// All of them, the default one first.
    ///
    /// # Errors
    /// CAPABILITY_MISSING where none is configured.
    pub async fn describe(&self) -> Result<Vec<Model>, Error> {
        self.get("")?;
        let described = self.list.iter().enumerate().map(|(place, model)| self.describe_one(model, place == 0));
        Ok(futures::future::join_all(described).await)
    }

    async fn describe_one(&self, model: &Configured, is_default: bool) -> Model {
        let (spent, ready) = tokio::join!(self.usage.today(&model.name), model.chat.ready());
        let budget = i64::try_from(model.options.tokens_per_day).unwrap_or(i64::MAX);
        let unavailable_reason = match ready {
            Ok(()) if budget > 0 && spent.tokens >= budget => "today's budget of tokens is spent".to_owned(),
            Ok(()) => String::new(),
            Err(why) => why,
        };
        Model {
            name: model.name.clone(),
            provider: model.chat.provider().to_owned(),
            address: model.options.base_url.clone(),
            is_default,
            available: unavailable_reason.is_empty(),
            unavailable_reason,
            tokens_used: spent.tokens,
            token_budget: budget,
            cost_usd: spent.cost_usd,
            concurrency: i32::try_from(model.options.concurrency).unwrap_or(i32::MAX),
        }
    }
}

fn open(name: &str, options: &ModelOptions) -> anyhow::Result<Arc<dyn ChatModel>> {
    if !options.gguf.as_os_str().is_empty() {
        return in_process(name, options);
    }
    let api_key = match options.api_key_env.as_str() {
        "" => None,
        variable => {
            let key = std::env::var(variable).ok().filter(|key| !key.is_empty());
            Some(Secret::new(key.with_context(|| format!("api_key_env: the environment has no {variable}"))?))
        }
    };
    let structured = match options.structured.as_str() {
        "json_object" => Structured::JsonObject,
        "none" => Structured::None,
        _ => Structured::JsonSchema,
    };
    let chat = OpenAiOptions {
        model: if options.model.is_empty() { name.to_owned() } else { options.model.clone() },
        api_key,
        structured,
        timeouts: Timeouts {
            first_token: Duration::from_secs_f64(options.first_token_seconds),
            idle: Duration::from_secs_f64(options.idle_seconds),
            ..Timeouts::default()
        },
        ..OpenAiOptions::new(name, &options.base_url)
    };
    let opened = OpenAi::new(chat).map_err(anyhow::Error::msg)?;
    Ok(Arc::new(opened))
}

/// A model in this process.
#[cfg(feature = "llama")]
fn in_process(name: &str, options: &ModelOptions) -> anyhow::Result<Arc<dyn ChatModel>> {
    use observatory_chat::{Llama, LlamaOptions};
    let mut llama = LlamaOptions::new(name, &options.gguf);
    if options.threads > 0 {
        llama.threads = options.threads;
    }
    Ok(Arc::new(Llama::open(llama).map_err(anyhow::Error::msg)?))
}

/// This build has none; the configuration's check says so to who asks for one.
#[cfg(not(feature = "llama"))]
fn in_process(_: &str, _: &ModelOptions) -> anyhow::Result<Arc<dyn ChatModel>> {
    anyhow::bail!("gguf: this program was built without llama.cpp; build it with `--features llama`")
}
