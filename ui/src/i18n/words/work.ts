import { pair } from "../lang";

/** Kinds of operations. */
export const work = pair<Record<string, string>>(
  {
    "cleaner.batch_clean_jobs": "Limpiar anuncios",
    "clusterer.cluster_skills": "Agrupar habilidades",
    "embedder.batch_embed_skills": "Calcular vectores",
    "embedder.batch_find_same_meaning": "Buscar habilidades iguales",
    "extractor.batch_extract_skills": "Extraer habilidades",
    "gateway.run_pipeline": "Todo el proceso",
    "llm.batch_enhance_jobs": "Completar con modelo de lenguaje",
    "scraper.scrape_portal": "Descargar de un portal",
  },
  {
    "cleaner.batch_clean_jobs": "Clean ads",
    "clusterer.cluster_skills": "Cluster skills",
    "embedder.batch_embed_skills": "Compute vectors",
    "embedder.batch_find_same_meaning": "Find skills that mean the same",
    "extractor.batch_extract_skills": "Extract skills",
    "gateway.run_pipeline": "The whole pipeline",
    "llm.batch_enhance_jobs": "Enhance by language model",
    "scraper.scrape_portal": "Scrape a portal",
  },
);
