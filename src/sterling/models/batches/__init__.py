"""The Batch API behind the same call: collected, noted before they are waited for, answered into the journal."""
