//! The codec of every RPC: prost's, and the one place where the rules written in
//! the contracts (`buf.validate`) are enforced.

use std::{marker::PhantomData, sync::LazyLock};

use prost::Message;
use prost_protovalidate::Validator;
use prost_reflect::ReflectMessage;
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder},
};
use tonic_prost::{ProstCodec, ProstEncoder};

use crate::{Error, Reason, error::FieldViolation};

static VALIDATOR: LazyLock<Validator> = LazyLock::new(Validator::new);

/// Encodes `T`, decodes `U`; a decoded request is checked against its rules.
#[derive(Debug, Clone)]
pub struct ValidatingCodec<T, U>(PhantomData<(T, U)>);

impl<T, U> Default for ValidatingCodec<T, U> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, U> Codec for ValidatingCodec<T, U>
where
    T: Message + Send + 'static,
    U: Message + ReflectMessage + Default + Send + 'static,
{
    type Encode = T;
    type Decode = U;
    type Encoder = ProstEncoder<T>;
    type Decoder = ValidatingDecoder<U>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstCodec::<T, U>::raw_encoder(Default::default())
    }

    fn decoder(&mut self) -> Self::Decoder {
        ValidatingDecoder(PhantomData)
    }
}

/// Decodes and checks messages.
#[derive(Debug, Clone)]
pub struct ValidatingDecoder<U>(PhantomData<U>);

impl<U> Decoder for ValidatingDecoder<U>
where
    U: Message + ReflectMessage + Default + Send + 'static,
{
    type Item = U;
    type Error = Status;

    fn decode(&mut self, buf: &mut DecodeBuf<'_>) -> Result<Option<U>, Status> {
        let message = U::decode(buf).map_err(|error| malformed(&error.to_string()))?;
        validate(&message)?;
        Ok(Some(message))
    }
}

/// Checks a request against the rules in its contract; other messages pass.
///
/// # Errors
/// [`Reason::FieldInvalid`] with one violation per field.
pub fn validate<M: ReflectMessage>(message: &M) -> Result<(), Error> {
    let descriptor = message.descriptor();
    if !descriptor.name().ends_with("Request") || !descriptor.full_name().starts_with("observatory.") {
        return Ok(());
    }
    match VALIDATOR.validate(message) {
        Ok(()) => Ok(()),
        Err(prost_protovalidate::Error::Validation(found)) => {
            Err(Error::invalid_fields(found.violations().iter().map(|violation| FieldViolation {
                field: violation.field_path().to_string(),
                description: describe(violation.message(), violation.rule_id()),
            })))
        }
        Err(error) => Err(Error::new(Reason::Internal, format!("a field rule can't be evaluated: {error}"))),
    }
}

/// What a person can do something with, where the library only quotes the rule.
fn describe(message: &str, rule_id: &str) -> String {
    const PATTERNS: [(&str, &str); 3] = [
        ("[A-Z]{2}", "must be two capital letters (ISO 3166-1 alpha-2), such as CO"),
        ("[0-9]{4}-[0-9]{2}-[0-9]{2}", "must be a day as YYYY-MM-DD"),
        ("[a-z0-9-]{1,64}", "must be 1 to 64 lower-case letters, digits and hyphens"),
    ];
    let known = PATTERNS.iter().find(|(pattern, _)| rule_id == "string.pattern" && message.contains(pattern));
    match (known, rule_id, message) {
        (Some((_, words)), _, _) => (*words).to_string(),
        (None, "string.uuid" | "string.uuid_empty", _) => "must be a UUID".to_string(),
        (None, _, "") => format!("breaks the rule {rule_id}"),
        (None, _, message) => message.to_string(),
    }
}

/// prost names the field in its message ("failed to decode Protobuf message:
/// CleanTextRequest.text: invalid string value: ..."); it goes into the details.
fn malformed(message: &str) -> Error {
    let text = message.trim_start_matches("failed to decode Protobuf message: ");
    let error = Error::new(Reason::MessageMalformed, format!("the request can't be decoded: {text}"));
    match text.split_once(": ") {
        Some((path, why)) if path.contains('.') && !path.contains(' ') => {
            let field = path.split_once('.').map_or(path, |(_, field)| field);
            error.with_field(field, why)
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cleaner, extractor, jobs};

    fn fields(error: Error) -> Vec<String> {
        error.fields.into_iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn a_rule_names_its_field() {
        let request = jobs::ListJobsRequest { country: "colombia".into(), limit: 101, ..Default::default() };
        let error = validate(&request).expect_err("two fields are wrong");
        assert_eq!(error.reason, Reason::FieldInvalid);
        assert!(error.fields[0].description.contains("such as CO"), "{error}");
        assert_eq!(fields(error), ["country", "limit"]);
    }

    #[test]
    fn a_repeated_field_names_its_index() {
        let request = cleaner::CleanJobsRequest {
            job_ids: vec!["0193b3f0-0000-7000-8000-000000000000".into(), "x".into()],
            ..Default::default()
        };
        let error = validate(&request).expect_err("the second id is no UUID");
        assert_eq!(error.message, "job_ids[1]: must be a UUID");
    }

    #[test]
    fn unknown_enum_values_are_refused() {
        let request = extractor::ExtractSkillsRequest { text: "Rust".into(), pipeline: 9, ..Default::default() };
        assert_eq!(fields(validate(&request).expect_err("there is no pipeline 9")), ["pipeline"]);
    }

    #[test]
    fn invalid_utf8_names_the_field() {
        let bytes = [0x12, 0x02, 0xff, 0xfe]; // field 2 (text), two bytes that are no UTF-8
        let error = extractor::ExtractSkillsRequest::decode(&bytes[..]).expect_err("not UTF-8");
        let error = malformed(&error.to_string());
        assert_eq!(error.reason, Reason::MessageMalformed);
        assert_eq!(fields(error), ["text"]);
    }

    #[test]
    fn every_rule_in_the_contracts_compiles() {
        for descriptor in crate::DESCRIPTOR_POOL.all_messages() {
            if descriptor.full_name().starts_with("observatory.") {
                let message = prost_reflect::DynamicMessage::new(descriptor);
                if let Err(error) = VALIDATOR.validate(&message) {
                    assert!(matches!(error, prost_protovalidate::Error::Validation(_)), "{error}");
                }
            }
        }
    }
}
