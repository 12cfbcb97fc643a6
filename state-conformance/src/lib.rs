//! Conformance suite for state backends: generated operation sequences against a published reference model
