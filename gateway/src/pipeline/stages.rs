//! The stages: what each consists of, whether this mesh can do it, and how it is started.

use std::{collections::BTreeMap, time::Duration};

use observatory_mesh::{Config, Peer};
use observatory_proto::{
    Error, Reason,
    cleaner::{BatchCleanJobsRequest, cleaner_service_client::CleanerServiceClient},
    clusterer::{ClusterSkillsRequest, clusterer_service_client::ClustererServiceClient},
    embedder::{BatchEmbedSkillsRequest, EmbedTextsRequest, embedder_service_client::EmbedderServiceClient},
    extractor::{BatchExtractSkillsRequest, extractor_service_client::ExtractorServiceClient},
    google::longrunning::Operation,
    llm::{BatchEnhanceJobsRequest, ListModelsRequest, llm_service_client::LlmServiceClient},
    pipeline::{RunPipelineRequest, Stage},
    scraper::{ListSpidersRequest, ScrapePortalRequest, Spider, scraper_service_client::ScraperServiceClient},
};
use tonic::{Response, Status};

use super::stage_name;

/// The stages, in the pipeline's order.
const ORDER: [Stage; 6] = [Stage::Scrape, Stage::Clean, Stage::Extract, Stage::Enhance, Stage::Embed, Stage::Cluster];
/// Starting selects and journals what is to be done: a large one takes a while.
const PATIENCE: Duration = Duration::from_secs(60);

/// One operation that a stage starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its stage.
    pub stage: Stage,
    /// Portal and country of a scrape.
    pub scrape: Option<(String, String)>,
}

impl Part {
    /// `clean`, `scrape/elempleo/CO`: what makes its `request_id`.
    pub fn label(&self) -> String {
        let stage = stage_name(self.stage);
        match &self.scrape {
            Some((portal, country)) => format!("{stage}/{portal}/{country}"),
            None => stage,
        }
    }
}

/// A stage as it would run.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Which.
    pub stage: Stage,
    /// What it starts, or why it can't.
    pub parts: Result<Vec<Part>, Error>,
}

/// The services behind the stages, as far as this mesh has them; cheap to clone.
#[derive(Clone, Default)]
pub struct Services {
    peers: BTreeMap<&'static str, Peer>,
}

impl Services {
    /// Those of the configured peers.
    ///
    /// # Errors
    /// Where a peer's address is none.
    pub fn of<O>(config: &Config<O>) -> anyhow::Result<Self> {
        let mut peers = BTreeMap::new();
        for name in ORDER.map(service) {
            if let Some(peer) = config.optional_peer(name)? {
                peers.insert(name, peer);
            }
        }
        Ok(Self { peers })
    }

    fn peer(&self, stage: Stage) -> Result<Peer, Error> {
        let name = service(stage);
        self.peers.get(name).cloned().ok_or_else(|| {
            Error::capability_missing(name, format!("this mesh has no {name}: set peers.{name} of the gateway"))
        })
    }

    /// The stages that were asked for, in order, each with what it starts or why it can't.
    ///
    /// # Errors
    /// UNAVAILABLE where the scraper can't say which spiders it has.
    pub async fn plan(&self, request: &RunPipelineRequest) -> Result<Vec<Planned>, Error> {
        let wanted = |stage: &Stage| request.stages.is_empty() || request.stages.contains(&i32::from(*stage));
        let mut plan = Vec::new();
        for stage in ORDER.into_iter().filter(wanted) {
            let parts = match stage {
                Stage::Scrape => self.scrapes(request).await,
                _ => self.probe(stage).await.map(|()| vec![Part { stage, scrape: None }]),
            };
            match parts {
                Err(error) if !is_missing(&error) => return Err(error),
                parts => plan.push(Planned { stage, parts }),
            }
        }
        Ok(plan)
    }

    async fn scrapes(&self, request: &RunPipelineRequest) -> Result<Vec<Part>, Error> {
        let mut client = ScraperServiceClient::new(self.peer(Stage::Scrape)?);
        let spiders = answer(Stage::Scrape, client.list_spiders(ListSpidersRequest {})).await?.spiders;
        let parts = choose(&spiders, &request.portals, &request.country)?;
        Ok(parts.into_iter().map(|scrape| Part { stage: Stage::Scrape, scrape: Some(scrape) }).collect())
    }

