"""What a record says its program is, and how it is put to the test."""
