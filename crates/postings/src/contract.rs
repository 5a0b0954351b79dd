//! Kinds of contract.

use crate::{names::named, phrases::first};

named! {
    /// What binds employer and worker.
    Contract {
        /// Without an end: término indefinido, permanent, efectivo, CLT.
        Indefinite = "indefinite",
        /// With an end: término fijo, fixed term.
        FixedTerm = "fixed_term",
        /// Until a work is done: obra o labor, por proyecto.
        ByProject = "by_project",
        /// Not employed: prestación de servicios, freelance, honorarios, contractor.
        ServiceProvision = "service_provision",
        /// To learn: prácticas, pasantía, aprendizaje, beca, estágio.
        Internship = "internship",
        /// For a season, a peak or an absence, or through an agency: temporal, eventual, misión.
        Temporary = "temporary",
    }
}

/// "Relación de dependencia" and "contrato" alone say nothing of the end, so they aren't here.
const PHRASES: &[(Contract, &str)] = &[
    (
        Contract::Indefinite,
        "indefinido, indefinida, termino indefinido, tiempo indefinido, indeterminado, indeterminada, \
         tiempo indeterminado, permanente, permanent, perm, contrato efectivo, puesto efectivo, contratacion efectiva, \
         efectiva, efetivo, efetiva, efetivacao imediata, clt, indefinite, open ended, de planta, planta permanente, \
         prazo indeterminado",
    ),
    (
        Contract::FixedTerm,
        "termino fijo, plazo fijo, tiempo determinado, plazo determinado, termino definido, \
         tiempo definido, duracion determinada, contrato determinado, contrato definido, fixed term, \
         prazo determinado, tempo determinado, prazo fixo",
    ),
    (
        Contract::ByProject,
        "obra o labor, obra labor, obra y labor, obra u labor, obra o servicio, obra y servicio, por obra, \
         obra determinada, obra o tiempo determinado, obra y tiempo determinado, duracion de la obra, por labor, \
         labor contratada, por proyecto, por projeto, project based, per project, project contract",
    ),
    (
        Contract::ServiceProvision,
        "prestacion de servicios, prestacion de servicio, prestacion servicios, servicios profesionales, \
         locacion de servicios, por servicios, freelance, free lance, freelancer, freela, honorarios, contractor, \
         independent contractor, independiente, autonomo, autonoma, trabajo autonomo, self employed, monotributo, \
         monotributista, prestacao de servico, prestacao de servicos, prestador de servico, prestador de servicos, \
         pj, pessoa juridica, corp to corp, c2c, 1099, b2b, ops",
    ),
    (
        Contract::Internship,
        "practica, practicas, practicante, pasantia, pasantias, pasante, aprendizaje, aprendiz, beca, becas, becario, \
         becaria, internship, intern, trainee, estagio, estagiario, estagiaria, apprentice, apprenticeship, \
         contrato de formacion, contrato formativo",
    ),
    (
        Contract::Temporary,
        "temporal, temporales, temporario, temporaria, temporada, temporary, temp, seasonal, eventual, eventuales, \
         mision, estacional, suplencia, reemplazo, interino, interina, interinidad, ocasional, transitorio, \
         transitoria, per diem",
    ),
];

/// What kind of contract a text names first, such as `Contrato a término indefinido - Tiempo
/// completo` or schema.org's `CONTRACTOR`. None where it names none, or one or another.
pub fn parse(text: &str) -> Option<Contract> {
    first(text, PHRASES).or_else(|| {
        // "Contract" is a kind in English lists, and only a heading elsewhere.
        let kinds = text.split([',', ';', '|', '/', '·']);
        kinds.map(str::trim).any(|kind| kind.eq_ignore_ascii_case("contract")).then_some(Contract::ServiceProvision)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contracts_are_read_as_portals_write_them() {
        use Contract::*;
        let cases = [
            ("Contrato a término indefinido - Tiempo completo", Some(Indefinite)),
            ("Contrato por tiempo indeterminado", Some(Indefinite)),
            ("Contrato por tiempo indeterminado a prueba por seis (6) meses", Some(Indefinite)),
            ("Indefinido", Some(Indefinite)),
            ("Indeterminado", Some(Indefinite)),
            ("Permanente", Some(Indefinite)),
            ("efectiva", Some(Indefinite)),
            ("CLT (Efetivo)", Some(Indefinite)),
            ("Permanent, full-time", Some(Indefinite)),
            ("A término indefinido.", Some(Indefinite)),
            ("Temporal, con posibilidad de pasar a indefinido", Some(Temporary)),
            ("Contrato a término fijo", Some(FixedTerm)),
            ("Término fijo", Some(FixedTerm)),
            ("Plazo fijo", Some(FixedTerm)),
            ("Contrato por tiempo determinado por 3 meses", Some(FixedTerm)),
            ("Contrato por tiempo determinado", Some(FixedTerm)),
            ("Fixed-term contract", Some(FixedTerm)),
            ("Contrato por obra o labor", Some(ByProject)),
            ("Obra o labor", Some(ByProject)),
            ("Contrato de Obra o Labor", Some(ByProject)),
            ("Obra labor con temporal redes humanas NO ES PRESTACIÓN DE SERVICIOS", Some(ByProject)),
            ("Contrato por obra determinada", Some(ByProject)),
            ("Por proyecto", Some(ByProject)),
            ("Prestación de servicios", Some(ServiceProvision)),
            ("Contrato civil por prestación de servicios", Some(ServiceProvision)),
            ("Independiente", Some(ServiceProvision)),
            ("Autónomo", Some(ServiceProvision)),
            ("Freelance / por caso, con posibilidad de continuidad", Some(ServiceProvision)),
            ("Por honorarios", Some(ServiceProvision)),
            ("Contract", Some(ServiceProvision)),
            ("Full-time, Contract", Some(ServiceProvision)),
            ("Contract type: permanent", Some(Indefinite)),
            ("CONTRACTOR", Some(ServiceProvision)),
            ("FULL_TIME, CONTRACTOR", Some(ServiceProvision)),
            ("PJ", Some(ServiceProvision)),
            ("Prestador de Serviços (PJ)", Some(ServiceProvision)),
            ("Contrato de aprendizaje", Some(Internship)),
            ("Pasantía", Some(Internship)),
            ("Pasantia", Some(Internship)),
            ("Prácticas profesionales", Some(Internship)),
            ("Becario", Some(Internship)),
            ("INTERN", Some(Internship)),
            ("Internship", Some(Internship)),
            ("Estagiário", Some(Internship)),
            ("Estágio", Some(Internship)),
            ("Temporario", Some(Temporary)),
            ("Temporal", Some(Temporary)),
            ("Temporal – 6 meses", Some(Temporary)),
            ("TEMPORARY", Some(Temporary)),
            ("Eventual con posibilidad de efectivización", Some(Temporary)),
            ("Eventual 3 meses con posibilidad de quedar efectivo/a", Some(Temporary)),
            ("Contrato en misión", Some(Temporary)),
            ("Temporário", Some(Temporary)),
            ("PER_DIEM", Some(Temporary)),
            ("PJ ou CLT", None),
            ("Otro tipo de contrato", None),
            ("Por Contrato", None),
            ("Contrato", None),
            ("Relación de dependencia", None),
            ("Pago en efectivo", None),
            ("Voluntario", None),
            ("VOLUNTEER", None),
            ("OTHER", None),
            ("FULL_TIME", None),
            ("Tiempo Completo", None),
            ("No es prestación de servicios", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