    /// Asks something that costs nothing, only to hear whether the capability is missing.
    async fn probe(&self, stage: Stage) -> Result<(), Error> {
        let peer = self.peer(stage)?;
        let heard = match stage {
            Stage::Enhance => {
                answer(stage, LlmServiceClient::new(peer).list_models(ListModelsRequest {})).await.map(drop)
            }
            // Clusters are made of vectors.
            Stage::Embed | Stage::Cluster => {
                let request = EmbedTextsRequest { texts: vec!["SQL".into()], ..Default::default() };
                let embedder = self.peer(Stage::Embed)?;
                answer(Stage::Embed, EmbedderServiceClient::new(embedder).embed_texts(request)).await.map(drop)
            }
            Stage::Unspecified | Stage::Scrape | Stage::Clean | Stage::Extract => Ok(()),
        };
        heard.or_else(|error| if error.reason == Reason::CapabilityMissing { Err(error) } else { Ok(()) })
    }

    /// Starts the operation of a part, once per `request_id`.
    ///
    /// # Errors
    /// What the service says.
    pub async fn start(
        &self,
        part: &Part,
        request: &RunPipelineRequest,
        request_id: String,
    ) -> Result<Operation, Error> {
        let RunPipelineRequest { country, again, .. } = request.clone();
        let stage = part.stage;
        let peer = self.peer(stage)?;
        match stage {
            Stage::Scrape => {
                let (portal, country) = part.scrape.clone().unwrap_or_default();
                let RunPipelineRequest { query, max_jobs, max_pages, .. } = request.clone();
                let request =
                    ScrapePortalRequest { portal, country, query, max_jobs, max_pages, request_id, full: false };
                answer(stage, ScraperServiceClient::new(peer).scrape_portal(request)).await
            }
            Stage::Clean => {
                let request = BatchCleanJobsRequest { country, again, request_id, ..Default::default() };
                answer(stage, CleanerServiceClient::new(peer).batch_clean_jobs(request)).await
            }
            Stage::Extract => {
                let request = BatchExtractSkillsRequest { country, again, request_id, ..Default::default() };
                answer(stage, ExtractorServiceClient::new(peer).batch_extract_skills(request)).await
            }
            Stage::Enhance => {
                let request = BatchEnhanceJobsRequest { country, request_id, ..Default::default() };
                answer(stage, LlmServiceClient::new(peer).batch_enhance_jobs(request)).await
            }
            Stage::Embed => {
                let request = BatchEmbedSkillsRequest { request_id, ..Default::default() };
                answer(stage, EmbedderServiceClient::new(peer).batch_embed_skills(request)).await
            }
            Stage::Cluster => {
                let request = ClusterSkillsRequest { country, request_id, ..Default::default() };
                answer(stage, ClustererServiceClient::new(peer).cluster_skills(request)).await
            }
            Stage::Unspecified => Err(Error::internal("no stage")),
        }
    }
}

/// True where a stage can't be done, now or in a minute.
fn is_missing(error: &Error) -> bool {
    matches!(
        error.reason,
        Reason::CapabilityMissing | Reason::SpiderOff | Reason::SpiderNotFound | Reason::FieldInvalid
    )
}

fn service(stage: Stage) -> &'static str {
    match stage {
        Stage::Scrape => "scraper",
        Stage::Clean => "cleaner",
        Stage::Extract => "extractor",
        Stage::Enhance => "llm",
        Stage::Embed => "embedder",
        Stage::Cluster => "clusterer",
        Stage::Unspecified => "",
    }
}

async fn answer<T>(stage: Stage, call: impl Future<Output = Result<Response<T>, Status>>) -> Result<T, Error> {
    let name = service(stage);
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => match Error::from_status(&status) {
            error if error.reason == Reason::DependencyUnavailable && error.metadata.is_empty() => {
                Err(Error::unavailable(name, error.message))
            }
            error => Err(error),
        },
        Err(_) => {
            let message = format!("the {name} didn't answer within {} seconds", PATIENCE.as_secs());
            Err(Error::new(Reason::DeadlineExceeded, message))
        }
    }
}

