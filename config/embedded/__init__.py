"""How Django reaches the embedded PostgreSQL, and how its programs are run."""
