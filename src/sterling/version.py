"""The version, where nothing needs to be imported to read it."""

VERSION = "0.1.0"
