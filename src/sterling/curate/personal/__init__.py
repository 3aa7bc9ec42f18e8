"""What `personal_data` knows: a form, a test and the reserved examples for each kind."""
