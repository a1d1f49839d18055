"""What is checked before anything is printed."""
