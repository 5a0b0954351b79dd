//! Working hours.

use crate::{names::named, phrases::first};

named! {
    /// How much of the week a job takes.
    Hours {
        /// Tiempo completo, jornada completa, full-time.
        FullTime = "full_time",
        /// Medio tiempo, media jornada, part-time, fines de semana.
        PartTime = "part_time",
        /// Paid by the hour, as many as there are.
        ByHours = "by_hours",
    }
}

const PHRASES: &[(Hours, &str)] = &[
    (
        Hours::FullTime,
        "tiempo completo, full time, fulltime, jornada completa, jornada laboral completa, \
         dedicacion completa, dedicacion exclusiva, horario completo, turno completo, tempo integral, \
         periodo integral, integral, tempo completo",
    ),
    (
        Hours::PartTime,
        "medio tiempo, part time, parttime, tiempo parcial, media jornada, jornada parcial, jornada reducida, \
         horario reducido, medio turno, meio periodo, meio expediente, tempo parcial, parcial, half time, \
         fines de semana, fin de semana, fins de semana, weekends",
    ),
    (Hours::ByHours, "por horas, por hora, hourly, per hour, by the hour, by hours"),
];

/// What hours a text names first, such as `Contrato a término indefinido - Tiempo completo` or
/// schema.org's `PART_TIME`. None where it names none, or one or another.
pub fn parse(text: &str) -> Option<Hours> {
    first(text, PHRASES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_portals_write_them() {
        use Hours::*;
        let cases = [
            ("Contrato a término indefinido - Tiempo completo", Some(FullTime)),
            ("Tiempo Completo", Some(FullTime)),
            ("Full-time", Some(FullTime)),
            ("Full-Time", Some(FullTime)),
            ("FULL_TIME", Some(FullTime)),
            ("FULLTIME", Some(FullTime)),
            ("FullTime", Some(FullTime)),
            ("Jornada completa", Some(FullTime)),
            ("Tempo integral", Some(FullTime)),
            ("Período Integral", Some(FullTime)),
            ("Full-time (con opción Part-time)", Some(FullTime)),
            ("Relación de dependencia directa. Full timeModalidad Híbrida: 3x2. Full time", Some(FullTime)),
            ("Part-time", Some(PartTime)),
            ("PART_TIME", Some(PartTime)),
            ("Medio Tiempo", Some(PartTime)),
            ("Media jornada", Some(PartTime)),
            ("Tiempo parcial", Some(PartTime)),
            ("Meio período", Some(PartTime)),
            ("Fines de Semana", Some(PartTime)),
            ("No full time, part time", Some(PartTime)),
            ("Por Horas", Some(ByHours)),
            ("Hourly", Some(ByHours)),
            ("Full time o part time", None),
            ("Nocturno", None),
            ("Contrato", None),
            ("Por Contrato", None),
            ("Temporario", None),
            ("Independiente", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