/// Which portals in which countries: the spiders that are on, or those that are named.
fn choose(spiders: &[Spider], portals: &[String], country: &str) -> Result<Vec<(String, String)>, Error> {
    let chosen: Vec<&Spider> = if portals.is_empty() {
        spiders.iter().filter(|spider| spider.enabled).collect()
    } else {
        portals.iter().map(|portal| named(spiders, portal, country)).collect::<Result<_, _>>()?
    };
    let parts: Vec<_> = chosen
        .into_iter()
        .flat_map(|spider| countries(spider, country).into_iter().map(|country| (spider.spider.clone(), country)))
        .collect();
    if parts.is_empty() {
        let covering = if country.is_empty() { String::new() } else { format!(" that covers {country}") };
        return Err(Error::new(
            Reason::SpiderOff,
            format!("no spider{covering} is on; ListSpiders tells which there are"),
        ));
    }
    Ok(parts)
}

fn named<'a>(spiders: &'a [Spider], portal: &str, country: &str) -> Result<&'a Spider, Error> {
    let spider = spiders.iter().find(|spider| spider.spider == portal);
    let spider = spider.ok_or_else(|| Error::not_found(Reason::SpiderNotFound, "spider", portal))?;
    if !spider.enabled {
        let message = format!("the spider {portal} is off; an operator has to turn it on");
        return Err(Error::new(Reason::SpiderOff, message));
    }
    if countries(spider, country).is_empty() {
        let covered =
            if spider.countries.is_empty() { "any country, so name one".into() } else { spider.countries.join(", ") };
        return Err(Error::invalid_field("country", format!("the spider {portal} covers {covered}")));
    }
    Ok(spider)
}

/// A spider that names no country is for any, so the request has to name it.
fn countries(spider: &Spider, country: &str) -> Vec<String> {
    if country.is_empty() {
        spider.countries.clone()
    } else if spider.countries.is_empty() || spider.countries.iter().any(|covered| covered == country) {
        vec![country.to_string()]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spiders() -> Vec<Spider> {
        let spider = |name: &str, countries: &[&str], enabled| Spider {
            spider: name.into(),
            countries: countries.iter().map(ToString::to_string).collect(),
            enabled,
            ..Default::default()
        };
        vec![spider("a", &["CO", "MX"], true), spider("b", &["MX"], false), spider("any", &[], true)]
    }

    fn chosen(portals: &[&str], country: &str) -> Result<String, Reason> {
        let portals: Vec<_> = portals.iter().map(ToString::to_string).collect();
        let parts = choose(&spiders(), &portals, country).map_err(|error| error.reason)?;
        Ok(parts.iter().map(|(portal, country)| format!("{portal}/{country}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn spiders_that_are_on_scrape_all_their_countries_or_the_one_that_is_asked_for() {
        assert_eq!(chosen(&[], "").as_deref(), Ok("a/CO a/MX"));
        assert_eq!(chosen(&[], "MX").as_deref(), Ok("a/MX any/MX"));
        assert_eq!(chosen(&["any", "a"], "CO").as_deref(), Ok("any/CO a/CO"));
    }

    #[test]
    fn a_portal_that_can_not_be_scraped_says_why() {
        assert_eq!(chosen(&["c"], ""), Err(Reason::SpiderNotFound));
        assert_eq!(chosen(&["b"], ""), Err(Reason::SpiderOff));
        assert_eq!(chosen(&["a"], "PE"), Err(Reason::FieldInvalid));
        assert_eq!(chosen(&["any"], ""), Err(Reason::FieldInvalid));
        assert_eq!(choose(&[], &[], "").map_err(|error| error.reason), Err(Reason::SpiderOff));
    }

    #[test]
    fn a_part_is_named_by_its_stage_portal_and_country() {
        let scrape = Part { stage: Stage::Scrape, scrape: Some(("occ".into(), "MX".into())) };
        assert_eq!(scrape.label(), "scrape/occ/MX");
        assert_eq!(Part { stage: Stage::Clean, scrape: None }.label(), "clean");
    }
}
