//! The fields of the index. Any change here or in how documents are made raises [`SCHEMA_VERSION`]: an index of another version is
//! rebuilt at start.

use tantivy::{
    Index,
    schema::{
        FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, SchemaBuilder, TextFieldIndexing,
        TextOptions,
    },
    tokenizer::RAW_TOKENIZER_NAME,
};

use super::words;
use crate::domain::jql::query::{IdField, NumberField, OptionalField, TextField};

/// Version of fields, documents and text analysis together.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// Longest beginning of a description that takes part in sorting, in characters.
pub(super) const DESCRIPTION_SORT_MAX: usize = 64;

/// Name of the tokenizer of texts.
const WORDS: &str = "words";

/// The fields, by what they hold. Nothing is stored: what people see is read from the database.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields {
    pub(super) id: Field,
    pub(super) project: Field,
    /// The project's key as a number with the same order.
    pub(super) project_key: Field,
    pub(super) number: Field,
    pub(super) issue_type: Field,
    pub(super) status: Field,
    pub(super) priority: Field,
    pub(super) assignee: Field,
    pub(super) reporter: Field,
    pub(super) creator: Field,
    pub(super) created_ms: Field,
    pub(super) updated_ms: Field,
    /// Version and rev tell whether a document is the row as it is now.
    pub(super) version: Field,
    pub(super) rev: Field,
    /// In lower case.
    pub(super) labels: Field,
    pub(super) first_label: Field,
    /// Codes of the optional fields that aren't empty.
    pub(super) present: Field,
    pub(super) summary: Field,
    pub(super) description: Field,
    pub(super) comment: Field,
    pub(super) summary_sort: Field,
    pub(super) description_sort: Field,
}

impl Fields {
    /// The schema and its fields.
    pub(super) fn build() -> (Schema, Self) {
        let mut builder = Schema::builder();
        let text = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer(WORDS)
                // Results are never ordered by how well they match, so lengths are not needed.
                .set_fieldnorms(false)
                .set_index_option(IndexRecordOption::WithFreqsAndPositions),
        );
        let word = TextOptions::default().set_indexing_options(
            TextFieldIndexing::default()
                .set_tokenizer(RAW_TOKENIZER_NAME)
                .set_fieldnorms(false)
                .set_index_option(IndexRecordOption::Basic),
        );
        let sorted = TextOptions::default().set_fast(RAW_TOKENIZER_NAME);
        let found = |builder: &mut SchemaBuilder, name| builder.add_i64_field(name, INDEXED | FAST);
        let ordered = |builder: &mut SchemaBuilder, name| builder.add_i64_field(name, FAST);
        let fields = Self {
            id: found(&mut builder, "id"),
            project: found(&mut builder, "project"),
            project_key: builder.add_u64_field("project_key", FAST),
            number: ordered(&mut builder, "number"),
            issue_type: found(&mut builder, "issue_type"),
            status: found(&mut builder, "status"),
            priority: found(&mut builder, "priority"),
            assignee: found(&mut builder, "assignee"),
            reporter: found(&mut builder, "reporter"),
            creator: found(&mut builder, "creator"),
            created_ms: ordered(&mut builder, "created_ms"),
            updated_ms: ordered(&mut builder, "updated_ms"),
            version: ordered(&mut builder, "version"),
            rev: ordered(&mut builder, "rev"),
            labels: builder.add_text_field("labels", word),
            first_label: builder.add_text_field("first_label", sorted.clone()),
            present: builder.add_u64_field("present", NumericOptions::default().set_indexed()),
            summary: builder.add_text_field("summary", text.clone()),
            description: builder.add_text_field("description", text.clone()),
            comment: builder.add_text_field("comment", text),
            summary_sort: builder.add_text_field("summary_sort", sorted.clone()),
            description_sort: builder.add_text_field("description_sort", sorted),
        };
        (builder.build(), fields)
    }

    pub(super) fn of_id(&self, field: IdField) -> Field {
        match field {
            IdField::Issue => self.id,
            IdField::Project => self.project,
            IdField::IssueType => self.issue_type,
            IdField::Status => self.status,
            IdField::Priority => self.priority,
            IdField::Assignee => self.assignee,
            IdField::Reporter => self.reporter,
            IdField::Creator => self.creator,
        }
    }

    pub(super) fn of_number(&self, field: NumberField) -> Field {
        match field {
            NumberField::Id => self.id,
            NumberField::CreatedMs => self.created_ms,
            NumberField::UpdatedMs => self.updated_ms,
        }
    }

    pub(super) fn of_text(&self, field: TextField) -> Field {
        match field {
            TextField::Summary => self.summary,
            TextField::Description => self.description,
            TextField::Comment => self.comment,
        }
    }
}

/// The number that [`Fields::present`] holds when `field` isn't empty. Part of the schema: never changed without its version.
pub(super) fn presence_code(field: OptionalField) -> u64 {
    match field {
        OptionalField::Assignee => 1,
        OptionalField::Reporter => 2,
        OptionalField::Labels => 3,
        OptionalField::Description => 4,
        OptionalField::Comment => 5,
    }
}

/// Makes the index understand texts; to be called on each opened index.
pub(super) fn register_tokenizers(index: &Index) {
    index.tokenizers().register(WORDS, words::analyzer());
}
