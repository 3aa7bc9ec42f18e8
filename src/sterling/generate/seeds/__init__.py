"""What strategies start from: which records, which part of them, and where the real data has gaps."""
