//! Lists that people search: what each column says of a row in words and numbers, and the query that finds, sorts and
//! pages by it. The console runs it for lists that it has whole, the service for those that it answers page by page: the
//! same words mean the same in both.

pub mod event;
mod field;
pub mod job;
pub mod node;
pub mod past_job;
mod query;

pub use field::{Field, Head};
pub use query::{check, page, parse, words};
