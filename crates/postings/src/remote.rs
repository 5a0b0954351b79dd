//! Where the work is done.

use crate::{names::named, phrases::Clauses};

named! {
    /// On site, at home, or both.
    Remote {
        /// At the employer's place.
        OnSite = "on_site",
        /// Partly at the employer's place.
        Hybrid = "hybrid",
        /// Elsewhere, also where the ad asks for a certain country.
        Remote = "remote",
    }
}

/// A head office ("casa central") is no home. "Temporarily remote" is on site later: hybrid over time, and not a remote job.
const PHRASES: &[(Remote, &str)] = &[
    (
        Remote::Hybrid,
        "hibrido, hibrida, hibridos, hibridas, hybrid, mixto, mixta, misto, mista, semipresencial, semi presencial, \
         semi remoto, semirremoto, semiremoto, parcialmente remoto, temporarily remote, partially remote, \
         partly remote, remote first",
    ),
    (
        Remote::OnSite,
        "presencial, presenciales, presencialmente, presenciais, on site, onsite, en sitio, in situ, in office, \
         in the office, in person, en oficina, en la oficina, en oficinas, no escritorio, \
         en casa matriz, en casa central, desde casa matriz, desde casa central, de casa matriz, de casa central",
    ),
    (
        Remote::Remote,
        "remoto, remota, remotos, remotas, remotamente, remote, remotely, teletrabajo, teletrabalho, telecommute, \
         telecommuting, telework, teleworking, trabajo a distancia, a distancia, home office, homeoffice, \
         home based, desde casa, desde tu casa, desde su casa, desde el hogar, desde cualquier lugar, \
         trabajo en casa, trabajar en casa, en casa, de casa, work from home, working from home, wfh, \
         work from anywhere, anywhere, virtual",
    ),
];

/// Where a text says that the work is done: `Presencial y remoto`, schema.org's `TELECOMMUTE`,
/// getonbrd's `fully_remote`. On site and remote together are hybrid; "no remoto" is on site.
pub fn parse(text: &str) -> Option<Remote> {
    let found = Clauses::of(text).find(PHRASES);
    let says = |kind, denied| found.iter().any(|found| found.kind == kind && found.denied == denied);
    if says(Remote::Hybrid, false) || (says(Remote::OnSite, false) && says(Remote::Remote, false)) {
        Some(Remote::Hybrid)
    } else if says(Remote::OnSite, false) {
        Some(Remote::OnSite)
    } else if says(Remote::Remote, false) {
        Some(Remote::Remote)
    } else if says(Remote::Remote, true) {
        Some(Remote::OnSite)
    } else if says(Remote::OnSite, true) {
        Some(Remote::Remote)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_work_are_read_as_portals_write_them() {
        use Remote::{Hybrid, OnSite};
        let remote = Remote::Remote;
        let cases = [
            ("Presencial", Some(OnSite)),
            ("presencial.", Some(OnSite)),
            ("100% presencial", Some(OnSite)),
            ("Presencial – Casa Central – Quilmes", Some(OnSite)),
            ("Presencial en casa matriz", Some(OnSite)),
            ("On-site", Some(OnSite)),
            ("PresencialHorario: Lunes a viernes", Some(OnSite)),
            ("no_remote", Some(OnSite)),
            ("No remoto", Some(OnSite)),
            ("Sin home office", Some(OnSite)),
            ("sin posibilidad de home office", Some(OnSite)),
            ("100% presencial, no híbrido", Some(OnSite)),
            ("No es remoto ni híbrido", Some(OnSite)),
            ("Não remoto", Some(OnSite)),
            ("Not remote", Some(OnSite)),
            ("Híbrido", Some(Hybrid)),
            ("Híbrida", Some(Hybrid)),
            ("hybrid", Some(Hybrid)),
            ("Presencial y remoto", Some(Hybrid)),
            ("Híbrido 3x2 (3 días presenciales, 2 home office)", Some(Hybrid)),
            ("4 días presenciales x 1 home office", Some(Hybrid)),
            ("4 días remoto; 1 día presencial", Some(Hybrid)),
            ("Presencial con posibilidad de home office", Some(Hybrid)),
            ("Semi-presencial.", Some(Hybrid)),
            ("Mixta", Some(Hybrid)),
            ("temporarily_remote", Some(Hybrid)),
            ("Modelo Híbrido", Some(Hybrid)),
            ("Remoto", Some(remote)),
            ("Remoto (Colombia)", Some(remote)),
            ("100% remoto", Some(remote)),
            ("100% Remote", Some(remote)),
            ("Teletrabajo", Some(remote)),
            ("Home office", Some(remote)),
            ("Home-Office", Some(remote)),
            ("Desde casa", Some(remote)),
            ("Trabajo en casa", Some(remote)),
            ("TELECOMMUTE", Some(remote)),
            ("fully_remote", Some(remote)),
            ("remote_local", Some(remote)),
            ("remote", Some(remote)),
            ("Work from home", Some(remote)),
            ("Trabalho remoto", Some(remote)),
            ("No presencial", Some(remote)),
            ("Remoto, sin experiencia", Some(remote)),
            ("Full time", None),
            ("Bogotá", None),
            ("No híbrido", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
