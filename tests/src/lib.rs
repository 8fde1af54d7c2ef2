//! Whole-system tests of Tickwire: the harness.
