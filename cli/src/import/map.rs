//! From the fields of a file to those of an ad. Pure: values in, an ad or a reason out.

use std::{collections::HashMap, str::FromStr};

use observatory_proto::jobs::ImportJobsRequest;
use serde_json::{Map, Value};

/// A field of an ad, by the contract's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Portal.
    Portal,
    /// ISO 3166-1 alpha-2.
    Country,
    /// Address.
    Url,
    /// Title; needed.
    Title,
    /// Employer.
    Company,
    /// Place.
    Location,
    /// Text; needed.
    Description,
    /// Requirements.
    Requirements,
    /// Salary as posted.
    SalaryRaw,
    /// Contract as posted.
    ContractType,
    /// Remote or on site.
    RemoteType,
    /// Day of posting.
    PostedDate,
}

/// Every field: its name in the contract, then other names that files give it, best first.
const NAMES: [(Field, &[&str]); 12] = [
    (Field::Portal, &["portal", "source", "fuente", "site", "sitio"]),
    (Field::Country, &["country", "pais", "country_code"]),
    (Field::Url, &["url", "link", "enlace", "job_url", "href"]),
    (Field::Title, &["title", "titulo", "job_title", "puesto", "cargo", "position"]),
    (Field::Company, &["company", "empresa", "employer", "company_name", "empleador"]),
    (Field::Location, &["location", "ubicacion", "ciudad", "city", "lugar", "localidad"]),
    (Field::Description, &["description", "descripcion", "job_description", "texto", "text", "body", "detalle"]),
    (Field::Requirements, &["requirements", "requisitos", "requerimientos"]),
    (Field::SalaryRaw, &["salary_raw", "salary", "salario", "sueldo"]),
    (Field::ContractType, &["contract_type", "contract", "contrato", "tipo_contrato", "employment_type"]),
    (Field::RemoteType, &["remote_type", "remote", "modalidad", "workplace_type"]),
    (Field::PostedDate, &["posted_date", "posted", "date_posted", "fecha_publicacion", "fecha", "date"]),
];

impl Field {
    /// Its name in the contract.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(field, _)| *field == self).map_or("", |(_, names)| names[0])
    }

    fn slot(self, ad: &mut ImportJobsRequest) -> &mut String {
        match self {
            Self::Portal => &mut ad.portal,
            Self::Country => &mut ad.country,
            Self::Url => &mut ad.url,
            Self::Title => &mut ad.title,
            Self::Company => &mut ad.company,
            Self::Location => &mut ad.location,
            Self::Description => &mut ad.description,
            Self::Requirements => &mut ad.requirements,
            Self::SalaryRaw => &mut ad.salary_raw,
            Self::ContractType => &mut ad.contract_type,
            Self::RemoteType => &mut ad.remote_type,
            Self::PostedDate => &mut ad.posted_date,
        }
    }
}

/// What the user says with `--map`: our field and the file's name for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Our field.
    pub field: Field,
    /// The file's column or key.
    pub column: String,
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, column) = text.split_once('=').ok_or_else(|| format!("{text:?} is not FIELD=COLUMN"))?;
        let known = NAMES.iter().find(|(field, _)| field.name() == name.trim());
        let field = known.map(|(field, _)| *field).ok_or_else(|| {
            let all: Vec<_> = NAMES.iter().map(|(field, _)| field.name()).collect();
            format!("{name:?} is no field of an ad; fields: {}", all.join(", "))
        })?;
        if column.trim().is_empty() {
            return Err(format!("{text:?} names no column"));
        }
        Ok(Self { field, column: column.trim().to_owned() })
    }
}

/// Why an ad was refused: the field and a sentence.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// The field; empty for the whole line.
    pub field: &'static str,
    /// Why.
    pub message: String,
}

impl Refused {
    /// The whole line is at fault.
    pub fn line(message: impl Into<String>) -> Self {
        Self { field: "", message: message.into() }
    }
}

/// Which of a file's names means which field.
#[derive(Debug, Clone)]
pub struct Mapping {
    // Folded name -> field and how good the name is for it (0 is best).
    names: HashMap<String, (Field, usize)>,
    portal: String,
    country: String,
}

