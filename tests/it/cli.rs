//! What the command line promises beside the text it prints.
