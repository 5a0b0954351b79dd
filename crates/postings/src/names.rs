//! Enums that are stored and shown by name.

/// Declares an enum whose values have names: `as_str`, `parse_name` and serde use the same ones.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$value_doc])* #[serde(rename = $text)] $value,)*
        }

        impl $name {
            /// All values.
            pub const ALL: &[Self] = &[$(Self::$value),*];

            /// Its name, in snake_case.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $text,)* }
            }

            /// The value of this very name.
            pub fn parse_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == name)
            }
        }
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    use crate::{Contract, Hours, Period, Remote};

    #[test]
    fn names_lead_back_to_their_values() {
        assert!(Contract::ALL.iter().all(|value| Contract::parse_name(value.as_str()) == Some(*value)));
        assert!(Hours::ALL.iter().all(|value| Hours::parse_name(value.as_str()) == Some(*value)));
        assert!(Remote::ALL.iter().all(|value| Remote::parse_name(value.as_str()) == Some(*value)));
        assert!(Period::ALL.iter().all(|value| Period::parse_name(value.as_str()) == Some(*value)));
        assert_eq!(Hours::FullTime.as_str(), "full_time");
        assert_eq!(Hours::parse_name("Full-time"), None);
        assert_eq!(serde_json::json!(Contract::ByProject), "by_project");
    }
}