impl Mapping {
    /// The known names, the user's rules above them; `portal` and `country` where an ad has none.
    pub fn new(rules: &[Rule], portal: &str, country: &str) -> Self {
        let mut names = HashMap::new();
        for (field, list) in NAMES {
            // A field that the user mapped is taken from there only.
            if !rules.iter().any(|rule| rule.field == field) {
                for (rank, name) in list.iter().enumerate() {
                    names.insert(fold(name), (field, rank));
                }
            }
        }
        for rule in rules {
            names.insert(fold(&rule.column), (rule.field, 0));
        }
        Self { names, portal: portal.to_owned(), country: country.to_owned() }
    }

    /// The field that a column means, and how good its name is for it.
    fn field(&self, name: &str) -> Option<(Field, usize)> {
        self.names.get(&fold(name)).copied()
    }

    /// For each column of a CSV header the field it fills; a field is filled by one column only.
    ///
    /// # Errors
    /// Where no column is a title or a description.
    pub fn columns(&self, header: &[String]) -> Result<Vec<Option<Field>>, String> {
        let mut best: HashMap<Field, (usize, usize)> = HashMap::new();
        for (column, name) in header.iter().enumerate() {
            if let Some((field, rank)) = self.field(name)
                && best.get(&field).is_none_or(|(other, _)| rank < *other)
            {
                best.insert(field, (rank, column));
            }
        }
        for needed in [Field::Title, Field::Description] {
            if !best.contains_key(&needed) {
                return Err(format!(
                    "no column for the {name}; the file has: {columns}. Say which: --map {name}=COLUMN",
                    name = needed.name(),
                    columns = header.join(", ")
                ));
            }
        }
        let mut columns = vec![None; header.len()];
        for (field, (_, column)) in best {
            columns[column] = Some(field);
        }
        Ok(columns)
    }

    /// An ad out of a JSON object.
    ///
    /// # Errors
    /// A field of the wrong type, or no title or description.
    pub fn object(&self, object: Map<String, Value>) -> Result<ImportJobsRequest, Refused> {
        let mut ad = ImportJobsRequest::default();
        let mut ranks: HashMap<Field, usize> = HashMap::new();
        for (name, value) in object {
            let Some((field, rank)) = self.field(&name) else { continue };
            if value.is_null() || ranks.get(&field).is_some_and(|other| *other <= rank) {
                continue;
            }
            let text = text_of(field, value)?;
            // An empty value doesn't keep another name of the same field from filling it.
            if !text.trim().is_empty() {
                *field.slot(&mut ad) = text;
                ranks.insert(field, rank);
            }
        }
        self.finish(ad)
    }

    /// An ad out of the fields of a CSV record.
    ///
    /// # Errors
    /// No title or description.
    pub fn record(
        &self,
        columns: &[Option<Field>],
        values: impl Iterator<Item = String>,
    ) -> Result<ImportJobsRequest, Refused> {
        let mut ad = ImportJobsRequest::default();
        for (field, value) in columns.iter().zip(values) {
            if let Some(field) = field {
                *field.slot(&mut ad) = value;
            }
        }
        self.finish(ad)
    }

    fn finish(&self, mut ad: ImportJobsRequest) -> Result<ImportJobsRequest, Refused> {
        for field in [Field::Title, Field::Description] {
            if field.slot(&mut ad).trim().is_empty() {
                return Err(Refused { field: field.name(), message: "is empty or missing".into() });
            }
        }
        if ad.portal.trim().is_empty() {
            ad.portal.clone_from(&self.portal);
        }
        if ad.country.trim().is_empty() {
            ad.country.clone_from(&self.country);
        }
        ad.country = country_code(&ad.country);
        Ok(ad)
    }
}

