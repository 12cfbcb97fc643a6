//! Programs that show the state backends at work
