//! The templates of scripts/classroom.