fn text_of(field: Field, value: Value) -> Result<String, Refused> {
    let found = match value {
        Value::String(text) => return Ok(text),
        // Portals' APIs give salaries as numbers, and remote as yes or no.
        Value::Number(number) if field == Field::SalaryRaw => return Ok(number.to_string()),
        Value::Bool(remote) if field == Field::RemoteType => return Ok(if remote { "remote" } else { "" }.into()),
        Value::Null => return Ok(String::new()),
        Value::Number(_) => "a number",
        Value::Bool(_) => "true or false",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Err(Refused { field: field.name(), message: format!("should be text, is {found}") })
}

/// Names compare without case, accents, and what separates words.
fn fold(name: &str) -> String {
    let plain = |c: char| match c {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        c => c,
    };
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).map(plain).collect()
}

/// A country's two letters from how files write it; what it doesn't know stays as it is.
pub fn country_code(text: &str) -> String {
    let text = text.trim();
    if text.len() == 2 && text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    let code = match fold(text).as_str() {
        "argentina" | "arg" => "AR",
        "bolivia" | "bol" => "BO",
        "brasil" | "brazil" | "bra" => "BR",
        "chile" | "chl" => "CL",
        "colombia" | "col" => "CO",
        "costarica" | "cri" => "CR",
        "ecuador" | "ecu" => "EC",
        "espana" | "spain" | "esp" => "ES",
        "guatemala" | "gtm" => "GT",
        "mexico" | "mex" => "MX",
        "panama" | "pan" => "PA",
        "paraguay" | "pry" => "PY",
        "peru" | "per" => "PE",
        "uruguay" | "ury" => "UY",
        "venezuela" | "ven" => "VE",
        _ => text,
    };
    code.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ad(value: Value) -> Result<ImportJobsRequest, Refused> {
        let Value::Object(object) = value else { panic!("an object") };
        Mapping::new(&[], "file", "CO").object(object)
    }

    #[test]
    fn both_names_of_the_date_are_known_and_id_is_ignored() {
        let base = json!({"id": 7, "title": "Dev", "description": "Rust", "posted": "2025-06-05 12:04:22", "tech_title": false});
        let found = ad(base).unwrap();
        assert_eq!(found.posted_date, "2025-06-05 12:04:22");
        assert_eq!((found.portal.as_str(), found.country.as_str()), ("file", "CO"));
        let both = ad(json!({"title": "Dev", "description": "x", "posted": "a", "posted_date": "b"})).unwrap();
        assert_eq!(both.posted_date, "b");
    }

    #[test]
    fn an_empty_value_leaves_room_for_another_name() {
        let found = ad(json!({"title": "", "puesto": "Dev", "description": null, "texto": "Rust"})).unwrap();
        assert_eq!((found.title.as_str(), found.description.as_str()), ("Dev", "Rust"));
    }

    #[test]
    fn wrong_types_and_missing_fields_name_the_field() {
        let wrong = ad(json!({"title": ["Dev"], "description": "x"})).unwrap_err();
        assert_eq!(wrong, Refused { field: "title", message: "should be text, is a list".into() });
        assert_eq!(ad(json!({"title": "Dev", "description": "  "})).unwrap_err().field, "description");
        assert_eq!(ad(json!({"title": "Dev", "description": "x", "salary": 5})).unwrap().salary_raw, "5");
    }

    #[test]
    fn the_users_rule_wins_over_the_known_names() {
        let rules = ["title=nombre".parse().unwrap(), "description=Cuerpo del Aviso".parse().unwrap()];
        let mapping = Mapping::new(&rules, "", "");
        let header = ["title", "nombre", "cuerpo_del_aviso", "otro"].map(str::to_owned);
        let columns = mapping.columns(&header).unwrap();
        assert_eq!(columns, [None, Some(Field::Title), Some(Field::Description), None]);
        assert!("titel=x".parse::<Rule>().unwrap_err().contains("posted_date"));
        assert!("title".parse::<Rule>().is_err());
    }

    #[test]
    fn a_header_without_a_title_says_what_to_do() {
        let error = Mapping::new(&[], "", "").columns(&["foo".into(), "descripción".into()]).unwrap_err();
        assert!(error.contains("--map title=COLUMN") && error.contains("foo"), "{error}");
    }

    #[test]
    fn countries_become_codes() {
        assert_eq!(country_code("México"), "MX");
        assert_eq!(country_code("mx"), "MX");
        assert_eq!(country_code("Narnia"), "Narnia");
    }
}
