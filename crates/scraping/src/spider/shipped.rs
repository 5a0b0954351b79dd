//! The spiders that come with the program.

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$((concat!("spiders/", $name, ".toml"), include_str!(concat!("../../../../spiders/", $name, ".toml")))),*]
    };
}

/// File and text of each.
pub(super) const SHIPPED: &[(&str, &str)] =
    shipped!["bumeran", "computrabajo", "elempleo", "generic", "getonbrd", "linkedin", "occ", "zonajobs"];
