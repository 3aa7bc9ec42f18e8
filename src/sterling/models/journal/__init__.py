"""Every answer that was paid for, and where it stands."""
