//! Console sessions in the database.
