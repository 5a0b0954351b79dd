//! A WHERE clause put together from constant pieces; values only as parameters.

use sea_orm::Value;

/// Conditions joined by AND, and the values of their placeholders.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    parts: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a value and returns its placeholder, such as `$3`.
    pub(crate) fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    /// Adds a condition; every `?` in it stands for the value.
    pub(crate) fn and(&mut self, condition: &str, value: impl Into<Value>) {
        let placeholder = self.bind(value);
        self.parts.push(condition.replace('?', &placeholder));
    }

    /// Adds a condition without a value of its own.
    pub(crate) fn and_plain(&mut self, condition: impl Into<String>) {
        self.parts.push(condition.into());
    }

    /// The conditions as one SQL expression; `TRUE` where there is none.
    pub(crate) fn sql(&self) -> String {
        if self.parts.is_empty() { "TRUE".to_string() } else { self.parts.join(" AND ") }
    }

    /// The values, in the order of their placeholders.
    pub(crate) fn into_values(self) -> Vec<Value> {
        self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_count_up() {
        let mut conditions = Conditions::default();
        assert_eq!(conditions.sql(), "TRUE");
        conditions.and("a = ?", "x");
        conditions.and("(b < ? OR b = ?)", 3);
        conditions.and_plain("c");
        assert_eq!(conditions.bind(4), "$3");
        assert_eq!(conditions.sql(), "a = $1 AND (b < $2 OR b = $2) AND c");
        assert_eq!(conditions.into_values().len(), 3);
    }
}
