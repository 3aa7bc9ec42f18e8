"""One request at a time: what is sent, what may go wrong, how often, how fast, and with no key in any message."""
