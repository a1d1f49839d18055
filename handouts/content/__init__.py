"""What is said: drugs, clinics, languages."""
